"""Corosync: is this node in a quorate membership, and is every link to every peer up?

Sources: ``corosync-quorumtool -s`` (exits 0 quorate, 2 not quorate, 1 when corosync is dead) and ``corosync-cmapctl``, whose keys are
a machine's. A knet link that is down shows only there, by peer and link: membership and Pacemaker stay green until the last link goes.
Corosync 2 without knet has no such statistics; there ``corosync-cfgtool -s`` tells of faulty rings.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hamon import take
from hamon.check import Check, Example, Limit, OnMembers, Option, Options
from hamon.checks.corosync.runbook import RUNBOOK
from hamon.checks.pacemaker.documents import run, said
from hamon.errors import ProbeError
from hamon.memory import Memory
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.probe.command import Ran
from hamon.probe.file import Processes
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding
from hamon.words import listed

QUORUM = ("corosync-quorumtool", "-s")
CONFIG = ("corosync-cmapctl", "nodelist.", "runtime.members.", "runtime.votequorum.")
STATS = ("corosync-cmapctl", "-m", "stats", "stats.knet.node")
RINGS = ("corosync-cfgtool", "-s")
KEY = re.compile(r"^([\w.-]+) \((\w+)\) = (.*)$", re.ASCII)
LINK = re.compile(r"^stats\.knet\.node(\d+)\.link(\d+)\.(\w+)$", re.ASCII)
MEMBER = re.compile(r"^runtime\.members\.(\d+)\.status$", re.ASCII)
NODE = re.compile(r"^nodelist\.node\.(\d+)\.(\w+)$", re.ASCII)


class Link(NamedTuple):
    """One link to one peer. ``drops``: how often it went down since the last run."""

    name: str  # peer and link: ctl2_link0
    peer: str
    link: int
    connected: bool
    latency: float | None  # seconds, round trip, average since the link came up
    drops: float | None


class Facts(NamedTuple):
    """Corosync on this node. ``nodes``: every node of its configuration, (name, whether in the membership)."""

    quorate: bool
    node_id: str
    ring: str
    expected_votes: int | None
    votes: int | None
    quorum: int | None
    flags: tuple[str, ...]
    nodes: tuple[tuple[str, bool], ...]
    links: tuple[Link, ...] | None  # None: nothing tells of links here
    faulty_rings: tuple[str, ...]


def probe(ask: Ask, options: Options) -> Facts:
    """Quorum first: its exit code says whether corosync lives at all."""
    told = run(ask, options, *QUORUM)
    if told.rc not in (0, 2):
        raise dead(ask, told)
    keys = run(ask, options, *CONFIG)
    stats = run(ask, options, *STATS)
    rings = run(ask, options, *RINGS) if not LINK_LINE.search(stats.out) else None
    return parse(told, keys, stats, rings, ask.memory)


LINK_LINE = re.compile(r"^stats\.knet\.node\d+\.link", re.MULTILINE | re.ASCII)


def dead(ask: Ask, told: Ran) -> ProbeError:
    """Why there is no quorum information: corosync dead, or our own trouble."""
    if not ask(Processes("corosync")):
        return ProbeError(CRITICAL, f"corosync is not running on this node{said(told)}", "not_running")
    return ProbeError(UNKNOWN, f"corosync runs and does not talk to this user{said(told)}", "rights")


def parse(told: Ran, keys: Ran, stats: Ran, rings: Ran | None, memory: Memory) -> Facts:
    """Facts from the tools' answers. Raises ProbeError (UNKNOWN) when they lack what a verdict needs."""
    fields = quorum_fields(told.out)
    if fields.get("quorate") != ("Yes" if told.rc == 0 else "No"):
        raise ProbeError(
            UNKNOWN, f"corosync-quorumtool says Quorate: {fields.get('quorate') or 'nothing'}{said(told)}", "garbage"
        )
    config = cmap(keys.out)
    names = node_names(config)
    if not names:
        raise ProbeError(UNKNOWN, f"corosync-cmapctl tells no nodes{said(keys)}", "garbage")
    members = {found[1]: value == "joined" for key, value in config.items() if (found := MEMBER.match(key))}
    here = fields.get("node id", "")
    return Facts(
        quorate=told.rc == 0,
        node_id=here,
        ring=fields.get("ring id", ""),
        expected_votes=votes(fields, "expected votes"),
        votes=votes(fields, "total votes"),
        quorum=votes(fields, "quorum"),
        flags=tuple(fields.get("flags", "").split()),
        nodes=tuple((name, members.get(number, False)) for number, name in names.items()),
        links=tuple(links(cmap(stats.out), names, here, memory)) if rings is None else None,
        faulty_rings=tuple(faulty(rings.out)) if rings else (),
    )


