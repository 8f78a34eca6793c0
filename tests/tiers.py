"""Which tier a test belongs to, and what each may take: unit tests, and the lab's by profile."""

from collections.abc import Mapping
from typing import Any

import pytest

from hamon.lab.catalogue import profile_of
from hamon.lab.profiles import PROFILES

BUDGETS = {"unit": 90, "lab, pieces": 300, **{f"lab, {name}": profile.budget for name, profile in PROFILES.items()}}
"""Seconds on two processors."""


def tier_of(item: pytest.Item) -> str:
    """``unit``, ``lab, PROFILE`` for a failure of that profile, ``lab, pieces`` for the lab's other tests."""
    if item.get_closest_marker("lab") is None:
        return "unit"
    parameters: Mapping[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
    name = parameters.get("name")
    return f"lab, {profile_of(name)}" if isinstance(name, str) and "failures" in item.nodeid else "lab, pieces"
