"""Judge one DRBD resource, from all its nodes side by side. Pure. Part of check_drbd_cluster."""

from collections.abc import Iterator, Sequence

from hamon.check import Options
from hamon.checks.drbd.facts import TARGETS, Facts, Peer
from hamon.checks.drbd.findings import size
from hamon.checks.drbd.sides import Side, diverged, pairs, together
from hamon.members import Members
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding, State
from hamon.words import lasting, listed


def of_resource(name: str, sides: Sequence[Side], members: Members[Facts], options: Options) -> Iterator[Finding]:
    """The findings of one resource: is it split, is it connected, how many usable copies, who uses it."""
    concerned = silent_nodes(sides, members)
    quiet = members.apologies(concerned) if concerned else ""
    up = [side for side in sides if side.up]
    if not up:
        state = UNKNOWN if quiet else CRITICAL
        rest = f", {quiet}" if quiet else ""
        yield Finding(state, f"{name} is up on no node{rest}", "not_up")
        return
    unseen = bool(set(concerned) - {side.node for side in up})
    split = split_brain(name, up, quiet)
    if split:
        yield split
    else:
        yield from replication(name, sides, members, quiet, unseen, options)
    yield from held_back(name, up, unseen)
    yield from usage(name, up, quiet, unseen, options)


def silent_nodes(sides: Sequence[Side], members: Members[Facts]) -> tuple[str, ...]:
    """The silent members that may have this resource: all of them while a node of it has no name or one that fits no member."""
    links = [link for side in sides for link in side.links]
    names = {link.node for link in links}
    strangers = [link for link in links if link.node not in members.names and not link.client]
    if strangers or any(side.up and side.reported and not side.links for side in sides) or not links:
        return tuple(members.silent)
    return tuple(name for name in members.silent if name in names)


def primaries(sides: Sequence[Side]) -> list[str]:
    """The nodes that are Primary."""
    return [side.node for side in sides if side.role == "Primary"]


def replicated(sides: Sequence[Side]) -> bool:
    """Whether two nodes that hold data have usable copies and are connected."""
    copies = [side for side in sides if side.up and side.usable and not side.client]
    return any(together(side, other) for side, other in pairs(copies)) or any(
        sum(link.connected and link.disk == "UpToDate" and not link.client for link in side.links) > 1
        for side in sides
        if side.client
    )


def split_brain(name: str, up: Sequence[Side], quiet: str) -> Finding | None:
    """The split-brain of a resource, if there is one: both sides with their roles. A diskless client has no data to diverge."""
    both = [side for side in up if side.role == "Primary"]
    roles = listed(f"{side.node} ({side.role}{', StandAlone' if side.alone else ''})" for side in up)
    if len(both) > 1 and all(together(side, other) for side, other in pairs(both)):
        if any(side.two_primaries for side in both):
            return None
        text = f"{name} is Primary on {listed(side.node for side in both)} without allow-two-primaries"
        return Finding(CRITICAL, text, "two_primaries")
    if any(diverged(side, other) for side, other in pairs(up)):
        return Finding(CRITICAL, f"SPLIT-BRAIN of {name}: the data of {roles} have diverged", "split_brain")
    if len(both) > 1:
        return Finding(CRITICAL, f"SPLIT-BRAIN of {name}: {roles} write without a connection", "both_write")
    lonely = [side for side in up if side.alone]
    if len(lonely) > 1:
        known = all(side.generations for side in lonely)
        what = "their data have not diverged yet" if known else "whether their data diverged is not known"
        return Finding(CRITICAL, f"SPLIT-BRAIN of {name} suspected: {roles}, {what}", "suspected")
    if lonely and quiet:
        text = f"{lonely[0].node} is StandAlone for {name} as {lonely[0].role}, split-brain suspected, {quiet}"
        return Finding(CRITICAL, text, "stand_alone")
    if lonely and len(up) > 1 and not all(side.generations for side in up if side.parted):
        text = f"{lonely[0].node} is StandAlone for {name}, split-brain suspected: {roles}"
        return Finding(CRITICAL, text, "stand_alone")
    return None