def quorum_fields(text: str) -> dict[str, str]:
    """The ``Name:   value`` lines of quorumtool by lower-case name."""
    found = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon and not line.startswith(" "):
            found[name.strip().lower()] = value.strip()
    return found


def votes(fields: Mapping[str, str], name: str) -> int | None:
    """A number of votes; a remark may stand behind it (``2 Activity blocked``)."""
    return take.count(fields.get(name, "").partition(" ")[0])


def cmap(text: str) -> dict[str, str]:
    """``key (type) = value`` lines."""
    return {found[1]: found[3].strip() for line in text.splitlines() if (found := KEY.match(line))}


def node_names(config: Mapping[str, str]) -> dict[str, str]:
    """Names of all configured nodes by node id; corosync 2 may have neither names nor a node list."""
    fields: dict[str, dict[str, str]] = {}
    for key, value in config.items():
        found = NODE.match(key)
        if found:
            fields.setdefault(found[1], {})[found[2]] = value
    named = {
        one.get("nodeid", position): one.get("name") or one.get("ring0_addr") or f"node {one.get('nodeid', position)}"
        for position, one in sorted(fields.items())
    }
    if named:
        return named
    return {found[1]: f"node {found[1]}" for key in config if (found := MEMBER.match(key))}


def links(stats: Mapping[str, str], names: Mapping[str, str], here: str, memory: Memory) -> Iterator[Link]:
    """Every enabled link to every peer."""
    found: dict[tuple[str, int], dict[str, int | None]] = {}
    for key, value in stats.items():
        parts = LINK.match(key)
        if parts and parts[1] != here:
            found.setdefault((parts[1], int(parts[2])), {})[parts[3]] = take.count(value)
    for (number, link), values in sorted(found.items()):
        if values.get("enabled") == 0:
            continue
        peer = names.get(number, f"node {number}")
        name = f"{peer}_link{link}"
        latency = values.get("latency_ave") if values.get("latency_samples") and values.get("connected") else None
        yield Link(
            name, peer, link, values.get("connected") == 1, None if latency is None else latency / 1e6,
            memory.change(f"down {name}", values.get("down_count")),
        )  # fmt: skip


def faulty(text: str) -> Iterator[str]:
    """Rings that corosync 2 marked FAULTY (its cfgtool speaks to people only)."""
    ring = "?"
    for line in text.splitlines():
        if line.upper().startswith(("RING ID", "LINK ID")):
            ring = line.split()[2]
        elif "FAULTY" in line:
            yield ring


def evaluate(facts: Facts, options: Options) -> Iterator[Finding]:
    """Quorum, membership, links."""
    missing = [name for name, joined in facts.nodes if not joined]
    votes = f"{facts.votes} of {facts.expected_votes} votes"
    if not facts.quorate:
        yield Finding(
            CRITICAL, f"no quorum: {votes}, {facts.quorum} needed, missing: {listed(missing) or 'nobody'}", "no_quorum"
        )
    elif facts.votes is None or facts.expected_votes is None:
        yield Finding(UNKNOWN, "the votes were not told", "garbage")
    elif missing:
        # Two nodes: the special rule keeps the survivor quorate, and so would it the other side of a cut.
        last = facts.votes - 1 < (facts.quorum or 1) or len(facts.nodes) == 2
        more = ", one more loss ends the quorum" if last else ""
        yield Finding(
            WARNING, f"{listed(missing)} not in the membership, {votes}{more}", "missing_node", {"peer": missing[0]}
        )
    elif facts.votes < facts.expected_votes:
        device = "the quorum device does not vote" if "Qdevice" in facts.flags else "somebody does not vote"
        yield Finding(WARNING, f"{votes} although every node is in the membership: {device}", "no_vote")
    if options.expect_links and facts.links is not None:
        found = {one.peer: sum(1 for other in facts.links if other.peer == one.peer) for one in facts.links}
        few = [f"{peer} {count}" for peer, count in found.items() if count < options.expect_links]
        if few:
            yield Finding(WARNING, f"fewer links than {options.expect_links}: {listed(few)}", "few_links")
    yield from down(facts, missing)
    for ring in facts.faulty_rings:
        yield Finding(WARNING, f"ring {ring} is FAULTY", "link_down")
    if "WaitForAll" in facts.flags and not facts.quorate:
        yield Finding(OK, "wait_for_all: waits until it has seen all nodes once", "no_quorum")


