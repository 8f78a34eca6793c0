"""Facts as JSON and back: NamedTuples become objects, tuples lists, NaN null; and as the line that an agent sends."""

import json
import math
from typing import Any

from hamon.check import Check, F
from hamon.errors import ProbeError
from hamon.verdict import UNKNOWN

PLAIN = 16 * 1024  # characters up to which a line stays readable; NRPE takes no more than 64 KiB
LARGEST = 64 * 1024 * 1024  # bytes that a packed line may become: more cannot be a member's facts


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
    """The object of such a line, unpacked. Raises ValueError when it is none."""
    message = json.loads(text)
    if not isinstance(message, dict):
        raise ValueError("no object")  # noqa: TRY004  # to the reader all of this is one: not a line of facts
    if "packed" in message:
        import base64
        import zlib

        reader = zlib.decompressobj()
        try:
            inner = reader.decompress(base64.b64decode(message.pop("packed"), validate=True), LARGEST)
        except (zlib.error, TypeError) as error:
            raise ValueError(f"cannot be unpacked: {error}") from None
        if not reader.eof:
            raise ValueError("cannot be unpacked: cut short, or too large")
        message.update(json.loads(inner))
    return message


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


def from_json(check: Check[F], data: Any) -> F:
    """The check's facts from what its ``--facts`` printed. Unknown fields are dropped; raises ProbeError (UNKNOWN) when
    a field is missing: the member then runs another version of hamon.
    """
    try:
        kind: Any = check.facts  # a NamedTuple type
        fields = {key: _tuples(data[key]) for key in kind._fields if key in data}
        for key, part in check.parts.items():
            fields[key] = tuple(_item(part, item) for item in data.get(key) or ())
        facts: F = kind(**fields)
    except (TypeError, KeyError, AttributeError) as error:
        raise ProbeError(
            UNKNOWN, f"reported facts that this hamon cannot read (another version there?): {error}", "version"
        ) from error
    return facts


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _item(part: Any, item: Any) -> Any:
    return part(**{name: _tuples(item[name]) for name in part._fields if name in item})
