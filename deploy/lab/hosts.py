"""Which hosts a lab has and what each of them is for. Data only."""

from typing import NamedTuple


class Host(NamedTuple):
    """One host; `roles` name the services that run on it (see services/) and the clusters it is a member of.

    `address` is eth0's; `links` are the addresses of eth1, eth2, ..., each on a switch of its own.
    """

    name: str
    address: str
    roles: frozenset[str]
    links: tuple[str, ...] = ()


class Vip(NamedTuple):
    """A virtual address; hosts with `role` may hold it."""

    name: str
    address: str
    role: str


class Profile(NamedTuple):
    """A set of hosts that make one cloud."""

    name: str
    text: str
    hosts: tuple[Host, ...]
    vips: tuple[Vip, ...] = ()
    prefix: int = 24
    interval: int = 2
    """Seconds between two looks of Nagios: short, as far as a small machine can run that many checks."""

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
    vips=(Vip("internal", "10.77.0.100", "keepalived"),),
    interval=3,
)

PROFILES = {profile.name: profile for profile in (CONTROLLER,)}