def down(facts: Facts, missing: list[str]) -> Iterator[Finding]:
    """Links that are down to peers that are still there: redundancy lost, and nobody else tells."""
    for peer in dict.fromkeys(one.peer for one in facts.links or ()):
        mine = [one for one in facts.links or () if one.peer == peer]
        dead_ = [str(one.link) for one in mine if not one.connected]
        if not dead_ or peer in missing:
            continue
        up = [str(one.link) for one in mine if one.connected]
        rest = f", link {listed(up)} still holds" if up else ", none is left"
        yield Finding(
            WARNING if up else CRITICAL, f"link {listed(dead_)} to {peer} is down{rest}", "link_down", {"peer": peer}
        )


class Figures(NamedTuple):
    """The facts in numbers."""

    votes: int | None
    expected_votes: int | None
    members: int
    links_down: int | None
    links: tuple[Link, ...]


def figures(facts: Facts, options: Options) -> Figures:  # noqa: ARG001
    """The facts in numbers."""
    # A link that is down is said to be; how often a link came and went matters for those that are up.
    steady = tuple(one if one.connected else one._replace(drops=None) for one in facts.links or ())
    broken = None if facts.links is None else sum(1 for one in facts.links if not one.connected)
    return Figures(facts.votes, facts.expected_votes, sum(1 for _, joined in facts.nodes if joined), broken, steady)


def summary(facts: Facts, options: Options) -> str:  # noqa: ARG001
    """The evidence for OK."""
    counted = f", {len(facts.links)} links up" if facts.links else ""
    return f"quorate with {facts.votes} of {facts.expected_votes} votes, {listed(name for name, _ in facts.nodes)} in the membership{counted}"


CHECK = Check(
    name="corosync",
    title="Is this node in a quorate membership, with every link to every peer up?",
    facts=Facts,
    probe=probe,
    evaluate=evaluate,
    summary=summary,
    figures=figures,
    options=(
        Option(("--exec",), "put COMMAND before each tool, e.g. 'docker exec hacluster_corosync'", str.split, (), "COMMAND"),
        Option(("--expect-links",), "WARNING when there are fewer links to a peer", int, 0, "COUNT"),
    ),
    limits=(
        Limit("votes", "votes in this membership", minimum=0, optional=True),
        Limit("expected_votes", "votes there should be", minimum=0, optional=True),
        Limit("members", "nodes in this membership", minimum=0),
        Limit("links_down", "links to peers that are down", minimum=0, optional=True),
        Limit("drops", "how often a link went down since the last run", "0", "5", each="links",
              say="link {one.link} to {one.peer} went down {value} times since the last run", optional=True, minimum=0),
        Limit("latency", "average round trip of a link", uom="s", each="links", optional=True, minimum=0),
    ),
    runbook=RUNBOOK,
    parts={"links": Link},
    runs=OnMembers(sudo=True),
    uses=("command", "file"),
    asks="`corosync-quorumtool -s`, `corosync-cmapctl` (node list, members, knet links); `corosync-cfgtool -s` where there is no knet",
    rights="root (corosync answers no other user unless told to by uidgid)",
    example=Example(
        "",
        "COROSYNC OK - quorate with 3 of 3 votes, pcmk1, pcmk2 and pcmk3 in the membership, 2 links up",
    ),
)  # fmt: skip

main = plugin(CHECK)
