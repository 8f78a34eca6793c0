"""The component and its place in an inventory."""

from hamon.check import Component, Switch
from hamon.checks.corosync.node import CHECK

COMPONENT = Component(
    "corosync",
    "Corosync membership and links",
    ("corosync", "hacluster", "ha_cluster", "pcs"),
    (CHECK,),
    kolla=Switch("enable_hacluster", "enable_masakari_hostmonitor"),
)
