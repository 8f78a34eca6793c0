"""Who sits on the entries of a member list: arbitrators, strangers, names and networks of all kinds; and who is silent.

The states follow public reports: an arbitrator's empty address (mariadb-corporation/galera issue 621, MySQLTuner-perl pull request
200), lists of AUTO (bitnami-docker-mariadb-galera issue 2), nodes that were voted out or lost quorum.
"""

import json
from pathlib import Path

import pytest

from hamon.checks.galera.cluster import CLUSTER
from hamon.checks.galera.node import CHECK, Facts
from hamon.execute import execute
from hamon.verdict import Outcome
from hamon.wire import line

TWO, THREE = "db1=10.0.0.1,db2=10.0.0.2", "db1=10.0.0.1,db2=10.0.0.2,db3=10.0.0.3"
FIVE = f"{THREE},db4=10.0.0.4,db5=10.0.0.5"
REFUSED = json.dumps({"check": "galera", "error": [2, "10.0.0.2:3306: connection refused", "refused"]})
HANGS = json.dumps({"check": "galera", "error": [2, "10.0.0.3:3306 did not answer within 4 s", "timeout"]})
FULL = json.dumps({"check": "galera", "error": [2, "10.0.0.3:3306: too many connections", "connections"]})
TIMEOUT = "CHECK_NRPE: Socket timeout"

NODE = Facts(
    node="", address="", wsrep=True, status="Primary", state="Synced", ready=True, connected=True, size=3,
    view=("10.0.0.1:3306", "10.0.0.2:3306", "10.0.0.3:3306"), local_index=0, cluster_uuid="u", conf_id=7, last_committed=100,
    reject_queries="NONE", desync=False, flow_stalled=False, flow_requested=False, flow_paused=None, recv_queue=0, send_queue=0,
    conflicts=None, connections_used=0.1, state_seconds=0.0, uptime=864123,
)  # fmt: skip
LOST = {"status": "non-Primary", "state": "Initialized", "ready": False, "conf_id": None, "size": 1}


def node(number: int, *view: str, **fields: object) -> str:
    """What the agent of member ``number`` prints."""
    listed = {"view": tuple(sorted(view)), "size": len(view)} if view else {}
    own = {"node": f"db{number}", "address": f"10.0.0.{number}", "local_index": number - 1}
    return line(CHECK.name, {"facts": {**NODE._asdict(), **own, **listed, **fields}})


def judge(folder: Path, members: str, *answers: str, args: tuple[str, ...] = ()) -> Outcome:
    for number, answer in enumerate(answers, 1):
        (folder / f"db{number}").write_text(answer)
    return execute(CLUSTER, ["--members", members, "--via", f"cat {folder}/{{name}}", *args])


def words(outcome: Outcome) -> str:
    return f"{outcome.state.name} - {outcome.text}"


A, B, C = "10.0.0.1:3306", "10.0.0.2:3306", "10.0.0.3:3306"


def test_a_healthy_pair_with_an_arbitrator_with_the_whole_line(tmp_path: Path) -> None:
    assert judge(tmp_path, TWO, node(1, A, B, ""), node(2, A, B, "")).render() == (
        "GALERA_CLUSTER OK - 2 of 2 members in one Primary component {db1, db2}, 1 arbitrator (garbd) with them"
        " | size=3;;;0 synced=2;;;0 components=1;;;0 unreachable=0;;;0"
    )


