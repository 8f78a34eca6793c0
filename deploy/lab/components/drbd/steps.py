"""What one can do to a DRBD pair and to what runs on it, and what one can see there."""

from hamon.lab.cloud import Cloud
from hamon.lab.components.drbd import service as drbd
from hamon.lab.errors import CommandError
from hamon.lab.steps import Step, Truth

RESOURCE = drbd.RESOURCE
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


def resync_rate(rate: str, *hosts: str) -> tuple[Step, ...]:
    """How much a resync may move in a second."""
    return tuple(
        shell(host, f"resync at {rate}/s", f"drbdsetup disk-options 0 --resync-rate={rate} --c-plan-ahead=0")
        for host in hosts
    )


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
            output = cloud.ask(cloud.host(host), "drbdadm", "status", RESOURCE)
        except CommandError:
            return False
        return "connection" not in output and "peer" not in output

    return Truth(f"drbdadm status on {host} exits 0 without a word of a connection", holds)
