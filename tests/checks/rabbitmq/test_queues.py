"""check_rabbitmq_queues: every kind of queue that stands still, many queues, and answers that are not the API's."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamon.checks.rabbitmq.api import HELLO, WHO
from hamon.checks.rabbitmq.queue_pages import PARTITIONS, QUEUES, STATISTICS, TOTALS, VHOSTS
from hamon.checks.rabbitmq.queue_rows import KEPT, Cluster, Ready, Tally
from hamon.checks.rabbitmq.queues import CHECK
from hamon.execute import execute
from hamon.verdict import CRITICAL, OK, Outcome
from tests.core import hostile
from tests.judging import CLOCK, judged, line

ROOT = Path(__file__).resolve().parents[3]
URL = "http GET http://127.0.0.1:15672/api/"
A, B, C = (f"rabbit@ctl{n}" for n in "123")


def classic(name: str = "q", ready: int | None = 0, consumers: int | None = 1, **other: Any) -> dict[str, Any]:
    row = {"vhost": "/", "name": name, "type": "classic", "state": "running", "node": A, "messages_ready": ready}
    return {**row, "messages_unacknowledged": 0, "consumers": consumers, **other}


def mirrored(policy: dict[str, Any], slaves: list[str], in_step: list[str]) -> dict[str, Any]:
    return classic(effective_policy_definition=policy, slave_nodes=slaves, synchronised_slave_nodes=in_step)


def quorum(
    name: str = "qq",
    online: tuple[str, ...] = (A, B, C),
    leader: str = A,
    members: tuple[str, ...] = (A, B, C),
    **other: Any,
) -> dict[str, Any]:
    return {**classic(name), "type": "quorum", "leader": leader, "members": members, "online": online, **other}


def sheet(rows: list[Any], pages: int = 1, total: int | None = None) -> list[Any]:
    return [200, json.dumps({"items": rows, "page_count": pages, "total_count": len(rows) if total is None else total})]


def queues(
    folder: Path,
    *rows: Any,
    args: tuple[str, ...] = (),
    memory: dict[str, Any] | None = None,
    nodes: tuple[str, ...] = (A, B, C),
) -> Outcome:
    known = [200, json.dumps([{"name": name, "running": True} for name in nodes])]
    return judged(folder, CHECK, {URL + WHO: known, URL + QUEUES.format(1): sheet(list(rows))}, args, memory)


def before(**ready: float) -> dict[str, Any]:
    return {"at": CLOCK - 60, "values": {f"/{name}": count for name, count in ready.items()}, "since": {}}


def test_healthy_with_the_whole_output(tmp_path: Path) -> None:
    assert queues(tmp_path, classic(ready=3), quorum()).render() == (
        "RABBITMQ_QUEUES OK - 2 queues (1 classic and 1 quorum), none down, degraded or over its limit, 3 messages ready | queues=2;;;0 ready=3;;;0 "
        "unacked=0;;;0 consumers=2;;;0 down=0;;;0 no_quorum=0;;;0 leaderless=0;;;0 degraded=0;;;0 over=0;;;0 unconsumed=0;;;0"
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (classic(state="down"), "CRITICAL - down: /q (down, ctl1)"),
        (classic(state="crashed", vhost="nova"), "CRITICAL - down: nova/q (crashed, ctl1)"),
        (quorum(online=(A,)), "CRITICAL - no majority online: /qq (1 of 3 online)"),
        (quorum(online=(A, B), members=(A, B, C, "rabbit@ctl4")), "CRITICAL - no majority online: /qq (2 of 4 online), members on nodes"),
        (quorum(leader=""), "CRITICAL - no leader: /qq"),
        (quorum(online=(B, C)), "CRITICAL - no leader: /qq"),
        (quorum(online=(A, B)), "WARNING - members offline: /qq (without ctl3)"),
        (quorum(members=(A, B), online=(A, B)), "WARNING - fewer members than there should be: /qq (2 of 3 members)"),
        (quorum(members=(A, B, "rabbit@old"), online=(A, B)), "WARNING - members offline: /qq (without old), members on nodes that are not in the cluster: /qq (member on old)"),
        (quorum(members=(), online=()), "UNKNOWN - members not reported: /qq"),
        (quorum(online=None), "UNKNOWN - members not reported: /qq"),  # type: ignore[arg-type]
        (mirrored({"ha-mode": "all"}, [B, C], [B]), "WARNING - copies missing or behind: /q (1 of 2 mirrors in step)"),
        (mirrored({"ha-mode": "exactly", "ha-params": 2}, [], []), "WARNING - copies missing or behind: /q (0 of 1 mirrors in step)"),
        (mirrored({"ha-mode": "nodes", "ha-params": [A, B]}, [B], []), "WARNING - copies missing or behind: /q (0 of 1 mirrors in step)"),
        (classic(ready=1001), "WARNING - /q: 1001 ready, 1 consumer"),
        (classic(ready=20001, consumers=0), "CRITICAL - /q: 20001 ready, no consumers"),
    ],
)  # fmt: skip
def test_each_kind_of_trouble(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    got = queues(tmp_path, row)
    assert line(got).startswith(message)
    assert "What it means: " in got.long


@pytest.mark.parametrize(
    "row",
    [
        {**classic(ready=10**7, consumers=0), "type": "stream", "members": [A, B, C], "online": [A, B, C]},
        quorum(members=(A,), online=(A,), arguments={"x-quorum-initial-group-size": 1}),
        mirrored({"ha-mode": "exactly", "ha-params": 2}, [B], [B]),
        classic(effective_policy_definition={"ha-mode": "all"}),
        {"vhost": "/", "name": "young", "type": "classic"},
        classic(ready=5, consumers=0),
    ],
)  # fmt: skip
def test_what_is_right_stays_quiet(tmp_path: Path, row: dict[str, Any]) -> None:
    assert queues(tmp_path, row, memory=before(q=1, young=1)).state is OK


def test_growth_without_consumers_is_seen_between_two_runs_only(tmp_path: Path) -> None:
    row = classic("notifications.info", 620, 0)
    assert queues(tmp_path, row).state is OK
    grown = queues(tmp_path, row, memory=before(**{"notifications.info": 20.0}))
    assert line(grown) == "WARNING - /notifications.info: 620 ready, no consumers, grows by 10/s"
    assert "not read" in grown.long
    assert queues(tmp_path, row, memory=before(**{"notifications.info": 620.0})).state is OK
    assert (
        queues(tmp_path, classic("notifications.info", 620, 2), memory=before(**{"notifications.info": 20.0})).state
        is OK
    )


def test_figures_that_are_seconds_old_do_not_hide_growth(tmp_path: Path) -> None:
    def at(ready: int, seconds: float) -> str:
        memory = {**before(q=620.0), "since": {"/q grew to": [620, CLOCK - seconds]}}
        return line(queues(tmp_path, classic(ready=ready, consumers=0), memory=memory))

    assert at(620, 4) == "WARNING - /q: 620 ready, no consumers, grew until 4 s ago"
    assert at(620, 40).startswith("OK")
    assert at(500, 4).startswith("OK")


def test_a_backlog_that_drains_says_until_when(tmp_path: Path) -> None:
    got = queues(tmp_path, classic(ready=3000, consumers=4), memory=before(q=9000))
    assert line(got) == "WARNING - /q: 3000 ready, 4 consumers, empty in about 30 s"


def test_limits_and_exclusions_by_vhost_and_name(tmp_path: Path) -> None:
    rows = (classic("notifications.info", 5000), classic("rpc", 5000, vhost="nova"), classic("reply_1", state="down"))
    args = ("--exclude", "^/reply_", "--ready", "^/notifications=,", "--ready", "^nova/=100,4000")
    got = queues(tmp_path, *rows, args=args)
    assert line(got) == "CRITICAL - nova/rpc: 5000 ready, 1 consumer"
    assert "over=1;;;0" in got.perfdata
    only = queues(tmp_path, *rows, args=("--include", "nothing"))
    assert line(only) == "UNKNOWN - all 3 queues are excluded"
    assert line(queues(tmp_path, *rows, args=("--ready", "rpc"))).startswith("UNKNOWN - argument --ready: invalid")
    assert line(queues(tmp_path, *rows, args=("--exclude", "("))).startswith("UNKNOWN - argument --exclude: invalid")


def test_the_worst_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    got = queues(tmp_path, *(classic(f"q{n}", state="down") for n in range(9)), args=("--worst", "2"))
    assert line(got) == "CRITICAL - down: /q0 (down, ctl1), /q1 (down, ctl1) and 7 more"
    assert "down=9;;;0" in got.perfdata


def test_an_empty_list_is_no_evidence(tmp_path: Path) -> None:
    assert line(queues(tmp_path)).startswith("UNKNOWN - not one queue is visible to our user")
    assert queues(tmp_path, args=("--allow-empty",)).state is OK


def test_without_statistics_for_long_backlogs_are_not_watched(tmp_path: Path) -> None:
    row = {"vhost": "/", "name": "q", "type": "classic", "state": "running"}
    assert queues(tmp_path, row).text.endswith("no queue reports its messages yet (just started)")
    since = {"at": CLOCK - 60, "values": {}, "since": {"statless": [True, CLOCK - 600]}}
    assert line(queues(tmp_path, row, memory=since)) == "UNKNOWN - no queue reports its messages for 10 min"


def disabled(
    folder: Path, rows: list[Any], totals: list[Any] | None = None, memory: dict[str, Any] | None = None
) -> Outcome:
    """Statistics are off; ``totals`` are the rows that the parameters for totals give (3.8.10 and newer)."""
    bare = {key: sheet(value) for key, value in (("", rows), (TOTALS, rows if totals is None else totals))}
    known = [200, json.dumps([{"name": name, "running": True} for name in (A, B, C)])]
    answers = {
        URL + WHO: known,
        **{URL + QUEUES.format(1) + extra: answer for extra, answer in bare.items()},
        URL + STATISTICS: [200, '{"disable_stats":true}'],
        URL + VHOSTS: [200, '[{"name":"/"}]'],
    }
    return judged(folder, CHECK, answers, memory=memory)


BARE = [
    {"vhost": "/", "name": "c", "type": "classic", "state": "live", "node": A, "slave_nodes": [], "synchronised_slave_nodes": []},
    {"vhost": "/", "name": "qq", "type": "quorum", "state": "live", "leader": A, "members": [A, B, C], "online": [A, B, C]},
]  # fmt: skip
STREAM = {"vhost": "/", "name": "s", "type": "stream", "state": "live", "node": A}


def test_statistics_that_are_off_are_a_note_for_ever(tmp_path: Path) -> None:
    """rabbitmq/rabbitmq-server#15182: rows never have messages. Shapes of 3.10.8 (classic with mirrors' columns) and 4.1 (without)."""
    since = {
        "at": CLOCK - 60,
        "values": {},
        "since": {"statless": [True, CLOCK - 90000], "ctl1 statless": [True, CLOCK - 90000]},
    }
    quiet = (
        "OK - 2 queues (1 classic and 1 quorum), none down, degraded or over its limit, messages not reported, "
        "messages and consumers are not reported: statistics are disabled"
    )
    assert line(disabled(tmp_path, BARE, memory=since)) == quiet
    newer = [{key: value for key, value in row.items() if "slave" not in key} for row in BARE]
    assert line(disabled(tmp_path, newer, memory=since)) == quiet


