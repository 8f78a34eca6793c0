"""Processes of the lab, found by descent and never by name."""

import contextlib
import os
import signal
from pathlib import Path

NAME = 15
"""Characters of a process's name that the kernel keeps."""


def name(pid: int) -> str:
    """The kernel's name of a process; empty once it is gone."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def started(pid: int) -> float:
    """When a process was started, in seconds since the machine was; 0 once it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return int(fields[19]) / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """Direct children of a process as this process namespace numbers them; empty once it is gone."""
    try:
        return [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:
        return []


def descendants(pid: int) -> list[int]:
    """All processes below `pid`, parents before children."""
    found: list[int] = []
    queue = children(pid)
    while queue:
        found += queue
        queue = [grandchild for child in queue for grandchild in children(child)]
    return found


def send(pids: list[int], number: signal.Signals) -> None:
    """Signal each; one that is already gone is no error."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def kill_at_once(pids: list[int]) -> None:
    """Kill (-9) without last words.

    All are stopped first: a child that is told of its parent's death by a signal (keepalived's) would otherwise tidy up
    before our SIGKILL reaches it.
    """
    send(pids, signal.SIGSTOP)
    send(pids, signal.SIGKILL)
