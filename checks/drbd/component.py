"""The component and its place in an inventory."""

from hamon.checks.drbd.cluster import CLUSTER
from hamon.checks.drbd.node import CHECK
from hamon.component import Component

COMPONENT = Component("drbd", "DRBD replicated storage", ("drbd", "drbd_nodes", "drbd_servers"), (CHECK, CLUSTER))
