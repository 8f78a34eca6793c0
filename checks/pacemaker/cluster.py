"""The Pacemaker cluster's verdict: all members' views side by side; and the pacemaker component.

In a two-node split each side looks healthy: quorate, the other OFFLINE, everything started, a DC. Only all views together show it: sides
that both have quorum and no member in common, two DCs, or one resource that runs on two nodes.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from hamon.check import Example, Limit, Options
from hamon.checks.pacemaker.findings import PRESENT, cluster, maintenance_mode, nodes, resources, unlisted
from hamon.checks.pacemaker.node import CHECK, OPTIONS, Facts, Node
from hamon.checks.pacemaker.runbook import CLUSTER as RUNBOOK
from hamon.cluster import at_stake, cluster_check, gather, majority
from hamon.members import Members
from hamon.names import same_host
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.runs import Majority
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding
from hamon.words import group, listed

AGAIN = 2.0  # seconds until members that contradict each other are asked once more


class Side(NamedTuple):
    """Members that see the same nodes: their names, the nodes they see, and the view of one of them."""

    names: tuple[str, ...]
    sees: frozenset[str]
    view: Facts


def present(facts: Facts) -> frozenset[str]:
    """The cluster nodes that a view holds to be there."""
    return frozenset(node.name for node in facts.nodes if node.kind == "member" and node.state in PRESENT)


def sides(members: Members[Facts]) -> list[Side]:
    """The members grouped by whom they see: with quorum first, the largest first."""
    by_view: dict[tuple[bool, frozenset[str], str], list[str]] = {}
    reported = members.reported
    for name, facts in sorted(reported.items()):
        by_view.setdefault((bool(facts.quorum), present(facts), facts.dc), []).append(name)
    made = [Side(tuple(names), key[1], reported[names[0]]) for key, names in by_view.items()]
    return sorted(made, key=lambda side: (not side.view.quorum, -len(side.sees), side.names))


def split(all_sides: Sequence[Side]) -> bool:
    """Whether two sides with quorum have no member in common."""
    quorate = [side for side in all_sides if side.view.quorum]
    return any(a.sees.isdisjoint(b.sees) for i, a in enumerate(quorate) for b in quorate[i + 1 :])


def twice(members: Members[Facts]) -> dict[str, list[str]]:
    """The resources that should run once and run on several nodes, all views taken together, with those nodes."""
    places: dict[str, list[str]] = {}
    for facts in members.reported.values():
        for name, node in facts.placed:
            if node not in places.setdefault(name, []):
                places[name].append(node)
    return {name: sorted(where) for name, where in sorted(places.items()) if len(where) > 1}


def leaders(all_sides: Sequence[Side]) -> list[str]:
    """The DCs of the sides with quorum."""
    return sorted({side.view.dc for side in all_sides if side.view.quorum and side.view.dc})


def probe(ask: Ask, options: Options) -> Members[Facts]:
    """The members' facts, gathered once more when the views contradict each other."""
    members, again = ask.twice(lambda: gather(ask, CHECK, options), contradiction, AGAIN)
    return members.beside((("contradiction", AGAIN),) if again else ())


def contradiction(members: Members[Facts]) -> bool:
    """Whether the views cannot all be true, without being two sides that both have quorum."""
    all_sides = sides(members)
    return not split(all_sides) and (bool(twice(members)) or len(leaders(all_sides)) > 1)


