"""Parse what drbdsetup and the kernel report of a node's DRBD resources. No component of its own.

Sources: drbdsetup(8) of drbd-utils 8.9 to 9.x (``events2``, the one machine format that both generations have), /proc/drbd of the
8.4 module (the 9 module prints only its version there). In a split-brain ``drbdadm status`` of 8.4 prints no connection and exits 0;
``events2`` prints it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hamon import take
from hamon.errors import ProbeError
from hamon.verdict import UNKNOWN

SYNCING = ("SyncSource", "SyncTarget", "PausedSyncS", "PausedSyncT")
STARTING = ("StartingSyncS", "StartingSyncT", "WFBitMapS", "WFBitMapT", "WFSyncUUID")
VERIFYING = ("VerifyS", "VerifyT")
TARGETS = ("SyncTarget", "PausedSyncT", "StartingSyncT", "WFBitMapT", "WFSyncUUID")

MINOR = re.compile(r"^ *(\d+): cs:")
PROGRESS = re.compile(r"(?:sync'ed|verified): *([\d.]+)%")
FINISH = re.compile(r"finish: *(\d+):(\d\d):(\d\d)")
OUT_OF_SYNC = re.compile(r"\boos:(\d+)")


class Resource(NamedTuple):
    """One resource that is up. ``two_primaries`` is whether the net options allow it; None when that was not asked."""

    name: str
    role: str  # Primary, Secondary, Unknown
    suspended: str = "no"  # or why I/O stands still: user, no-data, fencing, quorum
    two_primaries: bool | None = None


class Device(NamedTuple):
    """One volume's local disk."""

    resource: str
    volume: str
    minor: str
    disk: str  # UpToDate, Consistent, Outdated, Inconsistent, Diskless, Failed, Attaching, Negotiating ...
    quorum: bool = True
    client: bool = False  # diskless on purpose (DRBD 9)
    size: int | None = None  # KiB


class Peer(NamedTuple):
    """One volume's connection to one peer. ``seconds``: how long it has been in this condition, as far as the runs saw.

    ``out_of_sync`` in KiB, ``done`` in percent, ``eta`` in seconds. ``generation``: current, bitmap and history identifiers, asked
    for only while there is no connection.
    """

    resource: str
    peer: str
    node_id: str
    volume: str
    connection: str  # Connected, StandAlone, Connecting ...
    role: str
    replication: str  # Established, Off, SyncTarget ...
    disk: str
    paused: str = "no"  # or who asked for the pause: user, peer, dependency
    out_of_sync: int | None = None
    done: float | None = None
    eta: float | None = None
    rate: float | None = None  # KiB a second, from two runs
    client: bool = False
    generation: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """The instance's name in perfdata. 8.4 has one peer only and forgets its name when StandAlone."""
        ends = (self.resource, self.volume, self.peer)
        return "_".join(ends if self.peer else ends[:2])


class Facts(NamedTuple):
    """A node's DRBD. ``configured`` is None when the configuration could not be read (``trouble`` says why)."""

    loaded: bool
    version: str
    configured: tuple[str, ...] | None
    trouble: str
    resources: tuple[Resource, ...]
    devices: tuple[Device, ...]
    peers: tuple[Peer, ...]


class Progress(NamedTuple):
    """What /proc/drbd of 8.4 reports of one minor."""

    out_of_sync: int | None
    done: float | None
    eta: float | None


def parse(proc: str, events: str, configured: tuple[str, ...] | None = None, trouble: str = "") -> Facts:
    """Facts from /proc/drbd and ``drbdsetup events2 --now --statistics all``. Raises ProbeError (UNKNOWN) on anything else."""
    version = re.match(r"version: *([\d.]+\S*)", proc)
    if not version:
        raise ProbeError(UNKNOWN, f"/proc/drbd does not begin with a version: {proc.strip()[:60]!r}", "tool")
    lines = list(lines_of(events))
    resources = tuple(
        Resource(f["name"], f.get("role", ""), f.get("suspended", "no")) for kind, f in lines if kind == "resource"
    )
    devices = tuple(device(f) for kind, f in lines if kind == "device")
    minors = {(device.resource, device.volume): device.minor for device in devices}
    progress = progress_of(proc)
    connections = {(f["name"], f.get("peer-node-id", "")): f for kind, f in lines if kind == "connection"}
    peers = []
    for kind, f in lines:
        if kind == "peer-device":
            minor = minors.get((f["name"], f.get("volume", "")), "")
            connection = connections.get((f["name"], f.get("peer-node-id", "")), {})
            peers.append(peer(f, connection, progress.get(minor)))
    # A connection without volumes is still one that can be StandAlone.
    covered = {(peer.resource, peer.node_id) for peer in peers}
    peers += [peer(f, f, None) for key, f in connections.items() if key not in covered]
    return Facts(True, version[1], configured, trouble, resources, devices, tuple(peers))


