"""The edge of a plugin's process: run the check, print, leave with the exit code.

Every check module ends with ``main = plugin(CHECK)``; its entry point in pyproject.toml names that ``main``.
"""

import gc
import os
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

from hamon.check import Check
from hamon.execute import execute
from hamon.verdict import UNKNOWN

GRACE = 0.7  # seconds after the deadline at which the process is ended by force; the promise is deadline + 1 s


def plugin(check: Check[Any]) -> Callable[[], NoReturn]:
    """The entry point of the check's process."""
    return partial(run, check)


def run(check: Check[Any]) -> NoReturn:
    """Judge, print, and leave with the exit code; by force when even the deadline was not kept."""
    gc.disable()  # seconds of life: looking for cycles among the facts of 20,000 queues would cost more than it frees
    outcome = execute(check, sys.argv[1:], partial(watch, check))
    write(outcome.render())
    # Everything is written; taking the interpreter down in order would cost a sixth of the whole run.
    os._exit(int(outcome.state))


def watch(check: Check[Any], seconds: float) -> None:
    """End this process with a verdict when it still runs ``GRACE`` after the deadline of ``seconds``."""
    timer = threading.Timer(seconds + GRACE, give_up, (check, seconds))
    timer.daemon = True
    timer.start()


def give_up(check: Check[Any], seconds: float) -> NoReturn:
    """The last resort, e.g. when a name server hangs inside the C library: a verdict, then out."""
    write(
        f"{check.name.upper()} UNKNOWN - no verdict within {seconds:g} s: the system itself does not answer (DNS? disk?)"
    )
    os._exit(int(UNKNOWN))


def write(text: str) -> None:
    """Write the plugin's whole output."""
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.buffer.flush()
