"""Command lines in manual pages: options, and what stands for what is filled in."""

from collections.abc import Iterable, Iterator

from hamon.completion.lines import Flag, Kind, Value
from hamon.manual.roff import bold, italic, item, prose


def options(flags: Iterable[Flag]) -> Iterator[str]:
    """Every option with its help."""
    for flag in flags:
        names = ", ".join(bold(name) for name in flag.names)
        yield from item(f"{names} {italic(flag.value.name)}" if flag.value else names, prose(_sentence(flag)))


def _sentence(flag: Flag) -> str:
    chosen = flag.value if flag.value and flag.value.kind is Kind.WORD else None
    words = f"one of {', '.join(chosen.words)}" if chosen and len(chosen.words) < 10 else ""
    return "; ".join(filter(None, (flag.help, words)))


def place(value: Value) -> str:
    """A value that does not belong to an option, in a synopsis."""
    return f"[{italic(value.name)}]" if value.optional else italic(value.name)
