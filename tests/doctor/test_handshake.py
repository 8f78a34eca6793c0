"""A handshake says what check_nrpe could not do: real TLS over loopback, one refusal each."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hamon.doctor.handshake import Ended, Handshake, Tls, judged, shake
from tests.certificates import authority, certificate, server_side

SECONDS = 2.0


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two authorities, a certificate of the first, one of it that has expired, and one of the second."""
    folder = tmp_path_factory.mktemp("pki")
    for ca in ("ca", "other"):
        authority(folder, ca)
    certificate(folder, "good", "ca")
    certificate(folder, "expired", "ca", days=-1)
    certificate(folder, "stranger", "other")
    return folder


Serve = Callable[[Callable[[socket.socket], None]], int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A server on loopback that does something with its first connection; the fixture gives its port."""
    doors: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(with_it: Callable[[socket.socket], None]) -> int:
        door = socket.create_server(("127.0.0.1", 0))
        doors.append(door)

        def run() -> None:
            connection, _ = door.accept()
            with connection:
                with_it(connection)

        threads.append(threading.Thread(target=run, daemon=True))
        threads[-1].start()
        return int(door.getsockname()[1])

    yield start
    for thread in threads:
        thread.join(SECONDS)
    for door in doors:
        door.close()


def agent(pki: Path, cert: str = "good") -> Callable[[socket.socket], None]:
    """An NRPE: its own certificate, a wish for one of the authority, and silence until it is asked something."""
    context = server_side(pki, cert)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(pki / "ca.pem")

    def do(connection: socket.socket) -> None:
        try:
            with context.wrap_socket(connection, server_side=True) as shaken:
                shaken.recv(1)
        except OSError:
            return

    return do


def files(pki: Path, cert: str) -> Tls:
    return Tls(str(pki / "ca.pem"), str(pki / f"{cert}.pem"), str(pki / f"{cert}.key"))


def test_both_accept_each_other(pki: Path, serve: Serve) -> None:
    assert shake("127.0.0.1", serve(agent(pki)), files(pki, "good"), 0.3) == Handshake(Ended.ACCEPTED, "", "127.0.0.1")


@pytest.mark.parametrize(
    ("theirs", "text"), [("expired", "certificate has expired"), ("stranger", "unable to get local issuer certificate")]
)
def test_their_certificate_is_not_accepted(pki: Path, serve: Serve, theirs: str, text: str) -> None:
    ended = shake("127.0.0.1", serve(agent(pki, theirs)), files(pki, "good"), SECONDS)

    assert ended == Handshake(Ended.THEIRS, text, "127.0.0.1")


@pytest.mark.parametrize(("ours", "text"), [("expired", "certificate expired"), ("stranger", "unknown ca")])
def test_our_certificate_is_not_accepted(pki: Path, serve: Serve, ours: str, text: str) -> None:
    ended = shake("127.0.0.1", serve(agent(pki)), files(pki, ours), SECONDS)

    assert ended == Handshake(Ended.OURS, text, "127.0.0.1")


def test_a_certificate_is_wanted_and_none_is_set(pki: Path, serve: Serve) -> None:
    ended = shake("127.0.0.1", serve(agent(pki)), Tls(str(pki / "ca.pem")), SECONDS)

    assert ended == Handshake(Ended.OURS, "certificate required", "127.0.0.1")


def test_allowed_hosts_closes_at_once(pki: Path, serve: Serve) -> None:
    ended = shake("127.0.0.1", serve(lambda connection: None), files(pki, "good"), SECONDS)

    assert ended == Handshake(Ended.CLOSED, "", "127.0.0.1")


def test_no_tls_there(pki: Path, serve: Serve) -> None:
    ended = shake("127.0.0.1", serve(lambda c: c.sendall(b"220 mail\r\n" * 8)), files(pki, "good"), SECONDS)

    assert ended.ended is Ended.NO_TLS


def test_nobody_listens_and_nobody_answers(pki: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    assert shake("127.0.0.1", port, files(pki, "good"), SECONDS) == Handshake(Ended.REFUSED, "connection refused")
    with socket.create_server(("127.0.0.1", 0)) as door:
        ended = shake("127.0.0.1", door.getsockname()[1], files(pki, "good"), 0.2)
    assert ended == Handshake(Ended.SILENT, "no answer in time", "127.0.0.1")


def test_files_of_our_own_that_cannot_be_used(pki: Path) -> None:
    ended = shake("127.0.0.1", 1, Tls(str(pki / "no.pem")), SECONDS)

    assert ended == Handshake(
        Ended.OTHER, "this server's own certificate files cannot be used: [Errno 2] No such file or directory"
    )


def test_an_error_of_the_network() -> None:
    assert judged(OSError(113, "No route to host")) == Handshake(Ended.OTHER, "no route to host")
