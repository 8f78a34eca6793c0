"""What a check is made of: the statements that every component writes and everything else is derived from.

A component holds plain functions and one ``COMPONENT``. From its statements come the plugin's command line, its
verdict, its perfdata, its docs page, its place in the plan and its Nagios objects. Nothing here does I/O.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from hamon.verdict import Advice, Finding

if TYPE_CHECKING:
    from hamon.probe import Ask
    from hamon.runs import OnCluster, ThroughVip

F = TypeVar("F")  # the facts of one check


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
    missing evidence: rates have no value on the first run. NaN is a figure that the source should have reported and did not. ``show`` turns the number into words for people.
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


class Example(NamedTuple):
    """A real call: its ``arguments`` as typed, and the ``line`` that it printed, up to the perfdata.

    One of the check's recordings holds both, so that neither can grow old (tests/house/test_examples.py).
    """

    arguments: str
    line: str


class Options:
    """The parsed options of one call: those that every check has, and the check's own by their names.

    ``limits`` are the check's with the ranges of this call in. ``timeout`` in seconds.
    """

    timeout: float
    warnings: list[str]
    criticals: list[str]
    facts: bool
    record: str | None
    replay: str | None
    verbose: bool
    limits: tuple[Limit, ...]

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """A check's own option; its type is what the ``type`` of its ``Option`` returns."""


class OnMembers(NamedTuple):
    """Runs on every member, asked through the host's NRPE.

    ``argv`` are argument templates, formatted with the plan's names (see hamon/plan/arguments.py); each group in
    ``argv_if`` is left out where the plan does not know one of its names. ``sudo`` asks for a sudoers line.
    """

    argv: tuple[str, ...] = ()
    argv_if: tuple[tuple[str, ...], ...] = ()
    sudo: bool = False


class Check(NamedTuple, Generic[F]):
    """One plugin. ``F`` is the type of its facts, a NamedTuple that prints as JSON.

    ``probe(ask, options)`` does all the I/O through ``ask`` and returns facts or raises ProbeError.
    ``evaluate(facts, options)`` is pure and yields findings. ``summary(facts, options)`` is the
    evidence for OK, in words. ``figures(facts, options)`` gives the NamedTuple that the limits look at (default: the
    facts themselves). The annotations of ``facts`` say what a member may report: NamedTuples, tuples, unions, bool, int,
    float, str, None.

    ``uses`` are the transports (modules of ``hamon.probe``) that it asks through: what its process may load follows. ``tools``
    are the programs that it runs on its host, which have to be installed there.

    Planning: ``runs`` says where it runs and with which arguments. ``tier`` is ``page`` or ``ticket``. ``interval`` in
    seconds.
    """

    name: str
    title: str
    facts: type[F]
    probe: Callable[["Ask", Options], F]
    evaluate: Callable[[F, Options], Iterator[Finding]]
    summary: Callable[[F, Options], str]
    options: tuple[Option, ...] = ()
    limits: tuple[Limit, ...] = ()
    runbook: Mapping[str, Advice] = {}
    figures: Callable[[F, Options], NamedTuple] | None = None
    runs: "OnMembers | OnCluster | ThroughVip" = OnMembers()
    tier: str = "ticket"
    interval: int = 60
    uses: tuple[str, ...] = ()
    rights: str = ""
    asks: str = ""
    example: Example | None = None
    tools: tuple[str, ...] = ()

    @property
    def program(self) -> str:
        """The plugin's file name."""
        return f"check_{self.name}"

    @property
    def of(self) -> "Check[Any] | None":
        """The check whose facts this one gathers from the members; None when it gathers none."""
        of: Check[Any] | None = getattr(self.runs, "of", None)
        return of
