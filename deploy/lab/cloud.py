"""The running cloud as its supervisor holds it: hosts with power, daemons in them, files one can see into."""

import json
import signal
import socket
import subprocess
import threading
from pathlib import Path
from typing import IO

from hamon.lab import poll
from hamon.lab.commands import run
from hamon.lab.errors import CommandError, LabError
from hamon.lab.host import machines, processes
from hamon.lab.host.guests import Guest
from hamon.lab.host.hosts import Host, Vip
from hamon.lab.host.machines import Inner, Machine, Namespace, Process
from hamon.lab.inside import program
from hamon.lab.service import Service, as_ordinary_user
from hamon.lab.site import Site


class Cloud:
    """Everything that runs in one lab. Its methods may be called from several threads; changes are serialised by the
    supervisor.
    """

    def __init__(self, site: Site, services: tuple[Service, ...]) -> None:
        self.site = site
        self.services = services
        self.controllers: dict[str, str] = {}
        """How a host's management controller misbehaves, see management.py; the others work."""
        self._machines: dict[str, Machine] = {}
        self._running: dict[tuple[str, str], Process] = {}
        self._lock = threading.Lock()

    @property
    def monitored(self) -> bool:
        """Whether Nagios and NRPE are part of it."""
        return any(service.watcher for service in self.services)

    # hosts

    def host(self, name: str) -> Host:
        """The host of that name."""
        return self.site.profile.host(name)

    def services_of(self, host: Host) -> list[Service]:
        """The services that are started with that host."""
        return [service for service in self.services if service.role in host.roles and not service.floats]

    def power_on(self, host: Host) -> None:
        """Boot a host and plug it into the switch; nothing runs on it yet."""
        if self.powered(host):
            raise LabError(f"{host.name} is already powered on")
        services = [service for service in self.services if service.role in host.roles]
        run = sorted({path for service in services for path in service.run})
        private = sorted({path for service in services for path in service.private})
        modules = tuple(module for service in services for module in service.modules)
        machine = (
            Guest(self.site, host, run, private, modules) if host.guest else Namespace(self.site, host, run, private)
        )
        with self._lock:
            self._machines[host.name] = machine

    def power_off(self, host: Host) -> None:
        """Power it off: every process of the host ends at once; its disk stays. One that is off stays off."""
        if self.powered(host):
            self._machines[host.name].off()

    def powered(self, host: Host) -> bool:
        """Whether the host's first process, or its kernel, runs."""
        machine = self._machines.get(host.name)
        return machine is not None and machine.powered

    def _machine(self, host: Host) -> Machine:
        if not self.powered(host):
            raise CommandError(f"{host.name} has no power")
        return self._machines[host.name]

    def enter(self, host: Host, service: str = "") -> list[str]:
        """The command prefix that runs something in a host, or in the container of one of its services if it has one."""
        if service in self.site.profile.containers:
            return machines.entering(self._container(host, service))
        return self._machine(host).enter()

    def _container(self, host: Host, service: str) -> int:
        """The first process of a service's container: the child of the one that we started. CommandError without it."""
        started = self.pids(host, service)
        below = processes.children(started[0]) if started else []
        if not below:
            raise CommandError(f"the container of {service} on {host.name} is not running")
        return below[0]

    def ask(self, host: Host, *argv: str, timeout: float = 10.0) -> str:
        """The standard output of a command run in a host; CommandError on a non-zero exit or none in time."""
        return run([*self.enter(host), *argv], timeout)

    def inside(self, host: Host, path: str, service: str = "") -> Path:
        """A path as that host, or the container of a service there, sees it, reachable from here; CommandError for a guest's."""
        if service in self.site.profile.containers:
            return processes.root(self._container(host, service)) / path.lstrip("/")
        return self._machine(host).inside(path)

    def listens(self, host: Host, port: int) -> bool:
        """Whether a process accepts TCP on that port of the host's address, by the host's own socket table."""
        # local_address is little-endian hexadecimal, 0A = LISTEN
        wanted = {socket.inet_aton(address)[::-1].hex().upper() for address in (host.address, "0.0.0.0")}
        sockets = (line.split() for line in self._machine(host).sockets().splitlines()[1:])
        return any(
            entry[3] == "0A" and entry[1].split(":")[0] in wanted and int(entry[1].split(":")[1], 16) == port
            for entry in sockets
        )

    def addresses(self, host: Host) -> set[str]:
        """All IPv4 addresses of a host; none if its power is off."""
        if not self.powered(host):
            return set()
        links = json.loads(self.ask(host, "ip", "-json", "-4", "address"))
        return {str(entry["local"]) for link in links for entry in link.get("addr_info", ())}

    def holders(self, vip: Vip) -> list[str]:
        """Names of the hosts on whose interfaces a virtual address really is: by the kernel, not by a daemon."""
        return [host.name for host in self.site.profile.having(vip.role) if vip.address in self.addresses(host)]

    def whole(self) -> bool:
        """Whether every cluster is whole and every virtual address has one holder."""
        profile = self.site.profile
        try:
            return all(service.whole(self) for service in self.services if service.role in profile.roles) and all(
                len(self.holders(vip)) == 1 for vip in profile.vips
            )
        except (LabError, OSError):
            return False

    def healthy(self) -> bool:
        """Whether every service serves and everything is whole."""
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
            raise LabError(f"{name} already runs on {host.name}")
        self.write_files(host, name)
        argv = [*service.argv(self.site, host), *extra]
        argv = as_ordinary_user(argv) if service.ordinary else argv
        self.spawn(host, name, self._contained(host, service, argv))

    def _contained(self, host: Host, service: Service, argv: list[str]) -> list[str]:
        """The command line that runs another one in the service's container, if it has one."""
        container = self.site.profile.containers.get(service.name)
        if container is None:
            return argv
        volumes = {path: str(self.site.host_dir(host) / outside) for path, outside in container.volumes.items()}
        spec = {"name": container.name, "run": sorted(service.run), "volumes": volumes}
        return [*program("container.py", json.dumps(spec)), *argv]

    def write_files(self, host: Host, name: str) -> None:
        """Write a service's files anew, as `start` does."""
        for path, text in self.service(name).files(self.site, host).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(0o755 if text.startswith("#!") else 0o600)

    def spawn(self, host: Host, name: str, argv: list[str], stdin: IO[bytes] | None = None) -> None:
        """Start a process in a host and remember it under a name; its output goes to the host's log directory."""
        with (self.site.host_log(host) / f"{name}.out").open("ab") as output:
            running = self._machine(host).start(name, argv, subprocess.DEVNULL if stdin is None else stdin, output)
        with self._lock:
            self._running[host.name, name] = running

    def alive(self, host: Host, name: str) -> bool:
        """Whether that process runs."""
        running = self._running.get((host.name, name))
        return running is not None and running.alive

    def _present(self, host: Host, name: str) -> Process:
        running = self._running.get((host.name, name))
        if running is None or not running.alive:
            raise CommandError(f"{name} does not run on {host.name}")
        return running

    def pids(self, host: Host, name: str) -> list[int]:
        """A service's daemon and its children; CommandError if it does not run, or cannot be seen from here."""
        process = self._present(host, name)
        if not isinstance(process, Inner):
            raise CommandError(f"{host.name} is a guest: its processes cannot be seen from outside it")
        return process.pids

    def send(self, host: Host, name: str, number: signal.Signals) -> None:
        """Signal it and its children; CommandError if it does not run."""
        self._present(host, name).send(number)

    def kill(self, host: Host, name: str) -> None:
        """Kill (-9) the daemon and all its children; returns when they are gone."""
        self._present(host, name).kill()

    def stop(self, host: Host, name: str) -> None:
        """Ask it to exit (SIGTERM to the daemon alone) and wait until it has; kill -9 after the deadline."""
        self._present(host, name).stop()

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
