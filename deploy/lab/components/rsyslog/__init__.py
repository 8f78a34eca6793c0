"""rsyslog: a host's own logs."""
