"""The Galera cluster's verdict: all members' facts side by side; and the galera component.

Silence is not evidence: that there is no Primary component, or no member that takes queries, is said only when every member
said so itself or is proven to be stopped.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from hamon.check import Example, Limit, Option, Options
from hamon.checks.galera.node import CHECK, Facts
from hamon.checks.galera.outage import HUNG, alive, no_primary, stopped
from hamon.checks.galera.proxies import misled, proxies, unfit_members
from hamon.checks.galera.runbook import CLUSTER as CLUSTER_RUNBOOK
from hamon.checks.galera.sides import Seats, Side, disjoint, primaries, proven, seats, sides
from hamon.checks.galera.troubles import troubles
from hamon.cluster import at_stake, cluster_check, gather, majority, member_list
from hamon.members import Members
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.runs import Majority
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding
from hamon.words import counted, duration, group, listed

AGAIN = 1.0  # seconds until members that disagree on the membership are asked once more


class Figures(NamedTuple):
    """The cluster in numbers."""

    expected: int
    size: int  # of the largest Primary component; 0 without any
    synced: int
    components: int  # Primary components: 1 is right
    unreachable: int


def probe(ask: Ask, options: Options) -> Members[Facts]:
    """The members' facts, gathered once more when Primary members disagree in a way that a view change explains."""
    members, _ = ask.twice(lambda: gather(ask, CHECK, options), unsettled, AGAIN)
    ages = tuple((name, ask.memory.seconds_in(f"joining {name}", True)) for name in joiners(members, options))
    return members.beside(ages, proxies(ask, options))


def unsettled(members: Members[Facts]) -> bool:
    """Whether Primary members disagree on who is in, without proof that no member is in both views."""
    components = sides(members)
    return len(components) > 1 and not disjoint(components)


def seated(members: Members[Facts], side: Side, options: Options) -> Seats:
    """The members that hold the entries of that side's list."""
    return seats(members, side, dict(options.members), options.arbitrators)


def joiners(members: Members[Facts], options: Options) -> list[str]:
    """Members whose port is refused although the only Primary component counts them in."""
    components = sides(members)
    if len(components) != 1:
        return []
    counted = seated(members, components[0], options).counted
    return [name for name in stopped(members) if name in counted]


def consensus(members: Members[Facts], options: Options) -> Iterator[Finding]:
    """The findings over all members."""
    nobody = members.nobody("no_primary" if len(stopped(members)) == len(members) else "no_primary_seen")
    if nobody:
        yield nobody._replace(names={"member": next(iter([*alive(members), *members.names]))})
        return
    components = sides(members)
    if len(components) > 1:
        yield split(components, members.reported)
    elif not components:
        yield no_primary(members)
    else:
        yield from lost(members, components[0], options)
    yield from troubles(members)
    yield from misled(members.others, unfit_members(members.reported, dict(options.members)))


def split(components: Sequence[Side], reported: Mapping[str, Facts]) -> Finding:
    """The finding of two Primary components, or of members that disagree on who is in."""
    apart = proven(components)
    if not apart:
        groups = listed(group(side.names) for side in components)
        return Finding(
            CRITICAL, f"members disagree on who is in the cluster, even when asked twice: {groups}", "disagree"
        )
    groups = listed(group(side.names) for side in apart)
    uuids = {reported[side.names[0]].cluster_uuid for side in apart} - {""}
    more = " with different cluster UUIDs: separate clusters" if len(uuids) > 1 else ", both take writes"
    odd = [name for side in components if side not in apart for name in side.names]
    beside = f"; {odd[0]} lists members of both" if odd else ""
    return Finding(CRITICAL, f"SPLIT-BRAIN: {groups} are each a Primary component{more}{beside}", "split_brain")


def lost(members: Members[Facts], side: Side, options: Options) -> Iterator[Finding]:
    """The findings of one Primary component: who is missing, who is there instead, and whether one more loss stops it."""
    if not side.size:
        text = f"{group(side.names)} is Primary without reporting its size"
        yield Finding(UNKNOWN, text, "missing", {"member": side.names[0]})
        return
    seat = seated(members, side, options)
    absent = sorted({*members.names} - {*side.names} - seat.counted)
    present = len(side.names) + len(seat.counted) + seat.unnamed
    if absent:
        yield degraded(members, side, seat, absent, options)
    else:
        yield from arbitrators(present, seat.arbitrators, options)
    if seat.strangers or seat.nameless:
        stranger_names = " ".join(seat.strangers) or "unknown"
        yield Finding(
            WARNING,
            f"{side.size} members, {len(members)} expected; not in the inventory: {stranger_names}",
            "strangers",
        )
    for name in (name for name in members.silent if name in seat.counted):
        if name in stopped(members):
            yield joining(name, members.why(name), members.age(name), options)
        elif members.silent[name].about == HUNG:
            yield Finding(
                CRITICAL, f"{stuck(name, members, options)}, the others count it in", "hung", {"member": name}
            )
        elif not absent:
            yield Finding(OK, f"{members.apologies([name])}, the others count it in", "unreachable", {"member": name})


