"""A DRBD pair, and the MariaDB that lives on whichever node is Primary: mounted there, reached by an address that moves along.

The service itself is the kernel's; the process that stands for it brings the resource up and writes down every event.
"""

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hamon.lab import poll
from hamon.lab.commands import run
from hamon.lab.errors import CommandError
from hamon.lab.host import guests
from hamon.lab.host.hosts import STACK, Host
from hamon.lab.service import Service
from hamon.lab.site import Site, render

if TYPE_CHECKING:
    from hamon.lab.cloud import Cloud

DEVICE = "/dev/drbd0"
CONF = "etc/drbd.d"
PORT = 3306
FILE_SYSTEM = "60M"
"""Less than the guest's disk: DRBD keeps its own data at the end."""
MEET = 20.0
"""Seconds until two nodes that look for each other must be connected."""
START = 30.0
"""Seconds MariaDB may take in a guest."""
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
    """One node's word. CommandError while the resource is not up."""
    return parse(cloud.ask(host, "cat", "/proc/drbd"), host.name)


def parse(proc: str, node: str) -> State:
    """The text of /proc/drbd. CommandError while the resource is not up."""
    found = LINE.search(proc)
    if not found or not found[2]:
        raise CommandError(f"{STACK.resource} is not up on {node}")
    return State(found[1], found[2], found[3], found[4], found[5], int(found[6] or 0))


class Parts(NamedTuple):
    """What of the stack a node has."""

    storage: bool
    mounted: bool
    held: bool
    runs: bool


ALL = Parts(True, True, True, True)
NOTHING = Parts(False, False, False, False)


def together(cloud: "Cloud", host: Host) -> bool:
    """Whether the node is connected and both disks are the same."""
    now = state(cloud, host)
    return (now.connection, now.disk, now.peer_disk, now.out_of_sync) == ("Connected", "UpToDate", "UpToDate", 0)


def take(cloud: "Cloud", host: Host) -> None:
    """Make the node Primary and start everything that belongs on top; returns when MariaDB listens."""
    script = (
        f"drbdadm primary {STACK.resource} && mount {DEVICE} {STACK.mount} && ip address add {STACK.vip}/32 dev eth0"
    )
    cloud.ask(host, "sh", "-c", script)
    start_database(cloud, host)


def start_database(cloud: "Cloud", host: Host) -> None:
    """Start MariaDB on the mounted file system and wait until it listens."""
    cloud.spawn(host, "mariadbd", ["mariadbd", f"--defaults-file={cloud.site.host_etc(host) / 'mysql.cnf'}"])

    def listens() -> bool:
        if not cloud.alive(host, "mariadbd"):
            raise CommandError(f"it ended; see {cloud.site.host_log(host) / 'mariadbd.out'}")
        return cloud.listens(host, PORT)

    poll.until(listens, f"MariaDB on {host.name}", START)


def give(cloud: "Cloud", host: Host) -> None:
    """Stop everything, top to bottom, until the node is Secondary."""
    cloud.stop(host, "mariadbd")
    script = f"ip address del {STACK.vip}/32 dev eth0; umount {STACK.mount} && drbdadm secondary {STACK.resource}"
    cloud.ask(host, "sh", "-c", script)


def look(cloud: "Cloud", host: Host) -> Parts:
    """What of the stack a node has, in one question. CommandError while the resource is not up."""
    told = cloud.ask(host, "sh", "-c", "cat /proc/drbd /proc/mounts; ip -oneline -4 address")
    return Parts(
        parse(told, host.name).role == "Primary",
        f" {STACK.mount} " in told,
        f" {STACK.vip}/" in told,
        cloud.alive(host, STACK.service),
    )


def whole(cloud: "Cloud") -> bool:
    """The first node has everything, the second nothing but the same data."""
    first, second = cloud.site.profile.having("drbd")
    return look(cloud, first) == ALL and look(cloud, second) == NOTHING and cloud.listens(first, PORT)


def bring_up(cloud: "Cloud") -> None:
    """The same file system on both disks, told to DRBD as such; then the first node takes over."""
    members = cloud.site.profile.having("drbd")
    seed = _seed(cloud)
    for host in members:
        script = f"dd if={seed} of={guests.DEVICE} bs=1M conv=sparse,notrunc status=none && drbdadm create-md --force {STACK.resource}"
        cloud.write_files(host, "drbd")
        cloud.ask(host, "sh", "-c", script, timeout=30)
        cloud.start(host, "drbd")
    first = members[0]
    poll.until(lambda: state(cloud, first).connection == "Connected", "the pair to meet", MEET)
    cloud.ask(first, "drbdadm", "new-current-uuid", "--clear-bitmap", f"{STACK.resource}/0")
    poll.until(lambda: together(cloud, first), "equal disks", MEET)
    take(cloud, first)


def _seed(cloud: "Cloud") -> Path:
    """A file system with a database's first data directory in it, as an image."""
    directory = cloud.site.dir / "seed"
    argv = ["mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={directory / 'data'}", "--skip-test-db"]
    small = ["--auth-root-authentication-method=normal", "--innodb-log-file-size=4M", "--innodb-use-native-aio=OFF"]
    run([*argv, *small, "--skip-name-resolve"], START)
    image = cloud.site.dir / "seed.img"
    image.touch()
    os.truncate(image, guests.DISK)
    run(["mkfs.ext4", "-q", "-d", str(directory), "-J", "size=4", str(image), FILE_SYSTEM])
    shutil.rmtree(directory)
    return image


def _files(site: Site, host: Host) -> dict[Path, str]:
    members = site.profile.having("drbd")
    conf = site.host_dir(host) / "private" / CONF
    return {
        # nothing leaves the lab
        conf / "global_common.conf": "global { usage-count no; }\n",
        conf / f"{STACK.resource}.res": render("drbd/drbd.res.j2", stack=STACK, disk=guests.DEVICE, members=members),
        site.host_etc(host) / "mysql.cnf": render("drbd_stack/mysql.cnf.j2", stack=STACK, port=PORT),
    }


DRBD = Service(
    name="drbd",
    text="DRBD pair with MariaDB on the Primary",
    role="drbd",
    argv=lambda _site, _host: [
        *("sh", "-c", f"drbdadm up {STACK.resource} && exec drbdsetup events2 {STACK.resource}"),
    ],
    files=_files,
    ready=together,
    run=("drbd", "lock"),
    private=(f"/{CONF}", "/var/lib/drbd"),
    # no helper program is called on events: none is configured, and each call would cost a guest a tenth of a second
    modules=(("lib/lru_cache",), ("drivers/block/drbd/drbd", "usermode_helper=/bin/true")),
    bring_up=bring_up,
    whole=whole,
    programs={
        "drbdadm": "drbd-utils",
        "mkfs.ext4": "e2fsprogs",
        "mariadbd": "mariadb-server",
        "mariadb-install-db": "mariadb-server",
    },
)
