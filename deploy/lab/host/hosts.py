"""What a host, a virtual address and a profile of a lab are. Types only; the profiles themselves are in hamon.lab.profiles."""

from collections.abc import Mapping
from typing import NamedTuple


def hostname(name: str) -> str:
    """A host's own name. A name in an inventory may have what a host name may not, as openstack-ansible's have."""
    return name.replace("_", "-")


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

    @property
    def hostname(self) -> str:
        """What it calls itself."""
        return hostname(self.name)


class Vip(NamedTuple):
    """A virtual address; hosts with `role` may hold it. `components` are judged through it."""

    name: str
    address: str
    role: str
    components: tuple[str, ...] = ()


class Container(NamedTuple):
    """The container that a service runs in (inside/container.py): namespaces of its own, the host's network."""

    name: str
    volumes: Mapping[str, str] = {}
    """Path inside to a directory of the host's disk that is mounted there."""


class Profile(NamedTuple):
    """A set of hosts that make one cloud."""

    name: str
    text: str
    hosts: tuple[Host, ...]
    vips: tuple[Vip, ...] = ()
    clusters: Mapping[str, Mapping[str, str]] = {}
    """Component to cluster to role, for components of which there are several clusters."""
    containers: Mapping[str, Container] = {}
    """Service to the container it runs in; the others run in their host itself."""
    kolla: bool = False
    """Deployed as kolla-ansible does: its inventory and globals.yml are what hamon reads, and services have its paths."""
    prefix: int = 24
    interval: int = 2
    """Seconds between two looks of Nagios: short, as far as a small machine can run that many checks."""
    nrpe_timeout: int = 7
    """Seconds Nagios waits for an agent."""
    checks: Mapping[str, Mapping[str, object]] = {}
    """What the inventory says of single checks (`hamon.checks`)."""
    budget: int = 300
    """Seconds that the tests of its core failures may take on two processors, the cloud's start included."""

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
