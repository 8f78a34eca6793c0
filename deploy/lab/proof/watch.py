"""What Nagios says from one moment on: the changes of state in its log, and new words within a state, which only its status has."""

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from hamon.lab.components.nagios.status import Alert, Status

if TYPE_CHECKING:
    from hamon.lab.client import Lab

T = TypeVar("T")
TICK = 0.25
"""Seconds between two looks: Nagios writes its status once a second."""
AGAIN = 3.0
"""Seconds after which Nagios is made to look again at what one waits for."""
PATIENCE = 20.0
"""Seconds after which it is made to although it has not ended the look before, or got no answer in time from there: Nagios
would start one beside the other, and an agent that is slow already would be slower with each."""
LATE = re.compile(r"in time|within [\d.]+ ?s|timeout|timed out|No route to host|Packet loss = 100%", re.IGNORECASE)
"""The words of an answer that did not come in time. A frozen service gets them, too: then its host is not slow."""
Places = Sequence[tuple[str, str]]
"""Host and service; the service is empty for the host itself."""


class Watch:
    """Everything said since it was made, oldest first; each is reported at once. What Nagios said before is not new."""

    def __init__(self, lab: "Lab", tell: Callable[[Alert], object] = lambda _alert: None) -> None:
        self.begin = time.time()
        self.alerts: list[Alert] = []
        self._lab = lab
        self._tell = tell
        self._position = lab.log_position()
        self._before = reworded(lab.nagios(), ())
        self._logged = 0
        self._asked: dict[tuple[str, str], float] = {}

    def look(self) -> Status:
        """Take in what is new; what Nagios says now. New words within a hard state count from the check that said them."""
        # in this order: what the status has of a change of state is in the log already
        status = self._lab.nagios()
        logged = self._lab.alerts(self._position)
        new = logged[self._logged :]
        self._logged = len(logged)
        new += reworded(status, (*self._before, *self.alerts, *new))
        self.alerts += new
        for alert in new:
            self._tell(alert)
        return status

    def during(self, work: Callable[[], T]) -> T:
        """The result of some work, while looking."""
        with ThreadPoolExecutor(1) as pool:
            working = pool.submit(work)
            while not working.done():
                self.look()
                time.sleep(TICK)
            return working.result()

    def until(
        self, holds: Callable[[Status], bool], deadline: float, asking: Callable[[Status], Places] = lambda _status: ()
    ) -> bool:
        """Look until something holds; whether it did within `deadline` seconds. That it did not is a result, not an error.

        Meanwhile Nagios is made to look again at `asking`, instead of at the end of its interval.
        """
        begin = time.monotonic()
        while not (held := holds(status := self.look())) and time.monotonic() - begin < deadline:
            places = due(asking(status), status, self._asked, time.time())
            if places:
                self._lab.recheck(places)
                self._asked.update(dict.fromkeys(places, time.time()))
            time.sleep(TICK)
        return held


def due(places: Places, status: Status, asked: Mapping[tuple[str, str], float], now: float) -> list[tuple[str, str]]:
    """The places to ask for again, by when each was asked for last: the look that followed has ended with
    an answer, or takes too long.
    """
    looks = {(service.host, service.name): service for service in status.services}

    def free(place: tuple[str, str]) -> bool:
        before, look = asked.get(place, 0.0), looks.get(place)
        ended = look is None or look.last_check >= int(before)  # Nagios counts whole seconds
        late = look is not None and look.state != "OK" and LATE.search(look.output)
        return now - before >= (AGAIN if ended and not late else PATIENCE)

    return [place for place in places if free(place)]


def reworded(status: Status, before: Iterable[Alert]) -> list[Alert]:
    """Hard problems in other words than the service has given before."""
    known = {(alert.host, alert.service, alert.state, alert.output) for alert in before if alert.hard}
    return [
        Alert(service.last_check, service.host, service.name, service.state, True, service.output)
        for service in status.services
        if service.hard
        and service.state != "OK"
        and (service.host, service.name, service.state, service.output) not in known
    ]
