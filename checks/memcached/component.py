"""The component and its place in an inventory."""

from hamon.checks.memcached.node import CHECK
from hamon.component import Component

COMPONENT = Component(
    "memcached", "memcached", ("memcached", "memcached_all", "memcached_container", "memcache"), (CHECK,)
)
