"""Shell completion, generated from the command lines that the parsers state. No Python runs at the key."""
