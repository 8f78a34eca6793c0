"""What the facts of Pacemaker mean: one node's view of the whole cluster. Pure."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hamon.check import Options
from hamon.checks.pacemaker.status import INFINITY
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding
from hamon.words import duration, lasting, listed, times

if TYPE_CHECKING:
    from hamon.checks.pacemaker.node import Facts, Node, Resource
    from hamon.checks.pacemaker.status import Failed, Fenced

IN = ("online", "standby", "standby_onfail", "maintenance")  # members of the cluster, and neither coming nor leaving
PRESENT = ("online", "pending", "shutdown", "standby", "standby_onfail", "maintenance")
NOWHERE = {"none": "runs nowhere", "service": "runs in no replica"}
AFTER_NO_QUORUM = {
    "stop": "all resources are stopped here", "freeze": "nothing is started or moved here",
    "demote": "promoted resources are demoted and all is stopped here", "suicide": "this side fences itself",
    "ignore": "everything goes on here regardless (no-quorum-policy=ignore)",
}  # fmt: skip


def evaluate(facts: "Facts", options: Options) -> Iterator[Finding]:
    """Findings of one view: the cluster, its nodes, its resources, what failed, what was left behind."""
    yield from cluster(facts)
    yield from nodes(facts, options)
    yield from resources(facts, options)
    yield from unlisted(facts.unlisted)
    yield from failures(facts, options)
    yield from maintenance_mode(facts)
    yield from history(facts, options)


def cluster(facts: "Facts") -> Iterator[Finding]:
    """Quorum and DC."""
    if not facts.dc:
        yield Finding(CRITICAL, "the cluster has no DC: nobody decides, nothing is recovered", "no_dc")
    elif facts.quorum is None:
        yield Finding(UNKNOWN, "the status does not say whether there is quorum", "garbage")
    elif not facts.quorum:
        gone = [one.name for one in facts.nodes if one.kind == "member" and one.state not in PRESENT]
        what = AFTER_NO_QUORUM.get(facts.policy, f"no-quorum-policy is {facts.policy or 'not told'}")
        yield Finding(CRITICAL, f"no quorum: {what}, not seen: {listed(gone) or 'nobody'}", "no_quorum")
    elif facts.policy == "ignore" and sum(one.kind == "member" for one in facts.nodes) > 2:
        text = "no-quorum-policy=ignore: a part without quorum goes on"
        yield (
            Finding(WARNING, f"{text}, and without fencing every part runs everything", "policy")
            if facts.stonith is False
            else Finding(OK, text, "policy")
        )
    if facts.dc and not any(one.kind == "member" and one.state in IN for one in facts.nodes):
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
    """Nodes that are not simply online."""
    events = {one.target: one for one in facts.fenced}
    for one in facts.nodes:
        finding = node(one, events.get(one.name), facts, options)
        if finding:
            yield finding
        if one.health and one.state in PRESENT:
            state = CRITICAL if one.health == "red" else WARNING
            yield Finding(state, f"health of {one.name} is {one.health}", "health", {"node": one.name})


def node(one: "Node", event: "Fenced | None", facts: "Facts", options: Options) -> Finding | None:
    """What to say of one node."""
    lasts, names = duration(one.seconds), {"node": one.name}
    if one.kind == "guest" or one.state == "online":
        return None  # a guest's fate is that of its resource
    if one.state in ("lost", "left", "fenced") and facts.quorum is False:
        return None  # named with the lost quorum, and why they are gone is not known on this side
    if one.state == "unclean":
        return Finding(CRITICAL, f"{one.name} is UNCLEAN{fencing_words(event, facts)}", "unclean", names)
    if one.kind == "remote" and one.state in ("lost", "left", "fenced"):
        return Finding(WARNING, f"remote node {one.name} is OFFLINE", "remote", names)
    if one.state == "lost":
        return Finding(CRITICAL, f"{one.name} is OFFLINE: it vanished without leaving", "lost", names)
    if one.state == "fenced":
        ago = f"fenced {duration(event.seconds or 0)} ago by {event.by}" if event else "fenced"
        return Finding(CRITICAL, f"{one.name} is OFFLINE: {ago}, not back yet", "fenced", names)
    if one.state == "left":
        return Finding(WARNING, f"{one.name} is OFFLINE: it left cleanly (stopped by hand?)", "left", names)
    if one.state in ("pending", "shutdown"):
        # Of a node that is about to join and one whose Pacemaker was stopped the status says the same.
        word = "in corosync's membership and not in Pacemaker's" if one.state == "pending" else "shutting down"
        late = one.seconds > options.pending_max
        return Finding(WARNING if late else OK, f"{one.name} is {word} for {lasts}", "pending", names)
    if one.state == "standby_onfail":
        text = f"{one.name} is in standby since a resource failed there (on-fail=standby)"
        return Finding(WARNING, text, "standby_onfail", names)
    word = "in standby" if one.state == "standby" else "in maintenance"
    return overdue(f"{one.name} is {word}", one.seconds, options, Finding(OK, "", one.state, names))


def fencing_words(event: "Fenced | None", facts: "Facts") -> str:
    """How it stands with fencing an UNCLEAN node."""
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
    """Something planned: ``note`` with its text, and after --planned-max a WARNING."""
    if seconds > options.planned_max:
        late = f"{text} for {duration(seconds)}, longer than {duration(options.planned_max)}"
        return note._replace(state=WARNING, text=late)
    return note._replace(text=f"{text}{lasting(seconds)}")


def resources(facts: "Facts", options: Options) -> Iterator[Finding]:
    """Resources that are not simply running. Without quorum, or with stop-all-resources, that all is stopped is no news."""
    expected = facts.stop_all or (facts.quorum is False and facts.policy not in ("ignore", "freeze"))
    for one in facts.troubles:
        if one.state in ("stopped", "none", "service", "unpromoted", "replica") and expected:
            continue
        yield resource(one, facts, options)


def resource(one: "Resource", facts: "Facts", options: Options) -> Finding:
    """What to say of one resource."""
    where = f" on {listed(one.nodes)}" if one.nodes else ""
    # "galera of galera-bundle" and "replica 1 of galera-bundle" are the bundle's matter
    names = {
        "resource": one.name.rpartition(" of ")[2].removesuffix(" (promoted)"),
        **({"node": one.nodes[0]} if one.nodes else {}),
    }
    if one.state == "blocked":
        text = f"{one.name} is blocked{where}: it could not be stopped, the cluster gave up on it"
        return Finding(CRITICAL, text, "blocked", names)
    if one.state == "failed":
        return Finding(CRITICAL, f"{one.name} has failed{where}", "failed", names)
    if one.state == "several":
        return Finding(CRITICAL, f"{one.name} runs on {listed(one.nodes)} at once", "split_brain", names)
    if one.state in ("stopped", "none", "service"):
        waits = [node.name for node in facts.nodes if node.state == "unclean"]
        after = f" (waits for {listed(waits)} to be fenced)" if waits else ""
        text = f"{one.name} {NOWHERE.get(one.state, 'is stopped')} and should run{after}"
        watched = facts.maintenance is None and not frozen(facts.nodes)
        about = "replica" if one.state == "service" else "stopped"
        return Finding(CRITICAL if watched else WARNING, text, about, names)
    if one.state == "replica":
        return Finding(WARNING, f"{one.name} is stopped and should run", "replica", names)
    if one.state == "unpromoted":
        return Finding(CRITICAL, f"{one.name} has no promoted instance", "unpromoted", names)
    if one.state == "removed":
        return Finding(WARNING, f"{one.name} runs{where} and is no longer configured", "removed", names)
    word = "disabled (target-role Stopped)" if one.state == "disabled" else f"unmanaged{where}"
    return overdue(f"{one.name} is {word}", one.seconds, options, Finding(OK, "", one.state, names))


def unlisted(count: int) -> Iterator[Finding]:
    """That the status counts resources which it does not list: they may well be what is down."""
    if count:
        what = "1 configured resource instance is" if count == 1 else f"{count} configured resource instances are"
        yield Finding(
            UNKNOWN, f"{what} not in crm_mon's list: nothing is known of {'it' if count == 1 else 'them'}", "unlisted"
        )


def failures(facts: "Facts", options: Options) -> Iterator[Finding]:
    """What failed lately, what may not run where any more, and a note of what failed long ago."""
    gone = {one.name for one in facts.nodes if one.state not in PRESENT}
    old = []
    for one in facts.failures:
        names = {"resource": one.resource, "node": one.node}
        if one.barred and one.node not in gone:
            text = f"{one.resource} may not run on {one.node} any more: {failed_words(one)}"
            yield Finding(WARNING, text, "barred", names)
        elif (one.seconds or 0.0) <= options.failure_max:
            yield Finding(WARNING, f"{one.resource} failed on {one.node}: {failed_words(one)}", "failure", names)
        else:
            old.append(one)
    if old:
        latest = duration(min(one.seconds or 0.0 for one in old))
        yield Finding(OK, f"{len(old)} old failures in the history, the last {latest} ago", "failure")


def failed_words(one: "Failed") -> str:
    """``start failed (error) 24 s ago, fail-count INFINITY``."""
    reason = f" ({one.reason})" if one.reason else ""
    count = "INFINITY" if one.failcount >= INFINITY else str(one.failcount)
    counted = f", fail-count {count}" if one.failcount else ""
    return f"{one.task or 'an action'} failed{reason} {duration(one.seconds or 0.0)} ago{counted}"


def maintenance_mode(facts: "Facts") -> Iterator[Finding]:
    """The whole cluster in maintenance: planned, and yet there is no failover meanwhile, so never without a WARNING.

    By the option, or one node after the other (``pcs node maintenance --all``), which leaves the option as it was.
    """
    if facts.maintenance is not None:
        yield Finding(
            WARNING,
            f"maintenance-mode is on{lasting(facts.maintenance)}: nothing is watched or recovered",
            "maintenance_mode",
        )
    elif frozen(facts.nodes):
        text = f"all nodes are in maintenance{lasting(min(one.seconds for one in facts.nodes if one.state == 'maintenance'))}"
        yield Finding(WARNING, f"{text}: nothing is watched or recovered", "maintenance_mode")


def frozen(nodes: "Sequence[Node]") -> bool:
    """Whether all nodes that are there are in maintenance, one by one: as maintenance-mode. A guest is what its host is."""
    there = [one.state for one in nodes if one.kind != "guest" and one.state in PRESENT]
    return bool(there) and all(state == "maintenance" for state in there)


def history(facts: "Facts", options: Options) -> Iterator[Finding]:
    """Constraints left behind, and nodes fenced lately that are back."""
    for one in facts.leftovers:
        kind = "keeps {} away from {}" if "-ban-" in one.id else "ties {} to {}"
        text = f"{one.id} {kind.format(one.resource, one.node)}, left by a move or ban"
        old = one.seconds > options.leftover_max
        late = f"{text} {duration(one.seconds)} ago"
        yield Finding(WARNING if old else OK, late if old else text, "leftover", {"resource": one.resource})
    back = {one.name for one in facts.nodes if one.state in PRESENT}
    for event in facts.fenced:
        if event.status == "success" and event.target in back and (event.seconds or 0.0) < options.failure_max:
            yield Finding(OK, f"{event.target} was fenced {duration(event.seconds or 0.0)} ago and is back", "fenced")


def summary(facts: "Facts", options: Options) -> str:  # noqa: ARG001
    """The evidence for OK."""
    online = sum(1 for one in facts.nodes if one.state in PRESENT)
    return f"{online} of {len(facts.nodes)} nodes with quorum, DC {facts.dc}, {facts.running} of {facts.instances} resource instances run"
