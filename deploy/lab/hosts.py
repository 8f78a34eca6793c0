"""Which hosts a lab has and what each of them is for. Data only."""

from typing import NamedTuple


class Host(NamedTuple):
    """One namespace host; `roles` name the services that run on it (see services.py)."""

    name: str
    address: str
    roles: frozenset[str]


class Profile(NamedTuple):
    """A set of hosts that make one cloud."""

    name: str
    text: str
    hosts: tuple[Host, ...]
    vip: str
    prefix: int = 24

    def host(self, name: str) -> Host:
        """The host of that name; KeyError if there is none."""
        return {host.name: host for host in self.hosts}[name]

    def having(self, role: str) -> tuple[Host, ...]:
        """The hosts with a role, in the order of the profile."""
        return tuple(host for host in self.hosts if role in host.roles)


_EVERYWHERE = frozenset({"rsyslog", "nrpe"})
_DATABASE = _EVERYWHERE | {"galera", "api"}
_BALANCER = _DATABASE | {"haproxy", "keepalived"}

CONTROLLER = Profile(
    name="controller",
    text="three controllers (Galera, API stand-ins; HAProxy and keepalived on two of them) and a monitoring host",
    hosts=(
        Host("ctl1", "10.77.0.11", _BALANCER),
        Host("ctl2", "10.77.0.12", _BALANCER),
        Host("ctl3", "10.77.0.13", _DATABASE),
        Host("mon", "10.77.0.1", _EVERYWHERE | {"nagios"}),
    ),
    vip="10.77.0.100",
)

PROFILES = {profile.name: profile for profile in (CONTROLLER,)}
