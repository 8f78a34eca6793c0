"""TLS over HTTP and AMQP: every misfit between what a check was given and what the server shows is one line with its cure.

A certificate proves a name: that of the host asked, or the one of ``--server-name``. SQL has its own tests.
"""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hamon.checks.haproxy.node import CHECK as HAPROXY
from hamon.checks.rabbitmq.amqp import CHECK as AMQP
from hamon.checks.rabbitmq.node import CHECK as NODE
from hamon.execute import execute
from tests.certificates import authority, certificate, server_side
from tests.core import hostile
from tests.judging import line

Behave = Callable[[socket.socket, threading.Event], None]
WITHIN = "5"  # seconds
AMQP_HEADER = b"AMQP\0\0\x09\x01"
HTTP = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority with certificates for this host, for another name, and of yesterday; and another authority."""
    folder = tmp_path_factory.mktemp("pki")
    authority(folder, "ca")
    authority(folder, "other")
    certificate(folder, "good", "ca", "DNS:rabbit.example.org,IP:127.0.0.1")
    certificate(folder, "named", "ca", "DNS:rabbit.example.org")
    certificate(folder, "expired", "ca", "IP:127.0.0.1", days=-1)
    return folder


def shaking(pki: Path, name: str, data: bytes = b"", clients: bool = False, version: int | None = None) -> Behave:
    """Shakes hands, reads once, says ``data`` and closes. ``clients``: verifies them, too; ``version``: of TLS, the only one."""
    context = server_side(pki, name)
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(pki / "ca.pem")
    if version is not None:
        context.maximum_version = ssl.TLSVersion(version)

    def behave(conn: socket.socket, stop: threading.Event) -> None:
        with conn.dup() as kept:  # until the client closes: a reset would take the alert away from it
            with suppress(OSError), context.wrap_socket(conn, server_side=True) as shaken:
                shaken.recv(65536)
                shaken.sendall(data)
            kept.shutdown(socket.SHUT_WR)
            while kept.recv(65536):
                pass

    return behave


def asked(check: Any, behave: Behave, pki: Path, *args: str) -> str:
    """The verdict's line on a server that behaves so; the place is ``HERE``."""
    words = [f"{pki}/{word}" if word.endswith(".pem") else word for word in args]
    with hostile.server(behave) as port:
        return line(execute(check, ["-p", str(port), "-t", WITHIN, *words])).replace(f"127.0.0.1:{port}", "HERE")


BOTH = pytest.mark.parametrize("check", [AMQP, NODE], ids=["amqp", "http"])
UNTRUSTED = (
    "UNKNOWN - the certificate of HERE is not signed by a CA that this check trusts: "
    "unable to get local issuer certificate (--ca FILE)"
)


@BOTH
@pytest.mark.parametrize(
    ("shown", "args", "verdict"),
    [
        ("good", ("--ca", "other.pem"), UNTRUSTED),
        ("good", ("--ca", "system"), UNTRUSTED),
        ("named", ("--ca", "ca.pem"), "UNKNOWN - the certificate of HERE is for other names than 127.0.0.1 (--server-name NAME)"),
        ("good", ("--ca", "ca.pem", "--server-name", "r1.example.org"), "UNKNOWN - the certificate of HERE is for other names than r1.example.org (--server-name NAME)"),
        ("expired", ("--ca", "ca.pem"), "CRITICAL - the certificate of HERE has expired, or its CA's has"),
    ],
)  # fmt: skip
def test_a_certificate_that_does_not_fit(
    check: Any, shown: str, args: tuple[str, ...], verdict: str, pki: Path
) -> None:
    assert asked(check, shaking(pki, shown), pki, *args) == verdict


