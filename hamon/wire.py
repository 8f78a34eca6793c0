"""Facts as JSON (NamedTuples become objects, tuples lists, NaN null) and as the line that an agent sends. ``hamon.typed`` reads
them back.
"""

import json
import math
from typing import Any

PLAIN = 16 * 1024  # characters up to which a line stays readable; NRPE takes no more than 64 KiB
LARGEST = 4 * 1024 * 1024  # characters of a line, packed or not: more cannot be a member's facts


def line(check: str, message: dict[str, Any]) -> str:
    """What ``--facts`` prints: one JSON object with the check's name and its facts or error, hamon's version and the clock of
    the host (epoch seconds at the start of the run), which members of one cluster may differ in. A long one is packed (zlib,
    base64), which makes a proxy's two thousand servers a tenth of their size.
    """
    text = json.dumps({"check": check, **message}, separators=(",", ":"))
    if len(text) <= PLAIN:
        return text
    import base64
    import zlib

    packed = base64.b64encode(zlib.compress(json.dumps(message, separators=(",", ":")).encode(), 9)).decode()
    return json.dumps({"check": check, "packed": packed}, separators=(",", ":"))


def read(text: str) -> dict[str, Any]:
    """The object of such a line, unpacked. Raises ValueError when it is none, whatever the line holds."""
    message = _object(text)
    packed = message.pop("packed", None)
    if packed is None:
        return message
    import base64
    import zlib

    reader = zlib.decompressobj()
    try:
        inner = reader.decompress(base64.b64decode(packed, validate=True), LARGEST)
    except (zlib.error, TypeError) as error:
        raise ValueError(f"cannot be unpacked: {error}") from None
    if not reader.eof:
        raise ValueError("cannot be unpacked: cut short, or too large")
    return {**_object(inner.decode()), **message}


def _object(text: str) -> dict[str, Any]:
    if len(text) > LARGEST:
        raise ValueError("too long")
    try:
        message = json.loads(text, parse_constant=_not_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(message, dict):
        raise ValueError("no object")  # noqa: TRY004  # to the reader all of this is one: not a line of facts
    return message


def _not_finite(text: str) -> float:
    raise ValueError(f"{text} is not a number")


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
