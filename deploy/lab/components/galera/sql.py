"""Asking a Galera node itself, over the socket in its private /run: works when no network does."""

from typing import TYPE_CHECKING

from hamon.lab.commands import run

if TYPE_CHECKING:
    from hamon.lab.cloud import Cloud
    from hamon.lab.host.hosts import Host

SOCKET = "/run/mysqld/mysqld.sock"
TIMEOUT = 5.0


def client(cloud: "Cloud", host: "Host") -> list[str]:
    """The command line of a root client of that node, usable from the supervisor."""
    argv = ["mariadb", "--no-defaults", "--user=root", f"--socket={cloud.inside(host, SOCKET, 'galera')}"]
    return [*argv, "--batch", "--skip-column-names"]


def query(cloud: "Cloud", host: "Host", statement: str, timeout: float = TIMEOUT) -> str:
    """The rows, tab separated. Raises CommandError when the node refuses or is silent for `timeout` seconds."""
    return run([*client(cloud, host), f"--execute={statement}"], timeout)


def wsrep(cloud: "Cloud", host: "Host", name: str) -> str:
    """One `wsrep_` status value, or an empty string when the server does not know it."""
    fields = query(cloud, host, f"SHOW GLOBAL STATUS LIKE 'wsrep_{name}'").split("\t")
    return fields[1].strip() if len(fields) > 1 else ""
