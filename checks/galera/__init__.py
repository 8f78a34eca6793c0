"""MariaDB, MySQL or Percona XtraDB Cluster with Galera replication."""
