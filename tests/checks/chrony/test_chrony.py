"""check_chrony and check_chrony_cluster: ages, thresholds, what chronyc says when it is cut, and clocks that are apart."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamon.checks.chrony.cluster import CLUSTER
from hamon.checks.chrony.facts import parse
from hamon.checks.chrony.node import CHECK
from hamon.errors import ProbeError
from hamon.execute import execute
from hamon.probe.tape import dump
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING
from tests.judging import judged as judged_on
from tests.judging import line

CLOCK = 1795354139.0
GOOD = "^,*,10.0.0.1,2,6,377,12,0.000004454,-0.000005404,0.000112\n"
OTHER = "^,+,10.0.0.2,2,6,377,11,0.000004454,-0.000005404,0.000112\n"
LOST = "^,?,10.0.0.9,0,6,0,4294967295,0.000000000,0.000000000,0.000000000\n"
FALSE = "^,x,10.0.0.3,2,6,377,11,-5.0,-5.0,0.000112\n"


def tracking(
    reference: str = "0A000001,10.0.0.1",
    stratum: int = 3,
    age: float | None = 30,
    offset: float = 0.000031,
    leap: str = "Normal",
) -> str:
    updated = 0.0 if age is None else CLOCK - age
    return f"{reference},{stratum},{updated:.9f},{offset:.9f},0.000000037,0.000000582,-7.106,-0.002,0.198,0.000211561,0.000100586,64.3,{leap}\n"


def judged(
    tmp_path: Path, out: str, *args: str, rc: int = 0, runs: bool = True, started: float = 86400
) -> tuple[int, str]:
    answers = [
        {"ask": "command chronyc -c -m tracking sources", "answer": [rc, out, ""]},
        {"ask": "processes chronyd", "answer": [[812, CLOCK - started]] if runs else []},
    ]
    path = tmp_path / "recording.json"
    path.write_text(
        dump({"hamon_recording": 1, "check": "chrony", "args": [], "clock": CLOCK, "memory": {}, "answers": answers})
    )
    outcome = execute(CHECK, ["--replay", str(path), *args])
    return int(outcome.state), outcome.render().splitlines()[0]


def test_a_clock_that_follows(tmp_path: Path) -> None:
    assert judged(tmp_path, tracking() + GOOD + OTHER) == (
        OK,
        "CHRONY OK - 0.031 ms off 10.0.0.1 (stratum 3), 2 of 2 sources reachable | offset=0.000031s;0.05;0.2;0 max_error=0.0002374s;0.5;1.5;0"
        " stratum=3;;;0 frequency=7.106;;;0 update_age=30s;7200;86400;0 sources=2;;;0 reachable=2;;;0",
    )


def test_a_clock_that_is_off_either_way(tmp_path: Path) -> None:
    for offset in (0.07, -0.07):
        assert judged(tmp_path, tracking(offset=offset) + GOOD)[1].startswith(
            "CHRONY WARNING - the clock is 70 ms off |"
        )
    assert judged(tmp_path, tracking(offset=-7200.5) + GOOD)[1].startswith(
        "CHRONY CRITICAL - the clock is 2 h off, the clock may be up to 2 h off |"
    )
    assert judged(tmp_path, tracking(offset=0.07) + GOOD, "-w", "offset=0.1")[0] == OK


@pytest.mark.parametrize(
    ("out", "started", "state", "text"),
    [
        (tracking() + LOST, 86400, WARNING, "follows no source for 30 s, the clock runs freely: 1 of 1 unreachable (10.0.0.9)"),
        (tracking(age=4000) + LOST, 86400, CRITICAL, "follows no source for 1 h 6 min, the clock runs freely"),
        (tracking(age=9000) + GOOD, 86400, WARNING, "the last update from a source is 2 h 30 min old"),
        (tracking("00000000,", 0, None, leap="Not synchronised") + LOST, 20, WARNING, "not synchronised, chronyd started 20 s ago: 1 of 1 unreachable"),
        (tracking("00000000,", 0, None, leap="Not synchronised") + LOST, 600, CRITICAL, "not synchronised: 1 of 1 unreachable (10.0.0.9)"),
        (tracking("00000000,", 0, None, leap="Not synchronised"), 600, CRITICAL, "not synchronised: no source is configured"),
        (tracking("7F7F0101,", 10), 600, WARNING, "follows its own clock only (local stratum 10): no source is configured"),
        (tracking() + GOOD + LOST, 600, WARNING, "10.0.0.9 unreachable, 1 of 2 sources left"),
        (tracking() + GOOD + OTHER + LOST, 600, OK, "10.0.0.9 unreachable, 2 of 3 sources left"),
        (tracking() + GOOD + OTHER + FALSE, 600, WARNING, "10.0.0.3 reports a time that the majority does not (falseticker)"),
        (tracking() + GOOD + OTHER + OTHER.replace("0.2,", "0.4,", 1) + FALSE, 600, OK, "(falseticker)"),
        (tracking() + FALSE + FALSE, 600, WARNING, "follows no source for 30 s, the clock runs freely: no majority, disagreeing: 10.0.0.3 and 10.0.0.3"),
        (tracking(leap="Insert second") + GOOD, 600, OK, "a leap second is announced (insert second)"),
        (tracking(age=-3600) + GOOD, 600, WARNING, "the clock was set back: the last update lies 1 h ahead"),
        (tracking(), 600, UNKNOWN, "synchronised, but chronyd has no source"),
    ],
)  # fmt: skip
def test_each_condition_is_named(tmp_path: Path, out: str, started: float, state: int, text: str) -> None:
    got, line = judged(tmp_path, out, started=started)
    assert (got, text in line) == (state, True), line


def test_a_dead_daemon_and_one_that_does_not_answer(tmp_path: Path) -> None:
    dead = "506 Cannot talk to daemon\n"
    assert judged(tmp_path, dead, rc=1, runs=False) == (
        CRITICAL, "CHRONY CRITICAL - chronyd does not run, the clock drifts freely (chronyc: 506 Cannot talk to daemon)",
    )  # fmt: skip
    assert (
        judged(tmp_path, dead, rc=1)[1]
        == "CHRONY CRITICAL - chronyd runs and does not answer (chronyc: 506 Cannot talk to daemon)"
    )


@pytest.mark.parametrize(
    "out", ["", "\n", "garbage", tracking()[:60], tracking(leap="Perhaps"), tracking() + GOOD[:20], tracking() + GOOD.replace("377", "9"),
            tracking().replace("0.000031000", "nan"), tracking() + GOOD.replace("*", "%"), "<html>,,,,,,,,,,,,,Normal"],
)  # fmt: skip
def test_cut_or_foreign_output_is_unknown(tmp_path: Path, out: str) -> None:
    state, line = judged(tmp_path, out)
    assert state == UNKNOWN
    assert line.startswith("CHRONY UNKNOWN - chronyc reported no tracking and sources: ")


@given(
    st.text(),
    st.lists(st.lists(st.text(st.sampled_from("0123456789.-*^x?aN"), max_size=6), min_size=8, max_size=12), max_size=3),
)
def test_no_text_breaks_the_parser(text: str, rows: list[list[str]]) -> None:
    for output in (text, tracking() + text, tracking() + "\n".join(",".join(row) for row in rows)):
        with suppress(ProbeError):
            facts = parse(output, CLOCK, None)
            assert facts.leap == "Normal"


# --- members ----------------------------------------------------------------------------------------------------------


# --- who keeps the time, and who may ask ------------------------------------------------------------------------------

CANNOT = "506 Cannot talk to daemon\n"
# as chrony 1.29 (Ubuntu 14.04) and 2.1 (Ubuntu 16.04) answer to -c
TOO_OLD = ("Unrecognized command line switch [-c]\n", "chronyc: invalid option -- 'c'\nUsage: chronyc [-h HOST]\n")


def unanswered(tmp_path: Path, words: str = CANNOT, err: str = "", **more: Any) -> str:
    """The line when chronyc fails; ``more``: chronyd's pids, those elsewhere, the other daemons by process name, the configuration."""
    pids = more.get("pids", ())
    answers: dict[str, Any] = {
        "command chronyc -c -m tracking sources": [1, words, err],
        "processes chronyd": [[pid, CLOCK - 20, False, pid in more.get("away", ())] for pid in pids],
        "file /etc/chrony/chrony.conf": [more["conf"], CLOCK] if "conf" in more else None,
        "file /etc/chrony.conf": None,
        "files /etc/chrony/conf.d": {name: [text, CLOCK] for name, text in more.get("confd", {}).items()},
    }
    for name in ("ntpd", "systemd-timesyn", "ntp-daemon", "phc2sys", "timemaster"):
        away = 77 in more.get("other_away", ())
        answers[f"processes {name}"] = [[77, CLOCK - 900, away]] if name == more.get("other") else []
    return line(judged_on(tmp_path, CHECK, answers))


