"""The only way to the outside. Every answer a check judges passes through one ``Ask``.

That is why any check can be recorded and replayed: with a ``Tape`` each question is a key and each answer plain JSON.
Without one the question goes straight out; recording costs nothing when unused. All transports take the time left of
one deadline, so that a service which accepts and never answers ends in a verdict, not in a hang.

Errors: every method raises ProbeError with the state it deserves (a dead or refusing service is CRITICAL, our own trouble
such as a missing tool or permission is UNKNOWN).
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from hamon.errors import ProbeError
from hamon.memory import Memory

if TYPE_CHECKING:
    from hamon.probe.amqp import Broker
    from hamon.probe.sql import Server
    from hamon.probe.tape import Tape


class Deadline:
    """A point in time by which everything must have ended. Seconds, monotonic."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left; never below 1 ms, because 0 means "for ever" to sockets."""
        return max(0.001, self._end - time.monotonic())

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._end


class Ran(NamedTuple):
    """How a command ended: exit code, standard output, standard error (text, undecodable bytes escaped)."""

    rc: int
    out: str
    err: str


class File(NamedTuple):
    """A file's text and its modification time (epoch seconds)."""

    text: str
    mtime: float


class Page(NamedTuple):
    """An HTTP answer."""

    status: int
    body: str


class Process(NamedTuple):
    """A running process: pid and start time (epoch seconds)."""

    pid: int
    started: float


MARGIN = 1.0  # seconds that a second look leaves to the judging
Seen = TypeVar("Seen")


