"""The way into a guest, without a guest: the agent runs on loopback; and what a guest is given about its links."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hamon.lab import poll
from hamon.lab.host import network, processes
from hamon.lab.inside import guestdoor
from hamon.lab.profiles import DRBD

ADDRESS = "127.0.0.77"
PROGRAMS = Path(guestdoor.__file__).parent


@pytest.fixture(scope="module")
def agent() -> Iterator[str]:
    argv = [sys.executable, "-I", "-S", str(PROGRAMS / "guestagent.py"), ADDRESS]
    with subprocess.Popen(argv) as running:

        def listens() -> bool:
            try:
                guestdoor.connect(ADDRESS, 1.0).close()
            except OSError:
                return False
            return True

        poll.until(listens, "the agent", 10)
        yield ADDRESS
        running.kill()


def door(agent: str, *argv: str, name: str = "") -> list[str]:
    return [sys.executable, "-I", "-S", str(PROGRAMS / "guestdoor.py"), agent, name, *argv]


def test_a_command_has_its_files_environment_and_exit_code(agent: str) -> None:
    script = 'read line; echo "said $line by $WHO"; echo oops >&2; exit 7'
    done = subprocess.run(
        door(agent, "sh", "-c", script),
        input="hello\n",
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "WHO": "me"},
        timeout=20,
    )

    assert (done.returncode, done.stdout, done.stderr) == (7, "said hello by me\n", "oops\n")


def test_large_output_and_no_stdin(agent: str) -> None:
    argv = door(agent, "sh", "-c", "cat; head -c 3000000 /dev/zero")
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=20)

    assert done.stdout == bytes(3_000_000)


def test_what_cannot_be_run_is_reported_as_by_a_shell(agent: str) -> None:
    done = subprocess.run(door(agent, "no-such-program"), capture_output=True, text=True, check=False, timeout=20)

    assert done.returncode == 127
    assert "no-such-program: No such file" in done.stderr


@pytest.mark.parametrize("by", ["the caller's death", "its name"])
def test_a_command_ends_with_its_children(agent: str, by: str, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    # the child ignores SIGTERM and would outlive its parent
    script = 'trap "" TERM; sleep 4711 & echo $$ $! >"$1.new"; mv "$1.new" "$1"; wait'
    with subprocess.Popen(door(agent, "sh", "-c", script, "sh", str(pids), name="daemon")) as caller:
        poll.until(pids.exists, "the command to start", 10)
        if by == "its name":
            assert guestdoor.ask(agent, signal=int(signal.SIGKILL), of="daemon", alone=False) == 0
            assert caller.wait(10) == 128 + signal.SIGKILL
        else:
            caller.kill()

        poll.until(
            lambda: not any(processes.alive(int(pid)) for pid in pids.read_text().split()), "its processes to end", 10
        )

    assert guestdoor.ask(agent, signal=int(signal.SIGTERM), of="daemon", alone=True) == 1, "nobody has that name now"


def test_a_guest_that_is_not_there() -> None:
    done = subprocess.run(door("127.0.0.78", "true"), capture_output=True, text=True, check=False, timeout=20)

    assert done.returncode == 255
    assert "127.0.0.78 does not answer" in done.stderr


def test_a_guest_names_its_links_and_has_a_management_line() -> None:
    commands = [" ".join(command) for command in network.inside_guest(DRBD.host("drbd2"), 2, 24)]

    assert "ip link set vec0 name eth0" in commands
    assert "ip address add 10.79.0.12/24 dev eth0" in commands
    assert "ip link set vec1 name manage" in commands
    assert network.mac(2, 0) != network.mac(1, 0) != network.mac(1, 1)
