"""The subcommands of ``hamon``: one module each, with a COMMAND statement, and the command line that they make together."""

import argparse
import importlib
import pkgutil
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from hamon import __version__

NOT_DONE = (3, "wrong options, or another error of hamon's own: one line on standard error")


class Command(NamedTuple):
    """One subcommand: ``options`` adds its arguments to a parser, ``run`` does it and returns the exit code.

    ``exits`` says what each exit code means, for its manual page. ``below`` makes the parser of a command that has
    subcommands of its own.
    """

    name: str
    help: str
    options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    exits: Sequence[tuple[int, str]] = ((0, "done"), NOT_DONE)
    below: Callable[[], argparse.ArgumentParser] | None = None


@cache
def commands() -> dict[str, Command]:
    """Every subcommand by name."""
    modules = sorted(m.name for m in pkgutil.iter_modules(__path__))
    every = [importlib.import_module(f"{__name__}.{name}").COMMAND for name in modules]
    return {command.name: command for command in every}


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    import hamon

    top = argparse.ArgumentParser(prog="hamon", description=hamon.__doc__)
    top.add_argument("-V", "--version", action="version", version=f"hamon {__version__}")
    below = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in commands().values():
        command.options(below.add_parser(command.name, help=command.help, description=command.help))
    return top
