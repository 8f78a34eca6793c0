"""``hamon pki``: what it signs is fit for its use and for no other; nothing is overwritten, nothing stands half-written."""

import json
import os
import ssl
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from hamon.cli import main
from hamon.errors import UsageError
from hamon.pki import authority
from hamon.pki.openssl import Use, certificate, described
from hamon.table import table

DAY = 86400.0


class Ran(NamedTuple):
    """One call."""

    code: int
    out: str
    err: str


class Pki:
    """The command, with a folder of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def __call__(self, *words: str) -> Ran:
        code = main(["pki", *words, "-d", str(self.folder)])
        out, err = self.capsys.readouterr()
        return Ran(code, out, err)

    def done(self, *words: str) -> None:
        ran = self(*words)
        assert (ran.code, ran.err) == (0, ""), ran

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def files(self) -> dict[str, tuple[int, bytes]]:
        """Modes and contents of all that is there, hidden files, too."""
        return {path.name: (path.stat().st_mode & 0o777, path.read_bytes()) for path in self.folder.iterdir()}


@pytest.fixture
def pki(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Pki:
    return Pki(tmp_path / "pki", capsys)


def verifies(pki: Pki, name: str, purpose: str) -> bool:
    asked = ("openssl", "verify", "-x509_strict", "-CAfile", pki.path("ca.pem"), "-purpose", purpose)
    return subprocess.run([*asked, pki.path(f"{name}.pem")], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("key", ["ec", "rsa"])
def test_each_certificate_is_fit_for_its_own_use_alone(pki: Pki, key: str) -> None:
    pki.done("init", "--key", key)
    assert pki("server", "ctl1", "10.20.0.11", "fd00::11", "ctl1.example.org", "--key", key) == (
        0,
        f"{pki.path('ctl1.pem')}\n",
        "",
    )
    pki.done("client", "nagios", "--key", key)

    uses = ("sslserver", "sslclient")
    assert [[verifies(pki, name, use) for use in uses] for name in ("ctl1", "nagios")] == [[True, False], [False, True]]
    server, client, ca = (certificate(pki.path(f"{name}.pem")) for name in ("ctl1", "nagios", "ca"))
    assert server[:3] == ("ctl1", Use.SERVER, ("ctl1", "10.20.0.11", "fd00::11", "ctl1.example.org"))
    assert (client[:3], ca[:3]) == (("nagios", Use.CLIENT, ()), ("NRPE authority", Use.AUTHORITY, ()))
    sort = "id-ecPublicKey" if key == "ec" else "rsaEncryption"
    for name in ("ca", "ctl1", "nagios"):
        shown = subprocess.run(["openssl", "x509", "-in", pki.path(f"{name}.pem"), "-noout", "-text"], capture_output=True, text=True, check=True)  # fmt: skip
        assert f"Public Key Algorithm: {sort}" in shown.stdout


def test_modes_and_group_are_the_same_whatever_the_umask(pki: Pki) -> None:
    pki.folder.mkdir(mode=0o750)
    group = 4242 if os.geteuid() == 0 else os.getegid()
    os.chown(pki.folder, -1, group)
    umask = os.umask(0)
    try:
        pki.done("init")
        pki.done("server", "ctl1")
    finally:
        os.umask(umask)

    modes = {name: mode for name, (mode, _) in pki.files().items()}
    assert modes == {"ca.key": 0o600, "ca.pem": 0o644, "ctl1.key": 0o640, "ctl1.pem": 0o644}
    assert (pki.folder / "ctl1.key").stat().st_gid == group


def test_no_secret_is_printed_and_none_stands_on_a_command_line(pki: Pki, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[list[str]] = []
    real = subprocess.run

    def run(argv: list[str], **rest: object) -> object:
        lines.append(argv)
        return real(argv, **rest)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "run", run)
    printed = "".join(pki(*words).out for words in (("init",), ("server", "ctl1"), ("list",)))
    keys = [body.decode() for name, (_, body) in pki.files().items() if name.endswith(".key")]
    assert len(keys) == 2
    assert "PRIVATE" in keys[0]
    for secret in [line for key in keys for line in key.splitlines()]:
        assert secret not in printed
        assert not any(secret in word for line in lines for word in line)
    assert lines


def test_what_is_there_is_not_replaced(pki: Pki) -> None:
    pki.done("init")
    pki.done("server", "ctl1")
    before = pki.files()

    assert pki("init") == (3, "", f"hamon pki: {pki.path('ca.pem')} is there already: choose another folder (-d)\n")
    assert pki("client", "ctl1") == (
        3,
        "",
        f"hamon pki: {pki.path('ctl1.pem')} is there already: hamon pki renew ctl1\n",
    )
    assert pki.files() == before


def test_a_key_without_its_certificate_is_used(pki: Pki) -> None:
    pki.done("init")
    pki.done("server", "ctl1")
    key = pki.files()["ctl1.key"]
    (pki.folder / "ctl1.pem").unlink()

    pki.done("server", "ctl1")

    assert pki.files()["ctl1.key"] == key
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(pki.path("ctl1.pem"), pki.path("ctl1.key"))


@pytest.mark.parametrize("step", ["genpkey", "req", "x509"])
def test_what_openssl_leaves_behind_is_not_a_certificate(
    pki: Pki, tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It writes half of a file and fails."""
    pki.done("init")
    before = pki.files()
    fake = tmp_path / "bin" / "openssl"
    fake.parent.mkdir()
    fake.write_text(
        f'#!/bin/sh\nif [ "$1" = {step} ] && [ "$2" != -in ]; then\n  for word; do last=$out; out=$word; [ "$last" = -out ] && echo half > "$word"; done\n'
        '  echo "no space left" >&2; exit 1\nfi\nPATH=/usr/bin:/bin exec openssl "$@"\n'
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(fake.parent), prepend=os.pathsep)

    assert pki("server", "ctl1") == (3, "", f"hamon pki: openssl {step}: no space left\n")
    after = pki.files()
    assert {name for name in after if name != "ctl1.key"} == before.keys(), "only a whole key may be left"
    if step != "genpkey":
        subprocess.run(["openssl", "pkey", "-in", pki.path("ctl1.key"), "-noout", "-check"], check=True, capture_output=True, env={"PATH": "/usr/bin:/bin"})  # fmt: skip
    monkeypatch.undo()
    pki.done("server", "ctl1")
    assert verifies(pki, "ctl1", "sslserver")


