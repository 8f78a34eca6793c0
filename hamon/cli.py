"""The ``hamon`` command: finds the subcommands, parses, and turns hamon's own errors into one line and exit code 3."""

import argparse
import importlib
import os
import pkgutil
import sys
from collections.abc import Sequence
from functools import cache

import hamon.commands
from hamon import __version__
from hamon.commands import Command
from hamon.errors import HamonError


@cache
def commands() -> dict[str, Command]:
    """Every subcommand by name."""
    modules = sorted(m.name for m in pkgutil.iter_modules(hamon.commands.__path__))
    every = [importlib.import_module(f"hamon.commands.{name}").COMMAND for name in modules]
    return {command.name: command for command in every}


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    top = argparse.ArgumentParser(prog="hamon", description=hamon.__doc__)
    top.add_argument("-V", "--version", action="version", version=f"hamon {__version__}")
    below = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in commands().values():
        command.options(below.add_parser(command.name, help=command.help, description=command.help))
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``hamon``. Exit code 3 for hamon's own errors, else what the subcommand says."""
    try:
        args = parser().parse_args(argv)
    except SystemExit as stop:
        return 3 if stop.code else 0
    try:
        return commands()[args.command].run(args)
    except HamonError as error:
        print(f"hamon {args.command}: {error}", file=sys.stderr)
        return 3
    except BrokenPipeError:
        # The reader (head, less) went away: not an error of ours. Keep the interpreter's last flush quiet too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
