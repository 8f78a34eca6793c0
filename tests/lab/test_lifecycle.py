"""A lab leaves nothing behind, however it ends, and does not know of its neighbours."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hamon.errors import UsageError
from hamon.lab import Lab, poll, prerequisites
from hamon.lab.__main__ import main
from hamon.lab.host import processes
from tests.lab.conftest import needed

pytestmark = pytest.mark.lab
GONE = 10.0


def processes_of(lab: Lab) -> list[int]:
    """Every process that names the lab's directory on its command line, other than this one."""
    wanted = str(lab.site.dir)
    return [pid for pid in processes.listed() if wanted in processes.read(pid, "cmdline") and pid != os.getpid()]


def assert_nothing_left(lab: Lab) -> None:
    poll.until(lambda: not lab.site.dir.exists() and not processes_of(lab), "the lab to be gone", GONE)


def supervisor_of(lab: Lab) -> int:
    """The lab's process 1, as this machine numbers it."""
    assert lab._room is not None
    (supervisor,) = processes.children(lab._room.pid)
    return supervisor


def test_a_killed_supervisor_takes_its_lab_along_and_no_other(bare: Callable[..., Lab], cloud: Lab) -> None:
    lab = bare()
    lab.up(tied=True)
    assert processes_of(lab)

    os.kill(supervisor_of(lab), signal.SIGKILL)

    assert_nothing_left(lab)
    assert cloud.exec("ctl3", ["hostname"]).stdout == "ctl3\n"
    assert all(service["serves"] for service in cloud.status()["services"])
    with pytest.raises(UsageError, match="no lab is running"):
        lab.status()


def test_a_host_loses_power_whatever_is_stuck_in_it(cloud: Lab) -> None:
    """A process namespace ends when the last of its dead was collected; two kinds were not.

    What was frozen and woken leaves its nsenter stopped now and then, and who asked a frozen daemon in vain is killed and leaves
    a child.
    """

    def is_memcached_on_ctl3(pid: int) -> bool:
        words = processes.command_line(pid)
        return words[:1] == ["nsenter"] and "10.77.0.13" in words and any(word.endswith("memcached") for word in words)

    cloud.break_("memcached-frozen")
    cloud.heal("memcached-frozen")
    (door,) = filter(is_memcached_on_ctl3, processes.descendants(supervisor_of(cloud)))
    os.kill(door, signal.SIGSTOP)

    assert cloud.break_("host-power-loss") < GONE
    cloud.heal()


REBOOTS = """
import subprocess
import sys
from pathlib import Path
from hamon.lab.host import network
from hamon.lab.cloud import Cloud
from hamon.lab.commands import run
from hamon.lab.profiles import CLUSTER
from hamon.lab.site import Site

network.build_switches(CLUSTER)
cloud = Cloud(Site(Path(sys.argv[1]), CLUSTER), ())
host = CLUSTER.host("pcm3")
for _ in range(5):
    cloud.power_on(host)
    assert {host.address, *host.links} <= cloud.addresses(host)
    outlives = subprocess.Popen([*cloud.enter(host)[:3], "sh", "-c", "echo in; exec sleep 60"], stdout=subprocess.PIPE)
    assert outlives.stdout.readline() == b"in\\n"
    cloud.power_off(host)
    cloud.power_off(host)
    assert "pcm3" not in run(["ip", "-brief", "link"])
print("rebooted")
"""


def test_a_host_boots_the_moment_after_it_lost_its_power(tmp_path: Path) -> None:
    """The kernel takes a dead host's cables away with the last that has a foot in its network: an nsenter that has not
    noticed yet (seen: "File exists").
    """
    needed(monitored=False)
    done = subprocess.run(
        ["unshare", *prerequisites.NAMESPACES, sys.executable, "-c", REBOOTS, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PATH": prerequisites.PATH},
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "rebooted\n", "")


def test_a_lab_ends_with_the_program_that_wanted_it(bare: Callable[..., Lab], tmp_path: Path) -> None:
    lab = bare(dir=tmp_path / "lab")
    program = f"from hamon.lab import Lab\nwith Lab(dir={str(lab.site.dir)!r}, monitored=False): input()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE) as wanting:
        poll.until(lambda: lab.running, "the lab's socket", 30)
        wanting.kill()
        assert wanting.stdin is not None

    assert_nothing_left(lab)


def test_the_command_line(bare: Callable[..., Lab], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    where = ["--dir", str(tmp_path / "lab")]
    lab = bare(dir=tmp_path / "lab")
    # in a process of its own, which leaves the lab running
    scratch = tmp_path / "scratch"  # which daemons in the lab cannot write to
    scratch.mkdir()
    argv = [sys.executable, "-m", "hamon.lab", "up", "--bare", *where]
    subprocess.run(argv, check=True, env={**os.environ, "TMPDIR": str(scratch)})
    assert main(["up", "--bare", *where]) == 3
    assert "already running" in capfd.readouterr().err

    assert main(["exec", *where, "ctl2", "--", "sh", "-c", "hostname; exit 7"]) == 7
    assert capfd.readouterr().out == "ctl2\n"
    assert main(["exec", *where, "ctl9", "--", "true"]) == 3
    assert "unknown host 'ctl9'; did you mean ctl" in capfd.readouterr().err

    assert main(["break", *where, "galera-splitbrain"]) == 3
    assert "did you mean galera-split-brain?" in capfd.readouterr().err
    assert main(["break", *where, "haproxy-maint"]) == 0
    assert main(["status", *where]) == 1
    assert "broken: haproxy-maint" in capfd.readouterr().out
    assert main(["heal", *where]) == 0
    assert main(["status", *where]) == 0
    assert main(["down", *where]) == 0
    assert_nothing_left(lab)
    assert main(["down", *where]) == 0


def test_a_foreign_directory_is_never_touched(bare: Callable[..., Lab], tmp_path: Path) -> None:
    (tmp_path / "precious").touch()

    with pytest.raises(UsageError, match="not empty and no lab's"):
        bare(dir=tmp_path).up(tied=True)

    assert (tmp_path / "precious").exists()


def test_unknown_profile() -> None:
    with pytest.raises(UsageError, match="unknown profile 'controler'; did you mean controller"):
        Lab(profile="controler")


def test_a_command_ends_with_its_caller(cloud: Lab) -> None:
    program = f"from hamon.lab import Lab\nLab(dir={str(cloud.site.dir)!r}).attach('mon', ['sleep', '4711'])"
    with subprocess.Popen([sys.executable, "-c", program]) as caller:

        def sleeping() -> bool:
            return cloud.exec("mon", ["pgrep", "-f", "^sleep 4711"]).returncode == 0

        poll.until(sleeping, "the command to start", 10)
        begin = time.monotonic()
        caller.kill()
        poll.until(lambda: not sleeping(), "the command to end with its caller", 10)
        assert time.monotonic() - begin < 10