@pytest.mark.parametrize(
    ("process", "name"),
    [("ntpd", "ntpd"), ("systemd-timesyn", "systemd-timesyncd"), ("ntp-daemon", "ntpd-rs"), ("phc2sys", "phc2sys")],
)
def test_another_daemon_keeps_the_time(tmp_path: Path, process: str, name: str) -> None:
    assert unanswered(tmp_path, other=process) == (
        f"UNKNOWN - another time daemon runs, {name}, which this check cannot ask: chronyd does not run (chronyc: 506 Cannot talk to daemon)"
    )
    assert unanswered(tmp_path, other=process, other_away=[77]) == (
        "CRITICAL - chronyd does not run, the clock drifts freely (chronyc: 506 Cannot talk to daemon)"
    ), "one in a container keeps no time here"


def test_another_daemon_where_chrony_is_not_installed(tmp_path: Path) -> None:
    missing = {
        "!command chronyc -c -m tracking sources": [3, "chronyc is not installed on this host (or not in PATH)", "tool"]
    }
    others: dict[str, Any] = {f"processes {name}": [] for name in ("ntpd", "ntp-daemon", "phc2sys", "timemaster")}
    runs = {**missing, **others, "processes systemd-timesyn": [[77, 1.0]]}
    assert line(judged_on(tmp_path, CHECK, runs)) == (
        "UNKNOWN - another time daemon runs, systemd-timesyncd, which this check cannot ask: chronyc is not installed on this host (or not in PATH)"
    )
    nothing = {**missing, **others, "processes systemd-timesyn": []}
    assert line(judged_on(tmp_path, CHECK, nothing)) == (
        "UNKNOWN - chronyc is not installed on this host (or not in PATH)"
    )


