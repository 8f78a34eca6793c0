"""Ansible's host ranges: ``ctl[01:03]``, ``rack[a:c]-node[1:9:2]``."""

import re
import string
from itertools import product

MOST_HOSTS = 100_000  # one pattern never means more; a typo in a range must not fill the memory

_RANGE = re.compile(r"\[([^\[\]]*)\]")
_PORT = re.compile(r"^([^:\[\]]+):(\d+)$")


def expand(pattern: str) -> list[str]:
    """The host names that ``pattern`` stands for, in order. Raises ValueError with one clear sentence."""
    pieces = _RANGE.split(pattern)  # text, range, text, range, ..., text
    if any("[" in text or "]" in text for text in pieces[::2]):
        raise ValueError(f"host pattern {pattern!r} has a bracket without its partner")
    choices = [_steps(piece, pattern) if index % 2 else [piece] for index, piece in enumerate(pieces)]
    count = 1
    for choice in choices:
        count *= len(choice)
    if count > MOST_HOSTS:
        raise ValueError(f"host pattern {pattern!r} stands for {count} hosts; at most {MOST_HOSTS} are taken for meant")
    return [_without_port("".join(parts)) for parts in product(*choices)]


def _without_port(name: str) -> str:
    """``name`` without Ansible's ``:port``; an IPv6 address (more than one colon) is left alone."""
    match = _PORT.match(name)
    return match[1] if match else name


def _steps(spec: str, pattern: str) -> list[str]:
    """The values of one range ``first:last`` or ``first:last:step``."""
    parts = spec.split(":")
    if len(parts) not in (2, 3) or not parts[1]:
        raise ValueError(f"host pattern {pattern!r}: [{spec}] is not a range; write [first:last] or [first:last:step]")
    first, last = parts[0] or "0", parts[1]
    step = _number(parts[2], spec, pattern) if len(parts) == 3 else 1
    if step < 1:
        raise ValueError(f"host pattern {pattern!r}: the step of [{spec}] is not positive")
    if len(first) == len(last) == 1 and first in string.ascii_letters and last in string.ascii_letters:
        letters = string.ascii_letters
        values = list(letters[letters.index(first) : letters.index(last) + 1 : step])
    else:
        values = _numbers(first, last, step, spec, pattern)
    if not values:
        raise ValueError(f"host pattern {pattern!r}: [{spec}] is empty, it ends before it begins")
    return values


def _numbers(first: str, last: str, step: int, spec: str, pattern: str) -> list[str]:
    """``01:03`` -> 01, 02, 03: a leading zero fixes the width, and both ends must then have it."""
    begin, end = _number(first, spec, pattern), _number(last, spec, pattern)
    width = len(first) if len(first) > 1 and first.startswith("0") else 0
    if width and len(last) != width:
        raise ValueError(f"host pattern {pattern!r}: both ends of [{spec}] need the same number of digits")
    if (end - begin) // step >= MOST_HOSTS:
        raise ValueError(f"host pattern {pattern!r}: [{spec}] stands for more than {MOST_HOSTS} hosts")
    return [str(value).zfill(width) for value in range(begin, end + 1, step)]


def _number(text: str, spec: str, pattern: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise ValueError(f"host pattern {pattern!r}: [{spec}] mixes letters and digits or is not a number")
    return int(text)
