"""Active/passive stacks on DRBD (MySQL, RabbitMQ ...): are storage, mount, address and service on one and the same node?

Each node's part is reported by check_drbd_node; every mismatch is named with the node it is on.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from hamon.check import Example, Limit, Options
from hamon.checks.drbd_stack.node import NODE, STACK, Facts, Stack
from hamon.checks.drbd_stack.runbook import RUNBOOK
from hamon.cluster import cluster_check, gather
from hamon.members import Members
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding
from hamon.words import listed

AGAIN = (
    1.5  # seconds until the nodes are asked once more when parts are not together: a failover moves one after the other
)


class Figures(NamedTuple):
    """The stacks in numbers."""

    stacks: int
    whole: int
    unreachable: int


class Part(NamedTuple):
    """A part of a stack and the nodes that have it."""

    name: str
    verb: str  # "mounted", "held", "running"
    nodes: tuple[str, ...]


def probe(ask: Ask, options: Options) -> Members[Facts]:
    """The nodes' facts, gathered once more when the parts of a stack are not together."""

    def apart(members: Members[Facts]) -> bool:
        return not all(whole(stack, members) for stack in stacks(members, options))

    members, _ = ask.twice(lambda: gather(ask, NODE, options), apart, AGAIN)
    return members


def stacks(members: Members[Facts], options: Options) -> tuple[Stack, ...]:
    """The stacks named, else one for every resource that is up anywhere."""
    names = dict.fromkeys(role.resource for facts in members.reported.values() for role in facts.roles)
    return tuple(options.stack) or tuple(Stack(name) for name in names)


def primaries(stack: Stack, members: Members[Facts]) -> tuple[str, ...]:
    """The nodes where the storage is Primary."""
    return having(members, lambda facts: facts.role(stack.resource) == "Primary")


def having(members: Members[Facts], has: Callable[[Facts], object]) -> tuple[str, ...]:
    """The nodes whose facts say so."""
    return tuple(name for name, facts in members.reported.items() if has(facts))


def parts(stack: Stack, members: Members[Facts]) -> Iterator[Part]:
    """The parts of the stack, each with the nodes that have it."""
    mount = stack.mount or f"the file system of {stack.resource}"
    yield Part(mount, "mounted", having(members, lambda facts: facts.mounted(stack)))
    if stack.vip:
        yield Part(stack.vip, "held", having(members, lambda facts: stack.vip in facts.addresses))
    if stack.service:
        yield Part(stack.service, "running", having(members, lambda facts: facts.running(stack.service)))


def whole(stack: Stack, members: Members[Facts]) -> bool:
    """Whether exactly one node has the storage and everything else."""
    owners = primaries(stack, members)
    return len(owners) == 1 and all(part.nodes == owners for part in parts(stack, members))


def consensus(members: Members[Facts], options: Options) -> Iterator[Finding]:
    """The findings over all nodes."""
    nobody = members.nobody("unreachable")
    if nobody:
        yield nobody
        return
    quiet = members.apologies()
    all_stacks = stacks(members, options)
    if not all_stacks:
        yield Finding(UNKNOWN, f"no DRBD resource is up on any node{', ' + quiet if quiet else ''}", "not_up")
    for stack in all_stacks:
        names = {"resource": stack.resource, "member": next(iter(members.silent), "")}
        yield from (finding._replace(names=names) for finding in of_stack(stack, members, quiet))
    yield from unwitnessed(all_stacks, members, quiet)


def unwitnessed(all_stacks: tuple[Stack, ...], members: Members[Facts], quiet: str) -> Iterator[Finding]:
    """The findings of stacks that are whole on one node while another could not be asked: that node may have parts as well.

    Only DRBD reports on a silent node: a device that is Secondary there is not mounted there.
    """
    sure = False
    for stack in (stack for stack in all_stacks if quiet and whole(stack, members)):
        owner, silent = primaries(stack, members)[0], listed(members.silent)
        storage_seen = len(members) == 2 and members.reported[owner].peer(stack.resource) == "Secondary"
        unknown = [part for part in ("" if storage_seen else stack.resource, stack.vip, stack.service) if part]
        sure |= not unknown
        if unknown:
            text = f"{owner} has all of {stack.resource}, whether {silent} has {listed(unknown)}, too, is not known"
            names = {"resource": stack.resource, "member": next(iter(members.silent))}
            yield Finding(WARNING, f"{text}: {quiet}", "unreachable", names)
    if sure:
        yield Finding(OK, quiet)


