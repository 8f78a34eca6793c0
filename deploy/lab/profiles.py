"""The clouds there are: which hosts each has and what every host is for.

A component may bring a cloud of its own: PROFILE in its folder's `profile.py`.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from importlib.util import find_spec

from hamon.lab import components
from hamon.lab.host.hosts import Host, Profile, Vip

_EVERYWHERE = frozenset({"rsyslog", "nrpe"})
_CONTROLLER = _EVERYWHERE | {"galera", "rabbitmq", "memcached", "api"}
_BALANCER = _CONTROLLER | {"haproxy", "keepalived"}

CONTROLLER = Profile(
    name="controller",
    text="three controllers (Galera, RabbitMQ, memcached, API stand-ins; HAProxy and keepalived on two) and a monitoring host",
    hosts=(
        Host("ctl1", "10.77.0.11", _BALANCER),
        Host("ctl2", "10.77.0.12", _BALANCER),
        Host("ctl3", "10.77.0.13", _CONTROLLER),
        Host("mon", "10.77.0.1", _EVERYWHERE | {"nagios"}),
    ),
    vips=(Vip("internal", "10.77.0.100", "keepalived", ("rabbitmq",)),),
    interval=6,
    budget=600,
)

_STACK = _EVERYWHERE | {"corosync", "pacemaker"}

CLUSTER = Profile(
    name="cluster",
    text="two Pacemaker clusters with fencing, one of three nodes (and chrony) and one of two nodes with two links each, and a monitoring host",
    hosts=(
        Host("pcm1", "10.78.0.11", _STACK | {"three", "chrony"}),
        Host("pcm2", "10.78.0.12", _STACK | {"three", "chrony"}),
        Host("pcm3", "10.78.0.13", _STACK | {"three", "chrony"}),
        Host("two1", "10.78.0.21", _STACK | {"two"}, ("10.78.1.21",)),
        Host("two2", "10.78.0.22", _STACK | {"two"}, ("10.78.1.22",)),
        Host("mon", "10.78.0.1", _EVERYWHERE | {"nagios", "reference"}),
    ),
    vips=(Vip("three", "10.78.0.100", "three"), Vip("two", "10.78.0.200", "two")),
    clusters={"pacemaker": {"three": "three", "two": "two"}},
    interval=6,
    nrpe_timeout=10,
    budget=360,
)

_GUEST = frozenset({"nrpe", "drbd", "drbd_stack"})
# a guest runs Python five times slower: retries leave it time for the others' questions
_SELDOM = {"retry_interval": 2}

DRBD = Profile(
    name="drbd",
    text="a DRBD pair (User-Mode Linux guests) with a MariaDB that lives on whichever is Primary, and a monitoring host",
    hosts=(
        Host("drbd1", "10.79.0.11", _GUEST, guest=True),
        Host("drbd2", "10.79.0.12", _GUEST, guest=True),
        Host("mon", "10.79.0.1", _EVERYWHERE | {"nagios"}),
    ),
    interval=8,
    nrpe_timeout=15,
    budget=300,
    checks={
        "nrpe": {"retry_interval": 3},
        "drbd": _SELDOM,
        "drbd_node": _SELDOM,
        "drbd_cluster": _SELDOM,
        "drbd_stack": _SELDOM,
    },
)


def _of_components() -> Iterator[Profile]:
    """The profiles that components bring, by name of the component."""
    for name in sorted(module.name for module in pkgutil.iter_modules(components.__path__)):
        module = f"{components.__name__}.{name}.profile"
        if find_spec(module):
            yield importlib.import_module(module).PROFILE


PROFILES = {profile.name: profile for profile in (CONTROLLER, CLUSTER, DRBD, *_of_components())}
