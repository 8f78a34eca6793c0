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
        fields = {key: _tuples(data[key]) for key in check.facts._fields if key in data}  # type: ignore[attr-defined]
        for key, part in check.parts.items():
            items = data.get(key) or ()
            fields[key] = tuple(
                part(**{name: _tuples(item[name]) for name in part._fields if name in item}) for item in items
            )  # type: ignore[attr-defined]
        return check.facts(**fields)
    except (TypeError, KeyError, AttributeError) as error:
        raise ProbeError(
            UNKNOWN, f"told facts that this hamon cannot read (another version there?): {error}", "version"
        ) from error


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
