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
