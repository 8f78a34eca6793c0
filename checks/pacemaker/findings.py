"""Judge the facts of Pacemaker: one node's view of the whole cluster. Pure."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hamon.check import Options
from hamon.checks.pacemaker.history import INFINITY
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding
from hamon.words import duration, lasting, listed, times

if TYPE_CHECKING:
    from hamon.checks.pacemaker.history import Failed, Fenced
    from hamon.checks.pacemaker.node import Facts, Node, Resource

IN = ("online", "standby", "standby_onfail", "maintenance")  # members of the cluster, and neither coming nor leaving
PRESENT = ("online", "pending", "shutdown", "standby", "standby_onfail", "maintenance")
NOWHERE = {"none": "runs nowhere", "service": "runs in no replica"}
AFTER_NO_QUORUM = {
    "stop": "all resources are stopped here", "freeze": "nothing is started or moved here",
    "demote": "promoted resources are demoted and all is stopped here", "suicide": "this side fences itself",
    "ignore": "everything goes on here regardless (no-quorum-policy=ignore)",
}  # fmt: skip


def evaluate(facts: "Facts", options: Options) -> Iterator[Finding]:
    """The findings of one view: the cluster, its nodes, its resources, what failed, what was left behind."""
    yield from cluster(facts)
    yield from nodes(facts, options)
    yield from resources(facts, options)
    yield from unlisted(facts.unlisted)
    yield from failures(facts, options)
    yield from maintenance_mode(facts)
    yield from history(facts, options)


def cluster(facts: "Facts") -> Iterator[Finding]:
    """The findings about quorum, DC and the cluster's options."""
    if not facts.dc:
        yield Finding(CRITICAL, "the cluster has no DC: nobody decides, nothing is recovered", "no_dc")
    elif facts.quorum is None:
        yield Finding(UNKNOWN, "the status does not say whether there is quorum", "garbage")
    elif not facts.quorum:
        gone = [node.name for node in facts.nodes if node.kind == "member" and node.state not in PRESENT]
        what = AFTER_NO_QUORUM.get(facts.policy, f"no-quorum-policy is {facts.policy or 'not reported'}")
        yield Finding(CRITICAL, f"no quorum: {what}, not seen: {listed(gone) or 'nobody'}", "no_quorum")
    elif facts.policy == "ignore" and sum(node.kind == "member" for node in facts.nodes) > 2:
        text = "no-quorum-policy=ignore: a part without quorum goes on"
        yield (
            Finding(WARNING, f"{text}, and without fencing every part runs everything", "policy")
            if facts.stonith is False
            else Finding(OK, text, "policy")
        )
    if facts.dc and not any(node.kind == "member" and node.state in IN for node in facts.nodes):
        yield Finding(UNKNOWN, f"the status has a DC and none of {len(facts.nodes)} nodes is online", "garbage")
    if facts.stop_all:
        yield Finding(WARNING, "stop-all-resources is set: nothing runs, on purpose", "stop_all")
    if facts.stonith is None:
        yield Finding(UNKNOWN, "the status does not say whether fencing is on", "garbage")
    elif facts.unsaid:
        yield Finding(UNKNOWN, "the status does not say whether maintenance-mode is on", "garbage")
    if facts.stonith is False:
        yield Finding(OK, "no fencing (stonith-enabled=false, see check_fencing)", "no_fencing")
    if facts.mixed:
        yield Finding(OK, "mixed versions: an upgrade, or a node that has just come back", "mixed")


def nodes(facts: "Facts", options: Options) -> Iterator[Finding]:
    """The findings of nodes that are not simply online."""
    events = {event.target: event for event in facts.fenced}
    for entry in facts.nodes:
        finding = node(entry, events.get(entry.name), facts, options)
        if finding:
            yield finding
        if entry.health and entry.state in PRESENT:
            state = CRITICAL if entry.health == "red" else WARNING
            yield Finding(state, f"health of {entry.name} is {entry.health}", "health", {"node": entry.name})


