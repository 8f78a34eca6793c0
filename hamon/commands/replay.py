"""``hamon replay``: judge recordings, many at once, and say which expectations hold."""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from hamon.catalogue import check_named
from hamon.commands import Command
from hamon.errors import UsageError
from hamon.execute import execute
from hamon.probe.tape import read
from hamon.table import table
from hamon.verdict import Outcome, State


class Replayed(NamedTuple):
    """One recording judged. ``expected`` is its whole first line as it should be, or None when it expects nothing."""

    path: Path
    check: str
    outcome: Outcome
    expected: str | None

    @property
    def line(self) -> str:
        """The status line with its perfdata."""
        return self.outcome.render().splitlines()[0]

    @property
    def matches(self) -> bool:
        """Whether the verdict is the expected one; True when nothing was expected."""
        return self.expected is None or self.expected == self.line


def files(paths: Sequence[Path]) -> Iterator[Path]:
    """Recordings among files and folders (searched below, ``*.json``), sorted within each folder. Raises UsageError."""
    for path in paths:
        if path.is_dir():
            found = sorted(path.rglob("*.json"))
            if not found:
                raise UsageError(f"{path} has no recordings (*.json)")
            yield from found
        else:
            yield path


def replayed(path: Path, args: Sequence[str] = ()) -> Replayed:
    """Judge one recording with extra arguments. Raises UsageError when it is none."""
    recording = read(str(path))
    check = check_named(recording["check"])
    outcome = execute(check, ["--replay", str(path), *args])
    expect = recording.get("expect")
    return Replayed(path, check.program, outcome, expect["output"] if expect and not args else None)


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=Path, metavar="DIR|FILE", help="recordings, or folders of them")
    parser.add_argument("--json", action="store_true", help="one JSON object for each recording")
    parser.add_argument(
        "--with",
        dest="args",
        action="append",
        default=[],
        metavar="ARG",
        help="an extra argument for every check, e.g. --with=-wflow_paused=0.2",
    )


def _run(args: argparse.Namespace) -> int:
    judged = [replayed(path, args.args) for path in files(args.paths)]
    wrong = [one for one in judged if not one.matches]
    if args.json:
        for one in judged:
            print(
                json.dumps(
                    {
                        "file": str(one.path),
                        "check": one.check,
                        "state": one.outcome.state.name,
                        "output": one.line,
                        "as_expected": one.matches,
                    }
                )
            )
    else:
        marks = {True: "", False: "UNEXPECTED"}
        rows = [
            (one.path.stem, one.check, State(one.outcome.state).name, one.outcome.text, marks[one.matches])
            for one in judged
        ]
        print(table(("recording", "check", "state", "verdict", ""), rows))
        expecting = sum(one.expected is not None for one in judged)
        print(f"\n{len(judged)} recordings, {expecting} with an expected verdict, {len(wrong)} unexpected")
        for one in wrong:
            print(f"\n{one.path}\n  expected {one.expected}\n  got      {one.line}")
    return 1 if wrong else 0


COMMAND = Command("replay", "judge recorded answers again, many at once", _options, _run)