def consensus(members: Members[Facts], options: Options) -> Iterator[Finding]:
    """The findings over all members."""
    nobody = members.nobody("not_running", serves="runs the cluster")
    if nobody:
        yield nobody
        return
    all_sides = sides(members)
    yield from divided(members, all_sides, ", even when asked twice" if members.age("contradiction") else "")
    best = all_sides[0]
    if best.view.quorum is None:
        yield from (finding for finding in cluster(best.view) if finding.about == "garbage")
    elif not best.view.quorum:
        yield without_quorum(all_sides, members)
    elif not best.sees:
        yield Finding(UNKNOWN, f"{listed(best.names)} with quorum, and no node reported as online", "garbage")
    else:
        if not best.view.dc:
            yield from (finding for finding in cluster(best.view) if finding.about == "no_dc")
        if not split(all_sides):
            yield from lost(best, all_sides, members, options)
        yield from (finding for finding in resources(best.view, options) if finding.state is CRITICAL)
        yield from unlisted(best.view.unlisted)
    yield from size(members, best.view)
    yield from (finding for finding in cluster(best.view) if finding.about == "no_fencing")
    yield from maintenance_mode(best.view)


def without_quorum(all_sides: Sequence[Side], members: Members[Facts]) -> Finding:
    """The finding that no member has quorum. What the whole cluster does is known only when every member answered, or is dead."""
    alone = listed(f"{listed(side.names)} sees {group(sorted(side.sees))}" for side in all_sides)
    dead = "".join(f", {name}: {reason}" for name, reason in members.dead.items())
    if members.unasked:
        text = f"no side with quorum seen: {alone}{dead}, {members.apologies(members.unasked)}"
        return Finding(CRITICAL, text, "unseen", {"member": next(iter(members.unasked))})
    goes_on = {side.view.policy for side in all_sides} & {"ignore", "freeze"}
    what = f"no-quorum-policy={min(goes_on)} lets what runs go on" if goes_on else "the cluster runs nothing"
    return Finding(CRITICAL, f"no side has quorum, {what}: {alone}{dead}", "no_quorum")


def divided(members: Members[Facts], all_sides: Sequence[Side], again: str) -> Iterator[Finding]:
    """The findings of a split-brain in any of its three shapes, or of members that merely disagree."""
    both = twice(members)
    by_place: dict[str, list[str]] = {}
    for name, where in both.items():
        by_place.setdefault(listed(where), []).append(name)
    running = listed(f"{', '.join(names)} on {where}" for where, names in by_place.items())
    if split(all_sides):
        views = listed(
            f"{listed(side.names)} sees {group(sorted(side.sees))}" for side in all_sides if side.view.quorum
        )
        more = f", running twice: {running}" if running else ""
        yield Finding(CRITICAL, f"SPLIT-BRAIN: sides that both have quorum: {views}{more}", "split")
    elif both:
        yield Finding(CRITICAL, f"SPLIT-BRAIN: running twice{again}: {running}", "split_brain")
    elif len(leaders(all_sides)) > 1:
        yield Finding(CRITICAL, f"SPLIT-BRAIN: two DCs{again}: {listed(leaders(all_sides))}", "split")


def lost(best: Side, all_sides: Sequence[Side], members: Members[Facts], options: Options) -> Iterator[Finding]:
    """The findings of nodes that the side with quorum misses, and whether one more loss stops it."""
    apart = {node for side in all_sides[1:] if not side.view.quorum for node in side.sees if node not in best.sees}
    all_nodes = [node for node in best.view.nodes if node.kind == "member"]
    left = len(best.sees)
    # A two-node cluster goes on alone by its special rule; that survivor is then the last one.
    risky = left < len(all_nodes) and (left == 1 or left - 1 < majority(len(all_nodes)))
    for side in all_sides[1:]:
        if not side.view.quorum:
            yield Finding(OK, f"{listed(side.names)} answers, without quorum", "cut_off", {"node": side.names[0]})
    for finding, node in node_findings(best.view, options):
        words = finding.text + (" (cut off: it answers, without quorum)" if node in apart else "")
        if finding.about in ("lost", "fenced", "left"):
            mine = [member.facts for member in members if member.name in names_of(node, all_nodes, members)]
            state = at_stake(options, mine) if risky and finding.about != "left" else WARNING
            yield finding._replace(state=state, text=words + (", one more loss ends the cluster" if risky else ""))
        else:
            state = finding.state if finding.about in ("unclean", "health") else OK
            yield finding._replace(state=state, text=words)
    for name, reason in members.dead.items():
        yield Finding(WARNING, f"{name}: {reason}", "not_running")
    by_reason: dict[str, list[str]] = {}
    for name, reason in members.unasked.items():
        by_reason.setdefault(reason, []).append(name)
    for reason, names in by_reason.items():
        yield Finding(OK, f"{listed(names)} could not be asked ({reason})", "unreachable")