def test_without_openssl_that_is_said(pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pki("init") == (3, "", "hamon pki: openssl is not on this machine: apt-get install openssl\n")
    assert pki.files() == {}


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("server", "ctl1"), "{} has no authority: hamon pki init"),
        (("renew", "ctl1"), "{}/ctl1.pem does not exist or cannot be read by this user"),
        (("server", "../ctl1"), "'../ctl1' cannot be a certificate's name: letters, digits and ._- may stand in one"),
        (("client", "ca"), "'ca' cannot be a certificate's name: letters, digits and ._- may stand in one"),
        (("server", "ctl1", "a,DNS:evil"), "'a,DNS:evil' is neither a host's name nor an address"),
        (("server", "ctl1", "a\nnsComment=x"), "'a\\nnsComment=x' is neither a host's name nor an address"),
        (("init", "--name", "x\n[v3]"), "--name: must be one line of plain text"),
        (("init", "--name", "$ENV::HOME"), "--name: must be one line of plain text"),
    ],
)
def test_a_call_that_is_wrong_is_refused_in_a_line(pki: Pki, words: tuple[str, ...], error: str) -> None:
    pki.folder.mkdir()
    assert pki(*words) == (3, "", f"hamon pki: {error.format(pki.folder)}\n")
    assert pki.files() == {}


