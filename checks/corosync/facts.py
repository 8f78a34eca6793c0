"""Parse Corosync's membership, quorum and links from what its tools print. Pure; Corosync 2 and 3."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hamon import take
from hamon.checks.pacemaker.documents import failure_words
from hamon.errors import ProbeError
from hamon.memory import Memory
from hamon.probe.command import Ran
from hamon.verdict import UNKNOWN

KEY = re.compile(r"^([\w.-]+) \((\w+)\) = (.*)$", re.ASCII)
LINK = re.compile(r"^stats\.knet\.node(\d+)\.link(\d+)\.(\w+)$", re.ASCII)
MEMBER = re.compile(r"^runtime\.(?:totem\.pg\.mrp\.srp\.)?members\.(\d+)\.(status|ip)$", re.ASCII)
NODE = re.compile(r"^nodelist\.node\.(\d+)\.(\w+)$", re.ASCII)
RING_LINE = re.compile(r"^(?:RING|LINK) ID ", re.MULTILINE | re.ASCII | re.IGNORECASE)
LINK_LINE = re.compile(r"^stats\.knet\.node\d+\.link", re.MULTILINE | re.ASCII)


class Link(NamedTuple):
    """One link to one peer. ``drops``: how often it went down since the last run."""

    name: str  # peer and link: ctl2_link0
    peer: str
    link: int
    connected: bool
    latency: float | None  # seconds, round trip, average since the link came up
    drops: float | None


class Facts(NamedTuple):
    """Corosync on this node.

    ``nodes``: every node of its configuration, (name, whether in the membership; None: not reported). ``name``: this node's.
    """

    quorate: bool
    node_id: str
    ring: str
    expected_votes: int | None
    votes: int | None
    quorum: int | None
    flags: tuple[str, ...]
    nodes: tuple[tuple[str, bool | None], ...]
    links: tuple[Link, ...] | None  # None: nothing reports links here
    faulty_rings: tuple[str, ...]
    rings: int = 0  # how many cfgtool lists where there are no links
    name: str = ""


def parse(quorum: Ran, config: Mapping[str, str], stats: Ran, rings: Ran | None, memory: Memory) -> Facts:
    """Facts from the tools' answers. Raises ProbeError (UNKNOWN) when they lack what a verdict needs."""
    fields = quorum_fields(quorum.out)
    quorate = take.flag(fields.get("quorate"))
    if quorate is None or (quorate and quorum.rc == 2):  # no version leaves 2 when quorate
        raise ProbeError(
            UNKNOWN,
            f"corosync-quorumtool says Quorate: {fields.get('quorate') or 'nothing'}{failure_words(quorum)}",
            "garbage",
        )
    names = node_names(config)
    here = fields.get("node id", "")
    return Facts(
        quorate=quorate,
        node_id=here,
        ring=fields.get("ring id", ""),
        expected_votes=votes(fields, "expected votes"),
        votes=votes(fields, "total votes"),
        quorum=votes(fields, "quorum"),
        flags=tuple(fields.get("flags", "").split()),
        nodes=tuple(membership(config, names)),
        links=tuple(links(cmap(stats.out), names, here, memory)) if rings is None else None,
        faulty_rings=tuple(faulty(rings.out)) if rings else (),
        rings=len(RING_LINE.findall(rings.out)) if rings else 0,
        name=names.get(here, ""),
    )


def quorum_fields(text: str) -> dict[str, str]:
    """The ``Name:   value`` lines of quorumtool by lower-case name."""
    fields = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon and not line.startswith(" "):
            fields[name.strip().lower()] = value.strip()
    return fields


def votes(fields: Mapping[str, str], name: str) -> int | None:
    """A number of votes; a remark may stand behind it (``2 Activity blocked``)."""
    return take.count(fields.get(name, "").partition(" ")[0])


def cmap(text: str) -> dict[str, str]:
    """``key (type) = value`` lines."""
    return {match[1]: match[3].strip() for line in text.splitlines() if (match := KEY.match(line))}


def node_names(config: Mapping[str, str]) -> dict[str, str]:
    """Names of all configured nodes by node id; corosync 2 may have no names, no ids, or no node list.

    A node without an id has that of the member with its address, else one that begins with ``?``.
    """
    fields: dict[str, dict[str, str]] = {}
    for key, value in config.items():
        match = NODE.match(key)
        if match:
            fields.setdefault(match[1], {})[match[2]] = value
    addresses = members(config, "ip")
    names = {}
    for position, node in sorted(fields.items()):
        address = node.get("ring0_addr", "")
        number = node.get("nodeid") or next(
            (number for number, text in addresses.items() if address and f"ip({address})" in text), f"?{position}"
        )
        names[number] = node.get("name") or address or f"node {number}"
    if names:
        return names
    return {
        number: addresses.get(number, "").partition("ip(")[2].partition(")")[0] or f"node {number}"
        for number in members(config, "status")
    }


def members(config: Mapping[str, str], field: str) -> dict[str, str]:
    """``status`` or ``ip`` of every member that corosync has seen, by node id."""
    return {match[1]: value for key, value in config.items() if (match := MEMBER.match(key)) and match[2] == field}


def membership(config: Mapping[str, str], names: Mapping[str, str]) -> Iterator[tuple[str, bool | None]]:
    """Every node's name and whether it is in the membership; None where nothing says so.

    Corosync has no entry for a node that it never saw. A node whose id is unknown is among the members that are left over.
    """
    states = {number: state == "joined" for number, state in members(config, "status").items()}
    unknown = [number for number in names if number.startswith("?")]
    left = [state for number, state in states.items() if number not in names]
    rest: bool | None = None
    if not left or (len(left) == len(unknown) and len(set(left)) == 1):
        rest = left[0] if left else False
    for number, name in names.items():
        yield name, None if not states else rest if number in unknown else states.get(number, False)


def links(stats: Mapping[str, str], names: Mapping[str, str], here: str, memory: Memory) -> Iterator[Link]:
    """Every enabled link to every peer."""
    counters: dict[tuple[str, int], dict[str, int | None]] = {}
    for key, value in stats.items():
        parts = LINK.match(key)
        if parts and parts[1] != here:
            counters.setdefault((parts[1], int(parts[2])), {})[parts[3]] = take.count(value)
    for (number, link), values in sorted(counters.items()):
        if values.get("enabled") == 0 or values.get("connected") is None:
            continue
        peer = names.get(number, f"node {number}")
        name = f"{peer}_link{link}"
        latency = values.get("latency_ave") if values.get("latency_samples") and values.get("connected") else None
        yield Link(
            name, peer, link, values.get("connected") == 1, None if latency is None else latency / 1e6,
            memory.change(f"down {name}", values.get("down_count")),
        )  # fmt: skip


def faulty(text: str) -> Iterator[str]:
    """Rings that corosync 2 marked FAULTY (its cfgtool prints text for people only)."""
    ring = "?"
    for line in text.splitlines():
        if line.upper().startswith(("RING ID", "LINK ID")):
            ring = line.split()[2]
        elif "FAULTY" in line:
            yield ring
