"""What one can do to what runs on a DRBD pair, and what one can see of it."""

from hamon.lab.cloud import Cloud
from hamon.lab.components.drbd import service as drbd
from hamon.lab.components.drbd.steps import shell
from hamon.lab.components.drbd_stack import service as drbd_stack
from hamon.lab.components.drbd_stack.service import STACK
from hamon.lab.steps import Step, Truth


def move_stack(source: str, target: str) -> Step:
    """Move the whole stack to the other node, in the right order."""

    def do(cloud: Cloud) -> None:
        drbd_stack.give(cloud, cloud.host(source))
        drbd_stack.take(cloud, cloud.host(target))

    return Step(f"move {STACK.resource} and all on top from {source} to {target}", do)


def take_stack(host: str) -> Step:
    """Make a node Primary and start all on top."""
    return Step(f"{host} takes {STACK.resource} and all on top", lambda cloud: drbd_stack.take(cloud, cloud.host(host)))


def start_database(host: str) -> Step:
    """Start MariaDB alone."""
    return Step(f"start MariaDB on {host}", lambda cloud: drbd_stack.start_database(cloud, cloud.host(host)))


def address(host: str, present: bool) -> Step:
    """Give the virtual address to a host, or take it away, by hand."""
    word = "add" if present else "del"
    return shell(host, f"{word} {STACK.vip}", f"ip address {word} {STACK.vip}/32 dev eth0")


def write(host: str, mebibytes: int) -> Step:
    """New data on the mounted file system, down to the disk."""
    file = f"{STACK.mount}/new"
    return shell(
        host,
        f"write {mebibytes} MiB",
        f"dd if=/dev/urandom of={file} bs=1M count={mebibytes} conv=fsync status=none",
    )


def mount_and_write(host: str) -> Step:
    """Use the storage on a node where it should not be used."""
    return shell(
        host, "mount and write", f"mount {drbd.DEVICE} {STACK.mount} && echo {host} >{STACK.mount}/who && sync"
    )


def throw_away(victim: str, survivor: str) -> Step:
    """Solve a split-brain: the victim's changes are lost, the survivor's stay."""

    def do(cloud: Cloud) -> None:
        lost = (
            f"umount {STACK.mount} 2>/dev/null; drbdadm secondary {STACK.resource}; drbdadm disconnect {STACK.resource}"
        )
        cloud.ask(cloud.host(victim), "sh", "-c", f"{lost}; drbdadm connect --discard-my-data {STACK.resource}")
        if drbd.state(cloud, cloud.host(survivor)).connection == "StandAlone":
            cloud.ask(cloud.host(survivor), "drbdadm", "connect", STACK.resource)

    return Step(f"throw away what {victim} wrote", do)


def stack_at(storage: str = "drbd1", mounted: str = "drbd1", held: str = "drbd1", runs: str = "drbd1") -> Truth:
    """On which host each part of the stack is; empty: on none."""
    text = f"Primary {storage or 'nowhere'}, mounted on {mounted or 'none'}, address on {held or 'none'}, MariaDB on {runs or 'none'}"

    def holds(cloud: Cloud) -> bool:
        hosts = [host for host in cloud.site.profile.having("drbd_stack") if cloud.powered(host)]
        parts_of = [drbd_stack.look(cloud, host) for host in hosts]
        return all(
            [host.name for host, parts in zip(hosts, parts_of, strict=True) if parts[index]] == [name] * bool(name)
            for index, name in enumerate((storage, mounted, held, runs))
        )

    return Truth(text, holds)
