"""No password goes where it could be read: a hostile server asks for it in every way that the protocol has."""

import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from hamon.errors import ProbeError
from hamon.probe import Deadline
from hamon.probe.sql import Server, rows
from hamon.verdict import CRITICAL, UNKNOWN, State
from tests.certificates import Authority

PASSWORD = "correct horse battery staple"
SALT = b"abcdefghijklmnopqrst"
PUBLIC_KEY = b"\x01-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKjGzZ\n-----END PUBLIC KEY-----\n"
OK, END = b"\x00\x00\x00\x02\x00\x00\x00", b"\xfe\x00\x00\x02\x00"
COLUMN = b"\x03def\x00\x00\x00\x01a\x00\x0c\x2d\x00\x01\x00\x00\x00\xfd\x00\x00\x00\x00\x00"
ROWS = (b"\x01", COLUMN, END, b"\x01x", END)
TLS, PLUGINS, PROTOCOL = 0x0800, 0x00080000, 0x8200
NEEDS_TLS = "whose password goes over TLS (--ca FILE) or a Unix socket only"
CACHED, FULL = b"\x01\x03", b"\x01\x04"


def greeting(login: str, more: int = 0) -> bytes:
    flags = (PROTOCOL | PLUGINS | more).to_bytes(4, "little")
    return (
        b"\x0a8.0.40\x00" + b"\x01\x00\x00\x00" + SALT[:8] + b"\x00" + flags[:2] + b"\xff\x02\x00" + flags[2:] + b"\x15"
        + b"\x00" * 10 + SALT[8:] + b"\x00" + login.encode() + b"\x00"
    )  # fmt: skip


def switch(login: str) -> bytes:
    return b"\xfe" + login.encode() + b"\x00" + SALT + b"\x00"


class Hostile:
    """A server that sends each of ``turns`` (packets) after it has heard something, and keeps what it hears, TLS opened."""

    def __init__(
        self, *turns: bytes | tuple[bytes, ...], context: ssl.SSLContext | None = None, path: Path | None = None
    ) -> None:
        self.turns, self.context = turns, context
        self.heard = bytearray()
        self.listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self.listener.bind(str(path) if path else ("127.0.0.1", 0))
        self.listener.listen()
        self.port = 0 if path else int(self.listener.getsockname()[1])
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        conn, _ = self.listener.accept()
        number = 0
        with suppress(OSError):
            conn.settimeout(5)
            for index, turn in enumerate(self.turns):
                for body in turn if isinstance(turn, tuple) else (turn,):
                    conn.sendall(len(body).to_bytes(3, "little") + bytes([number]) + body)
                    number += 1
                number = self.hear(conn)
                if index == 0 and self.context:
                    conn = self.context.wrap_socket(conn, server_side=True)
                    number = self.hear(conn)
        conn.close()

    def hear(self, conn: socket.socket) -> int:
        """The number that the next packet has."""
        head = conn.recv(4, socket.MSG_WAITALL) if not isinstance(conn, ssl.SSLSocket) else conn.recv(4)
        body = conn.recv(int.from_bytes(head[:3], "little")) if len(head) == 4 else b""
        self.heard += head + body
        return (head[3] + 1) % 256 if len(head) == 4 else 0

    def ended(self) -> bytes:
        """All that it heard."""
        self.thread.join(10)
        assert not self.thread.is_alive()
        self.listener.close()
        return bytes(self.heard)


class Ended(NamedTuple):
    """How a login ended, with the server's place as db1:3306, and what the server heard."""

    state: State
    text: str
    about: str
    heard: bytes


def refused(server: Hostile, ca: str | None = None, name: str | None = None) -> Ended:
    with pytest.raises(ProbeError) as caught:
        rows(Server("127.0.0.1", server.port, "hamon", PASSWORD, ca=ca, server_name=name), ["SHOW STATUS"], Deadline(5))
    error = caught.value
    return Ended(error.state, error.text.replace(f"127.0.0.1:{server.port}", "db1:3306"), error.about, server.ended())


@pytest.mark.parametrize(
    "login", ["mysql_clear_password", "dialog", "mysql_old_password", "auth_gssapi_client", "\xff"]
)
@pytest.mark.parametrize("first", ["mysql_native_password", "caching_sha2_password", "mysql_clear_password"])
def test_a_login_in_clear_text_is_not_made(first: str, login: str) -> None:
    ended = refused(Hostile(greeting(first), switch(login), b"\x01"))

    shown = login.encode().decode("utf-8", "backslashreplace")
    assert ended[:3] == (UNKNOWN, f"db1:3306 asks for a login that this client does not make: {shown!r}", "login")
    assert b"hamon\x00" in ended.heard
    assert PASSWORD.encode() not in ended.heard


@pytest.mark.parametrize(
    ("turns", "login"),
    [
        ((greeting("mysql_native_password"), switch("sha256_password"), PUBLIC_KEY), "sha256_password"),
        ((greeting("sha256_password"), PUBLIC_KEY, OK), "sha256_password"),
        ((greeting("caching_sha2_password"), FULL, PUBLIC_KEY), "caching_sha2_password"),
        ((greeting("mysql_native_password"), switch("caching_sha2_password"), FULL, PUBLIC_KEY), "caching_sha2_password"),
    ],
)  # fmt: skip
def test_the_servers_own_key_is_not_trusted_with_the_password(turns: tuple[bytes, ...], login: str) -> None:
    """It would be encrypted for whoever sent the key."""
    ended = refused(Hostile(*turns))

    assert ended[:3] == (UNKNOWN, f"db1:3306 has our user as {login}, {NEEDS_TLS}", "login")
    assert PASSWORD.encode() not in ended.heard
    assert b"\x01\x00\x00\x03\x02" not in ended.heard, "it asked for the key"


