"""The component and its place in an inventory."""

from hamon.checks.pacemaker.cluster import CLUSTER
from hamon.checks.pacemaker.fencing import CHECK as FENCING
from hamon.checks.pacemaker.node import CHECK
from hamon.component import Component, Switch

COMPONENT = Component(
    "pacemaker",
    "Pacemaker cluster resources and fencing",
    ("pacemaker", "hacluster", "ha_cluster", "pcs"),
    (CHECK, CLUSTER, FENCING),
    kolla=Switch("enable_hacluster", "enable_masakari_hostmonitor"),
)
