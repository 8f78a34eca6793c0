"""Which hosts a lab has and what each of them is for. Data only."""

from collections.abc import Mapping
from typing import NamedTuple


class Host(NamedTuple):
    """One host; `roles` name the services that run on it (see services/) and the clusters it is a member of.

    `address` is eth0's; `links` are the addresses of eth1, eth2, ..., each on a switch of its own.
    """

    name: str
    address: str
    roles: frozenset[str]
    links: tuple[str, ...] = ()
    guest: bool = False
    """A User-Mode Linux guest with a kernel of its own (guests.py) instead of namespaces of this one."""


class Vip(NamedTuple):
    """A virtual address; hosts with `role` may hold it. `components` are judged through it."""

    name: str
    address: str
    role: str
    components: tuple[str, ...] = ()


class Stack(NamedTuple):
    """What belongs together on the Primary of a DRBD resource; the fields are check_drbd_stack's."""

    resource: str
    mount: str
    vip: str
    service: str
    """Process name."""


class Profile(NamedTuple):
    """A set of hosts that make one cloud."""

    name: str
    text: str
    hosts: tuple[Host, ...]
    vips: tuple[Vip, ...] = ()
    clusters: Mapping[str, Mapping[str, str]] = {}
    """Component to cluster to role, for components of which there are several clusters."""
    prefix: int = 24
    interval: int = 2
    """Seconds between two looks of Nagios: short, as far as a small machine can run that many checks."""
    nrpe_timeout: int = 7
    """Seconds Nagios waits for an agent."""
    checks: Mapping[str, Mapping[str, object]] = {}
    """What the inventory says of single checks (`hamon.checks`)."""

    def host(self, name: str) -> Host:
        """The host of that name; KeyError if there is none."""
        return {host.name: host for host in self.hosts}[name]

    def vip(self, name: str) -> Vip:
        """The virtual address of that name; KeyError if there is none."""
        return {vip.name: vip for vip in self.vips}[name]

    def having(self, role: str) -> tuple[Host, ...]:
        """The hosts with a role, in the order of the profile."""
        return tuple(host for host in self.hosts if role in host.roles)

    @property
    def members(self) -> tuple[Host, ...]:
        """Every host but the monitoring ones."""
        return tuple(host for host in self.hosts if "nagios" not in host.roles)

    @property
    def roles(self) -> frozenset[str]:
        """Everything that any host of it is for."""
        return frozenset().union(*(host.roles for host in self.hosts))


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
)

STACK = Stack("r0", "/srv", "10.79.0.100", "mariadbd")
_GUEST = frozenset({"nrpe", "drbd", "drbd_stack"})
_MOUNTED = {"args": ["--stack", ",".join(f"{key}={value}" for key, value in STACK._asdict().items())]}
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
    checks={
        "nrpe": {"retry_interval": 3},
        "drbd": _SELDOM,
        "drbd_node": {**_MOUNTED, **_SELDOM},
        "drbd_cluster": {"retry_interval": 2},
        "drbd_stack": {**_MOUNTED, "retry_interval": 2},
    },
)

PROFILES = {profile.name: profile for profile in (CONTROLLER, CLUSTER, DRBD)}
