"""memcached: token and session cache."""
