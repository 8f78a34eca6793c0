"""What all tests share."""

import os
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import settings

from tests.tiers import BUDGETS, tier_of

# The build machine tries the same examples every time: what it finds is the change's. Everywhere else they are new ones.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI") == "true":
    settings.load_profile("ci")


@pytest.fixture(autouse=True)
def private_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test remembers what another did, or anything of this machine's real checks."""
    monkeypatch.setenv("HAMON_STATE_DIR", str(tmp_path / "memory"))
    monkeypatch.delenv("HAMON_USER", raising=False)
    monkeypatch.delenv("HAMON_PASSWORD", raising=False)


SPENT: defaultdict[str, float] = defaultdict(float)  # seconds by tier


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test knows its tier."""
    for item in items:
        item.user_properties.append(("tier", tier_of(item)))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Setup, call and teardown count: a cloud's start belongs to the first test that asks for it."""
    SPENT[str(dict(report.user_properties).get("tier", "?"))] += report.duration


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What took how long, and what it may take. More is a loud line, not a failure: the machine may be busy."""
    terminalreporter.write_sep("-", "seconds by tier")
    for tier, seconds in sorted(SPENT.items()):
        budget = BUDGETS.get(tier)
        over = "   OVER ITS BUDGET" if budget and seconds > budget else ""
        terminalreporter.write_line(f"{tier:<24} {seconds:7.0f} s{f' of {budget} s' if budget else ''}{over}")
