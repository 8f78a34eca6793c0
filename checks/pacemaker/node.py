"""Pacemaker: does this node's cluster have quorum and a DC, are its nodes there, does everything run that should?

Source: crm_mon's XML (see documents) and the CIB: its location constraints, because what ``move`` and ``ban`` leave behind is
in no status, and the cluster's options where an old version's status does not have them. Every state judged here was seen on
Pacemaker 2.1 with corosync 3.1; 1.1, 2.0.3 and 3 are judged by public reports and documents. ``crm_mon -s`` says OK in
maintenance and exits 0 with a warning, so it is never asked. Every member sees the whole cluster, or its own half: see cluster.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hamon.check import Check, Example, Limit, OnMembers, Option, Options
from hamon.checks.pacemaker.documents import EXEC, NOTHING, element, failure_words, look, run
from hamon.checks.pacemaker.findings import PRESENT, evaluate, summary
from hamon.checks.pacemaker.history import Failed, Fenced
from hamon.checks.pacemaker.runbook import NODE
from hamon.checks.pacemaker.status import Status
from hamon.checks.pacemaker.troubles import troubles
from hamon.errors import ProbeError
from hamon.memory import Memory
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.verdict import UNKNOWN

AGAIN = 2.0  # seconds until the second look when something does not run: a failover takes a moment
CONSTRAINTS = ("cibadmin", "--query", "--scope", "constraints")
LEFTOVER = ("cli-ban-", "cli-prefer-", "cli-standby-")


class Node(NamedTuple):
    """A node and for how long (seconds, as far as the runs saw) it has been in its state."""

    name: str
    kind: str
    state: str  # as pacemaker_status.NodeRow, and fenced: lost, and turned off by the others
    health: str
    seconds: float


class Resource(NamedTuple):
    """A resource that is not simply running as it should."""

    name: str
    # blocked, failed, several, stopped, disabled, unmanaged, removed, none (of a clone), unpromoted, demoted (the same on
    # purpose), replica (of a bundle), service (of a bundle, in none of its replicas)
    state: str
    nodes: tuple[str, ...]
    seconds: float


class Leftover(NamedTuple):
    """A location constraint that ``crm_resource --move`` or ``--ban`` left behind."""

    id: str
    resource: str
    node: str
    seconds: float


class Facts(NamedTuple):
    """The cluster as this node sees it."""

    dc: str
    version: str
    quorum: bool | None
    stonith: bool | None
    policy: str
    maintenance: float | None  # seconds since maintenance-mode was seen on; None: it is off
    stop_all: bool
    mixed: bool
    nodes: tuple[Node, ...]
    instances: int  # resource instances, clones counted one by one
    running: int
    placed: tuple[tuple[str, str], ...]  # where each thing runs that may run once only: (resource, node)
    troubles: tuple[Resource, ...]
    failures: tuple[Failed, ...]
    fenced: tuple[Fenced, ...]
    leftovers: tuple[Leftover, ...]
    unlisted: int = 0  # resource instances that are configured and that the status does not list
    unsaid: bool = False  # whether maintenance-mode was not reported


def probe(ask: Ask, options: Options) -> Facts:
    """The facts; read once more when there is no DC or something does not run, because a failover takes a moment."""
    status, _ = ask.twice(lambda: look(ask, options), unsettled, AGAIN)
    return facts(status, list(leftovers(ask, options)), ask.memory)


def unsettled(status: Status) -> bool:
    """Whether something may only be on its way."""
    hurt = {
        name for name, state, _ in troubles(status)
        if state in ("stopped", "none", "unpromoted", "several", "replica", "service")
    }  # fmt: skip
    return not status.dc or bool(hurt and status.quorum and not status.stop_all)


def leftovers(ask: Ask, options: Options) -> Iterator[tuple[str, str, str]]:
    """(constraint, resource, node) of every leftover. Raises ProbeError when the constraints cannot be read."""
    ran = run(ask, options, *CONSTRAINTS)
    if ran.rc in NOTHING and not ran.out.strip():
        return
    if ran.rc:
        raise ProbeError(UNKNOWN, f"cibadmin does not report the constraints{failure_words(ran)}", "no_status")
    for location in element(ran.out, "cibadmin").iter("rsc_location"):
        name = location.get("id", "")
        if name.startswith(LEFTOVER):
            # With --lifetime the node is in a rule that expires.
            node = location.get("node") or next(
                (part.get("value", "") for part in location.iter("expression") if part.get("attribute") == "#uname"),
                "?",
            )
            yield name, location.get("rsc") or location.get("rsc-pattern") or "?", node


def facts(status: Status, left: Sequence[tuple[str, str, str]], memory: Memory) -> Facts:
    """Facts from a status, with the ages that only the runs know."""

    def lasting(name: str, condition: object) -> float:
        return round(memory.seconds_in(name, condition), 1)

    there = {node.name for node in status.nodes if node.state in PRESENT}
    fenced_ = {
        event.target for event in status.fenced
        if event.status == "success" and not returned(memory, event, event.target in there)
    }  # fmt: skip
    nodes = []
    for node in status.nodes:
        state = "fenced" if node.state in ("left", "lost") and node.name in fenced_ else node.state
        nodes.append(Node(node.name, node.kind, state, node.health, lasting(f"node {node.name}", state)))
    gone = {node.name for node in status.nodes if node.state in ("left", "lost", "unclean")}
    real = [instance for instance in status.instances if not instance.removed]
    return Facts(
        dc=status.dc, version=status.version, quorum=status.quorum, stonith=status.stonith, policy=status.policy,
        maintenance=lasting("maintenance", True) if status.maintenance else None,
        stop_all=status.stop_all, mixed=status.mixed,
        nodes=tuple(nodes),
        instances=len(real), running=sum(1 for node in real if node.running and not gone.issuperset(node.nodes)),
        placed=tuple(placed(status)),
        troubles=tuple(
            Resource(name, state, where, lasting(f"resource {name}", state))
            for name, state, where in troubles(status)
        ),
        failures=tuple(
            failure if failure.seconds is not None
            else failure._replace(seconds=lasting(f"failure {failure.resource} {failure.node}", failure.failcount))
            for failure in status.failures
        ),
        fenced=tuple(
            event if event.seconds is not None else event._replace(seconds=lasting(f"fencing {event.target}", event.status))
            for event in status.fenced
        ),
        leftovers=tuple(Leftover(*leftover, lasting(f"constraint {leftover[0]}", True)) for leftover in left),
        unlisted=status.unlisted,
        unsaid=status.maintenance is None,
    )  # fmt: skip


def returned(memory: Memory, event: Fenced, present: bool) -> bool:
    """Whether the runs saw a node in the cluster after its last fencing: if it is gone now, it is so for another reason.

    Of a node that was fenced and one that left later the status says the same. ``since`` is when the node was first seen
    there; a new fencing makes that start again.
    """
    name = f"back {event.target}"
    back = memory.since(name)
    after = back is not None and event.seconds is not None and memory.now - back.since < event.seconds
    turn = back is not None and back.condition
    if present:
        memory.seconds_in(name, turn if after or back is None else not turn)
    elif after:
        memory.seconds_in(name, turn)
    return after


def placed(status: Status) -> Iterator[tuple[str, str]]:
    """(resource, node) of what runs once only, on nodes that this view holds to be there."""
    here = {node.name for node in status.nodes if node.state not in ("left", "lost", "unclean")}
    masters: dict[str, list[str]] = {}
    for instance in status.instances:
        if instance.single and instance.running and not instance.fencing and not instance.removed:
            yield from ((instance.name, node) for node in instance.nodes if node in here)
        elif instance.promotable and instance.role in ("master", "promoted"):
            masters.setdefault(f"{instance.clone} (promoted)", []).extend(
                node for node in instance.nodes if node in here
            )
    # Several promoted instances on purpose (dual primary) are not evidence of anything.
    yield from ((name, nodes[0]) for name, nodes in masters.items() if len(nodes) == 1)


class Figures(NamedTuple):
    """The facts in numbers."""

    nodes: int
    online: int
    instances: int
    running: int
    failures: int
    quorum: int | None


def figures(facts: Facts, options: Options) -> Figures:
    """The facts in numbers; old failures are not counted."""
    recent = [
        failure for failure in facts.failures if failure.barred or (failure.seconds or 0.0) <= options.failure_max
    ]
    quorum = None if facts.quorum is None else int(facts.quorum)
    online = sum(1 for node in facts.nodes if node.state in ("online", "standby", "standby_onfail", "maintenance"))
    return Figures(len(facts.nodes), online, facts.instances, facts.running, len(recent), quorum)


OPTIONS = (
    EXEC,
    Option(("--planned-max",), "WARNING when something planned (standby, maintenance of a node, unmanaged, disabled) lasts longer",
           float, 14400.0, "SECONDS"),
    Option(("--failure-max",), "a failed action is news for so long; a resource barred from a node stays WARNING", float, 3600.0, "SECONDS"),
    Option(("--leftover-max",), "WARNING when a constraint of a move or ban is older", float, 3600.0, "SECONDS"),
    Option(("--pending-max",), "WARNING when a node has been joining or leaving for longer", float, 120.0, "SECONDS"),
)  # fmt: skip

CHECK = Check(
    name="pacemaker",
    title="Has the cluster quorum and a DC, are its nodes there, and does everything run that should?",
    facts=Facts,
    probe=probe,
    evaluate=evaluate,
    summary=summary,
    figures=figures,
    options=OPTIONS,
    limits=(
        Limit("nodes", "nodes the cluster knows", minimum=0),
        Limit("online", "nodes that are online", minimum=0),
        Limit("instances", "configured resource instances", minimum=0),
        Limit("running", "resource instances that run", minimum=0),
        Limit("failures", "resources with recent failures, or barred from a node", minimum=0),
        Limit("quorum", "1 with quorum, 0 without", minimum=0, maximum=1, optional=True),
    ),
    runbook=NODE,
    runs=OnMembers(argv_if=(("--exec", "{container_exec} hacluster_pacemaker"),), sudo=True),
    uses=("command", "file"),
    tools=("crm_mon", "cibadmin"),
    asks="`crm_mon --output-as=xml` (or `--as-xml`; with `--inactive` where it hides what is stopped), `cibadmin --query --scope constraints` "
    "(and `crm_config` where the status lacks the options); Corosync's pidfile and the process table when there is no status",
    rights="root, or a user in the group haclient",
    example=Example(
        "",
        "PACEMAKER OK - 3 of 3 nodes with quorum, DC pcm2, 9 of 9 resource instances run",
    ),
)

main = plugin(CHECK)
