"""The addresses of a host as the kernel tells them: ``ip -j addr``. Facts and parsing. No component of its own.

The daemon's word (keepalived, Pacemaker) is not asked: after a kill -9 the daemon is gone and the address is still there.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from hamon.errors import ProbeError
from hamon.probe import Ask
from hamon.probe.command import Command
from hamon.verdict import UNKNOWN

COMMAND = ("ip", "-j", "addr")
FLAGS = ("tentative", "dadfailed", "deprecated")


class Address(NamedTuple):
    """One address on one interface. ``flags`` are those of FLAGS that the kernel set."""

    address: str
    interface: str
    flags: tuple[str, ...] = ()

    @property
    def held(self) -> bool:
        """Whether this host answers for the address on a wire.

        ``lo`` is no wire: real servers behind LVS carry the address there on purpose. ``dadfailed`` means that the kernel saw
        another holder and does not use it. ``deprecated`` is how keepalived sets IPv6 addresses, ``tentative`` a matter of a second.
        """
        return self.interface != "lo" and "dadfailed" not in self.flags


class Link(NamedTuple):
    """One interface that carries addresses, or has lost its carrier."""

    name: str
    mac: str
    up: bool  # switched on
    carrier: bool  # and connected


class Facts(NamedTuple):
    """A host's addresses without link-local ones, and the interfaces they are on."""

    addresses: tuple[Address, ...]
    links: tuple[Link, ...]


def ask_addresses(ask: Ask) -> Facts:
    """The facts of this host. Raises ProbeError."""
    ran = ask(Command(COMMAND))
    if ran.rc:
        raise ProbeError(UNKNOWN, f"ip -j addr failed with exit code {ran.rc}: {ran.err.strip()[:100]}", "tool")
    return parse(ran.out)


def parse(text: str) -> Facts:
    """Facts from ``ip -j addr``. Raises ProbeError (UNKNOWN) for anything else; a host without a single interface is none."""
    try:
        told = [one for one in json.loads(text) if one]  # a filtered list has empty objects in it
        addresses = tuple(address for one in told for address in addresses_of(one))
        links = tuple(link for one in told for link in links_of(one, {address.interface for address in addresses}))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ProbeError(UNKNOWN, f"ip -j addr told no JSON of interfaces: {text.strip()[:60]!r}", "tool") from None
    if not told:
        raise ProbeError(UNKNOWN, "ip -j addr told no interface at all", "tool")
    return Facts(addresses, links)


def addresses_of(interface: dict[str, Any]) -> Iterator[Address]:
    """The addresses of one interface; link-local ones and 127.0.0.0/8 can be nobody's VIP, and there are hundreds of them."""
    for one in interface.get("addr_info", ()):
        if (
            one
            and one.get("scope") != "link"
            and "local" in one
            and not one["local"].startswith("127.")
            and one["local"] != "::1"
        ):
            # as the kernel prints it: canonical already
            yield Address(str(one["local"]), str(interface["ifname"]), tuple(flag for flag in FLAGS if one.get(flag)))


def links_of(interface: dict[str, Any], carrying: Iterable[str]) -> Iterator[Link]:
    """The interface when it carries addresses, or is a physical one without a carrier (no peer, no lower device)."""
    flags, name = interface.get("flags", ()), str(interface["ifname"])
    link = Link(name, str(interface.get("address", "")), "UP" in flags, "UP" in flags and "NO-CARRIER" not in flags)
    virtual = "link" in interface or "link_index" in interface or interface.get("link_type") != "ether"
    if name in carrying or ("NO-CARRIER" in flags and not virtual):
        yield link
