"""Command lines for the three readers they pass: /bin/sh, then Nagios' or NRPE's own ideas about ``$`` and ``;``."""

import shlex
from collections.abc import Sequence
from functools import cache

# The same few thousand words make up hundreds of thousands of command lines.
_quote = cache(shlex.quote)


def nagios_command(argv: Sequence[str]) -> str:
    r"""A ``command_line``: quoted for the shell; ``$`` doubled, else a macro; ``;`` as ``\;``, else a comment."""
    return " ".join(map(_quote, argv)).replace("$", "$$").replace(";", "\\;")


def nrpe_command(argv: Sequence[str]) -> str:
    """The right side of ``command[x]=``: quoted for the shell; ``$`` doubled, else NRPE takes it for ``$ARGn$``."""
    return " ".join(map(_quote, argv)).replace("$", "$$")


def nagios_value(text: str) -> str:
    r"""A text for people in an object: one line, ``;`` escaped, no ``\`` at the end, which would join the next line."""
    return " ".join(text.split()).rstrip("\\").replace(";", "\\;")


def own_words(line: str) -> str:
    """A command written with Nagios' macros by people who know them: only ``;``, Nagios' comment sign, is escaped."""
    return line.replace(";", "\\;")
