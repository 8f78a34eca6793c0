"""What one can do to the API stand-ins."""

from collections.abc import Iterable

from hamon.lab.cloud import Cloud
from hamon.lab.components.api.service import PORT, state_file
from hamon.lab.inside import program
from hamon.lab.steps import Step


def answers(state: str, hosts: Iterable[str]) -> Step:
    """What the API stand-ins answer: a status code, or `hang`."""
    names = tuple(hosts)

    def do(cloud: Cloud) -> None:
        for name in names:
            state_file(cloud.site, cloud.host(name)).write_text(state)

    return Step(f"API stand-ins on {', '.join(names)} answer {state}", do)


def slow_clients(host: str, count: int) -> Step:
    """Open that many slow API requests through the virtual address and keep them open."""

    def do(cloud: Cloud) -> None:
        argv = program("slowclients.py", cloud.site.profile.vip("internal").address, str(PORT), str(count))
        cloud.spawn(cloud.host(host), "slow-clients", argv)

    return Step(f"{count} slow requests from {host}", do)
