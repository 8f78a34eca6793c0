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
from hamon.lab.proof.measure import Excuses, excuse, false_alarms, seen
from hamon.lab.proof.samples import LATE, Sample, Sampling, Span, slow, spans, then
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


def judged(
    alert: Alert, looks: list[Sample], slowness: dict[Alert, float] | None = None
) -> tuple[dict[Alert, str], int]:
    """What excuses an alert of RECONNECT, and how many false alarms are left."""
    excused = excuse(RECONNECT, [alert], looks, slowness or {}, age=5)
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


def test_a_late_answer_is_true_where_the_host_was_measured_to_be_slow() -> None:
    assert judged(LATE_ANSWER, []) == ({}, 1)
    assert judged(LATE_ANSWER, [], {LATE_ANSWER: 6.25}) == ({LATE_ANSWER: "a pulse took 6.2 s on its host"}, 0)


@pytest.mark.parametrize(
    "output",
    [
        LATE_ANSWER.output,
        "10.79.0.11:3306: gave no answer within 12 s",
        "connect to address 10.79.0.11 port 5666: No route to host",
        "NRPE: Command timed out after 30 seconds",
        "PING CRITICAL - Packet loss = 100%",
    ],
)
def test_words_of_an_answer_that_did_not_come_in_time(output: str) -> None:
    assert LATE.search(output)
    assert not LATE.search("DRBD WARNING - r0: no connection to the peer for 12 s, StandAlone")


class Pulses:
    """A lab whose hosts are as slow as a test wants."""

    site: ClassVar[Site] = Site(Path("/"), DRBD)

    def __init__(self, **pulses: float) -> None:
        self.pulses = pulses
        self.taken: list[str] = []

    def pulse(self, host: str) -> float:
        self.taken.append(host)
        if host not in self.pulses:
            raise CommandError(f"{host} has no power")
        return self.pulses[host]


def test_a_host_is_slow_when_a_check_would_take_longer_than_its_time() -> None:
    lab = Pulses(drbd1=3.8, drbd2=3.7, mon=0.1)

    assert slow(lab, "drbd1", 15) == 3.8  # type: ignore[arg-type]
    assert slow(lab, "drbd2", 15) == 0.0  # type: ignore[arg-type]
    assert slow(lab, "drbd.cluster", 15) == 3.8, "a cluster's answer is as late as its slowest member's"  # type: ignore[arg-type]
    assert slow(Pulses(), "drbd1", 15) == 0.0, "without power nothing is late"  # type: ignore[arg-type]


def test_the_pulse_is_taken_when_an_answer_is_late_and_not_otherwise() -> None:
    lab = Pulses(drbd1=9.0)
    excuses = Excuses(lab)  # type: ignore[arg-type]
    for alert in (WARNED, LATE_ANSWER._replace(hard=False), LATE_ANSWER._replace(state="OK"), LATE_ANSWER):
        excuses(alert)

    assert (lab.taken, excuses.slowness) == (["drbd1"], {LATE_ANSWER: 9.0})


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
