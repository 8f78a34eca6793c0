"""The component and its place in an inventory."""

from hamon.checks.keepalived.node import CHECK
from hamon.component import Component, Switch

COMPONENT = Component(
    "keepalived",
    "keepalived",
    ("keepalived", "loadbalancer", "loadbalancers", "haproxy_all"),
    (CHECK,),
    kolla=Switch("enable_keepalived", "enable_haproxy"),
)
