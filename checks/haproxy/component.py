"""The component and its place in an inventory."""

from hamon.checks.haproxy.cluster import CLUSTER
from hamon.checks.haproxy.node import CHECK
from hamon.component import Component

COMPONENT = Component(
    "haproxy",
    "HAProxy",
    ("haproxy", "haproxy_all", "haproxy_hosts", "loadbalancer", "loadbalancers"),
    (CHECK, CLUSTER),
)
