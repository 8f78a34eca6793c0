"""All HAProxy nodes side by side: what is dead for every client, and what only one proxy cannot reach; and the component.

A backend without servers on every proxy is an outage of that service; on one proxy alone it is that proxy's path. The node
check reports which servers are down and why; this one reports what clients lose, once, however many proxies see it.
"""

from collections.abc import Iterator
from typing import NamedTuple

from hamon.check import Example, Limit, Options
from hamon.checks.haproxy.facts import Backend, Facts
from hamon.checks.haproxy.node import CHECK
from hamon.checks.haproxy.runbook import CLUSTER as CLUSTER_RUNBOOK
from hamon.cluster import cluster_check
from hamon.members import Members
from hamon.plugin import plugin
from hamon.verdict import CRITICAL, OK, WARNING, Finding
from hamon.words import listed


class Figures(NamedTuple):
    """The proxies in numbers."""

    proxies: int
    serving: int
    backends_down: int  # on every proxy that has them
    unreachable: int


def dead(backend: Backend) -> bool:
    """Whether a backend that has servers has no usable one, by its own row or, where that has no count, by its servers' rows."""
    usable = backend.usable if backend.active is None else backend.active + (backend.backup or 0)
    return bool(backend.servers) and not usable


def views(reported: dict[str, Facts]) -> dict[str, dict[str, bool]]:
    """For each backend with servers: proxy -> whether the backend is dead there."""
    by_backend: dict[str, dict[str, bool]] = {}
    for proxy, facts in sorted(reported.items()):
        for backend in facts.backends:
            if backend.servers:
                by_backend.setdefault(backend.name, {})[proxy] = dead(backend)
    return by_backend


def consensus(members: Members[Facts], options: Options) -> Iterator[Finding]:  # noqa: ARG001
    """The findings over all proxies."""
    nobody = members.nobody("proxies")
    if nobody:
        yield nobody
        return
    reported = members.reported
    for backend, by_proxy in views(reported).items():
        lost = [proxy for proxy, gone in by_proxy.items() if gone]
        if lost and len(lost) == len(by_proxy):
            text = f"{backend} has no usable server on {listed(lost)}: it is down for every client"
            yield Finding(CRITICAL, text, "backend", {"backend": backend, "member": lost[0]})
        elif lost:
            rest = listed(proxy for proxy in by_proxy if proxy not in lost)
            text = f"{backend} has no usable server on {listed(lost)}, but on {rest} it has"
            yield Finding(WARNING, text, "path", {"backend": backend, "member": lost[0]})
    for proxy, seen in sorted(reported.items()):
        full = [
            frontend.name
            for frontend in seen.frontends
            if frontend.sessions_used is not None and frontend.sessions_used >= 1
        ]
        if full:
            text = f"{listed(full)} on {proxy} at the session limit: new clients wait"
            yield Finding(CRITICAL, text, "full", {"frontend": full[0], "member": proxy})
    for name, reason in members.dead.items():
        text = f"{name} has no HAProxy ({reason}), {listed(sorted(reported))} left"
        yield Finding(WARNING, text, "proxies", {"member": name})
    for name in members.unasked:
        yield Finding(OK, members.apologies([name]), "unreachable")


def figures(members: Members[Facts], options: Options) -> Figures:  # noqa: ARG001
    """The figures over all proxies."""
    reported = members.reported
    down = sum(1 for by_proxy in views(reported).values() if all(by_proxy.values()))
    return Figures(len(members), len(reported), down, len(members.silent))


def summary(members: Members[Facts], options: Options) -> str:  # noqa: ARG001
    """The evidence for OK."""
    reported = members.reported
    return f"{len(views(reported))} backends have usable servers on {listed(sorted(reported))}"


CLUSTER = cluster_check(
    "haproxy_cluster",
    "Has every backend usable servers for clients, seen from all proxies?",
    of=CHECK,
    consensus=consensus,
    summary=summary,
    figures=figures,
    limits=(
        Limit("serving", "proxies that answer", minimum=0),
        Limit("backends_down", "backends without a usable server on every proxy that has them", minimum=0),
        Limit("unreachable", "proxies that gave no facts", minimum=0),
    ),
    runbook=CLUSTER_RUNBOOK,
    example=Example(
        "--members ctl1=10.77.0.11,ctl2=10.77.0.12",
        "HAPROXY_CLUSTER OK - 3 backends have usable servers on ctl1 and ctl2",
    ),
)

main = plugin(CLUSTER)
