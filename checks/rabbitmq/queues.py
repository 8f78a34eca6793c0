"""RabbitMQ queues: has any of them stopped, without consumers, majority, leader, copies or node?

Reads /api/queues in pages of 500 with named columns only and keeps a small tally; a cloud has 10^4 queues. Growth is that
between two runs of this check.
"""

from collections.abc import Iterator
from typing import NamedTuple

from hamon.check import Check, Example, Limit, Option, Options
from hamon.checks.rabbitmq.api import OPTIONS, SITE, Api
from hamon.checks.rabbitmq.queue_pages import Answer, read
from hamon.checks.rabbitmq.queue_rows import Backlog, Ready, Totals, Trouble, grown, unconsumed
from hamon.checks.rabbitmq.queues_runbook import RUNBOOK
from hamon.cluster import member_list
from hamon.errors import ProbeError
from hamon.options import pattern
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.runs import OnCluster
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding, State
from hamon.words import duration, listed

SETTLE = 120.0  # seconds for which no queue at all may report its messages: statistics come a while after a start

WORDS = {
    "down": (CRITICAL, "down: {queues}"),
    "no_quorum": (CRITICAL, "no majority online: {queues}"),
    "leaderless": (CRITICAL, "no leader: {queues}"),
    "offline": (WARNING, "members offline: {queues}"),
    "planned": (OK, "members in maintenance mode: {queues}"),
    "foreign": (WARNING, "members on nodes that are not in the cluster: {queues}"),
    "few_members": (WARNING, "fewer members than there should be: {queues}"),
    "unmirrored": (WARNING, "copies missing or behind: {queues}"),
    "untold": (UNKNOWN, "members not reported: {queues}"),
    "streams": (OK, "members of streams are not reported, statistics are disabled: {queues}"),
}


class Facts(NamedTuple):
    """All queues in one tally; ``backlogs`` are the longest that are over a limit or grow without consumers."""

    place: str
    unanswered: tuple[str, ...]  # members asked before, and why they gave nothing
    totals: Totals
    claimed: int | None  # queues there are, as the API counts
    statistics: bool  # whether the server keeps any
    statless_seconds: float
    unmeasured: tuple[tuple[str, float], ...]  # nodes of which no queue reports its messages, and for how many seconds
    nodes: int
    hidden: tuple[str, ...]  # virtual hosts whose queues our user may not see
    troubles: tuple[Trouble, ...]
    backlogs: tuple[Backlog, ...]
    over: int  # queues over a limit
    unconsumed: int  # queues that grow and have no consumer


class Figures(NamedTuple):
    """What is measured."""

    queues: int
    ready: int | None
    unacked: int | None
    consumers: int | None
    down: int
    no_quorum: int
    leaderless: int
    degraded: int  # replicated or mirrored queues with less than they should have
    over: int
    unconsumed: int


def probe(ask: Ask, options: Options) -> Facts:
    """The facts of all queues, from the first member that lists them: members are asked one after the other."""
    places = [address for _, address in options.members] if options.members else [options.host]
    unanswered: list[str] = []
    for left, place in zip(range(len(places) - 1, -1, -1), places, strict=True):
        # One hanging member must not use up the time of the others.
        own = ask.share(2 if left else 1)
        try:
            return remember(read(Api(own, options, place), options), unanswered, ask)
        except ProbeError as refused:
            error = Api(own, options, place).serves(refused) or refused
            unanswered.append(error.text)
            if left and error.about in ("refused", "timeout", "plugin_off"):
                continue
            if len(unanswered) == 1:
                raise error from refused
            raise ProbeError(
                error.state, f"no node reports its queues: {', '.join(unanswered)}", error.about
            ) from error
    raise AssertionError  # the last place returns or raises


def remember(got: Answer, unanswered: list[str], ask: Ask) -> Facts:
    """The facts, with growth since the last run."""
    tally, memory, totals = got.tally, ask.memory, got.tally.totals()
    seen = [grown(backlog, memory) for backlog in tally.backlogs()]
    over = [backlog for backlog in seen if exceeds(backlog) is not OK]
    left = [backlog for backlog in seen if unconsumed(backlog)]
    return Facts(
        place=got.place,
        unanswered=tuple(unanswered),
        totals=totals,
        claimed=got.claimed,
        statistics=got.statistics,
        statless_seconds=memory.seconds_in("statless", True) if totals.queues and totals.ready is None else 0.0,
        unmeasured=tuple((node, memory.seconds_in(f"{node} statless", True)) for node in tally.unmeasured()),
        nodes=got.nodes,
        hidden=got.hidden,
        troubles=tally.troubles(),
        backlogs=tuple(dict.fromkeys([*over[: tally.shown], *left[: tally.shown]])),
        over=len(over),
        unconsumed=len(left),
    )