def test_totals_are_asked_for_when_statistics_are_off(tmp_path: Path) -> None:
    totals = [{**row, "state": "running", "messages_ready": 30000, "messages_unacknowledged": 0} for row in BARE]
    got = disabled(tmp_path, BARE, totals)
    assert line(got) == "CRITICAL - /c: 30000 ready, consumers unknown, /qq: 30000 ready, consumers unknown"
    assert ("ready=60000;;;0" in got.perfdata, any("consumers" in figure for figure in got.perfdata)) == (True, False)
    few = [{**row, "messages_ready": 1} for row in totals]
    assert line(disabled(tmp_path, BARE, few)) == (
        "OK - 2 queues (1 classic and 1 quorum), none down, degraded or over its limit, 2 messages ready, "
        "consumers are not reported: statistics are disabled"
    )


def test_without_statistics_majorities_and_mirrors_are_judged_all_the_same(tmp_path: Path) -> None:
    lost = {**BARE[1], "online": [A]}
    assert line(disabled(tmp_path, [BARE[0], lost])) == "CRITICAL - no majority online: /qq (1 of 3 online)"
    behind = {**BARE[0], "slave_nodes": [B, C], "synchronised_slave_nodes": [B]}
    assert line(disabled(tmp_path, [behind])) == "WARNING - copies missing or behind: /c (1 of 2 mirrors in step)"