def lines_of(events: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every (kind, fields) of events2's dump. It ends with ``exists -``; without that line it is cut."""
    lines = events.splitlines()
    if not lines or lines[-1].split() != ["exists", "-"]:
        raise ProbeError(UNKNOWN, f"drbdsetup events2 reported no complete list: {events.strip()[-60:]!r}", "tool")
    for line in lines[:-1]:
        words = line.split()
        if words[:1] == ["exists"] and len(words) > 2:
            fields = dict(word.split(":", 1) for word in words[2:] if ":" in word)
            if not fields.get("name"):
                raise ProbeError(UNKNOWN, f"drbdsetup events2: no name in {line[:60]!r}", "tool")
            yield words[1], fields


def device(f: Mapping[str, str]) -> Device:
    """A device line."""
    return Device(
        f["name"], f.get("volume", ""), f.get("minor", ""), f.get("disk", ""), take.flag(f.get("quorum")) is not False,
        take.flag(f.get("client")) is True, take.count(f.get("size")),
    )  # fmt: skip


def peer(f: Mapping[str, str], connection: Mapping[str, str], progress: Progress | None) -> Peer:
    """A peer-device line with its connection's, and the 8.4 kernel's own figures where there are any."""
    name = connection.get("conn-name", f.get("conn-name", ""))
    out_of_sync = take.count(f.get("out-of-sync"))
    if out_of_sync is None and progress:
        out_of_sync = progress.out_of_sync
    return Peer(
        resource=f["name"],
        peer="" if name == "peer" else name,  # 8.4 calls every peer so
        node_id=f.get("peer-node-id", ""),
        volume=f.get("volume", "0"),
        connection=connection.get("connection", ""),
        role=connection.get("role", "Unknown"),
        replication=f.get("replication", ""),
        disk=f.get("peer-disk", ""),
        paused=f.get("resync-suspended", "no"),
        out_of_sync=out_of_sync,
        done=percentage(f["done"]) if "done" in f else progress.done if progress else None,
        eta=progress.eta if progress else None,
        client=take.flag(f.get("peer-client")) is True,
    )


def progress_of(proc: str) -> dict[str, Progress]:
    """What /proc/drbd reports, by minor. Nothing from the 9 module."""
    texts: dict[str, str] = {}
    minor = ""
    for line in proc.splitlines():
        head = MINOR.match(line)
        minor = head[1] if head else minor
        if minor:
            texts[minor] = texts.get(minor, "") + line + "\n"
    return {minor: one_progress(text) for minor, text in texts.items()}


def one_progress(text: str) -> Progress:
    """One minor's lines."""
    oos, done, finish = OUT_OF_SYNC.search(text), PROGRESS.search(text), FINISH.search(text)
    eta = int(finish[1]) * 3600.0 + int(finish[2]) * 60 + int(finish[3]) if finish else None
    return Progress(take.count(oos[1]) if oos else None, percentage(done[1]) if done else None, eta)


def generation(text: str) -> tuple[str, ...]:
    """``drbdsetup get-gi``: current, bitmap and two history identifiers as 16 hex digits; empty for anything else.

    The lowest bit says "was Primary" and is not a part of the identity.
    """
    parts = text.strip().split(":")[:4]
    if len(parts) < 4 or not all(re.fullmatch(r"[0-9A-Fa-f]{16}", part) for part in parts):
        return ()
    return tuple(f"{int(part, 16) & ~1:016X}" for part in parts)


def allows_two_primaries(text: str) -> bool:
    """Whether ``drbdsetup show RES`` has ``allow-two-primaries yes``."""
    return any(line.split()[:2] == ["allow-two-primaries", "yes;"] for line in text.splitlines())


def percentage(text: str) -> float | None:
    """How much is done, in percent."""
    value = take.amount(text)
    return None if value is None or value > 100 else value
