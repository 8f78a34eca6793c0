"""RabbitMQ: does this node serve, without alarms, without a partition, and with room?

Source: the management API. /api/nodes comes from a cache up to 5.5 s old and has no figures just after a start; the health
checks are live. That is why alarms are taken from them, and the flags of /api/nodes only where a version has no such check.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hamon import take
from hamon.check import Check, Example, Limit, OnMembers, Option, Options
from hamon.checks.rabbitmq.api import CLOSED, OPTIONS, REFUSED, Api, figured, names
from hamon.checks.rabbitmq.runbook import NODE
from hamon.cluster import majority, member_list
from hamon.errors import ProbeError
from hamon.names import node_host
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding
from hamon.words import duration, listed, percent

FIGURES = (
    "mem_used", "mem_limit", "mem_alarm", "disk_free", "disk_free_limit", "disk_free_alarm", "fd_used", "fd_total",
    "sockets_used", "sockets_total", "proc_used", "proc_total", "run_queue", "uptime", "being_drained",
)  # fmt: skip
# What every version reports of a node that has statistics; sockets and descriptors are gone in 4.x.
ALWAYS = (
    ("memory", ("mem_used", "mem_limit")),
    ("disk space", ("disk_free", "disk_free_limit")),
    ("Erlang processes", ("proc_used", "proc_total")),
)
NODES = "nodes?columns=" + ",".join(("name", "running", "partitions", *FIGURES))
OVERVIEW = "overview?columns=node,cluster_name,rabbitmq_version,product_version,disable_stats,object_totals"
SETTLE = 120.0  # seconds for which a node may be without figures: they come with its first statistics
KHEPRI = 4  # since this release the metadata store may be Khepri, which knows no partitions to record
RECENT = 300.0  # seconds for which a restart is worth a note

Health = Mapping[str, object] | None  # a health check's answer; None where the node does not have it


class View(NamedTuple):
    """What this node thinks of a node of the cluster. ``partitions``: from whom it was cut off without resolving it; None: not
    reported.
    """

    name: str
    running: bool | None
    partitions: tuple[str, ...] | None = ()


class Alarm(NamedTuple):
    """A resource alarm on a node: ``memory``, ``disk space`` or ``file_descriptor_limit``. Each blocks all publishers."""

    node: str
    resource: str


class Facts(NamedTuple):
    """One node as its management API reports it. Ratios as fractions of 1, times in seconds."""

    node: str
    cluster: str
    version: str
    nodes: tuple[View, ...]
    alarms: tuple[Alarm, ...] | None  # of the whole cluster; None: not reported
    quorum_critical: int | None  # quorum queues that lose their majority when this node goes
    vhosts_down: str  # why this node has a virtual host that does not run; empty when all do
    draining: bool | None  # put into maintenance mode by an operator
    draining_seconds: float
    figures: bool  # whether the figures below were reported
    figures_off: bool  # statistics are disabled on purpose
    figureless_seconds: float
    uptime: float | None
    memory_used: float | None  # of the watermark at which the alarm goes off
    files_used: float | None
    sockets_used: float | None
    processes_used: float | None
    disk_free: int | None  # bytes
    disk_room: float | None  # free bytes as a multiple of the limit at which the alarm goes off
    run_queue: int | None
    connections: int | None  # of the whole cluster, as the two below
    consumers: int | None
    queues: int | None
    unreported: tuple[str, ...] = ()  # figures that this version has and the node did not report
    told_by: str = ""  # the peer that reported all this, when the node itself has closed its ports for maintenance

    @property
    def running(self) -> bool | None:
        """Whether the node counts itself as running; None when it does not say."""
        return next((view.running for view in self.nodes if view.name == self.node), None)

    @property
    def release(self) -> int:
        """The first number of the version; 0 when it is not reported."""
        return take.count(self.version.partition(".")[0]) or 0

    @property
    def partitions_untold(self) -> Finding | None:
        """The finding when the node does not report whether it recorded a partition, else None."""
        if any(view.partitions is not None for view in self.nodes if view.name == self.node):
            return None
        words = "recorded partitions are not reported"
        if self.figures_off:
            return Finding(OK, f"{words}: statistics are disabled")
        if self.figures and self.release >= KHEPRI:
            return Finding(OK, f"{words} by RabbitMQ {self.version}")
        if self.figures or self.figureless_seconds > SETTLE:
            return Finding(UNKNOWN, words, "missing")
        return Finding(OK, f"{words} yet")


def probe(ask: Ask, options: Options) -> Facts:
    """The node's facts. A refused port is explained by the host's port mapper. Raises ProbeError."""
    api = Api(ask, options)
    try:
        overview = api.answer(OVERVIEW, dict)
    except ProbeError as error:
        serves = api.serves(error)
        if serves:
            raise serves from error
        facts = by_peer(api, error, options)
    else:
        nodes = api.answer(NODES, list)
        alarms, vhosts = api.health("alarms"), api.health("virtual-hosts")
        facts = parse(overview, nodes, alarms, api.health_in_time("node-is-quorum-critical"), vhosts)
    return facts._replace(
        draining_seconds=ask.memory.seconds_in("draining", True) if facts.draining else 0.0,
        figureless_seconds=0.0 if facts.figures else ask.memory.seconds_in("figureless", True),
    )


def by_peer(api: Api, error: ProbeError, options: Options) -> Facts:
    """The facts of a node that runs with closed ports, as a peer reports them. Raises ``error``, explained, of any other."""
    peer = api.peer_of_closed(error, options.members or (), NODES) if error.text.endswith(REFUSED) else None
    if peer is None:
        raise api.silence(error, options.members or ()) from error
    try:
        alarms = peer.api.health("alarms")
    except ProbeError:
        alarms = None  # the peer's trouble is not this node's; the nodes' flags, which it reported, are used instead
    facts = parse({"node": peer.node}, peer.rows, alarms, None, None)
    return facts._replace(told_by=peer.name, draining=peer.draining)


def parse(overview: Mapping[str, object], nodes: object, alarms: Health, quorum: Health, vhosts: Health) -> Facts:
    """Facts from the API's answers; those of health checks that the node does not have are None."""
    rows = take.mappings(nodes)
    node = take.text(overview.get("node"))
    own: dict[str, object] = next((row for row in rows if take.text(row.get("name")) == node), {})
    uptime, totals = take.amount(own.get("uptime")), take.mapping(overview.get("object_totals"))
    return Facts(
        node=node,
        cluster=take.text(overview.get("cluster_name")),
        version=take.text(overview.get("product_version")) or take.text(overview.get("rabbitmq_version")),
        nodes=tuple(
            View(take.text(row.get("name")), take.flag(row.get("running")), names(row.get("partitions")))
            for row in rows
            if take.text(row.get("name"))
        ),
        alarms=alarmed(rows, alarms),
        quorum_critical=None
        if quorum is None
        else len(take.mappings(quorum.get("queues")))
        if quorum.get("status") == "failed"
        else 0,
        vhosts_down=(take.text(vhosts.get("reason")) or "a virtual host is down")
        if vhosts and vhosts.get("status") == "failed"
        else "",
        draining=take.flag(own.get("being_drained")),
        draining_seconds=0.0,
        figures=figured(own) and uptime is not None,
        figures_off=take.flag(overview.get("disable_stats")) is True,
        figureless_seconds=0.0,
        uptime=None if uptime is None else round(uptime / 1000, 1),
        memory_used=take.ratio(own.get("mem_used"), own.get("mem_limit")),
        files_used=take.ratio(own.get("fd_used"), own.get("fd_total")),
        sockets_used=take.ratio(own.get("sockets_used"), own.get("sockets_total")),
        processes_used=take.ratio(own.get("proc_used"), own.get("proc_total")),
        disk_free=take.count(own.get("disk_free")),
        disk_room=take.ratio(own.get("disk_free"), own.get("disk_free_limit")),
        run_queue=take.count(own.get("run_queue")),
        connections=take.count(totals.get("connections")),
        consumers=take.count(totals.get("consumers")),
        queues=take.count(totals.get("queues")),
        unreported=tuple(name for name, keys in ALWAYS if any(take.amount(own.get(key)) is None for key in keys)),
    )


