"""Read YAML and JSON documents with errors in one line that never quote the secrets inside.

Ansible's own tags are known: a ``!vault`` value becomes ENCRYPTED, so that it can neither be used nor printed.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from hamon.errors import UsageError
from hamon.extras import of_server

ENCRYPTED = "{{ encrypted value }}"  # looks like a template, and is refused in the same places


def read_text(path: Path, what: str) -> str:
    """The file's text. Raises UsageError when it cannot be read, is empty or not UTF-8."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{what} {path}: {(error.strerror or 'cannot be read').lower()}") from None
    return decode(raw, f"{what} {path}")


def decode(raw: bytes, place: str) -> str:
    """``raw`` as text. Raises UsageError when it is empty or not UTF-8, with the line of the offending byte."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{place}:{line}: not UTF-8 (byte 0x{raw[error.start]:02x}); save the file as UTF-8") from None
    if not text.strip():
        raise UsageError(f"{place} is empty")
    return text


@cache
def _loader() -> Any:
    """PyYAML's safe loader (the C one when built in) with Ansible's tags, refusing keys written twice."""
    with of_server("yaml", "PyYAML"):
        import yaml
    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]  # chosen at run time
        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            seen: dict[str, int] = {}
            for key, _ in node.value:
                if key.tag != "tag:yaml.org,2002:merge" and isinstance(key.value, str):
                    line = key.start_mark.line + 1
                    if key.value in seen:
                        # YAML itself would silently keep the last one: half of the hosts could be missing.
                        raise UsageError(
                            f"{line}: key {key.value!r} stands here and in line {seen[key.value]}; join the two"
                        )
                    seen[key.value] = line
            return super().construct_mapping(node, deep)

    def tagged(loader: Any, suffix: str, node: Any) -> Any:
        plain = suffix == "unsafe" and isinstance(node, yaml.ScalarNode)
        return loader.construct_scalar(node) if plain else ENCRYPTED

    yaml.add_multi_constructor("!", tagged, Loader)
    return Loader


def parse_yaml(text: str, place: str) -> Any:
    """The YAML document in ``text``. Raises UsageError with the line; the text itself is never quoted."""
    with of_server("yaml", "PyYAML"):
        import yaml
    try:
        return yaml.load(text, Loader=_loader())  # noqa: S506  # a subclass of the safe loader
    except UsageError as error:
        raise UsageError(f"{place}:{error}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        raise UsageError(f"{place}{line}: not valid YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(f"{place}: not valid YAML: {type(error).__name__}") from None


def parse_json(text: str, place: str) -> Any:
    """The JSON document in ``text``. Raises UsageError with line and column."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"{place}:{error.lineno}: not valid JSON: {error.msg} (column {error.colno})") from None
    except RecursionError:
        raise UsageError(f"{place}: not valid JSON: nested too deeply") from None
