"""The whole plan once: every item where it belongs, many at once."""

import queue
import ssl  # noqa: F401  # one process runs many checks, some with TLS: client libraries must find it
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from hamon.check import Check
from hamon.execute import execute
from hamon.nrpe import GRACE, PLUGIN_HEADROOM, SERVICE_CHECK_TIMEOUT, asking, fill
from hamon.plan.model import Place, Plan, PlannedCheck
from hamon.verdict import UNKNOWN, Outcome, State

TICK = 0.2  # seconds between two looks for a check that hangs


class Result(NamedTuple):
    """One item of the plan and its outcome. ``seconds`` of wall time."""

    item: PlannedCheck
    outcome: Outcome
    seconds: float


def run(
    items: Sequence[PlannedCheck],
    jobs: int,
    ask: Callable[[PlannedCheck], Outcome],
    longest: float = SERVICE_CHECK_TIMEOUT,
) -> Iterator[Result]:
    """Results of ``items`` as they come, ``jobs`` at once. ``ask`` gets an item's outcome, UNKNOWN after ``longest`` seconds."""

    def timed(item: PlannedCheck) -> Result:
        begin = time.monotonic()
        outcome = ask(item)
        return Result(item, outcome, round(time.monotonic() - begin, 3))

    done: queue.SimpleQueue[Result | BaseException] = queue.SimpleQueue()
    waiting = list(reversed(items))
    running: dict[int, tuple[PlannedCheck, float]] = {}

    def work(item: PlannedCheck) -> None:
        try:
            done.put(timed(item))
        except BaseException as error:  # it goes to the caller's thread
            done.put(error)

    # Threads that the end of the process does not wait for: one check may hang in a library beyond every deadline.
    while waiting or running:
        while waiting and len(running) < jobs:
            item = waiting.pop()
            running[id(item)] = (item, time.monotonic())
            threading.Thread(target=work, args=(item,), daemon=True).start()
        with suppress(queue.Empty):
            result = done.get(timeout=TICK)
            if isinstance(result, BaseException):
                raise result
            if running.pop(id(result.item), None):  # else it was given up before
                yield result
        for key, (item, began) in list(running.items()):
            if time.monotonic() - began > longest:
                del running[key]
                words = f"{item.check} gave no answer within {longest:g} s and was left behind"
                yield Result(item, Outcome(UNKNOWN, item.check.upper(), words), round(longest, 3))


def asker(plan: Plan, checks: Mapping[str, Check[Any]], via: str | None) -> Callable[[PlannedCheck], Outcome]:
    """The function that ``run`` asks with: clusters and VIPs from here, the rest on its host, through NRPE or by ``via``."""
    addresses = {host.name: host.address for host in plan.hosts}
    how = plan.settings.nrpe

    def ask(item: PlannedCheck) -> Outcome:
        if item.where.of_pseudo_host:
            return execute(checks[item.check], item.argv[1:])
        address, name = addresses[item.host], f"check_{item.check}"
        if item.where is Place.NRPE:
            argv = item.argv
        elif via:
            argv = tuple(fill(via, address, item.host, name, how.timeout - PLUGIN_HEADROOM))
        else:
            argv = asking(how, address, name)
        return of_program(argv, how.timeout + GRACE)

    return ask


def of_program(argv: Sequence[str], timeout: float) -> Outcome:
    """Run one plugin, ``timeout`` seconds at most, and read its output as Nagios does."""
    program = argv[0]
    try:
        done = subprocess.run(argv, capture_output=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return Outcome(UNKNOWN, program, f"{program} gave no answer within {timeout:g} s")
    except OSError as error:
        return Outcome(UNKNOWN, program, f"{program} cannot be run: {(error.strerror or '').lower()}")
    output = done.stdout.decode("utf-8", "replace") or done.stderr.decode("utf-8", "replace")
    first, _, long = output.strip().partition("\n")
    text, _, perfdata = first.partition("|")
    if done.returncode not in tuple(State):
        what = text.strip() or "no output"
        return Outcome(UNKNOWN, program, f"{program} ended with exit code {done.returncode}: {what}", (), long)
    return Outcome(State(done.returncode), program, text.strip() or "no output", tuple(perfdata.split()), long)