@pytest.mark.parametrize(
    "turns",
    [
        (greeting("caching_sha2_password"), (CACHED, OK)),
        (greeting("mysql_native_password"), switch("caching_sha2_password"), (CACHED, OK)),
        (greeting("mysql_native_password"), OK),
    ],
)
def test_a_login_that_shows_nothing_goes_without_tls(turns: tuple[bytes | tuple[bytes, ...], ...]) -> None:
    """MySQL 8 knows the user's password in its cache: the short form is a challenge and an answer."""
    server = Hostile(*turns, OK, ROWS)
    got = rows(Server("127.0.0.1", server.port, "hamon", PASSWORD), ["SHOW STATUS"], Deadline(5))
    assert (got, PASSWORD.encode() in server.ended()) == ([[["x"]]], False)


def test_mysql_8s_default_account_works_over_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    turns = (greeting("caching_sha2_password", TLS), FULL, OK, OK, ROWS)
    server = Hostile(*turns, context=authority.serving("db1", "127.0.0.1"))
    asked = Server("127.0.0.1", server.port, "hamon", PASSWORD, ca=authority.ca)
    got = rows(asked, ["SHOW STATUS"], Deadline(5))
    assert (got, PASSWORD.encode() + b"\x00" in server.ended()) == ([[["x"]]], True)


def test_mysql_8s_default_account_works_over_a_unix_socket(tmp_path: Path) -> None:
    server = Hostile(greeting("caching_sha2_password"), FULL, OK, OK, ROWS, path=tmp_path / "s")
    got = rows(Server("", 0, "hamon", PASSWORD, socket=str(tmp_path / "s")), ["SHOW STATUS"], Deadline(5))
    assert (got, PASSWORD.encode() + b"\x00" in server.ended()) == ([[["x"]]], True)


def test_a_login_in_clear_text_is_not_made_over_tls_either(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    turns = (greeting("mysql_native_password", TLS), switch("mysql_clear_password"), OK)
    ended = refused(Hostile(*turns, context=authority.serving("db1", "127.0.0.1")), authority.ca)
    assert ended[:2] == (UNKNOWN, "db1:3306 asks for a login that this client does not make: 'mysql_clear_password'")
    assert PASSWORD.encode() not in ended.heard


def test_a_server_that_denies_tls_gets_no_login(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    ended = refused(Hostile(greeting("mysql_native_password"), OK), authority.ca)
    assert ended == (UNKNOWN, "db1:3306: does not offer TLS, which --ca asks for", "tls", b"")


CERTIFICATE = "the certificate of db1:3306"


def test_a_certificate_for_another_name_is_refused_and_a_server_name_accepts_its_own(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    turns = (greeting("mysql_native_password", TLS), OK, OK, ROWS)
    context = authority.serving("db1.example.org")

    ended = refused(Hostile(*turns, context=context), authority.ca)
    assert ended[:3] == (UNKNOWN, f"{CERTIFICATE} is for other names than 127.0.0.1 (--server-name NAME)", "tls")
    assert b"hamon" not in ended.heard

    ended = refused(Hostile(*turns, context=context), authority.ca, "db2.example.org")
    assert ended[:3] == (UNKNOWN, f"{CERTIFICATE} is for other names than db2.example.org (--server-name NAME)", "tls")

    server = Hostile(*turns, context=context)
    named = Server("127.0.0.1", server.port, "hamon", PASSWORD, ca=authority.ca, server_name="db1.example.org")
    assert rows(named, ["SHOW STATUS"], Deadline(5)) == [[["x"]]]
    server.ended()


def test_a_certificate_of_another_authority_is_refused(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path / "ours"), Authority(tmp_path / "theirs")
    turns = (greeting("mysql_native_password", TLS), OK, OK, ROWS)
    ended = refused(Hostile(*turns, context=theirs.serving("db1", "127.0.0.1")), ours.ca)
    why = "is not signed by a CA that this check trusts: unable to get local issuer certificate (--ca FILE)"
    assert ended[:3] == (UNKNOWN, f"{CERTIFICATE} {why}", "tls")
    assert b"hamon" not in ended.heard


def test_a_certificate_that_has_expired_is_what_all_clients_see(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    turns = (greeting("mysql_native_password", TLS), OK, OK, ROWS)
    ended = refused(Hostile(*turns, context=authority.serving("db1", "127.0.0.1", days=-1)), authority.ca)
    assert ended[:3] == (CRITICAL, f"{CERTIFICATE} has expired, or its CA's has", "expired")
    assert b"hamon" not in ended.heard


def test_a_clients_certificate_is_not_a_servers(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    turns = (greeting("mysql_native_password", TLS), OK, OK, ROWS)
    ended = refused(Hostile(*turns, context=authority.for_clients("db1")), authority.ca)
    assert ended[:3] == (
        UNKNOWN,
        f"{CERTIFICATE} cannot be verified: unsuitable certificate purpose (--ca FILE)",
        "tls",
    )


def test_a_dead_server_stays_critical_with_a_ca(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ProbeError) as caught:
        rows(Server("127.0.0.1", port, "hamon", PASSWORD, ca=authority.ca), ["SHOW STATUS"], Deadline(5))
    assert (caught.value.state, caught.value.text) == (CRITICAL, f"127.0.0.1:{port}: connection refused")
