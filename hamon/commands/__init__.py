"""The subcommands of ``hamon``: one module each, with a COMMAND statement, and the command line that they make together."""

import argparse
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Sequence
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
    found = [_load(module.name) for module in pkgutil.iter_modules(__path__)]
    return {command.name: command for command in sorted(found, key=lambda command: command.name)}


def asked(words: Sequence[str]) -> Sequence[Command]:
    """The subcommands that a call with these words can mean: the one that it names, else all of them.

    Loading all takes several times as long as most of them run; ``hamon notify`` is started for every notification.
    """
    modules = {module.name.replace("_", "-"): module.name for module in pkgutil.iter_modules(__path__)}
    named = modules.get(words[0]) if words else None
    return [_load(named)] if named else [*commands().values()]


def _load(module: str) -> Command:
    command: Command = importlib.import_module(f"{__name__}.{module}").COMMAND
    return command


def parser(below: Iterable[Command] = ()) -> argparse.ArgumentParser:
    """The parser of the whole command line, or of that part of it with the subcommands ``below``."""
    import hamon

    top = argparse.ArgumentParser(prog="hamon", description=hamon.__doc__)
    top.add_argument("-V", "--version", action="version", version=f"hamon {__version__}")
    places = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in below or commands().values():
        command.options(places.add_parser(command.name, help=command.help, description=command.help))
    return top
