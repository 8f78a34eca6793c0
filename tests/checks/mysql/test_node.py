"""check_mysql: a plain server, its writability and its replication."""

from pathlib import Path
from typing import Any

import pytest

from hamon.checks.mysql.node import CHECK, NO_WAIT, SHOW_STATUS, SHOW_VARIABLES
from hamon.checks.mysql.replica import ALL, question
from hamon.execute import execute
from hamon.verdict import CRITICAL, OK, UNKNOWN, Outcome
from tests.judging import CLOCK, judged, line

PLACE = "sql 127.0.0.1:3306"
STATUS = {
    "Threads_connected": "15",
    "Threads_running": "2",
    "Aborted_connects": "100",
    "Aborted_clients": "5",
    "Uptime": "90000",
}
VARIABLES = {"version": "10.11.6-MariaDB", "hostname": "db1", "read_only": "OFF", "innodb_read_only": "OFF", "innodb_force_recovery": "0",
             "max_connections": "150", "wsrep_on": "OFF"}  # fmt: skip


def channel(
    io: str = "Yes", sql: str = "Yes", behind: str | None = "0", error: str = "", name: str = "", columns: int = 53
) -> list[Any]:
    row: list[str | None] = [""] * columns
    row[1], row[3], row[10], row[11], row[32], row[37] = "10.0.0.1", "3306", io, sql, behind, error
    return [name, "", *row]


def mysql(
    tmp_path: Path,
    *args: str,
    status: dict[str, str] | None = None,
    replica: list[Any] | None = None,
    memory: Any = None,
    asked: str = ALL,
    variables: dict[str, str] | None = None,
) -> Outcome:
    answers = {
        f"{PLACE} {NO_WAIT}": [],
        f"{PLACE} {SHOW_STATUS}": list((STATUS | (status or {})).items()),
        f"{PLACE} {SHOW_VARIABLES}": list((VARIABLES | (variables or {})).items()),
        f"{PLACE} {asked}": replica or [],
    }
    return judged(tmp_path, CHECK, answers, args, memory)


def test_a_plain_server_with_the_whole_output(tmp_path: Path) -> None:
    assert mysql(tmp_path, "--writable").render() == (
        "MYSQL OK - 10.11.6-MariaDB up for 1 d 1 h, writable | connections_used=0.1;0.8;0.95;0;1 threads_running=2;;;0 uptime=90000s;;;0"
    )


@pytest.mark.parametrize(
    ("args", "variables", "text"),
    [
        (["--writable"], {"read_only": "ON"}, "CRITICAL - db1 refuses writes: read_only is set"),
        (["--writable"], {"super_read_only": "ON"}, "CRITICAL - db1 refuses writes: read_only is set"),
        (["--writable"], {"read_only": "NO_LOCK_NO_ADMIN"}, "CRITICAL - db1 refuses writes: read_only is set"),
        (["--writable"], {"innodb_read_only": "ON"}, "CRITICAL - db1 refuses writes: innodb_read_only is set"),
        (["--writable"], {"read_only": ""}, "UNKNOWN - db1 did not report read_only"),
        (["--writable"], {"read_only": "NO_LOCK"}, "CRITICAL - db1 refuses writes: read_only is set"),
        # a word that nobody knows proves nothing, in either direction
        (["--writable"], {"read_only": "perhaps"}, "UNKNOWN - db1 did not report read_only"),
        (["--read-only"], {"read_only": "perhaps"}, "UNKNOWN - db1 did not report read_only"),
        (["--read-only"], {}, "CRITICAL - db1 takes writes, but should be read-only: read_only is OFF"),
        (["--read-only"], {"read_only": "ON"}, "OK - 10.11.6-MariaDB up for 1 d 1 h, read-only"),
        ([], {"read_only": "ON"}, "OK - 10.11.6-MariaDB up for 1 d 1 h, read-only"),
        (
            [],
            {"innodb_force_recovery": "4"},
            "CRITICAL - runs with innodb_force_recovery=4: a rescue mode, not for service",
        ),
        (
            [],
            {"wsrep_on": "ON"},
            "WARNING - this is a Galera node (wsrep_on): use check_galera, it knows whether the node may serve",
        ),
        # Galera's builds of MySQL 5.5 and MariaDB 10.0 without a provider are plain servers; with one they are nodes
        ([], {"wsrep_on": "ON", "wsrep_provider": "none"}, "OK - 10.11.6-MariaDB up for 1 d 1 h, writable"),
        (
            [],
            {"wsrep_on": "ON", "wsrep_provider": "/usr/lib/galera/libgalera_smm.so"},
            "WARNING - this is a Galera node (wsrep_on): use check_galera, it knows whether the node may serve",
        ),
        ([], {"max_connections": "15"}, "CRITICAL - 100 % of max_connections are in use"),
        ([], {"version": ""}, "UNKNOWN - the server reported neither version nor uptime"),
        ([], {"max_connections": "many"}, "UNKNOWN - connections_used is missing from what the service reported"),
    ],
)
def test_variables(tmp_path: Path, args: list[str], variables: dict[str, str], text: str) -> None:
    outcome = mysql(tmp_path, *args, variables=variables)
    assert line(outcome) == text
    assert outcome.state is OK or "What it means" in outcome.long


