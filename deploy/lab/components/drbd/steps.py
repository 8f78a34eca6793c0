"""What one can do to a DRBD pair and to what lives on it, and what one can see there."""

from hamon.lab.cloud import Cloud
from hamon.lab.components.drbd import service as drbd
from hamon.lab.errors import CommandError
from hamon.lab.host.hosts import STACK
from hamon.lab.steps import Step, Truth

RESOURCE = STACK.resource
TROUBLE = 20.0
"""Seconds a command in a guest may take."""


def shell(host: str, text: str, command: str) -> Step:
    """A shell command in a host; it fails the failure when it fails."""

    def do(cloud: Cloud) -> None:
        cloud.ask(cloud.host(host), "sh", "-c", command, timeout=TROUBLE)

    return Step(f"{host}: {text}", do)


def drbdadm(host: str, *words: str) -> Step:
    """One drbdadm command about the resource."""
    command = f"drbdadm {' '.join(words)} {RESOURCE}"
    return shell(host, command, command)


def write(host: str, mebibytes: int) -> Step:
    """New data on the mounted file system, down to the disk."""
    file = f"{STACK.mount}/new"
    return shell(
        host,
        f"write {mebibytes} MiB",
        f"dd if=/dev/urandom of={file} bs=1M count={mebibytes} conv=fsync status=none",
    )


def resync_rate(rate: str, *hosts: str) -> tuple[Step, ...]:
    """How much a resync may move in a second."""
    return tuple(
        shell(host, f"resync at {rate}/s", f"drbdsetup disk-options 0 --resync-rate={rate} --c-plan-ahead=0")
        for host in hosts
    )


def mount_and_write(host: str) -> Step:
    """Use the storage on a node where it should not be used."""
    return shell(
        host, "mount and write", f"mount {drbd.DEVICE} {STACK.mount} && echo {host} >{STACK.mount}/who && sync"
    )


def throw_away(victim: str, survivor: str) -> Step:
    """Solve a split-brain: the victim's changes are lost, the survivor's stay."""

    def do(cloud: Cloud) -> None:
        lost = f"umount {STACK.mount} 2>/dev/null; drbdadm secondary {RESOURCE}; drbdadm disconnect {RESOURCE}"
        cloud.ask(cloud.host(victim), "sh", "-c", f"{lost}; drbdadm connect --discard-my-data {RESOURCE}")
        if drbd.state(cloud, cloud.host(survivor)).connection == "StandAlone":
            cloud.ask(cloud.host(survivor), "drbdadm", "connect", RESOURCE)

    return Step(f"throw away what {victim} wrote", do)


def move_stack(source: str, target: str) -> Step:
    """The whole stack to the other node, in the right order."""

    def do(cloud: Cloud) -> None:
        drbd.give(cloud, cloud.host(source))
        drbd.take(cloud, cloud.host(target))

    return Step(f"move {RESOURCE} and all on top from {source} to {target}", do)


def take_stack(host: str) -> Step:
    """Make a node Primary and start all on top."""
    return Step(f"{host} takes {RESOURCE} and all on top", lambda cloud: drbd.take(cloud, cloud.host(host)))


def start_database(host: str) -> Step:
    """MariaDB alone."""
    return Step(f"start MariaDB on {host}", lambda cloud: drbd.start_database(cloud, cloud.host(host)))


def address(host: str, present: bool) -> Step:
    """Give the virtual address to a host, or take it away, by hand."""
    word = "add" if present else "del"
    return shell(host, f"{word} {STACK.vip}", f"ip address {word} {STACK.vip}/32 dev eth0")


def seen(host: str, **wanted: str) -> Truth:
    """What /proc/drbd says on a node: connection, role, peer_role, disk, peer_disk."""
    text = ", ".join(f"{name} {value}" for name, value in wanted.items())

    def holds(cloud: Cloud) -> bool:
        now = drbd.state(cloud, cloud.host(host))._asdict()
        return all(now[name] == value for name, value in wanted.items())

    return Truth(f"{RESOURCE} on {host}: {text}", holds)


def differing(host: str) -> Truth:
    """Connected, both disks said to be good, and still not the same."""

    def holds(cloud: Cloud) -> bool:
        now = drbd.state(cloud, cloud.host(host))
        return (now.connection, now.disk, now.peer_disk) == ("Connected", "UpToDate", "UpToDate") and (
            now.out_of_sync > 0
        )

    return Truth(f"{RESOURCE} on {host}: equal by word, different by content", holds)


def tool_is_silent(host: str) -> Truth:
    """`drbdadm status` ends with 0 and says nothing of a connection: what a split-brain looks like to it."""

    def holds(cloud: Cloud) -> bool:
        try:
            said = cloud.ask(cloud.host(host), "drbdadm", "status", RESOURCE)
        except CommandError:
            return False
        return "connection" not in said and "peer" not in said

    return Truth(f"drbdadm status on {host} exits 0 without a word of a connection", holds)


def stack_at(storage: str = "drbd1", mounted: str = "drbd1", held: str = "drbd1", runs: str = "drbd1") -> Truth:
    """On which host each part of the stack is; empty: on none."""
    text = f"Primary {storage or 'nowhere'}, mounted on {mounted or 'none'}, address on {held or 'none'}, MariaDB on {runs or 'none'}"

    def holds(cloud: Cloud) -> bool:
        hosts = [host for host in cloud.site.profile.having("drbd") if cloud.powered(host)]
        found = [drbd.look(cloud, host) for host in hosts]
        return all(
            [host.name for host, parts in zip(hosts, found, strict=True) if parts[index]] == [name] * bool(name)
            for index, name in enumerate((storage, mounted, held, runs))
        )

    return Truth(text, holds)
