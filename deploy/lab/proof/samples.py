"""What was true at the service and on its host while something changed, sampled: what Nagios says is judged against it.

A machine that crawls makes a planned change last longer than it should and answers come too late. Neither is a false alarm of
a check. Whether it was so is measured where it happens, never guessed from the clock.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from hamon.lab.components.nagios.status import Alert
from hamon.lab.errors import GoneError, LabError

if TYPE_CHECKING:
    from hamon.lab.client import Lab

PAUSE = 0.2
"""Seconds between two samples."""
SHARE = 6
"""A check takes that many times what a pulse takes (a start of Python with hamon's core) and more, TLS included: measured were
5 to 8 times in guests (0.3 s and 1.2 to 2.3 s), about 10 in namespaces."""


class Sample(NamedTuple):
    """One look at the truths of a failure's passing states, in epoch seconds; None where the question got no answer."""

    begin: float
    end: float
    holds: tuple[bool | None, ...]


class Span(NamedTuple):
    """From when until when something was true, in epoch seconds, at most: from denial to denial."""

    begin: float
    end: float


class Sampling:
    """Samples in the background, as a context manager; nothing is asked of a failure without passing states."""

    def __init__(self, look: Callable[[], Sequence[bool | None]], wanted: bool) -> None:
        self.samples: list[Sample] = []
        self._look = look
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True) if wanted else None

    def __enter__(self) -> Self:
        if self._thread:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread:
            self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            begin = time.time()
            try:
                holds = tuple(self._look())
            except GoneError:
                return
            self.samples.append(Sample(begin, time.time(), holds))
            self._over.wait(PAUSE)


def spans(samples: Sequence[Sample], number: int) -> tuple[Span, ...]:
    """When the truth of that number held. An unanswered question neither affirms nor denies."""
    held: list[Span] = []
    denied = samples[0].begin if samples else 0.0
    since: float | None = None
    for sample in samples:
        if sample.holds[number]:
            since = denied if since is None else since
        elif sample.holds[number] is False:
            if since is not None:
                held.append(Span(since, sample.end))
                since = None
            denied = sample.begin
    if since is not None:
        held.append(Span(since, samples[-1].end))
    return tuple(held)


def then(alert: Alert, held: Sequence[Span], age: float) -> Span | None:
    """The span that an alert is about: it was on when the alert came, or `age` seconds before, as old as an answer may be."""
    # Nagios counts whole seconds, downwards
    return next((span for span in held if span.begin <= alert.at + 1 and alert.at - age <= span.end), None)


class Pulse(NamedTuple):
    """How long a small piece of work took on a host, in seconds; `at` is when it had been done, in epoch seconds."""

    at: float
    host: str
    seconds: float


def pulses(lab: "Lab", place: str) -> list[Pulse]:
    """The pulse of a host, or of all hosts for a place that is not one; of those without power none is late, and none is taken."""
    hosts = [entry.name for entry in lab.site.profile.hosts]
    taken = []
    for name in [place] if place in hosts else hosts:
        with contextlib.suppress(LabError):
            seconds = lab.pulse(name)
            taken.append(Pulse(time.time(), name, seconds))
    return taken


def too_slow(taken: Sequence[Pulse], timeout: float) -> float:
    """The longest of these pulses in seconds; 0 unless a check would take longer than `timeout` there."""
    longest = max((pulse.seconds for pulse in taken), default=0.0)
    return longest if longest * SHARE > timeout else 0.0
