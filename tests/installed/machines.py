"""Machines to install things on: this machine's Debian below an overlay, so that each has a disk, a network, a process table and a
name of its own, and nothing that happens there is left afterwards. Root only: packages have files of several users.
"""

import inspect
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from hamon.lab.inside.hostinit import reap_for_ever

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LIMIT = 180.0  # seconds: a machine whose files are not in memory reads a quarter of a million of them
# A machine's first process. Fresh are the folders that hold what was installed without packages, and the process that reaps.
BOOT = r"""
set -e
mount --make-rprivate /
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
cd "$1/root"
mount -t proc proc proc
mount --rbind /dev dev
for each in run tmp opt; do mount -t tmpfs -o mode=755 tmpfs "$each"; done
chmod 1777 tmp
rm -rf etc/hamon var/lib/hamon usr/local/bin
mkdir usr/local/bin
# what images leave out of packages, manual pages mostly
rm -f etc/dpkg/dpkg.cfg.d/*
hostname "$2"
ip link set lo up
echo ready
exec chroot . /usr/bin/python3 -I -S -c "$3"
"""
# As text: the machine does not see this checkout wherever that is.
REAP = f"import os, signal\n{inspect.getsource(reap_for_ever)}\nreap_for_ever()\n"


class Machine:
    """One running machine. ``disk`` is its root directory, reachable from here."""

    def __init__(self, name: str, where: Path) -> None:
        self.name = name
        spaces = ("--net", "--mount", "--ipc", "--uts", "--pid", "--fork", "--kill-child")
        self._door = subprocess.Popen(
            ["unshare", *spaces, "sh", "-c", BOOT, "boot", str(where), name, REAP], stdout=subprocess.PIPE, text=True
        )
        assert self._door.stdout
        with self._door.stdout as console:
            assert console.readline() == "ready\n"
        children = Path(f"/proc/{self._door.pid}/task/{self._door.pid}/children").read_text().split()
        self.pid = int(children[0])

    @property
    def disk(self) -> Path:
        return Path(f"/proc/{self.pid}/root")

    def run(self, script: str, **env: str) -> "subprocess.CompletedProcess[str]":
        """A script of bash, run there as root."""
        return subprocess.run(
            [*self.enter(), "bash", "-c", script], capture_output=True, text=True, check=False, timeout=LIMIT,
            env={"PATH": PATH, "HOME": "/root", "LC_ALL": "C.UTF-8", "TERM": "dumb", **env},
        )  # fmt: skip

    def ok(self, script: str, **env: str) -> str:
        """What a script prints that has to end with 0."""
        ran = self.run(script, **env)
        assert ran.returncode == 0, f"{self.name}: $ {script}\n{ran.stdout}{ran.stderr}"
        return ran.stdout

    def enter(self) -> Sequence[str]:
        spaces = ("--net", "--mount", "--ipc", "--uts", "--pid", "--root", "--wdns=/root")
        return ["nsenter", f"--target={self.pid}", *spaces, "--"]

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        file = self.disk / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def off(self) -> None:
        self._door.terminate()
        self._door.kill()
        self._door.wait()


@contextmanager
def machines(where: Path, *names: str) -> Iterator[list[Machine]]:
    """Running machines; skips where they cannot be made."""
    if os.geteuid() != 0:
        pytest.skip("installing packages takes root")
    made: list[Machine] = []
    try:
        for name in names:
            (where / name).mkdir()
            made.append(Machine(name, where / name))
        yield made
    finally:
        for machine in made:
            machine.off()
