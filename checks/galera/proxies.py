"""Does a load balancer count a Galera member as usable that cannot serve? Part of the galera component.

HAProxy's ``option mysql-check`` only logs in: the server stays UP on a non-Primary node and on one that rejects all
queries. The proxies' facts and the members' together show it.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from hamon.check import Options
from hamon.checks.galera.node import Facts
from hamon.cluster import gather
from hamon.members import Members
from hamon.names import host_and_port, joined
from hamon.probe import Ask
from hamon.verdict import WARNING, Finding

if TYPE_CHECKING:
    from hamon.checks.haproxy.facts import Facts as Proxy


def proxies(ask: Ask, options: Options) -> "Members[Proxy] | None":
    """The proxies' facts, gathered as the members' are; None when the options name no proxies."""
    if not options.proxies or options.direct is not None:
        return None
    from hamon.checks.haproxy.node import CHECK

    return gather(ask, CHECK, options, options.proxies)


def misled(others: "Members[Proxy] | None", unfit: Mapping[str, str]) -> Iterator[Finding]:
    """A finding for each proxy that counts a member as usable which is not. ``unfit``: ``address:port`` -> the member and why it cannot serve."""
    for proxy, facts in (others.reported if others else {}).items():
        for backend in facts.backends:
            servers = [
                (server, unfit[place])
                for server, _, place in (entry.partition("=") for entry in backend.up)
                if place in unfit
            ]
            if servers:
                text = (
                    f"haproxy on {proxy} counts {' and '.join(why for _, why in servers)} as usable in {backend.name}"
                )
                names = {"proxy": proxy, "backend": backend.name, "server": servers[0][0]}
                yield Finding(WARNING, text, "misled", names)


def unfit_members(reported: Mapping[str, Facts], addresses: Mapping[str, str]) -> dict[str, str]:
    """The members that answer and cannot serve, by the address their clients use: ``ctl3 (non-Primary)``."""
    ports = {host_and_port(client).port for facts in reported.values() for client in facts.view} - {""} or {"3306"}
    return {
        joined(addresses[name], port): f"{name} ({why})"
        for name, facts in reported.items()
        if (why := unfit(facts))
        for port in ports
    }


def unfit(facts: Facts) -> str:
    """Why this member cannot serve clients; empty when it can."""
    if facts.state == "Inconsistent":
        return "Inconsistent"
    if not facts.wsrep:
        return "without wsrep"
    if facts.status.lower() not in ("primary", ""):  # a status that was not reported proves nothing
        return str(facts.status)
    if facts.reject_queries.upper() not in ("NONE", ""):
        return f"rejects queries: {facts.reject_queries}"
    return ""