def alarmed(rows: list[dict[str, object]], health: Health) -> tuple[Alarm, ...] | None:
    """The alarms in effect: from the health check, else from the nodes' flags; None when neither reports any."""
    if health is not None:
        alarms = tuple(
            Alarm(take.text(row.get("node")), take.text(row.get("resource")))
            for row in take.mappings(health.get("alarms"))
        )
        return alarms or (() if health.get("status") == "ok" else (Alarm("", "unnamed"),))
    flags = [
        (take.text(row.get("name")), resource, take.flag(row.get(key)))
        for row in rows
        for key, resource in (("mem_alarm", "memory"), ("disk_free_alarm", "disk space"))
    ]
    if all(value is None for _, _, value in flags):
        return None
    return tuple(Alarm(name, resource) for name, resource, value in flags if value)


def evaluate(facts: Facts, options: Options) -> Iterator[Finding]:
    """The findings of one node."""
    if facts.running is None:
        yield Finding(UNKNOWN, f"{facts.node or 'the node'} is not in its own list of nodes", "missing")
    elif not facts.running:
        yield Finding(CRITICAL, f"{facts.node} says it is not running", "not_running")
    recorded = [
        f"{node_host(view.name)} from {listed(map(node_host, view.partitions))}"
        for view in facts.nodes
        if view.partitions
    ]
    if recorded:
        yield Finding(CRITICAL, f"network partition recorded and not resolved: {', '.join(recorded)}", "partition")
    if facts.alarms is None:
        yield Finding(UNKNOWN, "whether alarms are in effect is not reported", "missing")
    if facts.running is not None and facts.figures and facts.partitions_untold:
        yield facts.partitions_untold
    for alarm in facts.alarms or ():
        own = alarm.node in (facts.node, "")
        here = f"{alarm.resource} alarm on {node_host(alarm.node) or 'a node'}"
        about = {"memory": "memory_alarm", "disk space": "disk_alarm"}.get(alarm.resource, "alarm")
        yield Finding(CRITICAL if own else OK, f"{here}: all publishers of the cluster are blocked", about)
    if facts.vhosts_down:
        yield Finding(CRITICAL, f"a virtual host is down here: {facts.vhosts_down}", "vhost")
    yield from planned(facts, options)