def exceeds(backlog: Backlog) -> State:
    """The state that a queue's ready messages deserve."""
    if backlog.crit is not None and backlog.ready > backlog.crit:
        return CRITICAL
    return WARNING if backlog.warn is not None and backlog.ready > backlog.warn else OK


def evaluate(facts: Facts, options: Options) -> Iterator[Finding]:
    """The findings over all queues."""
    if not facts.totals.queues and not facts.totals.excluded and not options.allow_empty:
        yield Finding(
            UNKNOWN,
            "not one queue is visible to our user: no vhost permission, or really none (--allow-empty)",
            "empty",
        )
    elif not facts.totals.queues and not options.allow_empty:
        yield Finding(UNKNOWN, f"all {facts.totals.excluded} queues are excluded", "empty")
    for trouble in facts.troubles:
        state, words = WORDS[trouble.kind]
        more = trouble.queues_in_all - len(trouble.queues)
        queues = ", ".join(trouble.queues) + (f" and {more} more" if more > 0 else "")
        yield Finding(state, words.format(queues=queues), trouble.kind, names_of(trouble.place))
    for backlog in facts.backlogs:
        state = exceeds(backlog)
        about = "unconsumed" if unconsumed(backlog) else "ready"
        yield Finding(max(state, WARNING), in_words(backlog), about, names_of(backlog.place))
    yield from unseen(facts)
    if facts.unanswered:
        yield Finding(OK, f"asked {facts.place}, {', '.join(facts.unanswered)}")


def names_of(place: tuple[str, str]) -> dict[str, str]:
    """The names that the runbook fills in for a queue."""
    return {"vhost": place[0], "queue": place[1]}


def unseen(facts: Facts) -> Iterator[Finding]:
    """The findings of what is not reported, and whether that is by design."""
    if not facts.nodes:
        yield Finding(UNKNOWN, f"{facts.place} lists no nodes, so members and copies are not judged", "missing")
    if facts.hidden:
        text = f"our user may not see the queues of virtual host {listed(facts.hidden)}"
        yield Finding(UNKNOWN, text, "hidden", {"vhost": facts.hidden[0]})
    messages = facts.totals.ready is not None
    stale = [(node, seconds) for node, seconds in facts.unmeasured if seconds > SETTLE]
    if not facts.statistics:
        what = "consumers" if messages else "messages and consumers"
        yield Finding(OK, f"{what} are not reported: statistics are disabled")
    elif facts.statless_seconds > SETTLE:
        yield Finding(UNKNOWN, f"no queue reports its messages for {duration(facts.statless_seconds)}", "statless")
    elif facts.totals.queues and not messages:
        yield Finding(OK, "no queue reports its messages yet (just started)")
    elif stale:
        seconds = min(seconds for _, seconds in stale)
        text = f"no queue on {listed(node for node, _ in stale)} reports its messages for {duration(seconds)}"
        yield Finding(UNKNOWN, text, "statless", {"node": stale[0][0]})


def in_words(backlog: Backlog) -> str:
    """The sentence for a backlog, with whether it grows or shrinks."""
    consumers = (
        "consumers unknown"
        if backlog.consumers is None
        else f"{backlog.consumers or 'no'} consumer{'' if backlog.consumers == 1 else 's'}"
    )
    text = f"{backlog.name}: {backlog.ready} ready, {consumers}"
    if backlog.change is None or not backlog.seconds:
        return text
    rate = backlog.change / backlog.seconds
    if rate == 0 and backlog.grew is not None:
        return f"{text}, grew until {duration(backlog.grew)} ago"
    if rate > 0:
        return f"{text}, grows by {rate:.3g}/s"
    return f"{text}, empty in about {duration(backlog.ready / -rate)}" if rate < 0 else f"{text}, does not move"


