"""The Primary components that members form, and the members that hold the entries of their lists. Pure.

In a real split both sides have the same cluster state UUID, the same conf_id and the same last_committed; comparing those
proves nothing. What differs is who each Primary node lists as members. During a view change two nodes asked milliseconds
apart may list overlapping members; the sides of a split list disjoint ones.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hamon.checks.galera.node import Facts
from hamon.members import Members
from hamon.names import host_and_port, same_host


class Side(NamedTuple):
    """Members that form one Primary component together: their names, its size, and its list of client addresses."""

    names: tuple[str, ...]
    size: int  # as they report it, else by the entries of the list; 0 when both are missing
    view: tuple[str, ...]


class Seats(NamedTuple):
    """The holders of the entries of a Primary component's list, beside the members that reported it."""

    counted: frozenset[str]  # silent members that it counts in, by name
    unnamed: int  # entries that are held by some of the silent members, it is not known which
    arbitrators: int  # entries without an address: they vote and hold no data
    strangers: tuple[str, ...]  # addresses of members that are not expected
    nameless: int  # more members that are not expected, without an address


def primaries(members: Members[Facts]) -> dict[str, Facts]:
    """The members that say they are in a Primary component, by name; not one that was voted out."""
    return {
        name: f
        for name, f in members.reported.items()
        if f.wsrep and f.status.lower() == "primary" and f.state != "Inconsistent"
    }


def sides(members: Members[Facts]) -> list[Side]:
    """The Primary components there are, largest first: nodes grouped by the member list they give.

    Where the lists cannot tell (``AUTO`` for everybody), a repeated local index puts a node on another side.
    """
    by_view: dict[tuple[tuple[tuple[str, ...], int | None], int], list[str]] = {}
    taken: set[tuple[tuple[tuple[str, ...], int | None], int, int | None]] = set()
    for name, facts in sorted(primaries(members).items(), key=lambda item: (item[1].conf_id or 0, item[0])):
        key = (facts.view, facts.size)
        twin = 0
        while (key, twin, facts.local_index) in taken and facts.local_index is not None:
            twin += 1
        taken.add((key, twin, facts.local_index))
        by_view.setdefault((key, twin), []).append(name)
    made = [Side(tuple(sorted(names)), key[1] or len(key[0]), key[0]) for (key, _), names in by_view.items()]
    return sorted(made, key=lambda side: (-side.size, side.names))


def disjoint(all_sides: Sequence[Side]) -> bool:
    """Whether the sides provably have no member in common: a split, not a view change seen half-way.

    Lists of addresses prove it. A side without any has to be complete, or to repeat the indexes of another side.
    """
    seen: set[str] = set()
    for side in all_sides:
        here = set(named(side.view))
        twins = sum((other.size, other.view) == (side.size, side.view) for other in all_sides)
        if here & seen or (not here and len(side.names) < side.size and twins == 1):
            return False
        seen |= here
    return True


def proven(all_sides: Sequence[Side]) -> list[Side]:
    """The sides that provably have no member in common: all, or all but the one member whose list fits none of them.

    What two members prove, a third cannot take back, whatever it lists. Empty when nothing is proven.
    """
    without_each = ([other for other in all_sides if other is not side] for side in all_sides if len(side.names) == 1)
    return next((rest for rest in ([*all_sides], *without_each) if len(rest) > 1 and disjoint(rest)), [])


def named(view: Sequence[str]) -> list[str]:
    """The entries of a member list that name a member: not the empty ones, nor ``AUTO``."""
    return [entry for entry in view if host_and_port(entry).host.upper() not in ("", "AUTO")]


def seats(members: Members[Facts], side: Side, addresses: Mapping[str, str], arbitrators: int | None) -> Seats:
    """The holders of the entries of that side's list. ``addresses``: of the expected members. ``arbitrators``: how many are meant.

    Members match by inventory address, by name, or by what they call themselves (replication may have a network of its
    own). Of the entries that match no member, first the members that reported get theirs, then the silent ones.
    """
    owners: dict[str, str] = {}
    strangers = []
    known = named(side.view)
    for entry in known:
        host = host_and_port(entry).host
        likely = [*side.names, *(name for name in addresses if name not in side.names)]
        owner = next((name for name in likely if name not in owners and _is_of(host, name, members, addresses)), None)
        if owner:
            owners[owner] = host
        else:
            strangers.append(entry)
    silent = members.silent
    counted = {name for name in owners if name in silent}
    homeless = sum(name not in owners for name in side.names)
    blanks = side.view.count("")
    pool = len(side.view) - blanks - len(known) + max(0, side.size - len(side.view))
    usual = any(_is_of(owners[name], name, None, addresses) for name in side.names if name in owners)
    if homeless or not usual:  # the list speaks of other addresses than the inventory
        pool, strangers = pool + len(strangers), []
    blank_members = max(0, homeless - pool)
    pool, blanks = max(0, pool - homeless), max(0, blanks - blank_members)

    free = [name for name in silent if name not in counted]
    if arbitrators is not None:
        votes = min(arbitrators, blanks + (0 if side.view else pool))
        pool = blanks + pool - votes
    elif blank_members and blanks >= len(free):  # members have no address here either
        counted |= set(free)
        votes, free = blanks - len(free), []
    else:
        votes = blanks
    if pool >= len(free):
        counted |= set(free)
        pool, free = pool - len(free), []
    unnamed = min(pool, len(free))
    outside = sum(name not in side.names and name not in owners for name in members.reported)
    return Seats(frozenset(counted), unnamed, votes, tuple(strangers), max(0, pool - unnamed - outside))


def _is_of(host: str, name: str, members: Members[Facts] | None, addresses: Mapping[str, str]) -> bool:
    """Whether an entry's host can be that member: by the inventory, and by what it calls itself where ``members`` are given."""
    facts = members.reported.get(name) if members else None
    own = (host_and_port(facts.address).host, facts.node) if facts else ()
    return any(same_host(host, known) for known in (addresses[name], name, *own))
