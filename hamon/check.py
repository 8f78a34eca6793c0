"""What a check is made of: the statements that every component writes and everything else is derived from.

A component holds plain functions and one ``COMPONENT``. From its statements come the plugin's command line, its
verdict, its perfdata, its docs page, its place in the plan and its Nagios objects. Nothing here does I/O.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from hamon.verdict import Advice, Finding

if TYPE_CHECKING:
    from hamon.probe import Ask

Options = Any  # argparse.Namespace: the parsed options of one call, plus what the core adds


class Option(NamedTuple):
    """One command-line option. ``flags`` as argparse takes them; ``many`` = may be given several times (a list)."""

    flags: tuple[str, ...]
    help: str
    type: Callable[[str], Any] = str
    default: Any = None
    metavar: str | None = None
    many: bool = False
    switch: bool = False
    dest: str | None = None


class Limit(NamedTuple):
    """One figure: perfdata label, threshold name (``-w NAME=RANGE``) and Graphite leaf in one.

    ``name`` is a field of the check's figures. With ``each`` the field of that name holds a tuple of NamedTuples that
    have a ``name`` (backends, links, queues ...) and one figure is taken from every one of them; its perfdata label is
    ``<instance>_<name>``. ``warn`` and ``crit`` are Nagios ranges as strings (an int 0 would mean "no limit" to
    nagiosplugin). ``say`` is the sentence when the value is outside: ``{value}``, ``{name}``, ``{range}`` and the fields
    of the figures (or of the instance as ``{one.field}``) are filled in. ``optional`` figures may be None without being
    missing evidence: rates have no value on the first run. ``show`` turns the number into words for people.
    """

    name: str
    help: str
    warn: str | None = None
    crit: str | None = None
    uom: str = ""
    each: str = ""
    say: str = "{name} is {value}, outside {range}"
    optional: bool = False
    minimum: float | None = None
    maximum: float | None = None
    show: Callable[[float], str] | None = None


class Check(NamedTuple):
    """One plugin.

    ``probe(ask, options)`` does all the I/O through ``ask`` and returns facts (a NamedTuple that prints as JSON) or
    raises ProbeError. ``evaluate(facts, options)`` is pure and yields findings. ``summary(facts, options)`` is the
    evidence for OK, in words. ``figures(facts, options)`` gives the NamedTuple that the limits look at (default: the
    facts themselves). ``parts`` maps a facts field to the NamedTuple type of its items, to read facts back from JSON.

    ``of`` is set on cluster checks: the check whose facts are gathered from every member. ``beside`` names node checks of
    other components whose facts it asks for too.

    Planning: ``where`` is ``node`` (asked through NRPE on the host), ``cluster`` (on the Nagios server, one
    pseudo-host for each cluster) or ``vip`` (on the Nagios server, one pseudo-host for each VIP). ``argv`` are argument
    templates, formatted with the plan's names (see hamon/plan/arguments.py), ``argv_if`` groups of
    them that are left out where the plan does not know one of their names. ``tier`` is ``page`` or ``ticket``. ``sudo`` asks for
    a sudoers line. ``interval`` in seconds. ``lost_host`` ranks the cluster checks that page for a host that is lost: of
    clusters on the same hosts the lowest number does, see hamon/plan/clusters.py (0: none of them).
    """

    name: str
    title: str
    facts: type
    probe: Callable[["Ask", Options], Any]
    evaluate: Callable[[Any, Options], Iterator[Finding]]
    summary: Callable[[Any, Options], str]
    options: tuple[Option, ...] = ()
    limits: tuple[Limit, ...] = ()
    runbook: Mapping[str, Advice] = {}
    parts: Mapping[str, type] = {}
    figures: Callable[[Any, Options], Any] | None = None
    of: "Check | None" = None
    beside: tuple[str, ...] = ()
    where: str = "node"
    argv: tuple[str, ...] = ()
    argv_if: tuple[tuple[str, ...], ...] = ()
    tier: str = "ticket"
    interval: int = 60
    lost_host: int = 0
    sudo: bool = False
    rights: str = ""
    asks: str = ""

    @property
    def program(self) -> str:
        """The plugin's file name."""
        return f"check_{self.name}"


class Component(NamedTuple):
    """One watched component: its checks and the inventory groups (roles) whose hosts are its members.

    ``vip_holders`` marks components whose members take turns in holding the cloud's virtual addresses.
    """

    name: str
    title: str
    groups: tuple[str, ...]
    checks: tuple[Check, ...]
    vip_holders: bool = False