def replication(
    name: str, sides: Sequence[Side], members: Members[Facts], quiet: str, unseen: bool, options: Options
) -> Iterator[Finding]:
    """The findings of sides that are not connected and up to date: the reason, named, and for how long."""
    up = [side for side in sides if side.up]
    own = [side for side in up if side.reported]
    parted = [side for side in own if side.parted or (not side.links and not side.nine)]
    down = [side.node for side in sides if not side.up]
    usable = [side.node for side in up if side.usable]
    if not usable:
        disks = listed(f"{side.node} {side.disk}" for side in up)
        text = f"{name} has no up-to-date copy: {disks}{', ' + quiet if unseen else ''}"
        # No step by force beside a member that could not be asked, even where a connection reports it.
        yield Finding(UNKNOWN if unseen else CRITICAL, text, "no_data_seen" if quiet else "no_data")
    if down:
        yield Finding(late(up, options), f"{name} is not up on {listed(down)}, {only(usable)}", "not_up")
    elif parted and unseen:
        yield Finding(late(parted, options) if len(usable) < 2 else WARNING, lost(name, parted, quiet, usable), "lost")
    elif parted:
        yield from cut(name, own, parted, members, usable, options)
    elif quiet:
        yield Finding(OK, quiet)
    for side in up:
        yield from trouble(name, side, bool(down or parted), usable)
    yield from clients(name, own)
    yield from differing(name, own)


def lost(name: str, parted: Sequence[Side], quiet: str, usable: Sequence[str]) -> str:
    """The words for nodes that are lost to DRBD and could not be asked either."""
    without = listed(f"{side.node} ({side.role})" for side in parted)
    return f"{name}: {without} without peer{age(parted)}, {quiet}, {only(usable)}"


def cut(
    name: str, own: Sequence[Side], parted: Sequence[Side], members: Members[Facts], usable: Sequence[str],
    options: Options,
) -> Iterator[Finding]:  # fmt: skip
    """The findings of connections that are down although every member answers, or that lead to a node that is not a member.

    A client that lost one of several copies, or a copy beside two others, loses nothing by waiting.
    """
    lonely = [side.node for side in parted if side.alone]
    nodes = {side.node for side in own}
    away = dict.fromkeys(link.node or "its peer" for side in parted for link in side.parted if link.node not in nodes)
    state = WARNING if replicated(own) else late(parted, options)
    about = "stand_alone" if lonely else "link"
    if len(own) == 2 and not away:
        roles = listed(f"{side.node} ({side.role})" for side in own)
        why = "both answer, the replication link is cut"
        if lonely:
            why = f"{listed(lonely)} StandAlone by hand or refused, data not diverged"
        yield Finding(state, f"{name}: {roles} have no connection{age(parted)}: {why}", about)
        return
    # The node that lost most is where the link is cut.
    worst = max(parted, key=lambda side: len(side.parted))
    ends = listed(dict.fromkeys(link.node or "its peer" for link in worst.parted))
    why = "all answer, the replication link is cut"
    if away:
        strangers = [node for node in away if node not in members.names]
        what = "not a member here" if strangers else "where it is neither configured nor up"
        why = f"{listed(strangers or away)} {'is ' if strangers else ''}{what}, {only(usable)}"
    elif lonely:
        why = f"{listed(lonely)} StandAlone by hand or refused, data not diverged"
    text = f"{name}: {worst.node} ({worst.role}) has no connection to {ends}{age([worst])}: {why}"
    yield Finding(state, text, about)


def trouble(name: str, side: Side, parted: bool, usable: Sequence[str]) -> Iterator[Finding]:
    """The findings of one side's disk and resync. Reported once, by the side that they are about."""
    target = next((peer for peer in side.peers if peer.replication in TARGETS), None)
    if target:
        paused = target.replication.startswith("Paused") or target.paused != "no"
        done = f", {target.done:g} % done" if target.done is not None else ""
        left = f", {size(target.out_of_sync)} left" if target.out_of_sync is not None else ""
        what = f"is paused{lasting(target.seconds)}" if paused else "runs"
        copies = "until then one copy" if len(usable) < 2 else f"up to date on {listed(usable)}"
        text = f"{title(name, side, target)}: resync of {side.node} {what}{done}{left}, {copies}"
        yield Finding(WARNING, text, "paused" if paused else "resync")
    elif not side.usable and not side.client and not (parted and side.disk == "DUnknown"):
        rest = f", {only(usable)}" if usable and not parted else ""
        text = f"{name} is {side.disk} on {side.node}{'' if parted else f' ({side.role})'}{rest}"
        yield Finding(WARNING, text, "disk", {"node": side.node})


