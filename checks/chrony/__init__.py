"""chrony: clock synchronisation on every member."""
