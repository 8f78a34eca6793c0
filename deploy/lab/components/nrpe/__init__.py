"""NRPE, the agent that Nagios asks, and the certificates of the two."""
