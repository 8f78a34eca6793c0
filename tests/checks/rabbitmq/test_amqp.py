"""check_amqp: the round trip, and servers that do not let it end."""

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from hamon.checks.rabbitmq.amqp import CHECK, VIP
from hamon.checks.rabbitmq.api import NAMES, OTHERS, WHO
from hamon.execute import execute
from hamon.runs import ThroughVip
from hamon.verdict import CRITICAL, OK
from tests.core import hostile
from tests.judging import judged, line

ASK = "amqp 127.0.0.1:5672 /"
SERVER = {"product": "RabbitMQ", "version": "3.10.8", "cluster_name": "c"}
STEPS = {"connect": 5.5, "declare": 12.5, "confirm": 13.25, "get": 14.0}


def amqp(folder: Path, answer: Any, *args: str) -> Any:
    return judged(folder, CHECK, {ASK: answer}, args)


def test_the_whole_output(tmp_path: Path) -> None:
    assert amqp(tmp_path, {"steps": STEPS, "server": SERVER, "blocked": ""}).render() == (
        "AMQP OK - a message through 127.0.0.1:5672 (RabbitMQ 3.10.8) and back in 14 ms, publish confirmed | total_ms=14ms;1000;3000;0 "
        "connect_ms=5.5ms;;;0 declare_ms=7ms;;;0 confirm_ms=0.75ms;;;0 get_ms=0.75ms;;;0"
    )


def test_a_slow_trip(tmp_path: Path) -> None:
    answer = {"steps": {**STEPS, "confirm": 3100, "get": 3200}, "server": SERVER}
    assert line(amqp(tmp_path, answer)) == "CRITICAL - the round trip took 3200ms"
    assert amqp(tmp_path, answer, "-c", "total_ms=", "-w", "total_ms=").state is OK


@pytest.mark.parametrize("steps", [None, {}, {"connect": 1.0}, {**STEPS, "get": None}])
def test_without_the_message_back_it_is_never_ok(tmp_path: Path, steps: Any) -> None:
    assert (
        line(amqp(tmp_path, {"steps": steps, "server": None}))
        == "CRITICAL - 127.0.0.1:5672: the message did not come back"
    )


def test_through_the_vip_it_is_the_same_question_and_pages() -> None:
    assert isinstance(VIP.runs, ThroughVip)
    assert (VIP.tier, VIP.runs.argv[:2], VIP.probe) == ("page", ("-H", "{vip}"), CHECK.probe)


OUTAGE = "CRITICAL - 127.0.0.1:5672: connection refused"


def refused(
    folder: Path,
    *args: str,
    api: Any = None,
    others: Sequence[dict[str, Any]] = (),
    door: str = "http://{}:15672",
    **row: Any,
) -> str:
    """ctl1 refuses AMQP; its management API says ``api`` or refuses, too; and its peer reports ``row`` of it and ``others``."""
    own = f"http GET {door.format('127.0.0.1')}/api/{WHO}"
    answers = {
        f"!{ASK}": [2, "127.0.0.1:5672: connection refused", "refused"],
        f"tcp 127.0.0.1:4369 {NAMES.strip()}": "\0\0\x11\x11name rabbit at port 25672\n",
        f"http GET {door.format('10.0.0.2')}/api/{OTHERS}": [200, json.dumps([{"name": "rabbit@ctl1", "running": True, **row}, *others])],
        **({own: api} if api else {f"!{own}": [2, "127.0.0.1:15672: connection refused", "refused"]}),
    }  # fmt: skip
    return line(judged(folder, CHECK, answers, args))


def test_a_refused_port_is_planned_only_when_a_peer_says_so(tmp_path: Path) -> None:
    members = ("--members", "ctl1=127.0.0.1,ctl2=10.0.0.2")
    assert refused(tmp_path, *members, being_drained=True) == (
        "OK - takes no clients: rabbit@ctl1 is in maintenance mode (drained), as ctl2 reports"
    )
    assert refused(tmp_path, *members, being_drained=False) == OUTAGE
    assert refused(tmp_path, *members, running=False) == OUTAGE
    assert refused(tmp_path, being_drained=True) == OUTAGE
    assert refused(tmp_path, "--members", "ctl2=10.0.0.2", being_drained=True) == OUTAGE


