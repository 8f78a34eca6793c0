"""Plain JSON data as the NamedTuples it came from, by their annotations: whoever sent it cannot put in anything else.

The border to other machines: what a member reports is evidence, and a value of another type than the component's functions
were written for would take the verdict about all members away.
"""

import math
import types
from collections.abc import Callable
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

LONGEST = 16 * 1024  # characters of one text
MOST = 100_000  # items of one list
LARGEST = 2**63  # beyond it nothing counts


class MistypedError(ValueError):
    """Data that is not of the type. The text names the place and what is there: ``nodes[1].name is a number``."""


def typed(kind: Any, value: Any, place: str = "") -> Any:
    """``value`` as ``kind``: NamedTuples, tuples of one or several types, unions, bool, int, float, str, None.

    Fields with a default may be absent (an older hamon does not know them), unknown ones are dropped. Raises MistypedError.
    """
    fields = getattr(kind, "_fields", None)
    if fields is not None:
        return _record(kind, value, place)
    origin = get_origin(kind)
    if origin is tuple:
        return _items(get_args(kind), value, place)
    if origin is types.UnionType:
        return _either(get_args(kind), value, place)
    read, name = SCALARS[kind]
    if not read(value):
        raise MistypedError(f"{place} is {describe(value)}, not {name}")
    return float(value) if kind is float else value


def _whole(value: Any) -> bool:
    return type(value) is int and -LARGEST <= value < LARGEST


def _number(value: Any) -> bool:
    return _whole(value) or (type(value) is float and math.isfinite(value))


SCALARS: dict[Any, tuple[Callable[[Any], bool], str]] = {
    bool: (lambda value: type(value) is bool, "true or false"),
    int: (_whole, "a whole number"),
    float: (_number, "a number"),
    str: (lambda value: type(value) is str and len(value) <= LONGEST and value.isascii() | _encodes(value), "a text"),
    type(None): (lambda value: value is None, "null"),
}


def _encodes(text: str) -> bool:
    """Whether it is text that can be written: JSON can spell half a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _record(kind: Any, value: Any, place: str) -> Any:
    if not isinstance(value, dict):
        raise MistypedError(f"{place or 'the whole'} is {describe(value)}, not an object")
    hints = _hints(kind)
    absent = [name for name in kind._fields if name not in value and name not in kind._field_defaults]
    if absent:
        raise MistypedError(f"{_dotted(place, absent[0])} is missing")
    return kind(
        **{name: typed(hints[name], value[name], _dotted(place, name)) for name in kind._fields if name in value}
    )


def _items(kinds: tuple[Any, ...], value: Any, place: str) -> tuple[Any, ...]:
    if not isinstance(value, list) or len(value) > MOST:
        raise MistypedError(f"{place} is {describe(value)}, not a list")
    if kinds[1:] == (...,):
        return tuple(typed(kinds[0], item, f"{place}[{index}]") for index, item in enumerate(value))
    if len(value) != len(kinds):
        raise MistypedError(f"{place} has {len(value)} items, not {len(kinds)}")
    return tuple(
        typed(kind, item, f"{place}[{index}]") for index, (kind, item) in enumerate(zip(kinds, value, strict=True))
    )


def _either(kinds: tuple[Any, ...], value: Any, place: str) -> Any:
    if type(value) is int and not _whole(value) and type(None) in kinds:
        return None  # an unsigned -1, which hamon before 0.1 passed on: no such value
    trouble = MistypedError(f"{place} is {describe(value)}")
    for kind in kinds:
        if (kind is type(None)) != (value is None):
            continue
        try:
            return typed(kind, value, place)
        except MistypedError as error:
            trouble = error
    raise trouble


def _dotted(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


KINDS = {bool: "true or false", dict: "an object", type(None): "null"}


def describe(value: Any) -> str:
    """What a JSON value is, in words."""
    if isinstance(value, list):
        return "a list" if len(value) <= MOST else f"a list of {len(value)} items"
    if isinstance(value, str):
        return "a text" if len(value) <= LONGEST and _encodes(value) else "a text too long or broken"
    if type(value) in (int, float):
        return "a number" if _number(value) else "a number beyond all counting"
    return KINDS.get(type(value), "something else")
