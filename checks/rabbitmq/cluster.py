"""The RabbitMQ cluster's verdict: what every node says of every other, side by side.

While a link is cut ``partitions`` is empty on both sides; each merely lists the other as not running, exactly as if it were
dead. That both answer and each says so of the other is the split-brain. ``partitions`` fills when the link is back, and
stays until one side is restarted.
"""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from hamon.check import Example, Limit, Options
from hamon.checks.rabbitmq.api import HANGS, PAUSED, PLUGIN_OFF, STARTING, STOPPED
from hamon.checks.rabbitmq.facts import Facts
from hamon.checks.rabbitmq.node import CHECK
from hamon.checks.rabbitmq.runbook import CLUSTER as RUNBOOK
from hamon.checks.rabbitmq.troubles import identities, strangers, troubles
from hamon.checks.rabbitmq.views import Views, themselves
from hamon.cluster import at_stake, cluster_check, gather, majority
from hamon.members import Members
from hamon.names import node_host, same_host
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.runs import Majority
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding, State
from hamon.words import duration, group, listed

START = 120.0  # seconds that a node may take between being counted in and serving
SETTLE = 15.0  # seconds for which a node may miss another that just started: its list is up to 5.5 s old


class Figures(NamedTuple):
    """The cluster in numbers."""

    expected: int
    running: int
    sides: int  # parts that run without each other: 1 is right
    partitions: int  # nodes that recorded a partition
    alarms: int
    unreachable: int
    connections: int | None
    queues: int | None


def probe(ask: Ask, options: Options) -> Members[Facts]:
    """The members' facts, with how long a node has been missing another that runs."""
    members = themselves(gather(ask, CHECK, options), dict(options.members))
    one_sided = Views(members, dict(options.members)).one_sided()
    names = [f"{a} misses {b}" for a, b in one_sided]
    names += [f"{name} starts" for name, silence in members.silent.items() if STARTING in silence.reason]
    return members.beside(tuple((name, ask.memory.seconds_in(name, True)) for name in names))


def consensus(members: Members[Facts], options: Options) -> Iterator[Finding]:
    """The findings over all members."""
    nobody = members.nobody("none", partial(why, members))
    if nobody:
        yield nobody
        return
    reported = members.reported
    views = Views(members, dict(options.members or ()))
    yield from apart(views, members)
    yield from identities(views, members)
    yield from lost(views, members, options)
    yield from unreported(views)
    yield from troubles(reported)
    yield from strangers(views, members)


def apart(views: Views, members: Members[Facts]) -> Iterator[Finding]:
    """The findings of partitions: present, recorded, or seen from one side only."""
    recorded = views.recorded()
    kept = f"recorded by {listed(recorded)}" if recorded else "not yet recorded by any node"
    cut = views.cut()
    if cut:
        sides = views.sides()
        parties = listed(group(side) for side in sides) if len(sides) > 1 else listed(f"{a} and {b}" for a, b in cut)
        yield Finding(
            CRITICAL, f"SPLIT-BRAIN: {parties} run without each other, each takes messages, {kept}", "split_brain"
        )
        return
    if recorded:
        text = ", ".join(f"{name} from {listed(others)}" for name, others in recorded.items())
        yield Finding(CRITICAL, f"network partition recorded and not resolved: {text}", "partition")
    if recorded or views.separate:
        return
    for a, b in views.one_sided():
        age = members.age(f"{a} misses {b}")
        text = f"{a} does not count {b} in"
        if age > SETTLE:
            text = f"{text} for {duration(age)}, though {b} runs"
            yield Finding(CRITICAL, text, "misses", {"node": a, "peer": b})
        else:
            yield Finding(OK, f"{text} yet")


def lost(views: Views, members: Members[Facts], options: Options) -> Iterator[Finding]:
    """The findings of members that do not run, and what one more loss would do. Silent ones that others count in do run, unless their start
    takes too long; so do as many that could not be asked as there are running nodes of other names.
    """
    expected = len(members)
    up = [name for name in views.running() if members.age(f"{name} starts") <= START]
    yield from silent_but_up(views, members, up)
    nameless, spare = views.nameless()
    if nameless and len(spare) >= len(nameless):
        text = f"{members.apologies(nameless)}, the others count in as many nodes of other names: {listed(spare)}"
        yield Finding(OK, text)
        up += nameless
    elif nameless:
        up += spare
    down = [name for name in members.names if name not in up]
    if len(up) >= expected:
        yield from critical(views, expected)
        return
    text = (
        f"{len(up)} of {expected} nodes run {group(up)}, {', '.join(f'{name}: {why(members, name)}' for name in down)}"
    )
    left = [name for name in down if views.left(name)]
    if left:
        text += f", {listed(left)} {'is' if len(left) == 1 else 'are'} not in the list of the cluster's nodes"
    about, names = kind(members, down, left), {"node": down[0]}
    maybe = [name for name in down if name in members.unasked]
    if len(up) < majority(expected) <= len(up) + len(maybe):
        text += f", no majority there: quorum queues stand still on that side, {listed(maybe)} may run without it"
        yield Finding(CRITICAL, text, about, names)
    elif len(up) < majority(expected):
        yield Finding(CRITICAL, f"{text}, no majority: quorum queues stand still", about, names)
    elif majority(expected) > len(up) - 1 or any(facts.quorum_critical for facts in views.reported.values()):
        state = at_stake(options, [member.facts for member in members if member.name in down])
        yield Finding(state, f"{text}, one more loss stops quorum queues", about, names)
    else:
        yield Finding(WARNING, text, about, names)