def test_where_the_version_does_not_say_so_all_doors_must_be_closed(tmp_path: Path) -> None:
    members = ("--members", "ctl1=127.0.0.1,ctl2=10.0.0.2")
    assert refused(tmp_path, *members) == (
        "WARNING - 127.0.0.1:5672: connection refused, all doors of rabbit@ctl1 are closed, though it runs: "
        "in maintenance mode (drained)?"
    )
    assert refused(tmp_path, *members, api=[200, "[]"]) == OUTAGE


def test_a_node_that_starts_is_not_in_maintenance(tmp_path: Path) -> None:
    members = ("--members", "ctl1=127.0.0.1,ctl2=10.0.0.2")
    assert refused(tmp_path, *members, others=[{"name": "rabbit@ctl2", "running": True, "mem_limit": 10}]) == (
        "CRITICAL - 127.0.0.1:5672: connection refused, rabbit@ctl1 is starting, or hangs in its start: ctl2 counts it in, "
        "and it sends no figures"
    )


@pytest.mark.parametrize(
    ("args", "door"),
    [
        (("--management-ca", "system"), "https://{}:15671"),
        (("--management-ca", "/etc/ca.pem", "--management-port", "15672"), "https://{}:15672"),
        (("--management-https",), "https://{}:15671"),
        (("--management-port", "15671"), "https://{}:15671"),
        (("--ca", "/etc/ca.pem", "-p", "5672"), "http://{}:15672"),
    ],
)
def test_the_management_api_over_tls(tmp_path: Path, args: tuple[str, ...], door: str) -> None:
    got = refused(tmp_path, "--members", "ctl1=127.0.0.1,ctl2=10.0.0.2", *args, door=door, being_drained=True)
    assert got == "OK - takes no clients: rabbit@ctl1 is in maintenance mode (drained), as ctl2 reports"


STUCK = b"\x01\x00\x00\x00\x00\x01\x00\x00\x0a\x00\x0a\x00"  # the head of a frame that never ends


def says_then_waits(data: bytes) -> Any:
    def behave(conn: Any, stop: Any) -> None:
        conn.sendall(data)
        stop.wait(30)

    return behave


@pytest.mark.parametrize("behave", [hostile.silent, says_then_waits(STUCK)])
def test_a_server_that_hangs_ends_in_a_verdict_in_time(behave: Any) -> None:
    with hostile.server(behave) as port:
        begun = time.monotonic()
        got = execute(CHECK, ["-p", str(port), "-t", "0.8"])
        assert time.monotonic() - begun < 1.8
    assert line(got) == f"CRITICAL - 127.0.0.1:{port} did not answer within 0.8 s: waited for the connection"


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"AMQP\0\0\x09\x01", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x01\x00\x00\x00\x00\x00\x05\x00\x0a\x00\x0aX\xce",
        b"\x08\x00\x00\x00\x00\x00\x00\xce" * 3, b"\x01\x00\x00\xff\xff\xff\xff" + bytes(64), bytes(range(256)) * 4, os.urandom(512),
    ],
)  # fmt: skip
def test_garbage_is_critical_and_nothing_else(answer: bytes) -> None:
    with hostile.server(hostile.answering(answer)) as port:
        got = execute(CHECK, ["-p", str(port), "-t", "1.5"])
    assert got.state is CRITICAL
    assert got.text.startswith(f"127.0.0.1:{port}")


def test_refused_and_a_name_that_is_none() -> None:
    assert line(execute(CHECK, ["-p", "1", "-t", "2"])) == "CRITICAL - 127.0.0.1:1: connection refused"
    assert line(execute(CHECK, ["--ca", "/nonexistent", "-t", "2"])).startswith(
        "UNKNOWN - CA file /nonexistent cannot be used"
    )
