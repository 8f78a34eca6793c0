"""RabbitMQ queues, page by page, folded into a tally that stays small however many there are. No component of its own."""

import heapq
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from hamon import take
from hamon.checks.rabbitmq.api import names
from hamon.memory import Memory
from hamon.names import node_host

COLUMNS = (
    "vhost", "name", "type", "state", "node", "consumers", "messages_ready", "messages_unacknowledged", "leader", "members",
    "online", "slave_nodes", "synchronised_slave_nodes", "effective_policy_definition.ha-mode",
    "effective_policy_definition.ha-params", "arguments.x-quorum-initial-group-size",
)  # fmt: skip
NODE_STOPPED = "node stopped"
DEAD = ("down", "crashed", "stopped", NODE_STOPPED)  # states in which a queue neither takes nor gives messages
FEW = 10  # ready messages below which growth does not matter
STALE = 10.0  # seconds for which a queue may seem to stand still: its figures are that old at most
KEPT = 500  # of the longest queues, whose growth is watched


class Ready(NamedTuple):
    """Limits of ready messages for the queues whose ``vhost/name`` matches; None: no limit."""

    pattern: "re.Pattern[str]"
    warn: int | None
    crit: int | None


class Backlog(NamedTuple):
    """A queue with messages waiting. ``change`` of them since the last run, over ``seconds``; None on the first.

    ``grew``: for how many seconds it has not grown any more, without shrinking either; None when it was never seen to grow.
    """

    name: str
    ready: int
    consumers: int | None
    warn: int | None
    crit: int | None
    change: float | None = None
    seconds: float | None = None
    grew: float | None = None
    place: tuple[str, str] = ("", "")  # vhost and name as RabbitMQ's tools want them


class Trouble(NamedTuple):
    """What is wrong with how many queues, and the first of them by name with details. ``place``: the very first's vhost and name."""

    kind: str
    queues_in_all: int
    queues: tuple[str, ...]
    place: tuple[str, str] = ("", "")


class Totals(NamedTuple):
    """Sums over all queues that count; messages are None while no queue reports any."""

    queues: int
    excluded: int
    classic: int
    quorum: int
    stream: int
    ready: int | None
    unacked: int | None
    consumers: int | None


class Cluster(NamedTuple):
    """The nodes a queue can have copies on; ``running`` are those that nothing says of that they do not."""

    nodes: frozenset[str]
    running: frozenset[str]
    replicas: int  # members a quorum queue gets by default
    draining: frozenset[str] = frozenset()  # in maintenance mode: their members of quorum queues are stopped on purpose

    def runs(self, node: str) -> bool:
        """Whether ``node`` may run. A queue's own list goes stale when its leader dies; the list of nodes does not."""
        return not self.nodes or node in self.running