def test_a_chronyd_in_a_container_is_not_this_hosts(tmp_path: Path) -> None:
    assert unanswered(tmp_path, pids=(812,), away=(812,)) == (
        "CRITICAL - chronyd does not run on this host itself, only in a container or another network namespace (pid 812), "
        "chronyc: 506 Cannot talk to daemon"
    )
    assert unanswered(tmp_path, pids=(700, 812), away=(812,)) == (
        "CRITICAL - chronyd runs and does not answer (chronyc: 506 Cannot talk to daemon)"
    )


def test_the_age_of_a_containers_chronyd_excuses_nothing(tmp_path: Path) -> None:
    answers = {
        "command chronyc -c -m tracking sources": [0, tracking("00000000,", 0, None, leap="Not synchronised") + LOST, ""],
        "processes chronyd": [[700, CLOCK - 20, True, True, ["chronyd", "-n"]], [812, CLOCK - 86400]],
    }  # fmt: skip
    assert line(judged_on(tmp_path, CHECK, answers)) == "CRITICAL - not synchronised: 1 of 1 unreachable (10.0.0.9)"


def test_a_process_table_that_hides_chronyd_matters_only_without_an_answer(tmp_path: Path) -> None:
    hidden = "/proc hides the processes of other users (hidepid): is chronyd there?"
    answers = {
        "command chronyc -c -m tracking sources": [1, CANNOT, ""],
        "!processes chronyd": [3, hidden, "rights"],
    }
    assert line(judged_on(tmp_path, CHECK, answers)) == f"UNKNOWN - {hidden}"
    lost = {
        "command chronyc -c -m tracking sources": [0, tracking("00000000,", 0, None, leap="Not synchronised") + LOST, ""],
        "!processes chronyd": [3, hidden, "rights"],
    }  # fmt: skip
    assert line(judged_on(tmp_path, CHECK, lost)).endswith("not synchronised: 1 of 1 unreachable (10.0.0.9)")


