"""What a plan is made of. Plain data, sorted, so that equal inputs give equal plans."""

from enum import StrEnum
from typing import Any, NamedTuple

from hamon.check import Check, OnMembers
from hamon.plan.settings import Settings
from hamon.runs import OnCluster, ThroughVip


class Place(StrEnum):
    """Where a planned check belongs."""

    NODE = "node"
    """on a host, asked through its NRPE"""
    CLUSTER = "cluster"
    """on the Nagios server, about all members of a cluster"""
    VIP = "vip"
    """on the Nagios server, about a virtual address and what is behind it"""
    NRPE = "nrpe"
    """on the Nagios server, about one host's agent itself"""

    @property
    def of_pseudo_host(self) -> bool:
        """Whether the check is about several hosts, so that a pseudo-host carries it."""
        return self in (Place.CLUSTER, Place.VIP)


PLACES: dict[type, Place] = {OnMembers: Place.NODE, OnCluster: Place.CLUSTER, ThroughVip: Place.VIP}


def place(check: Check[Any]) -> Place:
    """The place that follows from what the check states in ``runs``."""
    return PLACES[type(check.runs)]


def needs_root(check: Check[Any]) -> bool:
    """Whether the check's program runs through sudo on its host."""
    return isinstance(check.runs, OnMembers) and check.runs.sudo


class Timing(NamedTuple):
    """How often: seconds between checks, seconds between retries, attempts until a state is taken for hard."""

    interval: float
    retry: float
    attempts: int


class PlannedHost(NamedTuple):
    """One host object: a machine (``kind`` host) or a pseudo-host for a cluster's or a VIP's verdicts.

    ``components`` are those a machine is a member of, or the one a pseudo-host is about. ``tier`` says whom its death
    calls: ``ticket`` when a cluster verdict that pages counts the host, else ``page``. One dead controller, one page.
    ``groups`` are those of the inventory that ``hamon.hostgroups`` wants to see.
    """

    name: str
    address: str
    kind: str
    components: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    tier: str = "page"
    title: str = ""
    groups: tuple[str, ...] = ()


class PlannedCheck(NamedTuple):
    """One service. ``argv`` begins with the program.

    ``depends`` are (host, check) pairs: while one of them is in trouble, this one adds nothing.
    """

    host: str
    check: str
    component: str
    where: Place
    argv: tuple[str, ...]
    tier: str
    timing: Timing
    depends: tuple[tuple[str, str], ...]
    title: str
    sudo: bool = False


class FactsCommand(NamedTuple):
    """What a host's NRPE must be able to answer for a cluster check: ``facts_check_<name>``."""

    host: str
    command: str
    argv: tuple[str, ...]
    sudo: bool = False


class Plan(NamedTuple):
    """Everything that is to be watched. ``digest`` names the inputs: equal digests, equal plans."""

    source: str
    digest: str
    settings: Settings
    hosts: tuple[PlannedHost, ...]
    checks: tuple[PlannedCheck, ...]
    facts: tuple[FactsCommand, ...]
    findings: tuple[str, ...]
    unwatched_groups: tuple[str, ...]