def test_a_stream_has_no_members_to_show_while_statistics_are_off(tmp_path: Path) -> None:
    """Seen on 3.10.8; with statistics they are missing evidence."""
    assert line(disabled(tmp_path, [STREAM, BARE[1]])).startswith(
        "OK - 2 queues (1 quorum and 1 stream), none down, degraded or over its limit, messages not reported, "
        "members of streams are not reported, statistics are disabled: /s"
    )
    assert line(queues(tmp_path, STREAM)) == "UNKNOWN - members not reported: /s"


def test_a_node_of_which_no_queue_reports_is_named(tmp_path: Path) -> None:
    rows = (classic("a"), classic("b", ready=None, node=B), classic("c", ready=None, node=C), classic("d", node=C))
    assert queues(tmp_path, *rows).state is OK
    since = {"at": CLOCK - 60, "values": {}, "since": {"ctl2 statless": [True, CLOCK - 600]}}
    assert line(queues(tmp_path, *rows, memory=since)) == "UNKNOWN - no queue on ctl2 reports its messages for 10 min"


def contradicted(folder: Path, *rows: Any, recorded: Any = (), running: tuple[str, ...] = (A,)) -> str:
    """The status line where only ``running`` nodes run as the asked one says; ``recorded``: its partitions, None: not reported."""
    known = [{"name": name, "running": name in running} for name in (A, B, C)]
    parts = [{"name": A} if recorded is None else {"name": A, "partitions": list(recorded)}]
    answers = {URL + WHO: known, URL + PARTITIONS: parts}
    pages = {key: [200, json.dumps(value)] for key, value in answers.items()}
    return line(judged(folder, CHECK, {**pages, URL + QUEUES.format(1): sheet(list(rows))}))


