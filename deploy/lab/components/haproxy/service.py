"""HAProxy: its statement, and how to ask it over its admin socket."""

import csv
import socket
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hamon.errors import UsageError
from hamon.lab import passwords
from hamon.lab.errors import CommandError
from hamon.lab.host.hosts import Host
from hamon.lab.service import Service
from hamon.lab.site import Site, render

if TYPE_CHECKING:
    from hamon.lab.cloud import Cloud

SOCKET, KOLLA_SOCKET = "/run/haproxy/admin.sock", "/var/lib/kolla/haproxy/haproxy.sock"
STATISTICS = "haproxy"
"""The user of the statistics page, where it asks for one."""
TIMEOUT = 3.0


class Row(NamedTuple):
    """A line of `show stat`."""

    proxy: str
    name: str
    status: str
    sessions: int
    limit: int


def ask(cloud: "Cloud", host: Host, command: str) -> str:
    """HAProxy's answer to one command; CommandError when nothing answers at the socket."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as conversation:
            conversation.settimeout(TIMEOUT)
            path = KOLLA_SOCKET if cloud.site.profile.kolla else SOCKET
            conversation.connect(str(cloud.inside(host, path, "haproxy")))
            conversation.sendall(command.encode() + b"\n")
            return b"".join(iter(lambda: conversation.recv(65536), b"")).decode()
    except OSError as error:
        raise CommandError(f"haproxy on {host.name}: {error}") from None


def rows(cloud: "Cloud", host: Host) -> list[Row]:
    """The rows of HAProxy's table: every frontend, backend and server."""
    lines = ask(cloud, host, "show stat").removeprefix("# ").splitlines()
    return [
        Row(row["pxname"], row["svname"], row["status"], int(row["scur"] or 0), int(row["slim"] or 0))
        for row in csv.DictReader(line for line in lines if line)
    ]


def row(cloud: "Cloud", host: Host, proxy: str, name: str) -> Row:
    """One line of the table; CommandError if it has no such line."""
    for candidate in rows(cloud, host):
        if (candidate.proxy, candidate.name) == (proxy, name):
            return candidate
    raise CommandError(f"haproxy on {host.name} knows no {proxy}/{name}")


def all_up(cloud: "Cloud", host: Host) -> bool:
    """Whether every server behind it is UP, not on the way there. One without health checks always is."""
    table = rows(cloud, host)
    return bool(table) and all(entry.status in {"UP", "OPEN", "no check"} for entry in table)


def _password(site: Site) -> str:
    """The password of the statistics page, made by the first that asks."""
    try:
        return passwords.made(site, "haproxy")
    except UsageError:
        return passwords.make(site, "haproxy", STATISTICS)


def _files(site: Site, host: Host) -> dict[Path, str]:
    text = render(
        "haproxy/haproxy.cfg.j2",
        host=host,
        vip=site.profile.vip("internal").address,
        apis=site.profile.having("api"),
        members=site.profile.having("galera"),
        brokers=site.profile.having("rabbitmq"),
        socket=KOLLA_SOCKET if site.profile.kolla else "",
        login=f"{STATISTICS}:{_password(site)}" if site.profile.kolla else "",
    )
    return {site.host_etc(host) / "haproxy.cfg": text}


HAPROXY = Service(
    name="haproxy",
    text="load balancer in front of Galera and the APIs",
    role="haproxy",
    argv=lambda site, host: ["haproxy", "-db", "-f", str(site.host_etc(host) / "haproxy.cfg")],
    files=_files,
    ready=all_up,
    run=("haproxy",),
    programs={"haproxy": "haproxy"},
    after=("rsyslog",),
    versions={"HAProxy": ("haproxy", "-v")},
    checks={"haproxy": {"args": ["--socket", "/run/haproxy/stats.sock"]}},
)
SERVICES = (HAPROXY,)
