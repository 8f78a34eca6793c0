"""Pacemaker: its statement, the clusters' first configuration, and what a node reports of its cluster."""

import functools
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree

from hamon.lab import poll
from hamon.lab.commands import run
from hamon.lab.components.corosync import service as corosync
from hamon.lab.errors import CommandError
from hamon.lab.host.hosts import Host
from hamon.lab.inside import program
from hamon.lab.service import Service
from hamon.lab.site import Site, render

if TYPE_CHECKING:
    from hamon.lab.cloud import Cloud

STATE = "/var/lib/pacemaker"
DIRECTORIES = ("blackbox", "cib", "cores", "pengine")


class Account(NamedTuple):
    """A line of /etc/passwd or /etc/group: name, and what stands after the password."""

    name: str
    rest: str


ACCOUNTS = {
    "/etc/passwd": Account("hacluster", f"0:0::{STATE}:/usr/sbin/nologin"),
    "/etc/group": Account("haclient", "0:"),
}
"""Pacemaker's daemons insist on becoming this user; in the lab that is another name of uid 0."""
AGENT = "fence_legacy"
"""The agent of Pacemaker's own package that ours lies over: agents are looked for in the system's directory alone."""
OPTIONS = {
    "stonith-enabled": "true",
    # a host that was fenced stays off until it has been looked at
    "stonith-action": "off",
    "stonith-timeout": "10s",
    "dc-deadtime": "3s",
    "cluster-recheck-interval": "60s",
}
FORM = 60.0
"""Seconds until all members of all clusters are online and everything runs."""
HOMES = {"service": 0, "app": 1}
"""Which member each resource prefers, by its place in the profile."""


def homes(site: Site, cluster: str) -> dict[str, Host]:
    """The member that each resource prefers."""
    members = site.profile.having(cluster)
    return {} if site.profile.kolla else {name: members[place] for name, place in HOMES.items()}


def status(cloud: "Cloud", host: Host) -> ElementTree.Element:
    """crm_mon's status as that host sees its cluster. Raises CommandError when it has none."""
    try:
        root = ElementTree.fromstring(
            run([*cloud.enter(host, "pacemaker"), "crm_mon", "--one-shot", "--output-as=xml"])
        )
    except ElementTree.ParseError as error:
        raise CommandError(f"crm_mon on {host.name}: {error}") from None
    if root.find("summary/current_dc") is None:
        raise CommandError(f"crm_mon on {host.name} has no status")
    return root


def _is(element: ElementTree.Element, **wanted: str) -> bool:
    return all(element.get(name, "false") == value for name, value in wanted.items())


def online(root: ElementTree.Element, name: str) -> bool:
    """Whether a node is online, and nothing keeps it from running resources."""
    calm = {"online": "true"} | dict.fromkeys(("standby", "maintenance", "pending", "unclean", "shutdown"), "false")
    return any(_is(node, **calm) for node in root.findall("nodes/node") if node.get("name") == name)


def failures(root: ElementTree.Element) -> bool:
    """Whether the history has any failure."""
    counted = any(history.get("fail-count") for history in root.iter("resource_history"))
    return counted or root.find("failures/failure") is not None


def settled(root: ElementTree.Element, homes: dict[str, Host], fencing: str = "true") -> bool:
    """Whether everything runs on the member that it prefers, and nothing is left of any trouble or intervention."""
    resources = list(root.iter("resource"))
    places = {item.get("id", ""): [node.get("name") for node in item.findall("node")] for item in resources}
    options = root.find("summary/cluster_options")
    return (
        options is not None
        and _is(options, **{"stonith-enabled": fencing, "maintenance-mode": "false"})
        and (bool(resources) or not homes)
        and all(places.values())
        and all(_is(item, managed="true", failed="false", blocked="false") for item in resources)
        and all(places.get("vip" if name == "service" else name) == [host.name] for name, host in homes.items())
        and not any(ban.get("id", "").startswith("cli-") for ban in root.iter("ban"))
        and not failures(root)
    )


def whole(cloud: "Cloud") -> bool:
    """Whether every cluster has all its members and runs everything on the preferred one, as each member sees it."""
    profile = cloud.site.profile
    for cluster in profile.clusters["pacemaker"]:
        members = profile.having(cluster)
        for host in members:
            root = status(cloud, host)
            if not all(online(root, member.name) for member in members) or not settled(
                root, homes(cloud.site, cluster), "false" if profile.kolla else "true"
            ):
                return False
    return True


def bring_up(cloud: "Cloud") -> None:
    """Lay the configuration on every member's empty disk; start them together once corosync has all members.

    Together, because who is missing when the first one decides is fenced.
    """
    members = cloud.site.profile.having("pacemaker")
    for host in members:
        for name in DIRECTORIES:
            cloud.inside(host, f"{STATE}/{name}").mkdir(exist_ok=True)
        cib = cloud.inside(host, f"{STATE}/cib/cib.xml")
        cib.write_text(_configuration(cloud.site, corosync.cluster_of(cloud.site.profile, host)))
        cib.chmod(0o600)
    poll.until(lambda: corosync.whole(cloud), "all members in corosync's membership", FORM)
    for host in members:
        cloud.start(host, "pacemaker")
    poll.until(lambda: whole(cloud), "all resources of all clusters to run", FORM)


def _configuration(site: Site, cluster: str) -> str:
    if site.profile.kolla:
        return render("pacemaker/kolla.xml.j2")
    return render(
        "pacemaker/cib.xml.j2",
        members=site.profile.having(cluster),
        options={**OPTIONS, "cluster-name": cluster},
        vip=site.profile.vip(cluster).address,
        prefix=site.profile.prefix,
        agent=AGENT,
        controller=site.control,
        homes=homes(site, cluster),
    )


def accounts(path: str) -> str:
    """The system's own accounts, with Pacemaker's being uid 0: no other exists in the lab."""
    name, rest = ACCOUNTS[path]
    kept = [line for line in Path(path).read_text().splitlines() if line.split(":")[0] != name]
    return "\n".join([*kept, f"{name}:x:{rest}"]) + "\n"


def agent() -> str:
    """Our fence agent as an executable."""
    return f"#!/bin/sh\nexec {shlex.join(program('fenceagent.py'))}\n"


PACEMAKER = Service(
    name="pacemaker",
    text="cluster resources and fencing",
    role="pacemaker",
    argv=lambda _site, _host: ["env", "PCMK_logfile=/var/log/pacemaker.log", "pacemakerd", "--foreground"],
    ready=lambda cloud, host: online(status(cloud, host), host.name),
    run=("crm", "resource-agents"),
    private=(STATE,),
    covers={
        **{path: functools.partial(accounts, path) for path in ACCOUNTS},
        f"/usr/sbin/{AGENT}": agent,
    },
    bring_up=bring_up,
    whole=whole,
    programs={
        "pacemakerd": "pacemaker",
        "crm_mon": "pacemaker-cli-utils",
        AGENT: "pacemaker",
        "/usr/lib/ocf/resource.d/heartbeat/IPaddr2": "resource-agents",
    },
    after=("corosync",),
    versions={"Pacemaker": ("pacemakerd", "--version")},
)
SERVICES = (PACEMAKER,)