def test_nothing_outlives_its_authority(pki: Pki) -> None:
    pki.done("init", "--days", "100")
    assert pki("server", "ctl1") == (
        3, "", f"hamon pki: the authority of {pki.folder} ends in 99 days, before this certificate would: --days 99\n",
    )  # fmt: skip
    pki.done("server", "ctl1", "--days", "99")


def test_list_says_until_when_and_exits_1_when_that_is_soon(pki: Pki) -> None:
    pki.done("init")
    pki.done("server", "ctl1", "10.20.0.11", "--days", "20")
    pki.done("client", "nagios")
    (pki.folder / "odd.pem").write_text("not one")

    def until(days: int) -> str:
        return datetime.fromtimestamp(time.time() + days * DAY, UTC).strftime("%Y-%m-%d")

    rows = [
        ("ca", "authority", until(3650), "3649 d 23 h", "-"),
        ("ctl1", "server", until(20), "19 d 23 h", "ctl1 10.20.0.11"),
        ("nagios", "client", until(800), "799 d 23 h", "-"),
        ("odd", "-", "-", "not a certificate", "-"),
    ]
    head = ("name", "for", "ends", "in", "names")
    assert pki("list") == (1, table(head, rows, whole=True) + "\n", "")
    (pki.folder / "odd.pem").unlink()
    assert pki("list") == (1, table(head, rows[:3], whole=True) + "\n", "")
    assert pki("list", "--within", "10") == (0, table(head, rows[:3], whole=True) + "\n", "")
    as_json = json.loads(pki("list", "--json", "--within", "10").out)
    assert [(row["name"], row["for"], row["names"]) for row in as_json] == [
        ("ca", "authority", []), ("ctl1", "server", ["ctl1", "10.20.0.11"]), ("nagios", "client", []),
    ]  # fmt: skip
    assert abs(as_json[1]["ends"] - time.time() - 20 * DAY) < 60


def test_a_renewal_keeps_key_use_and_names(pki: Pki) -> None:
    pki.done("init")
    pki.done("server", "ctl1", "10.20.0.11", "fd00::11", "--days", "20")
    pki.done("client", "nagios", "--days", "20")
    before, old = pki.files(), certificate(pki.path("ctl1.pem"))

    assert pki("renew", "ctl1", "nagios") == (0, f"{pki.path('ctl1.pem')}\n{pki.path('nagios.pem')}\n", "")

    after, new = pki.files(), certificate(pki.path("ctl1.pem"))
    assert new[:3] == old[:3]
    assert new.ends - old.ends > 700 * DAY
    assert {name for name in before if before[name] != after[name]} == {"ctl1.pem", "nagios.pem"}
    assert (verifies(pki, "ctl1", "sslserver"), verifies(pki, "nagios", "sslclient")) == (True, True)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(pki.path("ctl1.pem"), pki.path("ctl1.key"))


def test_what_was_signed_elsewhere_is_not_renewed(pki: Pki) -> None:
    pki.done("init")
    words = (
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "9",
        "-subj",
        "/CN=x",
    )
    subprocess.run(["openssl", "req", *words, "-keyout", pki.path("x.key"), "-out", pki.path("x.pem")], check=True, capture_output=True)  # fmt: skip
    before = pki.files()
    assert pki("renew", "x") == (
        3, "", f"hamon pki: {pki.path('x.pem')} is neither a server's certificate nor a client's: issue a new one\n",
    )  # fmt: skip
    assert pki.files() == before


def test_two_at_once_make_one(tmp_path: Path) -> None:
    """The second finds the place taken when it wants to put its file there."""
    made, place = tmp_path / "made", tmp_path / "ctl1.pem"
    made.write_text("second")
    place.write_text("first")
    with pytest.raises(UsageError) as caught:
        authority._placed(str(made), str(place))
    assert str(caught.value) == f"{place} was made by somebody else just now"
    assert place.read_text() == "first"


def test_other_printouts_are_not_certificates() -> None:
    with pytest.raises(ValueError, match="no dates"):
        described("unable to load certificate")