@pytest.mark.parametrize("words", TOO_OLD)
def test_a_chronyc_without_csv(tmp_path: Path, words: str) -> None:
    assert unanswered(tmp_path, "", words, pids=(812,)) == (
        f"UNKNOWN - chronyc is too old to print CSV ({words.splitlines()[0]}), install chrony 3 or later"
    )


def test_a_command_port_that_is_closed_to_this_user(tmp_path: Path) -> None:
    closed = "UNKNOWN - chrony.conf closes the command port to all but root (cmdport 0): run the check by sudo (chronyc: 506 Cannot talk to daemon)"
    mute = "CRITICAL - chronyd runs and does not answer (chronyc: 506 Cannot talk to daemon)"
    assert unanswered(tmp_path, pids=(812,), conf="server a iburst\ncmdport 0\n") == closed
    assert unanswered(tmp_path, pids=(812,), conf="server a\n", confd={"x.conf": "CmdPort 0\n"}) == closed
    assert unanswered(tmp_path, pids=(812,), conf="# cmdport 0\n") == mute
    assert unanswered(tmp_path, pids=(812,), conf="cmdport 0\ncmdport 323\n") == mute
    assert unanswered(tmp_path, pids=(812,)) == mute


def test_a_refusal_is_an_answer(tmp_path: Path) -> None:
    assert unanswered(tmp_path, tracking() + "501 Not authorised\n", pids=(812,)) == (
        "UNKNOWN - chronyd runs and refuses to answer this user (501 Not authorised): run the check by sudo"
    )


@pytest.mark.parametrize(
    ("reference", "stratum", "source"),
    [
        ("50484330,PHC0", 1, "#,*,PHC0,0,3,377,5,0.000000012,0.000000012,0.000000100\n"),  # a PTP clock
        ("50505300,PPS", 1, "#,*,PPS,0,4,377,11,-0.000000104,-0.000000110,0.000000300\n"),
        ("FD000001,ntp1.example.org", 3, "^,*,ntp1.example.org,2,6,377,5,0.000001,0.000001,0.0001\n"),  # names resolved
    ],
)
def test_references_of_other_kinds(tmp_path: Path, reference: str, stratum: int, source: str) -> None:
    state, text = judged(tmp_path, tracking(reference, stratum) + source)
    name = reference.partition(",")[2]
    assert (state, text.partition(" | ")[0]) == (
        OK, f"CHRONY OK - 0.031 ms off {name} (stratum {stratum}), 1 of 1 sources reachable",
    )  # fmt: skip


def member(tmp_path: Path, out: str, clock: float = CLOCK) -> str:
    judged(tmp_path, out)
    reported = json.loads(execute(CHECK, ["--replay", str(tmp_path / "recording.json"), "--facts"]).render())
    reported["facts"]["clock"] = clock
    return json.dumps(reported)


def cluster(tmp_path: Path, *nodes: str, args: tuple[str, ...] = ()) -> tuple[int, str]:
    for index, answer in enumerate(nodes, 1):
        (tmp_path / f"n{index}").write_text(answer)
    members = ",".join(f"n{index}" for index in range(1, len(nodes) + 1))
    outcome = execute(CLUSTER, ["--members", members, "--via", f"cat {tmp_path}/{{name}}", *args])
    return int(outcome.state), outcome.render().splitlines()[0]


