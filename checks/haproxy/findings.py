"""What HAProxy's facts mean. Pure. Part of the haproxy component.

One dead host is a dead server in thirty backends: findings of the same server and reason are joined into one.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from hamon.check import Options
from hamon.checks.haproxy.facts import Backend, Facts, Server
from hamon.checks.haproxy.rows import USABLE
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding
from hamon.words import counted, duration, lasting, listed, some

T = TypeVar("T")
K = TypeVar("K")

# What a frontend that is not OPEN means: state, words.
FRONTENDS = {
    "PAUSED": (WARNING, "is PAUSED by an administrator and takes no clients"),
    "STOP": (CRITICAL, "is stopped: clients are refused"),
    "FULL": (CRITICAL, "is FULL: new clients wait"),
}


def evaluate(facts: Facts, options: Options) -> Iterator[Finding]:
    """All findings, the worst kinds first within a state."""
    if not facts.backends and not facts.frontends:
        yield Finding(UNKNOWN, "no proxy is left to judge (see --ignore)", "missing")
    if facts.stopping:
        yield Finding(
            WARNING,
            f"this process is stopping (soft-stop) and takes no new clients, up for {duration(facts.uptime or 0)}",
            "stopping",
        )
    by_backend = grouped(facts.servers, lambda server: server.backend)
    for backend in facts.backends:
        if dead(backend):
            yield down(backend, by_backend.get(backend.name, ()))
        elif backend.servers and not backend.usable:
            text = f"{backend.name} counts {(backend.active or 0) + (backend.backup or 0)} usable servers, its servers' rows none"
            yield Finding(UNKNOWN, text, "missing")
    for front in facts.frontends:
        if front.status != "OPEN":
            state, words = FRONTENDS.get(
                front.status, (UNKNOWN, f"has a status this check does not know: {front.status or 'none'}")
            )
            text = f"frontend {front.name} {words}{lasting(front.seconds)}"
            yield Finding(state, text, "frontend", {"frontend": front.name})
    yield from expected(facts.absent)
    living = {backend.name: backend for backend in facts.backends if not dead(backend)}
    yield from servers([server for server in facts.servers if server.backend in living], options)
    yield from redundancy(facts, living)
    yield from notes(facts)


def dead(backend: Backend) -> bool:
    """Whether a backend has no server to send to. One without any servers (statistics, redirects) is not dead; one that says DOWN is."""
    counted = backend.usable if backend.active is None else backend.active + (backend.backup or 0)
    return backend.servers > 0 and (not counted or backend.status.startswith("DOWN"))


def down(backend: Backend, troubled: Sequence[Server]) -> Finding:
    """The finding of a dead backend, with the reason why each server is out."""
    reasons = [
        f"{listed(server.name for server in same)} {state(same[0])}" for same in grouped(troubled, state).values()
    ]
    why = "all in maintenance: " if troubled and all(server.planned for server in troubled) else ""
    text = f"{backend.name} has no usable server: {why}{', '.join(reasons) or backend.status}"
    names = names_of(troubled[0]) if troubled else {}
    return Finding(CRITICAL, text, "backend_down", {**names, "backend": backend.name})


def names_of(server: Server) -> dict[str, str]:
    """What the runbook may fill in of a server."""
    address, _, port = server.address.rpartition(":")
    return {"backend": server.backend, "server": server.name, "address": address.strip("[]"), "port": port}


def state(server: Server) -> str:
    """A server's state and reason in brief."""
    return f"{server.status} ({server.why})" if server.why and not server.planned else server.status


def expected(absent: Sequence[str]) -> Iterator[Finding]:
    """Findings of what should be configured and is not: a missing backend stops a service, a missing server only weakens it."""
    for name in absent:
        backend, slash, server = name.partition("/")
        text = (
            f"server {server} is missing from the configuration of {backend}"
            if slash
            else f"backend {backend} is missing from the configuration"
        )
        yield Finding(WARNING if slash else CRITICAL, text, "expect", {"backend": backend})


