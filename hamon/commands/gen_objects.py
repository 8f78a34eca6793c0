"""``hamon gen-objects``: inventory -> Nagios objects and NRPE commands, validated, then swapped in at once.

Exit codes: 0 done or unchanged, 1 would change (--dry-run), 2 refused (validation, --max-delta), 3 usage.
"""

import argparse
import contextlib
import difflib
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hamon.commands import Command
from hamon.commands.plan import inventory_options, read_plan
from hamon.inventory.model import some
from hamon.nagios_objects import nagios, output
from hamon.nagios_objects.build import build
from hamon.nagios_objects.machine import warnings
from hamon.nagios_objects.render import render
from hamon.nagios_objects.validate import problems
from hamon.plan import Plan
from hamon.verdict import UsageError

LISTED = 20  # lines of each kind in the summary; --json has them all


class Report(NamedTuple):
    """How it ended, for people and for --json."""

    result: str
    code: int
    delta: output.Delta | None = None
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    preflight: nagios.Preflight | None = None


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
        metavar="20%",
        help="refuse to lose more than this share of the hosts or services",
    )
    parser.add_argument("--no-nagios", action="store_true", help="do not let Nagios itself verify the objects")
    parser.add_argument("--json", action="store_true", help="report as JSON")


def _run(args: argparse.Namespace) -> int:
    plan = read_plan(args)
    report, diff = generate(plan, args)
    if args.json:
        print(json.dumps(_as_json(plan, report), indent=2))
    else:
        for line in diff:
            print(line)
        for line in _lines(plan, report, args.output):
            print(line)
    for note in report.notes if not args.json else ():
        print(f"note: {note}", file=sys.stderr)
    for problem in report.problems if not args.json else ():
        print(f"refused: {problem}", file=sys.stderr)
    return report.code


def generate(plan: Plan, args: argparse.Namespace) -> tuple[Report, list[str]]:
    """Do it: validate, compare, stage, let Nagios verify, swap. Returns the report and the diff asked for."""
    notes = warnings(plan)
    objects = build(plan)
    wrong = problems(plan, objects)
    if wrong:
        return Report("refused", 2, problems=tuple(wrong), notes=tuple(notes)), []
    try:
        files = render(plan, objects)
    except UsageError as error:
        return Report("refused", 2, problems=(str(error),), notes=tuple(notes)), []
    directory = Path(args.output).resolve()
    if directory.exists() and not directory.is_dir():
        raise UsageError(f"{directory} is not a directory")
    current = output.read_current(directory)
    services = output.services_of(plan)
    delta = output.compare(current, plan, files, services)
    diff = list(_diff(directory, current, files, delta)) if args.diff else []
    if not delta:
        return Report("unchanged", 0, delta, notes=tuple(notes)), diff
    notes += [f"{path} was edited by hand since hamon wrote it; it is replaced" for path in current.edited]
    clashes = sorted(set(output.foreign(directory, current)) & files.keys())
    if clashes:
        wrong.append(f"{directory}: not written by hamon: {some(clashes)}; move them away or choose another -o")
    lost = output.losses(current, delta)
    if args.max_delta is not None and lost > args.max_delta:
        wrong.append(f"{lost:.0%} of the hosts or services would go, more than --max-delta {args.max_delta:.0%}")
    if wrong:
        return Report("refused", 2, delta, tuple(wrong), tuple(notes)), diff
    files[output.MANIFEST] = output.manifest(plan, files, services)
    with _staged(directory, files, args.dry_run) as staged:
        verified = _verify(staged, plan, args.no_nagios, notes)
        if verified and verified.errors:
            return Report("refused", 2, delta, verified.errors, tuple(notes), verified), diff
        if args.dry_run:
            return Report("would change", 1, delta, notes=tuple(notes), preflight=verified), diff
        output.swap(staged, directory, current)
    return Report("changed", 0, delta, notes=tuple(notes), preflight=verified), diff


@contextlib.contextmanager
def _staged(directory: Path, files: Mapping[str, str], dry_run: bool) -> Iterator[Path]:
    """The files in a directory of their own: beside the output for a swap, anywhere for a dry run. Gone afterwards."""
    staged = Path(tempfile.mkdtemp(prefix="hamon-dry-run-")) if dry_run else output.make_stage(directory)
    try:
        try:
            output.stage(staged, files)
        except OSError as error:
            raise UsageError(f"{staged}: cannot be written: {(error.strerror or '').lower()}") from None
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _verify(staged: Path, plan: Plan, skip: bool, notes: list[str]) -> nagios.Preflight | None:
    """What Nagios says about the staged objects; None when it was not asked."""
    program = None if skip else nagios.find()
    if program is None:
        if not skip:
            notes.append("no nagios4 on this machine: the objects passed hamon's own validation only")
        return None
    verdict = nagios.preflight(program, staged / "objects")
    notes += verdict.warnings
    if verdict.errors:
        return verdict
    expected = (len(plan.checks), len(plan.hosts))
    if (verdict.services, verdict.hosts) != expected:
        text = f"{program} counts {verdict.services} services on {verdict.hosts} hosts, the plan has {expected[0]} on {expected[1]}"
        return verdict._replace(errors=(text,))
    return verdict


def _diff(directory: Path, current: output.Current, files: Mapping[str, str], delta: output.Delta) -> Iterator[str]:
    for path in delta.files:
        old = ""
        if path in current.files:
            with contextlib.suppress(OSError):
                old = (directory / path).read_text(encoding="utf-8", errors="replace")
        yield from difflib.unified_diff(
            old.splitlines(), files.get(path, "").splitlines(), f"old/{path}", f"new/{path}", lineterm=""
        )


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


COMMAND = Command("gen-objects", "write Nagios objects and NRPE commands from the inventory", _options, _run)
