"""Does a load balancer still send clients to a Galera member that cannot serve? Part of the galera component.

HAProxy's ``option mysql-check`` logs in and is content: it stays UP on a non-Primary node and on one that rejects all
queries. Only both sides together tell.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hamon.check import Options
from hamon.cluster import facts_of, gather
from hamon.probe import Ask
from hamon.verdict import WARNING, Finding, Member


def proxies(ask: Ask, options: Options) -> tuple[Member, ...]:
    """The proxies' own facts, asked like the members; none when the call names no proxies."""
    if not options.proxies or options.direct is not None:
        return ()
    from hamon.checks.haproxy import CHECK

    return gather(ask, CHECK, options, options.proxies)


def misled(others: Sequence[Member], unfit: Mapping[str, str]) -> Iterator[Finding]:
    """Proxies that count a member as usable which is not. ``unfit``: address -> the member and why it cannot serve."""
    for proxy, facts in facts_of(others).items():
        for backend in facts.backends:
            wrong = [unfit[host] for host in map(host_of, backend.up) if host in unfit]
            if wrong:
                text = f"haproxy on {proxy} still sends clients of {backend.name} to {' and '.join(wrong)}"
                yield Finding(WARNING, text, "misled")


def host_of(server: str) -> str:
    """The host part of a proxy's ``NAME=ADDRESS:PORT``."""
    return server.partition("=")[2].rpartition(":")[0].strip("[]")


def unfit_members(told: Mapping[str, Any], addresses: Mapping[str, str]) -> dict[str, str]:
    """The members that answer and cannot serve, by address: ``ctl3 (non-Primary)``."""
    found = {}
    for name, facts in told.items():
        why = (
            "Inconsistent" if facts.state == "Inconsistent"
            else (facts.status or "without wsrep") if facts.status.lower() != "primary"
            else f"rejects queries: {facts.reject_queries}" if facts.reject_queries.upper() not in ("NONE", "")
            else ""
        )  # fmt: skip
        if why:
            found[addresses[name]] = f"{name} ({why})"
    return found
