"""The Galera cluster's verdict: all members' facts side by side; and the galera component.

In a real split both sides have the same cluster state UUID, the same conf_id and the same last_committed; comparing those
proves nothing. What differs is who each Primary node lists as members. During a view change two nodes asked milliseconds
apart may list overlapping members; the sides of a split list disjoint ones.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hamon.check import Limit, Majority, Option, Options
from hamon.checks.galera.node import CHECK, Facts
from hamon.checks.galera.proxies import misled, proxies, unfit_members
from hamon.checks.galera.runbook import CLUSTER as CLUSTER_RUNBOOK
from hamon.cluster import Members, at_stake, cluster_check, gather, majority, member_list
from hamon.names import host_and_port
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding
from hamon.words import duration, group, listed

AGAIN = 1.0  # seconds until members that disagree on the membership are asked once more


class Side(NamedTuple):
    """Members that form one Primary component together: their names, and the size they say it has."""

    names: tuple[str, ...]
    size: int
    view: tuple[str, ...]


class Figures(NamedTuple):
    """The cluster in numbers."""

    expected: int
    size: int  # of the largest Primary component; 0 without any
    synced: int
    components: int  # Primary components: 1 is right
    unreachable: int


def primaries(members: Members[Facts]) -> dict[str, Facts]:
    """The members that say they are in a Primary component, by name."""
    return {
        name: f
        for name, f in members.reported.items()
        if f.wsrep and f.status.lower() == "primary" and f.state != "Inconsistent"
    }


def sides(members: Members[Facts]) -> list[Side]:
    """The Primary components there are, largest first: nodes grouped by the member list they give.

    Where the lists cannot tell (``AUTO`` for everybody), a repeated local index puts a node on another side.
    """
    found: dict[tuple[tuple[tuple[str, ...], int | None], int], list[str]] = {}
    taken: set[tuple[tuple[tuple[str, ...], int | None], int, int | None]] = set()
    for name, facts in sorted(primaries(members).items(), key=lambda item: (item[1].conf_id or 0, item[0])):
        key = (facts.view, facts.size)
        twin = 0
        while (key, twin, facts.local_index) in taken and facts.local_index is not None:
            twin += 1
        taken.add((key, twin, facts.local_index))
        found.setdefault((key, twin), []).append(name)
    made = [Side(tuple(sorted(names)), key[1] or 0, key[0]) for (key, _), names in found.items()]
    return sorted(made, key=lambda side: (-side.size, side.names))


def disjoint(all_sides: Sequence[Side]) -> bool:
    """Whether the sides' member lists have nobody in common: a split, not a view change seen half-way."""
    seen: set[str] = set()
    for side in all_sides:
        here = {address for address in side.view if address and not address.upper().startswith("AUTO")}
        if here & seen:
            return False
        seen |= here
    return True


def probe(ask: Ask, options: Options) -> Members[Facts]:
    """Gather, and once more when Primary members disagree in a way that a view change explains."""
    members, _ = ask.twice(lambda: gather(ask, CHECK, options), unsettled, AGAIN)
    ages = tuple((name, ask.memory.seconds_in(f"joining {name}", True)) for name in joiners(members))
    return members.beside(ages, proxies(ask, options))


def unsettled(members: Members[Facts]) -> bool:
    """Whether Primary members disagree on who is in, with somebody in both views."""
    found = sides(members)
    return len(found) > 1 and not disjoint(found)


def joiners(members: Members[Facts]) -> list[str]:
    """Members whose port is refused although the only Primary component already counts all that are expected."""
    found = sides(members)
    if len(found) != 1 or found[0].size < len(members):
        return []
    return list(members.dead)


def consensus(members: Members[Facts], options: Options) -> Iterator[Finding]:
    """Findings over all members."""
    nobody = members.nobody("no_primary")
    if nobody:
        yield doubted(nobody, members)
        return
    found = sides(members)
    told = members.reported
    if len(found) > 1:
        yield split(found, told)
    elif not found:
        yield doubted(no_primary(members), members)
    else:
        yield from lost(members, found[0], options)
    yield from troubles(members)
    yield from misled(members.others, unfit_members(told, dict(options.members)))


def doubted(finding: Finding, members: Members[Facts]) -> Finding:
    """``finding``; that nobody is Primary without the advice to bootstrap while members could not be asked: they may be a
    living majority.
    """
    if finding.about != "no_primary" or not members.unasked:
        return finding
    return finding._replace(about="no_primary_seen", names={"member": next(iter(members.unasked))})


def split(found: Sequence[Side], told: dict[str, Facts]) -> Finding:
    """Two Primary components, or members that do not agree who is in."""
    groups = listed(group(side.names) for side in found)
    if not disjoint(found):
        return Finding(
            CRITICAL, f"members disagree on who is in the cluster, even when asked twice: {groups}", "disagree"
        )
    uuids = {told[side.names[0]].cluster_uuid for side in found}
    more = " with different cluster UUIDs: separate clusters" if len(uuids) > 1 else ", both take writes"
    return Finding(CRITICAL, f"SPLIT-BRAIN: {groups} are each a Primary component{more}", "split_brain")


def no_primary(members: Members[Facts]) -> Finding:
    """Nobody has quorum: who is left, and which node to bootstrap."""
    told = members.reported
    best = max(
        told.items(), key=lambda item: (item[1].last_committed if item[1].last_committed is not None else -1, item[0])
    )
    alone = listed(f"{name} {facts.status or 'without status'}" for name, facts in sorted(told.items()))
    rest = f"; {members.reasons()}" if members.silent else ""
    hint = f"; most advanced: {best[0]} (seqno {best[1].last_committed})"
    return Finding(CRITICAL, f"no Primary component, no writes anywhere: {alone}{rest}{hint}", "no_primary")


