"""What prepare.sh does to a machine, in namespaces where /usr/sbin is an empty directory of the test's own."""

import os
import subprocess
from pathlib import Path

import pytest

from hamon.lab import prerequisites
from tests.lab.conftest import needed

pytestmark = pytest.mark.lab
PREPARE = Path(prerequisites.__file__).with_name("prepare.sh")
SCRIPT = 'mount -t tmpfs none /usr/sbin && { bash "$0" packages "$1"; echo "exit $?"; ls /usr/sbin; }'


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def prepared(tmp_path: Path, packages: str, apt: str) -> "subprocess.CompletedProcess[str]":
    """`prepare.sh packages` where the lab lacks these packages and apt-get is that script; then what is in /usr/sbin."""
    needed(monitored=False)
    program(tmp_path / "bin" / "python", f"echo {packages}")
    program(tmp_path / "fakes" / "apt-get", apt)
    return subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", SCRIPT, str(PREPARE), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PATH": f"{tmp_path / 'fakes'}:{prerequisites.PATH}"},
    )


@pytest.mark.parametrize(
    ("packages", "apt", "reported"),
    [
        ("galera-4 rsync", "exit 0", ["exit 0"]),
        ("galera-4 rsync", "[ $1 = update ] || exit 100", ["exit 100"]),
        ("galera-4 rsync", "kill $PPID", ["exit 1"]),
        ("", "exit 100", ["exit 0"]),
    ],
)
def test_nothing_is_left_of_an_installation(tmp_path: Path, packages: str, apt: str, reported: list[str]) -> None:
    done = prepared(tmp_path, packages, apt)

    assert done.stdout.splitlines() == reported, done.stderr
    assert ("installing: galera-4 rsync" in done.stderr) is bool(packages)


def test_services_do_not_start_during_an_installation_of_what_is_missing(tmp_path: Path) -> None:
    apt = '[ -x /usr/sbin/policy-rc.d ] && echo "quietly $@" >&2'
    assert prepared(tmp_path, "galera-4 rsync", apt).stderr.splitlines() == [
        "installing: galera-4 rsync",
        "quietly update -qq",
        "quietly install -y -qq --no-install-recommends galera-4 rsync",
    ]


def test_a_list_of_packages_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    assert prepared(tmp_path, "; exit 4", "exit 0").stdout == "exit 4\n"
