"""The component and its place in an inventory."""

from hamon.checks.galera.cluster import CLUSTER
from hamon.checks.galera.node import CHECK
from hamon.component import Component, Switch

COMPONENT = Component(
    "galera",
    "MariaDB Galera cluster",
    (
        "galera",
        "galera_all",
        "galera_cluster",
        "galera_container",
        "mariadb",
        "mysql",
        "mysql_galera",
        "percona_cluster",
    ),
    (CHECK, CLUSTER),
    kolla=Switch("enable_mariadb"),
    arbiters=("garbd", "garb", "galera_arbitrator", "galera_arbitrators", "galera_garbd"),
)
