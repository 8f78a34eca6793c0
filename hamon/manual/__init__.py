"""Manual pages, generated from the statements of the commands and the checks."""