def silent_but_up(views: Views, members: Members[Facts], up: list[str]) -> Iterator[Finding]:
    """The findings of members that gave no facts and run all the same, as the others report."""
    doubted = {name: (yes, no) for name, yes, no in views.doubted()}
    for name in up:
        reason = members.why(name)
        node = node_host(views.node_of.get(name, ""))
        alias = f" as {node}" if name in members.silent and not same_host(node, name) else ""
        if name in doubted:
            yes, no = doubted[name]
            text = (
                f"{listed(yes)} {'counts' if len(yes) == 1 else 'count'} {name} in, not so {listed(no)}, and {reason}"
            )
            yield Finding(WARNING, text, "misses", {"node": no[0], "peer": name})
        elif name in members.dead and HANGS in reason:
            yield Finding(
                WARNING,
                f"{name} hangs, or its management API does: {reason}, the others count it in",
                "hangs",
                {"node": name},
            )
        elif name in members.dead or PLUGIN_OFF in reason:
            yield Finding(WARNING, f"{name} runs as the others see it, but {reason}", "api", {"node": name})
        elif name in members.unasked:
            yield Finding(OK, f"{members.apologies([name])}, the others count it in{alias}")


def critical(views: Views, expected: int) -> Iterator[Finding]:
    """The finding that one more loss would stop quorum queues although all nodes run."""
    counts = {name: facts.quorum_critical for name, facts in views.reported.items() if facts.quorum_critical}
    if counts and expected > 2 and not views.cut() and not views.recorded():
        text = f"{max(counts.values())} quorum queues lose their majority when {' or '.join(counts)} goes"
        yield Finding(WARNING, text, "quorum_critical", {"node": next(iter(counts))})


def kind(members: Members[Facts], down: list[str], left: list[str]) -> str:
    """The runbook entry for the members that do not run: of their own kind when they are all of one, else the general one."""
    kinds = {
        "left"
        if name in left
        else "hangs"
        if HANGS in members.why(name) and name in members.dead
        else "cut_off"
        if name in members.unasked
        else "app_stopped"
        if STOPPED in members.why(name)
        else "degraded"
        for name in down
    }
    return kinds.pop() if len(kinds) == 1 else "degraded"


def unreported(views: Views) -> Iterator[Finding]:
    """The findings of members that do not report whether they run or recorded a partition."""
    nowhere = [name for name, facts in views.reported.items() if facts.running is None]
    if nowhere:
        yield Finding(
            UNKNOWN, f"{listed(nowhere)} not in {'its' if len(nowhere) == 1 else 'their'} own list of nodes", "missing"
        )
    findings: dict[tuple[State, str, str], list[str]] = {}
    for name in views.unrecorded():
        facts = views.reported.get(name)
        finding = facts.partitions_untold if facts else Finding(OK, "recorded partitions are not reported")
        if finding and name not in nowhere:
            findings.setdefault((finding.state, finding.text, finding.about), []).append(name)
    for (state, text, about), names in findings.items():
        yield Finding(state, f"{listed(names)}: {text}", about)


def why(members: Members[Facts], name: str) -> str:
    """Why a member does not run, in short. A broker that stops or pauses leaves its Erlang node up."""
    reason = members.why(name)
    if not reason:
        return "says it is not running"
    if STARTING in reason:
        return f"its start hangs, or takes longer than {duration(START)}"
    if PAUSED in reason:
        return f"{PAUSED} (Erlang node up, broker down, peers out of its reach)"
    return "broker stopped, starting or paused (its Erlang node is up)" if STOPPED in reason else reason


def figures(members: Members[Facts], options: Options) -> Figures:
    """The cluster's figures."""
    views = Views(members, dict(options.members or ()))
    reported = list(views.reported.values())
    alarms = {alarm for facts in reported for alarm in facts.alarms or ()}
    return Figures(
        expected=len(members),
        running=views.count(),
        sides=len(views.sides()),
        partitions=len(views.recorded()),
        alarms=len(alarms),
        unreachable=len(members.silent),
        connections=max((facts.connections for facts in reported if facts.connections is not None), default=None),
        queues=max((facts.queues for facts in reported if facts.queues is not None), default=None),
    )


def summary(members: Members[Facts], options: Options) -> str:
    """The evidence for OK. Of partitions nothing is claimed unless every node that runs is known to have recorded none."""
    views = Views(members, dict(options.members or ()))
    up = [*views.running(), *views.nameless()[0]]
    no_partition = "" if views.unrecorded() or views.nameless()[0] else ", no partition"
    return f"{len(up)} of {len(members)} nodes run in one cluster {group(up)}{no_partition}, no alarm"


LIMITS = (
    Limit("running", "nodes that run", minimum=0),
    Limit("sides", "parts that run without each other; two or more are a split-brain", minimum=0),
    Limit("partitions", "nodes that recorded a partition", minimum=0),
    Limit("alarms", "resource alarms in effect", minimum=0),
    Limit("unreachable", "members that gave no facts", minimum=0),
    Limit("connections", "AMQP connections", minimum=0, optional=True),
    Limit("queues", "queues", minimum=0, optional=True),
)

CLUSTER = cluster_check(
    "rabbitmq_cluster",
    "Do all RabbitMQ nodes run in one cluster, without partition or alarm?",
    of=CHECK,
    consensus=consensus,
    summary=summary,
    figures=figures,
    limits=LIMITS,
    runbook=RUNBOOK,
    example=Example(
        "--members ctl1=10.77.0.11,ctl2=10.77.0.12,ctl3=10.77.0.13",
        "RABBITMQ_CLUSTER OK - 3 of 3 nodes run in one cluster {ctl1, ctl2, ctl3}, no partition, no alarm",
    ),
    probe=probe,
    risk="stop quorum queues",
    majority=Majority.OF_MEMBERS,
)

main = plugin(CLUSTER)
