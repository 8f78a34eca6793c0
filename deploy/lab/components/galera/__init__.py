"""MariaDB with Galera."""
