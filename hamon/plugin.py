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

from hamon.budget import end_all, guard, limit_memory
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
    leave(outcome.render(), int(outcome.state))


def watch(check: Check[Any], seconds: float) -> None:
    """Limit this process's memory, and end it with a verdict when it still runs ``GRACE`` after the deadline of ``seconds``."""
    limit_memory()
    over = threading.Event()
    timer = threading.Timer(seconds + GRACE, give_up, (check, seconds, over))
    timer.daemon = True
    timer.start()
    guard(partial(follow, check, over))


def give_up(check: Check[Any], seconds: float, over: threading.Event) -> NoReturn:
    """The last resort, e.g. when a name server hangs inside the C library: a verdict, then out, and no child is left."""
    over.set()
    end_all(os.getpid())
    words = f"no verdict within {seconds:g} s: the system itself does not answer (DNS? disk?)"
    leave(f"{check.name.upper()} UNKNOWN - {words}", int(UNKNOWN))


def follow(check: Check[Any], over: threading.Event, code: int | None) -> NoReturn:
    """Leave as the child did that read a large answer; when it did not print a verdict, with one."""
    while over.is_set():  # the child was killed in give_up, whose thread leaves
        threading.Event().wait()
    if code is not None and code >= 0:
        os._exit(code)
    how = "" if code is None else f" by signal {-code}"
    leave(f"{check.name.upper()} UNKNOWN - the check's own process was ended{how}", int(UNKNOWN))


def leave(text: str, code: int) -> NoReturn:
    """Write the plugin's whole output and leave with ``code``; with UNKNOWN when it cannot be written (closed, full)."""
    try:
        write(text)
    except (OSError, ValueError, AttributeError):
        code = int(UNKNOWN)
    # Everything is written; taking the interpreter down in order would cost a sixth of the whole run.
    os._exit(code)


def write(text: str) -> None:
    """Write the plugin's whole output. Raises OSError, ValueError or AttributeError where there is no standard output."""
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.buffer.flush()