def test_a_restart_is_noted_for_an_hour_and_no_jitter_is_one(tmp_path: Path) -> None:
    def before(started: float) -> dict[str, Any]:
        return {"at": CLOCK - 60, "values": {"started": started, "restarts": 0}, "since": {}}

    young = {"Uptime": "30"}
    assert line(mysql(tmp_path, status=young)).endswith("writable"), "the first run saw no restart"
    assert line(mysql(tmp_path, status=young, memory=before(CLOCK - 90000))).endswith("writable, restarted 30 s ago")
    assert line(mysql(tmp_path, status=young, memory=before(CLOCK - 31.7))).endswith("writable")


def test_failing_logins_are_a_rate(tmp_path: Path) -> None:
    memory = {"at": CLOCK - 10, "values": {"aborted_connects": -100.0, "aborted_clients": 5.0}, "since": {}}
    assert line(mysql(tmp_path, memory=memory)) == "WARNING - 20 attempts to connect fail a second"


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([channel()], "OK - 10.11.6-MariaDB up for 1 d 1 h, writable, 1 replication channel(s) running"),
        ([], "CRITICAL - no replication is configured on this server"),
        (
            [channel(sql="No", error="Duplicate entry")],
            "CRITICAL - replication from 10.0.0.1:3306 stopped (SQL thread): Duplicate entry",
        ),
        ([channel("No", "No", None)], "CRITICAL - replication from 10.0.0.1:3306 stopped (IO and SQL thread)"),
        (
            [channel("Connecting", behind=None)],
            "WARNING - replication from 10.0.0.1:3306 has been trying to connect for 0 s",
        ),
        ([channel(behind=None)], "UNKNOWN - replication from 10.0.0.1:3306 does not report how far it is behind"),
        ([channel(behind="90")], "WARNING - replication from 10.0.0.1:3306 is 1 min 30 s behind"),
        ([channel(behind="700")], "CRITICAL - replication from 10.0.0.1:3306 is 11 min 40 s behind"),
        ([channel(), channel("No", name="b")], "CRITICAL - replication from 10.0.0.1:3306 stopped (IO thread)"),
        ([channel(columns=38)[:12]], "UNKNOWN - the server's replication status has an unknown form"),
        ([channel(io="10.0.0.7")], "UNKNOWN - the server's replication status has an unknown form"),
    ],
)
def test_replication(tmp_path: Path, rows: list[Any], text: str) -> None:
    outcome = mysql(tmp_path, "--replica", replica=rows)
    assert line(outcome) == text
    assert outcome.state is OK or "What it means" in outcome.long


def test_a_channel_does_not_try_to_connect_for_ever(tmp_path: Path) -> None:
    memory = {"at": CLOCK - 60, "values": {}, "since": {"replica 10.0.0.1:3306": [["Connecting", "Yes"], CLOCK - 400]}}
    outcome = mysql(tmp_path, "--replica", replica=[channel("Connecting", behind=None)], memory=memory)
    assert line(outcome) == "CRITICAL - replication from 10.0.0.1:3306 has been trying to connect for 6 min 40 s"