def lost(members: Members[Facts], side: Side, options: Options) -> Iterator[Finding]:
    """One Primary component: who is missing from it, and whether one more loss ends it."""
    expected = len(members)
    counted = {
        name
        for name, address in options.members
        if {name, address} & {host_and_port(client).host for client in side.view}
    }
    absent = sorted(
        {member.name for member in members} - set(side.names) - {name for name in counted if name in members.silent}
    )
    if side.size > expected:
        known = {address for _, address in options.members}
        strangers = [client for client in side.view if host_and_port(client).host not in known]
        yield Finding(
            WARNING,
            f"{side.size} members, {expected} expected; not in the inventory: {' '.join(strangers) or 'unknown'}",
            "strangers",
        )
        return
    if side.size == expected:
        for name in joiners(members):
            yield joining(name, members.why(name), members.age(name), options)
        for name in members.unasked:
            yield Finding(OK, f"{members.apologies([name])}, the others count it in", "unreachable")
        return
    if not side.size:
        yield Finding(
            UNKNOWN, f"{group(side.names)} is Primary without telling its size", "missing", {"member": side.names[0]}
        )
        return
    text = f"{side.size} of {expected} members in the Primary component {group(sorted({*side.names, *counted}))}; {'; '.join(missing(members, absent))}"
    # Galera counts quorum from the last component: of two members, the sudden loss of one leaves no majority.
    names = {"member": absent[0]} if absent else {}
    if majority(side.size) > side.size - 1:
        state = at_stake(options, [member.facts for member in members if member.name in absent])
        yield Finding(state, f"{text}; one more loss stops all writes", "degraded", names)
    else:
        yield Finding(WARNING, text, "degraded", names)


def missing(members: Members[Facts], absent: Sequence[str]) -> Iterator[str]:
    """Why each absent member is absent."""
    reported = members.reported
    for name in absent:
        if name in reported:
            facts = reported[name]
            yield f"{name} is {facts.state if facts.state == 'Inconsistent' else facts.status or 'without wsrep'}"
        else:
            yield f"{name}: {members.why(name)}"


def joining(name: str, reason: str, seconds: float, options: Options) -> Finding:
    """A member that is counted in and refuses clients receives its state transfer; not for ever."""
    state = CRITICAL if seconds > options.join_max else WARNING
    return Finding(
        state, f"{name} is joining for {duration(seconds)}: counted in, but {reason}", "joining", {"member": name}
    )


def troubles(members: Members[Facts]) -> Iterator[Finding]:
    """What single members say that concerns all: flow control, refusals, donors."""
    told = members.reported
    if any(facts.flow_stalled for facts in told.values()):
        asking = [
            f"{name} (receive queue {facts.recv_queue})" for name, facts in sorted(told.items()) if facts.flow_requested
        ]
        slow = next((name for name, facts in sorted(told.items()) if facts.flow_requested), "")
        yield Finding(
            CRITICAL,
            f"flow control stops all writes; asked for by {listed(asking) or 'a member that gave no facts'}",
            "flow",
            {"member": slow},
        )
    for name, facts in sorted(told.items()):
        names = {"member": name}
        if not facts.wsrep:
            yield Finding(CRITICAL, f"{name} runs without wsrep: a plain server beside the cluster", "no_wsrep", names)
        elif facts.state == "Inconsistent":
            yield Finding(CRITICAL, f"{name} was voted out: its data differ (Inconsistent)", "inconsistent", names)
        elif facts.reject_queries.upper() not in ("NONE", ""):
            text = f"{name} rejects all clients (wsrep_reject_queries={facts.reject_queries})"
            yield Finding(WARNING, text, "reject_queries", names)
        elif facts.state == "Donor/Desynced":
            yield Finding(OK, f"{name} is donor or desynced", "donor")
        elif facts.state.startswith("Join"):
            yield Finding(OK, f"{name} is joining ({facts.state})", "joining")
    usable = [f for f in primaries(members).values() if f.ready and f.reject_queries.upper() in ("NONE", "")]
    if told and primaries(members) and not usable:
        names = {"member": next(iter(primaries(members)))}
        yield Finding(CRITICAL, "no member of the Primary component takes queries", "reject_queries", names)


def figures(members: Members[Facts], options: Options) -> Figures:  # noqa: ARG001
    """The cluster's figures."""
    found = sides(members)
    synced = sum(1 for facts in primaries(members).values() if facts.state == "Synced")
    return Figures(len(members), found[0].size if found else 0, synced, len(found), len(members.silent))


def summary(members: Members[Facts], options: Options) -> str:  # noqa: ARG001
    """The evidence for OK."""
    found = sides(members)
    return (
        f"{found[0].size} of {len(members)} members in one Primary component {group(found[0].names)}"
        if found
        else "no member"
    )


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
        Option(("--join-max",), "CRITICAL when a member is joining for longer", float, 3600.0, "SECONDS"),
    ),
    limits=LIMITS,
    runbook=CLUSTER_RUNBOOK,
    argv_if=(("--proxies", "{proxies}"),),
    beside=("haproxy",),
    probe=probe,
    risk="stop all writes",
    majority=Majority.OF_REMAINING,
)

main = plugin(CLUSTER)
