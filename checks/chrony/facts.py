"""Parse the CSV in which chronyc reports this host's clock. No component of its own.

Source: chronyc(1) ``tracking`` and ``sources``; ``-c`` prints one line of comma-separated values for each record, times in seconds.
"""

from typing import NamedTuple, TypeVar

from hamon import take
from hamon.errors import ProbeError
from hamon.verdict import UNKNOWN

TRACKING = 14  # fields of the tracking record
SOURCE = 10  # fields of a source
MODES = {"^": "server", "=": "peer", "#": "refclock"}
STATES = {"*": "selected", "+": "combined", "-": "not_combined", "?": "unusable", "x": "falseticker", "~": "unstable"}
LOCAL = "7F7F0101"  # the reference of chronyd's own "local" directive
LEAPS = ("Normal", "Insert second", "Delete second", "Not synchronised")

Value = TypeVar("Value")


class Source(NamedTuple):
    """One time source. ``reach``: the last eight polls as bits, 0 = none was answered; ``age``: seconds since the last sample."""

    name: str
    mode: str
    state: str
    stratum: int
    reach: int
    age: float | None


class Facts(NamedTuple):
    """The clock of this host as chronyd judges it. Seconds.

    ``offset`` is signed as chronyd reports it: positive when the clock is behind (slow). ``max_error`` is how far the clock may be off
    at most, by chronyd's reckoning (root delay / 2 + root dispersion + offset). ``clock`` is this host's wall clock when asked.
    """

    reference: str  # name or address; empty without one
    local: bool  # its reference is its own clock
    stratum: int
    offset: float
    max_error: float
    frequency: float  # ppm
    leap: str
    update_age: float | None  # seconds since the reference was last updated; None when it never was
    started: float | None  # seconds since chronyd was started
    clock: float
    sources: tuple[Source, ...]

    @property
    def synchronised(self) -> bool:
        """Whether chronyd says that its clock follows a reference other than itself."""
        return self.leap != "Not synchronised" and not self.local and self.stratum < 16

    @property
    def reachable(self) -> tuple[Source, ...]:
        """Sources that answered one of the last eight polls."""
        return tuple(source for source in self.sources if source.reach)

    @property
    def selected(self) -> bool:
        """Whether chronyd has a source it follows now."""
        return any(source.state == "selected" for source in self.sources)


def parse(text: str, now: float, started: float | None) -> Facts:
    """Facts from ``chronyc -c -m tracking sources``. Raises ProbeError (UNKNOWN) for anything else."""
    rows = [line.split(",") for line in text.splitlines() if line.strip()]
    try:
        if (
            not rows
            or len(rows[0]) < TRACKING
            or rows[0][13] not in LEAPS
            or any(len(row) < SOURCE for row in rows[1:])
        ):
            raise ValueError(text)
        tracking = rows[0]
        offset, delay, dispersion = (known(take.number(tracking[index])) for index in (4, 10, 11))
        updated = known(take.number(tracking[3]))
        return Facts(
            reference=tracking[1] or ("" if tracking[0] in ("00000000", LOCAL) else tracking[0]),
            local=tracking[0] == LOCAL,
            stratum=known(take.count(tracking[2])),
            offset=offset,
            max_error=round(delay / 2 + dispersion + abs(offset), 9),
            frequency=known(take.number(tracking[7])),
            leap=tracking[13],
            update_age=round(now - updated, 3) if updated else None,
            started=None if started is None else round(now - started, 3),
            clock=round(now, 3),
            sources=tuple(source(row) for row in rows[1:]),
        )
    except (ValueError, KeyError):
        raise ProbeError(UNKNOWN, f"chronyc reported no tracking and sources: {text.strip()[:80]!r}", "tool") from None


def source(row: list[str]) -> Source:
    """One source's record. Raises ValueError, KeyError."""
    # A source that was never heard of has the largest unsigned number as its age.
    age = known(take.number(row[6]))
    return Source(
        row[2],
        MODES[row[0]],
        STATES[row[1]],
        known(take.count(row[3])),
        int(row[5], 8),
        None if age >= 2**32 - 1 else age,
    )


def known(value: Value | None) -> Value:
    """``value``, which must be there: half a record is not one. Raises ValueError."""
    if value is None:
        raise ValueError("a field that is not a number")
    return value
