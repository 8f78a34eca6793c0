"""Commands: run one or many at once, each with its own process group, killed as a group at the deadline."""

import errno
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from hamon.budget import SEARCH, end_all, lifted
from hamon.errors import ProbeError
from hamon.verdict import CRITICAL, UNKNOWN

if TYPE_CHECKING:
    from hamon.probe.deadline import Deadline

MOST = 8 * 1024 * 1024  # bytes of output kept of one command; more is not an answer that a check can want
EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM)  # later it may be there again
LINGER = 0.2  # seconds that a killed process gets to go
C_LOCALE = {"LC_ALL": "C.UTF-8", "LANGUAGE": ""}


def search_path(environment: Mapping[str, str]) -> str:
    """The PATH of commands: the caller's, then ``SEARCH``. Root by sudo takes only ``SEARCH``, whoever chose the PATH it has."""
    if os.geteuid() == 0 and "SUDO_UID" in environment:
        return SEARCH
    return os.pathsep.join(filter(None, (environment.get("PATH"), SEARCH)))


class Ran(NamedTuple):
    """How a command ended: exit code, standard output, standard error (text, undecodable bytes escaped)."""

    rc: int
    out: str
    err: str


class Command(NamedTuple):
    """Run ``argv`` (never a shell) in the time left: a ``Ran``. UNKNOWN when it is missing, CRITICAL when it hangs."""

    argv: Sequence[str]
    env: Mapping[str, str] = {}

    @property
    def key(self) -> str:
        """``command WORDS``."""
        return "command " + " ".join(self.argv)

    def put(self, deadline: "Deadline") -> list[Any]:
        """``[rc, out, err]``."""
        return run(self.argv, deadline, self.env)

    def read(self, answer: Any) -> Ran:
        """The answer as ``Ran``."""
        return Ran(*answer)


def run(argv: Sequence[str], deadline: "Deadline", env: Mapping[str, str] | None = None) -> list[Any]:
    """Run one command: ``[rc, out, err]``. Raises ProbeError when it is missing or does not end in time."""
    got = run_many({"": argv}, deadline, env)[""]
    if isinstance(got, ProbeError):
        raise got
    return got[:3]


def run_many(
    commands: Mapping[str, Sequence[str]],
    deadline: "Deadline",
    env: Mapping[str, str] | None = None,
    at_once: int = 64,
    most: int = MOST,
) -> dict[str, "list[Any] | ProbeError"]:
    """Run commands in parallel, ``at_once`` at a time; for each ``[rc, out, err, began, ended]`` or the ProbeError it ended with.

    ``began`` and ``ended`` are seconds since this call; ``most`` bytes are kept of each output.
    """
    begin = time.monotonic()
    waiting = list(commands.items())
    results: dict[str, list[Any] | ProbeError] = {}
    running: dict[str, _Running] = {}
    selector = selectors.DefaultSelector()
    environment = {**os.environ, **C_LOCALE, **(env or {})}
    environment["PATH"] = search_path(environment)
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                key, argv = waiting.pop(0)
                started = _start(argv, environment, begin)
                if isinstance(started, ProbeError):
                    if started.about == "not asked" and running:  # the others will give back what it takes
                        waiting.insert(0, (key, argv))
                        at_once = len(running)
                        break
                    results[key] = started
                    continue
                running[key] = started
                for number, stream in enumerate(started.streams):
                    selector.register(stream, selectors.EVENT_READ, (key, number))
            if not running:
                continue  # nothing could be started: do not wait for what never speaks
            if deadline.over:
                break
            for event, _ in selector.select(deadline.left()):
                key, number = event.data
                data = os.read(event.fd, 65536)
                if data:
                    running[key].keep(number, data, most)
                    continue
                selector.unregister(event.fileobj)
                if running[key].close(number):
                    results[key] = running.pop(key).ended(deadline)
    finally:
        for key, child in running.items():
            child.kill()
            results[key] = ProbeError(
                CRITICAL, f"{child.argv[0]} did not end within {deadline.seconds:.3g} s", "timeout"
            )
        selector.close()
    for key, argv in waiting:
        results[key] = ProbeError(UNKNOWN, f"{argv[0]} was not started: no time left", "not asked")
    return results


class _Running:
    """A started command and what it said so far."""

    def __init__(self, argv: Sequence[str], process: "subprocess.Popen[bytes]", begin: float) -> None:
        self.argv = argv
        self.begin = begin
        self.began = time.monotonic() - begin
        self.process = process
        assert process.stdout
        assert process.stderr
        self.streams = (process.stdout, process.stderr)
        self.kept = [bytearray(), bytearray()]
        self.open = {0, 1}

    def keep(self, number: int, data: bytes, most: int) -> None:
        if len(self.kept[number]) < most:
            self.kept[number] += data

    def close(self, number: int) -> bool:
        self.streams[number].close()
        self.open.discard(number)
        return not self.open

    def ended(self, deadline: "Deadline") -> "list[Any] | ProbeError":
        try:
            rc = self.process.wait(deadline.left())
        except subprocess.TimeoutExpired:
            self.kill()
            return ProbeError(CRITICAL, f"{self.argv[0]} did not end within {deadline.seconds:.3g} s", "timeout")
        texts = [bytes(part).decode("utf-8", "backslashreplace") for part in self.kept]
        return [rc, *texts, self.began, time.monotonic() - self.begin]

    def kill(self) -> None:
        # The whole group: sudo and ssh leave children that would keep the pipes open. What started a session of its own has
        # left the group and is found by its parents. A process that became another user's cannot be ended from here.
        end_all(self.process.pid)
        with suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with suppress(OSError):
            self.process.kill()
        for stream in self.streams:
            stream.close()
        with suppress(subprocess.TimeoutExpired):  # waiting for the disk (state D), or another user's
            self.process.wait(LINGER)


def _start(argv: Sequence[str], environment: Mapping[str, str], begin: float) -> "_Running | ProbeError":
    try:
        with lifted():
            process = subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(environment),
                start_new_session=True,
            )
    except FileNotFoundError:
        return ProbeError(UNKNOWN, f"{argv[0]} is not installed on this host (or not in PATH)", "tool")
    except OSError as error:
        if error.errno in EXHAUSTED:
            return ProbeError(UNKNOWN, f"{argv[0]} was not started: {error.strerror}", "not asked")
        return ProbeError(UNKNOWN, f"{argv[0]} cannot be run: {error.strerror}", "tool")
    return _Running(argv, process, begin)
