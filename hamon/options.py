"""A check's command line, made from its statements. The one place that touches argparse.

argparse exits 2 on a usage error, which Nagios reads as CRITICAL; here it is a UsageError (exit 3) in one line.
"""

import argparse
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from hamon import __version__
from hamon.check import Check, Limit, Option, Options
from hamon.errors import UsageError
from hamon.limits import checked_range
from hamon.words import nearest


class Printed(Exception):  # noqa: N818  # not an error: --help and --version end the run with a text
    """The call asked for a text instead of a verdict."""


class _Parser(argparse.ArgumentParser):
    """An argparse parser that raises instead of printing and leaving."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:  # noqa: ARG002
        raise Printed(message or "")

    def _print_message(self, message: str, file: Any = None) -> None:  # noqa: ARG002
        raise Printed(message.rstrip("\n"))


def seconds(text: str) -> float:
    """A positive number of seconds (option type)."""
    value = float(text)
    if not 0 < value <= 86400:
        raise ValueError(text)
    return value


COMMON = (
    Option(("-t", "--timeout"), "give a verdict within SECONDS, whatever hangs", seconds, 10.0, "SECONDS"),
    Option(("-w", "--warning"), "WARNING when NAME is outside RANGE; without NAME= where there is one threshold only",
           metavar="NAME=RANGE", many=True, dest="warnings"),
    Option(("-c", "--critical"), "CRITICAL when NAME is outside RANGE", metavar="NAME=RANGE", many=True, dest="criticals"),
    Option(("--facts",), "print the facts as JSON instead of a verdict", switch=True),
    Option(("--record",), "write every answer from outside to FILE, redacted", metavar="FILE"),
    Option(("--replay",), "judge the answers recorded in FILE; nothing is asked", metavar="FILE"),
    Option(("-v", "--verbose"), "a traceback when the check itself fails", switch=True),
)  # fmt: skip

# What does not change the question: two calls that differ only in these share what they remember.
NOT_IDENTITY = {"timeout", "warnings", "criticals", "record", "replay", "verbose", "limits"}


def add(parser: argparse.ArgumentParser, option: Option) -> None:
    """Add one stated option to an argparse parser."""
    extra: dict[str, Any] = {"help": option.help, "default": option.default}
    if option.dest:
        extra["dest"] = option.dest
    if option.switch:
        extra.update(action="store_true", default=False)
    else:
        extra.update(type=option.type, metavar=option.metavar)
        if option.many:
            extra.update(action="append", default=list(option.default or ()))
    parser.add_argument(*option.flags, **extra)


def parser(check: Check[Any]) -> argparse.ArgumentParser:
    """The parser of one check: its own options, then the common ones."""
    made = _Parser(
        prog=check.program, description=check.title, epilog=epilog(check), allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    for option in (*check.options, *COMMON):
        add(made, option)
    made.add_argument("-V", "--version", action="version", version=f"{check.program} (hamon {__version__})")
    return made


def epilog(check: Check[Any]) -> str:
    """What stands below the options under ``--help``: the thresholds and an example."""
    example = "\n".join(["example:", *(f"  {line}" for line in example_lines(check))]) if check.example else ""
    return "\n\n".join(filter(None, (thresholds_help(check), example.replace("%", "%%"))))


def example_lines(check: Check[Any]) -> tuple[str, ...]:
    """The example as a terminal shows it: the call and what it printed. None without an example."""
    if check.example is None:
        return ()
    return (f"$ {check.program} {check.example.arguments}".rstrip(), check.example.line)


def thresholds_help(check: Check[Any]) -> str:
    """The table of thresholds under ``--help``."""
    lines = [
        f"  {limit.name:<26} warning {limit.warn or '-':<8} critical {limit.crit or '-':<8} {limit.help}".replace(
            "%", "%%"
        )
        for limit in check.limits
    ]
    return "\n".join(["thresholds (NAME, defaults):", *lines]) if lines else ""


def parse(check: Check[Any], argv: Sequence[str]) -> Options:
    """Parse ``argv``; the result's ``limits`` are the check's with the call's ranges in. Raises UsageError, Printed."""
    options = parser(check).parse_args(list(argv), Options())
    limits = override(check.limits, options.warnings, "warn", "-w", check)
    options.limits = override(limits, options.criticals, "crit", "-c", check)
    return options


def without_record(argv: Sequence[str]) -> list[str]:
    """The arguments that a replay repeats: all but ``--record FILE``."""
    only = _Parser(add_help=False, allow_abbrev=False)
    only.add_argument("--record")
    return only.parse_known_args(list(argv))[1]


def override(
    limits: Sequence[Limit], given: Sequence[str], field: str, flag: str, check: Check[Any]
) -> tuple[Limit, ...]:
    """``limits`` with the ranges of ``NAME=RANGE`` strings; an empty RANGE takes the threshold away."""
    by_name = {limit.name: limit for limit in limits}
    for text in given:
        name, equals, spec = text.partition("=")
        if not equals and len(limits) == 1:
            name, spec = limits[0].name, text
        elif not equals:
            raise UsageError(f"{flag} {text}: expected NAME=RANGE with NAME one of {', '.join(by_name) or 'none'}")
        if name not in by_name:
            raise UsageError(f"{flag} {text}: {check.program} has no threshold {name!r}; {nearest(name, by_name)}")
        made = checked_range(spec, f"{flag} {text}") or None
        by_name[name] = by_name[name]._replace(warn=made) if field == "warn" else by_name[name]._replace(crit=made)
    return tuple(by_name.values())


def pattern(text: str) -> "re.Pattern[str]":
    """A regular expression (option type). Raises ValueError."""
    try:
        return re.compile(text)
    except re.error:
        raise ValueError(text) from None
