"""The component and its place in an inventory."""

from hamon.checks.corosync.node import CHECK
from hamon.component import Component, Switch

COMPONENT = Component(
    "corosync",
    "Corosync membership and links",
    ("corosync", "hacluster", "ha_cluster", "pcs"),
    (CHECK,),
    kolla=Switch("enable_hacluster", "enable_masakari_hostmonitor"),
)
