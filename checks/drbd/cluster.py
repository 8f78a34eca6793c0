"""DRBD's verdict from all nodes side by side; and the drbd component.

In a split-brain each node says UpToDate of itself. What tells: two Primaries without a connection, generation identifiers of which
neither side's is in the other's history, StandAlone on both.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hamon.check import Limit, Option, Options
from hamon.checks.drbd.facts import TARGETS, Facts
from hamon.checks.drbd.findings import size
from hamon.checks.drbd.node import CHECK
from hamon.checks.drbd.runbook import CLUSTER as CLUSTER_RUNBOOK
from hamon.checks.drbd.sides import Side, diverged, sides_of
from hamon.cluster import Members, cluster_check, gather
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding, State
from hamon.words import lasting, listed

AGAIN = 1.0  # seconds until the nodes are asked once more when they seem split: roles change hands in a moment


class Figures(NamedTuple):
    """The pair (or more) in numbers."""

    resources: int
    replicated: int  # resources with two usable copies or more, connected
    unreachable: int


def probe(ask: Ask, options: Options) -> Members[Facts]:
    """Gather; once more when two Primaries are seen."""
    members, _ = ask.twice(lambda: gather(ask, CHECK, options), several_primaries, AGAIN)
    return members


def several_primaries(members: Members[Facts]) -> bool:
    """Whether any resource is Primary on more than one node."""
    return any(len(primaries(sides)) > 1 for sides in resources_of(members).values())


def resources_of(members: Members[Facts]) -> dict[str, tuple[Side, ...]]:
    """Every resource that any node has, configured or up, with each node's side of it."""
    told = members.reported
    names: dict[str, None] = {}
    for facts in told.values():
        names.update(dict.fromkeys([*(facts.configured or ()), *(one.name for one in facts.resources)]))
    return {name: sides_of(name, told) for name in names}


def primaries(sides: Sequence[Side]) -> list[str]:
    """The nodes that are Primary."""
    return [side.node for side in sides if side.role == "Primary"]


def consensus(members: Members[Facts], options: Options) -> Iterator[Finding]:
    """Findings over all nodes."""
    nobody = members.nobody("unreachable")
    if nobody:
        yield nobody
        return
    told, quiet = members.reported, members.apologies()
    for name, one in told.items():
        if not one.loaded:
            yield Finding(WARNING, f"the drbd module is not loaded on {name}", "module")
    found = resources_of(members)
    for resource in options.expect:
        if resource not in found:
            state, rest = (UNKNOWN, f", {quiet}") if quiet else (CRITICAL, "")
            yield Finding(state, f"{resource} is on no node{rest}", "not_up", {"resource": resource})
    if not found and not options.expect:
        yield Finding(UNKNOWN, "no resource is configured on any node", "empty")
    for resource, sides in found.items():
        names = {"resource": resource, "member": next(iter(members.silent), "")}
        for finding in of_resource(resource, sides, quiet, options):
            yield finding._replace(names={**names, **finding.names})


def of_resource(name: str, sides: Sequence[Side], quiet: str, options: Options) -> Iterator[Finding]:
    """One resource: is it split, is it connected, how many usable copies, who uses it."""
    up = [side for side in sides if side.up]
    if not up:
        state = UNKNOWN if quiet else CRITICAL
        rest = f", {quiet}" if quiet else ""
        yield Finding(state, f"{name} is up on no node{rest}", "not_up")
        return
    split = split_brain(name, up, quiet)
    if split:
        yield split
    else:
        yield from replication(name, sides, quiet, options)
    yield from usage(name, up, quiet)


def split_brain(name: str, up: Sequence[Side], quiet: str) -> Finding | None:
    """The split-brain of a resource, if there is one: both sides with their roles."""
    both = [side for side in up if side.role == "Primary"]
    roles = listed(f"{side.node} ({side.role}{', StandAlone' if side.alone else ''})" for side in up)
    if len(both) > 1 and all(side.connected for side in both):
        if any(side.two_primaries for side in both):
            return None
        return Finding(
            CRITICAL,
            f"{name} is Primary on {listed(side.node for side in both)} without allow-two-primaries",
            "two_primaries",
        )
    pairs = [(one, other) for index, one in enumerate(up) for other in up[index + 1 :]]
    apart = [pair for pair in pairs if diverged(*pair)]
    if apart:
        return Finding(CRITICAL, f"SPLIT-BRAIN of {name}: the data of {roles} have diverged", "split_brain")
    if len(both) > 1:
        return Finding(CRITICAL, f"SPLIT-BRAIN of {name}: {roles} write without a connection", "both_write")
    lonely = [side for side in up if side.alone]
    if len(lonely) > 1:
        known = all(side.generations for side in lonely)
        what = "their data have not diverged yet" if known else "whether their data diverged is not known"
        return Finding(CRITICAL, f"SPLIT-BRAIN of {name} suspected: {roles}, {what}", "suspected")
    if lonely and quiet:
        text = f"{lonely[0].node} is StandAlone for {name} as {lonely[0].role}, split-brain suspected, {quiet}"
        return Finding(CRITICAL, text, "stand_alone")
    if lonely and len(up) > 1 and not all(side.generations for side in up):
        text = f"{lonely[0].node} is StandAlone for {name}, split-brain suspected: {roles}"
        return Finding(CRITICAL, text, "stand_alone")
    return None


