"""``hamon run``: the whole plan once, from the terminal, in parallel. Exit code: the worst state."""

import argparse
import json
import re
import shlex
import ssl  # noqa: F401  # one process runs many checks, some with TLS: client libraries must find it
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import NamedTuple

from hamon.commands import Command
from hamon.commands.plan import inventory_options, read_plan
from hamon.errors import UsageError
from hamon.plan import Place, Plan, PlannedCheck
from hamon.plan.arguments import PLUGIN_HEADROOM, nrpe
from hamon.verdict import SEVERITY, UNKNOWN, State, worst

PARALLEL = 24  # most of the time is waiting for other machines
GRACE = 3  # seconds that check_nrpe, or what --via names, may be late before it is killed


class Result(NamedTuple):
    """One item of the plan and what it said. ``seconds`` of wall time."""

    item: PlannedCheck
    state: State
    text: str
    perfdata: tuple[str, ...]
    long: str
    seconds: float


Said = tuple[State, str, tuple[str, ...], str]


def _options(parser: argparse.ArgumentParser) -> None:
    inventory_options(parser)
    parser.add_argument("--only", metavar="REGEX", help="only items whose host/check the expression finds")
    parser.add_argument(
        "--via",
        metavar="COMMAND",
        help="how to make a host run its NRPE command; {address} {name} {command} {timeout} are filled in",
    )
    parser.add_argument(
        "-j", "--jobs", type=int, default=PARALLEL, metavar="N", help=f"so many at once (default {PARALLEL})"
    )
    parser.add_argument("--json", action="store_true", help="results as JSON")


def _run(args: argparse.Namespace) -> int:
    if args.jobs < 1:
        raise UsageError(f"-j {args.jobs}: must be at least 1")
    if args.via is not None:
        fill_via(args.via, "a", "n", "c", 1)
    plan = read_plan(args, args.via or "")
    items = select(plan.checks, args.only, bool(args.via))
    addresses = {host.name: host.address for host in plan.hosts}
    results = list(run_all(items, args.jobs, lambda item: ask(item, plan, addresses, args.via), sys.stderr.isatty()))
    results.sort(key=lambda one: (-SEVERITY[one.state], one.item.host, one.item.check))
    print(as_json(results) if args.json else as_table(results))
    return int(worst([one.state for one in results]))


def select(checks: Sequence[PlannedCheck], only: str | None, other_way: bool) -> list[PlannedCheck]:
    """The items to run. Those that ask whether NRPE answers mean nothing when NRPE is not the way (``--via``)."""
    try:
        wanted = re.compile(only or "")
    except re.error as error:
        raise UsageError(f"--only {only}: no regular expression: {error}") from None
    found = [
        item
        for item in checks
        if wanted.search(f"{item.host}/{item.check}") and not (other_way and item.where is Place.NRPE)
    ]
    if not found:
        raise UsageError(
            f"--only {only}: finds nothing in the plan; see hamon plan" if only else "the plan is empty; see hamon plan"
        )
    return found


def run_all(
    items: Sequence[PlannedCheck], jobs: int, ask_one: Callable[[PlannedCheck], Said], progress: bool
) -> Iterator[Result]:
    """Results as they come. ``progress`` keeps a line on stderr up to date."""

    def timed(item: PlannedCheck) -> Result:
        begin = time.monotonic()
        said = ask_one(item)
        return Result(item, *said, round(time.monotonic() - begin, 3))

    with ThreadPoolExecutor(min(jobs, len(items))) as pool:
        waiting: list[Future[Result]] = [pool.submit(timed, item) for item in items]
        try:
            for number, done in enumerate(as_completed(waiting), 1):
                result = done.result()
                if progress:
                    name = f"{result.item.host}/{result.item.check}"[:50]
                    print(f"\r\033[K{number}/{len(items)} {name}", end="", file=sys.stderr, flush=True)
                yield result
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            if progress:
                print("\r\033[K", end="", file=sys.stderr, flush=True)


def ask(item: PlannedCheck, plan: Plan, addresses: Mapping[str, str], via: str | None) -> Said:
    """Run one item where it belongs: here for clusters and VIPs, on its host for the rest."""
    if item.where.of_pseudo_host:
        from hamon.catalogue import check_named
        from hamon.execute import execute

        told = execute(check_named(item.check), item.argv[1:])
        return told.state, told.text, told.perfdata, told.long
    timeout = plan.settings.nrpe.timeout
    if item.where is Place.NRPE:
        return command(list(item.argv), timeout + GRACE)
    address, name = addresses[item.host], f"check_{item.check}"
    if via:
        return command(fill_via(via, address, item.host, name, timeout), timeout + GRACE)
    return command([*nrpe(plan.settings.nrpe, address), "-c", name], timeout + GRACE)


def fill_via(template: str, address: str, name: str, command_: str, timeout: int) -> list[str]:
    """The words of a ``--via`` command. Raises UsageError when it is no template."""
    values = {"address": address, "name": name, "command": command_, "timeout": max(1, timeout - PLUGIN_HEADROOM)}
    try:
        words = [word.format_map(values) for word in shlex.split(template)]
    except KeyError as missing:
        raise UsageError(
            f"--via: {{{missing.args[0]}}} is unknown; there are {{address}} {{name}} {{command}} {{timeout}}"
        ) from None
    except (ValueError, IndexError, AttributeError) as error:
        raise UsageError(f"--via: {template!r} is no command template: {error}") from None
    if not words or "{command}" not in template:
        raise UsageError("--via: must be a command with {command} in it, such as: ssh {address} {command}")
    return words


def command(argv: list[str], timeout: float) -> Said:
    """Run one plugin and read its output as Nagios does."""
    try:
        done = subprocess.run(argv, capture_output=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return UNKNOWN, f"{argv[0]} gave no answer within {timeout:g} s", (), ""
    except OSError as error:
        return UNKNOWN, f"{argv[0]} cannot be run: {(error.strerror or '').lower()}", (), ""
    output = done.stdout.decode("utf-8", "replace") or done.stderr.decode("utf-8", "replace")
    first, _, long = output.strip().partition("\n")
    text, _, perfdata = first.partition("|")
    if done.returncode not in (0, 1, 2, 3):
        return UNKNOWN, f"{argv[0]} ended with exit code {done.returncode}: {text.strip() or 'no output'}", (), long
    return State(done.returncode), text.strip() or "no output", tuple(perfdata.split()), long


def as_table(results: Sequence[Result]) -> str:
    """Worst first, one line each, then how many are in which state."""
    rows = [(one.state.name, one.item.host, one.item.check, f"{one.seconds:.1f}s", one.text) for one in results]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]) for row in rows
    ]
    counts = [
        (state.name, sum(one.state is state for one in results))
        for state in sorted(State, key=SEVERITY.__getitem__, reverse=True)
    ]
    return "\n".join([*lines, "", ", ".join(f"{count} {name}" for name, count in counts if count)])


def as_json(results: Sequence[Result]) -> str:
    """All results, worst first."""
    told = [
        {
            "host": one.item.host,
            "check": one.item.check,
            "component": one.item.component,
            "where": one.item.where,
            "tier": one.item.tier,
            "state": one.state.name,
            "text": one.text,
            "perfdata": one.perfdata,
            "long": one.long,
            "seconds": one.seconds,
        }
        for one in results
    ]
    return json.dumps({"state": worst([one.state for one in results]).name, "results": told}, indent=2)


COMMAND = Command("run", "run the whole plan once, worst first", _options, _run)
