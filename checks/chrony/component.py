"""The component and its place in an inventory."""

from hamon.checks.chrony.cluster import CLUSTER
from hamon.checks.chrony.node import CHECK
from hamon.component import Component

COMPONENT = Component(
    "chrony",
    "Clock synchronisation",
    ("chrony", "chrony-server", "chrony_servers", "ntp", "ntp_servers", "timeserver"),
    (CHECK, CLUSTER),
)
