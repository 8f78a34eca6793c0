"""Small files and the process table."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from hamon.errors import ProbeError
from hamon.verdict import UNKNOWN

if TYPE_CHECKING:
    from hamon.probe.deadline import Deadline

MOST = 4 * 1024 * 1024  # bytes


class File(NamedTuple):
    """A file's text and its modification time (epoch seconds)."""

    text: str
    mtime: float


class Process(NamedTuple):
    """A running process: pid and start time (epoch seconds)."""

    pid: int
    started: float


class ReadFile(NamedTuple):
    """A small text file, or None when it does not exist. No permission is UNKNOWN."""

    path: str

    @property
    def key(self) -> str:
        """What recordings call it."""
        return f"file {self.path}"

    def put(self, deadline: "Deadline") -> list[Any] | None:  # noqa: ARG002  # local files do not hang for long
        """The plain answer."""
        return read(self.path)

    def read(self, answer: Any) -> File | None:
        """The answer typed."""
        return None if answer is None else File(*answer)


class ReadFolder(NamedTuple):
    """The small text files in ``folder`` by name; empty when there is no such folder. No permission is UNKNOWN."""

    folder: str

    @property
    def key(self) -> str:
        """What recordings call it."""
        return f"files {self.folder}"

    def put(self, deadline: "Deadline") -> dict[str, list[Any]]:  # noqa: ARG002  # local files do not hang for long
        """The plain answer."""
        return read_all(self.folder)

    def read(self, answer: Any) -> dict[str, File]:
        """The answer typed."""
        return {name: File(*entry) for name, entry in answer.items()}


class Processes(NamedTuple):
    """Running processes whose command name (``/proc/PID/comm``) is ``name``, oldest first."""

    name: str

    @property
    def key(self) -> str:
        """What recordings call it."""
        return f"processes {self.name}"

    def put(self, deadline: "Deadline") -> list[list[float]]:  # noqa: ARG002  # local files do not hang for long
        """The plain answer."""
        return processes(self.name)

    def read(self, answer: Any) -> tuple[Process, ...]:
        """The answer typed."""
        return tuple(Process(int(pid), started) for pid, started in answer)


class Elsewhere(NamedTuple):
    """Those of ``pids`` that run in a container (a PID namespace below this one) or, where it may be read, in another network namespace."""

    pids: tuple[int, ...]

    @property
    def key(self) -> str:
        """What recordings call it."""
        return f"elsewhere {' '.join(map(str, self.pids))}"

    def put(self, deadline: "Deadline") -> list[int]:  # noqa: ARG002  # local files do not hang for long
        """The plain answer."""
        return elsewhere(self.pids)

    def read(self, answer: Any) -> frozenset[int]:
        """The answer typed."""
        return frozenset(map(int, answer))


def read(path: str) -> list[Any] | None:
    """``[text, mtime]``, or None when there is no such file. Raises ProbeError (UNKNOWN) when it may not be read."""
    try:
        with open(path, "rb") as file:
            return [file.read(MOST).decode("utf-8", "backslashreplace"), os.fstat(file.fileno()).st_mtime]
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as error:
        raise ProbeError(UNKNOWN, f"{path}: permission denied for this user", "rights") from error
    except OSError as error:
        raise ProbeError(UNKNOWN, f"{path}: {error.strerror}", "rights") from error


def read_all(folder: str) -> dict[str, list[Any]]:
    """Every file in ``folder`` as ``read`` gives it, by name; empty without such a folder. Dot files are not complete yet."""
    try:
        names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except PermissionError as error:
        raise ProbeError(UNKNOWN, f"{folder}: permission denied for this user", "rights") from error
    return {name: entry for name in names if (entry := read(f"{folder}/{name}")) is not None}


def processes(name: str, proc: str = "/proc") -> list[list[float]]:
    """``[pid, start time]`` of every process whose ``comm`` is ``name``, oldest first. Zombies do not count."""
    hertz = os.sysconf("SC_CLK_TCK")
    boot = _boot_time(proc)
    running = []
    for entry in os.listdir(proc):
        if not entry.isdigit():
            continue
        stat = _stat(f"{proc}/{entry}/stat")
        comm, _, rest = stat.partition("(")[2].rpartition(")")
        fields = rest.split()
        if comm == name and fields and fields[0] not in ("Z", "X"):
            running.append([int(entry), boot + int(fields[19]) / hertz])
    return sorted(running, key=lambda one: (one[1], one[0]))


def elsewhere(pids: Iterable[int], proc: str = "/proc") -> list[int]:
    """Those of ``pids`` in a PID namespace below this one or in another network namespace; not those that ended meanwhile.

    ``NSpid`` may be read by everybody, the network namespace of other users' processes by root only.
    """
    ours = _network(f"{proc}/self")
    away = []
    for pid in pids:
        line = next((row for row in _stat(f"{proc}/{pid}/status").splitlines() if row.startswith("NSpid:")), "")
        network = _network(f"{proc}/{pid}")
        if len(line.split()) > 2 or (network and ours and network != ours):
            away.append(pid)
    return away


def _network(folder: str) -> str:
    """The network namespace of a process, ``net:[4026531840]``; empty when it may not be read."""
    try:
        return os.readlink(f"{folder}/ns/net")
    except OSError:
        return ""


def _stat(path: str) -> str:
    """A file about one process, empty when it ended while we looked. Without a file object: there are hundreds to read."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return ""
    try:
        return os.read(handle, 4096).decode("utf-8", "replace")
    except OSError:
        return ""
    finally:
        os.close(handle)


def _boot_time(proc: str) -> float:
    with open(f"{proc}/stat") as file:
        for line in file:
            if line.startswith("btime "):
                return float(line.split()[1])
    raise ProbeError(UNKNOWN, f"{proc}/stat has no btime line", "tool")
