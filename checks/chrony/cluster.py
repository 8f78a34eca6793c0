"""The members' clocks side by side; and the chrony component.

Two measures. ``spread``: the members' distances to their references compared, as exact as NTP, but meaningless where references differ.
``clock_spread``: the members' wall clocks, always comparable but coarse: a clock was read at some moment between the question and
its answer, and counts as far as it is apart whenever that was.
"""

from collections.abc import Iterator
from typing import NamedTuple

from hamon import take
from hamon.check import Example, Limit, Options
from hamon.checks.chrony.facts import Facts
from hamon.checks.chrony.node import AGES, CHECK, milliseconds
from hamon.checks.chrony.runbook import CLUSTER as CLUSTER_RUNBOOK
from hamon.cluster import cluster_check, gather, majority
from hamon.members import Members
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding
from hamon.words import some

APART = 2.0  # seconds between wall clocks from which the members are asked once more: one may just have been stepped
AGAIN = 1.0


class Figures(NamedTuple):
    """The members' clocks in numbers; seconds. The four names are the ends of the two spreads."""

    spread: float | None
    clock_spread: float | None
    synchronised: int
    unreachable: int
    behind: str
    ahead: str
    earliest: str
    latest: str


def probe(ask: Ask, options: Options) -> Members[Facts]:
    """The members' facts, gathered once more when wall clocks seem far apart."""
    members, _ = ask.twice(
        lambda: gather(ask, CHECK, options),
        lambda seen: (figures(seen, options).clock_spread or 0.0) > APART,
        AGAIN,
    )
    return members


def consensus(members: Members[Facts], options: Options) -> Iterator[Finding]:
    """The findings of members that follow no source, dead ones included; CRITICAL when they are most of the members."""
    reported, dead = members.reported, members.dead
    if not dead and (nobody := members.nobody("unsynced")):
        yield nobody
        return
    free = {**dead, **{name: adrift(facts) for name, facts in reported.items() if adrift(facts)}}
    if free:
        lasting = [name for name in free if name in dead or not passing(reported[name], options)]
        state = CRITICAL if len(members) - len(lasting) < majority(len(members)) else WARNING
        shown = [f"{name}: {reason}" for name, reason in free.items()]
        text = f"{len(free)} of {len(members)} members follow no time source, {some(shown)}"
        yield Finding(state, text, "unsynced", {"member": next(iter(free))})
    references = {facts.reference for facts in reported.values() if facts.synchronised}
    if len(references) > 1 and len(references) == len(reported):
        yield Finding(OK, "every member follows another source")
    odd = [name for name, facts in reported.items() if not measured(facts)]
    if odd:
        text = f"{some(odd)} reported no offset or clock that is a number: how far apart the clocks are is not known"
        yield Finding(UNKNOWN, text, "unreadable", {"member": odd[0]})
    unasked = [f"{name} ({reason})" for name, reason in members.unasked.items()]
    names = {"member": next(iter(members.unasked), "")}
    if len(members) - len(unasked) < majority(len(members)):
        text = (
            f"only {len(members) - len(unasked)} of {len(members)} members could be asked, not asked: {some(unasked)}"
        )
        yield Finding(UNKNOWN, text, "unreachable", names)
    elif unasked:
        # No member knows another's clock: nothing is claimed of it. That its host is silent is an alarm of its own.
        yield Finding(OK, members.apologies(members.unasked, some), "unreachable", names)


def measured(facts: Facts) -> bool:
    """Whether the member's offset and clock are finite numbers: a NaN is less and more than nothing and would hide every spread."""
    return take.number(facts.offset) is not None and take.number(facts.clock) is not None


def adrift(facts: Facts) -> str:
    """Why this member follows no source, in a word; empty when it does."""
    if facts.local:
        return "its own clock only"
    if not facts.synchronised:
        return "not synchronised"
    return "" if facts.selected and facts.reachable else "sources lost"


def passing(facts: Facts, options: Options) -> bool:
    """Whether this may pass: chronyd was just started, or the sources were lost a short while ago and the clock still runs well."""
    if facts.synchronised:
        return facts.update_age is not None and facts.update_age <= options.unsynced_max
    return not facts.local and facts.started is not None and facts.started < options.start_max


def figures(members: Members[Facts], options: Options) -> Figures:  # noqa: ARG001
    """The figures. A spread needs two members; distances to a reference count only where there is one."""
    reported = members.reported
    offsets = sorted((facts.offset, name) for name, facts in reported.items() if facts.synchronised and measured(facts))
    spread = offsets[-1][0] - offsets[0][0] if len(offsets) > 1 else None
    clock_spread, *times = wall_clocks(members)
    # A positive offset means that the clock is behind its reference.
    ends = (offsets[-1][1], offsets[0][1]) if offsets else ("", "")
    synchronised = sum(1 for facts in reported.values() if not adrift(facts))
    return Figures(spread, clock_spread, synchronised, len(members.silent), *ends, *times)


def wall_clocks(members: Members[Facts]) -> tuple[float | None, str, str]:
    """How far apart two members' wall clocks are at least, the slower one and the faster one; None with fewer than two."""
    reported = members.reported
    clocks = [
        (member.name, reported[member.name].clock, member)
        for member in members
        if member.name in reported and measured(reported[member.name])
    ]
    latest = sorted(((clock - member.answered, name) for name, clock, member in clocks), reverse=True)[:2]
    earliest = sorted((clock - member.asked, name) for name, clock, member in clocks)[:2]
    pairs = [(late - early, slow, fast) for late, fast in latest for early, slow in earliest if fast != slow]
    if not pairs:
        return None, "", ""
    apart, slow, fast = max(pairs)
    return max(0.0, apart), slow, fast


def summary(members: Members[Facts], options: Options) -> str:
    """The evidence for OK."""
    values = figures(members, options)
    apart = (
        f", {milliseconds(values.spread)} apart at most ({values.behind} and {values.ahead})"
        if values.spread is not None
        else ""
    )
    return f"{values.synchronised} of {len(members)} members follow a time source{apart}"


CLUSTER = cluster_check(
    "chrony_cluster",
    "Do all members' clocks follow a source, and are they close enough to each other?",
    of=CHECK,
    consensus=consensus,
    summary=summary,
    figures=figures,
    options=AGES,
    limits=(
        Limit("spread", "largest difference between two members' clocks by their references", "0.05", "0.2", "s", minimum=0, optional=True,
              show=milliseconds, say="{behind} is {value} behind {ahead}"),
        Limit("clock_spread", "how far apart two members' wall clocks are at least", "3", "10", "s", minimum=0,
              optional=True, show=milliseconds, say="the clock of {earliest} is {value} behind that of {latest}"),
        Limit("synchronised", "members that follow a source", minimum=0),
        Limit("unreachable", "members that gave no facts", minimum=0),
    ),
    runbook=CLUSTER_RUNBOOK,
    example=Example(
        "--members ctl1=10.79.0.11,ctl2=10.79.0.12,ctl3=10.79.0.13",
        "CHRONY_CLUSTER OK - 3 of 3 members follow a time source, under 0.01 ms apart at most (ctl1 and ctl3)",
    ),
    probe=probe,
)  # fmt: skip

main = plugin(CLUSTER)