def names_of(node: str, nodes: Sequence[Node], members: Members[Facts]) -> list[str]:
    """The inventory's names of a node: by its name, else the only member left over when only one node is."""

    def known(name: str, others: Iterable[str]) -> bool:
        return any(same_host(name, other) for other in others)

    mine = [name for name in members.names if same_host(name, node)]
    if mine:
        return mine
    cluster_names = [node.name for node in nodes]
    left = [name for name in members.names if not known(name, cluster_names)]
    return left if len(left) == sum(1 for name in cluster_names if not known(name, members.names)) == 1 else []


def node_findings(view: Facts, options: Options) -> Iterator[tuple[Finding, str]]:
    """Each node's findings with the node's name."""
    for node in view.nodes:
        for finding in nodes(view._replace(nodes=(node,)), options):
            yield finding, node.name


def size(members: Members[Facts], view: Facts) -> Iterator[Finding]:
    """The finding of a cluster of another size than the inventory states."""
    known = sum(1 for node in view.nodes if node.kind == "member")
    if known != len(members):
        names = listed(node.name for node in view.nodes if node.kind == "member")
        yield Finding(WARNING, f"the cluster has {known} nodes ({names}), the inventory {len(members)}", "size")


class Figures(NamedTuple):
    """The cluster in numbers."""

    expected: int
    online: int  # nodes of the largest side with quorum
    sides: int  # with quorum: 1 is right
    running_twice: int
    unreachable: int


def figures(members: Members[Facts], options: Options) -> Figures:  # noqa: ARG001
    """The cluster's figures."""
    all_sides = sides(members)
    quorate = {side.sees for side in all_sides if side.view.quorum}
    apart = len(quorate) if split(all_sides) else min(1, len(quorate))
    return Figures(
        len(members), max((len(names) for names in quorate), default=0), apart, len(twice(members)), len(members.silent)
    )


def summary(members: Members[Facts], options: Options) -> str:  # noqa: ARG001
    """The evidence for OK."""
    all_sides = sides(members)
    if not all_sides:
        return "no member"
    view = all_sides[0].view
    return f"{len(all_sides[0].sees)} of {len(members)} nodes in one cluster with quorum, DC {view.dc}, {view.running} of {view.instances} resource instances run"


CLUSTER = cluster_check(
    "pacemaker_cluster",
    "Is it one cluster with quorum, or do two sides run the same things?",
    of=CHECK,
    consensus=consensus,
    summary=summary,
    figures=figures,
    options=tuple(option for option in OPTIONS if option.flags[0] in ("--planned-max", "--pending-max")),
    limits=(
        Limit("expected", "members of the inventory", minimum=0),
        Limit("online", "nodes of the side with quorum", minimum=0),
        Limit("sides", "sides with quorum, two or more are a split-brain", minimum=0),
        Limit("running_twice", "things that should run once and run on several nodes", minimum=0),
        Limit("unreachable", "members that gave no facts", minimum=0),
    ),
    runbook=RUNBOOK,
    example=Example(
        "--members pcmk1=10.77.1.1,pcmk2=10.77.1.2,pcmk3=10.77.1.3",
        "PACEMAKER_CLUSTER OK - 3 of 3 nodes in one cluster with quorum, DC pcmk1, 8 of 12 resource instances run",
    ),
    probe=probe,
    risk="end the cluster",
    majority=Majority.OF_VOTES,
)  # fmt: skip

main = plugin(CLUSTER)
