"""``hamon completion``: the script that completes ``hamon`` and all checks in a shell."""

import argparse

from hamon import catalogue
from hamon.commands import Command, commands
from hamon.commands import parser as whole
from hamon.completion import bash, fish, zsh
from hamon.completion.lines import Line, check_line, lines

SCRIPTS = {"bash": bash.script, "fish": fish.script, "zsh": zsh.script}


def every_line() -> list[Line]:
    """All command lines: those of ``hamon`` and its subcommands, then those of the checks."""
    from hamon.lab.catalogue import failures

    words = {
        "CHECK": tuple(catalogue.checks()),
        "FAILURE": tuple(failure.name for of_profile in failures().values() for failure in of_profile),
    }
    below = {f"hamon {command.name}": command.below() for command in commands().values() if command.below}
    return [*lines(whole(), below, words), *map(check_line, catalogue.checks().values())]


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=sorted(SCRIPTS), metavar="SHELL", help="bash, fish or zsh")


def _run(args: argparse.Namespace) -> int:
    print(SCRIPTS[args.shell](every_line()), end="")
    return 0


COMMAND = Command("completion", "print the script that completes hamon and the checks in a shell", _options, _run)