def figures(facts: Facts, options: Options) -> Figures:  # noqa: ARG001
    """The figures."""
    count = {trouble.kind: trouble.queues_in_all for trouble in facts.troubles}
    return Figures(
        queues=facts.totals.queues,
        ready=facts.totals.ready,
        unacked=facts.totals.unacked,
        consumers=facts.totals.consumers,
        down=count.get("down", 0),
        no_quorum=count.get("no_quorum", 0),
        leaderless=count.get("leaderless", 0),
        degraded=sum(count.get(kind, 0) for kind in ("offline", "foreign", "few_members", "unmirrored")),
        over=facts.over,
        unconsumed=facts.unconsumed,
    )


def summary(facts: Facts, options: Options) -> str:  # noqa: ARG001
    """The evidence for OK."""
    totals = facts.totals
    kinds = listed(
        f"{count} {kind}"
        for kind, count in (("classic", totals.classic), ("quorum", totals.quorum), ("stream", totals.stream))
        if count
    )
    left_out = f", {totals.excluded} excluded" if totals.excluded else ""
    messages = "messages not reported" if totals.ready is None else f"{totals.ready} messages ready"
    return f"{totals.queues} queues ({kinds or 'none'}), none down, degraded or over its limit{left_out}, {messages}"


def ready_limit(spec: str) -> Ready:
    """``REGEX=WARN,CRIT`` (option type); an empty number sets none."""
    regex, equals, numbers = spec.rpartition("=")
    warn, comma, crit = numbers.partition(",")
    if not equals or not comma:
        raise ValueError(spec)
    return Ready(pattern(regex), int(warn) if warn else None, int(crit) if crit else None)


LIMITS = (
    Limit("queues", "queues that count", minimum=0),
    Limit("ready", "messages ready in all of them", minimum=0, optional=True),
    Limit("unacked", "messages given to consumers and not acknowledged", minimum=0, optional=True),
    Limit("consumers", "consumers of all of them", minimum=0, optional=True),
    Limit("down", "queues that are down, crashed or stopped", minimum=0),
    Limit("no_quorum", "replicated queues without a majority online", minimum=0),
    Limit("leaderless", "quorum queues without a leader", minimum=0),
    Limit("degraded", "replicated or mirrored queues with fewer copies than they should have", minimum=0),
    Limit("over", "queues over their limit of ready messages", minimum=0),
    Limit("unconsumed", "queues that grow and have no consumer", minimum=0),
)

CHECK = Check(
    name="rabbitmq_queues",
    title="Is every RabbitMQ queue served, with majority, leader and copies, and consumed?",
    facts=Facts,
    probe=probe,
    evaluate=evaluate,
    summary=summary,
    figures=figures,
    options=(
        *OPTIONS,
        Option(("--members",), "ask the first of these nodes that answers, instead of -H", member_list, metavar="NAME=ADDRESS,..."),
        Option(("--include",), "only queues whose VHOST/NAME matches REGEX", pattern, metavar="REGEX", many=True),
        Option(("--exclude",), "no queues whose VHOST/NAME matches REGEX", pattern, metavar="REGEX", many=True),
        Option(("--ready",), "limits of ready messages for queues whose VHOST/NAME matches; the first match counts", ready_limit, metavar="REGEX=WARN,CRIT", many=True),
        Option(("--ready-warning",), "WARNING when any other queue has more ready messages", int, 1000, "COUNT"),
        Option(("--ready-critical",), "CRITICAL when any other queue has more", int, 20000, "COUNT"),
        Option(("--replicas",), "members a quorum queue should have, unless its declaration says otherwise", int, 3, "COUNT"),
        Option(("--worst",), "name so many queues of each kind of trouble", int, 5, "COUNT"),
        Option(("--allow-empty",), "no queue at all is right here", switch=True),
    ),
    limits=LIMITS,
    runbook=RUNBOOK,
    runs=OnCluster(
        argv=("--members", "{members}", "--credentials", "{credentials}"), argv_if=SITE
    ),
    tier="ticket",
    interval=120,
    uses=("http", "tcp"),
    asks="`/api/nodes` and `/api/queues` of the first member that answers, in pages of 500, 16 columns; `/api/vhosts`, and the queues of each that showed none; "
    "when no queue reports messages `/api/overview` (are statistics disabled?); when the port is refused, AMQP's greeting",
    rights="a RabbitMQ user with the tag `monitoring`; the management port open to the Nagios server",
    example=Example(
        "-H 10.77.0.11 --credentials rabbitmq.cnf",
        "RABBITMQ_QUEUES OK - 5 queues (3 classic and 2 quorum), none down, degraded or over its limit, 6 messages ready",
    ),
)  # fmt: skip

main = plugin(CHECK)