def of_stack(stack: Stack, members: Members[Facts], quiet: str) -> Iterator[Finding]:
    """The findings of one stack: its Primary, and every part that is on another node."""
    owners = primaries(stack, members)
    unreported = [
        name for name, facts in members.reported.items() if stack.service and facts.running(stack.service) is None
    ]
    bare = [name for name, facts in members.reported.items() if stack.vip and not facts.addresses]
    if bare:
        yield Finding(
            UNKNOWN, f"{listed(bare)} reported no address at all, whether {stack.vip} is there is not known", "tool"
        )
    if unreported:
        yield Finding(UNKNOWN, f"{listed(unreported)} did not report whether {stack.service} runs", "unknown_service")
    if not owners:
        yield nowhere(stack, members, quiet)
        return
    if len(owners) > 1:
        both = [f"{part.name} {part.verb} on {listed(part.nodes) or 'none'}" for part in parts(stack, members)]
        yield Finding(CRITICAL, f"{stack.resource} is Primary on {listed(owners)}: {', '.join(both)}", "split_brain")
        return
    owner = owners[0]
    for part in parts(stack, members):
        others = [node for node in part.nodes if node != owner]
        if owner in part.nodes and others:
            yield Finding(
                CRITICAL,
                f"{part.name} is {part.verb} on {listed(others)} as well as on {owner}, the Primary of {stack.resource}",
                "elsewhere",
            )
        elif others:
            yield Finding(
                CRITICAL,
                f"{part.name} is {part.verb} on {listed(others)}, {stack.resource} is Primary on {owner}",
                "elsewhere",
            )
        elif (
            not part.nodes and not (part.name == stack.service and unreported) and not (part.name == stack.vip and bare)
        ):
            yield Finding(
                CRITICAL,
                f"{part.name} is not {part.verb} on {owner}, the Primary of {stack.resource}{', ' + quiet if quiet else ''}",
                "incomplete",
            )


def nowhere(stack: Stack, members: Members[Facts], quiet: str) -> Finding:
    """The finding that no node that answers is Primary. A silent one may be, unless those that answer have no connection to it either."""
    seen = {facts.peer(stack.resource) for facts in members.reported.values()}
    stray = [f"{part.name} {part.verb} on {listed(part.nodes)}" for part in parts(stack, members) if part.nodes]
    more = f", {', '.join(stray)}" if stray else ""
    if not quiet:
        return Finding(CRITICAL, f"{stack.resource} is Primary on no node{more}", "no_primary")
    if "Primary" in seen:
        text = f"{stack.resource} is Primary on a node that could not be asked{more}, {quiet}"
        return Finding(UNKNOWN, text, "unreachable")
    if seen and "" not in seen:
        rest = "is Secondary to its peer" if "Secondary" in seen else "is lost to DRBD, too"
        text = f"{stack.resource} is Primary on no node that answers{more}, {quiet} and {rest}"
        return Finding(CRITICAL, text, "no_primary_seen")
    return Finding(UNKNOWN, f"{stack.resource} is Primary on no node{more}, {quiet}", "no_primary_seen")


def figures(members: Members[Facts], options: Options) -> Figures:
    """The figures."""
    all_stacks = stacks(members, options)
    return Figures(len(all_stacks), sum(whole(stack, members) for stack in all_stacks), len(members.silent))


def summary(members: Members[Facts], options: Options) -> str:
    """The evidence for OK."""
    return ", ".join(
        f"{listed(primaries(stack, members))} is Primary of {stack.resource} and has {listed(part.name for part in parts(stack, members))}"
        for stack in stacks(members, options)
    )


CLUSTER = cluster_check(
    "drbd_stack",
    "Are storage, mount, address and service of each stack on one and the same node?",
    of=NODE,
    consensus=consensus,
    summary=summary,
    figures=figures,
    options=(STACK,),
    limits=(
        Limit("stacks", "stacks found", minimum=0),
        Limit("whole", "stacks that are whole on one node", minimum=0),
        Limit("unreachable", "members that gave no facts", minimum=0),
    ),
    runbook=RUNBOOK,
    example=Example(
        "--stack resource=r0,mount=/run/m,vip=10.78.1.100,service=mariadbd --members drbd1=10.78.1.1,drbd2=10.78.1.2",
        "DRBD_STACK OK - drbd1 is Primary of r0 and has /run/m, 10.78.1.100 and mariadbd",
    ),
    probe=probe,
)

main = plugin(CLUSTER)
