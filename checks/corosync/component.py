"""The component and its place in an inventory."""

from hamon.check import Component
from hamon.checks.corosync.node import CHECK

COMPONENT = Component(
    "corosync", "Corosync membership and links", ("corosync", "hacluster", "ha_cluster", "pcs"), (CHECK,)
)
