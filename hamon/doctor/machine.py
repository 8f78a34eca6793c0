"""The one seam to this machine: files, users, processes, commands, names and handshakes. Tests put a fake in its place."""

import grp
import os
import socket
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from hamon import rights
from hamon.budget import SEARCH
from hamon.doctor.handshake import Handshake, Tls, shake
from hamon.errors import ProbeError
from hamon.probe.command import run_many
from hamon.probe.deadline import Deadline
from hamon.probe.file import Process, Processes
from hamon.rights import Account, Status

PROC = 5.0  # seconds; nothing there hangs


class Ran(NamedTuple):
    """How a command ended. ``rc`` None: it did not, and ``err`` says why. ``began`` and ``ended`` in epoch seconds."""

    rc: int | None
    out: str
    err: str
    began: float = 0.0
    ended: float = 0.0


class Machine(Protocol):
    """What the doctor asks of a machine."""

    def now(self) -> float: ...  # noqa: D102
    def user(self) -> int: ...  # noqa: D102
    def real(self, path: str) -> str: ...  # noqa: D102
    def read(self, path: str) -> str: ...  # noqa: D102
    def look(self, path: str) -> Status: ...  # noqa: D102
    def names(self, directory: str) -> list[str]: ...  # noqa: D102
    def account(self, name: str) -> Account | None: ...  # noqa: D102
    def group(self, gid: int) -> str: ...  # noqa: D102
    def run(self, commands: Mapping[str, Sequence[str]], seconds: float) -> Mapping[str, Ran]: ...  # noqa: D102
    def processes(self, name: str) -> tuple[Process, ...]: ...  # noqa: D102
    def environment(self, pid: int) -> Mapping[str, str] | None: ...  # noqa: D102
    def resolve(self, name: str) -> str: ...  # noqa: D102
    def shake(self, address: str, port: int, tls: Tls, seconds: float) -> Handshake: ...  # noqa: D102


class Here:
    """The machine that the doctor runs on. ``read``, ``look`` and ``names`` raise OSError."""

    def now(self) -> float:
        """Epoch seconds."""
        return time.time()

    def user(self) -> int:
        """The uid that the doctor runs as."""
        return os.geteuid()

    def real(self, path: str) -> str:
        """The path with its links resolved."""
        return os.path.realpath(path)

    def read(self, path: str) -> str:
        """The text of a file; undecodable bytes are replaced."""
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def look(self, path: str) -> Status:
        """The status of what is at a path."""
        return rights.look(path)

    def names(self, directory: str) -> list[str]:
        """What is in a directory, sorted."""
        return sorted(os.listdir(directory))

    def account(self, name: str) -> Account | None:
        """The user of that name or number."""
        return rights.account(name)

    def group(self, gid: int) -> str:
        """The name of a group, its number where it has none."""
        try:
            return grp.getgrgid(gid).gr_name
        except KeyError:
            return str(gid)

    def run(self, commands: Mapping[str, Sequence[str]], seconds: float) -> dict[str, Ran]:
        """Run commands at once, ``seconds`` for all of them together."""
        begin = time.time()
        made = {}
        for key, ended in run_many(commands, Deadline(seconds)).items():
            if isinstance(ended, ProbeError):
                made[key] = Ran(None, "", ended.text)
            else:
                rc, out, err, *times = ended
                made[key] = Ran(rc, out, err, *(begin + moment for moment in times))
        return made

    def processes(self, name: str) -> tuple[Process, ...]:
        """The processes whose program has this name, the oldest first; none where they cannot be seen."""
        question = Processes(name)
        try:
            return question.read(question.put(Deadline(PROC)))
        except ProbeError:
            return ()

    def environment(self, pid: int) -> dict[str, str] | None:
        """The environment that a process was started with; None when it may not be read."""
        try:
            pairs = self.read(f"/proc/{pid}/environ").split("\0")
        except OSError:
            return None
        return dict(pair.split("=", 1) for pair in pairs if "=" in pair)

    def resolve(self, name: str) -> str:
        """Why a name has no address; empty when it has one."""
        try:
            socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            return str(getattr(error, "strerror", None) or error)
        return ""

    def shake(self, address: str, port: int, tls: Tls, seconds: float) -> Handshake:
        """How far a TLS handshake gets there."""
        return shake(address, port, tls, seconds)


def findable(machine: Machine, user: Account, tool: str) -> str:
    """The path at which a plugin run by ``user`` finds ``tool``; empty when it finds none. A path is taken as it is."""
    places = [tool] if "/" in tool else [f"{directory}/{tool}" for directory in SEARCH.split(":")]
    for place in places:
        try:
            if rights.obstacle(user, machine.real(place), rights.EXECUTE, machine.look) is None:
                return place
        except OSError:
            continue
    return ""
