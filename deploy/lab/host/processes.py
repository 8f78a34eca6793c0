"""Processes of the lab, found by descent and never by name: the one place that reads /proc.

A process may end between the moment its number was listed and the moment its files are read. Everything here takes one that
has vanished for gone: an empty answer, never an error. Standard library alone: guests run it by path.
"""

import contextlib
import os
import signal
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")
NAME = 15
"""Characters of a process's name that the kernel keeps."""


class Stat(NamedTuple):
    """What the kernel says of a process; `started` in seconds since the machine was."""

    state: str
    parent: int
    session: int
    started: float


def read(pid: int, file: str) -> str:
    """One of a process's files; empty once it is gone."""
    try:
        return (PROC / str(pid) / file).read_bytes().decode(errors="replace")
    except OSError:
        return ""


def listed(folder: str = "") -> list[int]:
    """The numbers in /proc, or in a folder below it, at this moment; none of a folder that is gone."""
    try:
        return [int(entry) for entry in os.listdir(PROC / folder) if entry.isdigit()]
    except OSError:
        return []


def stat(pid: int) -> Stat | None:
    """What the kernel reports of a process; None once it is gone."""
    fields = read(pid, "stat").rpartition(")")[2].split()
    if not fields:
        return None
    return Stat(fields[0], int(fields[1]), int(fields[3]), int(fields[19]) / os.sysconf("SC_CLK_TCK"))


def alive(pid: int) -> bool:
    """Whether the process is there and not a dead one that waits to be collected."""
    now = stat(pid)
    return now is not None and now.state != "Z"


def name(pid: int) -> str:
    """The kernel's name of a process; empty once it is gone."""
    return read(pid, "comm").strip()


def command_line(pid: int) -> list[str]:
    """Its arguments, the program first; empty once it is gone."""
    return read(pid, "cmdline").split("\0")[:-1]


def started(pid: int) -> float:
    """When a process was started, in seconds since the machine was; 0 once it is gone."""
    now = stat(pid)
    return now.started if now else 0.0


def root(pid: int) -> Path:
    """The root directory as that process sees it, reachable from here."""
    return PROC / str(pid) / "root"


def children(pid: int) -> list[int]:
    """Direct children of a process as this process namespace numbers them; empty once it is gone."""
    return [int(child) for task in listed(f"{pid}/task") for child in read(pid, f"task/{task}/children").split()]


def descendants(pid: int) -> list[int]:
    """All processes below `pid`, parents before children."""
    below: list[int] = []
    queue = children(pid)
    while queue:
        below += queue
        queue = [grandchild for child in queue for grandchild in children(child)]
    return below


def family(pid: int) -> list[int]:
    """The process, all below it and all of its session: a daemon's children may outlive their parents."""
    stats = {each: now for each in listed() if (now := stat(each))}
    below = [pid]
    for each in below:
        below += [child for child, now in stats.items() if now.parent == each and child not in below]
    session = [each for each, now in stats.items() if now.session == pid and each not in below]
    return [each for each in below if each in stats] + session


def send(pids: list[int], number: int) -> None:
    """Signal each; one that is already gone is not an error."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def kill_at_once(pids: list[int]) -> None:
    """Kill (-9) without last words.

    All are stopped first: a child that gets a signal when its parent dies (keepalived's) would otherwise tidy up before our
    SIGKILL reaches it.
    """
    send(pids, signal.SIGSTOP)
    send(pids, signal.SIGKILL)
