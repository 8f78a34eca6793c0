"""``hamon gen-objects``: inventory -> Nagios objects and NRPE commands, validated, then swapped in at once.

Exit codes: 0 done or unchanged, 1 would change (--dry-run), 2 refused (validation, --max-delta), 3 usage.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from hamon.commands import Command
from hamon.commands.plan import inventory_options, read_plan
from hamon.commands.plan import note as as_note
from hamon.nagios_objects.generate import Report, generate
from hamon.plan import Plan

MAX_DELTA = 0.2  # an inventory read halfway must not silence the monitoring
LISTED = 20  # lines of each kind in the summary; --json has them all


def _percentage(text: str) -> float:
    value = float(text.removesuffix("%"))
    if not 0 <= value <= 100:
        raise ValueError(text)
    return value / 100


def _options(parser: argparse.ArgumentParser) -> None:
    inventory_options(parser)
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="DIR",
        help="write DIR/objects (for Nagios' cfg_dir), DIR/nrpe and DIR/sudoers",
    )
    parser.add_argument(
        "-n", "--dry-run", action="store_true", help="write nothing; exit 1 when something would change"
    )
    parser.add_argument("--diff", action="store_true", help="show the changed lines")
    parser.add_argument(
        "--max-delta",
        type=_percentage,
        default=MAX_DELTA,
        metavar="SHARE",
        help=f"refuse to lose more than this share of the hosts or services (default {MAX_DELTA:.0%}%; 100%% takes anything)",
    )
    parser.add_argument("--no-nagios", action="store_true", help="do not let Nagios itself verify the objects")
    parser.add_argument(
        "--nagios-cfg",
        metavar="FILE",
        help="Nagios' main configuration, to say what it lacks (default: where distributions have it)",
    )
    parser.add_argument("--json", action="store_true", help="report as JSON")


def _run(args: argparse.Namespace) -> int:
    plan = read_plan(args)
    report = generate(
        plan,
        args.output,
        dry_run=args.dry_run,
        with_diff=args.diff,
        max_delta=args.max_delta,
        ask_nagios=not args.no_nagios,
        nagios_cfg=args.nagios_cfg,
    )
    if args.json:
        print(json.dumps(_as_json(plan, report), indent=2))
    else:
        for line in (*report.diff, *_lines(plan, report, args.output)):
            print(line)
    for note in report.notes if not args.json else ():
        print(as_note(note), file=sys.stderr)
    for problem in report.problems if not args.json else ():
        print(f"refused: {problem}", file=sys.stderr)
    return report.code


_KINDS = (
    ("ADD", "host", "hosts_added"),
    ("REMOVE", "host", "hosts_removed"),
    ("ADD", "service", "added"),
    ("REMOVE", "service", "removed"),
    ("CHANGE", "service", "changed"),
)


def _lines(plan: Plan, report: Report, where: str) -> Iterator[str]:
    for verb, what, field in _KINDS:
        names: Sequence[str] = getattr(report.delta, field, ())
        yield from (f"{verb} {what} {name}" for name in names[:LISTED])
        if len(names) > LISTED:
            yield f"{verb} {what} ... and {len(names) - LISTED} more"
    size = f"{len(plan.checks)} services on {len(plan.hosts)} hosts, plan {plan.digest}"
    files = f"{len(report.delta.files)} files" if report.delta else "0 files"
    checked = f"; verified by {report.preflight.program}" if report.preflight and not report.preflight.errors else ""
    text = {
        "changed": f"{files} changed in",
        "would change": f"{files} would change in",
        "unchanged": "nothing to change in",
    }
    yield f"{text.get(report.result, 'refused, nothing changed in')} {where}: {size}{checked}"


def _as_json(plan: Plan, report: Report) -> dict[str, Any]:
    return {
        "result": report.result,
        "plan": plan.digest,
        "services": len(plan.checks),
        "hosts": len(plan.hosts),
        **({key: list(value) for key, value in report.delta._asdict().items()} if report.delta is not None else {}),
        "problems": list(report.problems),
        "notes": [*plan.findings, *report.notes],
        "nagios": report.preflight._asdict() if report.preflight else None,
    }


EXITS = (
    (0, "done, or nothing to change"),
    (1, "`--dry-run`: something would change"),
    (2, "refused: validation, Nagios, or `--max-delta`; nothing changed"),
    (3, "wrong options, inventory or settings; nothing changed"),
)
COMMAND = Command("gen-objects", "write Nagios objects and NRPE commands from the inventory", _options, _run, EXITS)
