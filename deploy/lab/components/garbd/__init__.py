"""garbd, Galera's arbitrator: a vote without data, beside two data nodes."""
