"""Logins of a real MariaDB, by every plugin that its package has: in clear text none is made, TLS proves the server's name."""

import getpass
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from hamon.errors import ProbeError
from hamon.lab import poll
from hamon.probe import Deadline
from hamon.probe.sql import Server, rows
from tests.certificates import Authority
from tests.programs import needs

pytestmark = pytest.mark.lab
PASSWORD = "correct horse battery staple"
SETUP = f"""
INSTALL SONAME 'auth_ed25519';
CREATE USER native@'%' IDENTIFIED VIA mysql_native_password USING PASSWORD('{PASSWORD}');
CREATE USER signed@'%' IDENTIFIED VIA ed25519 USING PASSWORD('{PASSWORD}');
CREATE USER asked@'%' IDENTIFIED VIA pam;
CREATE USER secure@'%' IDENTIFIED VIA mysql_native_password USING PASSWORD('{PASSWORD}') REQUIRE SSL;
"""
QUERY = ["SELECT 1"]


class Maria(NamedTuple):
    """A running MariaDB, whose certificate proves db1.example.org and not 127.0.0.1."""

    port: int
    socket: Path
    ca: str

    def ask(self, user: str, ca: str | None = None, name: str | None = None, socket: Path | None = None) -> str:
        """``1``, or the state and the error with the server's place as db1:3306."""
        asked = Server("127.0.0.1", self.port, user, PASSWORD, str(socket) if socket else None, ca, name)
        try:
            return str(rows(asked, QUERY, Deadline(10))[0][0][0])
        except ProbeError as error:
            return f"{error.state.name} {error.text}".replace(f"127.0.0.1:{self.port}", "db1:3306")


@pytest.fixture(scope="module")
def maria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Maria]:
    folder = tmp_path_factory.mktemp("maria")
    authority = Authority(folder / "pki")
    authority.serving("db1.example.org")
    user = f"--user={getpass.getuser()}"
    install = (needs("mariadb-install-db"), "--no-defaults", user, f"--datadir={folder}/data")
    subprocess.run(
        [*install, "--auth-root-authentication-method=normal", "--skip-test-db"], check=True, capture_output=True
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    where = (f"--datadir={folder}/data", f"--socket={folder}/s", f"--port={port}", "--bind-address=127.0.0.1")
    tls = [f"--ssl-{key}={folder}/pki/{file}" for key, file in (("ca", "ca.pem"), ("cert", "db1.example.org.pem"), ("key", "db1.example.org.key"))]  # fmt: skip
    pam = ("--plugin-load-add=auth_pam", "--pam-use-cleartext-plugin")  # without it, PAM asks by `dialog`
    log = folder / "log"
    with log.open("wb") as out:
        door = subprocess.Popen([needs("mariadbd"), "--no-defaults", user, *where, *tls, *pam], stdout=out, stderr=out)
    try:
        poll.until(lambda: (folder / "s").exists() or door.poll() is not None, "MariaDB's socket", 60)
        assert door.poll() is None, log.read_text()
        client = (needs("mariadb"), "--no-defaults", f"--socket={folder}/s", "--user=root")
        subprocess.run(client, input=SETUP, text=True, check=True, capture_output=True)
        yield Maria(port, folder / "s", authority.ca)
    finally:
        door.terminate()
        door.wait(60)


def test_a_password_that_is_a_challenge_goes_anywhere(maria: Maria) -> None:
    assert maria.ask("native") == "1"
    assert maria.ask("native", socket=maria.socket) == "1"
    assert maria.ask("native", ca=maria.ca, socket=maria.socket) == "1", "a socket needs no TLS"


def test_tls_proves_the_name(maria: Maria) -> None:
    assert maria.ask("secure", maria.ca, "db1.example.org") == "1"
    assert maria.ask("secure", maria.ca) == (
        "UNKNOWN the certificate of db1:3306 is for other names than 127.0.0.1 (--server-name NAME)"
    )
    assert (
        maria.ask("secure")
        == "UNKNOWN db1:3306: access denied for user secure: check the credentials file and the grants"
    )


@pytest.mark.parametrize("secure", [False, True])
def test_what_pam_wants_is_not_said(maria: Maria, secure: bool) -> None:
    told = maria.ask("asked", *((maria.ca, "db1.example.org") if secure else ()))
    assert told == "UNKNOWN db1:3306 asks for a login that this client does not make: 'mysql_clear_password'"


def test_ed25519_is_explained(maria: Maria) -> None:
    assert maria.ask("signed") == (
        "UNKNOWN db1:3306 wants what this client does not do: 'pynacl' package is required for ed25519_password auth method"
    )
