"""The component and its place in an inventory."""

from hamon.check import Component
from hamon.checks.haproxy.cluster import CLUSTER
from hamon.checks.haproxy.node import CHECK

COMPONENT = Component(
    "haproxy",
    "HAProxy",
    ("haproxy", "haproxy_all", "haproxy_hosts", "loadbalancer", "loadbalancers"),
    (CHECK, CLUSTER),
)
