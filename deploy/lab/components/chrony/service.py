"""chronyd: a reference that serves its own clock, and members that follow it. None of them touches the machine's clock."""

from pathlib import Path
from typing import TYPE_CHECKING

from hamon.lab.commands import run
from hamon.lab.errors import CommandError
from hamon.lab.host.hosts import Host
from hamon.lab.service import Service
from hamon.lab.site import Site, render

if TYPE_CHECKING:
    from hamon.lab.cloud import Cloud

PORT = "0000:007B"  # any address, NTP, as /proc/net/udp writes it
STATE, FOLLOWED = 1, "*"
"""Column of `chronyc -c sources` and what it says of the source that is followed."""
REACH = 5
"""Column of the reach register: one bit for each of the last eight polls."""
PROGRAMS = {"chronyd": "chrony", "chronyc": "chrony"}


def sources(cloud: "Cloud", host: Host) -> list[list[str]]:
    """The fields of every source chronyd has. Raises CommandError when it does not answer or has none."""
    rows = [line.split(",") for line in run([*cloud.enter(host), "chronyc", "-c", "sources"]).splitlines()]
    if not rows:
        raise CommandError(f"chronyd on {host.name} has no source")
    return rows


def reached(cloud: "Cloud", host: Host) -> bool:
    """Whether a source of the member answered one of the last eight polls. Raises CommandError as `sources`."""
    return any(row[REACH] != "0" for row in sources(cloud, host))


def follows(cloud: "Cloud", host: Host) -> bool:
    """Whether the member follows a source. Raises CommandError as `sources`."""
    return any(row[STATE] == FOLLOWED for row in sources(cloud, host))


def _argv(site: Site, host: Host) -> list[str]:
    return ["chronyd", "-x", "-n", "-u", "root", "-f", str(site.host_etc(host) / "chrony.conf")]


def _files(site: Site, host: Host) -> dict[Path, str]:
    servers = site.profile.having("reference")
    return {
        site.host_etc(host) / "chrony.conf": render("chrony/chrony.conf.j2", reference=host in servers, servers=servers)
    }


REFERENCE = Service(
    name="reference",
    text="the time that the members follow",
    role="reference",
    argv=_argv,
    files=_files,
    ready=lambda cloud, host: PORT in run([*cloud.enter(host), "cat", "/proc/net/udp"]),
    programs=PROGRAMS,
    after=("rsyslog",),
)
CHRONY = Service(
    name="chrony",
    text="chronyd",
    role="chrony",
    argv=_argv,
    files=_files,
    ready=follows,
    programs=PROGRAMS,
    after=("rsyslog",),
    versions={"chrony": ("chronyd", "--version")},
)
SERVICES = (REFERENCE, CHRONY)
