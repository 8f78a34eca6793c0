"""What Nagios says of a benign change is judged against what was true at the service, not by the clock."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from hamon.lab import poll
from hamon.lab.components.nagios.status import Alert
from hamon.lab.errors import CommandError, GoneError
from hamon.lab.failure import Failure, Passing, Verdict
from hamon.lab.profiles import DRBD
from hamon.lab.proof.measure import Pulses, excuse, false_alarms, seen
from hamon.lab.proof.samples import Pulse, Sample, Sampling, Span, pulses, spans, then, too_slow
from hamon.lab.proof.watch import LATE
from hamon.lab.site import Site
from hamon.lab.steps import HEALTHY

APART = Passing(HEALTHY._replace(text="the pair is apart"), (Verdict("drbd1", "drbd", "WARNING"),))
RECONNECT = Failure("reconnect", "drbd", "x", (), HEALTHY, (), passing=(APART,))
WARNED = Alert(110, "drbd1", "drbd", "WARNING", True, "no connection")
LATE_ANSWER = Alert(110, "drbd1", "nrpe", "UNKNOWN", True, "CHECK_NRPE STATE UNKNOWN: Socket timeout after 15 seconds.")


def samples(*looks: tuple[float, bool | None]) -> list[Sample]:
    return [Sample(begin, begin + 0.1, (holds,)) for begin, holds in looks]


def test_a_span_reaches_from_denial_to_denial() -> None:
    looks = samples((100, False), (101, True), (102, True), (103, False), (104, False), (105, True))

    assert spans(looks, 0) == (Span(100, 103.1), Span(104, 105.1))


def test_a_question_without_an_answer_neither_affirms_nor_denies() -> None:
    assert spans(samples((100, False), (101, None), (102, None)), 0) == ()
    assert spans(samples((100, False), (101, True), (102, None), (109, True), (110, False)), 0) == (Span(100, 110.1),)
    assert spans([], 0) == ()


@pytest.mark.parametrize(
    ("at", "age", "spoken_of"),
    [(99, 0, True), (98, 0, False), (103, 0, True), (104, 0, False), (108, 5, True), (109, 5, False)],
)
def test_an_alert_may_be_as_old_as_an_answer(at: int, age: float, spoken_of: bool) -> None:
    span = Span(100, 103.1)

    assert then(WARNED._replace(at=at), [span], age) == (span if spoken_of else None)


def judged(alert: Alert, looks: list[Sample], taken: list[Pulse] | None = None) -> tuple[dict[Alert, str], int]:
    """What excuses an alert of RECONNECT, and how many false alarms are left."""
    excused = excuse(RECONNECT, [alert], looks, taken or [], timeout=4)
    left = [each for each in [alert] if each not in excused]
    return excused, len(false_alarms(RECONNECT, seen(left, 90)))


def test_a_warning_is_true_as_long_as_the_pair_is_apart_and_not_longer() -> None:
    looks = samples((100, False), (101, True), (109, True), (110, False))

    assert judged(WARNED, looks) == ({WARNED: "the pair is apart for 10.1 s"}, 0)
    late = WARNED._replace(at=116)
    assert judged(late, looks) == ({}, 1), "six seconds after it was over an answer cannot be of then"
    assert judged(WARNED, samples((100, False), (110, False))) == ({}, 1), "it never was"
    worse = WARNED._replace(state="CRITICAL")
    assert judged(worse, looks) == ({}, 1), "what is worse than the state deserves is false"
    other = WARNED._replace(host="drbd2")
    assert judged(other, looks) == ({}, 1)


@pytest.mark.parametrize(
    ("pulse", "why"),
    [
        (Pulse(111, "drbd1", 0.7), "a pulse took 0.7 s on its host"),
        (Pulse(111, "drbd1", 0.6), ""),
        (Pulse(111, "drbd2", 9.0), "a pulse took 9.0 s on its host"),
        (Pulse(101, "drbd1", 9.0), ""),
        (Pulse(116, "drbd1", 1.5), ""),
        (Pulse(140, "drbd1", 30.0), "a pulse took 30.0 s on its host"),
    ],
)
def test_a_late_answer_is_true_where_the_host_was_measured_to_be_slow_then(pulse: Pulse, why: str) -> None:
    cluster = LATE_ANSWER._replace(host="drbd.cluster")
    own = why if pulse.host == "drbd1" else ""

    assert judged(cluster, [], [pulse]) == ({cluster: why} if why else {}, 0 if why else 1)
    also = Pulse(pulse.at, "drbd1", 0.1)
    assert judged(LATE_ANSWER, [], [also, pulse]) == ({LATE_ANSWER: own} if own else {}, 0 if own else 1)
    words = LATE_ANSWER._replace(output="DRBD CRITICAL - split")
    assert judged(words, [], [pulse]) == ({}, 1), "slowness excuses late answers alone"


@pytest.mark.parametrize(
    "output",
    [
        LATE_ANSWER.output,
        "10.79.0.11:3306: gave no answer within 12 s",
        "connect to address 10.79.0.11 port 5666: No route to host",
        "NRPE: Command timed out after 30 seconds",
        "PING CRITICAL - Packet loss = 100%",
        "DRBD_CLUSTER UNKNOWN - no node could be asked: drbd1: its agent did not answer in time (/usr/lib/nagios/plug...",
    ],
)
def test_words_of_an_answer_that_did_not_come_in_time(output: str) -> None:
    assert LATE.search(output)
    assert not LATE.search("DRBD WARNING - r0: no connection to the peer for 12 s, StandAlone")


class Slow:
    """A lab whose hosts are as slow as a test wants."""

    site: ClassVar[Site] = Site(Path("/"), DRBD)

    def __init__(self, **pulses: float) -> None:
        self.pulses = pulses

    def pulse(self, host: str) -> float:
        if host not in self.pulses:
            raise CommandError(f"{host} has no power")
        return self.pulses[host]


def test_a_host_is_too_slow_when_a_check_would_take_longer_than_its_time() -> None:
    lab = Slow(drbd1=2.6, drbd2=2.5)

    def slowest(place: str) -> float:
        return too_slow(pulses(lab, place), 15)  # type: ignore[arg-type]

    assert (slowest("drbd1"), slowest("drbd2")) == (2.6, 0.0)
    assert slowest("drbd.cluster") == 2.6, "a cluster's answer is as late as its slowest member's"
    assert slowest("mon") == 0.0, "without power nothing is late"


def test_the_pulse_is_taken_when_an_answer_is_late_and_not_otherwise() -> None:
    slowness = Pulses(Slow(drbd1=9.0, drbd2=0.3))  # type: ignore[arg-type]
    for alert in (WARNED, LATE_ANSWER._replace(state="OK"), LATE_ANSWER, LATE_ANSWER._replace(hard=False, host="x")):
        slowness(alert)

    assert [(pulse.host, pulse.seconds) for pulse in slowness.taken] == [("drbd1", 9.0), ("drbd1", 9.0), ("drbd2", 0.3)]


def test_sampling_goes_on_until_it_is_over_or_the_lab_is_gone() -> None:
    answers: Iterator[list[bool | None]] = iter([[True], [None], [False]])

    def look() -> list[bool | None]:
        try:
            return next(answers)
        except StopIteration:
            raise GoneError("the lab ended") from None

    with Sampling(look, wanted=True) as sampling:
        poll.until(lambda: len(sampling.samples) == 3, "three samples", 10, interval=0.01)
    assert [sample.holds for sample in sampling.samples] == [(True,), (None,), (False,)]
    with Sampling(look, wanted=False) as none:
        pass
    assert none.samples == []
