"""The component and its place in an inventory."""

from hamon.checks.drbd_stack.cluster import CLUSTER
from hamon.checks.drbd_stack.node import NODE
from hamon.component import Component

COMPONENT = Component(
    "drbd_stack",
    "Active/passive service on DRBD",
    ("drbd_stack", "mysql_drbd", "rabbitmq_drbd", "drbd_mysql", "drbd_rabbitmq"),
    (NODE, CLUSTER),
)
