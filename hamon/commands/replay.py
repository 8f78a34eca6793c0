"""``hamon replay``: judge recordings, many at once, and say which expectations hold."""

import argparse
import json
from pathlib import Path

from hamon.commands import NOT_DONE, Command
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
    wrong = [replay for replay in judged if not replay.matches]
    if args.json:
        for replay in judged:
            print(
                json.dumps(
                    {
                        "file": str(replay.path),
                        "check": replay.check,
                        "state": replay.outcome.state.name,
                        "output": replay.line,
                        "long": replay.outcome.long,
                        "as_expected": replay.matches,
                    }
                )
            )
    else:
        marks = {True: "", False: "UNEXPECTED"}
        rows = [
            (replay.path.stem, replay.check, replay.outcome.state.name, replay.outcome.text, marks[replay.matches])
            for replay in judged
        ]
        if args.long:
            print("\n\n".join(f"{replay.path}\n{replay.outcome.render()}" for replay in judged))
        else:
            print(table(("recording", "check", "state", "verdict", ""), rows))
        expecting = sum(replay.expected is not None for replay in judged)
        print(f"\n{len(judged)} recordings, {expecting} with an expected verdict, {len(wrong)} unexpected")
        for replay in wrong:
            print(f"\n{replay.path}\n  expected {replay.expected}\n  got      {replay.line}")
    return 1 if wrong else 0


EXITS = ((0, "every expectation holds"), (1, "an expectation does not hold"), NOT_DONE)
COMMAND = Command("replay", "judge recorded answers again, many at once", _options, _run, EXITS)