@pytest.mark.parametrize(
    ("version", "asked"),
    [("10.11.6-MariaDB-log", ALL), ("5.5.5-10.3.39-MariaDB", ALL), ("8.0.36-0ubuntu0.22.04.1", "SHOW REPLICA STATUS"), ("8.4.0", "SHOW REPLICA STATUS"),
     ("8.0.21", "SHOW SLAVE STATUS"), ("5.7.44-log", "SHOW SLAVE STATUS"), ("", "SHOW SLAVE STATUS")],
)  # fmt: skip
def test_how_to_ask_depends_on_the_version(version: str, asked: str) -> None:
    assert question(version) == asked


def test_mysql_8_has_no_columns_before(tmp_path: Path) -> None:
    outcome = mysql(
        tmp_path, "--replica", replica=[channel()[2:]], asked="SHOW REPLICA STATUS", variables={"version": "8.0.36"}
    )
    assert outcome.state is OK


def delayed(columns: int, place: int, behind: str, name: str = "") -> list[Any]:
    row: list[str | None] = channel(behind=behind, columns=columns)[2:]
    row[place] = "3600"
    if columns > 55:
        row[55] = name
    return row


@pytest.mark.parametrize(
    ("version", "asked", "row"),
    [
        ("10.11.6-MariaDB", ALL, ["", "", *delayed(53, 47, "3605")]),
        ("8.0.36", "SHOW REPLICA STATUS", delayed(60, 42, "3605", "late")),
        ("5.7.44-log", "SHOW SLAVE STATUS", delayed(57, 42, "3605")),
    ],
)
def test_a_delay_that_is_meant_is_named_and_not_counted(
    tmp_path: Path, version: str, asked: str, row: list[Any]
) -> None:
    outcome = mysql(tmp_path, "--replica", replica=[row], asked=asked, variables={"version": version})
    assert line(outcome) == (
        f"OK - {version} up for 1 d 1 h, writable, 1 replication channel(s) running, "
        "replication from 10.0.0.1:3306 is delayed by 1 h on purpose"
    )
    assert [word.partition("=")[2][:3] for word in outcome.perfdata if "seconds_behind" in word] == ["5s;"]


def test_a_delayed_replica_that_falls_behind_alarms(tmp_path: Path) -> None:
    outcome = mysql(tmp_path, "--replica", replica=[["", "", *delayed(53, 47, "4300")]])
    assert line(outcome) == "CRITICAL - replication from 10.0.0.1:3306 is 11 min 40 s behind"


def test_channels_of_mysql_have_their_names(tmp_path: Path) -> None:
    rows = [delayed(60, 43, "0", "first"), delayed(60, 43, "0", "second")]
    outcome = mysql(tmp_path, "--replica", replica=rows, asked="SHOW REPLICA STATUS", variables={"version": "8.4.0"})
    labels = [word.split("=")[0] for word in outcome.perfdata if "seconds_behind" in word]
    assert labels == ["first_seconds_behind", "second_seconds_behind"]


@pytest.mark.parametrize(("version", "asked"), [("10.11.6-MariaDB", ALL), ("8.0.36", "SHOW REPLICA STATUS")])
def test_without_the_right_nothing_is_claimed_of_replication(tmp_path: Path, version: str, asked: str) -> None:
    denied = [3, "127.0.0.1:3306: user hamon lacks a privilege for this query", "rights"]
    answers = {
        f"{PLACE} {NO_WAIT}": [],
        f"{PLACE} {SHOW_STATUS}": list(STATUS.items()),
        f"{PLACE} {SHOW_VARIABLES}": list((VARIABLES | {"version": version}).items()),
        f"!{PLACE} {asked}": denied,
    }
    outcome = judged(tmp_path, CHECK, answers, ["--replica"])
    assert line(outcome) == f"UNKNOWN - {denied[1]}"
    assert "What it means" in outcome.long


@pytest.mark.parametrize(
    ("error", "state"),
    [([2, "db1:3306: connection refused", "refused"], CRITICAL), ([3, "db1:3306: access denied", "rights"], UNKNOWN)],
)
def test_no_answer(tmp_path: Path, error: list[Any], state: object) -> None:
    outcome = judged(tmp_path, CHECK, {f"!{PLACE} {query}": error for query in (NO_WAIT, SHOW_STATUS, SHOW_VARIABLES)})
    assert outcome.state is state
    assert "What it means" in outcome.long


def test_a_server_cannot_be_meant_to_be_both() -> None:
    outcome = execute(CHECK, ["--writable", "--read-only"])
    assert (outcome.state, outcome.text) == (UNKNOWN, "--writable and --read-only exclude each other")
