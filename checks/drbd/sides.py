"""One resource as each of its nodes sees it, and whether two nodes' data have diverged. Pure. Part of check_drbd_cluster."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from hamon.checks.drbd.facts import Facts, Peer
from hamon.names import same_host

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
SAME_FROM_THERE = {"Established": "Established", "VerifyS": "VerifyT", "VerifyT": "VerifyS", "Ahead": "Behind", "Behind": "Ahead"}  # fmt: skip


class Link(NamedTuple):
    """One side's connection to one other node, all volumes together. ``node`` is empty when its name is unknown.

    ``client``: the other end is diskless on purpose. ``disk`` is the worst of its volumes, ``seconds`` how long it has been lost.
    """

    node: str
    connected: bool
    alone: bool
    client: bool
    role: str
    disk: str
    seconds: float


class Side(NamedTuple):
    """One node's side of a resource. ``disk`` is the worst of its volumes.

    ``reported`` is False for a node that only a live connection reports: its facts are what the other end sees of it.
    """

    node: str
    up: bool
    role: str
    disk: str
    client: bool = False
    peers: tuple[Peer, ...] = ()
    links: tuple[Link, ...] = ()
    two_primaries: bool = False
    suspended: str = "no"
    quorum: bool = True
    generations: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {}  # by volume: current and all identifiers
    version: str = ""
    reported: bool = True

    @property
    def usable(self) -> bool:
        """Whether this node has an up-to-date copy."""
        return self.disk == "UpToDate"

    @property
    def parted(self) -> tuple[Link, ...]:
        """Lost connections to nodes whose data this one needs, or has to send to. A client's loss takes no copy away."""
        return tuple(link for link in self.links if not link.connected and not link.client)

    @property
    def alone(self) -> bool:
        """Whether it gave up a connection to another copy. 8.4 may forget a connection; 9 has resources without any peer."""
        if self.client:
            return False
        return any(link.alone for link in self.parted) or (self.reported and not self.links and not self.nine)

    @property
    def nine(self) -> bool:
        """Whether this is DRBD 9 or later: it promotes by itself what is opened, and names its peers."""
        return bool(self.version) and not self.version.startswith("8.")

    @property
    def seconds(self) -> float:
        """The age of the connection to a copy that was lost first."""
        return max((link.seconds for link in self.parted), default=0.0)


def sides_of(name: str, reported: Mapping[str, Facts], silent: Sequence[str] = ()) -> tuple[Side, ...]:
    """Every node's side of the resource, peers called as the members are; nodes that neither have nor know it are not among its sides.

    Last come the nodes that did not report it and that a live connection of another side reports.
    """
    having = [
        side_of(name, node, facts)
        for node, facts in reported.items()
        if name in (facts.configured or ()) or any(source.name == name for source in facts.resources)
    ]
    nodes = [side.node for side in having]
    sides = [
        linked(side, [node for node in nodes if node != side.node], silent, [*reported, *silent]) for side in having
    ]
    return (*sides, *seen(sides))


def side_of(name: str, node: str, facts: Facts) -> Side:
    """One node's side, its peers called as DRBD does."""
    resource = next((source for source in facts.resources if source.name == name), None)
    devices = [device for device in facts.devices if device.resource == name]
    peers = tuple(peer for peer in facts.peers if peer.resource == name)
    return Side(
        node=node,
        up=bool(resource and devices),
        role=resource.role if resource else "Unknown",
        disk=worst_disk([device.disk for device in devices]),
        client=bool(devices) and all(device.client for device in devices),
        peers=peers,
        two_primaries=bool(resource and resource.two_primaries),
        suspended=resource.suspended if resource else "no",
        quorum=all(device.quorum for device in devices),
        generations=generations(peers),
        version=facts.version,
    )