@pytest.mark.parametrize(
    ("members", "answers", "args", "text"),
    [
        # ports and addresses as MariaDB 10.11 has them; AUTO as in containers; names as configured by hand
        (TWO, [node(1, A, ""), REFUSED], (), "CRITICAL - 1 of 2 members in the Primary component {db1} with an arbitrator, "
         "db2: 10.0.0.2:3306: connection refused, one more loss stops all writes"),
        (TWO, [node(1, "AUTO", ""), REFUSED], (), "CRITICAL - 1 of 2 members in the Primary component {db1} with an arbitrator, "
         "db2: 10.0.0.2:3306: connection refused, one more loss stops all writes"),
        (TWO, [node(1, "db1.example.org:3306", ""), REFUSED], (), "CRITICAL - 1 of 2 members in the Primary component {db1} with an "
         "arbitrator, db2: 10.0.0.2:3306: connection refused, one more loss stops all writes"),
        (TWO, [node(1, A, "", ""), REFUSED], (), "CRITICAL - 1 of 2 members in the Primary component {db1} with 2 arbitrators, "
         "db2: 10.0.0.2:3306: connection refused, one more loss stops all writes"),
        # meant, there; meant, gone; meant, no list to see it in; more than meant
        (TWO, [node(1, A, B, ""), node(2, A, B, "")], ("--arbitrators", "1"),
         "OK - 2 of 2 members in one Primary component {db1, db2}, 1 arbitrator (garbd) with them"),
        (TWO, [node(1, A, B), node(2, A, B)], ("--arbitrators", "1"),
         "CRITICAL - 0 of 1 arbitrator (garbd) in the Primary component, one more loss stops all writes"),
        (TWO, [node(1, A, B), node(2, A, B)], ("--arbitrators", "1", "--at-risk", "warning"),
         "WARNING - 0 of 1 arbitrator (garbd) in the Primary component, one more loss stops all writes"),
        (TWO, [node(1, view=(), size=2), REFUSED], ("--arbitrators", "1"), "CRITICAL - 1 of 2 members in the Primary component {db1} "
         "with an arbitrator, db2: 10.0.0.2:3306: connection refused, one more loss stops all writes"),
        (TWO, [node(1, A, B, "", ""), node(2, A, B, "", "")], ("--arbitrators", "1"),
         "WARNING - 4 members, 2 expected, not in the inventory: unknown"),
        # a stranger does not fill the place of a dead member, either
        (TWO, [node(1, A, "10.9.9.9:3306"), REFUSED], (), "CRITICAL - 1 of 2 members in the Primary component {db1}, "
         "db2: 10.0.0.2:3306: connection refused, one more loss stops all writes (+1 more)"),
        # members without an address in the list: an empty entry may be the silent member
        (THREE, [node(1, "", "", ""), node(2, "", "", ""), TIMEOUT], (), "OK - 3 of 3 members in one Primary component {db1, db2}, "
         "db3 could not be asked (its agent said: CHECK_NRPE: Socket timeout), the others count it in"),
        # replication in a network of its own, one silent: the last pair
        (THREE, [node(1, "172.16.0.1", "172.16.0.2", "172.16.0.3", address="172.16.0.1"),
                 node(2, "172.16.0.1", "172.16.0.2", "172.16.0.3", address="172.16.0.2"), TIMEOUT], (),
         "OK - 3 of 3 members in one Primary component {db1, db2}, "
         "db3 could not be asked (its agent said: CHECK_NRPE: Socket timeout), the others count it in"),
        (THREE, [node(1, "DB1.example.org:3306", "db2:3306", "db3.example.org"), node(2, "DB1.example.org:3306", "db2:3306", "db3.example.org"),
                 TIMEOUT], (), "OK - 3 of 3 members in one Primary component {db1, db2}, "
         "db3 could not be asked (its agent said: CHECK_NRPE: Socket timeout), the others count it in"),
        # the size is reported and the list is not, and the other way round
        (TWO, [node(1, view=(), size=2), node(2, view=(), size=2)], (), "OK - 2 of 2 members in one Primary component {db1, db2}"),
        (TWO, [node(1, A, B, size=None), node(2, A, B, size=None)], (), "OK - 2 of 2 members in one Primary component {db1, db2}"),
        (TWO, [node(1, view=(), size=None), node(2, view=(), size=None)], (), "UNKNOWN - {db1, db2} is Primary without reporting its size"),
        # IPv6 in two spellings
        ("db1=fd00::1,db2=fd00:0::2", [node(1, "[fd00::1]:3306", "[fd00::2]:3306"), TIMEOUT], (),
         "OK - 2 of 2 members in one Primary component {db1}, db2 could not be asked (its agent said: CHECK_NRPE: Socket timeout), "
         "the others count it in"),
    ],
)  # fmt: skip
def test_who_sits_where(tmp_path: Path, members: str, answers: list[str], args: tuple[str, ...], text: str) -> None:
    outcome = judge(tmp_path, members, *answers, args=args)
    assert words(outcome) == text
    assert outcome.state.name == "OK" or "What it means" in outcome.long


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        (HANGS, "CRITICAL - 2 of 3 members in the Primary component {db1, db2}, db3 hangs: 10.0.0.3:3306 did not answer within 4 s, "
         "one more loss stops all writes"),
        (node(3, **LOST), "CRITICAL - 2 of 3 members in the Primary component {db1, db2}, db3 is non-Primary, one more loss stops all writes"),
        (node(3, **{**LOST, "status": "Disconnected"}),
         "CRITICAL - 2 of 3 members in the Primary component {db1, db2}, db3 left the cluster (Disconnected), one more loss stops all writes"),
        (node(3, status=""), "CRITICAL - 2 of 3 members in the Primary component {db1, db2}, db3 did not report its status, "
         "one more loss stops all writes"),
    ],
)  # fmt: skip
def test_each_way_of_missing_has_its_words_and_its_runbook(tmp_path: Path, answers: str, text: str) -> None:
    outcome = judge(tmp_path, THREE, node(1, A, B), node(2, A, B), answers)
    assert words(outcome) == text
    means = outcome.long.splitlines()[0]
    assert ("hangs" in text) == ("it hangs" in means)
    assert ("left" in text) == ("outside of the cluster" in means)
    assert ("non-Primary" in text) == ("lost sight" in means)


