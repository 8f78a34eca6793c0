"""``hamon replay``: judge recordings, many at once, and say which expectations hold."""

import argparse
import json
from pathlib import Path

from hamon.commands import Command
from hamon.replay import files, replayed
from hamon.table import table


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=Path, metavar="DIR|FILE", help="recordings, or folders of them")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="one JSON object for each recording")
    shape.add_argument("--long", action="store_true", help="whole verdicts: perfdata and the lines below, too")
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
                        "long": one.outcome.long,
                        "as_expected": one.matches,
                    }
                )
            )
    else:
        marks = {True: "", False: "UNEXPECTED"}
        rows = [
            (one.path.stem, one.check, one.outcome.state.name, one.outcome.text, marks[one.matches]) for one in judged
        ]
        if args.long:
            print("\n\n".join(f"{one.path}\n{one.outcome.render()}" for one in judged))
        else:
            print(table(("recording", "check", "state", "verdict", ""), rows))
        expecting = sum(one.expected is not None for one in judged)
        print(f"\n{len(judged)} recordings, {expecting} with an expected verdict, {len(wrong)} unexpected")
        for one in wrong:
            print(f"\n{one.path}\n  expected {one.expected}\n  got      {one.line}")
    return 1 if wrong else 0


COMMAND = Command("replay", "judge recorded answers again, many at once", _options, _run)
