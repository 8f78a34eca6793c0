"""The manual page of the ``hamon`` command: hamon(1)."""

from collections.abc import Iterator, Sequence

import hamon
from hamon.commands import Command
from hamon.completion.lines import Line
from hamon.manual import roff
from hamon.manual.options import options, place

SECTION = 1
FILES = (
    ("/opt/hamon", "the Python environment of hamon: the checks are in `/opt/hamon/bin`"),
    ("/etc/hamon/credentials", "one file for each component: user and password of its checks"),
    ("/var/lib/hamon/state", "what the checks remember between two runs"),
)


def page(commands: Sequence[Command], lines: Sequence[Line], checks: Sequence[str], date: str) -> str:
    """The page in roff. ``lines``: the command lines of ``hamon``; ``checks``: programs to name below SEE ALSO."""
    return roff.document(_parts(commands, {line.name: line for line in lines}, checks, date))


def _parts(commands: Sequence[Command], lines: dict[str, Line], checks: Sequence[str], date: str) -> Iterator[str]:
    top = lines["hamon"]
    about = (hamon.__doc__ or "").removeprefix("hamon: ").rstrip(".")
    yield from roff.head("hamon", SECTION, date, hamon.__version__)
    yield from roff.section("NAME", roff.wrapped(f"hamon \\- {roff.prose(about)}"))
    yield from roff.section("SYNOPSIS", [f"{roff.bold('hamon')} {roff.italic('COMMAND')} [{roff.italic('OPTION')}]..."])
    yield from roff.section("OPTIONS", options(top.flags))
    yield from roff.section("COMMANDS", [text for command in commands for text in _command(command, lines)])
    files = [text for path, what in FILES for text in roff.item(roff.bold(path), roff.prose(what))]
    yield from roff.section("FILES", files)
    yield from roff.section("SEE ALSO", roff.wrapped(", ".join(f"{roff.bold(name)}(8)" for name in checks)))


def _command(command: Command, lines: dict[str, Line]) -> Iterator[str]:
    """One command: what it does, its options, its commands where it has some, and its exit codes."""
    name = f"hamon {command.name}"
    deeper = {key: line for key, line in lines.items() if key.startswith(f"{name} ")}
    line = lines[name]
    taken = f" {place(line.value)}" if line.value else f" {roff.italic('COMMAND')}" if line.below else ""
    yield from roff.below(name, [f"{roff.bold(name)} [{roff.italic('OPTION')}]...{taken}"])
    yield from roff.paragraph(f"{command.help[0].upper()}{command.help[1:]}.")
    yield from options(flag for flag in line.flags if "--help" not in flag.names)
    for key, inner in deeper.items():
        helped = dict(line.below)[key.removeprefix(f"{name} ")]
        yield from roff.item(f"{roff.bold(key)}{f' {place(inner.value)}' if inner.value else ''}", roff.prose(helped))
        yield ".RS"
        yield from options(flag for flag in inner.flags if "--help" not in flag.names)
        yield ".RE"
    codes = "; ".join(f"{code}: {text}" for code, text in command.exits)
    yield from roff.paragraph(f"Exit status. {codes}.")
