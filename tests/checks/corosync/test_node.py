"""Quorum, membership and links of one node, from the answers of corosync's tools."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamon.checks.corosync import facts as parts
from hamon.checks.corosync import node as corosync
from hamon.execute import execute
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Outcome

NOW = 1795354320.0
DEAD = (1, "", "Cannot initialize CMAP service\n")


def quorum(votes: int = 3, expected: int = 3, needed: int = 2, flags: str = "Quorate") -> tuple[Any, ...]:
    quorate = votes >= needed
    text = (
        f"Quorum information\n------------------\nNodes:            {votes}\nNode ID:          1\nRing ID:          1.d\n"
        f"Quorate:          {'Yes' if quorate else 'No'}\n\nVotequorum information\n----------------------\nExpected votes:   {expected}\n"
        f"Highest expected: {expected}\nTotal votes:      {votes}\nQuorum:           {needed} {'' if quorate else 'Activity blocked'}\nFlags:            {flags} \n"
    )
    return 0 if quorate else 2, text, ""


def config(*left: str, nodes: Sequence[str] = ("ctl1", "ctl2", "ctl3")) -> tuple[Any, ...]:
    lines = ["nodelist.local_node_pos (u32) = 0"]
    for position, name in enumerate(nodes):
        lines += [
            f"nodelist.node.{position}.name (str) = {name}",
            f"nodelist.node.{position}.nodeid (u32) = {position + 1}",
        ]
        lines.append(f"runtime.members.{position + 1}.status (str) = {'left' if name in left else 'joined'}")
    return 0, "\n".join(lines) + "\n", ""


def stats(down: Sequence[str] = (), links: int = 2, drops: int = 0, nodes: int = 3) -> tuple[Any, ...]:
    lines = []
    for number in range(1, nodes + 1):
        for link in range(links):
            key = f"stats.knet.node{number}.link{link}"
            connected = 0 if f"{number}.{link}" in down else 1
            lines += [f"{key}.connected (u8) = {connected}", f"{key}.enabled (u8) = 1", f"{key}.down_count (u32) = {drops}",
                      f"{key}.latency_ave (u32) = 250", f"{key}.latency_samples (u32) = 9"]  # fmt: skip
    return 0, "\n".join(lines) + "\n", ""


def judged(
    folder: Path,
    quorum_answer: Sequence[Any] = quorum(),
    keys: Sequence[Any] = config(),
    links: Sequence[Any] = stats(),
    *,
    rings: Sequence[Any] = (0, "", ""),
    args: Sequence[str] = (),
    running: bool | Sequence[Any] = True,
    members: Sequence[Any] = (1, "", "Can't get key"),
    pidfile: Sequence[Any] = (0, "7\n", ""),
    comm: Sequence[Any] = (0, "corosync\n", ""),
    tools: Sequence[str] = (),
    values: dict[str, float] | None = None,
) -> Outcome:
    """``members``: the answer about Corosync 2's members; ``tools``: the words of --exec before each tool.

    ``running``: whether a process is called corosync, or what the process table says of it.
    """
    asked = {
        corosync.QUORUM: quorum_answer, corosync.CONFIG: keys, corosync.STATS: links, corosync.RINGS: rings, corosync.MEMBERS_2: members,
        ("cat", "/run/corosync.pid"): pidfile, ("cat", "/proc/7/comm"): comm,
    }  # fmt: skip
    answers: list[dict[str, Any]] = [
        {"ask": " ".join(("command", *tools, *argv)), "answer": list(answer)} for argv, answer in asked.items()
    ]
    args = [*(("--exec", " ".join(tools)) if tools else ()), *args]
    processes = ([[7, NOW - 60]] if running else []) if isinstance(running, bool) else [running]
    answers.append({"ask": "processes corosync", "answer": processes})
    memory = {"at": NOW - 60, "values": values or {}, "since": {}}
    file = folder / "recording.json"
    file.write_text(
        json.dumps(
            {"hamon_recording": 1, "check": "corosync", "args": [], "clock": NOW, "memory": memory, "answers": answers}
        )
    )
    return execute(corosync.CHECK, ["--replay", str(file), *args])


def test_healthy(tmp_path: Path) -> None:
    got = judged(tmp_path)
    latency = " ".join(f"{peer}_link{link}_latency=0.00025s;;;0" for peer in ("ctl2", "ctl3") for link in (0, 1))
    assert got.render() == (
        "COROSYNC OK - quorate with 3 of 3 votes, ctl1, ctl2 and ctl3 in the membership, 4 links up"
        f" | votes=3;;;0 expected_votes=3;;;0 members=3;;;0 links_down=0;;;0 {latency}"
    )


def test_dead(tmp_path: Path) -> None:
    got = judged(tmp_path, DEAD, running=False)
    assert (
        got.render().splitlines()[0]
        == "COROSYNC CRITICAL - corosync is not running on this node (exit code 1: Cannot initialize CMAP service)"
    )
    got = judged(tmp_path, DEAD)
    assert (got.state, got.text) == (
        UNKNOWN,
        "corosync runs and does not talk to this user (exit code 1: Cannot initialize CMAP service)",
    )


def test_no_quorum(tmp_path: Path) -> None:
    got = judged(tmp_path, quorum(1), config("ctl2", "ctl3"), stats(["2.0", "2.1", "3.0", "3.1"]))
    assert (got.state, got.text) == (CRITICAL, "no quorum: 1 of 3 votes, 2 needed, missing: ctl2 and ctl3")


def test_one_missing(tmp_path: Path) -> None:
    got = judged(tmp_path, quorum(2), config("ctl3"), stats(["3.0", "3.1"]))
    assert (got.state, got.text) == (WARNING, "ctl3 not in the membership, 2 of 3 votes, one more loss ends the quorum")
    five = judged(tmp_path, quorum(4, 5, 3), config("e", nodes="abcde"), stats(["5.0", "5.1"], nodes=5))
    assert (five.state, five.text) == (WARNING, "e not in the membership, 4 of 5 votes")
    two = judged(tmp_path, quorum(1, 2, 1, "2Node Quorate"), config("b", nodes="ab"), stats(["2.0", "2.1"], nodes=2))
    assert (two.state, two.text) == (WARNING, "b not in the membership, 1 of 2 votes, one more loss ends the quorum")


def test_a_quorum_device_that_does_not_vote(tmp_path: Path) -> None:
    got = judged(tmp_path, quorum(2, 3, 2, "Quorate Qdevice"), config(nodes=("a", "b")), stats(nodes=2))
    assert (got.state, got.text) == (
        WARNING,
        "2 of 3 votes although every node is in the membership: the quorum device does not vote",
    )


def test_a_link_down_shows_only_here(tmp_path: Path) -> None:
    got = judged(tmp_path, links=stats(["2.1"]))
    assert (got.state, got.text) == (WARNING, "link 1 to ctl2 is down, link 0 still holds")
    all_down = judged(tmp_path, links=stats(["2.0", "2.1"]))
    assert (all_down.state, all_down.text) == (CRITICAL, "link 0 and 1 to ctl2 is down, none is left")


def test_a_link_that_came_and_went(tmp_path: Path) -> None:
    before = {f"down {peer}_link{link}": 3.0 for peer in ("ctl2", "ctl3") for link in (0, 1)}
    assert judged(tmp_path, links=stats(drops=3), values=before).state is OK
    got = judged(tmp_path, links=stats(drops=4, links=1), values=before)
    assert (got.state, got.text) == (
        WARNING,
        "link 0 to ctl2 went down 1 times since the last run, link 0 to ctl3 went down 1 times since the last run",
    )
    # A link that is down is said to be down, and no more.
    assert (
        judged(tmp_path, links=stats(["2.1"], drops=3), values={"down ctl2_link1": 2.0}).text
        == "link 1 to ctl2 is down, link 0 still holds"
    )


def test_fewer_links_than_there_should_be(tmp_path: Path) -> None:
    got = judged(tmp_path, links=stats(links=1), args=["--expect-links", "2"])
    assert (got.state, got.text) == (WARNING, "fewer links than 2: ctl2 1 and ctl3 1")


# Written from the documented output of corosync 2.4 (no knet, no statistics map), which cannot be run beside 3.1.
RING = """Printing ring status.
Local node ID 1
RING ID 0
\tid\t= 10.0.0.11
\tstatus\t= ring 0 active with no faults
RING ID 1
\tid\t= 10.0.1.11
\tstatus\t= Marking ringid 1 interface 10.0.1.11 FAULTY
"""


def test_corosync_2_has_rings(tmp_path: Path) -> None:
    none = (1, "", "corosync-cmapctl: invalid option -- 'm'\n")
    got = judged(tmp_path, links=none, rings=(0, RING, ""))
    assert (got.state, got.text) == (WARNING, "ring 1 is FAULTY")
    fine = judged(tmp_path, links=none, rings=(0, RING.replace("FAULTY", "fine"), ""))
    assert (fine.state, fine.text) == (OK, "quorate with 3 of 3 votes, ctl1, ctl2 and ctl3 in the membership")


@pytest.mark.parametrize(
    ("quorum_answer", "keys", "words"),
    [
        ((0, "", ""), config(), "corosync-quorumtool says Quorate: nothing"),
        ((0, "Quorate: perhaps\n", ""), config(), "corosync-quorumtool says Quorate: perhaps"),
        ((2, quorum()[1], ""), config(), "corosync-quorumtool says Quorate: Yes (exit code 2)"),
        (quorum(), (1, "", "error 2"), "corosync-cmapctl reports no nodes (exit code 1: error 2)"),
        ((0, "Quorate: Yes\n", ""), config(), "the votes were not reported"),
    ],
)
def test_what_tells_too_little_is_unknown(
    tmp_path: Path, quorum_answer: tuple[Any, ...], keys: tuple[Any, ...], words: str
) -> None:
    got = judged(tmp_path, quorum_answer, keys)
    assert (got.state, got.text.startswith(words)) == (UNKNOWN, True)


# Written after corosync/corosync#432 and #438 (exit codes) and the keys of Corosync 2.4, which cannot be run beside 3.1.


def config_2(*left: str, ids: bool = True) -> tuple[Any, ...]:
    """Node list and members of Corosync 2: two nodes, named by their addresses, without ids where they are made of the addresses."""
    nodes, members_ = [], []
    for position, (number, address) in enumerate({"101": "10.0.0.11", "102": "10.0.0.12"}.items()):
        if ids:
            nodes.append(f"nodelist.node.{position}.nodeid (u32) = {number}")
        nodes.append(f"nodelist.node.{position}.ring0_addr (str) = {address}")
        key = f"runtime.totem.pg.mrp.srp.members.{number}"
        members_ += [f"{key}.ip (str) = r(0) ip({address}) r(1) ip(10.0.1.1) ",
                     f"{key}.status (str) = {'left' if address in left else 'joined'}"]  # fmt: skip
    return (0, "\n".join(nodes) + "\n", ""), (0, "\n".join(members_) + "\n", "")


NO_STATS = (1, "", "corosync-cmapctl: invalid option -- 'm'\n")
FINE = RING.replace("Marking ringid 1 interface 10.0.1.11 FAULTY", "ring 1 active with no faults")


@pytest.mark.parametrize("ids", [True, False])
@pytest.mark.parametrize("rc", [0, 1])
def test_corosync_2_by_its_own_codes_and_keys(tmp_path: Path, rc: int, ids: bool) -> None:
    two = (rc, quorum(2, 2, 1, "2Node Quorate")[1], "")
    keys, members = config_2(ids=ids)
    got = judged(tmp_path, two, keys, NO_STATS, rings=(0, FINE, ""), members=members)
    assert got.render() == (
        "COROSYNC OK - quorate with 2 of 2 votes, 10.0.0.11 and 10.0.0.12 in the membership"
        " | votes=2;;;0 expected_votes=2;;;0 members=2;;;0"
    )
    keys, members = config_2("10.0.0.12", ids=ids)
    gone = judged(tmp_path, (rc, quorum(1, 2, 1)[1], ""), keys, NO_STATS, rings=(0, FINE, ""), members=members)
    assert (gone.state, gone.text) == (
        WARNING,
        "10.0.0.12 not in the membership, 1 of 2 votes, one more loss ends the quorum",
    )


@pytest.mark.parametrize("rc", [0, 2])
def test_no_quorum_by_the_word_and_not_by_the_code(tmp_path: Path, rc: int) -> None:
    got = judged(tmp_path, (rc, quorum(1)[1], ""), config("ctl2", "ctl3"))
    assert (got.state, got.text) == (CRITICAL, "no quorum: 1 of 3 votes, 2 needed, missing: ctl2 and ctl3")


def test_a_cluster_without_a_node_list_is_named_by_addresses(tmp_path: Path) -> None:
    _, members = config_2()
    got = judged(tmp_path, quorum(2, 2, 1), (1, "", "Can't get key"), NO_STATS, rings=(0, FINE, ""), members=members)
    assert (got.state, got.text) == (OK, "quorate with 2 of 2 votes, 10.0.0.11 and 10.0.0.12 in the membership")


def test_members_that_nothing_reports_are_neither_in_nor_out(tmp_path: Path) -> None:
    silent = (0, "\n".join(line for line in config()[1].splitlines() if "members" not in line), "")
    got = judged(tmp_path, keys=silent)
    assert (got.state, got.text) == (
        UNKNOWN,
        "corosync-cmapctl does not report the membership of ctl1, ctl2 and ctl3",
    )
    without = judged(tmp_path, quorum(1), silent)
    assert (without.state, without.text) == (CRITICAL, "no quorum: 1 of 3 votes, 2 needed, missing: not reported")


def test_expected_links_that_are_not_reported(tmp_path: Path) -> None:
    def verdict(links: Sequence[Any], rings: Sequence[Any] = (0, "", "")) -> tuple[object, str]:
        got = judged(tmp_path, links=links, rings=rings, args=["--expect-links", "2"])
        return got.state, got.text

    assert verdict(NO_STATS) == (UNKNOWN, "the links to the peers were not reported, 2 to each are expected")
    assert verdict(NO_STATS, (0, FINE, ""))[0] is OK
    assert verdict(NO_STATS, (0, FINE.partition("RING ID 1")[0], "")) == (WARNING, "fewer links than 2: 1 ring")
    of_one_peer = (0, "".join(line for line in stats()[1].splitlines(keepends=True) if "node3" not in line), "")
    assert verdict(of_one_peer) == (WARNING, "fewer links than 2: ctl3 0")


DOCKER = ("docker", "exec", "hacluster_corosync")
NOT_THERE = (1, "", "cat: /run/corosync.pid: No such file or directory\n")
STOPPED = (1, "", "Error response from daemon: container 5c0ffee is not running\n")


@pytest.mark.parametrize(
    ("tools", "pidfile", "comm", "expected"),
    [
        ((), NOT_THERE, (0, "", ""), (CRITICAL, "corosync is not running on this node")),
        ((), (0, "7\n", ""), (0, "keepalived\n", ""), (CRITICAL, "corosync is not running on this node")),
        ((), (1, "", "cat: /run/corosync.pid: Permission denied"), (0, "", ""), (UNKNOWN, "corosync runs and does not talk to this user")),
        (DOCKER, (0, "7\n", ""), (0, "corosync\n", ""), (UNKNOWN, "corosync runs and does not talk to this user")),
        (DOCKER, NOT_THERE, (0, "", ""), (CRITICAL, "corosync is not running on this node")),
        (DOCKER, STOPPED, (0, "", ""), (CRITICAL, "corosync is not running on this node")),
    ],
)  # fmt: skip
def test_a_namesake_in_another_namespace_is_not_this_corosync(
    tmp_path: Path, tools: Sequence[str], pidfile: Sequence[Any], comm: Sequence[Any], expected: tuple[object, str]
) -> None:
    """Containers and network namespaces have processes of that name, too: the pidfile where the tools run decides."""
    got = judged(tmp_path, DEAD, pidfile=pidfile, comm=comm, tools=tools)
    assert (got.state, got.text) == (expected[0], f"{expected[1]} (exit code 1: Cannot initialize CMAP service)")


FOREIGN, CONTAINED, UNKNOWN_PLACE = (
    [7, NOW - 60, network, container, ["corosync", "-f"]]
    for network, container in ((True, False), (False, True), (None, False))
)
NOT_RUNNING = "corosync is not running on this node"
NOT_KNOWN = "corosync does not answer, and whether it runs is not known: a process has its name"


@pytest.mark.parametrize(
    ("process", "tools", "pidfile", "expected"),
    [
        (FOREIGN, (), (0, "7\n", ""), (CRITICAL, NOT_RUNNING)),
        (CONTAINED, (), (0, "7\n", ""), (CRITICAL, NOT_RUNNING)),
        (UNKNOWN_PLACE, (), (1, "", "cat: /run/corosync.pid: Input/output error"), (UNKNOWN, NOT_KNOWN)),
        (UNKNOWN_PLACE, (), NOT_THERE, (CRITICAL, NOT_RUNNING)),
        (CONTAINED, DOCKER, (0, "7\n", ""), (UNKNOWN, "corosync runs and does not talk to this user")),
        (FOREIGN, DOCKER, (0, "7\n", ""), (UNKNOWN, "corosync runs and does not talk to this user")),
        (FOREIGN, DOCKER, (1, "", "cat: /run/corosync.pid: Input/output error"), (UNKNOWN, NOT_KNOWN)),
    ],
)
def test_whose_corosync_it_is(
    tmp_path: Path, process: Sequence[Any], tools: Sequence[str], pidfile: Sequence[Any], expected: tuple[object, str]
) -> None:
    """A stale pidfile may name what another namespace's corosync is called; inside a container the engine is asked."""
    got = judged(tmp_path, DEAD, running=process, pidfile=pidfile, tools=tools)
    assert (got.state, got.text) == (expected[0], f"{expected[1]} (exit code 1: Cannot initialize CMAP service)")


def test_in_a_container(tmp_path: Path) -> None:
    got = judged(tmp_path, tools=DOCKER)
    assert (got.state, got.text) == (OK, "quorate with 3 of 3 votes, ctl1, ctl2 and ctl3 in the membership, 4 links up")


LINES = st.text(
    alphabet=st.sampled_from("stats.knet.node12link0.connected (u8) = 1\nQuorate: Yes\n\x00é"), max_size=300
)


@given(LINES)
def test_any_text_is_read(text: str) -> None:
    parts.quorum_fields(text)
    keys = parts.cmap(text)
    list(parts.membership(keys, parts.node_names(keys)))
    list(parts.faulty(text))
