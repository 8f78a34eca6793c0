"""Look up Ansible variables and fill in the plain references ``{{ name }}`` in them; nothing else of Jinja is evaluated."""

import re
from collections.abc import Callable
from typing import Any

from hamon.inventory.documents import ENCRYPTED

_REFERENCE = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
_DEEPEST = 8  # references that refer to references; a circle ends here


def fill(value: Any, lookup: Callable[[str], Any]) -> str | None:
    """``value`` as text with its references filled in; None when it stays a template that hamon does not evaluate."""
    text = str(value)
    for _ in range(_DEEPEST):
        if "{{" not in text and "{%" not in text:
            return text
        if text == ENCRYPTED:
            return None
        missing = False

        def replace(match: "re.Match[str]") -> str:
            nonlocal missing
            inner = lookup(match[1])
            missing = missing or inner is None or isinstance(inner, dict | list)
            return str(inner)

        filled = _REFERENCE.sub(replace, text)
        if missing or filled == text:
            return None
        text = filled
    return None


def fill_all(data: Any, lookup: Callable[[str], Any]) -> Any:
    """``data`` with the plain references in all its texts filled in; what stays a template is left as it stands."""
    if isinstance(data, dict):
        return {key: fill_all(value, lookup) for key, value in data.items()}
    if isinstance(data, list):
        return [fill_all(value, lookup) for value in data]
    if isinstance(data, str) and "{{" in data:
        filled = fill(data, lookup)
        return data if filled is None else filled
    return data