def test_a_stale_list_of_members_does_not_outweigh_a_node_that_does_not_run(tmp_path: Path) -> None:
    lost = "CRITICAL - no majority online: /qq (1 of 3 online)"
    assert contradicted(tmp_path, quorum()) == lost
    assert contradicted(tmp_path, quorum(), recorded=None) == lost, "4.x with Khepri reports no partitions"
    assert contradicted(tmp_path, quorum(), running=(A, B)) == "WARNING - members offline: /qq (without ctl3)"
    assert contradicted(tmp_path, quorum(), running=(B, C)) == "CRITICAL - no leader: /qq"
    assert contradicted(tmp_path, classic(node=B)) == "CRITICAL - down: /q (node stopped, ctl2)"
    moved = mirrored({"ha-mode": "all"}, [A], [A])
    assert (
        contradicted(tmp_path, {**moved, "node": B})
        == "WARNING - copies missing or behind: /q (1 of 2 mirrors in step)"
    )


def test_after_a_recorded_partition_the_queues_own_lists_count(tmp_path: Path) -> None:
    """Seen on 3.10.8: the link is back, quorum queues have their members, and Mnesia still calls the other side stopped."""
    assert contradicted(tmp_path, quorum(), recorded=[C], running=(A, B)).startswith(
        "OK - 1 queues (1 quorum), none down"
    )


@pytest.mark.parametrize(("vhost", "path"), [("nova", "nova"), ("/cells/a b", "%2Fcells%2Fa%20b")])
def test_a_virtual_host_that_our_user_may_not_see_is_named(tmp_path: Path, vhost: str, path: str) -> None:
    def seen(status: int, *args: str) -> str:
        answers = {
            URL + WHO: [200, json.dumps([{"name": A, "running": True}])],
            URL + QUEUES.format(1): sheet([classic()]),
            URL + VHOSTS: [200, json.dumps([{"name": "/"}, {"name": vhost}])],
            f"{URL}queues/{path}?page=1&page_size=1&columns=name": [status, '{"error":"x","items":[]}'],
        }
        return line(judged(tmp_path, CHECK, answers, args))

    assert seen(401) == f"UNKNOWN - our user may not see the queues of virtual host {vhost}"
    assert seen(403) == seen(401)
    assert seen(200) == "OK - 1 queues (1 classic), none down, degraded or over its limit, 0 messages ready"
    assert seen(401, "--exclude", f"^{vhost}/").startswith("OK - 1 queues")


