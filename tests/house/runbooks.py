"""The runbooks of all checks, and the steps that a recording's verdict shows."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

import hamon.wording
from hamon.catalogue import components
from hamon.check import Check
from hamon.replay import replayed
from hamon.verdict import Step
from hamon.wording import filled

ROOT = Path(__file__).resolve().parents[2]
RECORDINGS = sorted((ROOT / "tests" / "checks").glob("*/states/*.json"))
CHECKS = [check for component in components() for check in component.checks]
NAME = re.compile(r"\{([a-z_]+)\}")
COMMANDS = sorted(
    {step.command for check in CHECKS for advice in check.runbook.values() for step in advice.do if step.command}
)
ENTRIES = [(check, about, advice) for check in CHECKS for about, advice in check.runbook.items()]


def identify_entry(entry: object) -> str:
    return entry.name if isinstance(entry, Check) else entry if isinstance(entry, str) else ""


def capture(path: Path) -> str:
    return f"{path.parents[1].name}/{path.stem}"


class Shown(NamedTuple):
    """A step as a verdict showed it, and the names in it that nobody knew."""

    step: Step
    unknown: set[str]


def shown(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Shown]:
    """The steps below the verdict of a recording."""
    steps = []

    def watched(step: Step, names: Mapping[str, object]) -> Step:
        made = filled(step, names)
        unknown = {
            name for name in NAME.findall(step.command) if filled(Step(f"{{{name}}}"), names).command == name.upper()
        }
        steps.append(Shown(made, unknown))
        return made

    monkeypatch.setattr(hamon.wording, "filled", watched)
    long = replayed(path).outcome.long
    assert all(shown.step.command in long for shown in steps)
    return steps