def replication(name: str, sides: Sequence[Side], quiet: str, options: Options) -> Iterator[Finding]:
    """Whether the sides are connected and up to date: the reason, named, and for how long."""
    up = [side for side in sides if side.up]
    parted = [side for side in up if not side.connected]
    down = [side.node for side in sides if not side.up]
    usable = [side.node for side in up if side.usable]
    if not usable:
        state = UNKNOWN if quiet else CRITICAL
        disks = listed(f"{side.node} {side.disk}" for side in up)
        text = f"{name} has no up-to-date copy: {disks}{', ' + quiet if quiet else ''}"
        yield Finding(state, text, "no_data_seen" if quiet else "no_data")
    if down:
        state = late(up, options)
        yield Finding(state, f"{name} is not up on {listed(down)}, {only(usable)}", "not_up")
    elif parted and quiet:
        yield Finding(
            late(parted, options),
            f"{name}: {listed(f'{side.node} ({side.role})' for side in parted)} without peer{age(parted)}, {quiet}, {only(usable)}",
            "lost",
        )
    elif parted:
        lonely = [side.node for side in parted if side.alone]
        why = (
            f"{listed(lonely)} StandAlone by hand or refused, data not diverged"
            if lonely
            else "both answer, the replication link is cut"
        )
        roles = listed(f"{side.node} ({side.role})" for side in up)
        yield Finding(
            late(parted, options),
            f"{name}: {roles} have no connection{age(parted)}: {why}",
            "stand_alone" if lonely else "link",
        )
    elif quiet:
        yield Finding(OK, quiet)
    for side in up:
        yield from trouble(name, side, bool(down or parted), usable)


def trouble(name: str, side: Side, parted: bool, usable: Sequence[str]) -> Iterator[Finding]:
    """What one side's disk and resync say. Told once, by the side that it is about."""
    target = next((one for one in side.peers if one.replication in TARGETS), None)
    if target:
        paused = target.replication.startswith("Paused") or target.paused != "no"
        done = f", {target.done:g} % done" if target.done is not None else ""
        left = f", {size(target.out_of_sync)} left" if target.out_of_sync is not None else ""
        what = f"is paused{lasting(target.seconds)}" if paused else "runs"
        yield Finding(
            WARNING,
            f"{name}: resync of {side.node} {what}{done}{left}, until then one copy",
            "paused" if paused else "resync",
        )
    elif not side.usable and not side.client and not (parted and side.disk == "DUnknown"):
        rest = f", {only(usable)}" if usable and not parted else ""
        text = f"{name} is {side.disk} on {side.node}{'' if parted else f' ({side.role})'}{rest}"
        yield Finding(WARNING, text, "disk", {"node": side.node})
    differing = [
        one.out_of_sync
        for one in side.peers
        if one.replication == "Established" and one.disk == "UpToDate" and one.out_of_sync
    ]
    if differing and side.usable and side.first:
        yield Finding(
            WARNING, f"{size(max(differing))} of {name} differ between the nodes although connected", "differs"
        )


def usage(name: str, up: Sequence[Side], quiet: str) -> Iterator[Finding]:
    """Nobody Primary: nobody uses it. A silent node may."""
    if not primaries(up) and not quiet:
        yield Finding(WARNING, f"{name} is Primary nowhere: nobody uses it", "no_primary")


def late(sides: Sequence[Side], options: Options) -> State:
    """WARNING, and CRITICAL when it has lasted too long."""
    return CRITICAL if max((side.seconds for side in sides), default=0.0) > options.disconnected_max else WARNING


def age(sides: Sequence[Side]) -> str:
    """How long the first of them has been without a connection."""
    return lasting(max(side.seconds for side in sides))


def only(usable: Sequence[str]) -> str:
    """Where the data are."""
    return f"up to date only on {listed(usable)}" if usable else "up to date nowhere"


def figures(members: Members[Facts], options: Options) -> Figures:  # noqa: ARG001
    """The figures."""
    found = resources_of(members)
    whole = [sides for sides in found.values() if all(side.up and side.connected and side.usable for side in sides)]
    return Figures(len(found), len(whole), len(members.silent))


def summary(members: Members[Facts], options: Options) -> str:  # noqa: ARG001
    """The evidence for OK."""
    parts = []
    for name, sides in resources_of(members).items():
        others = [side.node for side in sides if side.role != "Primary"]
        parts.append(
            f"{name} Primary on {listed(primaries(sides))}{', ' + listed(others) + ' connected and up to date' if others else ''}"
        )
    return ", ".join(parts)


CLUSTER = cluster_check(
    "drbd_cluster",
    "Do all nodes have one and the same data, and is one of them Primary?",
    of=CHECK,
    consensus=consensus,
    summary=summary,
    figures=figures,
    options=(
        Option(("--expect",), "CRITICAL when RES is on no node", metavar="RES", many=True),
        Option(("--disconnected-max",), "CRITICAL when nodes have been without a connection for longer", float, 300.0, "SECONDS"),
    ),
    limits=(
        Limit("resources", "resources found", minimum=0),
        Limit("replicated", "resources that are connected and up to date on every node", minimum=0),
        Limit("unreachable", "members that gave no facts", minimum=0),
    ),
    runbook=CLUSTER_RUNBOOK,
    probe=probe,
)  # fmt: skip

main = plugin(CLUSTER)