class Tally:
    """Everything worth keeping of all rows, added one by one."""

    def __init__(
        self,
        cluster: Cluster,
        include: Iterable["re.Pattern[str]"],
        exclude: Iterable["re.Pattern[str]"],
        ready: Iterable[Ready],
        shown: int,
        statistics: bool = True,
    ) -> None:
        self.cluster, self.shown, self.statistics = cluster, shown, statistics
        self.include, self.exclude, self.ready = tuple(include), tuple(exclude), tuple(ready)
        self.excluded = 0
        self.types = {"classic": 0, "quorum": 0, "stream": 0}
        self.sums: dict[str, int | None] = {"messages_ready": None, "messages_unacknowledged": None, "consumers": None}
        self._measured: dict[str, bool] = {}  # nodes, and whether any queue led there reports its messages
        self.vhosts: set[str] = set()  # where there are queues, excluded ones too
        self._troubles: dict[str, Trouble] = {}
        self._longest: list[tuple[int, str, Backlog]] = []

    def add(self, row: Mapping[str, object]) -> None:
        """One queue."""
        self.vhosts.add(take.text(row.get("vhost")))
        name = f"{take.text(row.get('vhost')).rstrip('/')}/{take.text(row.get('name'))}"
        if any(pattern.search(name) for pattern in self.exclude) or (
            self.include and not any(pattern.search(name) for pattern in self.include)
        ):
            self.excluded += 1
            return
        kind = take.text(row.get("type")) or "classic"
        self.types[kind] = self.types.get(kind, 0) + 1
        for key in self.sums:
            value = take.count(row.get(key))
            if value is not None:
                self.sums[key] = (self.sums[key] or 0) + value
        state, node = take.text(row.get("state")), take.text(row.get("node"))
        if kind == "classic" and state not in DEAD and self._stopped(node, names(row.get("slave_nodes"))):
            state = NODE_STOPPED
        if kind != "stream" and state not in DEAD:
            measured = take.count(row.get("messages_ready")) is not None
            self._measured[node] = self._measured.get(node, False) or measured
        if state in DEAD:
            self._trouble(row, "down", f"{name} ({state}, {node_host(node) or 'node unknown'})")
        elif kind in ("quorum", "stream"):
            self._replicated(row, name, kind)
        else:
            self._mirrored(row, name)
        if kind != "stream":  # what a stream keeps is not waiting for a consumer
            self._backlog(row, name)

    def _stopped(self, node: str, mirrors: Iterable[str] | None) -> bool:
        """Whether a classic queue's node does not run, whatever its state says, and no mirror's does."""
        return bool(node) and not any(map(self.cluster.runs, (node, *(mirrors or ()))))

    def _trouble(self, row: Mapping[str, object], kind: str, queue: str) -> None:
        before = self._troubles.get(kind, Trouble(kind, 0, (), place(row)))
        named = (*before.queues, queue) if before.queues_in_all < self.shown else before.queues
        self._troubles[kind] = before._replace(queues_in_all=before.queues_in_all + 1, queues=named)

    def _replicated(self, row: Mapping[str, object], name: str, kind: str) -> None:
        """A quorum queue or stream: majority, leader, members. Its state says ``running`` with one of three online."""
        members, online = names(row.get("members")), names(row.get("online"))
        if not members or online is None:
            # without statistics a stream has no such columns; a quorum queue has
            self._trouble(row, "untold" if self.statistics or kind != "stream" else "streams", name)
            return
        up = [member for member in members if member in online and self.cluster.runs(member)]
        of = f"{name} ({len(up)} of {len(members)} online)"
        leader = take.text(row.get("leader"))
        if len(up) <= len(members) / 2:
            self._trouble(row, "no_quorum", of)
        elif kind == "quorum" and leader not in up:
            self._trouble(row, "leaderless", name)
        elif len(up) < len(members):
            gone = [member for member in members if member not in up]
            kind_of = "offline" if set(gone) - self.cluster.draining else "planned"
            self._trouble(row, kind_of, f"{name} (without {' '.join(map(node_host, gone))})")
        if not self.cluster.nodes:
            return
        foreign = [node_host(member) for member in members if member not in self.cluster.nodes]
        asked = take.count(take.mapping(row.get("arguments")).get("x-quorum-initial-group-size"))
        wanted = min(asked or self.cluster.replicas, len(self.cluster.nodes))
        if foreign:
            self._trouble(row, "foreign", f"{name} (member on {' '.join(foreign)})")
        elif kind == "quorum" and len(members) < wanted:
            self._trouble(row, "few_members", f"{name} ({len(members)} of {wanted} members)")

    def _mirrored(self, row: Mapping[str, object], name: str) -> None:
        """A mirrored classic queue: copies that are in step, of those its policy asks for."""
        policy = take.mapping(row.get("effective_policy_definition"))
        mode, mirrors = take.text(policy.get("ha-mode")), names(row.get("slave_nodes"))
        if mirrors is None or not (mode or mirrors):  # without statistics the policy is not shown, only what there is
            return
        count = take.count(policy.get("ha-params"))
        chosen = names(policy.get("ha-params"))
        wanted = {"": len(mirrors) + 1, "exactly": count or 1, "nodes": len(chosen or ())}.get(
            mode, len(self.cluster.nodes)
        ) - 1
        wanted = min(wanted, len(self.cluster.nodes) - 1) if self.cluster.nodes else wanted
        in_step = len(names(row.get("synchronised_slave_nodes")) or ())
        if in_step < max(wanted, len(mirrors)):
            self._trouble(row, "unmirrored", f"{name} ({in_step} of {max(wanted, len(mirrors))} mirrors in step)")

    def _backlog(self, row: Mapping[str, object], name: str) -> None:
        ready = take.count(row.get("messages_ready")) or 0
        if ready < FEW:
            return
        limit = next((rule for rule in self.ready if rule.pattern.search(name)), None)
        backlog = Backlog(
            name,
            ready,
            take.count(row.get("consumers")),
            limit.warn if limit else None,
            limit.crit if limit else None,
            place=place(row),
        )
        keep = heapq.heappushpop if len(self._longest) >= KEPT else heapq.heappush
        keep(self._longest, (ready, name, backlog))

    def unmeasured(self) -> tuple[str, ...]:
        """Hosts of nodes of which no queue at all reports its messages."""
        return tuple(sorted(node_host(node) for node, measured in self._measured.items() if not measured and node))

    def backlogs(self) -> list[Backlog]:
        """The longest queues, longest first."""
        return [backlog for _, _, backlog in sorted(self._longest, key=lambda entry: (-entry[0], entry[1]))]

    def troubles(self) -> tuple[Trouble, ...]:
        """Everything wrong, by kind."""
        return tuple(self._troubles.values())

    def totals(self) -> Totals:
        """The sums."""
        return Totals(
            sum(self.types.values()), self.excluded, self.types["classic"], self.types["quorum"], self.types["stream"],
            self.sums["messages_ready"], self.sums["messages_unacknowledged"], self.sums["consumers"],
        )  # fmt: skip


def place(row: Mapping[str, object]) -> tuple[str, str]:
    """A queue's vhost and name."""
    return take.text(row.get("vhost")), take.text(row.get("name"))


def grown(backlog: Backlog, memory: Memory) -> Backlog:
    """A backlog with its change since the last run: unlike a counter it may well shrink."""
    before = memory.last(backlog.name)
    memory.change(backlog.name, backlog.ready)  # for the next run
    change = None if before is None or memory.elapsed is None else backlog.ready - before
    key = f"{backlog.name} grew to"
    held = memory.since(key)
    to = take.count(held.condition) if held else None
    grew = None
    if change and change > 0:
        grew = memory.seconds_in(key, backlog.ready)
    elif not change and to is not None and backlog.ready >= to:
        grew = memory.seconds_in(key, to)
    return backlog._replace(change=change, seconds=None if change is None else memory.elapsed, grew=grew)


def unconsumed(backlog: Backlog) -> bool:
    """Whether a queue has no consumer and grows: as far as figures that come every few seconds show it between two runs."""
    return backlog.consumers == 0 and backlog.grew is not None and backlog.grew < STALE