def node(node: "Node", event: "Fenced | None", facts: "Facts", options: Options) -> Finding | None:
    """The finding of one node; None when it is online or its state follows from another finding."""
    lasts, names = duration(node.seconds), {"node": node.name}
    if node.kind == "guest" or node.state == "online":
        return None  # a guest is judged by its resource
    if node.state in ("lost", "left", "fenced") and facts.quorum is False:
        return None  # named with the lost quorum, and why they are gone is not known on this side
    if node.state == "unclean":
        return Finding(CRITICAL, f"{node.name} is UNCLEAN{fencing_words(event, facts)}", "unclean", names)
    if node.kind == "remote" and node.state in ("lost", "left", "fenced"):
        return Finding(WARNING, f"remote node {node.name} is OFFLINE", "remote", names)
    if node.state == "lost":
        return Finding(CRITICAL, f"{node.name} is OFFLINE: it vanished without leaving", "lost", names)
    if node.state == "fenced":
        ago = f"fenced {duration(event.seconds or 0)} ago by {event.by}" if event else "fenced"
        return Finding(CRITICAL, f"{node.name} is OFFLINE: {ago}, not back yet", "fenced", names)
    if node.state == "left":
        return Finding(WARNING, f"{node.name} is OFFLINE: it left cleanly (stopped by hand?)", "left", names)
    if node.state in ("pending", "shutdown"):
        # Of a node that is about to join and one whose Pacemaker was stopped the status says the same.
        word = "in corosync's membership and not in Pacemaker's" if node.state == "pending" else "shutting down"
        late = node.seconds > options.pending_max
        return Finding(WARNING if late else OK, f"{node.name} has been {word} for {lasts}", "pending", names)
    if node.state == "standby_onfail":
        text = f"{node.name} is in standby since a resource failed there (on-fail=standby)"
        return Finding(WARNING, text, "standby_onfail", names)
    word = "in standby" if node.state == "standby" else "in maintenance"
    return overdue(f"{node.name} is {word}", node.seconds, options, Finding(OK, "", node.state, names))


def fencing_words(event: "Fenced | None", facts: "Facts") -> str:
    """The words on the fencing of an UNCLEAN node."""
    if facts.stonith is False:
        return ": nobody can fence it (stonith-enabled=false)"
    if event is None or event.status == "success":
        return ": about to be fenced" if facts.quorum else ", no quorum here to fence it"
    why = f": {event.reason}" if event.reason else ""
    if event.failures:
        last = (
            f", last {duration(event.seconds or 0)} ago by {event.by}" if event.status == "failed" else ", trying again"
        )
        return f": fencing it FAILED {times(event.failures)}{last}{why}"
    return f": being fenced by {event.by}"


def overdue(text: str, seconds: float, options: Options, note: Finding) -> Finding:
    """``note`` with the text of a planned state; a WARNING after --planned-max."""
    if seconds > options.planned_max:
        late = f"{text} for {duration(seconds)}, longer than {duration(options.planned_max)}"
        return note._replace(state=WARNING, text=late)
    return note._replace(text=f"{text}{lasting(seconds)}")


def resources(facts: "Facts", options: Options) -> Iterator[Finding]:
    """The findings of resources that do not simply run. Without quorum, or with stop-all-resources, stopped ones are expected."""
    expected = facts.stop_all or (facts.quorum is False and facts.policy not in ("ignore", "freeze"))
    for trouble in facts.troubles:
        if trouble.state in ("stopped", "none", "service", "unpromoted", "replica") and expected:
            continue
        yield resource(trouble, facts, options)


def resource(resource: "Resource", facts: "Facts", options: Options) -> Finding:
    """The finding of one resource."""
    where = f" on {listed(resource.nodes)}" if resource.nodes else ""
    # "galera of galera-bundle" and "replica 1 of galera-bundle" are the bundle's matter
    names = {
        "resource": resource.name.rpartition(" of ")[2].removesuffix(" (promoted)"),
        **({"node": resource.nodes[0]} if resource.nodes else {}),
    }
    if resource.state == "blocked":
        text = f"{resource.name} is blocked{where}: it could not be stopped, the cluster gave up on it"
        return Finding(CRITICAL, text, "blocked", names)
    if resource.state == "failed":
        return Finding(CRITICAL, f"{resource.name} has failed{where}", "failed", names)
    if resource.state == "several":
        return Finding(CRITICAL, f"{resource.name} runs on {listed(resource.nodes)} at once", "split_brain", names)
    if resource.state in ("stopped", "none", "service"):
        waits = [node.name for node in facts.nodes if node.state == "unclean"]
        after = f" (waits for {listed(waits)} to be fenced)" if waits else ""
        text = f"{resource.name} {NOWHERE.get(resource.state, 'is stopped')} and should run{after}"
        watched = facts.maintenance is None and not frozen(facts.nodes)
        about = "replica" if resource.state == "service" else "stopped"
        return Finding(CRITICAL if watched else WARNING, text, about, names)
    if resource.state == "replica":
        return Finding(WARNING, f"{resource.name} is stopped and should run", "replica", names)
    if resource.state == "unpromoted":
        return Finding(CRITICAL, f"{resource.name} has no promoted instance", "unpromoted", names)
    if resource.state == "removed":
        return Finding(WARNING, f"{resource.name} runs{where} and is no longer configured", "removed", names)
    planned, about = {
        "disabled": ("is disabled (target-role Stopped)", "disabled"),
        "demoted": ("has no promoted instance, as planned (target-role Unpromoted)", "demoted"),
    }.get(resource.state, (f"is unmanaged{where}", resource.state))
    return overdue(f"{resource.name} {planned}", resource.seconds, options, Finding(OK, "", about, names))