def title(name: str, side: Side, volume: Peer) -> str:
    """``r0``, or ``r0/1`` where the resource has several volumes."""
    return f"{name}/{volume.volume}" if len({peer.volume for peer in side.peers}) > 1 else name


def clients(name: str, own: Sequence[Side]) -> Iterator[Finding]:
    """The findings of diskless clients: one that uses the resource and reaches no data, and those that copies have lost."""
    for side in own:
        served = any(link.connected and link.disk == "UpToDate" for link in side.links)
        if side.client and side.role == "Primary" and not served:
            text = f"{name} is in use on {side.node}, a diskless client without a connection to an up-to-date copy"
            yield Finding(CRITICAL, text, "diskless_client")
    reported = {side.node for side in own}
    gone = dict.fromkeys(
        link.node
        for side in own
        for link in side.links
        if link.client and not link.connected and not side.client and link.node not in reported
    )
    if gone:
        yield Finding(WARNING, f"{name}: {listed(gone)}, diskless, has no connection, no copy is lost", "client_lost")


def differing(name: str, own: Sequence[Side]) -> Iterator[Finding]:
    """The finding of blocks that a verify found to differ. Both ends count them: the larger number."""
    blocks = [
        peer.out_of_sync
        for side in own
        for peer in side.peers
        if side.usable and peer.replication == "Established" and peer.disk == "UpToDate" and peer.out_of_sync
    ]
    if blocks:
        text = f"{size(max(blocks))} of {name} differ between the nodes although connected"
        yield Finding(WARNING, text, "differs")


def held_back(name: str, up: Sequence[Side], unseen: bool) -> Iterator[Finding]:
    """The findings of suspended I/O and of lost quorum. A Secondary without quorum is one node's matter while another node has it."""
    own = [side for side in up if side.reported]
    for side in own:
        if side.suspended != "no":
            yield Finding(CRITICAL, f"I/O of {name} is suspended on {side.node} ({side.suspended})", "suspended")
    without = [side for side in own if not side.quorum and side.suspended == "no"]
    if without:
        everywhere = not unseen and not any(side.quorum for side in up)
        state = CRITICAL if everywhere or primaries(without) else WARNING
        nodes = listed(f"{side.node} ({side.role})" for side in without)
        yield Finding(state, f"{name} has no quorum on {nodes}", "suspended")


def usage(name: str, up: Sequence[Side], quiet: str, unseen: bool, options: Options) -> Iterator[Finding]:
    """The finding that no node is Primary. DRBD 9 promotes what is opened: a resource that nothing has open is Secondary everywhere, unless it is named.

    ``unseen``: a node that could not be asked may be Primary, and no connection reports it.
    """
    if primaries(up):
        return
    about = "no_primary_seen" if quiet else "no_primary"
    if name in options.expect_primary:
        state, rest = (UNKNOWN, f" that could be asked, {quiet}") if unseen else (CRITICAL, "")
        yield Finding(state, f"{name} is Primary on no node{rest}", about)
    elif not unseen and not all(side.nine for side in up):
        yield Finding(WARNING, f"{name} is Primary nowhere: nobody uses it", about)


def late(sides: Sequence[Side], options: Options) -> State:
    """WARNING, and CRITICAL when it has lasted too long."""
    return CRITICAL if max((side.seconds for side in sides), default=0.0) > options.disconnected_max else WARNING


def age(sides: Sequence[Side]) -> str:
    """The words for how long the first of them has been without a connection."""
    return lasting(max(side.seconds for side in sides))


def only(usable: Sequence[str]) -> str:
    """The words for where the data are up to date."""
    if len(usable) > 1:
        return f"up to date on {listed(usable)}"
    return f"up to date only on {listed(usable)}" if usable else "up to date nowhere"
