"""The verbs and the truths of which failures are written: small values, put together in failures.py.

A Step does something to the cloud; a Truth is something one can see about it, asked at the service itself.
"""

import signal
from collections.abc import Callable, Iterable
from typing import NamedTuple

from hamon.lab import bringup, galera, haproxy, keepalived, network, poll, sql
from hamon.lab.cloud import Cloud
from hamon.lab.errors import CommandError, LabError
from hamon.lab.services import api_state_file, python_program

SERVE = 60.0
"""Seconds a restarted service has until it serves again, a full state transfer included."""


class Step(NamedTuple):
    """One thing done to the cloud."""

    text: str
    do: Callable[[Cloud], None]


class Truth(NamedTuple):
    """One thing that can be seen about the cloud."""

    text: str
    holds: Callable[[Cloud], bool]


# verbs


def kill(host: str, service: str) -> Step:
    """Kill (-9) a service and its children."""
    return Step(f"kill -9 {service} on {host}", lambda cloud: cloud.kill(cloud.host(host), service))


def stop(host: str, service: str) -> Step:
    """Stop a service the friendly way."""
    return Step(f"stop {service} on {host}", lambda cloud: cloud.stop(cloud.host(host), service))


def start(host: str, service: str) -> Step:
    """Start a service and wait until it serves; one that runs already is only waited for."""

    def do(cloud: Cloud) -> None:
        if not cloud.alive(cloud.host(host), service):
            cloud.start(cloud.host(host), service)
        cloud.await_ready(cloud.host(host), service, SERVE)

    return Step(f"start {service} on {host}", do)


def send(host: str, service: str, number: signal.Signals) -> Step:
    """Signal a service and its children."""
    return Step(f"{number.name} to {service} on {host}", lambda cloud: cloud.send(cloud.host(host), service, number))


def isolate(*hosts: str) -> Step:
    """Cut hosts off from the other cluster members."""
    return Step(f"cut {', '.join(hosts)} off", lambda cloud: network.cut(network.isolate(cloud.site.profile, hosts)))


ISOLATE_EVERYONE = Step(
    "cut every link between members", lambda cloud: network.cut(network.isolate_everyone(cloud.site.profile))
)
LOSE_VRRP = Step("lose the VRRP adverts", lambda _cloud: network.cut(network.no_vrrp()))
MEND = Step("mend the network", lambda _cloud: network.mend())


def power_off(host: str) -> Step:
    """Pull the plug."""
    return Step(f"power off {host}", lambda cloud: cloud.power_off(cloud.host(host)))


def power_on(host: str) -> Step:
    """Boot the host and start everything on it; waits until everything serves."""

    def do(cloud: Cloud) -> None:
        cloud.power_on(cloud.host(host))
        bringup.start_all(cloud, cloud.host(host))
        for service in cloud.services_of(cloud.host(host)):
            cloud.await_ready(cloud.host(host), service.name, SERVE)

    return Step(f"power on {host}", do)


def execute(host: str, statement: str) -> Step:
    """SQL as root on one node."""

    def do(cloud: Cloud) -> None:
        sql.query(cloud, cloud.host(host), statement, timeout=15)

    return Step(f"{host}: {statement}", do)


def session(host: str, name: str, statement: str) -> Step:
    """A database session that runs one statement and then sits there, until it is ended by name.

    Idle, so that the server sees at once when its client is gone, and lets go of what the session held.
    """

    def do(cloud: Cloud) -> None:
        shell = '{ echo "$1"; exec sleep infinity; } | mariadb --no-defaults --user=root --socket="$2"'
        cloud.spawn(cloud.host(host), name, ["sh", "-c", shell, name, f"{statement};", sql.SOCKET])

    return Step(f"{host}: session {name!r}: {statement}", do)


def writer(host: str, name: str, statement: str) -> Step:
    """A client that repeats one statement as fast as the node takes it, until it is ended by name."""

    def do(cloud: Cloud) -> None:
        shell = 'yes "$1" | mariadb --no-defaults --user=root --socket="$2"'
        cloud.spawn(cloud.host(host), name, ["sh", "-c", shell, name, f"{statement};", sql.SOCKET])

    return Step(f"{host}: write without end", do)


def end(host: str, name: str) -> Step:
    """Kill (-9) a service, or a background process of `session`, `writer` or `slow_clients`; none left is fine."""

    def do(cloud: Cloud) -> None:
        if cloud.alive(cloud.host(host), name):
            cloud.kill(cloud.host(host), name)

    return Step(f"end {name!r} on {host}", do)


def answers(state: str, hosts: Iterable[str]) -> Step:
    """What the API stand-ins answer: a status code, or `hang`."""
    names = tuple(hosts)

    def do(cloud: Cloud) -> None:
        for name in names:
            api_state_file(cloud.site, cloud.host(name)).write_text(state)

    return Step(f"API stand-ins on {', '.join(names)} answer {state}", do)


def tell_haproxy(command: str, *hosts: str) -> Step:
    """One command to the admin sockets."""

    def do(cloud: Cloud) -> None:
        for name in hosts:
            said = haproxy.ask(cloud, cloud.host(name), command).strip()
            if said:
                raise CommandError(f"haproxy on {name} said to {command!r}: {said}")

    return Step(f"haproxy on {', '.join(hosts)}: {command}", do)


