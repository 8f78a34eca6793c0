"""The addresses of a host as the kernel reports them: ``ip -j addr``. Facts and parsing. Not a component of its own.

The daemon (keepalived, Pacemaker) is not asked: after a kill -9 the daemon is gone and the address is still there.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

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

        ``lo`` is not a wire: real servers behind LVS carry the address there on purpose. ``dadfailed`` means that the kernel saw
        another holder and does not use it. ``deprecated`` is how keepalived sets IPv6 addresses, ``tentative`` a matter of a second.
        """
        return self.interface != "lo" and "dadfailed" not in self.flags


class Link(NamedTuple):
    """One interface that carries addresses, or has lost its carrier."""

    name: str
    mac: str
    up: bool  # switched on
    carrier: bool  # and connected

    @property
    def trouble(self) -> str:
        """The reason why nothing on it answers on a wire, as a predicate; empty when it is connected."""
        if not self.up:
            return "is switched off"
        return "" if self.carrier else "has no carrier"


class Facts(NamedTuple):
    """A host's addresses without those that the kernel gives every interface, and the interfaces they are on."""

    addresses: tuple[Address, ...]
    links: tuple[Link, ...]


def ask_addresses(ask: Ask, wanted: Collection[str] = (), interfaces: Collection[str] = ()) -> Facts:
    """The facts of this host, with the addresses in ``wanted`` and the links in ``interfaces`` of whatever kind they are.

    Raises ProbeError.
    """
    ran = ask(Command(COMMAND))
    if ran.rc:
        raise ProbeError(UNKNOWN, f"ip -j addr failed with exit code {ran.rc}: {ran.err.strip()[:100]}", "tool")
    return parse(ran.out, wanted, interfaces)


def parse(text: str, wanted: Collection[str] = (), interfaces: Collection[str] = ()) -> Facts:
    """Facts from ``ip -j addr``. Raises ProbeError (UNKNOWN) for anything else, an answer without a single interface included."""
    try:
        entries = objects(json.loads(text))
        addresses = tuple(address for entry in entries for address in addresses_of(entry, wanted))
        asked = {*interfaces, *(address.interface for address in addresses)}
        links = tuple(link for entry in entries for link in links_of(entry, asked))
    except (ValueError, KeyError, TypeError):
        raise ProbeError(
            UNKNOWN, f"ip -j addr printed no JSON list of interfaces: {text.strip()[:60]!r}", "tool"
        ) from None
    if not entries:
        raise ProbeError(UNKNOWN, "ip -j addr printed no interface at all", "tool")
    return Facts(addresses, links)


def objects(value: object) -> list[Mapping[str, object]]:
    """The objects of a JSON list, the empty ones that a filtered list has in it left out. Raises TypeError."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise TypeError(value)
    return [item for item in value if item]


def addresses_of(interface: Mapping[str, object], wanted: Collection[str] = ()) -> Iterator[Address]:
    """The addresses of one interface, without 127.0.0.0/8 and automatic link-local ones unless ``wanted``: there are hundreds, and no VIP among them.

    The scope alone says nothing: an address of any scope may be a VIP, and the first one of VRRP for IPv6 is always
    link-local (RFC 5798, 5.2.9).
    """
    for entry in objects(interface.get("addr_info", [])):
        local = entry.get("local", "::1")
        if not isinstance(local, str):
            raise TypeError(local)
        common = local.startswith("127.") or local == "::1" or automatic(local, entry)
        if local in wanted or not common:
            # as the kernel prints it: canonical already
            yield Address(local, str(interface["ifname"]), tuple(flag for flag in FLAGS if entry.get(flag)))


def automatic(address: str, marks: Mapping[str, object]) -> bool:
    """Whether a link-local IPv6 address is the one that the kernel or NetworkManager gives an interface, not one that was set.

    Newer kernels say so (``protocol``); else by its form (made of a MAC: ..ff:fe..) or its flags.
    """
    if not link_local(address):
        return False
    return (
        marks.get("protocol") == "kernel_ll"
        or bool(marks.get("stable-privacy") or marks.get("noprefixroute"))
        or of_mac(address)
    )


def link_local(address: str) -> bool:
    """Whether this is an address of fe80::/10."""
    return address[:3] in ("fe8", "fe9", "fea", "feb") and address[4:5] == ":"


def of_mac(address: str) -> bool:
    """Whether an IPv6 address is made of a MAC (EUI-64)."""
    groups = address.split(":")
    return len(groups) >= 4 and groups[-3].endswith("ff") and len(groups[-2]) == 4 and groups[-2].startswith("fe")


def links_of(interface: Mapping[str, object], asked: Collection[str]) -> Iterator[Link]:
    """The interface when it is ``asked`` for, or is a physical one without a carrier (no peer, no lower device)."""
    flags, name = interface.get("flags", []), str(interface["ifname"])
    if not isinstance(flags, list):
        raise TypeError(flags)
    link = Link(name, str(interface.get("address", "")), "UP" in flags, "UP" in flags and "NO-CARRIER" not in flags)
    virtual = "link" in interface or "link_index" in interface or interface.get("link_type") != "ether"
    if name in asked or ("NO-CARRIER" in flags and not virtual):
        yield link
