"""check_memcached: room, rejections and evictions by growth, restarts, and answers that are not statistics."""

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamon.checks.memcached.node import CHECK, parse
from hamon.errors import ProbeError
from hamon.execute import execute
from hamon.verdict import CRITICAL, OK, Outcome
from tests.core import hostile
from tests.judging import CLOCK, judged, line

ASK = "tcp 127.0.0.1:11211 stats"


def stats(**other: object) -> str:
    values = {
        "pid": 7, "uptime": 90000, "version": "1.6.18", "max_connections": 1024, "curr_connections": 100, "rejected_connections": 0,
        "reserved_fds": 20, "cmd_get": 1000, "get_hits": 900, "get_misses": 100, "limit_maxbytes": 1000, "accepting_conns": 1,
        "listen_disabled_num": 0, "bytes": 500, "curr_items": 12, "evictions": 0, **other,
    }  # fmt: skip
    return "".join(f"STAT {name} {value}\r\n" for name, value in values.items()) + "END\r\n"


def memcached(folder: Path, text: str, *args: str, **before: float) -> Outcome:
    memory = {"at": CLOCK - 60, "values": before, "since": {}} if before else None
    return judged(folder, CHECK, {ASK: text}, args, memory)


def test_healthy_with_the_whole_output(tmp_path: Path) -> None:
    got = memcached(tmp_path, stats(), hits=300, misses=100, gets=400, evictions=0, rejected=0, uptime=89940, paused=0)
    assert got.render() == (
        "MEMCACHED OK - memcached 1.6.18 answers, 100 connections, 12 items, 100 % hits | connections_used=0.0997;0.8;0.95;0;1 evictions=0;10;;0 "
        "hit_ratio=1;;;0;1 memory_used=0.5;;;0;1 rejected=0;;;0 gets=10;;;0 items=12;;;0 uptime=90000s;;;0"
    )


def test_connections_count_against_what_is_left_for_clients(tmp_path: Path) -> None:
    assert line(memcached(tmp_path, stats(curr_connections=900))) == "WARNING - 89.7 % of the connections are in use"
    assert memcached(tmp_path, stats(curr_connections=1003)).state is CRITICAL
    full = memcached(tmp_path, stats(accepting_conns=0))
    assert line(full) == "CRITICAL - takes no new connections: its connection limit is reached"


def test_rejections_and_pauses_are_growth_not_history(tmp_path: Path) -> None:
    assert memcached(tmp_path, stats(rejected_connections=500, listen_disabled_num=7)).state is OK
    assert memcached(tmp_path, stats(rejected_connections=500), rejected=500).state is OK
    assert (
        line(memcached(tmp_path, stats(rejected_connections=500), rejected=480))
        == "WARNING - 20 connections rejected since the last run"
    )
    paused = memcached(tmp_path, stats(listen_disabled_num=7), paused=5)
    assert line(paused) == "WARNING - stopped accepting connections 2 times since the last run"


def test_evictions_are_growth_not_history(tmp_path: Path) -> None:
    assert memcached(tmp_path, stats(evictions=10**6)).state is OK
    assert (
        line(memcached(tmp_path, stats(evictions=1200), evictions=0))
        == "WARNING - throws out 20 items a second before their time"
    )


def test_a_restart_is_noted_and_its_counters_are_not_compared(tmp_path: Path) -> None:
    got = memcached(tmp_path, stats(uptime=5000, evictions=3, get_hits=1), uptime=89940, evictions=9000, hits=900)
    assert (got.state, got.text.endswith("restarted 1 h 23 min ago, the cache is new")) == (OK, True)
    assert not any(item.startswith("evictions") for item in got.perfdata)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "CRITICAL - 127.0.0.1:11211 closed the connection without an answer"),
        ("ERROR\r\n", "CRITICAL - 127.0.0.1:11211 does not speak the memcached protocol (it answered 'ERROR')"),
        ("END\r\n", "CRITICAL - 127.0.0.1:11211 does not speak the memcached protocol (it answered 'END')"),
        ("STAT pid 7\r\nSTAT upt", "CRITICAL - 127.0.0.1:11211 began its statistics and did not end them"),
        (
            "HTTP/1.1 400 Bad Request\r\n",
            "CRITICAL - 127.0.0.1:11211 does not speak the memcached protocol (it answered 'HTTP/1.1 400 Bad Request')",
        ),
        (
            "SERVER_ERROR out of memory writing stats\r\n",
            "CRITICAL - 127.0.0.1:11211 cannot answer: SERVER_ERROR out of memory writing stats",
        ),
        (
            "ERROR Too many open connections\r\n",
            "CRITICAL - 127.0.0.1:11211 turns clients away: its connection limit is reached",
        ),
        (
            "CLIENT_ERROR unauthenticated\r\n",
            "UNKNOWN - 127.0.0.1:11211 wants a login (ASCII authentication): give --credentials",
        ),
        (
            "STAT pid 7\r\nEND\r\n",
            "UNKNOWN - the server does not report its uptime, evictions is missing from what the service reported, "
            "gets is missing from what the service reported",
        ),
        (stats(uptime="x"), "UNKNOWN - the server does not report its uptime"),
    ],
)
def test_answers_that_are_not_statistics(tmp_path: Path, text: str, message: str) -> None:
    got = memcached(tmp_path, text)
    assert line(got) == message
    assert "What it means: " in got.long


