"""Corosync: who is in the membership of a Pacemaker cluster, and whether it has quorum."""

from pathlib import Path
from typing import TYPE_CHECKING

from hamon.lab.commands import run
from hamon.lab.host.hosts import Host, Profile
from hamon.lab.service import Service
from hamon.lab.site import Site, render

if TYPE_CHECKING:
    from hamon.lab.cloud import Cloud

CONFIG = "/etc/corosync"


def cluster_of(profile: Profile, host: Host) -> str:
    """The name of the cluster a host is a member of."""
    return next(name for name, role in profile.clusters["pacemaker"].items() if role in host.roles)


def quorum(cloud: "Cloud", host: Host) -> dict[str, str]:
    """The `Name: value` lines of corosync-quorumtool, asked on that host. Raises CommandError without quorum."""
    output = run([*cloud.enter(host, "corosync"), "corosync-quorumtool", "-s"])
    pairs = (line.partition(":") for line in output.splitlines())
    return {name.strip(): value.strip() for name, colon, value in pairs if colon}


def whole(cloud: "Cloud") -> bool:
    """Whether every member sees all members of its cluster."""
    profile = cloud.site.profile
    return all(
        quorum(cloud, host)["Nodes"] == str(len(profile.having(cluster_of(profile, host))))
        for host in profile.having("corosync")
    )


def _files(site: Site, host: Host) -> dict[Path, str]:
    cluster = cluster_of(site.profile, host)
    members = site.profile.having(cluster)
    text = render("corosync/corosync.conf.j2", cluster=cluster, members=members, links=1 + len(host.links))
    return {site.host_etc(host) / "corosync.conf": text}


COROSYNC = Service(
    name="corosync",
    text="membership and quorum",
    role="corosync",
    argv=lambda site, host: ["corosync", "-f", "-c", str(site.host_etc(host) / "corosync.conf")],
    files=_files,
    ready=lambda cloud, host: quorum(cloud, host)["Quorate"] == "Yes",
    run=("corosync",),
    private=("/var/lib/corosync",),
    whole=whole,
    programs={"corosync": "corosync", "corosync-quorumtool": "corosync"},
    after=("rsyslog",),
    versions={"Corosync": ("corosync", "-v")},
)
SERVICES = (COROSYNC,)
