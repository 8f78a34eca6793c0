"""What prepare.sh does to a machine, in namespaces where /usr/sbin is an empty directory of the test's own."""

import os
import pty
import select
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from hamon.lab import prerequisites
from tests.lab.conftest import needed

pytestmark = pytest.mark.lab
PREPARE = Path(prerequisites.__file__).with_name("prepare.sh")
SCRIPT = """
mount -t tmpfs none /usr/sbin && mount -t tmpfs none /run && mkdir -p /run/$BOOTED && {
  [ -z "$2" ] || echo "$2" > /usr/sbin/policy-rc.d
  bash "$0" packages "$1"
  echo "exit $?"
  ls /usr/sbin
}
"""
APT = """
case $* in
  *-s*) echo 'Inst chrony (4.3 Debian:12 [amd64])'; echo 'Inst libc6 [2.36] (2.37 Debian:12 [amd64])'
        [ -z "$GONE" ] || echo "Remv $GONE [252]" ;;
  *-d*) for word; do case $word in Dir::Cache::Archives=*) touch "${word#*=}"/chrony_4.3_amd64.deb ;; esac; done ;;
  *install*) echo "installed, policy: $(tail -n 1 /usr/sbin/policy-rc.d)" >&2 ;;
esac
"""
PACKED = (
    "./lib/systemd/system/chrony.service ./usr/lib/systemd/system/chrony-wait.socket ./lib/systemd/system/chrony@.service"
    " ./etc/init.d/chrony ./etc/init.d/ ./usr/share/doc/chrony.service"
)
NAMED = "with services, which are not started, nor at the next boot: chrony-wait.socket chrony.service"
INSTALLED = "installed, policy: exit 101"


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


class Machine(NamedTuple):
    """A machine whose lab lacks ``packages``, with programs of the test's own in front of the real ones."""

    folder: Path
    environment: dict[str, str]

    def argv(self, policy: str = "") -> list[str]:
        return [
            "unshare",
            "--user",
            "--map-root-user",
            "--mount-proc",
            "--pid",
            "--fork",
            "sh",
            "-c",
            SCRIPT,
            str(PREPARE),
            str(self.folder),
            policy,
        ]

    def prepared(self, policy: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
        """`prepare.sh packages`; then what is in /usr/sbin."""
        return subprocess.run(
            self.argv(policy),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            stdin=subprocess.DEVNULL,
            env={**self.environment, **environment},
        )

    @property
    def disabled(self) -> list[str]:
        path = self.folder / "disabled"
        return path.read_text().split() if path.exists() else []


def machine(folder: Path, packages: str, apt: str = APT, packed: str = PACKED) -> Machine:
    needed(monitored=False)
    fakes = folder / "fakes"
    program(folder / "bin" / "python", f"echo {packages}")
    program(fakes / "apt-get", apt)
    program(fakes / "dpkg-deb", "exit 0")
    program(fakes / "tar", f"printf '%s\\n' {packed}")
    program(fakes / "systemctl", f'[ "$1 $2" = "--root=/ disable" ] && echo "$3" >> {folder}/disabled')
    kept = {key: value for key, value in os.environ.items() if key != "HAMON_LAB_INSTALL"}
    return Machine(
        folder, {**kept, "BOOTED": "systemd/system", "PATH": f"{fakes}:{prerequisites.PATH}", "TMPDIR": str(folder)}
    )


@pytest.mark.parametrize(
    ("packages", "apt", "reported"),
    [
        ("galera-4 rsync", "exit 0", ["exit 0"]),
        ("galera-4 rsync", "[ $1 = update ] || exit 100", ["exit 100"]),
        ("galera-4 rsync", "case $* in *-s*|*-d*|update*) ;; *) exit 100 ;; esac", ["exit 100"]),
        ("galera-4 rsync", "kill $PPID", ["exit 1"]),
        ("galera-4 rsync", "case $* in *-s*|*-d*|update*) ;; *) kill $PPID ;; esac", ["exit 1"]),
        ("", "exit 100", ["exit 0"]),
    ],
)
def test_nothing_is_left_of_an_installation(tmp_path: Path, packages: str, apt: str, reported: list[str]) -> None:
    done = machine(tmp_path, packages, apt).prepared()

    assert done.stdout.splitlines() == reported, done.stderr
    assert ("installing: galera-4 rsync" in done.stderr) is bool(packages)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "disabled") == ["bin", "fakes"]