@pytest.mark.parametrize(("shown", "name"), [("good", ()), ("named", ("--server-name", "rabbit.example.org"))])
def test_a_certificate_that_fits_lets_the_conversation_begin(shown: str, name: tuple[str, ...], pki: Path) -> None:
    args = ("--ca", "ca.pem", *name)
    assert asked(NODE, shaking(pki, shown, HTTP), pki, *args) == (
        "CRITICAL - HERE is not a RabbitMQ management API: HTTP 400 without JSON to /api/overview"
    )
    assert asked(AMQP, shaking(pki, shown), pki, *args) == (
        "CRITICAL - HERE closed the connection after the TLS handshake"
    )


def test_tls_to_a_port_that_does_not_speak_it(pki: Path) -> None:
    assert asked(AMQP, hostile.answering(AMQP_HEADER), pki, "--ca", "ca.pem") == (
        "UNKNOWN - HERE does not speak TLS: leave out --ca, or name the port of TLS with -p"
    )
    assert asked(NODE, hostile.answering(HTTP), pki, "--ca", "ca.pem") == (
        "UNKNOWN - HERE does not speak TLS: leave out --https and --ca"
    )


@BOTH
def test_a_server_that_closes_within_the_handshake_may_be_a_proxy_without_servers(check: Any, pki: Path) -> None:
    assert asked(check, hostile.answering(b""), pki, "--ca", "ca.pem") == (
        "CRITICAL - HERE: TLS connection closed by the server without an answer"
    )


@BOTH
def test_a_server_that_hangs_within_the_handshake_ends_in_time(check: Any, pki: Path) -> None:
    with hostile.server(hostile.silent) as port:
        got = line(execute(check, ["-p", str(port), "-t", "0.8", "--ca", f"{pki}/ca.pem"]))
    assert got.startswith(f"CRITICAL - 127.0.0.1:{port} did not answer within 0.8 s")


def test_plain_amqp_to_a_port_of_tls(pki: Path) -> None:
    assert asked(AMQP, shaking(pki, "good"), pki) == "UNKNOWN - HERE speaks TLS: add --ca FILE"
    assert asked(AMQP, hostile.answering(b"SSH-2.0-x\r\n"), pki) == "CRITICAL - HERE does not speak AMQP 0-9-1"


@BOTH
@pytest.mark.parametrize(
    ("version", "verdict"),
    [
        (ssl.TLSVersion.TLSv1_3, "UNKNOWN - HERE wants a certificate of its clients, and this check has none"),
        (
            ssl.TLSVersion.TLSv1_2,
            "UNKNOWN - HERE ends the TLS handshake: it may want a certificate of its clients, or other versions or ciphers",
        ),
    ],
)
def test_a_server_that_verifies_its_clients(check: Any, version: int, verdict: str, pki: Path) -> None:
    assert asked(check, shaking(pki, "good", clients=True, version=version), pki, "--ca", "ca.pem") == verdict


@BOTH
@pytest.mark.parametrize(("file", "why"), [("missing", "no such file or directory"), ("empty", "no certificate in it")])
def test_a_ca_file_that_cannot_be_used(check: Any, file: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("")
    path = str(tmp_path / file)
    assert line(execute(check, ["-p", "1", "-t", WITHIN, "--ca", path])) == (
        f"UNKNOWN - CA file {path} cannot be used: {why}"
    )


def test_the_statistics_page_of_haproxy_by_its_name(pki: Path) -> None:
    def page(shown: str, *args: str) -> str:
        with hostile.server(shaking(pki, shown, HTTP)) as port:
            words = ["--url", f"https://127.0.0.1:{port}/;csv", "-t", WITHIN, "--ca", f"{pki}/ca.pem", *args]
            outcome = execute(HAPROXY, words)
        assert "What it means: " in outcome.long
        return line(outcome).replace(f"127.0.0.1:{port}", "HERE")

    assert page("named") == "UNKNOWN - the certificate of HERE is for other names than 127.0.0.1 (--server-name NAME)"
    named = page("named", "--server-name", "rabbit.example.org")
    assert named == "UNKNOWN - https://HERE/ answers HTTP 400: no statistics there"
    assert page("expired") == "CRITICAL - the certificate of HERE has expired, or its CA's has"
