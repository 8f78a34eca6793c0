"""The component and its place in an inventory."""

from hamon.checks.vip.cluster import CLUSTER
from hamon.checks.vip.node import CHECK
from hamon.component import Component, Switch

COMPONENT = Component(
    "vip",
    "Virtual addresses",
    ("keepalived", "loadbalancer", "loadbalancers", "haproxy_all"),
    (CHECK, CLUSTER),
    vip_holders=True,
    kolla=Switch("enable_keepalived", "enable_haproxy"),
)