def test_a_list_without_pages_is_one_of_a_very_old_server(tmp_path: Path) -> None:
    """Before 3.6.0 /api/queues knows no pages."""
    assert (
        paged(tmp_path, [200, json.dumps([classic("a"), classic("b", state="down")])]).text == "down: /b (down, ctl1)"
    )
    assert line(paged(tmp_path, [200, "[]"])).startswith("UNKNOWN - not one queue is visible to our user")


def test_an_empty_list_of_nodes_is_no_evidence(tmp_path: Path) -> None:
    assert line(queues(tmp_path, quorum(), nodes=())) == (
        "UNKNOWN - 127.0.0.1:15672 lists no nodes, so members and copies are not judged"
    )


def test_a_closed_management_port_beside_a_broker_that_serves(tmp_path: Path) -> None:
    answers = {
        f"!{URL}{WHO}": [2, "127.0.0.1:15672: connection refused", "refused"],
        f"tcp 127.0.0.1:5672 {HELLO}": "AMQP\0\0\x09\x01",
    }
    got = judged(tmp_path, CHECK, answers)
    assert line(got) == (
        "UNKNOWN - 127.0.0.1:15672: connection refused, though AMQP answers on port 5672: "
        "the management plugin is off, or listens on another port"
    )
    assert "rabbitmq-plugins enable rabbitmq_management" in got.long


def paged(folder: Path, *answers: Any, args: tuple[str, ...] = ()) -> Outcome:
    answers_by_question = {URL + WHO: [200, json.dumps([{"name": A, "running": True}])]}
    for page, answer in enumerate(answers, 1):
        answers_by_question[("!" if len(answer) == 3 else "") + URL + QUEUES.format(page)] = answer
    return judged(folder, CHECK, answers_by_question, args)


def test_pages_are_read_to_the_end(tmp_path: Path) -> None:
    assert "2 queues" in paged(tmp_path, sheet([classic("a")], 2), sheet([classic("b")], 2)).text
    assert (
        line(paged(tmp_path, sheet([classic("a")], 2), sheet([classic("b", state="down")], 2)))
        == "CRITICAL - down: /b (down, ctl1)"
    )


def test_queues_that_go_away_meanwhile_take_the_last_page_with_them(tmp_path: Path) -> None:
    gone = [400, '{"error":"page_out_of_range","reason":"Page out of range"}']
    assert paged(tmp_path, sheet([classic("a")], 2), gone).state is OK
    assert paged(tmp_path, sheet([classic("a")], 2), sheet([], 2)).state is OK


def test_no_endless_list_is_believed(tmp_path: Path) -> None:
    got = paged(tmp_path, sheet([classic("a")], 10**9))
    assert line(got) == "UNKNOWN - 127.0.0.1:15672 claims 1000000000 pages of queues: more than 200000 queues"


def test_a_list_that_takes_too_long_is_our_trouble_a_first_page_that_hangs_is_not(tmp_path: Path) -> None:
    slow = [2, "127.0.0.1:15672 did not answer within 10 s", "timeout"]
    assert line(paged(tmp_path, sheet([classic("a")], 40), slow)).startswith(
        "UNKNOWN - read only 1 of 40 pages of queues in time"
    )
    assert line(paged(tmp_path, slow)) == "CRITICAL - 127.0.0.1:15672 did not answer within 10 s"


@pytest.mark.parametrize(
    "answer", [[200, "{}"], [200, '{"items":null}'], [200, '"x"'], [400, "{}"], [404, ""], [200, ""]]
)
def test_answers_that_are_none(tmp_path: Path, answer: list[Any]) -> None:
    assert paged(tmp_path, answer).state is CRITICAL


