"""Text as manual pages have it: roff with the man macros, without a warning from groff or mandoc. Pure."""

import re
import textwrap
from collections.abc import Iterable

# A hyphen that pastes as one, and quotes that stay what they are in a shell.
_MEANT = {"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti", '"': "\\(dq"}
_CODE = re.compile(r"`([^`]+)`")
_STRESS = re.compile(r"\*(\w[^*]*\w)\*")


def literal(text: str) -> str:
    """``text`` as it stands, for any place in a page."""
    return "".join(_MEANT.get(c) or (c if c.isascii() else f"\\[u{ord(c):04X}]") for c in text)


def bold(text: str) -> str:
    """``text`` as it stands, in bold: what is typed."""
    return f"\\fB{literal(text)}\\fR"


def italic(text: str) -> str:
    """``text`` as it stands, in italics: what is filled in."""
    return f"\\fI{literal(text)}\\fR"


def prose(text: str) -> str:
    """A sentence: code between backticks becomes bold, a word between asterisks italic."""
    parts = _CODE.split(text)  # code at the odd places
    return "".join(bold(part) if number % 2 else _stressed(part) for number, part in enumerate(parts))


def _stressed(text: str) -> str:
    parts = _STRESS.split(text)
    return "".join(italic(part) if number % 2 else literal(part) for number, part in enumerate(parts))


def head(name: str, section: int, date: str, version: str) -> list[str]:
    """The begin of a page. Lines end where words do: a command that was broken or hyphenated cannot be pasted."""
    return [f'.TH {literal(name.upper())} {section} {date} "hamon {version}" hamon', ".ad l", ".nh"]


def section(title: str, lines: Iterable[str]) -> list[str]:
    """A section with its heading; nothing when it has no lines."""
    body = list(lines)
    return [f".SH {title}", *body] if body else []


def below(title: str, lines: Iterable[str]) -> list[str]:
    """A part of a section with its heading."""
    return [f'.SS "{literal(title)}"', *lines]


def item(tag: str, text: str) -> list[str]:
    """A tag, and what it means beside it. Both are roff already."""
    return [".TP", tag, *(wrapped(text) or ["\\&"])]


def verbatim(lines: Iterable[str]) -> list[str]:
    """Lines of a terminal, as they are."""
    return [".PP", ".RS 4", ".EX", *(guarded(literal(line)) for line in lines), ".EE", ".RE"]


def paragraph(text: str) -> list[str]:
    """A paragraph of prose."""
    return [".PP", *wrapped(prose(text))]


def wrapped(text: str) -> list[str]:
    """Roff text in lines of a page's source: short ones, as whoever reads the source expects."""
    return [guarded(line) for line in textwrap.wrap(text, 78, break_long_words=False, break_on_hyphens=False)]


def guarded(line: str) -> str:
    """A line of text that no begin of its own makes a macro."""
    return f"\\&{line}" if line.startswith((".", "'")) else line


def document(lines: Iterable[str]) -> str:
    """The whole page. The first paragraph of a section needs no macro, and mandoc says so."""
    kept: list[str] = []
    for line in lines:
        if line == ".PP" and kept and kept[-1].startswith((".SH", ".SS")):
            continue
        kept.append(line)
    return "\n".join(kept) + "\n"