def test_members_that_agree_and_members_that_drift(tmp_path: Path) -> None:
    good, off = member(tmp_path, tracking() + GOOD), member(tmp_path, tracking(offset=0.081) + GOOD)
    assert len(good) < 1023, "NRPE v2 cuts at 1,023 bytes"
    assert cluster(tmp_path, good, good, member(tmp_path, tracking(offset=-0.004) + GOOD)) == (
        OK,
        "CHRONY_CLUSTER OK - 3 of 3 members follow a time source, 4.03 ms apart at most (n2 and n3)"
        " | spread=0.004s;0.05;0.2;0 clock_spread=0s;3;10;0 synchronised=3;;;0 unreachable=0;;;0",
    )
    assert cluster(tmp_path, good, good, off) == (
        WARNING,
        "CHRONY_CLUSTER WARNING - n3 is 81 ms behind n1 | spread=0.081s;0.05;0.2;0 clock_spread=0s;3;10;0 synchronised=3;;;0 unreachable=0;;;0",
    )
    assert cluster(tmp_path, good, off, args=("-w", "spread=0.1"))[0] == OK


def clocks(tmp_path: Path, *reported_clocks: tuple[str, float, list[float]]) -> str:
    """The verdict on members that follow nothing but a clock of their own, or a source: (chronyc's words, clock, when asked and answered)."""
    answers = {
        f"member n{index}": {"facts": json.loads(member(tmp_path, out, clock))["facts"], "at": at}
        for index, (out, clock, at) in enumerate(reported_clocks, 1)
    }
    names = ",".join(f"n{index}" for index in range(1, len(reported_clocks) + 1))
    return line(judged_on(tmp_path, CLUSTER, answers, ["--members", names]))


def test_wall_clocks_tell_what_a_member_on_its_own_clock_cannot(tmp_path: Path) -> None:
    good, alone = tracking() + GOOD, tracking("7F7F0101,", 10) + LOST
    at = [0.0, 0.5]
    assert clocks(tmp_path, (good, CLOCK, at), (good, CLOCK, [0.0, 0.6]), (alone, CLOCK - 42, at)) == (
        "CRITICAL - the clock of n3 is 41.5 s behind that of n1, 1 of 3 members follow no time source, n3: its own clock only"
    )


def test_a_late_answer_is_no_late_clock(tmp_path: Path) -> None:
    """On a busy machine one agent answers seconds after another: seen as a difference of clocks, and it is not one."""
    good = tracking() + GOOD
    assert clocks(tmp_path, (good, CLOCK, [0.0, 0.1]), (good, CLOCK + 11, [0.0, 11.1])).startswith(
        "OK - 2 of 2 members follow a time source"
    )
    assert clocks(tmp_path, (good, CLOCK, [0.0, 0.1]), (good, CLOCK + 11, [0.0, 1.0])) == (
        "WARNING - the clock of n1 is 10 s behind that of n2"
    )
    assert clocks(tmp_path, (good, CLOCK, [8.0, 8.1]), (good, CLOCK + 1, [0.0, 8.1])).startswith("OK - ")
    assert clocks(tmp_path, (good, CLOCK, [0.0, 0.1])).startswith("OK - 1 of 1 members")


def test_a_recording_keeps_when_the_members_were_asked_and_answered(tmp_path: Path) -> None:
    cluster(
        tmp_path, *(member(tmp_path, tracking() + GOOD) for _ in range(2)), args=("--record", str(tmp_path / "kept"))
    )
    kept = json.loads((tmp_path / "kept").read_text())["answers"]
    times = [answer["answer"]["at"] for answer in kept]
    assert len(times) == 2
    assert all(0.0 <= asked <= answered < 10.0 and answered for asked, answered in times), times


