"""memcached: its statement, and how to ask it."""

from typing import TYPE_CHECKING

from hamon.lab.commands import run
from hamon.lab.errors import CommandError
from hamon.lab.host.hosts import Host
from hamon.lab.inside import program
from hamon.lab.service import Service

if TYPE_CHECKING:
    from hamon.lab.cloud import Cloud

PORT = 11211
CONNECTIONS = 40
"""Clients it takes: few on purpose, the lab fills it."""
MEGABYTES = 2
"""Room for items: little on purpose, the lab fills it."""
TIMEOUT = 3.0


def talk(cloud: "Cloud", host: Host, request: str) -> str:
    """What memcached answers until it closes the connection. Raises CommandError when it is silent."""
    argv = [*cloud.enter(host), *program("converse.py", host.address, str(PORT))]
    return run(argv, TIMEOUT, stdin=f"{request}\r\nquit\r\n")


def stat(cloud: "Cloud", host: Host, name: str) -> int:
    """One of its counters; CommandError when it is silent or does not have it."""
    for line in talk(cloud, host, "stats").splitlines():
        if line.startswith(f"STAT {name} "):
            return int(line.split()[2])
    raise CommandError(f"memcached on {host.name} does not report {name}")


MEMCACHED = Service(
    name="memcached",
    text="cache of tokens and sessions",
    role="memcached",
    argv=lambda _site, host: [
        *("memcached", "-u", "root", "-l", host.address, "-p", str(PORT), "-U", "0"),
        *("-t", "1", "-m", str(MEGABYTES), "-c", str(CONNECTIONS)),
    ],
    ready=lambda cloud, host: stat(cloud, host, "pid") > 0,
    programs={"memcached": "memcached"},
    versions={"memcached": ("memcached", "--version")},
)
SERVICES = (MEMCACHED,)
