"""Corosync: is this node in a quorate membership, and is every link to every peer up?

Sources: ``corosync-quorumtool -s`` and ``corosync-cmapctl``, whose keys are a machine's. A knet link that is down shows only
there, by peer and link: membership and Pacemaker stay green until the last link goes. quorumtool's exit code means nothing by
itself: 0 quorate and 2 not since 2.4.6 and 3.0.2, 1 quorate and 0 not before, and 1 when corosync is dead. Corosync 2 has its
members below ``runtime.totem.pg.mrp.srp`` and no knet; there ``corosync-cfgtool -s`` has the rings. What is not reported (members,
links) is not "not there".
"""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from hamon.check import Check, Example, Limit, OnMembers, Option, Options
from hamon.checks.corosync.facts import LINK_LINE, MEMBER, Facts, Link, cmap, node_names, parse, quorum_fields
from hamon.checks.corosync.runbook import RUNBOOK
from hamon.checks.pacemaker.documents import corosync_runs, failure_words, run
from hamon.errors import ProbeError
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.probe.command import Ran
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding
from hamon.words import listed

QUORUM = ("corosync-quorumtool", "-s")
CONFIG = ("corosync-cmapctl", "nodelist.", "runtime.members.", "runtime.votequorum.")
MEMBERS_2 = ("corosync-cmapctl", "runtime.totem.pg.mrp.srp.members.")
STATS = ("corosync-cmapctl", "-m", "stats", "stats.knet.node")
RINGS = ("corosync-cfgtool", "-s")


def probe(ask: Ask, options: Options) -> Facts:
    """The facts; quorum is asked first: without an answer corosync may not run at all. Raises ProbeError."""
    quorum = run(ask, options, *QUORUM)
    if quorum.rc not in (0, 2) and "quorate" not in quorum_fields(quorum.out):
        raise dead(ask, options, quorum)
    keys = run(ask, options, *CONFIG)
    config = cmap(keys.out)
    if not any(map(MEMBER.match, config)):
        config |= cmap(run(ask, options, *MEMBERS_2).out)
    stats = run(ask, options, *STATS)
    rings = run(ask, options, *RINGS) if not LINK_LINE.search(stats.out) else None
    if not node_names(config):
        raise ProbeError(UNKNOWN, f"corosync-cmapctl reports no nodes{failure_words(keys)}", "garbage")
    return parse(quorum, config, stats, rings, ask.memory)


def dead(ask: Ask, options: Options, ran: Ran) -> ProbeError:
    """The error that says why there is no quorum information: corosync is dead, or it is our own trouble."""
    words = failure_words(ran)
    if "ermission denied" in words:
        return ProbeError(UNKNOWN, f"corosync does not talk to this user{words}", "rights")
    alive = corosync_runs(ask, options)
    if alive is False:
        return ProbeError(CRITICAL, f"corosync is not running on this node{words}", "not_running")
    if alive is None:
        text = f"corosync does not answer, and whether it runs is not known: a process has its name{words}"
        return ProbeError(UNKNOWN, text, "rights")
    return ProbeError(UNKNOWN, f"corosync runs and does not talk to this user{words}", "rights")


def evaluate(facts: Facts, options: Options) -> Iterator[Finding]:
    """The findings: quorum, membership, links."""
    missing = [name for name, joined in facts.nodes if joined is False]
    unknown = [name for name, joined in facts.nodes if joined is None]
    votes = f"{facts.votes} of {facts.expected_votes} votes"
    if not facts.quorate:
        yield Finding(
            CRITICAL,
            f"no quorum: {votes}, {facts.quorum} needed, missing: {listed(missing) or ('not reported' if unknown else 'nobody')}",
            "no_quorum",
        )
    elif facts.votes is None or facts.expected_votes is None:
        yield Finding(UNKNOWN, "the votes were not reported", "garbage")
    elif unknown:
        text = f"corosync-cmapctl does not report the membership of {listed(unknown)}"
        yield Finding(UNKNOWN, text, "garbage")
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
    yield from few_links(facts, options.expect_links)
    yield from down(facts, missing)
    for ring in facts.faulty_rings:
        yield Finding(WARNING, f"ring {ring} is FAULTY", "link_down")
    if "WaitForAll" in facts.flags and not facts.quorate:
        yield Finding(OK, "wait_for_all: waits until it has seen all nodes once", "no_quorum")


def few_links(facts: Facts, expected: int) -> Iterator[Finding]:
    """The finding of fewer links (rings of Corosync 2) than expected; UNKNOWN when links are not reported."""
    if not expected or len(facts.nodes) < 2:
        return
    counts = Counter(link.peer for link in facts.links or ())
    for name, joined in facts.nodes:
        if facts.name and name != facts.name and joined and counts:
            counts[name] += 0
    few = [f"{peer} {count}" for peer, count in counts.items() if count < expected]
    if few:
        yield Finding(WARNING, f"fewer links than {expected}: {listed(few)}", "few_links")
    elif not counts and not facts.rings:
        yield Finding(
            UNKNOWN, f"the links to the peers were not reported, {expected} to each are expected", "few_links"
        )
    elif not counts and facts.rings < expected:
        yield Finding(WARNING, f"fewer links than {expected}: {facts.rings} ring{'s' * (facts.rings > 1)}", "few_links")


def down(facts: Facts, missing: list[str]) -> Iterator[Finding]:
    """The findings of links that are down to peers that are still there: redundancy is lost, and no other check reports it."""
    for peer in dict.fromkeys(link.peer for link in facts.links or ()):
        mine = [link for link in facts.links or () if link.peer == peer]
        dead_ = [str(link.link) for link in mine if not link.connected]
        if not dead_ or peer in missing:
            continue
        up = [str(link.link) for link in mine if link.connected]
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
    # A link that is down has its finding; how often a link came and went matters for those that are up.
    steady = tuple(link if link.connected else link._replace(drops=None) for link in facts.links or ())
    broken = None if facts.links is None else sum(1 for link in facts.links if not link.connected)
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
    runs=OnMembers(argv_if=(("--exec", "{container_exec} hacluster_corosync"),), sudo=True),
    uses=("command", "file"),
    tools=("corosync-quorumtool", "corosync-cmapctl", "corosync-cfgtool"),
    asks="`corosync-quorumtool -s`, `corosync-cmapctl` (node list, members, knet links); `corosync-cfgtool -s` where there is no knet; its pidfile when it does not answer",
    rights="root (corosync answers no other user unless uidgid allows it)",
    example=Example(
        "",
        "COROSYNC OK - quorate with 3 of 3 votes, pcmk1, pcmk2 and pcmk3 in the membership, 2 links up",
    ),
)  # fmt: skip

main = plugin(CHECK)
