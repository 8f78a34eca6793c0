"""What one can do to HAProxy and see at it."""

from hamon.lab.cloud import Cloud
from hamon.lab.components.haproxy import service as haproxy
from hamon.lab.errors import CommandError
from hamon.lab.steps import Step, Truth


def tell_haproxy(command: str, *hosts: str) -> Step:
    """Send one command to the admin sockets."""

    def do(cloud: Cloud) -> None:
        for name in hosts:
            answer = haproxy.ask(cloud, cloud.host(name), command).strip()
            if answer:
                raise CommandError(f"haproxy on {name} answered {command!r}: {answer}")

    return Step(f"haproxy on {', '.join(hosts)}: {command}", do)


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
