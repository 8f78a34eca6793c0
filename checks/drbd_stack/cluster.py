"""Active/passive stacks on DRBD (MySQL, RabbitMQ ...): are storage, mount, address and service on one and the same node?

Each node's part is told by check_drbd_node; every mismatch is named with the node it is on.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from hamon.check import Limit, Options
from hamon.checks.drbd_stack.node import NODE, STACK, Facts, Stack
from hamon.checks.drbd_stack.runbook import RUNBOOK
from hamon.cluster import Members, cluster_check, facts_of, gather, silent
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.verdict import CRITICAL, OK, UNKNOWN, Finding, Member
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


def probe(ask: Ask, options: Options) -> Members:
    """Gather; once more when something is not together."""

    def apart(members: Sequence[Member]) -> bool:
        return not all(whole(stack, members) for stack in stacks(members, options))

    members, _ = ask.twice(lambda: gather(ask, NODE, options), apart, AGAIN)
    return Members(members)


def stacks(members: Sequence[Member], options: Options) -> tuple[Stack, ...]:
    """The stacks named, else one for every resource that is up anywhere."""
    names = dict.fromkeys(one.resource for facts in facts_of(members).values() for one in facts.roles)
    return tuple(options.stack) or tuple(Stack(name) for name in names)


def primaries(stack: Stack, members: Sequence[Member]) -> tuple[str, ...]:
    """The nodes where the storage is Primary."""
    return having(members, lambda facts: facts.role(stack.resource) == "Primary")


def having(members: Sequence[Member], has: Callable[[Facts], Any]) -> tuple[str, ...]:
    """The nodes whose facts say so."""
    return tuple(name for name, facts in facts_of(members).items() if has(facts))


def parts(stack: Stack, members: Sequence[Member]) -> Iterator[Part]:
    """Where everything is that belongs to the stack."""
    mount = stack.mount or f"the file system of {stack.resource}"
    yield Part(mount, "mounted", having(members, lambda facts: facts.mounted(stack)))
    if stack.vip:
        yield Part(stack.vip, "held", having(members, lambda facts: stack.vip in facts.addresses))
    if stack.service:
        yield Part(stack.service, "running", having(members, lambda facts: facts.running(stack.service)))


def whole(stack: Stack, members: Sequence[Member]) -> bool:
    """Whether exactly one node has the storage and everything else."""
    owners = primaries(stack, members)
    return len(owners) == 1 and all(part.nodes == owners for part in parts(stack, members))


def consensus(facts: Members, options: Options) -> Iterator[Finding]:
    """Findings over all nodes."""
    members, quiet = facts.members, silent(facts.members)
    if not facts_of(members):
        yield Finding(UNKNOWN, f"no node could be asked: {said(quiet)}", "unreachable", {"node": members[0].name})
        return
    found = stacks(members, options)
    if not found:
        yield Finding(UNKNOWN, f"no DRBD resource is up on any node{', ' + said(quiet) if quiet else ''}", "not_up")
    for stack in found:
        names = {"resource": stack.resource, **({"node": next(iter(quiet))} if quiet else {})}
        yield from (finding._replace(names=names) for finding in of_stack(stack, members, quiet))
    if quiet and all(whole(stack, members) for stack in found):
        yield Finding(OK, said(quiet))


def of_stack(stack: Stack, members: Sequence[Member], quiet: Mapping[str, Any]) -> Iterator[Finding]:
    """One stack: its one Primary, and every part that is not with it."""
    owners = primaries(stack, members)
    untold = [
        name for name, facts in facts_of(members).items() if stack.service and facts.running(stack.service) is None
    ]
    if untold:
        yield Finding(UNKNOWN, f"{listed(untold)} did not look whether {stack.service} runs", "unknown_service")
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
        elif not part.nodes and not (part.name == stack.service and untold):
            yield Finding(
                CRITICAL,
                f"{part.name} is not {part.verb} on {owner}, the Primary of {stack.resource}{', ' + said(quiet) if quiet else ''}",
                "incomplete",
            )


def nowhere(stack: Stack, members: Sequence[Member], quiet: Mapping[str, Any]) -> Finding:
    """No node that answers is Primary. A silent one may be, unless those that answer have no connection to it either."""
    seen = {facts.peer(stack.resource) for facts in facts_of(members).values()}
    stray = [f"{part.name} {part.verb} on {listed(part.nodes)}" for part in parts(stack, members) if part.nodes]
    more = f", {', '.join(stray)}" if stray else ""
    if not quiet:
        return Finding(CRITICAL, f"{stack.resource} is Primary on no node{more}", "no_primary")
    if "Primary" in seen:
        text = f"{stack.resource} is Primary on a node that could not be asked{more}, {said(quiet)}"
        return Finding(UNKNOWN, text, "unreachable")
    if seen and "" not in seen:
        rest = "is Secondary to its peer" if "Secondary" in seen else "is lost to DRBD, too"
        text = f"{stack.resource} is Primary on no node that answers{more}, {said(quiet)} and {rest}"
        return Finding(CRITICAL, text, "no_primary_seen")
    return Finding(UNKNOWN, f"{stack.resource} is Primary on no node{more}, {said(quiet)}", "no_primary_seen")


def said(quiet: Mapping[str, Any]) -> str:
    """The silent nodes and why."""
    return listed(f"{name} could not be asked ({silence.reason})" for name, silence in quiet.items())


def figures(members: Sequence[Member], options: Options) -> Figures:
    """The figures."""
    found = stacks(members, options)
    return Figures(len(found), sum(whole(stack, members) for stack in found), len(silent(members)))


def summary(members: Sequence[Member], options: Options) -> str:
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
    probe=probe,
)

main = plugin(CLUSTER)
