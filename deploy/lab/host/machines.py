"""What a host is made of: power, a way in, processes. Two kinds: namespaces of this kernel (here) and guests with a kernel
of their own (guests.py).
"""

import json
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from hamon.lab import poll
from hamon.lab.errors import CommandError, NotYetError
from hamon.lab.host import network, processes
from hamon.lab.host.hosts import Host
from hamon.lab.inside import program
from hamon.lab.site import Site

GOODBYE = 10.0
"""Seconds a host or a daemon may take to end."""


class Process(ABC):
    """A process we started in a machine, by the one that stands for it out here, its door."""

    def __init__(self, door: subprocess.Popen[bytes]) -> None:
        self.door = door

    @property
    def alive(self) -> bool:
        """Whether it still runs (a stopped process does)."""
        return self.door.poll() is None

    @abstractmethod
    def send(self, number: signal.Signals, alone: bool = False) -> None:
        """Signal the process and its children, or the process alone."""

    @abstractmethod
    def kill(self) -> None:
        """Kill (-9) all of it; returns when it is gone. Raises NotYetError if it will not go."""

    def stop(self) -> None:
        """Ask it to exit (SIGTERM to the process alone) and wait until it has; kill -9 after the deadline."""
        self.send(signal.SIGTERM, alone=True)
        try:
            await_end([self.door], self.door, f"process {self.door.pid}")
        except NotYetError:
            self.kill()


def await_end(doors: Sequence[subprocess.Popen[bytes]], of: subprocess.Popen[bytes], what: str) -> None:
    """Wait until a process is gone, with these doors kept awake; NotYetError after the deadline.

    A door (nsenter) stops itself when its process is stopped, and may fall asleep once more just after both were woken. One
    that sleeps collects no child that has died, and a process namespace does not end before the last of it is collected.
    """

    def gone() -> bool:
        processes.send([door.pid for door in doors if door.poll() is None], signal.SIGCONT)
        return of.poll() is not None

    poll.until(gone, f"the end of {what}", GOODBYE, interval=0.05)


class Machine(ABC):
    """One host with power on, from its making until `off`. Raises CommandError when it does not boot."""

    @property
    @abstractmethod
    def powered(self) -> bool:
        """Whether its first process, or its kernel, runs."""

    @abstractmethod
    def off(self) -> None:
        """Power it off: every process of the host ends at once; its disk stays."""

    @abstractmethod
    def enter(self) -> list[str]:
        """The command prefix that runs something in it, on the caller's own open files and with its environment."""

    @abstractmethod
    def start(self, name: str, argv: Sequence[str], stdin: IO[bytes] | int, output: IO[bytes]) -> Process:
        """Start a process in it that goes on by itself."""

    @abstractmethod
    def inside(self, path: str) -> Path:
        """A path as the machine sees it, reachable from here. CommandError where there is no such way."""

    @abstractmethod
    def sockets(self) -> str:
        """Its table of TCP sockets, /proc/net/tcp."""


def write_spec(site: Site, host: Host, **spec: Any) -> Path:
    """Write what hostinit.py has to know into a file, and make the directories of the host's disk."""
    directory = site.host_dir(host)
    for name in ("etc", "log", "tmp", "dev"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    path = directory / "boot.json"
    path.write_text(json.dumps({"name": host.hostname, "dir": str(directory), **spec}))
    return path


def init(spec: Path) -> list[str]:
    """The command line of a host's first process."""
    return program("hostinit.py", str(spec))


class Inner(Process):
    """A process in a namespace: `nsenter` is its door, the process is below it."""

    @property
    def pids(self) -> list[int]:
        """The process and its children, the process first."""
        return processes.descendants(self.door.pid)

    def send(self, number: signal.Signals, alone: bool = False) -> None:
        """The door (nsenter) stops itself with its child, so it is woken with it, too."""
        processes.send(self.pids[:1] if alone else self.pids, number)
        if number == signal.SIGCONT:
            processes.send([self.door.pid], number)

    def kill(self) -> None:
        """All are stopped before they are killed, see processes.py."""
        processes.kill_at_once(self.pids)
        await_end([self.door], self.door, f"process {self.door.pid}")


def entering(pid: int) -> list[str]:
    """The command prefix that runs something in the namespaces of a process."""
    return ["nsenter", f"--target={pid}", "--net", "--mount", "--ipc", "--uts", "--pid", "--"]


class Namespace(Machine):
    """A host as nested namespaces. Boots in milliseconds; its kernel is this one."""

    def __init__(self, site: Site, host: Host, run: list[str], private: list[str]) -> None:
        spec = write_spec(site, host, run=run, private=private)
        console = site.host_dir(host) / "console"
        spaces = ("--net", "--mount", "--ipc", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc")
        with console.open("ab") as words:
            door = subprocess.Popen(
                ["unshare", *spaces, *init(spec)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=words
            )
        assert door.stdout is not None
        ready = door.stdout.readline() == b"ready\n"
        first = processes.children(door.pid)
        if not ready or not first:
            raise CommandError(f"{host.name} did not boot: {console.read_text().strip()}")
        self.door = door
        self.host = host
        self._doors: list[subprocess.Popen[bytes]] = []
        self.pid = first[0]
        network.plug_in(host, self.pid, site.profile.prefix)

    @property
    def powered(self) -> bool:
        """Whether process 1 runs."""
        return self.door.poll() is None

    def off(self) -> None:
        """The kernel ends every process of the host with its first."""
        processes.send([self.pid], signal.SIGKILL)
        await_end([*self._doors, self.door], self.door, self.host.name)
        network.unplug(self.host, network.links_of(self.host))

    def enter(self) -> list[str]:
        """By nsenter."""
        return entering(self.pid)

    def start(self, name: str, argv: Sequence[str], stdin: IO[bytes] | int, output: IO[bytes]) -> Process:  # noqa: ARG002
        """Below an nsenter of its own."""
        door = subprocess.Popen(
            [*self.enter(), *argv], stdin=stdin, stdout=output, stderr=output, start_new_session=True
        )
        self._doors = [*(other for other in self._doors if other.poll() is None), door]
        return Inner(door)

    def inside(self, path: str) -> Path:
        """By way of /proc."""
        return processes.root(self.pid) / path.lstrip("/")

    def sockets(self) -> str:
        """Of its first process; empty once that is gone."""
        return processes.read(self.pid, "net/tcp")
