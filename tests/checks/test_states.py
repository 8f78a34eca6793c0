"""Every captured state gives exactly the verdict it should.

Two independent witnesses: ``truth.tsv`` says by hand what was really wrong in each capture (state and named culprits), and
each recording carries the whole status line. A recording without both fails, so a new capture cannot slip in unjudged.
"""

import json
from pathlib import Path
from typing import NamedTuple

import pytest

from hamon.catalogue import check_named
from hamon.replay import replayed
from hamon.verdict import OK
from hamon.wording import FIRST_LINE, TOTAL

HERE = Path(__file__).parent


class Truth(NamedTuple):
    state: str
    names: tuple[str, ...]


def truths() -> dict[Path, Truth]:
    found = {}
    for table in sorted(HERE.glob("*/truth.tsv")):
        for line in table.read_text().splitlines():
            if line and not line.startswith("#"):
                name, state, names = line.split("\t")
                found[table.parent / "states" / name] = Truth(state, tuple(names.split(";")))
    return found


TRUTHS = truths()
RECORDINGS = sorted(HERE.glob("*/states/*.json"))


def identify(path: Path) -> str:
    return f"{path.parents[1].name}/{path.stem}"


def test_there_are_recordings_and_each_has_its_truth() -> None:
    assert len(RECORDINGS) > 60
    assert set(RECORDINGS) == set(TRUTHS)


@pytest.mark.parametrize("path", RECORDINGS, ids=identify)
def test_verdict(path: Path) -> None:
    got = replayed(path)
    truth = TRUTHS[path]
    assert (got.outcome.state.name, [name for name in truth.names if name not in got.line]) == (truth.state, [])
    expect = json.loads(path.read_text())["expect"]
    assert (int(got.outcome.state), got.line) == (expect["exit"], expect["output"])


@pytest.mark.parametrize("path", RECORDINGS, ids=identify)
def test_output_obeys_the_laws(path: Path) -> None:
    got = replayed(path).outcome
    first, _, long = got.render().partition("\n")
    assert len(first.split(" | ")[0]) <= FIRST_LINE
    assert len(got.render().encode()) <= TOTAL
    assert first.count("|") == (1 if got.perfdata else 0)
    assert "|" not in long
    if got.state is not OK:
        check = check_named(json.loads(path.read_text())["check"])
        assert "What it means: " in long, f"{check.program} has no runbook entry for: {got.text}"
