"""The component and its place in an inventory."""

from hamon.check import Component
from hamon.checks.memcached.node import CHECK

COMPONENT = Component(
    "memcached", "memcached", ("memcached", "memcached_all", "memcached_container", "memcache"), (CHECK,)
)
