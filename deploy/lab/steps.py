"""The verbs and truths that fit every service and host.

A Step does something to the cloud; a Truth is something one can see about it, asked at the service itself.
"""

import signal
from collections.abc import Callable, Collection
from typing import NamedTuple

from hamon.lab import bringup, poll
from hamon.lab.cloud import Cloud
from hamon.lab.host import network

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
    """Stop a service with SIGTERM."""
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


def isolate(*hosts: str, links: Collection[int] = network.ALL_LINKS) -> Step:
    """Cut hosts off from the other cluster members, on all links or on some."""
    where = "" if links is network.ALL_LINKS else f" on link {', '.join(map(str, links))}"
    return Step(
        f"cut {', '.join(hosts)} off{where}",
        lambda cloud: network.cut(network.isolate(cloud.site.profile, hosts, links)),
    )


def scatter(*hosts: str) -> Step:
    """Cut every link between these hosts."""
    return Step(
        f"cut every link between {', '.join(hosts)}",
        lambda cloud: network.cut(network.scatter([cloud.host(name) for name in hosts])),
    )


ISOLATE_EVERYONE = Step(
    "cut every link between members", lambda cloud: network.cut(network.scatter(cloud.site.profile.members))
)
MEND = Step("mend the network", lambda _cloud: network.mend())


def power_off(host: str) -> Step:
    """Power the host off."""
    return Step(f"power off {host}", lambda cloud: cloud.power_off(cloud.host(host)))


def power_on(host: str) -> Step:
    """Boot the host and start everything on it; waits until everything serves, also if the host was on already."""

    def do(cloud: Cloud) -> None:
        if not cloud.powered(cloud.host(host)):
            cloud.power_on(cloud.host(host))
            bringup.start_all(cloud, cloud.host(host))
        for service in cloud.services_of(cloud.host(host)):
            cloud.await_ready(cloud.host(host), service.name, SERVE)

    return Step(f"power on {host}", do)


def end(host: str, name: str) -> Step:
    """Kill (-9) a service, or a background process of `session`, `writer`, `publisher` or `slow_clients`; none left is fine."""

    def do(cloud: Cloud) -> None:
        if cloud.alive(cloud.host(host), name):
            cloud.kill(cloud.host(host), name)

    return Step(f"end {name!r} on {host}", do)


def wait(truth: Truth, deadline: float = 30.0) -> Step:
    """Do nothing until something is true."""

    def do(cloud: Cloud) -> None:
        poll.until(lambda: truth.holds(cloud), truth.text, deadline)

    return Step(f"wait until {truth.text}", do)


# truths


def gone(host: str, service: str) -> Truth:
    """The service has no process left."""
    return Truth(f"{service} on {host} is dead", lambda cloud: not cloud.alive(cloud.host(host), service))


def unpowered(host: str) -> Truth:
    """The host is off."""
    return Truth(f"{host} has no power", lambda cloud: not cloud.powered(cloud.host(host)))


def every(*truths: Truth) -> Truth:
    """All of these truths hold."""
    return Truth("; ".join(truth.text for truth in truths), lambda cloud: all(truth.holds(cloud) for truth in truths))


def some(*truths: Truth) -> Truth:
    """At least one of these truths holds."""
    return Truth(
        "; or ".join(truth.text for truth in truths), lambda cloud: any(truth.holds(cloud) for truth in truths)
    )


def otherwise(truth: Truth) -> Truth:
    """The truth does not hold; a question without an answer is still an error."""
    return Truth(f"not: {truth.text}", lambda cloud: not truth.holds(cloud))


def unready(host: str, service: str) -> Truth:
    """The service does not serve, whether it runs or not."""
    return Truth(
        f"{service} on {host} does not serve",
        lambda cloud: not cloud.ready(cloud.host(host), cloud.service(service)),
    )


def vip_on(*hosts: str, vip: str = "internal") -> Truth:
    """Exactly these hosts hold the virtual address: by the kernel, not by a daemon."""
    return Truth(
        f"virtual address {vip} on {' and '.join(hosts) or 'nobody'}",
        lambda cloud: cloud.holders(cloud.site.profile.vip(vip)) == list(hosts),
    )


HEALTHY = Truth(
    "every service serves, every cluster is whole, one holder of each virtual address", lambda cloud: cloud.healthy()
)
"""Everything is as it was when the cloud had come up."""