@pytest.mark.parametrize(
    ("behave", "words"),
    [
        (hostile.silent, "did not answer within 0.7 s"),
        (hostile.dribble, "does not speak the memcached protocol (it answered 'HHHH"),
    ],
)
def test_a_stopped_process_that_still_accepts_is_critical_in_time(behave: Any, words: str) -> None:
    with hostile.server(behave) as port:
        begun = time.monotonic()
        got = execute(CHECK, ["-p", str(port), "-t", "0.7"])
        assert time.monotonic() - begun < 1.7
    assert line(got).startswith(f"CRITICAL - 127.0.0.1:{port} {words}")


def staying(data: bytes) -> Any:
    """Reads a request, says ``data`` and leaves the connection open."""

    def behave(conn: Any, stop: Any) -> None:
        conn.recv(65536)
        conn.sendall(data)
        stop.wait(30)

    return behave


def test_an_error_line_ends_the_conversation_at_once() -> None:
    """memcached issue 1170 and pull request 489: with -Y it refuses, and leaves the connection open."""
    with hostile.server(staying(b"CLIENT_ERROR unauthenticated\r\n")) as port:
        begun = time.monotonic()
        got = execute(CHECK, ["-p", str(port), "-t", "8"])
        assert time.monotonic() - begun < 4
    assert line(got) == f"UNKNOWN - 127.0.0.1:{port} wants a login (ASCII authentication): give --credentials"
    assert "restart memcached" not in got.long


def authenticated(conn: Any, stop: Any) -> None:
    """A server that knows one user."""
    good = b"set login 0 0 12\r\nhamon s3cret\r\n" in conn.recv(65536)
    conn.sendall(b"STORED\r\n" + stats().encode() if good else b"CLIENT_ERROR authentication failure\r\n")
    stop.wait(30)


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("s3cret", "OK - memcached 1.6.18 answers, 100 connections, 12 items"),
        ("wrong!", "refuses our user and password"),
    ],
)
def test_with_a_login(tmp_path: Path, password: str, words: str) -> None:
    file = tmp_path / "c.cnf"
    file.write_text(f"[client]\nuser = hamon\npassword = {password}\n")
    file.chmod(0o600)
    recording = tmp_path / "recording.json"
    with hostile.server(authenticated) as port:
        got = execute(CHECK, ["-p", str(port), "--credentials", str(file), "--record", str(recording)])
    assert words in line(got)
    assert password not in recording.read_text()


BINARY_ANSWER = "\\x81\x0b\x00\x00"
SILENT = "CRITICAL - 127.0.0.1:11211 closed the connection without an answer"


@pytest.mark.parametrize(
    ("first", "tls", "binary", "message"),
    [
        # memcached 1.4 and 1.6 with -S, or with -B binary (prometheus/memcached_exporter issue 240)
        ("", False, BINARY_ANSWER, "UNKNOWN - 127.0.0.1:11211 speaks the binary protocol only (SASL, or -B binary), this check cannot ask it"),
        ("", True, "", "UNKNOWN - 127.0.0.1:11211 speaks TLS, this check plain text: it needs a notls: listener"),
        (None, True, "", "UNKNOWN - 127.0.0.1:11211 speaks TLS, this check plain text: it needs a notls: listener"),
        ("", False, "", SILENT),
        (None, False, "", "CRITICAL - 127.0.0.1:11211: connection reset by the server"),
    ],
)  # fmt: skip
def test_a_server_of_another_protocol_lives(tmp_path: Path, first: Any, tls: bool, binary: str, message: str) -> None:
    reset = {f"!{ASK}": [2, "127.0.0.1:11211: connection reset by the server", "refused"]}
    answers = {"tls 127.0.0.1:11211": tls, "tcp 127.0.0.1:11211 ": binary}
    got = judged(tmp_path, CHECK, answers | (reset if first is None else {ASK: first}))
    assert line(got) == message
    assert ("restart memcached" in got.long) is False


def test_statistics_of_memcached_1_4(tmp_path: Path) -> None:
    """Version 1.4.4 (RHEL 6) has no limit of connections, no rejections and no reserved_fds among them."""
    old = {"max_connections", "rejected_connections", "reserved_fds", "listen_disabled_num"}
    rows = [row for row in stats(version="1.4.4").splitlines(keepends=True) if not old & set(row.split())]
    got = memcached(tmp_path, "".join(rows))
    assert line(got) == "OK - memcached 1.4.4 answers, 100 connections, 12 items"


def test_over_tcp_up_to_the_end_and_no_further() -> None:
    with hostile.server(hostile.answering(stats().encode() + b"more")) as port:
        assert execute(CHECK, ["-p", str(port), "-t", "5"]).state is OK
    assert line(execute(CHECK, ["-p", "1", "-t", "5"])) == "CRITICAL - 127.0.0.1:1: connection refused"


@given(
    st.text(max_size=200)
    | st.dictionaries(st.sampled_from(["uptime", "bytes", "version"]), st.text(max_size=6)).map(lambda d: stats(**d))
)
def test_no_answer_breaks_the_parser(text: str) -> None:
    try:
        parsed: Any = parse(text, "here")
    except ProbeError:
        return
    assert isinstance(parsed, dict)