def test_the_next_member_is_asked_when_one_refuses(tmp_path: Path) -> None:
    def at(place: str) -> str:
        return f"http GET http://{place}:15672/api/"

    refused = [2, "10.0.0.1:15672: connection refused", "refused"]
    members = ("--members", "ctl1=10.0.0.1,ctl2=10.0.0.2")
    answers = {
        f"!{at('10.0.0.1')}{WHO}": refused,
        at("10.0.0.2") + WHO: [200, json.dumps([{"name": A, "running": True}])],
        at("10.0.0.2") + QUEUES.format(1): sheet([classic()]),
    }
    got = judged(tmp_path, CHECK, answers, members)
    assert (got.state, "asked 10.0.0.2:15672, 10.0.0.1:15672: connection refused" in got.text) == (OK, True)
    none = {f"!{at(place)}{WHO}": refused for place in ("10.0.0.1", "10.0.0.2")}
    assert line(judged(tmp_path, CHECK, none, members)).startswith(
        "CRITICAL - no node reports its queues: 10.0.0.1:15672: connection refused"
    )


def test_hanging_members_do_not_use_up_more_than_the_deadline() -> None:
    with hostile.server(hostile.silent) as port:
        begun = time.monotonic()
        got = execute(CHECK, ["--members", "a=127.0.0.1,b=localhost,c=127.0.0.1", "-p", str(port), "-t", "1"])
        assert time.monotonic() - begun < 2.0
    assert (got.state, got.text.startswith("no node reports its queues")) == (CRITICAL, True)


def test_twenty_thousand_queues_in_little_memory_and_as_many_requests_as_pages() -> None:
    """The figures themselves are the bench's; here only that nothing grows with the number of queues."""
    argv = [sys.executable, str(ROOT / "bench" / "queues.py"), "--limit-mb", "60", "--limit-seconds", "20"]
    ran = subprocess.run(
        argv,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "20000 queues (10000 classic and 10000 quorum)" in ran.stdout
    assert " 42 requests, exit code 0" in ran.stdout


def test_the_tally_stays_small() -> None:
    tally = Tally(Cluster(frozenset(), frozenset(), 3), (), (), (Ready(re.compile(""), 1, 2),), 5)
    for number in range(5000):
        tally.add(classic(f"q{number}", ready=number + 20, state="running"))
    assert len(tally.backlogs()) == KEPT
    assert tally.backlogs()[0].ready == 5019


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "ha-mode", "ha-params"]), inner, max_size=3)
    ),
    max_leaves=6,
)
rows = st.dictionaries(
    st.sampled_from(["vhost", "name", "type", "state", "consumers", "messages_ready", "leader", "members", "online", "slave_nodes", "effective_policy_definition", "arguments"]),
    anything | st.sampled_from(["quorum", "stream", "all", "down", {"ha-mode": "all"}]),
)  # fmt: skip


@given(st.lists(rows, max_size=4))
def test_no_row_breaks_the_tally(found: list[dict[str, Any]]) -> None:
    tally = Tally(Cluster(frozenset({A}), frozenset(), 3), (), (), (), 2)
    for row in found:
        tally.add(row)
    assert tally.totals().queues == len(found)
    assert all(len(trouble.queues) <= 2 <= 2 + trouble.queues_in_all for trouble in tally.troubles())


def test_members_in_maintenance_mode_are_named_and_no_alarm(tmp_path: Path) -> None:
    def drained(*draining: str, online: tuple[str, ...] = (A, B)) -> Outcome:
        nodes = [{"name": name, "running": True, "being_drained": name in draining} for name in (A, B, C)]
        answers = {URL + WHO: [200, json.dumps(nodes)], URL + QUEUES.format(1): sheet([quorum(online=online)])}
        return judged(tmp_path, CHECK, answers)

    assert line(drained(C)) == (
        "OK - 1 queues (1 quorum), none down, degraded or over its limit, 0 messages ready, "
        "members in maintenance mode: /qq (without ctl3)"
    )
    assert line(drained(A)) == "WARNING - members offline: /qq (without ctl3)"
    assert line(drained(B, C, online=(A,))) == "CRITICAL - no majority online: /qq (1 of 3 online)"
