"""A MySQL or MariaDB server without Galera, alone, replicated, or on DRBD."""
