"""One failure, from its injection to the last recovery, as Nagios saw it. The measuring and the judging apart."""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from hamon.lab.client import Lab
from hamon.lab.components.nagios.status import Alert, Status, severity
from hamon.lab.errors import NotYetError
from hamon.lab.failure import Failure, Verdict
from hamon.lab.proof.samples import Pulse, Sample, Sampling, pulses, spans, then, too_slow
from hamon.lab.proof.watch import LATE, Places, Watch

CALM = 90.0
"""Seconds Nagios may take to find everything OK again."""
PATIENCE = 4
"""How many times that, where a host is measured to be too slow."""
CAUGHT = 45.0
"""Seconds it may take to say what a failure expects."""
SETTLED = 45.0
"""Seconds until every service was looked at again after that."""


class Seen(NamedTuple):
    """One service that left OK. Seconds are counted from the first step of the injection."""

    host: str
    service: str
    state: str
    """The worst hard state; the worst soft one if it never became hard."""
    hard: bool
    first: float
    """When it first was in that state, soft or hard."""
    confirmed: float | None
    """When that state was hard and, where words are expected of it, said them."""
    output: str
    why: str = ""
    """What was measured that makes it no false alarm."""


class Measured(NamedTuple):
    """One row of the detection matrix."""

    name: str
    component: str
    text: str
    visible: float
    """Seconds until the failure could be seen at the service itself."""
    seen: tuple[Seen, ...]
    missed: tuple[Verdict, ...]
    """Expected and not said."""
    false: tuple[Seen, ...]
    """Said (hard) and neither expected nor allowed."""
    healed: float
    """Seconds from the first step of healing until the cloud was healthy."""
    recovered: float
    """Seconds from there until Nagios, asked again and again, found everything OK."""
    pages: tuple[str, ...] = ()
    """The host/service of every page that would have been sent."""
    excused: tuple[Seen, ...] = ()
    """Said (hard), and true: the service was in a passing state then, or its host was too slow to answer in time. `why` says it."""
    error: str = ""
    """Why the measuring ended early: the failure did not happen, or did not heal."""

    @property
    def passed(self) -> bool:
        """Whether everything expected was said and nothing else."""
        return not self.missed and not self.false and not self.error


def calm(status: Status) -> bool:
    """Whether Nagios finds everything OK and up."""
    fine = all(service.state == "OK" and service.checked for service in status.services)
    return fine and bool(status.services) and all(state == "UP" for state in status.hosts.values())


def alarming(status: Status) -> list[tuple[str, str]]:
    """What Nagios does not find OK, as host and service."""
    services = [(service.host, service.name) for service in status.services if service.state != "OK"]
    return services + [(host, "") for host, state in status.hosts.items() if state != "UP"]


def unsettled(status: Status, since: float) -> list[tuple[str, str]]:
    """What Nagios has not looked at since, or is about to change its mind on, as host and service."""
    return [
        (service.host, service.name)
        for service in status.services
        if service.last_check <= since or not (service.hard or service.state == "OK")
    ]


def says(alert: Alert, verdict: Verdict) -> bool:
    """Whether this is that verdict: the state, hard, in the expected words."""
    same = (alert.host, alert.service, alert.state) == (verdict.host, verdict.service, verdict.state)
    return alert.hard and same and verdict.words in alert.output


def seen(alerts: Sequence[Alert], since: float, expects: Sequence[Verdict] = ()) -> tuple[Seen, ...]:
    """What left OK, in the order of its sighting: the worst hard state of each, in the words that were expected."""
    entries = []
    for host, service in dict.fromkeys((alert.host, alert.service) for alert in alerts):
        problems = [a for a in alerts if (a.host, a.service) == (host, service) and severity(a.state)]
        if not problems:
            continue
        worst = max(
            problems,
            key=lambda alert: (alert.hard, severity(alert.state), any(says(alert, verdict) for verdict in expects)),
        )
        same = [alert for alert in problems if alert.state == worst.state]
        confirmed = max(0.0, worst.at - since) if worst.hard else None
        first = max(0.0, same[0].at - since)
        entries.append(Seen(host, service, worst.state, worst.hard, first, confirmed, worst.output))
    return tuple(sorted(entries, key=lambda entry: entry.first))


def missed(failure: Failure, alerts: Sequence[Alert]) -> tuple[Verdict, ...]:
    """Expected verdicts that never became hard. A service may have been in a worse state at another moment."""
    return tuple(verdict for verdict in failure.expects if not any(says(alert, verdict) for alert in alerts))


def false_alarms(failure: Failure, entries: Sequence[Seen]) -> tuple[Seen, ...]:
    """Hard states that were neither expected nor allowed."""
    worst: dict[tuple[str, str], int] = {}
    for verdict in (*failure.expects, *failure.allows):
        place = (verdict.host, verdict.service)
        worst[place] = max(worst.get(place, 0), severity(verdict.state))
    return tuple(
        entry for entry in entries if entry.hard and severity(entry.state) > worst.get((entry.host, entry.service), 0)
    )


def until(
    lab: Lab, watch: Watch, holds: Callable[[Status], bool], seconds: float, asking: Callable[[Status], Places]
) -> bool:
    """`Watch.until`, with as much time again and again while a host is measured to be too slow to answer its checks."""
    for _ in range(PATIENCE):
        if watch.until(holds, seconds, asking):
            return True
        late = {
            service.host for service in lab.nagios().services if service.state != "OK" and LATE.search(service.output)
        }
        if not any(too_slow(pulses(lab, host), lab.site.profile.nrpe_timeout) for host in late):
            return False
    return False