def unlisted(count: int) -> Iterator[Finding]:
    """The finding that the status counts resources which it does not list: they may be the ones that are down."""
    if count:
        what = "1 configured resource instance is" if count == 1 else f"{count} configured resource instances are"
        yield Finding(
            UNKNOWN, f"{what} not in crm_mon's list: nothing is known of {'it' if count == 1 else 'them'}", "unlisted"
        )


def failures(facts: "Facts", options: Options) -> Iterator[Finding]:
    """The findings of recent failures, of resources barred from a node, and a note of what failed long ago."""
    gone = {node.name for node in facts.nodes if node.state not in PRESENT}
    old = []
    for failure in facts.failures:
        names = {"resource": failure.resource, "node": failure.node}
        if failure.barred and failure.node not in gone:
            text = f"{failure.resource} may not run on {failure.node} any more: {failed_words(failure)}"
            yield Finding(WARNING, text, "barred", names)
        elif (failure.seconds or 0.0) <= options.failure_max:
            yield Finding(
                WARNING, f"{failure.resource} failed on {failure.node}: {failed_words(failure)}", "failure", names
            )
        else:
            old.append(failure)
    if old:
        latest = duration(min(failure.seconds or 0.0 for failure in old))
        yield Finding(OK, f"{len(old)} old failures in the history, the last {latest} ago", "failure")


def failed_words(failure: "Failed") -> str:
    """``start failed (error) 24 s ago, fail-count INFINITY``."""
    reason = f" ({failure.reason})" if failure.reason else ""
    count = "INFINITY" if failure.failcount >= INFINITY else str(failure.failcount)
    counted = f", fail-count {count}" if failure.failcount else ""
    return f"{failure.task or 'an action'} failed{reason} {duration(failure.seconds or 0.0)} ago{counted}"


def maintenance_mode(facts: "Facts") -> Iterator[Finding]:
    """The finding of a cluster in maintenance: planned, but without failover meanwhile, so always a WARNING.

    By the option, or one node after the other (``pcs node maintenance --all``), which leaves the option as it was.
    """
    if facts.maintenance is not None:
        yield Finding(
            WARNING,
            f"maintenance-mode is on{lasting(facts.maintenance)}: nothing is watched or recovered",
            "maintenance_mode",
        )
    elif frozen(facts.nodes):
        text = f"all nodes are in maintenance{lasting(min(node.seconds for node in facts.nodes if node.state == 'maintenance'))}"
        yield Finding(WARNING, f"{text}: nothing is watched or recovered", "maintenance_mode")


def frozen(nodes: "Sequence[Node]") -> bool:
    """Whether all nodes that are there are in maintenance, one by one: as maintenance-mode. A guest is what its host is."""
    there = [node.state for node in nodes if node.kind != "guest" and node.state in PRESENT]
    return bool(there) and all(state == "maintenance" for state in there)


def history(facts: "Facts", options: Options) -> Iterator[Finding]:
    """The findings of constraints left behind, and of nodes fenced lately that are back."""
    for leftover in facts.leftovers:
        kind = "keeps {} away from {}" if "-ban-" in leftover.id else "ties {} to {}"
        text = f"{leftover.id} {kind.format(leftover.resource, leftover.node)}, left by a move or ban"
        old = leftover.seconds > options.leftover_max
        late = f"{text} {duration(leftover.seconds)} ago"
        yield Finding(WARNING if old else OK, late if old else text, "leftover", {"resource": leftover.resource})
    back = {node.name for node in facts.nodes if node.state in PRESENT}
    for event in facts.fenced:
        if event.status == "success" and event.target in back and (event.seconds or 0.0) < options.failure_max:
            yield Finding(OK, f"{event.target} was fenced {duration(event.seconds or 0.0)} ago and is back", "fenced")


def summary(facts: "Facts", options: Options) -> str:  # noqa: ARG001
    """The evidence for OK."""
    online = sum(1 for node in facts.nodes if node.state in PRESENT)
    return f"{online} of {len(facts.nodes)} nodes with quorum, DC {facts.dc}, {facts.running} of {facts.instances} resource instances run"
