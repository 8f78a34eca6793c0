"""The rows that the templates print. Everything is already quoted, sorted and final."""

from typing import NamedTuple


class HostRow(NamedTuple):
    """One host object. ``template`` is the hamon- template it uses."""

    name: str
    address: str
    alias: str
    template: str
    hostgroups: tuple[str, ...]
    parents: tuple[str, ...] = ()


class Selection(NamedTuple):
    """Hosts as an object names them: a whole hostgroup, one without some, or names."""

    hostgroup: str
    hosts: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def host_name(self) -> str:
        """The value of ``host_name``; empty when the hostgroup says it all."""
        return ",".join([*self.hosts, *(f"!{name}" for name in self.without)])


class ServiceRow(NamedTuple):
    """One service object, for one host or many. ``display`` is the check's question. Intervals in Nagios units. ``makes``: how many services it makes."""

    name: str
    display: str
    where: Selection
    command: str
    template: str
    interval: str
    retry: str
    attempts: int
    servicegroup: str
    notes_url: str
    action_url: str
    icon_image: str
    makes: int


class CommandRow(NamedTuple):
    """One command object; ``line`` is quoted."""

    name: str
    line: str


class DependencyRow(NamedTuple):
    """While ``service`` is in one of the states ``failing``, the ``dependents`` do not notify.

    ``master`` None means on the same host.
    """

    master: str | None
    service: str
    where: Selection
    dependents: tuple[str, ...]
    failing: str


class ContactRow(NamedTuple):
    """One contact of the contact group of ``tier``. ``by`` ends the names of its notification commands."""

    name: str
    email: str
    tier: str
    by: str = ""


class Objects(NamedTuple):
    """All Nagios objects of a plan. Groups map names to aliases. ``called``: tier to contact groups."""

    hosts: tuple[HostRow, ...]
    hostgroups: dict[str, str]
    services: tuple[ServiceRow, ...]
    servicegroups: dict[str, str]
    commands: tuple[CommandRow, ...]
    dependencies: tuple[DependencyRow, ...]
    contacts: tuple[ContactRow, ...]
    called: dict[str, tuple[str, ...]]