def linked(side: Side, others: Sequence[str], silent: Sequence[str], members: Sequence[str]) -> Side:
    """The side with its peers' names as the members are called, and its links.

    A name that fits no member is one's by elimination where one peer and one node with this resource, or one silent member, are left.
    A name that stays is of a node outside the inventory.
    """
    names = {peer.peer: "" for peer in side.peers}
    for name in names:
        names[name] = next((node for node in members if node != side.node and same_host(name, node)), "")
    copies = {peer.peer for peer in side.peers if not peer.client}
    for candidates, those in ((others, set(names)), (silent, copies)):
        unknown = [name for name in those if not names[name]]
        left = [node for node in candidates if node not in names.values()]
        if len(unknown) == 1 and len(left) == 1:
            names[unknown[0]] = left[0]
    peers = tuple(peer._replace(peer=names[peer.peer] or peer.peer) for peer in side.peers)
    nodes = {(peer.peer, peer.node_id): None for peer in peers}
    groups = ([peer for peer in peers if (peer.peer, peer.node_id) == node] for node in nodes)
    return side._replace(peers=peers, links=tuple(link_of(group) for group in groups))


def link_of(peers: Sequence[Peer]) -> Link:
    """One connection with all its volumes."""
    first = peers[0]
    return Link(
        node=first.peer,
        connected=all(peer.connection == "Connected" for peer in peers),
        alone=any(peer.connection in ("StandAlone", "Disconnecting") for peer in peers),
        client=all(peer.client for peer in peers),
        role=first.role,
        disk=worst_disk([peer.disk for peer in peers]),
        seconds=max(peer.seconds for peer in peers),
    )


def seen(sides: Sequence[Side]) -> tuple[Side, ...]:
    """The nodes without a side of their own that live connections report. Of several views the one with the worse disk counts."""
    own = {side.node for side in sides}
    views: dict[str, Side] = {}
    for view in (mirrored(side, link) for side in sides if side.up for link in side.links if link.connected):
        before = views.get(view.node)
        if view.node not in own and (before is None or badness(view.disk) > badness(before.disk)):
            views[view.node] = view
    return tuple(views.values())


def mirrored(side: Side, link: Link) -> Side:
    """The other end of a live connection, as this side sees it."""
    volumes = (
        peer._replace(peer=side.node, role=side.role, disk=side.disk, replication=from_there(peer.replication))
        for peer in side.peers
        if peer.peer == link.node
    )
    node = link.node or f"the peer of {side.node}"
    return Side(node, True, link.role, link.disk, link.client, tuple(volumes), version=side.version, reported=False)


def from_there(replication: str) -> str:
    """A replication state as the other end has it: SyncSource -> SyncTarget."""
    if replication[-1:] in ("S", "T") and replication not in SAME_FROM_THERE:
        return replication[:-1] + ("T" if replication.endswith("S") else "S")
    return {"SyncSource": "SyncTarget", "SyncTarget": "SyncSource"}.get(
        replication, SAME_FROM_THERE.get(replication, "")
    )


def together(side: Side, other: Side) -> bool:
    """Whether two nodes are connected, as either reports."""
    ends = [*((side, link, other) for link in side.links), *((other, link, side) for link in other.links)]
    words = [link.connected for _, link, far in ends if link.node == far.node]
    return bool(words) and all(words)


def pairs(sides: Sequence[Side]) -> Iterator[tuple[Side, Side]]:
    """Every two sides."""
    return ((side, other) for index, side in enumerate(sides) for other in sides[index + 1 :])


def badness(disk: str) -> int:
    """How far a disk state is from usable; unknown states are the worst."""
    return GOOD_TO_BAD.index(disk) if disk in GOOD_TO_BAD else 99


def worst_disk(disks: Sequence[str]) -> str:
    """The disk state that counts for the whole resource."""
    return max(disks, key=badness, default="missing")


def generations(peers: Sequence[Peer]) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """By volume: the current identifier, and all that this node knows (bitmaps and history towards every peer)."""
    by_volume: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
    for peer in peers:
        if peer.generation:
            current, known = by_volume.get(peer.volume, (frozenset(), frozenset()))
            by_volume[peer.volume] = (current | {peer.generation[0]}, known | set(peer.generation))
    return by_volume


def diverged(side: Side, other: Side) -> bool:
    """Whether neither side's current data are in the other's history: both wrote on their own, or were never related.

    As DRBD's own handshake compares them. A side that just has no connection keeps the other's current identifier.
    """
    for volume, (current, known) in side.generations.items():
        if volume not in other.generations:
            continue
        theirs, they_know = other.generations[volume]
        if (current | theirs) & FRESH:
            continue
        if not current & they_know and not theirs & known:
            return True
    return False