def await_calm(lab: Lab) -> float:
    """Wait until Nagios, asked again and again, finds everything OK; seconds it took. Raises NotYetError naming what is not."""
    begin = time.monotonic()
    if not until(lab, Watch(lab), calm, CALM, alarming):
        wrong = [f"{s.host}/{s.name} {s.state}: {s.output}" for s in lab.nagios().services if s.state != "OK"]
        waited = time.monotonic() - begin
        raise NotYetError(f"waited {waited:.0f} s in vain for Nagios to find everything OK: {'; '.join(wrong)}")
    return time.monotonic() - begin


def why_true(failure: Failure, alert: Alert, samples: Sequence[Sample], age: float) -> str:
    """In which passing state the service was when a hard alert said so; empty if in none."""
    for number, passing in enumerate(failure.passing):
        for verdict in passing.verdicts:
            same = (verdict.host, verdict.service) == (alert.host, alert.service)
            if same and severity(alert.state) <= severity(verdict.state):
                span = then(alert, spans(samples, number), age)
                if span:
                    return f"{passing.truth.text} for {span.end - span.begin:.1f} s"
    return ""


class Pulses:
    """Listens to alerts, soft ones too, and takes the pulse of a host at once when its answer came too late."""

    def __init__(self, lab: Lab) -> None:
        self.taken: list[Pulse] = []
        self._lab = lab

    def __call__(self, alert: Alert) -> None:
        """Take in one alert."""
        if severity(alert.state) and LATE.search(alert.output):
            self.taken += pulses(self._lab, alert.host)


def why_late(alert: Alert, taken: Sequence[Pulse], timeout: float) -> str:
    """How slow the alert's host, or any for a cluster's, was when its answer came too late; empty if fast enough.

    A pulse counts that was taken between one look before and the work of the pulse after the alert.
    """
    hosts = {pulse.host for pulse in taken if pulse.host == alert.host} or {pulse.host for pulse in taken}
    near = [
        pulse
        for pulse in taken
        if pulse.host in hosts and alert.at - 2 * timeout <= pulse.at and pulse.at - pulse.seconds <= alert.at + timeout
    ]
    longest = too_slow(near, timeout) if LATE.search(alert.output) else 0.0
    return f"a pulse took {longest:.1f} s on its host" if longest else ""


def excuse(
    failure: Failure, alerts: Sequence[Alert], samples: Sequence[Sample], taken: Sequence[Pulse], timeout: float
) -> dict[Alert, str]:
    """The hard alerts that are true although nothing expects or allows them, and what makes them true.

    `timeout` is the seconds Nagios waits for an agent: so old an answer may be.
    """
    problems = [alert for alert in alerts if alert.hard and severity(alert.state)]
    whys = {
        alert: why_true(failure, alert, samples, timeout + 1) or why_late(alert, taken, timeout) for alert in problems
    }
    return {alert: why for alert, why in whys.items() if why}


def measure(lab: Lab, failure: Failure) -> Measured:
    """Inject, watch, heal, watch. Raises LabError if the failure did not happen or did not heal."""
    await_calm(lab)
    slowness, paged = Pulses(lab), len(lab.pages())
    watch = Watch(lab, slowness)

    def unsaid() -> list[tuple[str, str]]:
        return [(verdict.host, verdict.service) for verdict in missed(failure, watch.alerts)]

    with Sampling(lambda: lab.sample(failure.name), bool(failure.passing)) as sampling:
        visible = watch.during(lambda: lab.break_(failure.name))
        until(lab, watch, lambda _status: not unsaid(), CAUGHT, lambda _status: unsaid())
        # what was expected is said; whether anything else will be is asked now, not at the end of everybody's interval
        mark = time.time()
        until(lab, watch, lambda status: not unsettled(status, mark), SETTLED, lambda status: unsettled(status, mark))
    alerts, pages = watch.alerts, lab.pages()[paged:]
    healed = lab.heal() if failure.heal else 0.0
    recovered = await_calm(lab)
    excused = excuse(failure, alerts, sampling.samples, slowness.taken, lab.site.profile.nrpe_timeout)
    judged = [alert for alert in alerts if alert not in excused]
    entries = seen(judged, watch.begin, failure.expects)
    return Measured(
        name=failure.name,
        component=failure.component,
        text=failure.text,
        visible=round(visible, 1),
        seen=tuple(_rounded(entry) for entry in seen(alerts, watch.begin, failure.expects)),
        missed=missed(failure, alerts),
        false=tuple(_rounded(entry) for entry in false_alarms(failure, entries)),
        healed=round(healed, 1),
        recovered=round(recovered, 1),
        pages=tuple(pages),
        excused=tuple(
            _rounded(entry)._replace(why=why)
            for alert, why in excused.items()
            for entry in false_alarms(failure, seen([alert], watch.begin))
        ),
    )


def _rounded(entry: Seen) -> Seen:
    """Nagios counts whole seconds: more digits would be invented."""
    confirmed = None if entry.confirmed is None else round(entry.confirmed)
    return entry._replace(first=round(entry.first), confirmed=confirmed)
