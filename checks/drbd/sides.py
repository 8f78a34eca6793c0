"""One resource as each node sees it, and whether two nodes' data have diverged. Pure. Part of check_drbd_cluster."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hamon.checks.drbd.facts import Facts, Peer

# Generation identifiers that stand for "no data yet" (drbd: UUID_JUST_CREATED is 4) and for nothing.
FRESH = {f"{value:016X}" for value in (0, 4)}
GOOD_TO_BAD = (
    "UpToDate",
    "Consistent",
    "Outdated",
    "Inconsistent",
    "Negotiating",
    "Attaching",
    "Detaching",
    "Failed",
    "Diskless",
)


class Side(NamedTuple):
    """One node's side of a resource. ``disk`` is the worst of its volumes, ``seconds`` the age of its lost connection."""

    node: str
    up: bool
    role: str
    disk: str
    connected: bool
    alone: bool
    two_primaries: bool
    client: bool
    peers: tuple[Peer, ...]
    generations: Mapping[str, tuple[frozenset[str], frozenset[str]]]  # by volume: current and all identifiers
    seconds: float
    first: bool  # the first side in the list: tells what both sides tell

    @property
    def usable(self) -> bool:
        """Whether this node has an up-to-date copy."""
        return self.disk == "UpToDate"


def sides_of(name: str, told: Mapping[str, Facts]) -> tuple[Side, ...]:
    """Every node's side of the resource; nodes that neither have nor know it are none of its sides."""
    found: list[Side] = []
    for node, facts in told.items():
        if name in (facts.configured or ()) or any(one.name == name for one in facts.resources):
            found.append(side_of(name, node, facts, not found))
    return tuple(found)


def side_of(name: str, node: str, facts: Facts, is_first: bool) -> Side:
    """One side."""
    resource = next((one for one in facts.resources if one.name == name), None)
    devices = [one for one in facts.devices if one.resource == name]
    peers = tuple(one for one in facts.peers if one.resource == name)
    parted = [one for one in peers if one.connection != "Connected"]
    return Side(
        node=node,
        up=bool(resource and devices),
        role=resource.role if resource else "Unknown",
        disk=worst_disk([one.disk for one in devices]),
        connected=bool(peers) and not parted,
        alone=not peers or any(one.connection in ("StandAlone", "Disconnecting") for one in peers),
        two_primaries=bool(resource and resource.two_primaries),
        client=bool(devices) and all(one.client for one in devices),
        peers=peers,
        generations=generations(peers),
        seconds=max((one.seconds for one in parted), default=0.0),
        first=is_first,
    )


def worst_disk(disks: Sequence[str]) -> str:
    """The disk state that counts for the whole resource."""
    rank = {disk: number for number, disk in enumerate(GOOD_TO_BAD)}
    return max(disks, key=lambda disk: rank.get(disk, 99), default="missing")


def generations(peers: Sequence[Peer]) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """By volume: the current identifier, and all that this node knows (bitmaps and history towards every peer)."""
    found: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
    for one in peers:
        if one.generation:
            current, known = found.get(one.volume, (frozenset(), frozenset()))
            found[one.volume] = (current | {one.generation[0]}, known | set(one.generation))
    return found


def diverged(one: Side, other: Side) -> bool:
    """Whether neither side's current data are in the other's history: both wrote on their own, or were never related.

    As DRBD's own handshake compares them. A side that just has no connection keeps the other's current identifier.
    """
    for volume, (current, known) in one.generations.items():
        if volume not in other.generations:
            continue
        theirs, they_know = other.generations[volume]
        if (current | theirs) & FRESH:
            continue
        if not current & they_know and not theirs & known:
            return True
    return False
