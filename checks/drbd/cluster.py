"""DRBD's verdict from all nodes side by side; and the drbd component.

In a split-brain each node reports itself UpToDate. The evidence: two Primaries without a connection, generation identifiers of which
neither side's is in the other's history, StandAlone on both.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from hamon.check import Example, Limit, Option, Options
from hamon.checks.drbd.facts import Facts
from hamon.checks.drbd.node import CHECK
from hamon.checks.drbd.resource import of_resource, primaries, replicated
from hamon.checks.drbd.runbook import CLUSTER as CLUSTER_RUNBOOK
from hamon.checks.drbd.sides import Side, sides_of
from hamon.cluster import cluster_check, gather, majority
from hamon.members import Members
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding
from hamon.words import listed

MOST = 4  # resources named in the summary
AGAIN = 1.0  # seconds until the nodes are asked once more when they seem split: roles change hands in a moment


class Figures(NamedTuple):
    """The pair (or more) in numbers."""

    resources: int
    replicated: int  # resources with two usable copies or more among the nodes that hold data, connected
    unreachable: int


def probe(ask: Ask, options: Options) -> Members[Facts]:
    """The nodes' facts, gathered once more when two Primaries are seen."""
    members, _ = ask.twice(lambda: gather(ask, CHECK, options), several_primaries, AGAIN)
    return members


def several_primaries(members: Members[Facts]) -> bool:
    """Whether any resource is Primary on more than one node."""
    return any(len(primaries(sides)) > 1 for sides in resources_of(members).values())


def resources_of(members: Members[Facts]) -> dict[str, tuple[Side, ...]]:
    """Every resource that any node has, configured or up, with each node's side of it."""
    reported, silent = members.reported, tuple(members.silent)
    names: dict[str, None] = {}
    for facts in reported.values():
        names.update(dict.fromkeys([*(facts.configured or ()), *(source.name for source in facts.resources)]))
    return {name: sides_of(name, reported, silent) for name in names}


def consensus(members: Members[Facts], options: Options) -> Iterator[Finding]:
    """The findings over all nodes."""
    nobody = members.nobody("unreachable")
    if nobody:
        yield nobody
        return
    resources = resources_of(members)
    findings = [*over_nodes(members, resources, options)]
    for resource, sides in resources.items():
        names = {"resource": resource, "member": next(iter(members.silent), "")}
        judged = of_resource(resource, sides, members, options)
        findings.extend(finding._replace(names={**names, **finding.names}) for finding in judged)
    yield from findings
    # A live connection makes its other end a witness, too.
    heard = {*members.reported, *(side.node for sides in resources.values() for side in sides if side.up)}
    count = sum(name in heard for name in members.names)
    if count < majority(len(members)) and all(finding.state is OK for finding in findings):
        text = f"{count} of {len(members)} nodes could be asked, too few for a verdict: {members.apologies()}"
        yield Finding(UNKNOWN, text, "unreachable", {"member": next(iter(members.silent), "")})


def over_nodes(members: Members[Facts], resources: Mapping[str, Sequence[Side]], options: Options) -> Iterator[Finding]:
    """The findings beyond one resource: nodes without the module, and resources that are missing."""
    for name, facts in members.reported.items():
        if not facts.loaded and facts.configured != ():
            yield Finding(WARNING, f"the drbd module is not loaded on {name}", "module")
        elif not facts.loaded:
            yield Finding(OK, f"nothing is configured on {name}")
    quiet = members.apologies()
    for resource in dict.fromkeys([*options.expect, *options.expect_primary]):
        if resource not in resources:
            state, rest = (UNKNOWN, f", {quiet}") if quiet else (CRITICAL, "")
            yield Finding(state, f"{resource} is on no node{rest}", "not_up", {"resource": resource})
    if not resources and not options.expect and not options.expect_primary:
        yield Finding(UNKNOWN, "no resource is configured on any node", "empty")


def figures(members: Members[Facts], options: Options) -> Figures:  # noqa: ARG001
    """The figures."""
    resources = resources_of(members)
    return Figures(len(resources), sum(map(replicated, resources.values())), len(members.silent))


def summary(members: Members[Facts], options: Options) -> str:  # noqa: ARG001
    """The evidence for OK: each resource, or how many there are when they are too many to name."""
    resources = resources_of(members)
    if len(resources) > MOST:
        used = sum(bool(primaries(sides)) for sides in resources.values())
        return f"{len(resources)} resources connected and up to date, {used} of them Primary somewhere"
    return ", ".join(in_use(name, sides) for name, sides in resources.items())


def in_use(name: str, sides: Sequence[Side]) -> str:
    """``r0 Primary on ctl1, ctl2 connected and up to date``."""
    where = f"{name} Primary on {listed(primaries(sides))}" if primaries(sides) else f"{name} Primary nowhere"
    rest = [side for side in sides if side.role != "Primary"]
    copies, clients = [side.node for side in rest if not side.client], [side.node for side in rest if side.client]
    copied = f", {listed(copies)} connected and up to date" if copies else ""
    return where + copied + (f", {listed(clients)} diskless" if clients else "")


CLUSTER = cluster_check(
    "drbd_cluster",
    "Do all nodes have one and the same data, and is one of them Primary?",
    of=CHECK,
    consensus=consensus,
    summary=summary,
    figures=figures,
    options=(
        Option(("--expect",), "CRITICAL when RES is on no node", metavar="RES", many=True),
        Option(("--expect-primary",), "CRITICAL when RES is Primary on no node (DRBD 9: a resource that nobody has open is Secondary everywhere)",
               metavar="RES", many=True),
        Option(("--disconnected-max",), "CRITICAL when nodes have been without a connection for longer", float, 300.0, "SECONDS"),
    ),
    limits=(
        Limit("resources", "resources found", minimum=0),
        Limit("replicated", "resources with two usable copies or more that are connected", minimum=0),
        Limit("unreachable", "members that gave no facts", minimum=0),
    ),
    runbook=CLUSTER_RUNBOOK,
    example=Example(
        "--members drbd1=10.78.1.1,drbd2=10.78.1.2",
        "DRBD_CLUSTER OK - r0 Primary on drbd1, drbd2 connected and up to date",
    ),
    probe=probe,
)  # fmt: skip

main = plugin(CLUSTER)