def servers(troubled: Sequence[Server], options: Options) -> Iterator[Finding]:
    """Findings of servers that are not plainly UP, in backends that still serve."""
    for backend, places in grouped(
        [server for server in troubled if server.spare], lambda server: server.backend
    ).items():
        text = f"{counted(len(places), 'place')} of a server-template spare in {backend} ({some([server.name for server in places])})"
        yield Finding(OK, text)
    others = [server for server in troubled if not server.spare]
    for same in grouped(
        others, lambda server: (server.name, server.status, server.planned, server.why.split(" ")[0])
    ).values():
        first = same[0]
        age = max(server.seconds for server in same)
        if parked(first):
            why = "it wants no new clients" if first.status.endswith("agent") else "kept aside by the configuration"
            yield Finding(OK, f"{where(same)} {first.status}: {why}")
        elif first.planned:
            most = options.nolb_max if first.status.startswith("NOLB") else options.maint_max
            late = 0 < most < age
            limit = f", longer than {duration(most)}" if late else ""
            text = f"{where(same)} in {first.status} for {duration(age)}{limit}"
            yield Finding(WARNING if late else OK, text, "maintenance", names_of(first))
        elif first.usable:
            yield Finding(
                OK, f"{where(same)} still UP but fails its checks ({first.status}: {first.why})", "server_down"
            )
        elif first.status.split(" ")[0] not in USABLE:
            yield Finding(
                UNKNOWN, f"{where(same)} a status this check does not know: {first.status or 'none'}", "missing"
            )
        else:
            yield Finding(WARNING, f"{where(same)} {state(first)} for {duration(age)}", "server_down", names_of(first))


def where(same: Sequence[Server]) -> str:
    """``nova_api/ctl2 (10.0.0.12:8774) is``, or ``ctl2 in 12 backends (cinder_api, glance_api, ...) is``."""
    first = same[0]
    if len(same) == 1:
        return f"{first.backend}/{first.name}{f' ({first.address})' if first.address else ''} is"
    return f"{first.name} in {len(same)} backends ({some([server.backend for server in same])}) is"


def parked(server: Server) -> bool:
    """Whether a server is UP with weight 0: kept aside for good by the configuration, or by its agent."""
    return server.planned and ", weight 0" in server.status


def redundancy(facts: Facts, living: dict[str, Backend]) -> Iterator[Finding]:
    """Findings of backends that run on their backups, and of those where trouble left one server of several.

    Servers that were taken out on purpose are planned: with only such missing it is a note.
    """
    trouble = {server.backend for server in facts.servers if not server.usable and not server.planned}
    on_backup = [backend for backend in living.values() if backend.active == 0 and backend.servers > backend.spares]
    for same in grouped(on_backup, names).values():
        text = f"{some([backend.name for backend in same])} on backup servers only: {names(same[0])}"
        yield Finding(WARNING, text, "backups", {"backend": same[0].name})
    aside = [server.backend for server in facts.servers if parked(server) or server.spare]
    alone = [
        backend
        for backend in living.values()
        if backend.usable == 1 and backend.servers - aside.count(backend.name) > 1 and backend not in on_backup
    ]
    for same in grouped(alone, lambda backend: (names(backend), backend.name in trouble)).values():
        severity = WARNING if same[0].name in trouble else OK
        text = f"redundancy lost in {some([backend.name for backend in same])}: only {names(same[0])} left"
        yield Finding(severity, text, "redundancy", {"backend": same[0].name})


def names(backend: Backend) -> str:
    """The usable servers of a backend."""
    return listed(server.partition("=")[0] for server in backend.up) or f"{backend.usable} server(s)"


def notes(facts: Facts) -> Iterator[Finding]:
    """Notes: what is worth knowing and is not a trouble."""
    unchecked = [backend.name for backend in facts.backends if backend.unchecked]
    if unchecked:
        count = sum(backend.unchecked for backend in facts.backends)
        yield Finding(OK, f"{count} server(s) without health checks in {some(unchecked)}")
    if facts.no_info:
        yield Finding(OK, f"the process's own figures are not known (show info: {facts.no_info})")
    if facts.processes > 1:
        yield Finding(OK, f"one of {facts.processes} processes (nbproc): the figures are this one's alone")


def grouped(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """Items by key, in their order."""
    groups: dict[K, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def summary(facts: Facts, options: Options) -> str:  # noqa: ARG001
    """The evidence for OK."""
    usable = sum(backend.usable for backend in facts.backends)
    serving = sum(1 for backend in facts.backends if backend.servers)
    places = sum(backend.servers for backend in facts.backends) - sum(server.spare for server in facts.servers)
    return f"{usable} of {places} servers usable in {serving} backends, {len(facts.frontends)} frontends OPEN"
