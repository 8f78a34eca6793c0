"""A check ends in time whatever hangs: connect, read, or a server that dribbles for ever."""

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from hamon.checks.galera.node import CHECK
from hamon.errors import ProbeError
from hamon.execute import execute
from hamon.probe import Ask, Deadline
from hamon.probe.command import Command
from hamon.probe.http import Get
from hamon.verdict import CRITICAL, UNKNOWN
from tests.core import hostile

GREETING = b"\x4a\x00\x00\x00\x0a5.5.5-10.11.6-MariaDB\x00"


@pytest.mark.parametrize("behave", [hostile.silent, hostile.dribble, hostile.saying(GREETING + b"\x00" * 4)])
def test_galera_against_a_server_that_never_finishes(behave: object) -> None:
    with hostile.server(behave) as port:  # type: ignore[arg-type]
        begun = time.monotonic()
        outcome = execute(CHECK, ["-p", str(port), "-t", "1"])
        assert time.monotonic() - begun < 2.0
    if outcome.text.endswith("did not answer within 1 s"):
        assert (outcome.state, outcome.text) == (CRITICAL, f"127.0.0.1:{port} did not answer within 1 s")
    else:
        assert outcome.state is CRITICAL
        assert outcome.text.startswith(f"127.0.0.1:{port}")


def test_an_address_that_swallows_packets_is_given_up_in_time() -> None:
    # A listener whose queue is full does not accept: the SYN is dropped as by a firewall.
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
            fillers.append(filler)
        begun = time.monotonic()
        outcome = execute(CHECK, ["-p", str(port), "-t", "1"])
        assert time.monotonic() - begun < 2.0
        for filler in fillers:
            filler.close()
    assert (outcome.state, outcome.text) == (CRITICAL, f"127.0.0.1:{port} did not answer within 1 s")


def test_garbage_on_the_port_is_named() -> None:
    with hostile.server(hostile.saying(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        outcome = execute(CHECK, ["-p", str(port), "-t", "2"])
    assert outcome.state is CRITICAL
    assert outcome.text.startswith(f"127.0.0.1:{port}")
    assert "\n" not in outcome.text


def test_a_command_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    begun = time.monotonic()
    with pytest.raises(ProbeError) as caught:
        Ask(Deadline(0.5))(Command(["/bin/sh", "-c", f"sleep 60 & echo $! > {mark}; wait"]))
    assert time.monotonic() - begun < 1.5
    assert (caught.value.state, caught.value.text) == (CRITICAL, "/bin/sh did not end within 0.5 s")
    child = int(mark.read_text())
    deadline = time.monotonic() + 5
    while Path(f"/proc/{child}").exists() and _state(child) != "Z":
        assert time.monotonic() < deadline, "the hanging command's child lives on"


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def test_a_missing_tool_is_our_own_trouble() -> None:
    with pytest.raises(ProbeError) as caught:
        Ask(Deadline(1))(Command(["/nonexistent/crm_mon"]))
    assert (caught.value.state, caught.value.text) == (
        UNKNOWN,
        "/nonexistent/crm_mon is not installed on this host (or not in PATH)",
    )


def test_the_process_itself_ends_in_time(tmp_path: Path) -> None:
    """The last resort: the probe is stuck where no socket timeout reaches."""
    code = (
        "import sys, time; from hamon.checks.galera.node import CHECK; from hamon.plugin import run;"
        "sys.argv = ['check_galera', '-t', '0.3'];"
        "run(CHECK._replace(probe=lambda ask, options: time.sleep(60)))"
    )
    begun = time.monotonic()
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ}, check=False)
    assert time.monotonic() - begun < 2.5
    assert (ran.returncode, ran.stdout) == (
        3, "GALERA UNKNOWN - no verdict within 0.3 s: the system itself does not answer (DNS? disk?)\n",
    )  # fmt: skip


def test_the_deadline_holds_inside_a_tls_handshake() -> None:
    # HelloRequests, which a client passes over without ever waiting for one: only the end of the connection ends that.
    def endless(conn: socket.socket, stop: threading.Event) -> None:
        record = b"\x16\x03\x03\x40\x00" + bytes(16384)
        conn.settimeout(1)
        while not stop.is_set():
            conn.sendall(record)

    with hostile.server(endless) as port:
        begun = time.monotonic()
        with pytest.raises(ProbeError) as caught:
            Get(f"https://127.0.0.1:{port}/").put(Deadline(1))
        assert time.monotonic() - begun < 1.6
    assert (caught.value.state, caught.value.text) == (CRITICAL, f"127.0.0.1:{port} did not answer within 1 s")
