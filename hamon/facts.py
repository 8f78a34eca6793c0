"""Facts as JSON and back: NamedTuples become objects, tuples lists, NaN null."""

import math
from typing import Any

from hamon.check import Check
from hamon.verdict import UNKNOWN, ProbeError


def to_json(value: Any) -> Any:
    """``value`` (NamedTuples, tuples, dicts, scalars) as plain JSON data."""
    if hasattr(value, "_asdict"):
        return {key: to_json(item) for key, item in value._asdict().items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def from_json(check: Check, data: Any) -> Any:
    """The check's facts from what its ``--facts`` printed. Unknown fields are dropped; raises ProbeError (UNKNOWN) when
    a field is missing: the member then runs another version of hamon.
    """
    try:
        kind: Any = check.facts
        fields = {key: _tuples(data[key]) for key in kind._fields if key in data}
        for key, part in check.parts.items():
            fields[key] = tuple(_item(part, item) for item in data.get(key) or ())
        return kind(**fields)
    except (TypeError, KeyError, AttributeError) as error:
        raise ProbeError(
            UNKNOWN, f"told facts that this hamon cannot read (another version there?): {error}", "version"
        ) from error


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _item(part: Any, item: Any) -> Any:
    return part(**{name: _tuples(item[name]) for name in part._fields if name in item})