class Ask:
    """Questions of one run of one check.

    ``recall`` loads what the check remembers, called with the clock at the first use of ``memory``; ``remembered`` is that
    memory, or None when this run never asked for it.
    """

    def __init__(
        self, deadline: Deadline, recall: Callable[[float], Memory] = Memory.start, tape: "Tape | None" = None
    ) -> None:
        self.deadline = deadline
        self.tape = tape
        self._recall = recall
        self._now = tape.clock if tape else time.time()
        self.remembered: Memory | None = None

    def now(self) -> float:
        """The clock: epoch seconds at the start of this run, or of the recorded one."""
        return self._now

    @property
    def memory(self) -> Memory:
        """What this check remembers from its last run; loaded at the first use."""
        if self.remembered is None:
            self.remembered = self._recall(self._now)
        return self.remembered

    def share(self, among: int, most: float = math.inf) -> "Ask":
        """The same run with one of ``among`` equal shares of the time left, ``most`` seconds at most, and without its memory.

        For a question whose silence must leave time for the others.
        """
        return Ask(Deadline(min(most, self.deadline.left() / among)), tape=self.tape)

    def wait(self, seconds: float) -> None:
        """Let time pass between two looks; a replay does not wait."""
        if self.tape is None or not self.tape.replays:
            time.sleep(min(seconds, max(0.0, self.deadline.left() - 1.0)))

    def twice(
        self, look: "Callable[[], Seen]", doubtful: "Callable[[Seen], bool]", seconds: float
    ) -> "tuple[Seen, bool]":
        """Look; and once more ``seconds`` later when that was doubtful: what is on its way explains much, and passes.

        Not when the first look took so long that a second one would end in no answer at all. Returns what was seen last,
        and whether that was the second time. A replay does not wait.
        """
        before = self.deadline.left()
        seen = look()
        left = self.deadline.left()
        if not doubtful(seen) or left < (before - left) + seconds + MARGIN:
            return seen, False
        self.wait(seconds)
        return look(), True

    def answer(self, key: str, live: Callable[[], Any]) -> Any:
        """Put one question. ``key`` names it in recordings (no secrets!); ``live`` asks for real and returns JSON-able data."""
        if self.tape is None:
            return live()
        return self.tape.answer(key, live)

    def answers(self, keys: Sequence[str], live: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
        """Put several questions at once; ``live`` asks them in parallel and returns an answer (or ProbeError) by key."""
        got = live() if self.tape is None else self.tape.answer_many(keys, live)
        return {key: got[key] for key in keys}

    def _hide(self, secret: str | None) -> None:
        """Keep a secret that is in use out of any recording."""
        if self.tape is not None and secret:
            self.tape.secrets.append(secret)

    def command(self, argv: Sequence[str], env: Mapping[str, str] | None = None) -> Ran:
        """Run a command (never a shell) in the time left. UNKNOWN when it is missing, CRITICAL when it hangs."""

        def live() -> Any:
            from hamon.probe.command import run

            return run(argv, self.deadline, env)

        return Ran(*self.answer("command " + " ".join(argv), live))

    def http(self, url: str, user: str | None = None, password: str | None = None) -> Page:
        """GET ``url`` (http or https). Any HTTP status is an answer; no answer is CRITICAL."""
        self._hide(password)

        def live() -> Any:
            from hamon.probe.http import get

            return get(url, self.deadline, user, password)

        return Page(*self.answer(f"http GET {url}", live))

    def unix(self, path: str, request: str) -> str:
        """Send ``request`` and a newline to a Unix stream socket and read until it closes."""

        def live() -> Any:
            from hamon.probe.unix import talk

            return talk(path, request, self.deadline)

        return str(self.answer(f"unix {path} {request}", live))

    def tcp(self, host: str, port: int, request: str, until: str = "") -> str:
        """Send ``request`` over TCP and read up to the text ``until``, or until the server closes."""

        def live() -> Any:
            from hamon.probe.tcp import talk

            return talk(host, port, request, until, self.deadline)

        return str(self.answer(f"tcp {host}:{port} {request.strip()}", live))

    def amqp(self, broker: "Broker", queue: str) -> dict[str, Any]:
        """A message through ``queue`` (ours alone, gone afterwards) and back: the time of each step, in milliseconds."""
        self._hide(broker.password)

        def live() -> Any:
            from hamon.probe.amqp import round_trip

            return round_trip(broker, queue, self.deadline)

        return dict(self.answer(f"amqp {broker.place} {broker.vhost}", live))

    def sql(self, server: "Server", queries: Sequence[str]) -> list[list[list[str | None]]]:
        """Run ``queries`` in one session; for each its rows, every value as text or None."""
        self._hide(server.password)
        keys = [f"sql {server.place} {query}" for query in queries]

        def live() -> Mapping[str, Any]:
            from hamon.probe.sql import rows

            return dict(zip(keys, rows(server, queries, self.deadline), strict=True))

        got = self.answers(keys, live)
        for key in keys:
            if isinstance(got[key], ProbeError):
                raise got[key]
        return [got[key] for key in keys]

    def file(self, path: str) -> File | None:
        """A small text file, or None when it does not exist. No permission is UNKNOWN."""

        def live() -> Any:
            from hamon.probe.file import read

            return read(path)

        got = self.answer(f"file {path}", live)
        return None if got is None else File(*got)

    def files(self, folder: str) -> dict[str, File]:
        """The small text files in ``folder`` by name; empty when there is no such folder. No permission is UNKNOWN."""

        def live() -> Any:
            from hamon.probe.file import read_all

            return read_all(folder)

        return {name: File(*told) for name, told in self.answer(f"files {folder}", live).items()}

    def processes(self, name: str) -> tuple[Process, ...]:
        """Running processes whose command name (``/proc/PID/comm``) is ``name``, oldest first."""

        def live() -> Any:
            from hamon.probe.file import processes

            return processes(name)

        return tuple(Process(*one) for one in self.answer(f"processes {name}", live))

    def arp(self, interface: str, address: str, seconds: float) -> dict[str, int]:
        """Ask on ``interface`` who has the IPv4 ``address``; replies counted by MAC. Needs CAP_NET_RAW."""

        def live() -> Any:
            from hamon.probe.arp import who_has

            return who_has(interface, address, min(seconds, self.deadline.left()))

        return dict(self.answer(f"arp {interface} {address}", live))
