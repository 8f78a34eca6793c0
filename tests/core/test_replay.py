"""``hamon replay``: verdicts at a glance, whole, and as JSON."""

import json
from pathlib import Path

import pytest

from hamon.cli import main
from hamon.replay import replayed

STATES = Path(__file__).parents[1] / "checks" / "galera" / "states"


def alarming() -> Path:
    """A recording whose verdict has lines below."""
    return next(path for path in sorted(STATES.glob("*.json")) if replayed(path).outcome.long)


def test_whole_verdicts_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    path = alarming()
    outcome = replayed(path).outcome
    assert "What it means: " in outcome.long
    assert main(["replay", "--long", str(path), str(path)]) == 0
    assert capsys.readouterr().out == (
        f"{path}\n{outcome.render()}\n\n{path}\n{outcome.render()}\n\n"
        "2 recordings, 2 with an expected verdict, 0 unexpected\n"
    )


def test_the_json_has_the_lines_below(capsys: pytest.CaptureFixture[str]) -> None:
    path = alarming()
    result = replayed(path)
    assert main(["replay", "--json", str(path)]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "file": str(path),
        "check": result.check,
        "state": result.outcome.state.name,
        "output": result.line,
        "long": result.outcome.long,
        "as_expected": True,
    }
    assert main(["replay", "--json", "--long", str(path)]) == 3