def test_sources_lost_by_all_is_a_page_only_when_it_lasts(tmp_path: Path) -> None:
    for age, state in ((30.0, WARNING), (4000.0, CRITICAL)):
        lost = member(tmp_path, tracking(age=age) + LOST)
        got, line = cluster(tmp_path, lost, lost, lost)
        assert (
            got,
            "3 of 3 members follow no time source, n1: sources lost, n2: sources lost and n3: sources lost" in line,
        ) == (state, True)


def test_dead_daemons_and_silent_agents(tmp_path: Path) -> None:
    good = member(tmp_path, tracking() + GOOD)
    dead = json.dumps({"check": "chrony", "error": [2, "chronyd does not run", "dead"]})
    assert cluster(tmp_path, good, good, dead)[1].startswith(
        "CHRONY_CLUSTER WARNING - 1 of 3 members follow no time source, n3: chronyd does not run |"
    )
    assert cluster(tmp_path, good, dead, dead)[1].startswith(
        "CHRONY_CLUSTER CRITICAL - 2 of 3 members follow no time source, n2: chronyd does not run and n3: chronyd does not run |"
    )
    assert cluster(tmp_path, good, good, "no route")[1].startswith(
        "CHRONY_CLUSTER OK - 2 of 3 members follow a time source, under 0.01 ms apart at most (n2 and n1), n3 could not be asked (its agent said: no route) |"
    )
    assert cluster(tmp_path, "no route", "no route")[0] == UNKNOWN


def test_a_minority_of_witnesses_proves_nothing(tmp_path: Path) -> None:
    good = member(tmp_path, tracking() + GOOD)
    assert cluster(tmp_path, good, "no route")[1].startswith(
        "CHRONY_CLUSTER UNKNOWN - only 1 of 2 members could be asked, not asked: n2 (its agent said: no route) |"
    )
    assert cluster(tmp_path, *[good] * 30, *["no route"] * 63)[1].startswith(
        "CHRONY_CLUSTER UNKNOWN - only 30 of 93 members could be asked, not asked: n31 (its agent said: no route), "
        "n32 (its agent said: no route), n33 (its agent said: no route) and 60 more |"
    )
    dead = json.dumps({"check": "chrony", "error": [2, "chronyd does not run", "dead"]})
    assert cluster(tmp_path, good, dead, "no route")[1].startswith("CHRONY_CLUSTER WARNING - 1 of 3 members follow no")


@pytest.mark.parametrize("value", ["1e300", "-1e300"])
def test_a_member_whose_offset_is_no_number_hides_nobody(tmp_path: Path, value: str) -> None:
    good, off = member(tmp_path, tracking() + GOOD), member(tmp_path, tracking(offset=0.3) + GOOD)
    odd = good.replace('"offset": 3.1e-05', f'"offset": {value}')
    assert odd != good
    assert cluster(tmp_path, odd, good, good)[1].startswith(
        "CHRONY_CLUSTER UNKNOWN - n1 reported no offset or clock that is a number: how far apart the clocks are is not known |"
    )
    assert cluster(tmp_path, good, odd, off)[1].startswith(
        "CHRONY_CLUSTER CRITICAL - n3 is 300 ms behind n1, n2 reported"
    )


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "null", "true", '"0"', "[]"])
def test_a_member_whose_facts_cannot_be_read_is_one_that_is_silent(tmp_path: Path, value: str) -> None:
    good, off = member(tmp_path, tracking() + GOOD), member(tmp_path, tracking(offset=0.3) + GOOD)
    odd = good.replace('"offset": 3.1e-05', f'"offset": {value}')
    assert odd != good
    alone = cluster(tmp_path, odd, good, good)[1]
    assert "n1 could not be asked (its facts cannot be read: offset is " in alone or (
        f"n1 could not be asked (its answer cannot be read: {value} is not a number)" in alone
    )
    for others in ((good, good), (good, off)):
        state, line = cluster(tmp_path, odd, *others)
        silent_state, silent_line = cluster(tmp_path, "no line of facts", *others)
        assert (state, line.split(" | ")[1]) == (silent_state, silent_line.split(" | ")[1])
