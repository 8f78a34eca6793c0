"""Waiting, always for a truth and never for a number of seconds."""

import time
from collections.abc import Callable

from hamon.lab.errors import LabError, NotYetError

Holds = Callable[[], bool]
INTERVAL = 0.2
"""Seconds between two looks: short against every time-out in the lab, long against the cost of one `mariadb` client."""


def until(holds: Holds, what: str, deadline: float, interval: float = INTERVAL) -> float:
    """Look until `holds()`; the seconds it took.

    A LabError while looking means "not yet" (a service that is still starting refuses); it is named if it lasts.
    Raises NotYetError after `deadline` seconds.
    """
    begin = time.monotonic()
    last = ""
    while True:
        try:
            if holds():
                return time.monotonic() - begin
            last = ""
        except LabError as error:
            last = f" ({error})"
        if time.monotonic() - begin > deadline:
            raise NotYetError(f"waited {deadline:g} s in vain for: {what}{last}")
        time.sleep(interval)
