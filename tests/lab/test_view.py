"""A lab that root starts can change nothing of the machine: not by mistake, and not by lifting its own view."""

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from hamon.lab import Lab
from hamon.lab.host import processes
from hamon.lab.inside import program
from tests.lab.conftest import needed

pytestmark = pytest.mark.lab
OWN = ("tmpfs", "proc", "devpts", "mqueue")
"""File systems that are made for a lab, or belong to a host's own namespaces."""
TRY = """
for place in / /etc /usr /var/lib /root /sys; do
  touch "$place/by-mistake" 2>/dev/null && echo "$place was written"
  mount -o remount,bind,rw "$place" 2>/dev/null && echo "$place is writable again"
done
for setting in /proc/sys/kernel/domainname /proc/sys/vm/swappiness /proc/sysrq-trigger; do
  (: >> "$setting") 2>/dev/null && echo "$setting can be written"
done
echo here > /tmp/mine && echo here > /var/tmp/mine && echo x > /dev/null && cat /tmp/mine /var/tmp/mine
"""


class Mount(NamedTuple):
    """A line of /proc/self/mountinfo."""

    place: str
    root: str
    kind: str
    writable: bool


def mounts(text: str) -> list[Mount]:
    made = []
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        words = before.split()
        made.append(Mount(words[4], words[3], after.split()[0], "rw" in words[5].split(",")))
    return made


def foreign(text: str, directory: Path) -> list[Mount]:
    """What can be written and is neither the lab's own nor in its directory. A character device is a file that is not changed."""
    return [
        each
        for each in mounts(text)
        if each.writable
        and each.kind not in OWN
        and str(directory) not in each.root
        and not each.place.startswith("/dev/")
    ]


def place_on(file_system: Path) -> str:
    """The path of a directory as its file system calls it, which is what mountinfo has."""
    shown = subprocess.run(
        ["stat", "-c", "%m", str(file_system)], capture_output=True, text=True, check=True
    ).stdout.strip()
    return str(file_system) if shown == "/" else f"/{file_system.relative_to(shown)}"


@pytest.mark.parametrize("host", ["ctl1", "mon"])
def test_a_host_can_write_to_what_is_the_labs_alone(cloud: Lab, host: str) -> None:
    ran = cloud.exec(host, ["sh", "-c", TRY])
    assert (ran.stdout, ran.stderr) == ("here\nhere\n", "")
    assert not Path("/tmp/mine").exists()
    info = cloud.exec(host, ["cat", "/proc/self/mountinfo"]).stdout
    assert len(mounts(info)) > 10
    assert foreign(info, Path(place_on(cloud.site.dir))) == []


def test_the_lab_itself_is_in_that_view(cloud: Lab) -> None:
    """Its supervisor, and what it starts outside of the hosts."""
    room = cloud._room
    assert room is not None
    info = processes.read(room.pid, "mountinfo")
    assert foreign(info, Path(place_on(cloud.site.dir))) == []
    assert {each.place for each in mounts(info) if each.writable} >= {str(cloud.site.dir), "/tmp", "/proc"}


def test_the_programs_of_the_machine_are_seen(cloud: Lab, tmp_path: Path) -> None:
    (tmp_path / "seen").write_text("by the lab")
    if (
        tmp_path.parts[1] != "tmp"
        or (Path("/tmp") / tmp_path.parts[2]).stat().st_ctime > cloud.site.log.stat().st_ctime
    ):
        pytest.skip("the directory of the tests is younger than the lab")
    assert cloud.exec("ctl1", ["cat", str(tmp_path / "seen")]).stdout == "by the lab"


def test_a_view_alone(tmp_path: Path) -> None:
    needed(monitored=False)
    directory = tmp_path / "lab"
    directory.mkdir()
    words = 'touch "$1/mine"; touch "$1/../not-mine" 2>/dev/null || echo refused; ls /dev; [ -e "$1/../elsewhere" ] && echo seen'
    (tmp_path / "elsewhere").touch()
    space = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--mount-proc"]
    argv = [*space, *program("view.py", str(directory), "sh", "-c", words, "sh", str(directory))]
    ran = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)
    devices = ["fd", "full", "null", "random", "shm", "stderr", "stdin", "stdout", "tty", "urandom", "zero"]
    assert (ran.stdout.split(), ran.stderr) == (["refused", *devices, "seen"], "")
    assert sorted(os.listdir(directory)) == ["dev", "mine"]
    assert sorted(os.listdir(tmp_path)) == ["elsewhere", "lab"]


VANISHES = """
import os, sys
sys.path.insert(0, sys.argv[1])
import view
opened = os.open
def gone_at_once(path, flags, **more):
    if path == "/tmp/seen-too-late":
        os.rmdir(path)
    handle = opened(path, flags, **more)
    if path == "/tmp/seen-in-time":
        os.rmdir(path)
    return handle
os.open = gone_at_once
view.SCRATCH = ("/tmp",)
view.mount("-t", "tmpfs", "tmpfs", "/tmp")
for name in ("stays", "seen-in-time", "seen-too-late"):
    os.mkdir(f"/tmp/{name}")
view.private_tmp()
print(*sorted(os.listdir("/tmp")))
"""


def test_a_directory_that_vanishes_meanwhile_is_not_in_the_view() -> None:
    """Other programs of the machine make and remove theirs in /tmp all the time."""
    inside = Path(program("view.py")[-1]).parent
    argv = ["unshare", "--user", "--map-root-user", "--mount", "python3", "-c", VANISHES, str(inside)]
    ran = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr, ran.returncode) == ("stays\n", "", 0)
