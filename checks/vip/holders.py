"""Who holds a VIP, from the addresses of all members and the answers on the wire. Pure. Part of check_vip."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from hamon.check import Options
from hamon.checks.vip.addresses import Address, Facts
from hamon.members import Members


class Seen(NamedTuple):
    """What all members and the wire report about one VIP. ``macs`` is None when the wire was not asked."""

    members: Members[Facts]
    macs: Mapping[str, int] | None = None
    arp_trouble: str = ""
    holder_seconds: float | None = None  # since when the one holder holds it, as far as the runs saw
    former: str = ""  # who held it before


class Figures(NamedTuple):
    """The VIP in numbers."""

    holders: int | None
    unreachable: int
    holder_seconds: float | None


def of_vip(members: Members[Facts], vip: str) -> Iterator[tuple[str, Address]]:
    """Every (member, its address) that is the VIP, held or not."""
    for name, facts in members.reported.items():
        yield from ((name, address) for address in facts.addresses if address.address == vip)


def owners(members: Members[Facts]) -> dict[str, list[str]]:
    """Members by MAC. VRRP's virtual MAC (``use_vmac``) is the same on several members."""
    by_mac: dict[str, list[str]] = {}
    for name, facts in members.reported.items():
        for link in facts.links:
            if name not in by_mac.setdefault(link.mac.lower(), []):
                by_mac[link.mac.lower()].append(name)
    return by_mac


def answering(seen: Seen, holding: Iterable[str]) -> dict[str, str]:
    """Those that answer on the wire: MAC -> member, or a name for the unknown one.

    A MAC that several members have belongs to those of them that reported the VIP (``holding``); to any of them when none did.
    """
    known, holding = owners(seen.members), set(holding)
    answers = {}
    for mac in seen.macs or {}:
        names = [name for name in known.get(mac.lower(), ()) if name in holding] or known.get(mac.lower(), [])
        answers[mac] = " or ".join(names) if names else f"MAC {mac}"
    return answers


def holders(seen: Seen, options: Options) -> dict[str, str]:
    """All holders by name, each with its place: interface, or MAC where only the wire shows it."""
    held_by = {name: address.interface for name, address in of_vip(seen.members, options.vip) if address.held}
    for mac, name in answering(seen, list(held_by)).items():
        if not set(name.split(" or ")) & set(held_by):
            held_by[name] = mac
    return held_by


def figures(seen: Seen, options: Options) -> Figures:
    """The figures; how many holders there are is unknown when none was found and not everybody was asked."""
    held_by, quiet = holders(seen, options), seen.members.silent
    known = held_by or seen.macs is not None or not quiet
    return Figures(len(held_by) if known else None, len(quiet), seen.holder_seconds)
