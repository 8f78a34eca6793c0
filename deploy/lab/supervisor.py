"""The first processes of a lab: one brings the cloud up, holds it, and answers on the control socket; its end is the lab's end.
The other, process 1, only reaps.
"""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from hamon.errors import HamonError
from hamon.lab import bringup, poll
from hamon.lab.catalogue import failure_named, find, services
from hamon.lab.cloud import Cloud
from hamon.lab.commands import run
from hamon.lab.components.nagios import service as monitoring
from hamon.lab.errors import CommandError, LabError, unknown
from hamon.lab.host import management
from hamon.lab.host.hosts import Host
from hamon.lab.profiles import PROFILES
from hamon.lab.protocol import Message, Tell, receive, send
from hamon.lab.service import STATE
from hamon.lab.site import Site
from hamon.lab.steps import Truth

PULSE = 30.0
"""Seconds after which the work of a pulse is given up."""


class Supervisor:
    """The cloud plus who may do what to it when."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.broken: dict[str, float] = {}
        self.changing = threading.Lock()
        self.news: list[str] = []
        self.up = threading.Condition()
        self.outcome: HamonError | bool | None = None

    # coming up

    def bring_up(self) -> None:
        """Bring the cloud up, and report it to those that wait on the socket."""
        outcome: HamonError | bool = True
        begin = time.monotonic()
        try:
            bringup.bring_up(self.cloud, lambda text: self._tell(f"{time.monotonic() - begin:5.1f} s  {text}"))
        except HamonError as error:
            outcome = error
        except Exception as error:  # a bug of ours must be reported to those that wait, too
            traceback.print_exc()
            outcome = LabError(f"{type(error).__name__}: {error}")
        with self.up:
            self.outcome = outcome
            self.up.notify_all()

    def _tell(self, text: str) -> None:
        print(text, flush=True)
        with self.up:
            self.news.append(text)
            self.up.notify_all()

    def wait(self, _message: Message, tell: Tell) -> None:
        """Wait until the cloud is healthy; what was reported so far is repeated."""
        passed_on = 0
        outcome = None
        while outcome is None:
            with self.up:
                while len(self.news) == passed_on and self.outcome is None:
                    self.up.wait()
                news, outcome = self.news[passed_on:], self.outcome
            for text in news:
                tell(text)
            passed_on += len(news)
        if isinstance(outcome, HamonError):
            raise outcome

    # breaking and healing

    def break_(self, message: Message, tell: Tell) -> float:
        """Inject a failure and wait until it can be seen; seconds from the first step until it was seen."""
        failure = find(message["name"], self.cloud.site.profile)
        with self.changing:
            if failure.name in self.broken:
                raise LabError(f"{failure.name} is already there")
            begin = time.monotonic()
            if failure.heal:
                self.broken[failure.name] = time.time()
            for step in failure.inject:
                tell(step.text)
                step.do(self.cloud)
            self._await(failure.visible, failure.visible_within)
            tell(f"visible: {failure.visible.text}")
            return time.monotonic() - begin

    def heal(self, message: Message, tell: Tell) -> float:
        """Heal one failure or, last first, all of them; seconds until the cloud was healthy."""
        name = message.get("name")
        with self.changing:
            begin = time.monotonic()
            for failure in (
                [find(name, self.cloud.site.profile)]
                if name
                else [failure_named(broken) for broken in reversed(self.broken)]
            ):
                for step in failure.heal:
                    tell(step.text)
                    step.do(self.cloud)
                if set(self.broken) <= {failure.name}:
                    self._await(failure.healed, failure.healed_within)
                    tell(f"healed: {failure.healed.text}")
                self.broken.pop(failure.name, None)
            return time.monotonic() - begin

    def _await(self, truth: Truth, deadline: float) -> None:
        poll.until(lambda: truth.holds(self.cloud), truth.text, deadline)

    # looking

    def status(self, _message: Message, _tell: Tell) -> Message:
        """Hosts, services, the virtual addresses and the failures that are in force."""
        cloud = self.cloud
        hosts = cloud.site.profile.hosts
        return {
            "profile": cloud.site.profile.name,
            "dir": str(cloud.site.dir),
            "broken": dict(self.broken),
            "vips": [{**vip._asdict(), "holders": cloud.holders(vip)} for vip in cloud.site.profile.vips],
            "hosts": [{"name": host.name, "address": host.address, "power": cloud.powered(host)} for host in hosts],
            "services": [
                {
                    "host": host.name,
                    "name": service.name,
                    "alive": cloud.alive(host, service.name),
                    "serves": cloud.ready(host, service),
                }
                for host in hosts
                for service in cloud.services_of(host)
            ],
            "nagios": self._nagios(),
        }

    def _nagios(self) -> list[Message]:
        """Every service as Nagios sees it; empty while there is no Nagios."""
        try:
            return [service._asdict() for service in monitoring.status(self.cloud.site).services]
        except LabError:
            return []

    def exec(self, message: Message, connection: socket.socket, files: list[int]) -> int:
        """Run a command in a host on the caller's own stdin, stdout and stderr; its exit code.

        It is killed when the caller leaves.
        """
        argv = [*self.cloud.enter(self._host(message["host"])), *STATE, *message["argv"]]
        child = subprocess.Popen(argv, stdin=files[0], stdout=files[1], stderr=files[2], start_new_session=True)
        ended = os.pidfd_open(child.pid)
        try:
            ready, _, _ = select.select([ended, connection.fileno()], [], [])
            if ended not in ready:
                os.killpg(child.pid, signal.SIGKILL)
            return child.wait()
        finally:
            os.close(ended)

    def sample(self, message: Message, _tell: Tell) -> list[bool | None]:
        """Whether each passing state of a failure is so now. It waits for no change under way: that is what it looks at."""
        return [self._sampled(passing.truth) for passing in find(message["name"], self.cloud.site.profile).passing]

    def _sampled(self, truth: Truth) -> bool | None:
        try:
            return truth.holds(self.cloud)
        except (LabError, OSError):
            return None

    def pulse(self, message: Message, _tell: Tell) -> float:
        """Seconds a small piece of work takes in a host now; PULSE when it is not done by then."""
        prefix = self.cloud.enter(self._host(message["host"]))
        begin = time.monotonic()
        with contextlib.suppress(CommandError):
            run([*prefix, sys.executable, "-c", "import hamon.plugin"], PULSE)
        return min(time.monotonic() - begin, PULSE)

    def _host(self, name: str) -> Host:
        hosts = {host.name: host for host in self.cloud.site.profile.hosts}
        if name not in hosts:
            raise unknown("host", name, hosts)
        return hosts[name]

    def power(self, message: Message, _tell: Tell) -> bool:
        """The answer to a fence agent. It waits for no change under way: a failure waits for its fencing."""
        return management.power(self.cloud, message["action"], message["host"])

    # the socket

    def answer(self, connection: socket.socket) -> None:
        """Serve one client, from its request to its answer."""
        with connection:
            files: list[int] = []
            try:
                message, files = receive(connection)
                value: Any
                if message["do"] == "exec":
                    value = self.exec(message, connection, files)
                elif message["do"] == "down":
                    os._exit(0)
                else:
                    verbs = {
                        "wait": self.wait,
                        "break": self.break_,
                        "heal": self.heal,
                        "status": self.status,
                        "sample": self.sample,
                        "pulse": self.pulse,
                        "power": self.power,
                    }
                    value = verbs[message["do"]](message, lambda text: send(connection, {"say": text}))
                send(connection, {"value": value})
            except HamonError as error:
                send(connection, {"error": str(error), "kind": type(error).__name__})
            except OSError:
                traceback.print_exc()  # the client went away
            except Exception as error:  # a bug of ours: it must be reported to the client
                traceback.print_exc()
                send(connection, {"error": f"{type(error).__name__}: {error}", "kind": "LabError"})
            finally:
                for file in files:
                    os.close(file)

    def listen(self) -> None:
        """Serve clients, each in its own thread, for ever."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
            door.bind(str(self.cloud.site.control))
            door.listen()
            while True:
                connection, _ = door.accept()
                threading.Thread(target=self.answer, args=(connection,), daemon=True).start()


def end_with(pipe: int) -> None:
    """End the lab when the other end of this pipe is closed: the program that wanted the lab is gone."""
    os.read(pipe, 1)
    os._exit(0)


def reap_beside() -> None:
    """Go on as a child of this process, which from now on collects the dead, and ends with us.

    What runs in a host and loses its door (nsenter), killed for its time-out, say, is process 1's child. If nothing collects
    it, the host never loses its power: a process namespace ends with the last of its dead.
    """
    ours = os.fork()
    while ours:
        pid, status = os.waitpid(-1, 0)
        if pid == ours:
            os._exit(1 if status else 0)


def main(argv: list[str]) -> None:
    """`python -m hamon.lab.supervisor SPEC`, as the first process of the lab's namespaces."""
    spec = json.loads(argv[1])
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    reap_beside()
    if spec["tie"] is not None:
        threading.Thread(target=end_with, args=(spec["tie"],), daemon=True).start()
    os.umask(0o022)
    supervisor = Supervisor(Cloud(Site(Path(spec["dir"]), PROFILES[spec["profile"]]), services(spec["monitored"])))
    threading.Thread(target=supervisor.bring_up, daemon=True).start()
    supervisor.listen()


if __name__ == "__main__":
    main(sys.argv)
