"""The component and its place in an inventory."""

from hamon.check import Component, Switch
from hamon.checks.keepalived.node import CHECK

COMPONENT = Component(
    "keepalived",
    "keepalived",
    ("keepalived", "loadbalancer", "loadbalancers", "haproxy_all"),
    (CHECK,),
    kolla=Switch("enable_keepalived", "enable_haproxy"),
)
