"""RabbitMQ queues, page by page, folded into a tally that stays small however many there are. No component of its own."""

import heapq
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from hamon.checks.rabbitmq.api import names, number, plainly, text
from hamon.memory import Memory

COLUMNS = (
    "vhost", "name", "type", "state", "node", "consumers", "messages_ready", "messages_unacknowledged", "leader", "members",
    "online", "slave_nodes", "synchronised_slave_nodes", "effective_policy_definition.ha-mode",
    "effective_policy_definition.ha-params", "arguments.x-quorum-initial-group-size",
)  # fmt: skip
DEAD = ("down", "crashed", "stopped")  # states in which a queue neither takes nor gives messages
FEW = 10  # ready messages below which growth is nothing to speak of
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
    """Sums over all queues that count; messages are None while no queue tells any."""

    queues: int
    excluded: int
    classic: int
    quorum: int
    stream: int
    ready: int | None
    unacked: int | None
    consumers: int | None


class Cluster(NamedTuple):
    """The nodes a queue can have copies on."""

    nodes: frozenset[str]
    running: frozenset[str]
    replicas: int  # members a quorum queue gets by default
    draining: frozenset[str] = frozenset()  # in maintenance mode: their members of quorum queues are stopped on purpose


class Tally:
    """Everything worth keeping of all rows, added one by one."""

    def __init__(
        self,
        cluster: Cluster,
        include: Iterable["re.Pattern[str]"],
        exclude: Iterable["re.Pattern[str]"],
        ready: Iterable[Ready],
        shown: int,
    ) -> None:
        self.cluster, self.shown = cluster, shown
        self.include, self.exclude, self.ready = tuple(include), tuple(exclude), tuple(ready)
        self.excluded = 0
        self.types = {"classic": 0, "quorum": 0, "stream": 0}
        self.sums: dict[str, int | None] = {"messages_ready": None, "messages_unacknowledged": None, "consumers": None}
        self._troubles: dict[str, list[Any]] = {}
        self._longest: list[tuple[int, str, Backlog]] = []

    def add(self, row: Mapping[str, Any]) -> None:
        """One queue."""
        name = f"{text(row, 'vhost').rstrip('/')}/{text(row, 'name')}"
        if any(pattern.search(name) for pattern in self.exclude) or (
            self.include and not any(pattern.search(name) for pattern in self.include)
        ):
            self.excluded += 1
            return
        kind = text(row, "type") or "classic"
        self.types[kind] = self.types.get(kind, 0) + 1
        for key in self.sums:
            value = number(row, key)
            if value is not None:
                self.sums[key] = (self.sums[key] or 0) + int(value)
        if text(row, "state") in DEAD:
            self._trouble(row, "down", f"{name} ({text(row, 'state')}, {plainly(text(row, 'node')) or 'node unknown'})")
        elif kind in ("quorum", "stream"):
            self._replicated(row, name, kind)
        else:
            self._mirrored(row, name)
        if kind != "stream":  # what a stream keeps is not waiting for anybody
            self._backlog(row, name)

    def _trouble(self, row: Mapping[str, Any], kind: str, queue: str) -> None:
        found = self._troubles.setdefault(kind, [0, [], place(row)])
        found[0] += 1
        if len(found[1]) < self.shown:
            found[1].append(queue)

    def _replicated(self, row: Mapping[str, Any], name: str, kind: str) -> None:
        """A quorum queue or stream: majority, leader, members. Its state says ``running`` with one of three online."""
        members, online = names(row, "members"), names(row, "online")
        if not members or online is None:
            self._trouble(row, "untold", name)
            return
        up = [member for member in members if member in online]
        of = f"{name} ({len(up)} of {len(members)} online)"
        leader = text(row, "leader")
        if len(up) <= len(members) / 2:
            self._trouble(row, "no_quorum", of)
        elif kind == "quorum" and leader not in up:
            self._trouble(row, "leaderless", name)
        elif len(up) < len(members):
            gone = [member for member in members if member not in online]
            kind_of = "offline" if set(gone) - self.cluster.draining else "planned"
            self._trouble(row, kind_of, f"{name} (without {' '.join(map(plainly, gone))})")
        if not self.cluster.nodes:
            return
        foreign = [plainly(member) for member in members if member not in self.cluster.nodes]
        arguments = row.get("arguments")
        wanted = min(
            int(number(arguments, "x-quorum-initial-group-size") or self.cluster.replicas), len(self.cluster.nodes)
        )
        if foreign:
            self._trouble(row, "foreign", f"{name} (member on {' '.join(foreign)})")
        elif kind == "quorum" and len(members) < wanted:
            self._trouble(row, "few_members", f"{name} ({len(members)} of {wanted} members)")

    def _mirrored(self, row: Mapping[str, Any], name: str) -> None:
        """A mirrored classic queue: copies that are in step, of those its policy asks for."""
        policy = row.get("effective_policy_definition")
        mode, mirrors = text(policy, "ha-mode"), names(row, "slave_nodes")
        if not mode or mirrors is None or not isinstance(policy, Mapping):
            return
        count = number(policy, "ha-params")
        chosen = names(policy, "ha-params")
        wanted = {"exactly": int(count or 1), "nodes": len(chosen or ())}.get(mode, len(self.cluster.nodes)) - 1
        wanted = min(wanted, len(self.cluster.nodes) - 1) if self.cluster.nodes else wanted
        in_step = len(names(row, "synchronised_slave_nodes") or ())
        if in_step < max(wanted, len(mirrors)):
            self._trouble(row, "unmirrored", f"{name} ({in_step} of {max(wanted, len(mirrors))} mirrors in step)")

    def _backlog(self, row: Mapping[str, Any], name: str) -> None:
        ready = int(number(row, "messages_ready") or 0)
        if ready < FEW:
            return
        limit = next((one for one in self.ready if one.pattern.search(name)), None)
        consumers = number(row, "consumers")
        found = Backlog(
            name,
            ready,
            None if consumers is None else int(consumers),
            limit.warn if limit else None,
            limit.crit if limit else None,
            place=place(row),
        )
        keep = heapq.heappushpop if len(self._longest) >= KEPT else heapq.heappush
        keep(self._longest, (ready, name, found))

    def backlogs(self) -> list[Backlog]:
        """The longest queues, longest first."""
        return [found for _, _, found in sorted(self._longest, key=lambda one: (-one[0], one[1]))]

    def troubles(self) -> tuple[Trouble, ...]:
        """Everything wrong, by kind."""
        return tuple(
            Trouble(kind, count, tuple(queues), where) for kind, (count, queues, where) in self._troubles.items()
        )

    def totals(self) -> Totals:
        """The sums."""
        return Totals(
            sum(self.types.values()), self.excluded, self.types["classic"], self.types["quorum"], self.types["stream"],
            self.sums["messages_ready"], self.sums["messages_unacknowledged"], self.sums["consumers"],
        )  # fmt: skip


def place(row: Mapping[str, Any]) -> tuple[str, str]:
    """A queue's vhost and name."""
    return text(row, "vhost"), text(row, "name")


def grown(one: Backlog, memory: Memory) -> Backlog:
    """A backlog with its change since the last run: unlike a counter it may well shrink."""
    before = memory.before.get("values", {}).get(one.name)
    memory.change(one.name, one.ready)  # for the next run
    change = None if before is None or memory.elapsed is None else one.ready - before
    key = f"{one.name} grew to"
    to = memory.before.get("since", {}).get(key, (None,))[0]
    grew = None
    if change and change > 0:
        grew = memory.seconds_in(key, one.ready)
    elif not change and isinstance(to, int | float) and one.ready >= to:
        grew = memory.seconds_in(key, to)
    return one._replace(change=change, seconds=None if change is None else memory.elapsed, grew=grew)


def unconsumed(one: Backlog) -> bool:
    """Whether a queue has no consumer and grows: as far as figures that come every few seconds can tell between two runs."""
    return one.consumers == 0 and one.grew is not None and one.grew < STALE
