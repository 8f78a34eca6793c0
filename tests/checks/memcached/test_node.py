"""check_memcached: room, rejections and evictions by growth, restarts, and answers that are none."""

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
from tests.told import CLOCK, judged, line

ASK = "tcp 127.0.0.1:11211 stats"


def stats(**other: object) -> str:
    told = {
        "pid": 7, "uptime": 90000, "version": "1.6.18", "max_connections": 1024, "curr_connections": 100, "rejected_connections": 0,
        "reserved_fds": 20, "cmd_get": 1000, "get_hits": 900, "get_misses": 100, "limit_maxbytes": 1000, "accepting_conns": 1,
        "listen_disabled_num": 0, "bytes": 500, "curr_items": 12, "evictions": 0, **other,
    }  # fmt: skip
    return "".join(f"STAT {name} {value}\r\n" for name, value in told.items()) + "END\r\n"


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
        == "WARNING - 20 connections rejected since the last look"
    )
    paused = memcached(tmp_path, stats(listen_disabled_num=7), paused=5)
    assert line(paused) == "WARNING - stopped accepting connections 2 times since the last look"


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
    ("text", "said"),
    [
        ("", "CRITICAL - 127.0.0.1:11211 closed the connection without a word"),
        ("ERROR\r\n", "CRITICAL - 127.0.0.1:11211 does not speak the memcached protocol"),
        ("END\r\n", "CRITICAL - 127.0.0.1:11211 does not speak the memcached protocol"),
        ("STAT pid 7\r\nSTAT upt", "CRITICAL - 127.0.0.1:11211 does not speak the memcached protocol"),
        ("HTTP/1.1 400 Bad Request\r\n", "CRITICAL - 127.0.0.1:11211 does not speak the memcached protocol"),
        (
            "ERROR Too many open connections\r\n",
            "CRITICAL - 127.0.0.1:11211 turns clients away: its connection limit is reached",
        ),
        (
            "CLIENT_ERROR unauthenticated\r\n",
            "UNKNOWN - 127.0.0.1:11211 wants a login (SASL), which this check does not have",
        ),
        ("STAT pid 7\r\nEND\r\n", "UNKNOWN - the server does not tell its uptime"),
        (stats(uptime="x"), "UNKNOWN - the server does not tell its uptime"),
    ],
)
def test_answers_that_are_none(tmp_path: Path, text: str, said: str) -> None:
    got = memcached(tmp_path, text)
    assert line(got) == said
    assert "What it means: " in got.long


@pytest.mark.parametrize("behave", [hostile.silent, hostile.dribble])
def test_a_stopped_process_that_still_accepts_is_critical_in_time(behave: object) -> None:
    with hostile.server(behave) as port:  # type: ignore[arg-type]
        begun = time.monotonic()
        got = execute(CHECK, ["-p", str(port), "-t", "0.7"])
        assert time.monotonic() - begun < 1.7
    assert line(got) == f"CRITICAL - 127.0.0.1:{port} did not answer within 0.7 s"


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
        told: Any = parse(text, "here")
    except ProbeError:
        return
    assert isinstance(told, dict)
