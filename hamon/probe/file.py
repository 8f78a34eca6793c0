"""Small files and the process table."""

import os
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
    """A running process: pid, start time (epoch seconds), and what shows whether it is this host's own.

    ``network``: it runs in another network namespace than this check (Neutron's routers, a container with a network of its
    own); None when nothing shows in which. ``container``: it runs in a PID namespace below this one; a container may still
    share the host's network. Both are False in recordings that do not say. ``argv`` is its command line.
    """

    pid: int
    started: float
    network: bool | None = False
    container: bool = False
    argv: tuple[str, ...] = ()

    @property
    def own(self) -> bool | None:
        """Whether this is the host's own: neither in a container nor in another network namespace. None: not known."""
        return False if self.network or self.container else None if self.network is None else True


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
    """Running processes whose command name (``/proc/PID/comm``) is ``name``, oldest first.

    Those of containers and of other network namespaces are among them and marked: a name alone does not say whose daemon it
    is. UNKNOWN when there is none and /proc hides the processes of other users (``hidepid``).
    """

    name: str

    @property
    def key(self) -> str:
        """What recordings call it."""
        return f"processes {self.name}"

    def put(self, deadline: "Deadline") -> list[list[Any]]:  # noqa: ARG002  # local files do not hang for long
        """The plain answer."""
        return processes(self.name)

    def read(self, answer: Any) -> tuple[Process, ...]:
        """The answer typed."""
        # Older recordings have pid and start alone.
        return tuple(Process(int(pid), started, *marks[:2], *map(tuple, marks[2:])) for pid, started, *marks in answer)


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


def processes(name: str, proc: str = "/proc") -> list[list[Any]]:
    """The fields of ``Process`` of every process whose ``comm`` is ``name``, oldest first. Zombies do not count."""
    hertz = os.sysconf("SC_CLK_TCK")
    boot = _boot_time(proc)
    running: list[list[Any]] = []
    for entry in os.listdir(proc):
        if not entry.isdigit():
            continue
        stat = _stat(f"{proc}/{entry}/stat")
        comm, _, rest = stat.partition("(")[2].rpartition(")")
        fields = rest.split()
        if comm == name and fields and fields[0] not in ("Z", "X"):
            folder = f"{proc}/{entry}"
            argv = _stat(f"{folder}/cmdline").split("\0")[:-1]  # each ends with a NUL
            running.append([int(entry), boot + int(fields[19]) / hertz, _away(folder, proc), _contained(folder), argv])
    if not running and not _stat(f"{proc}/1/stat"):
        raise ProbeError(UNKNOWN, f"{proc} hides the processes of other users (hidepid): is {name} there?", "rights")
    return sorted(running, key=lambda process: (process[1], process[0]))


def _contained(folder: str) -> bool:
    """Whether a process is in a PID namespace below this one; everybody may read that."""
    line = next((row for row in _stat(f"{folder}/status").splitlines() if row.startswith("NSpid:")), "")
    return len(line.split()) > 2


def _away(folder: str, proc: str) -> bool | None:
    """Whether a process is in another network namespace than this one; None when nothing shows it.

    Root alone may read the namespace of another user's process. The kernel makes the files below ``net/`` once for each
    namespace, and every user may read their inode numbers.
    """
    for file in ("ns/net", "net/dev"):
        ours, theirs = _inode(f"{proc}/self/{file}"), _inode(f"{folder}/{file}")
        if ours and theirs:
            return ours != theirs
    return None


def _inode(path: str) -> int:
    """The inode number of a file of /proc; 0 when it may not be looked at."""
    try:
        return os.stat(path).st_ino
    except OSError:
        return 0


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
