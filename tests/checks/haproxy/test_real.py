"""check_haproxy on a real HAProxy: what it reports when servers die, are taken out, and when it hangs itself."""

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

from hamon.checks.haproxy.node import CHECK
from hamon.execute import execute
from hamon.verdict import CRITICAL, OK, Outcome

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(not shutil.which("haproxy", path="/usr/sbin:/usr/bin"), reason="no haproxy here"),
]

CONFIGURATION = """
global
    stats socket {socket} mode 600 level admin
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
    default-server inter 100ms fastinter 50ms downinter 100ms rise 1 fall 1
frontend web
    bind unix@{front}
    maxconn 10
    default_backend api
backend api
    option httpchk GET /
    server ctl1 127.0.0.1:{port1} check
    server ctl2 127.0.0.1:{port2} check
"""


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Real(NamedTuple):
    """A running HAProxy, its socket and its two servers."""

    process: "subprocess.Popen[bytes]"
    socket: str
    servers: tuple[ThreadingHTTPServer, ...]

    def check(self, *args: str) -> Outcome:
        return execute(CHECK, ["-S", self.socket, *args])

    def until(self, words: str) -> Outcome:
        """The outcome as soon as it says ``words``."""
        end = time.monotonic() + 5
        while words not in (outcome := self.check()).text:
            assert time.monotonic() < end, outcome.text
            time.sleep(0.1)
        return outcome

    def admin(self, command: str) -> None:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(self.socket)
            sock.sendall(command.encode() + b"\n")
            assert sock.recv(4096).strip() == b""


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Real]:
    servers = tuple(ThreadingHTTPServer(("127.0.0.1", 0), Healthy) for _ in range(2))
    for server in servers:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    ports = {f"port{number}": server.server_port for number, server in enumerate(servers, 1)}
    file = tmp_path / "haproxy.cfg"
    file.write_text(CONFIGURATION.format(socket=tmp_path / "s", front=tmp_path / "f", **ports))
    environment = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"}
    process = subprocess.Popen(
        ["haproxy", "-db", "-f", file], env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        made = Real(process, str(tmp_path / "s"), servers)
        made.until("2 of 2 servers usable")
        yield made
    finally:
        process.kill()
        process.wait()
        for server in servers:
            server.shutdown()
            server.server_close()


def test_a_server_dies_then_all(real: Real) -> None:
    real.servers[1].shutdown()
    real.servers[1].server_close()
    outcome = real.until("DOWN (")  # with the reason: a refused or a reset connection
    assert outcome.text.startswith(f"api/ctl2 (127.0.0.1:{real.servers[1].server_port}) is DOWN (")
    assert "redundancy lost in api: only ctl1 left" in outcome.text
    real.servers[0].shutdown()
    real.servers[0].server_close()
    assert real.until("no usable server").state is CRITICAL


def test_planned_states(real: Real) -> None:
    real.admin("set server api/ctl1 state maint")
    assert real.until("is in MAINT").state is OK
    real.admin("set server api/ctl2 state drain")
    outcome = real.until("no usable server")
    assert (outcome.state, outcome.text) == (
        CRITICAL,
        "api has no usable server: all in maintenance: ctl1 MAINT, ctl2 DRAIN",
    )


def test_a_stopped_process_accepts_and_says_nothing(real: Real) -> None:
    real.process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    outcome = real.check("-t", "1")
    assert (outcome.state, outcome.text) == (CRITICAL, f"{real.socket} did not answer within 1 s")
    assert time.monotonic() - began < 1.5
    real.process.send_signal(signal.SIGCONT)


def test_a_killed_process_leaves_its_socket(real: Real) -> None:
    real.process.kill()
    real.process.wait()
    outcome = real.check()
    assert (outcome.state, outcome.text) == (CRITICAL, f"{real.socket}: connection refused")
