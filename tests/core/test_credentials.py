"""Secrets come from files that are closed to others, or from the environment."""

import os
import subprocess
from pathlib import Path

import pytest

from hamon.checks.galera.node import CHECK
from hamon.credentials import Credentials, credentials, parse
from hamon.errors import UsageError
from hamon.execute import execute
from hamon.verdict import UNKNOWN


def written(tmp_path: Path, text: str, mode: int = 0o600) -> str:
    path = tmp_path / "c.cnf"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_a_client_section_with_every_sign_in_the_password(tmp_path: Path) -> None:
    path = written(tmp_path, "[client]\n# who\nuser = hamon\npassword = 'a#b%c=d'\nssl-ca=/x\n")
    assert credentials(path) == Credentials("hamon", "a#b%c=d")


def test_the_password_is_not_in_its_repr() -> None:
    assert repr(Credentials("u", "secret")) == "Credentials(user='u', password='***')"


def test_the_environment_when_there_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAMON_USER", "u")
    monkeypatch.setenv("HAMON_PASSWORD", "p")
    assert credentials(None) == Credentials("u", "p")
    monkeypatch.delenv("HAMON_USER")
    assert credentials(None, "fallback").user == "fallback"


@pytest.mark.parametrize(("mode", "shown"), [(0o644, "0644"), (0o604, "0604"), (0o602, "0602")])
def test_a_file_open_to_everybody_is_refused(tmp_path: Path, mode: int, shown: str) -> None:
    path = written(tmp_path, "[client]\npassword=x\n", mode)
    outcome = execute(CHECK, ["--credentials", path])
    assert (outcome.state, outcome.text) == (
        UNKNOWN,
        f"credentials file {path} is open to everybody (mode {shown}): chmod 640 or 600",
    )


def test_a_group_may_read_it(tmp_path: Path) -> None:
    assert credentials(written(tmp_path, "password=x", 0o640)).password == "x"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "credentials file F has neither 'user' nor 'password'"),
        ("[client]\nuser hamon\n", "credentials file F, line 2: expected 'user = ...' or 'password = ...'"),
    ],
)
def test_a_file_with_nothing_useful_is_named(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text, "F", "")
    assert str(caught.value) == message


def test_a_missing_file_a_folder_and_binary(tmp_path: Path) -> None:
    for path, message in (
        (str(tmp_path / "no"), f"credentials file {tmp_path}/no does not exist"),
        (str(tmp_path), f"credentials file {tmp_path} is not a regular file"),
    ):
        with pytest.raises(UsageError) as caught:
            credentials(path)
        assert str(caught.value) == message
    binary = tmp_path / "b"
    binary.write_bytes(b"password=\xff\xfe")
    binary.chmod(0o600)
    with pytest.raises(UsageError) as caught:
        credentials(str(binary))
    assert str(caught.value) == f"credentials file {binary} is not UTF-8 text"


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to become another user")
def test_a_file_of_another_user_is_said() -> None:
    import sys

    folder = Path(f"/var/tmp/hamon-credentials-{os.getpid()}")
    folder.mkdir(mode=0o755)
    path = folder / "c.cnf"
    path.write_text("password=x")
    path.chmod(0o600)
    try:
        code = (
            f"import os, sys; sys.path.insert(0, {os.getcwd()!r}); from hamon.credentials import credentials; os.setuid(65534)\n"
            f"try: credentials({str(path)!r})\nexcept Exception as e: print(e)"
        )
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert ran.stdout == f"credentials file {path}: permission denied for this user\n", ran.stderr
    finally:
        path.unlink()
        folder.rmdir()
