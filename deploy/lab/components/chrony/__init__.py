"""chrony: a time reference and the members that follow it."""
