"""The Nagios server, what it is configured with and what it says."""
