"""A process that vanishes while one looks at it is gone, and no error."""

import os
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hamon.lab.host import processes

LAB = Path(processes.__file__).parents[1]


@pytest.fixture
def child() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(["sleep", "4711"]) as sleeping:
        yield sleeping
        sleeping.kill()


def end_after_listing(monkeypatch: pytest.MonkeyPatch, child: "subprocess.Popen[bytes]") -> None:
    """Whatever is listed next, the child ends right after it, before anything of it is read."""
    listing = processes.listed

    def listed(folder: str = "") -> list[int]:
        numbers = listing(folder)
        child.kill()
        child.wait()
        return numbers

    monkeypatch.setattr(processes, "listed", listed)


def test_what_is_seen_of_a_living_process(child: "subprocess.Popen[bytes]") -> None:
    stat = processes.stat(child.pid)

    assert stat is not None
    assert stat.parent == os.getpid()
    assert processes.name(child.pid) == "sleep"
    assert processes.command_line(child.pid) == ["sleep", "4711"]
    assert processes.started(child.pid) == stat.started > processes.started(1)
    assert child.pid in processes.children(os.getpid())
    assert child.pid in processes.descendants(os.getpid())
    assert processes.family(child.pid) == [child.pid]
    assert processes.alive(child.pid)


def test_one_that_ends_between_listing_and_reading_is_gone(
    monkeypatch: pytest.MonkeyPatch, child: "subprocess.Popen[bytes]"
) -> None:
    assert child.pid in processes.listed()
    end_after_listing(monkeypatch, child)

    assert child.pid not in processes.family(os.getpid())
    assert [pid for pid in processes.listed() if "4711" in processes.command_line(pid)] == []
    assert processes.stat(child.pid) is None
    assert not processes.alive(child.pid)
    assert (processes.name(child.pid), processes.started(child.pid)) == ("", 0.0)
    assert processes.command_line(child.pid) == []
    assert processes.children(child.pid) == processes.descendants(child.pid) == []
    assert processes.family(child.pid) == []
    processes.kill_at_once([child.pid])


def test_one_that_is_dead_and_not_collected_is_not_alive(child: "subprocess.Popen[bytes]") -> None:
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

    assert not processes.alive(child.pid)
    assert processes.stat(child.pid) is not None


def test_a_thread_that_ends_takes_no_other_thread_along(
    monkeypatch: pytest.MonkeyPatch, child: "subprocess.Popen[bytes]"
) -> None:
    """A program's children are listed by thread; one thread's end must not hide what another one started."""
    go = threading.Event()
    thread = threading.Thread(target=go.wait)
    thread.start()
    listing = processes.listed

    def listed(folder: str = "") -> list[int]:
        numbers = listing(folder)
        go.set()
        thread.join()
        assert thread.native_id in numbers
        return sorted(numbers, key=lambda number: number != thread.native_id)

    monkeypatch.setattr(processes, "listed", listed)
    assert child.pid in processes.children(os.getpid())


def test_nothing_else_of_the_lab_reads_proc() -> None:
    """Commands that run inside a host may; a stand-in writes its own name there, and the view closes the kernel's settings."""
    reading = re.compile(r"(Path|open|listdir)\(f?[\"']/proc")
    files = [*LAB.rglob("*.py"), *(Path(__file__).parent.glob("*.py"))]

    assert {path.name for path in files if reading.search(path.read_text())} == {
        "processes.py",
        "standin.py",
        "view.py",
    }
