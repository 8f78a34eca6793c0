"""What was true at the service and on its host while something changed, sampled: what Nagios says is judged against it.

A machine that crawls makes a planned change last longer than it should and answers come too late. Neither is a false alarm of
a check. Whether it was so is measured where it happens, never guessed from the clock.
"""

import re
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
SHARE = 4
"""A check takes up to that many times what a pulse takes (a start of Python with hamon's core), TLS included."""
LATE = re.compile(r"within [\d.]+ ?s|timeout|timed out|No route to host|Packet loss = 100%", re.IGNORECASE)
"""The words of an answer that did not come in time. A frozen service gets them, too: then its host is not slow."""


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
    """The span an alert speaks of: it was on when the alert came, or `age` seconds before, as old as an answer may be."""
    # Nagios counts whole seconds, downwards
    return next((span for span in held if span.begin <= alert.at + 1 and alert.at - age <= span.end), None)


def slow(lab: "Lab", host: str, timeout: float) -> float:
    """Seconds a pulse takes on a host, or on the slowest for what is not one; 0 unless a check would take longer than `timeout`."""
    hosts = [entry.name for entry in lab.site.profile.hosts]
    pulses = []
    for name in [host] if host in hosts else hosts:
        try:
            pulses.append(lab.pulse(name))
        except LabError:
            continue  # no power: nothing is late there
    slowest = max(pulses, default=0.0)
    return slowest if slowest * SHARE > timeout else 0.0
