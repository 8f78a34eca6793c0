"""Hosts with a kernel of their own: User-Mode Linux, for what no namespace has for itself (DRBD's kernel module).

The guest's root is this machine's, read only (hostfs); its own are the host's directory, /run, /dev and what its services
keep private. It is plugged into the lab's switches by packet sockets, which need no device and no rights beyond the lab's own
namespaces. One more line, the management line, leads to its agent (guestdoor.py) and cannot be cut.
"""

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from hamon.lab import poll
from hamon.lab.commands import run
from hamon.lab.errors import CommandError
from hamon.lab.host import network, processes
from hamon.lab.host.hosts import Host
from hamon.lab.host.machines import GOODBYE, Machine, Process, await_end, init, write_spec
from hamon.lab.inside import guestdoor, program
from hamon.lab.service import Modules
from hamon.lab.site import Site

BOOT = 40.0
"""Seconds until the agent must answer; two of them on an idle machine."""
MEMORY = "256M"
DISK = 64 << 20
"""Bytes."""
DEVICE = "/dev/loop0"
"""The guest's disk, a file that survives a power loss. Not by the guest's own block driver (ubd), which now and then misses
the end of an access and stands still until the next."""
LOOP = ("drivers/block/loop",)
PROGRAMS = {"linux.uml": "user-mode-linux", "insmod": "kmod", "taskset": "util-linux", "losetup": "mount"}
"""Program to the Debian package that brings it."""
PLAIN = ("/usr/bin/setpriv", "--no-new-privs")
"""In an ordinary user's lab the files of root are nobody's, and a set-user-id program (mount) would run as nobody."""
SEARCH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
"""The first process' environment."""
MODULES = "/usr/lib/uml/modules/{release}/kernel/{name}.ko"
"""Where the distribution keeps the guest kernel's modules."""


class Inner(Process):
    """A process in a guest; guestdoor.py is its door."""

    def __init__(self, door: "subprocess.Popen[bytes]", agent: str, name: str) -> None:
        super().__init__(door)
        self.agent = agent
        self.name = name

    def send(self, number: signal.Signals, alone: bool = False) -> None:
        """By the agent. CommandError if it does not answer."""
        try:
            guestdoor.ask(self.agent, signal=int(number), of=self.name, alone=alone)
        except OSError as error:
            raise CommandError(f"the agent at {self.agent} does not answer: {error}") from None

    def kill(self) -> None:
        """The door ends when the process has."""
        self.send(signal.SIGKILL)
        poll.until(lambda: not self.alive, f"the end of {self.name}", GOODBYE, interval=0.05)


class Guest(Machine):
    """A host as a User-Mode Linux guest."""

    def __init__(self, site: Site, host: Host, run: list[str], private: list[str], modules: Modules) -> None:
        number = site.profile.hosts.index(host) + 1
        self.agent = network.plug_in_guest(host, number)
        self.host = host
        self.doors: list[Process] = []
        directory = site.host_dir(host)
        disk = directory / "disk"
        spec = write_spec(
            site,
            host,
            run=run,
            private=private,
            before=[*_own_kernel(directory, disk, modules), *network.inside_guest(host, number, site.profile.prefix)],
            serve=program("guestagent.py", self.agent),
        )
        if not disk.exists():
            disk.touch()
            os.truncate(disk, DISK)
        console = (directory / "console").open("ab")
        with console:
            self.door = subprocess.Popen(
                _kernel(site, host, number, spec),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
            )
        try:
            poll.until(self._answers, f"{host.name} to boot; see {directory / 'console'}", BOOT)
        except BaseException:
            self.off()
            raise

    def _answers(self) -> bool:
        if not self.powered:
            raise CommandError("its kernel ended")
        try:
            guestdoor.connect(self.agent, 1.0).close()
        except OSError:
            return False
        return True

    @property
    def powered(self) -> bool:
        """Whether the kernel runs."""
        return self.door.poll() is None

    def off(self) -> None:
        """Kill the kernel, which is the first process of a namespace, and with it all that is the guest's."""
        processes.send(processes.children(self.door.pid), signal.SIGKILL)
        await_end([self.door], self.door, self.host.name)
        # nothing in there is left to say that these ended
        processes.send([inner.door.pid for inner in self.doors if inner.alive], signal.SIGKILL)
        network.unplug(self.host, network.guest_links(self.host))

    def enter(self, name: str = "") -> list[str]:
        """By the agent."""
        return program("guestdoor.py", self.agent, name)

    def start(self, name: str, argv: Sequence[str], stdin: IO[bytes] | int, output: IO[bytes]) -> Process:
        """By a door of its own."""
        door = subprocess.Popen(
            [*self.enter(name), *argv], stdin=stdin, stdout=output, stderr=output, start_new_session=True
        )
        self.doors = [inner for inner in self.doors if inner.alive] + [inner := Inner(door, self.agent, name)]
        return inner

    def inside(self, path: str) -> Path:
        """Always CommandError: no path leads into another kernel."""
        raise CommandError(f"{self.host.name} is a guest: {path} cannot be seen from outside it")

    def sockets(self) -> str:
        """By the agent."""
        return run([*self.enter(), "cat", "/proc/net/tcp"])


def _own_kernel(directory: Path, disk: Path, modules: Modules) -> list[list[str]]:
    """The commands, in order, that make a kernel that has just booted a host."""
    release = run(["linux.uml", "--version"]).strip()
    return [
        ["mount", "-t", "proc", "proc", "/proc"],
        ["mount", "-t", "sysfs", "sysfs", "/sys"],
        ["mount", "-t", "hostfs", "-o", str(directory), "hostfs", str(directory)],
        *(
            ["insmod", MODULES.format(release=release, name=name), *parameters]
            for name, *parameters in (LOOP, *modules)
        ),
        ["losetup", DEVICE, str(disk)],
    ]


def _kernel(site: Site, host: Host, number: int, spec: Path) -> list[str]:
    """The command line of the guest's kernel.

    Its memory is a file on a tmpfs of its own: /dev/shm is small in containers. It stays on one processor: a guest's every
    system call and page fault is a switch between two processes, and across processors that takes three times as long.
    """
    processors = sorted(os.sched_getaffinity(0))
    directory = site.host_dir(host)
    memory = directory / "memory"
    memory.mkdir(exist_ok=True)
    lines = [
        f"vec{link}:transport=raw,ifname={network.guest_end(host, link)},mac={network.mac(number, link)}"
        for link in network.guest_links(host)
    ]
    kernel = [
        *("linux.uml", f"mem={MEMORY}", *lines),
        *("root=/dev/root", "rootfstype=hostfs", "ro", "quiet", "panic=1", SEARCH),
        *("con=null", "con0=null,fd:1", "ssl=null", f"umid={host.name}", f"uml_dir={memory}/"),
        *(f"init={PLAIN[0]}", "--", *PLAIN[1:], *init(spec)),
    ]
    mounted = 'mount -t tmpfs tmpfs "$1" && TMPDIR=$1 && export TMPDIR && shift && exec "$@"'
    return [
        *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--"),
        *("sh", "-c", mounted, "boot", str(memory), "taskset", "--cpu-list", str(processors[number % len(processors)])),
        *kernel,
    ]
