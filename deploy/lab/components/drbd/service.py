"""A DRBD pair. The service itself is the kernel's; the process that stands for it brings the resource up and writes down every event."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hamon.lab import poll
from hamon.lab.components.drbd_stack import seed
from hamon.lab.errors import CommandError
from hamon.lab.host import guests
from hamon.lab.host.hosts import Host
from hamon.lab.service import Service
from hamon.lab.site import Site, render

if TYPE_CHECKING:
    from hamon.lab.cloud import Cloud

DEVICE = "/dev/drbd0"
RESOURCE = "r0"
CONF = "etc/drbd.d"
MEET = 20.0
"""Seconds until two nodes that look for each other must be connected."""
LINE = re.compile(r"^ *0: cs:(\S+)(?: ro:(\S+)/(\S+) ds:(\S+)/(\S+))?.*(?:\n.*\boos:(\d+))?", re.MULTILINE)


class State(NamedTuple):
    """What the kernel says in /proc/drbd; `out_of_sync` in KiB."""

    connection: str
    role: str
    peer_role: str
    disk: str
    peer_disk: str
    out_of_sync: int


def state(cloud: "Cloud", host: Host) -> State:
    """The state that one node reports. CommandError while the resource is not up."""
    return parse(cloud.ask(host, "cat", "/proc/drbd"), host.name)


def parse(proc: str, node: str) -> State:
    """The state in the text of /proc/drbd. CommandError while the resource is not up."""
    match = LINE.search(proc)
    if not match or not match[2]:
        raise CommandError(f"{RESOURCE} is not up on {node}")
    return State(match[1], match[2], match[3], match[4], match[5], int(match[6] or 0))


def together(cloud: "Cloud", host: Host) -> bool:
    """Whether the node is connected and both disks are the same."""
    now = state(cloud, host)
    return (now.connection, now.disk, now.peer_disk, now.out_of_sync) == ("Connected", "UpToDate", "UpToDate", 0)


def bring_up(cloud: "Cloud") -> None:
    """Put the same file system on both disks, declared to DRBD as such: nothing has to be copied."""
    members = cloud.site.profile.having("drbd")
    image = seed.make(cloud.site)
    for host in members:
        script = f"dd if={image} of={guests.DEVICE} bs=1M conv=sparse,notrunc status=none && drbdadm create-md --force {RESOURCE}"
        cloud.write_files(host, "drbd")
        cloud.ask(host, "sh", "-c", script, timeout=30)
        cloud.start(host, "drbd")
    first = members[0]
    poll.until(lambda: state(cloud, first).connection == "Connected", "the pair to meet", MEET)
    cloud.ask(first, "drbdadm", "new-current-uuid", "--clear-bitmap", f"{RESOURCE}/0")


def _files(site: Site, host: Host) -> dict[Path, str]:
    members = site.profile.having("drbd")
    conf = site.host_dir(host) / "private" / CONF
    return {
        # nothing leaves the lab
        conf / "global_common.conf": "global { usage-count no; }\n",
        conf / f"{RESOURCE}.res": render("drbd/drbd.res.j2", resource=RESOURCE, disk=guests.DEVICE, members=members),
    }


DRBD = Service(
    name="drbd",
    text="DRBD pair",
    role="drbd",
    argv=lambda _site, _host: [
        *("sh", "-c", f"drbdadm up {RESOURCE} && exec drbdsetup events2 {RESOURCE}"),
    ],
    files=_files,
    ready=together,
    run=("drbd", "lock"),
    private=(f"/{CONF}", "/var/lib/drbd"),
    # no helper program is called on events: none is configured, and each call would cost a guest a tenth of a second
    modules=(("lib/lru_cache",), ("drivers/block/drbd/drbd", "usermode_helper=/bin/true")),
    bring_up=bring_up,
    programs={
        "drbdadm": "drbd-utils",
    },
)
SERVICES = (DRBD,)
