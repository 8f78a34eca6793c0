"""MariaDB on whichever node of a DRBD pair is Primary: its data mounted there, reached by an address that moves along."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hamon.lab import poll
from hamon.lab.components.drbd import service as drbd
from hamon.lab.host.hosts import Host
from hamon.lab.service import Service
from hamon.lab.site import Site, render

if TYPE_CHECKING:
    from hamon.lab.cloud import Cloud


class Stack(NamedTuple):
    """What belongs together on the Primary of a DRBD resource; the fields are check_drbd_stack's."""

    resource: str
    mount: str
    vip: str
    service: str
    """Process name."""


STACK = Stack(drbd.RESOURCE, "/srv", "10.79.0.100", "mariadbd")
PORT = 3306
PAIR = 60.0
"""Seconds until both nodes have the same data, from nothing."""
START = 30.0
"""Seconds MariaDB may take in a guest."""
_WATCHED = {"args": ["--stack", ",".join(f"{key}={value}" for key, value in STACK._asdict().items())]}


class Parts(NamedTuple):
    """What of the stack a node has."""

    storage: bool
    mounted: bool
    held: bool
    runs: bool


ALL = Parts(True, True, True, True)
NOTHING = Parts(False, False, False, False)


def take(cloud: "Cloud", host: Host) -> None:
    """Make the node Primary and start everything that belongs on top; returns when MariaDB listens."""
    script = f"drbdadm primary {STACK.resource} && mount {drbd.DEVICE} {STACK.mount} && ip address add {STACK.vip}/32 dev eth0"
    cloud.ask(host, "sh", "-c", script)
    start_database(cloud, host)


def start_database(cloud: "Cloud", host: Host) -> None:
    """Start MariaDB on the mounted file system and wait until it listens."""
    cloud.start(host, STACK.service)
    cloud.await_ready(host, STACK.service, START)


def give(cloud: "Cloud", host: Host) -> None:
    """Stop everything, top to bottom, until the node is Secondary."""
    cloud.stop(host, STACK.service)
    script = f"ip address del {STACK.vip}/32 dev eth0; umount {STACK.mount} && drbdadm secondary {STACK.resource}"
    cloud.ask(host, "sh", "-c", script)


def look(cloud: "Cloud", host: Host) -> Parts:
    """What of the stack a node has, in one question. CommandError while the resource is not up."""
    seen = cloud.ask(host, "sh", "-c", "cat /proc/drbd /proc/mounts; ip -oneline -4 address")
    return Parts(
        drbd.parse(seen, host.name).role == "Primary",
        f" {STACK.mount} " in seen,
        f" {STACK.vip}/" in seen,
        cloud.alive(host, STACK.service),
    )


def whole(cloud: "Cloud") -> bool:
    """Whether the first node has everything, and the second nothing but the same data."""
    first, second = cloud.site.profile.having("drbd_stack")
    return look(cloud, first) == ALL and look(cloud, second) == NOTHING and cloud.listens(first, PORT)


def bring_up(cloud: "Cloud") -> None:
    """The first node takes everything as soon as the pair is one."""
    first = cloud.site.profile.having("drbd_stack")[0]
    poll.until(lambda: drbd.together(cloud, first), "equal disks", PAIR)
    take(cloud, first)


def _files(site: Site, host: Host) -> dict[Path, str]:
    return {site.host_etc(host) / "mysql.cnf": render("drbd_stack/mysql.cnf.j2", stack=STACK, port=PORT)}


MARIADB = Service(
    name=STACK.service,
    text="MariaDB on the Primary",
    role="drbd_stack",
    argv=lambda site, host: ["mariadbd", f"--defaults-file={site.host_etc(host) / 'mysql.cnf'}"],
    files=_files,
    ready=lambda cloud, host: cloud.listens(host, PORT),
    bring_up=bring_up,
    whole=whole,
    after=("drbd",),
    floats=True,
    programs={
        "mkfs.ext4": "e2fsprogs",
        "mariadbd": "mariadb-server",
        "mariadb-install-db": "mariadb-server",
    },
    checks={"drbd_node": _WATCHED, "drbd_stack": _WATCHED},
)
SERVICES = (MARIADB,)