def slow_clients(host: str, count: int) -> Step:
    """Open that many slow API requests through the virtual address and keep them open."""

    def do(cloud: Cloud) -> None:
        argv = python_program("slowclients.py", cloud.site.profile.vip, "8774", str(count))
        cloud.spawn(cloud.host(host), "slow-clients", argv)

    return Step(f"{count} slow requests from {host}", do)


def track(value: int, *hosts: str) -> Step:
    """The operator's word to keepalived: 0 is fine, -1 is FAULT."""

    def do(cloud: Cloud) -> None:
        for name in hosts:
            cloud.inside(cloud.host(name), keepalived.TRACK_FILE).write_text(f"{value}\n")

    return Step(f"keepalived track file {value} on {', '.join(hosts)}", do)


def rejoin_empty(host: str) -> Step:
    """Full state transfer into an empty data directory."""
    return Step(
        f"{host} rejoins with an empty data directory", lambda cloud: galera.rejoin_empty(cloud, cloud.host(host))
    )


def wait(truth: Truth, deadline: float = 30.0) -> Step:
    """Do nothing until something is true."""

    def do(cloud: Cloud) -> None:
        poll.until(lambda: truth.holds(cloud), truth.text, deadline)

    return Step(f"wait until {truth.text}", do)


# truths


def wsrep(host: str, name: str, value: str) -> Truth:
    """A wsrep status value on one node."""
    return Truth(f"wsrep_{name} on {host} = {value}", lambda cloud: sql.wsrep(cloud, cloud.host(host), name) == value)


def refuses_queries(host: str) -> Truth:
    """The node answers SHOW and refuses every real query."""

    def holds(cloud: Cloud) -> bool:
        sql.wsrep(cloud, cloud.host(host), "ready")
        try:
            sql.query(cloud, cloud.host(host), "SELECT COUNT(*) FROM pocket.t")
        except CommandError:
            return True
        return False

    return Truth(f"{host} refuses queries", holds)


def rising(host: str, name: str) -> Truth:
    """A wsrep counter that grows between two looks while the truth is asked."""

    def holds(cloud: Cloud) -> bool:
        before = int(sql.wsrep(cloud, cloud.host(host), name))
        return int(sql.wsrep(cloud, cloud.host(host), name)) > before

    return Truth(f"wsrep_{name} on {host} rising", holds)


def gone(host: str, service: str) -> Truth:
    """The service has no process left."""
    return Truth(f"{service} on {host} is dead", lambda cloud: not cloud.alive(cloud.host(host), service))


def unpowered(host: str) -> Truth:
    """The host is off."""
    return Truth(f"{host} has no power", lambda cloud: not cloud.powered(cloud.host(host)))


def server(balancer: str, proxy: str, name: str, status: str) -> Truth:
    """What one HAProxy says of a server, a backend or a frontend."""
    return Truth(
        f"haproxy on {balancer}: {proxy}/{name} {status}",
        lambda cloud: haproxy.row(cloud, cloud.host(balancer), proxy, name).status == status,
    )


def session_limit(balancer: str, proxy: str) -> Truth:
    """The frontend has as many sessions as it may."""

    def holds(cloud: Cloud) -> bool:
        row = haproxy.row(cloud, cloud.host(balancer), proxy, "FRONTEND")
        return row.sessions >= row.limit

    return Truth(f"haproxy on {balancer}: {proxy} is at its session limit", holds)


def idle(balancer: str, proxy: str) -> Truth:
    """The frontend has no session left: HAProxy keeps those of clients that went away until the server answered."""

    def holds(cloud: Cloud) -> bool:
        return haproxy.row(cloud, cloud.host(balancer), proxy, "FRONTEND").sessions == 0

    return Truth(f"haproxy on {balancer}: {proxy} has no session", holds)


def vip_on(*hosts: str) -> Truth:
    """Exactly these hosts hold the virtual address."""
    return Truth(
        f"virtual address on {' and '.join(hosts) or 'nobody'}",
        lambda cloud: keepalived.holders(cloud) == list(hosts),
    )


def different_rows(one: str, other: str) -> Truth:
    """Two nodes hold different data in the same table."""
    statement = "SET SESSION wsrep_sync_wait=0; SELECT GROUP_CONCAT(told_by ORDER BY id) FROM pocket.t"
    return Truth(
        f"{one} and {other} hold different rows",
        lambda cloud: sql.query(cloud, cloud.host(one), statement) != sql.query(cloud, cloud.host(other), statement),
    )


def every(*truths: Truth) -> Truth:
    """All of them."""
    return Truth("; ".join(truth.text for truth in truths), lambda cloud: all(truth.holds(cloud) for truth in truths))


def _serves(cloud: Cloud) -> bool:
    """Every service of every host serves."""
    return all(cloud.ready(host, service) for host in cloud.site.profile.hosts for service in cloud.services_of(host))


def _healthy(cloud: Cloud) -> bool:
    try:
        return _serves(cloud) and galera.whole(cloud) and len(keepalived.holders(cloud)) == 1
    except LabError:
        return False


HEALTHY = Truth("every service serves, Galera whole, one holder of the virtual address", _healthy)
