"""The running cloud as its supervisor holds it: hosts with power, daemons in them, files one can see into."""

import json
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, NamedTuple

from hamon.lab import network, poll, processes
from hamon.lab.commands import run
from hamon.lab.errors import CommandError, LabError, UsageError
from hamon.lab.hosts import Host, Vip
from hamon.lab.service import Service, as_ordinary_user
from hamon.lab.site import Site

GOODBYE = 10.0
"""Seconds a host or a daemon may take to end."""


class Running(NamedTuple):
    """A process we started inside a host: `nsenter` outside, the daemon below it."""

    door: subprocess.Popen[bytes]

    @property
    def pids(self) -> list[int]:
        """The daemon and its children, the daemon first."""
        return processes.descendants(self.door.pid)

    @property
    def alive(self) -> bool:
        """Whether it still runs (a stopped process does)."""
        return self.door.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Signal the daemon and its children. nsenter stops itself with its child, so it is woken with it, too."""
        processes.send(self.pids, number)
        if number == signal.SIGCONT:
            processes.send([self.door.pid], number)

    def kill(self) -> None:
        """Kill (-9) all of it; returns when it is gone. Raises NotYetError if it will not go."""
        processes.kill_at_once(self.pids)

        def gone() -> bool:
            # again until it is gone: nsenter may fall asleep just after it was woken
            processes.send([self.door.pid], signal.SIGCONT)
            return not self.alive

        poll.until(gone, f"the end of process {self.door.pid}", GOODBYE, interval=0.05)


class Cloud:
    """Everything that lives in one lab. Its methods may be called from several threads; changes are serialised by the
    supervisor.
    """

    def __init__(self, site: Site, services: tuple[Service, ...]) -> None:
        self.site = site
        self.services = services
        self.controllers: dict[str, str] = {}
        """How a host's management controller misbehaves, see management.py; the others work."""
        self._power: dict[str, int] = {}
        self._running: dict[tuple[str, str], Running] = {}
        self._lock = threading.Lock()

    @property
    def monitored(self) -> bool:
        """Whether Nagios and NRPE are part of it."""
        return any(service.role == "nagios" for service in self.services)

    # hosts

    def host(self, name: str) -> Host:
        """The host of that name."""
        return self.site.profile.host(name)

    def services_of(self, host: Host) -> list[Service]:
        """What belongs on that host."""
        return [service for service in self.services if service.role in host.roles]

    def power_on(self, host: Host) -> None:
        """Boot a host and plug it into the switch; nothing runs on it yet."""
        if self.powered(host):
            raise UsageError(f"{host.name} is already powered on")
        directory = self.site.host_dir(host)
        for name in ("etc", "log", "tmp", "dev"):
            (directory / name).mkdir(parents=True, exist_ok=True)
        services = self.services_of(host)
        spec = json.dumps(
            {
                "name": host.name,
                "dir": str(directory),
                "run": sorted({path for service in services for path in service.run}),
                "private": sorted({path for service in services for path in service.private}),
            }
        )
        spaces = ("--net", "--mount", "--ipc", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc")
        init = [sys.executable, "-I", "-S", str(Path(__file__).with_name("hostinit.py")), spec]
        with (directory / "console").open("ab") as console:
            door = subprocess.Popen(
                ["unshare", *spaces, *init], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=console
            )
        assert door.stdout is not None
        if door.stdout.readline() != b"ready\n":
            raise CommandError(f"{host.name} did not boot: {(directory / 'console').read_text().strip()}")
        pid = processes.children(door.pid)[0]
        network.plug_in(host, pid, self.site.profile.prefix)
        with self._lock:
            self._power[host.name] = pid
            self._running[host.name, "init"] = Running(door)

    def power_off(self, host: Host) -> None:
        """Pull the plug: the kernel ends every process of the host at once; its disk stays. One that is off stays off."""
        if self.powered(host):
            processes.send([self._pid(host)], signal.SIGKILL)
            self._running[host.name, "init"].door.wait(GOODBYE)

    def powered(self, host: Host) -> bool:
        """Whether the host's first process lives."""
        return self.alive(host, "init")

    def _pid(self, host: Host) -> int:
        if not self.powered(host):
            raise CommandError(f"{host.name} has no power")
        return self._power[host.name]

    def enter(self, host: Host) -> list[str]:
        """The command prefix that runs something in a host."""
        return ["nsenter", f"--target={self._pid(host)}", "--net", "--mount", "--ipc", "--uts", "--pid", "--"]

    def inside(self, host: Host, path: str) -> Path:
        """A path as that host sees it, reachable from here."""
        return Path(f"/proc/{self._pid(host)}/root{path}")

    def listens(self, host: Host, port: int) -> bool:
        """Whether somebody accepts TCP on that port of the host's address, by the host's own socket table."""
        table = Path(f"/proc/{self._pid(host)}/net/tcp").read_text().splitlines()[1:]
        # local_address is little-endian hexadecimal, 0A = LISTEN
        wanted = {socket.inet_aton(address)[::-1].hex().upper() for address in (host.address, "0.0.0.0")}
        sockets = (line.split() for line in table)
        return any(
            entry[3] == "0A" and entry[1].split(":")[0] in wanted and int(entry[1].split(":")[1], 16) == port
            for entry in sockets
        )

    def addresses(self, host: Host) -> set[str]:
        """All IPv4 addresses of a host; none if its power is off."""
        if not self.powered(host):
            return set()
        links = json.loads(run([*self.enter(host), "ip", "-json", "-4", "address"]))
        return {str(entry["local"]) for link in links for entry in link.get("addr_info", ())}

    def holders(self, vip: Vip) -> list[str]:
        """Names of the hosts on whose interfaces a virtual address really is: the kernel's word, not a daemon's."""
        return [host.name for host in self.site.profile.having(vip.role) if vip.address in self.addresses(host)]

    def whole(self) -> bool:
        """Every cluster is whole, every virtual address has one holder."""
        profile = self.site.profile
        try:
            return all(service.whole(self) for service in self.services if service.role in profile.roles) and all(
                len(self.holders(vip)) == 1 for vip in profile.vips
            )
        except (LabError, OSError):
            return False

    def healthy(self) -> bool:
        """Every service serves, and everything is whole."""
        hosts = self.site.profile.hosts
        return all(self.ready(host, service) for host in hosts for service in self.services_of(host)) and self.whole()

    # daemons and other processes

    def service(self, name: str) -> Service:
        """The service of that name."""
        return {service.name: service for service in self.services}[name]

    def start(self, host: Host, name: str, *extra: str) -> None:
        """Start a service's daemon with its files written anew; does not wait until it serves."""
        service = self.service(name)
        if self.alive(host, name):
            raise UsageError(f"{name} already runs on {host.name}")
        for path, text in service.files(self.site, host).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(0o755 if text.startswith("#!") else 0o600)
        argv = [*service.argv(self.site, host), *extra]
        self.spawn(host, name, as_ordinary_user(argv) if service.ordinary else argv)

    def spawn(self, host: Host, name: str, argv: list[str], stdin: IO[bytes] | None = None) -> None:
        """Start a process in a host and remember it under a name; its output goes to the host's log directory."""
        with (self.site.host_log(host) / f"{name}.out").open("ab") as output:
            door = subprocess.Popen(
                [*self.enter(host), *argv],
                stdin=stdin if stdin is not None else subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        with self._lock:
            self._running[host.name, name] = Running(door)

    def alive(self, host: Host, name: str) -> bool:
        """Whether that process runs."""
        running = self._running.get((host.name, name))
        return running is not None and running.alive

    def _present(self, host: Host, name: str) -> Running:
        running = self._running.get((host.name, name))
        if running is None or not running.alive:
            raise CommandError(f"{name} does not run on {host.name}")
        return running

    def pids(self, host: Host, name: str) -> list[int]:
        """A service's daemon and its children; CommandError if it does not run."""
        return self._present(host, name).pids

    def send(self, host: Host, name: str, number: signal.Signals) -> None:
        """Signal it and its children; CommandError if it does not run."""
        self._present(host, name).send(number)

    def kill(self, host: Host, name: str) -> None:
        """Kill (-9) the daemon and all its children; returns when they are gone."""
        self._present(host, name).kill()

    def stop(self, host: Host, name: str) -> None:
        """Ask it to leave (SIGTERM to the daemon alone) and wait until it has; kill -9 after the deadline."""
        running = self._present(host, name)
        processes.send(running.pids[:1], signal.SIGTERM)
        try:
            running.door.wait(GOODBYE)
        except subprocess.TimeoutExpired:
            running.kill()

    def ready(self, host: Host, service: Service) -> bool:
        """Whether the service serves."""
        try:
            return self.alive(host, service.name) and service.ready(self, host)
        except (LabError, OSError):
            return False

    def await_ready(self, host: Host, name: str, deadline: float) -> float:
        """Wait until the service serves; seconds it took. Raises NotYetError."""
        service = self.service(name)

        def holds() -> bool:
            if not self.alive(host, name):
                raise CommandError(f"it ended; see {self.site.host_log(host) / name}.out")
            return service.ready(self, host)

        return poll.until(holds, f"{name} on {host.name} to serve", deadline)