def degraded(members: Members[Facts], side: Side, seat: Seats, absent: Sequence[str], options: Options) -> Finding:
    """The finding that names the absent members, why they are absent, and what one more loss would do."""
    present = len(side.names) + len(seat.counted) + seat.unnamed
    beside = " with an arbitrator" if seat.arbitrators == 1 else f" with {seat.arbitrators} arbitrators"
    text = (
        f"{present} of {len(members)} members in the Primary component {group(sorted({*side.names, *seat.counted}))}"
        f"{beside if seat.arbitrators else ''}; {'; '.join(missing(members, absent, options))}"
    )
    names = {"member": absent[0]}
    kinds = {kind(members, name) for name in absent}
    about = kinds.pop() if len(kinds) == 1 else "degraded"
    # Galera counts quorum from the last component: of two members, the sudden loss of one leaves no majority.
    if majority(side.size) > side.size - 1 or present == 1:
        state = at_stake(options, [member.facts for member in members if member.name in absent])
        return Finding(state, f"{text}; one more loss stops all writes", about, names)
    return Finding(WARNING, text, about, names)


def arbitrators(present: int, seen: int, options: Options) -> Iterator[Finding]:
    """The finding about arbitrators when all members are in: fewer than expected, or a note that some vote."""
    meant = options.arbitrators
    if meant is not None and seen < meant:
        text = f"{seen} of {counted(meant, 'arbitrator')} (garbd) in the Primary component"
        if majority(present + seen) > present + seen - 1:
            yield Finding(at_stake(options, ()), f"{text}; one more loss stops all writes", "arbitrator")
        else:
            yield Finding(WARNING, text, "arbitrator")
    elif seen:
        yield Finding(OK, f"{counted(seen, 'arbitrator')} (garbd) with them")


def kind(members: Members[Facts], name: str) -> str:
    """The runbook entry for that absent member: it hangs, left, is cut off, or is just not there."""
    facts = members.reported.get(name)
    if facts is None:
        return "hung" if members.silent[name].about == HUNG else "degraded"
    return {"non-primary": "cut_off", "disconnected": "left"}.get(facts.status.lower(), "degraded")


def missing(members: Members[Facts], absent: Sequence[str], options: Options) -> Iterator[str]:
    """For each absent member, why it is absent."""
    for name in absent:
        facts = members.reported.get(name)
        if facts is None:
            stays = members.silent[name].about == HUNG
            yield stuck(name, members, options) if stays else f"{name}: {members.why(name)}"
        elif facts.state == "Inconsistent":
            yield f"{name} is Inconsistent"
        elif not facts.wsrep:
            yield f"{name} is without wsrep"
        elif facts.status.lower() == "disconnected":
            yield f"{name} left the cluster (Disconnected)"
        else:
            yield f"{name} is {facts.status}" if facts.status else f"{name} did not report its status"


def stuck(name: str, members: Members[Facts], options: Options) -> str:
    """The words for a member that did not answer in time: by its own agent it hangs; from afar it may be the path."""
    return f"{name}{' hangs' if options.direct is None else ''}: {members.why(name)}"


def joining(name: str, reason: str, seconds: float, options: Options) -> Finding:
    """The finding of a member that is counted in and refuses clients: it receives its state transfer, up to ``--join-max``."""
    state = CRITICAL if seconds > options.join_max else WARNING
    return Finding(
        state, f"{name} has been joining for {duration(seconds)}: counted in, but {reason}", "joining", {"member": name}
    )


def figures(members: Members[Facts], options: Options) -> Figures:  # noqa: ARG001
    """The cluster's figures."""
    components = sides(members)
    synced = sum(1 for facts in primaries(members).values() if facts.state == "Synced")
    return Figures(len(members), components[0].size if components else 0, synced, len(components), len(members.silent))


def summary(members: Members[Facts], options: Options) -> str:
    """The evidence for OK."""
    components = sides(members)
    if not components:
        return "no member"
    seat = seated(members, components[0], options)
    present = len(components[0].names) + len(seat.counted) + seat.unnamed
    return f"{present} of {len(members)} members in one Primary component {group(components[0].names)}"


LIMITS = (
    Limit("size", "members in the largest Primary component", minimum=0),
    Limit("synced", "members that are Primary and Synced", minimum=0),
    Limit("components", "Primary components; two or more are a split-brain", minimum=0),
    Limit("unreachable", "members that gave no facts", minimum=0),
)

CLUSTER = cluster_check(
    "galera_cluster",
    "Are all members in one Primary component, and is it only one?",
    of=CHECK,
    consensus=consensus,
    summary=summary,
    figures=figures,
    options=(
        Option(
            ("--proxies",),
            "HAProxy hosts in front: warn when one counts a member as usable that cannot serve",
            member_list,
            metavar="NAME=ADDRESS,...",
        ),
        Option(
            ("--arbitrators",),
            "how many arbitrators (garbd) vote beside the members; without it an entry without an address counts as one",
            int,
            metavar="NUMBER",
        ),
        Option(("--join-max",), "CRITICAL when a member has been joining for longer", float, 3600.0, "SECONDS"),
    ),
    limits=LIMITS,
    runbook=CLUSTER_RUNBOOK,
    example=Example(
        "--members ctl1=10.77.0.11,ctl2=10.77.0.12,ctl3=10.77.0.13",
        "GALERA_CLUSTER OK - 3 of 3 members in one Primary component {ctl1, ctl2, ctl3}",
    ),
    argv_if=(("--proxies", "{proxies}"), ("--arbitrators", "{arbiters}")),
    beside=("haproxy",),
    probe=probe,
    risk="stop all writes",
    majority=Majority.OF_REMAINING,
)

main = plugin(CLUSTER)