def planned(facts: Facts, options: Options) -> Iterator[Finding]:
    """The findings of maintenance and missing figures, by how long each has lasted; notes on a start and on quorum queues."""
    if facts.told_by and not facts.draining:
        yield Finding(WARNING, f"runs, as {facts.told_by} tells, and its management API is closed: {CLOSED}", "closed")
    if facts.draining:
        late = facts.draining_seconds > options.drain_max
        teller = f", as {facts.told_by} tells" if facts.told_by else ""
        lasts = f"in maintenance mode for {duration(facts.draining_seconds)} (drained){teller}"
        yield Finding(WARNING if late else OK, lasts, "draining")
    if not facts.figures:
        if facts.figures_off:
            yield Finding(OK, "figures and recorded partitions are not reported: statistics are disabled")
        elif facts.figureless_seconds > SETTLE:
            yield Finding(UNKNOWN, f"no figures of this node for {duration(facts.figureless_seconds)}", "figures")
        else:
            yield Finding(OK, "no figures of this node yet (just started)")
    elif facts.unreported:
        young = facts.uptime is not None and facts.uptime < SETTLE
        text = f"{listed(facts.unreported)} not reported"
        yield Finding(OK, f"{text} yet") if young else Finding(UNKNOWN, text, "figures")
    if facts.figures and facts.uptime is not None and facts.uptime < RECENT:
        yield Finding(OK, f"started {duration(facts.uptime)} ago")
    if facts.quorum_critical:
        up = sum(1 for view in facts.nodes if view.running)
        if up < majority(len(facts.nodes)):
            text = f"{facts.quorum_critical} quorum queues have lost their majority as this node sees it"
        else:
            text = f"{facts.quorum_critical} quorum queues would lose their majority without this node"
        yield Finding(OK, text)


