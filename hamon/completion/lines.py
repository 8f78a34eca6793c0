"""What may stand on a command line, from its argparse parser: options, their values, and the commands below it. Pure."""

import argparse
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import NamedTuple

from hamon.check import Check
from hamon.options import parser as parser_of


class Kind(Enum):
    """What completes a value."""

    ANY = "any"  # nothing: it is the user's own
    FILE = "file"
    DIRECTORY = "directory"
    WORD = "word"  # one of a list
    PART = "part"  # one of a list, and more to type behind it


class Value(NamedTuple):
    """A value: how the help calls it, what completes it, the words where it is one of a list, and whether it can be left out."""

    name: str
    kind: Kind = Kind.ANY
    words: tuple[str, ...] = ()
    optional: bool = False


class Flag(NamedTuple):
    """An option by all its names; ``value`` None for a switch. ``many``: may be given several times."""

    names: tuple[str, ...]
    help: str
    value: Value | None
    many: bool


class Line(NamedTuple):
    """What may follow the words of ``name`` (``hamon plan``): options, a ``value``, and the commands ``below`` with their help."""

    name: str
    flags: tuple[Flag, ...]
    value: Value | None
    below: tuple[tuple[str, str], ...] = ()


# How the help calls a value says what it is.
KINDS = {
    "FILE": Kind.FILE,
    "SOURCE": Kind.FILE,
    "PROGRAM": Kind.FILE,
    "DIR|FILE": Kind.FILE,
    "DIR": Kind.DIRECTORY,
}
THRESHOLDS = ("warnings", "criticals")

Below = Mapping[str, argparse.ArgumentParser]  # command to the parser of its own commands
Words = Mapping[str, tuple[str, ...]]  # how the help calls a value, to the words that it is one of


def help_of(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    """An option's help with its default filled in."""
    return argparse.HelpFormatter(parser.prog)._expand_help(action) if action.help else ""


def lines(parser: argparse.ArgumentParser, below: Below, words: Words) -> Iterator[Line]:
    """The line of ``parser`` and those of all commands below it."""
    deeper = below.get(parser.prog)
    if deeper is not None:
        yield from lines(deeper, {}, words)
        return
    actions = [action for action in parser._actions if action.help != argparse.SUPPRESS]
    groups = [action for action in actions if isinstance(action, argparse._SubParsersAction)]
    places = [action for action in actions if not action.option_strings and action not in groups]
    commands = [(entry.dest, entry.help or "") for group in groups for entry in group._choices_actions]
    yield Line(
        parser.prog,
        tuple(flag(parser, action, words) for action in actions if action.option_strings),
        value(places[0], words) if places else None,
        tuple(commands),
    )
    for group in groups:
        for inner in group.choices.values():
            yield from lines(inner, below, words)


def check_line(check: Check) -> Line:  # type: ignore[type-arg]
    """The line of a plugin. Thresholds complete by name, and the help of an option ends with its default."""
    parser = parser_of(check)
    names = {dest: tuple(f"{limit.name}=" for limit in check.limits) for dest in THRESHOLDS}
    flags = []
    for action in parser._actions:
        made = flag(parser, action, {})
        if action.dest in names:
            made = made._replace(value=Value("NAME=RANGE", Kind.PART, names[action.dest]))
        elif made.value and action.default not in (None, "", (), []):
            made = made._replace(help=f"{made.help}; default: {shown(action.default)}")
        flags.append(made)
    return Line(check.program, tuple(flags), None)


def shown(default: object) -> str:
    """A default as one types it."""
    return f"{default:g}" if isinstance(default, float) else str(default)


def flag(parser: argparse.ArgumentParser, action: argparse.Action, words: Words) -> Flag:
    """One option."""
    many = isinstance(action, argparse._AppendAction)
    taken = None if action.nargs == 0 else value(action, words)
    return Flag(tuple(action.option_strings), help_of(parser, action), taken, many)


def value(action: argparse.Action, words: Words) -> Value:
    """What an option or a place takes."""
    name = str(action.metavar or action.dest.upper())
    of_list = tuple(map(str, action.choices or words.get(name, ())))
    kind = Kind.WORD if of_list else KINDS.get(name, Kind.ANY)
    return Value(name, kind, of_list, action.nargs in ("?", "*"))