def test_a_member_that_hangs_and_is_counted_in_does_not_join(tmp_path: Path) -> None:
    outcome = judge(tmp_path, THREE, node(1, A, B, C), node(2, A, B, C), HANGS)
    assert words(outcome) == "CRITICAL - db3 hangs: 10.0.0.3:3306 did not answer within 4 s, the others count it in"


@pytest.mark.parametrize(
    ("members", "answers", "text"),
    [
        (FIVE, [node(1, A, **LOST), node(2, B, **LOST), TIMEOUT, TIMEOUT, TIMEOUT],
         "CRITICAL - no Primary seen: db1 non-Primary and db2 non-Primary, db3, db4 and db5 could not be asked"),
        (THREE, [node(1, A, **LOST), REFUSED, HANGS],
         "CRITICAL - no Primary seen: db1 non-Primary, db2: 10.0.0.2:3306: connection refused, "
         "db3 could not be asked (10.0.0.3:3306 did not answer within 4 s)"),
        (THREE, [node(1, A, **LOST), REFUSED, FULL],
         "CRITICAL - no Primary seen: db1 non-Primary, db2: 10.0.0.2:3306: connection refused, "
         "db3 could not be asked (10.0.0.3:3306: too many connections)"),
        (THREE, [node(1, A, **LOST), node(2, B, **LOST), node(3, status="")],
         "CRITICAL - no Primary seen: db1 non-Primary, db2 non-Primary and db3 without status"),
        (THREE, [node(1, status=""), node(2, status=""), node(3, status="")],
         "UNKNOWN - no Primary seen: db1 without status, db2 without status and db3 without status"),
        (THREE, [HANGS, REFUSED, TIMEOUT],
         "CRITICAL - no member serves as far as they could be asked: db1: 10.0.0.3:3306 did not answer within 4 s, "
         "db2: 10.0.0.2:3306: connection refused, db3: its agent said: CHECK_NRPE..."),
        (TWO, [HANGS, REFUSED], "CRITICAL - no member serves: db1: 10.0.0.3:3306 did not answer within 4 s, "
         "db2: 10.0.0.2:3306: connection refused"),
    ],
)  # fmt: skip
def test_no_primary_seen_is_not_no_primary(tmp_path: Path, members: str, answers: list[str], text: str) -> None:
    outcome = judge(tmp_path, members, *answers)
    assert words(outcome) == text
    assert "do not bootstrap anything" in outcome.long
    assert "galera_new_cluster" not in outcome.long
    assert "pc.bootstrap" not in outcome.long