def summary(facts: Facts, options: Options) -> str:  # noqa: ARG001
    """The evidence for OK."""
    up = sum(1 for view in facts.nodes if view.running)
    if facts.told_by:
        return (
            f"{facts.node} runs, {up} of {len(facts.nodes)} nodes do, no alarm{' of its own' if facts.alarms else ''}"
        )
    here = " of its own" if facts.alarms else ""
    return f"{facts.node} runs RabbitMQ {facts.version}, sees {up} of {len(facts.nodes)} nodes running, no alarm{here}"


LIMITS = (
    Limit("memory_used", "memory as a fraction of the high watermark, where publishers are blocked", "0.9",
          say="memory is at {value} of the watermark that blocks publishers", optional=True, minimum=0, show=percent),
    Limit("disk_room", "free disk space as a multiple of the limit below which publishers are blocked", "2:",
          say="free disk space is only {value} times the limit that blocks publishers", optional=True, minimum=0),
    Limit("files_used", "open files as a fraction of the limit", "0.8", "0.95",
          say="{value} of the file descriptors are in use", optional=True, minimum=0, maximum=1, show=percent),
    Limit("sockets_used", "sockets as a fraction of the limit (until 3.13)", "0.8", "0.95",
          say="{value} of the sockets are in use", optional=True, minimum=0, maximum=1, show=percent),
    Limit("processes_used", "Erlang processes as a fraction of the limit", "0.8", "0.95",
          say="{value} of the Erlang processes are in use", optional=True, minimum=0, maximum=1, show=percent),
    Limit("disk_free", "free disk space where the messages are", uom="B", optional=True, minimum=0),
    Limit("run_queue", "Erlang processes waiting for a processor", optional=True, minimum=0),
    Limit("uptime", "seconds since the node started", uom="s", optional=True, minimum=0),
)  # fmt: skip

CHECK = Check(
    name="rabbitmq",
    title="Does this RabbitMQ node serve, without alarms or partition, and with room?",
    facts=Facts,
    probe=probe,
    evaluate=evaluate,
    summary=summary,
    options=(
        *OPTIONS,
        Option(
            ("--members",),
            "all nodes of the cluster: distinguishes a broker that lost them from one that was stopped",
            member_list,
            metavar="NAME=ADDRESS,...",
        ),
        Option(
            ("--drain-max",), "WARNING when the node has been in maintenance mode for longer", float, 3600.0, "SECONDS"
        ),
    ),
    limits=LIMITS,
    runbook=NODE,
    parts={"nodes": View, "alarms": Alarm},
    runs=OnMembers(
        ("-H", "{address}", "--members", "{members}", "--credentials", "{credentials}"),
        (("-p", "{rabbitmq_management_port}"),),
    ),
    uses=("http", "tcp"),
    asks="`/api/overview`, `/api/nodes` (named columns only), `/api/health/checks/` `alarms`, `node-is-quorum-critical` and "
    "`virtual-hosts`; when the port is refused, a peer's `/api/nodes` (is this node in maintenance mode?) and the names in "
    "epmd (port 4369) of this host and its peers",
    rights="a RabbitMQ user with the tag `monitoring`",
    example=Example(
        "-H 10.77.0.11 --credentials rabbitmq.cnf",
        "RABBITMQ OK - rabbit@ctl1 runs RabbitMQ 3.10.8, sees 3 of 3 nodes running, no alarm, started 1 min 8 s ago",
    ),
)

main = plugin(CHECK)
