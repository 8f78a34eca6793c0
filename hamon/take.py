"""Values taken from what services answer: text, JSON values, XML attributes, CSV cells. Pure.

Every function takes any value at all and never raises. None means "no such value": missing, unreadable, or beyond what a
service can mean. It is missing evidence, and a verdict has to treat it so; nothing here turns it into a number.
"""

from typing import Any

# Counters have 64 signed bits for all that reads them; an unsigned -1 (Galera's view number where there is no view) is not a number.
LARGEST = 2**63 - 1
DIGITS = len(str(LARGEST))
FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
NUMERIC = frozenset("0123456789+-.eE")


def whole(value: object) -> int | None:
    """A whole number: an int, a float without a fraction, or text of decimal digits with or without a sign."""
    if isinstance(value, str):
        text = value.strip()
        digits = text[1:] if text[:1] in ("-", "+") else text
        if len(digits) > DIGITS or not (digits.isascii() and digits.isdigit()):
            return None
        value = int(text)
    elif isinstance(value, float):
        if not value.is_integer():  # nor are NaN and the infinities
            return None
        value = int(value)
    elif isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if -LARGEST <= value <= LARGEST else None


def count(value: object) -> int | None:
    """A whole number that is not negative: how many there are of something, bytes, whole seconds."""
    counted = whole(value)
    return None if counted is None or counted < 0 else counted


def number(value: object) -> float | None:
    """A finite number: an int, a float, or text such as ``-1.5e-06``."""
    if isinstance(value, str):
        text = value.strip()
        # float() reads more than services write: nan, inf, 1_000, digits of every script.
        if len(text) > 40 or not NUMERIC.issuperset(text):
            return None
        try:
            value = float(text)
        except ValueError:
            return None
    elif isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -LARGEST <= value <= LARGEST else None


def amount(value: object) -> float | None:
    """A finite number that is not negative: a measure, a duration, a share."""
    measured = number(value)
    return None if measured is None or measured < 0 else measured


def ratio(part: object, total: object) -> float | None:
    """``part / total``. None when either is not a number or negative, or the total is 0."""
    top, bottom = amount(part), amount(total)
    return None if top is None or not bottom else number(top / bottom)


def flag(value: object) -> bool | None:
    """A bool: true or false itself, the words true, yes, on, false, no, off in any case, 1 or 0."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        value = str(value) if value in (0, 1) else ""
    return FLAGS.get(value.strip().lower()) if isinstance(value, str) else None


def text(value: object) -> str:
    """Text as it is; empty when it is anything else."""
    return value if isinstance(value, str) else ""


def mapping(value: object) -> dict[str, Any]:
    """A JSON object; an empty one when it is anything else."""
    return value if isinstance(value, dict) else {}


def entries(value: object) -> list[Any]:
    """A JSON list; an empty one when it is anything else."""
    return value if isinstance(value, list) else []


def mappings(value: object) -> list[dict[str, Any]]:
    """The objects in a JSON list; none when it is anything else."""
    return [item for item in entries(value) if isinstance(item, dict)]
