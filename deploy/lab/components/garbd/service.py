"""garbd: its statement. It joins a cluster that serves, and ends at once where there is none."""

from typing import TYPE_CHECKING

from hamon.lab import poll
from hamon.lab.components.galera.service import CLUSTER, JOIN, TIMEOUTS, serves
from hamon.lab.host.hosts import Host
from hamon.lab.service import Service
from hamon.lab.site import Site

if TYPE_CHECKING:
    from hamon.lab.cloud import Cloud

PORT = 4567
"""Of the group's own conversation."""


def bring_up(cloud: "Cloud") -> None:
    """Start each one when the data nodes serve; returns when it has joined."""
    poll.until(lambda: serves(cloud), "data nodes that an arbitrator can join", JOIN)
    for host in cloud.site.profile.having("garbd"):
        cloud.start(host, "garbd")
        cloud.await_ready(host, "garbd", JOIN)


def _argv(site: Site, host: Host) -> list[str]:
    members = ",".join(f"{member.address}:{PORT}" for member in site.profile.having("galera"))
    options = f"gmcast.listen_addr=tcp://{host.address}:{PORT};{TIMEOUTS}"
    group = ("--name", host.name, "--group", CLUSTER, "--address", f"gcomm://{members}")
    return ["garbd", *group, "--options", options, "--workdir", str(site.host_dir(host) / "tmp")]


GARBD = Service(
    name="garbd",
    text="Galera's arbitrator",
    role="garbd",
    argv=_argv,
    ready=lambda cloud, host: cloud.listens(host, PORT),
    bring_up=bring_up,
    programs={"garbd": "galera-arbitrator-4"},
    after=("rsyslog",),
    versions={"garbd": ("garbd", "--version")},
)
SERVICES = (GARBD,)
