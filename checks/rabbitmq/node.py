"""RabbitMQ: does this node serve, without alarms, without a partition, and with room?

Source: the management API. /api/nodes comes from a cache up to 5.5 s old and has no figures just after a start; the health
checks are live. That is why alarms are taken from them, and the flags of /api/nodes only where a version has no such check.
"""

from collections.abc import Iterator

from hamon.check import Check, Example, Limit, OnMembers, Option, Options
from hamon.checks.rabbitmq.api import CLOSED, OPTIONS, REFUSED, SITE, Api
from hamon.checks.rabbitmq.facts import NODES, OVERVIEW, SETTLE, Facts, parse
from hamon.checks.rabbitmq.runbook import NODE
from hamon.cluster import majority, member_list
from hamon.errors import ProbeError
from hamon.names import node_host
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding
from hamon.words import duration, listed, percent

RECENT = 300.0  # seconds for which a restart is worth a note


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
        yield Finding(
            WARNING, f"runs, as {facts.told_by} reports, and its management API is closed: {CLOSED}", "closed"
        )
    if facts.draining:
        late = facts.draining_seconds > options.drain_max
        teller = f", as {facts.told_by} reports" if facts.told_by else ""
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
    runs=OnMembers(
        ("-H", "{address}", "--members", "{members}", "--credentials", "{credentials}"),
        SITE,
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