@pytest.mark.parametrize("apt", [APT, "case $* in *-s*|*-d*|update*) ;; *) kill $PPID ;; esac"])
def test_a_policy_of_the_machines_own_stays(tmp_path: Path, apt: str) -> None:
    done = machine(tmp_path, "chrony", apt).prepared(policy="# its own", HAMON_LAB_INSTALL="yes")
    assert done.stdout.splitlines()[1:] == ["policy-rc.d"]
    assert ("installed, policy: # its own" in done.stderr) is (apt == APT)


def test_packages_without_services_are_installed_quietly(tmp_path: Path) -> None:
    done = machine(tmp_path, "chrony", packed="./usr/bin/chronyc").prepared()
    assert (done.stdout, done.stderr.splitlines()) == ("exit 0\n", ["installing: chrony", INSTALLED])


def test_a_system_that_runs_no_services_is_not_asked_for(tmp_path: Path) -> None:
    """A container, whose process 1 is a shell: nothing that runs there is replaced, and nothing boots."""
    made = machine(tmp_path, "chrony")
    done = made.prepared(BOOTED="", GONE="systemd-timesyncd")
    named = ["installing: chrony", NAMED, "THESE PACKAGES WOULD BE REMOVED: systemd-timesyncd", INSTALLED]
    last = "removed: systemd-timesyncd; apt-get install brings them back, and takes away what replaced them"
    assert (done.stdout, done.stderr.splitlines()) == ("exit 0\n", [*named, last])
    assert made.disabled == ["chrony-wait.socket", "chrony.service"]


def test_services_are_named_and_wait_for_a_word(tmp_path: Path) -> None:
    made = machine(tmp_path, "chrony")
    done = made.prepared()
    refused = "nothing was installed: HAMON_LAB_INSTALL=yes agrees to that"
    assert (done.stdout, done.stderr.splitlines()) == ("exit 1\n", ["installing: chrony", NAMED, refused])
    assert made.disabled == []


def test_services_do_not_start_now_nor_at_the_next_boot(tmp_path: Path) -> None:
    made = machine(tmp_path, "chrony")
    done = made.prepared(HAMON_LAB_INSTALL="yes")
    assert (done.stdout, done.stderr.splitlines()) == ("exit 0\n", ["installing: chrony", NAMED, INSTALLED])
    assert made.disabled == ["chrony-wait.socket", "chrony.service"]


def test_a_time_daemon_that_would_go_is_named_and_waits_for_another_word(tmp_path: Path) -> None:
    made = machine(tmp_path, "chrony")
    gone = {"GONE": "systemd-timesyncd"}
    named = ["installing: chrony", NAMED, "THESE PACKAGES WOULD BE REMOVED: systemd-timesyncd"]
    for word in ("", "yes"):
        done = made.prepared(**gone, HAMON_LAB_INSTALL=word)
        refused = "nothing was installed: HAMON_LAB_INSTALL=replace agrees to that"
        assert (done.stdout, done.stderr.splitlines()) == ("exit 1\n", [*named, refused])
    done = made.prepared(**gone, HAMON_LAB_INSTALL="replace")
    last = "removed: systemd-timesyncd; apt-get install brings them back, and takes away what replaced them"
    assert (done.stdout, done.stderr.splitlines()) == ("exit 0\n", [*named, INSTALLED, last])


@pytest.mark.parametrize(("answer", "installed"), [("y", True), ("yes", True), ("n", False), ("", False)])
def test_a_person_at_a_terminal_is_asked(tmp_path: Path, answer: str, installed: bool) -> None:
    made = machine(tmp_path, "chrony")
    ours, theirs = pty.openpty()
    with subprocess.Popen(made.argv(), stdin=theirs, stdout=theirs, stderr=theirs, env=made.environment) as running:
        os.close(theirs)
        shown = seen_until(ours, "install them? [y/N] ")
        os.write(ours, f"{answer}\n".encode())
        shown += seen_until(ours, "exit ")
        os.close(ours)
        running.wait(30)
    assert NAMED in shown
    assert (INSTALLED in shown, "nothing was installed" in shown) == (installed, not installed)


def seen_until(terminal: int, text: str) -> str:
    """What a terminal shows until that text, or for 30 seconds."""
    shown, end = "", time.monotonic() + 30
    while text not in shown and time.monotonic() < end:
        if select.select([terminal], [], [], 1)[0]:
            shown += os.read(terminal, 65536).decode()
    assert text in shown
    return shown


def test_a_list_of_packages_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    assert machine(tmp_path, "; exit 4", "exit 0").prepared().stdout == "exit 4\n"