@pytest.mark.parametrize(
    ("answers", "hint"),
    [
        ([node(1, **LOST), node(2, **LOST, last_committed=120), node(3, **LOST)], ", most advanced: db2 (seqno 120)"),
        # voted out with a higher number
        ([node(1, **LOST), node(2, **LOST, last_committed=90), node(3, **{**LOST, "state": "Inconsistent"}, last_committed=130)],
         ", most advanced: db1 (seqno 100)"),
        # an earlier view with a higher number
        ([node(1, **{**LOST, "conf_id": 9}), node(2, **{**LOST, "conf_id": 8}, last_committed=130), node(3, **{**LOST, "conf_id": 9}, last_committed=90)],
         ", most advanced: db1 (seqno 100)"),
        # one without a number, one of another history, one that is stopped: they do not compare
        ([node(1, **LOST), node(2, **LOST, last_committed=None), node(3, **LOST)], ""),
        ([node(1, **LOST), node(2, **LOST, cluster_uuid="other"), node(3, **LOST)], ""),
        ([node(1, **LOST), REFUSED, node(3, **LOST)], ""),
    ],
)  # fmt: skip
def test_the_most_advanced_is_named_when_all_compare(tmp_path: Path, answers: list[str], hint: str) -> None:
    outcome = judge(tmp_path, THREE, *answers)
    head, _, tail = words(outcome).removesuffix(" (+1 more)").partition(", most advanced")
    assert head.startswith("CRITICAL - no Primary component, no writes anywhere: db1 non-Primary")
    assert (f", most advanced{tail}" if tail else "") == hint
    assert "galera_new_cluster" in outcome.long


def test_nobody_takes_queries_needs_everybodys_word(tmp_path: Path) -> None:
    closed = [node(number, A, B, C, reject_queries="ALL") for number in (1, 2, 3)]
    assert "no member of the Primary component takes queries" in words(judge(tmp_path, THREE, *closed))
    outcome = judge(tmp_path, THREE, *closed[:2], TIMEOUT)
    assert outcome.state.name == "WARNING"
    assert "no member of the Primary component takes queries" not in outcome.text
    assert "no member that reported takes queries, db3 could not be asked" in outcome.text


def test_percona_members_in_maintenance_are_named(tmp_path: Path) -> None:
    answers = [node(1, A, B, maintenance="MAINTENANCE"), node(2, A, B)]
    assert words(judge(tmp_path, TWO, *answers)) == (
        "OK - 2 of 2 members in one Primary component {db1, db2}, db1 is in maintenance (pxc_maint_mode=MAINTENANCE)"
    )


def test_all_members_in_maintenance_at_once_is_no_plan(tmp_path: Path) -> None:
    answers = [node(number, A, B, maintenance="MAINTENANCE") for number in (1, 2)]
    outcome = judge(tmp_path, TWO, *answers)
    text = "all members are in maintenance (pxc_maint_mode): balancers that read it send clients nowhere"
    assert words(outcome) == f"WARNING - {text}"


def test_one_member_that_knows_of_flow_control_is_enough(tmp_path: Path) -> None:
    doubt = "wsrep_flow_control_active is maybe"
    answers = [node(1, A, B, flow_doubt=doubt), node(2, A, B)]
    assert words(judge(tmp_path, TWO, *answers)) == "OK - 2 of 2 members in one Primary component {db1, db2}"
    answers = [node(1, A, B, flow_doubt=doubt), node(2, A, B, flow_doubt=doubt)]
    assert words(judge(tmp_path, TWO, *answers)) == f"UNKNOWN - flow control is not known: db1: {doubt}, db2: {doubt}"


def test_a_view_change_of_auto_lists_is_asked_again(tmp_path: Path) -> None:
    """db3 was just killed: db1 knows, db2 is asked a moment too early, and no address distinguishes the two lists."""
    (tmp_path / "early").write_text(node(2, "AUTO", "AUTO", "AUTO"))
    judge(tmp_path, THREE, node(1, "AUTO", "AUTO"), node(2, "AUTO", "AUTO"), REFUSED)
    script = f"cd {tmp_path}; if [ $1 = db2 ] && [ ! -e asked ]; then touch asked; cat early; else cat $1; fi"
    (tmp_path / "agent").write_text(script)
    outcome = execute(CLUSTER, ["--members", THREE, "--via", f"sh {tmp_path}/agent {{name}}"])
    assert words(outcome).startswith("CRITICAL - 2 of 3 members in the Primary component {db1, db2}, db3: ")


def test_auto_lists_that_stay_different_are_no_proof_of_a_split(tmp_path: Path) -> None:
    outcome = judge(tmp_path, THREE, node(1, "AUTO", "AUTO"), node(2, "AUTO", "AUTO", "AUTO"), REFUSED)
    assert (
        words(outcome) == "CRITICAL - members disagree on who is in the cluster, even when asked twice: {db2} and {db1}"
    )
