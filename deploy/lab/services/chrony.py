"""chronyd: a reference that tells its own clock, and members that follow it. None of them touches the machine's clock."""

from pathlib import Path
from typing import TYPE_CHECKING

from hamon.lab.commands import run
from hamon.lab.errors import CommandError
from hamon.lab.hosts import Host
from hamon.lab.service import Service
from hamon.lab.site import Site, render

if TYPE_CHECKING:
    from hamon.lab.cloud import Cloud

PORT = "0000:007B"  # any address, NTP, as /proc/net/udp writes it
REACH = 5
"""Column of the reach register in `chronyc -c sources`: one bit for each of the last eight polls."""
PROGRAMS = {"chronyd": "chrony", "chronyc": "chrony"}


def reached(cloud: "Cloud", host: Host) -> bool:
    """Whether the member's source answered one of the last eight polls. Raises CommandError when chronyd does not answer."""
    rows = [line.split(",") for line in run([*cloud.enter(host), "chronyc", "-c", "sources"]).splitlines()]
    if not rows:
        raise CommandError(f"chronyd on {host.name} has no source")
    return any(row[REACH] != "0" for row in rows)


def follows(cloud: "Cloud", host: Host) -> bool:
    """Whether the member follows its source."""
    return any(line.startswith("^,*") for line in run([*cloud.enter(host), "chronyc", "-c", "sources"]).splitlines())


def _argv(site: Site, host: Host) -> list[str]:
    return ["chronyd", "-x", "-n", "-u", "root", "-f", str(site.host_etc(host) / "chrony.conf")]


def _files(site: Site, host: Host) -> dict[Path, str]:
    servers = site.profile.having("reference")
    return {site.host_etc(host) / "chrony.conf": render("chrony.conf.j2", reference=host in servers, servers=servers)}


REFERENCE = Service(
    name="reference",
    text="the time that the members follow",
    role="reference",
    argv=_argv,
    files=_files,
    ready=lambda cloud, host: PORT in run([*cloud.enter(host), "cat", "/proc/net/udp"]),
    programs=PROGRAMS,
)
CHRONY = Service(
    name="chrony",
    text="chronyd",
    role="chrony",
    argv=_argv,
    files=_files,
    ready=follows,
    programs=PROGRAMS,
)
