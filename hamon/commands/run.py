"""``hamon run``: the whole plan once, from the terminal, in parallel. Exit code: the worst state."""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from hamon import catalogue
from hamon.commands import Command
from hamon.commands.plan import inventory_options, read_plan
from hamon.errors import UsageError
from hamon.nrpe import GRACE, SERVICE_CHECK_TIMEOUT, fill
from hamon.plan import Place, PlannedCheck
from hamon.plan.run import Result, asker, run
from hamon.table import table
from hamon.verdict import SEVERITY, State, worst

PARALLEL = 24  # most of the time is waiting for other machines


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
        _refuse_wrong(args.via)
    plan = read_plan(args, args.via or "")
    items = select(plan.checks, args.only, bool(args.via))
    longest = max(SERVICE_CHECK_TIMEOUT, plan.settings.nrpe.timeout + 2 * GRACE)
    coming = run(items, args.jobs, asker(plan, catalogue.checks(), args.via), longest)
    results = list(_shown(coming, len(items)) if sys.stderr.isatty() else coming)
    results.sort(key=lambda result: (-SEVERITY[result.outcome.state], result.item.host, result.item.check))
    print(as_json(results) if args.json else as_table(results))
    return int(_worst(results))


def _refuse_wrong(via: str) -> None:
    fill(via, "address", "name", "command", 1)
    if "{command}" not in via:
        raise UsageError("--via: must be a command with {command} in it, such as: ssh {address} {command}")


def select(checks: Sequence[PlannedCheck], only: str | None, other_way: bool) -> list[PlannedCheck]:
    """The items to run. Those that ask whether NRPE answers mean nothing when NRPE is not the way (``--via``)."""
    try:
        wanted = re.compile(only or "")
    except re.error as error:
        raise UsageError(f"--only {only}: no regular expression: {error}") from None
    items = [
        item
        for item in checks
        if wanted.search(f"{item.host}/{item.check}") and not (other_way and item.where is Place.NRPE)
    ]
    if not items:
        raise UsageError(
            f"--only {only}: finds nothing in the plan; see hamon plan" if only else "the plan is empty; see hamon plan"
        )
    return items


def _shown(results: Iterable[Result], count: int) -> Iterator[Result]:
    """``results``, with a line on the terminal that says which one of ``count`` came last."""
    try:
        for number, result in enumerate(results, 1):
            name = f"{result.item.host}/{result.item.check}"[:50]
            print(f"\r\033[K{number}/{count} {name}", end="", file=sys.stderr, flush=True)
            yield result
    finally:
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def _worst(results: Sequence[Result]) -> State:
    return worst([result.outcome.state for result in results])


def as_table(results: Sequence[Result]) -> str:
    """The results as text: worst first, one line each, then how many are in which state."""
    rows = [
        (outcome.state.name, item.host, item.check, f"{seconds:.1f}s", outcome.text)
        for item, outcome, seconds in results
    ]
    counts = Counter(result.outcome.state for result in results)
    sums = ", ".join(
        f"{counts[state]} {state.name}" for state in sorted(counts, key=SEVERITY.__getitem__, reverse=True)
    )
    return f"{table(('state', 'host', 'check', 'took', 'output'), rows, whole=True)}\n\n{sums}"


def as_json(results: Sequence[Result]) -> str:
    """All results as JSON, worst first."""
    rows = [
        {
            "host": item.host,
            "check": item.check,
            "component": item.component,
            "where": item.where,
            "tier": item.tier,
            "state": outcome.state.name,
            "text": outcome.text,
            "perfdata": outcome.perfdata,
            "long": outcome.long,
            "seconds": seconds,
        }
        for item, outcome, seconds in results
    ]
    return json.dumps({"state": _worst(results).name, "results": rows}, indent=2)


EXITS = (
    (0, "everything is OK"),
    (1, "the worst is WARNING"),
    (2, "the worst is CRITICAL"),
    (3, "the worst is UNKNOWN, or an error of hamon's own"),
)
COMMAND = Command("run", "run the whole plan once, worst first", _options, _run, EXITS)
