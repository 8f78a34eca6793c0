"""Judge a DRBD volume's disk and its peers. Pure. Part of check_drbd."""

from collections.abc import Iterable, Iterator

from hamon.check import Options
from hamon.checks.drbd.facts import STARTING, SYNCING, TARGETS, VERIFYING, Device, Facts, Peer
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding
from hamon.words import duration, lasting


def title_of(peer: Peer | Device, facts: Facts) -> str:
    """``r0``, or ``r0/1`` where the resource has several volumes."""
    several = sum(device.resource == peer.resource for device in facts.devices) > 1
    return f"{peer.resource}/{peer.volume}" if several else peer.resource


def the_peer(peer: Peer) -> str:
    """The name of the other side; 8.4 has none and calls it the peer."""
    return peer.peer or "its peer"


def size(kib: int) -> str:
    """KiB as people read them."""
    value, units = float(kib), ["KiB", "MiB", "GiB", "TiB"]
    while value >= 1024 and len(units) > 1:
        value /= 1024
        units.pop(0)
    return f"{value:.3g} {units[0]}" if value < 1000 else f"{value:.0f} {units[0]}"


def named(resource: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """``findings``, all of them about one resource, with its name for the runbook."""
    return (finding._replace(names={"resource": resource}) for finding in findings)


def device_findings(device: Device, facts: Facts) -> Iterator[Finding]:
    """The findings of the local disk. What a resync explains is reported with the peer it comes from."""
    name = title_of(device, facts)
    role = next((source.role for source in facts.resources if source.name == device.resource), "Unknown")
    peers = [peer for peer in facts.peers if (peer.resource, peer.volume) == (device.resource, device.volume)]
    if not device.quorum:
        # A Secondary beside a Primary that it is connected to: the others have quorum, and I/O goes on.
        spare = role == "Secondary" and any(peer.connection == "Connected" and peer.role == "Primary" for peer in peers)
        yield Finding(WARNING if spare else CRITICAL, f"{name} has no quorum", "suspended")
    if device.disk in ("Diskless", "Failed", "Detaching"):
        served = any(peer.connection == "Connected" and peer.disk == "UpToDate" for peer in peers)
        if device.client and device.disk == "Diskless":
            yield Finding(OK, f"{name} is a diskless client, as configured")
            if role == "Primary" and not served:
                text = f"{name} is in use here, a diskless client without a connection to an up-to-date copy"
                yield Finding(CRITICAL, text, "diskless_client")
            return
        rest = "all I/O goes to the peer" if served else "and no peer has up-to-date data"
        yield Finding(CRITICAL, f"{name} is {device.disk} here as {role}, {rest}", "diskless")
    elif device.disk == "Inconsistent":
        if not any(peer.replication in TARGETS for peer in peers):
            yield Finding(CRITICAL, f"{name} is Inconsistent here as {role} and no resync runs", "inconsistent")
    elif device.disk == "Outdated":
        if not any(peer.replication in TARGETS for peer in peers):
            state = CRITICAL if role == "Primary" else WARNING
            yield Finding(
                state, f"{name} is Outdated here as {role}: its data are old, it cannot take over", "outdated"
            )
    elif device.disk in ("Consistent", "Attaching", "Negotiating"):
        yield Finding(
            WARNING, f"{name} is {device.disk} here: whether its data are up to date is not known yet", "consistent"
        )
    elif device.disk != "UpToDate":
        yield Finding(UNKNOWN, f"{name}: its disk is {device.disk or 'missing'}", "tool")


def client_lost(peer: Peer, facts: Facts) -> Finding:
    """The finding of a peer that is diskless on purpose and out of reach: it had no copy, so none is lost and none can have diverged."""
    text = f"{title_of(peer, facts)} has no connection to {the_peer(peer)}, which is diskless{lasting(peer.seconds)}"
    return Finding(WARNING, f"{text} ({peer.connection}), no copy is lost", "client_lost", {"resource": peer.resource})


def peer_findings(peer: Peer, facts: Facts, options: Options) -> Iterator[Finding]:
    """The findings of one peer of one volume that is not StandAlone: out of reach, in a resync, or connected with something to say."""
    name = title_of(peer, facts)
    if not peer.connection:
        yield Finding(UNKNOWN, f"{name}: the state of its connection was not reported", "tool")
    elif peer.connection != "Connected":
        role = next((source.role for source in facts.resources if source.name == peer.resource), "Unknown")
        state = CRITICAL if peer.seconds > options.disconnected_max else WARNING
        yield Finding(
            state,
            f"{name} has no connection to {the_peer(peer)}{lasting(peer.seconds)} ({peer.connection}), {role} here",
            "disconnected",
        )
    elif peer.replication in SYNCING or peer.replication in STARTING:
        yield resync(peer, name, options)
    elif peer.replication in ("Ahead", "Behind"):
        yield Finding(
            WARNING,
            f"{name} is {peer.replication} of {the_peer(peer)}: the link is congested, not all is replicated",
            "ahead",
        )
    elif peer.replication in VERIFYING or peer.replication == "Established":
        yield from connected(peer, name)
    elif peer.replication == "Off" and peer.client and diskless(peer, facts):
        return  # two clients have nothing to replicate to each other
    else:
        yield Finding(UNKNOWN, f"{name} is Connected and its replication is {peer.replication or 'missing'}", "tool")


def diskless(peer: Peer, facts: Facts) -> bool:
    """Whether this node is a client of the peer's volume, too."""
    return any(
        device.client for device in facts.devices if (device.resource, device.volume) == (peer.resource, peer.volume)
    )


def resync(peer: Peer, name: str, options: Options) -> Finding:
    """The finding of a resync: direction, progress, time left; or why it does not move."""
    here = peer.replication in TARGETS
    where = f"Inconsistent here, from {the_peer(peer)}" if here else f"{the_peer(peer)} is {peer.disk}"
    left = f", {size(peer.out_of_sync)} left" if peer.out_of_sync is not None else ""
    done = f", {peer.done:g} % done" if peer.done is not None else ""
    if peer.replication.startswith("Paused") or peer.paused != "no":
        why = {"no": "", "user": " by hand"}.get(peer.paused, f" by {peer.paused.replace(',', ' and ')}")
        state = CRITICAL if peer.seconds > options.paused_max else WARNING
        text = f"resync of {name} is paused{why}{lasting(peer.seconds)} ({where}{left})"
        return Finding(state, text, "paused")
    if peer.rate == 0:
        return Finding(WARNING, f"resync of {name} makes no progress ({where}{done}{left})", "resync")
    eta = f", ready in {duration(peer.eta)}" if peer.eta is not None else ""
    return Finding(WARNING, f"resync of {name}: {where}{done}{left}{eta}", "resync")


def connected(peer: Peer, name: str) -> Iterator[Finding]:
    """The findings of a peer that is connected and replicates: the state of its disk, and blocks that a verify found to differ."""
    if peer.disk in ("Diskless", "Failed", "Detaching"):
        if not peer.client:
            yield Finding(
                WARNING, f"{name} is {peer.disk} on {the_peer(peer)}: this node has the only copy", "peer_disk"
            )
    elif peer.disk in ("Inconsistent", "Outdated", "Consistent", "Attaching", "Negotiating", "DUnknown"):
        yield Finding(WARNING, f"{name} is {peer.disk} on {the_peer(peer)} and no resync runs", "peer_disk")
    elif peer.disk != "UpToDate":
        yield Finding(UNKNOWN, f"{name}: the disk of {the_peer(peer)} is {peer.disk or 'missing'}", "tool")
    elif peer.out_of_sync:
        text = (
            f"{size(peer.out_of_sync)} of {name} differ from {the_peer(peer)} although connected: a verify found them"
        )
        yield Finding(WARNING, text, "differs")
    if peer.replication in VERIFYING:
        done = f", {peer.done:g} % done" if peer.done is not None else ""
        yield Finding(OK, f"verify of {name} runs{done}")
