"""A certificate proves a name, on every transport that speaks TLS: the host that is asked, or the one of ``--server-name``."""

import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hamon.check import Check
from hamon.checks.haproxy.node import CHECK as HAPROXY
from hamon.checks.rabbitmq.amqp import CHECK as AMQP
from hamon.checks.rabbitmq.node import CHECK as RABBITMQ
from hamon.errors import ProbeError
from hamon.execute import execute
from hamon.probe import Ask, Deadline
from hamon.probe.amqp import Broker, RoundTrip
from hamon.probe.http import Get, Page
from hamon.verdict import UNKNOWN
from tests.core.certificates import Authority

MISMATCH = "IP address mismatch, certificate is not valid for '127.0.0.1' (--server-name NAME)"
UNSIGNED = "unable to get local issuer certificate (--ca FILE)"
NAME = "web1.example.org"


class Hello(BaseHTTPRequestHandler):
    """Says the name that it is asked for."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"for {self.headers['Host'].partition(':')[0]}".encode())

    def log_message(self, *args: object) -> None:
        pass


class Quiet(ThreadingHTTPServer):
    """A client that breaks the handshake off is what these tests are about."""

    def handle_error(self, *args: object) -> None:
        pass


Serve = Callable[[ssl.SSLContext], int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a TLS server on loopback; its port."""
    running = []

    def start(context: ssl.SSLContext) -> int:
        server = Quiet(("127.0.0.1", 0), Hello)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        running.append((server, thread))
        return int(server.server_port)

    yield start
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "pki")


def put(question: Get | RoundTrip, seconds: float = 5.0) -> Page | dict[str, object]:
    return Ask(Deadline(seconds))(question)  # type: ignore[return-value]


def refusal(question: Get | RoundTrip, seconds: float = 5.0) -> tuple[object, ...]:
    with pytest.raises(ProbeError) as caught:
        put(question, seconds)
    return caught.value.state, caught.value.text, caught.value.about


def test_http_checks_the_name_of_the_server(serve: Serve, authority: Authority, tmp_path: Path) -> None:
    port = serve(authority.serving(NAME))
    url, place = f"https://127.0.0.1:{port}/", f"the certificate of 127.0.0.1:{port} cannot be verified"

    assert put(Get(url, ca=authority.ca, server_name=NAME)) == Page(200, "for 127.0.0.1")
    assert refusal(Get(url, ca=authority.ca)) == (UNKNOWN, f"{place}: {MISMATCH}", "tls")
    other = "Hostname mismatch, certificate is not valid for 'web2.example.org' (--server-name NAME)"
    assert refusal(Get(url, ca=authority.ca, server_name="web2.example.org")) == (UNKNOWN, f"{place}: {other}", "tls")
    stranger = Authority(tmp_path / "other")
    assert refusal(Get(url, ca=stranger.ca, server_name=NAME)) == (UNKNOWN, f"{place}: {UNSIGNED}", "tls")


def test_an_address_in_the_certificate_needs_no_server_name(serve: Serve, authority: Authority) -> None:
    port = serve(authority.serving(NAME, "127.0.0.1"))
    assert put(Get(f"https://127.0.0.1:{port}/", ca=authority.ca)) == Page(200, "for 127.0.0.1")


def test_amqp_checks_the_name_of_the_broker(serve: Serve, authority: Authority) -> None:
    port = serve(authority.serving(NAME))

    def trip(name: str | None) -> RoundTrip:
        return RoundTrip(Broker("127.0.0.1", port, "/", "hamon", "pw", authority.ca, name), "q")

    text = f"the certificate of 127.0.0.1:{port} cannot be verified: {MISMATCH}"
    assert refusal(trip(None)) == (UNKNOWN, text, "tls")
    # the name is right: the conversation goes on, with what is not a broker
    ended = refusal(trip(NAME), 1.0)[1]
    assert ended == f"127.0.0.1:{port} did not answer within 1 s: waited for the connection"


@pytest.mark.parametrize(
    ("check", "argv"),
    [
        (AMQP, "-H 127.0.0.1 -p {port} --ca {ca}"),
        (RABBITMQ, "-H 127.0.0.1 -p {port} --ca {ca}"),
        (HAPROXY, "--url https://127.0.0.1:{port}/;csv --ca {ca}"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)  # fmt: skip
def test_a_check_says_how_to_name_the_server(
    serve: Serve, authority: Authority, check: Check[object], argv: str
) -> None:
    port = serve(authority.serving(NAME))
    words = argv.format(port=port, ca=authority.ca).split()

    outcome = execute(check, words)
    text = f"the certificate of 127.0.0.1:{port} cannot be verified: {MISMATCH}"
    assert (outcome.state, outcome.text) == (UNKNOWN, text)
    assert "What it means: " in outcome.long
    assert "cannot be verified" not in execute(check, [*words, "--server-name", NAME, "-t", "1"]).text
