"""``hamon demo``: the live cloud where it can run, the same story from recordings where it cannot."""

import argparse
import sys
from itertools import groupby

from hamon.commands import Command
from hamon.verdict import OK


def replay() -> int:
    """Play the recorded story through the checks; needs nothing but Python."""
    from hamon.lab.proof.story import play

    wrong = 0
    for chapter, scenes in groupby(play(), key=lambda scene: scene.chapter):
        print(f"\n== {chapter.title}")
        for scene in scenes:
            wrong += scene.outcome.state.name != scene.look.state
            first, _, below = scene.outcome.render().partition("\n")
            print(f"   {scene.look.host:<15} {first.split(' | ')[0]}")
            for line in below.splitlines() if scene.outcome.state is not OK else ():
                print(f"   {'':<15}   {line}")
    print(
        "\nEvery answer was recorded from real services in the lab; `make demo` on Debian or Ubuntu breaks them live."
    )
    return 1 if wrong else 0


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--replay", action="store_true", help="play the recorded story instead of starting a cloud")


def _run(args: argparse.Namespace) -> int:
    if args.replay:
        return replay()
    from hamon.lab import prerequisites
    from hamon.lab.__main__ import main
    from hamon.lab.errors import MissingError
    from hamon.lab.profiles import CONTROLLER

    try:
        prerequisites.require(CONTROLLER)
    except MissingError as missing:
        print(f"no live cloud here: {missing}. The same story from recordings:", file=sys.stderr)
        return replay()
    return main(["demo"])


COMMAND = Command("demo", "a cloud breaks three times and is caught by name", _options, _run)
