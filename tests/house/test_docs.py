"""The pages say what the code says, and what ships for the replayed demo is true."""

import json
from pathlib import Path
from typing import Any

import pytest

from hamon.catalogue import components
from hamon.check import Check
from hamon.cli import main
from hamon.component import Component
from hamon.lab.proof.story import CHAPTERS, Scene, file_name, play
from hamon.pages import page

ROOT = Path(__file__).resolve().parents[2]
EVERY = [(check, component) for component in components() for check in component.checks]


@pytest.mark.parametrize(("check", "component"), EVERY, ids=[check.name for check, _ in EVERY])
def test_the_page_of_a_check_is_up_to_date(check: Check[Any], component: Component) -> None:
    file = ROOT / "docs" / "checks" / f"{check.program}.md"
    assert file.is_file(), "run: make docs"
    assert file.read_text(encoding="utf-8") == page(check, component), "run: make docs"


def test_no_page_is_left_of_a_check_that_is_gone() -> None:
    assert {path.stem for path in (ROOT / "docs" / "checks").glob("*.md")} == {check.program for check, _ in EVERY}


@pytest.mark.parametrize("scene", list(play()), ids=lambda scene: f"{scene.look.host}-{scene.look.check}")
def test_the_recorded_story_is_judged_as_it_was_live(scene: Scene) -> None:
    chapter, look, outcome = scene
    number = CHAPTERS.index(chapter) + 1
    expect = json.loads((ROOT / "deploy" / "lab" / "proof" / "recordings" / file_name(number, look)).read_text())[
        "expect"
    ]
    assert (outcome.state.name, outcome.render().splitlines()[0]) == (look.state, expect["output"])


def test_the_replayed_demo_needs_no_cloud(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--replay"]) == 0
    printed = capsys.readouterr().out
    assert (
        "GALERA_CLUSTER CRITICAL - SPLIT-BRAIN: {ctl1, ctl2} and {ctl3} are each a Primary component, both take writes"
        in printed
    )
    assert "VIP CRITICAL - SPLIT-BRAIN: 10.77.0.100 held by ctl1" in printed
    assert "HAPROXY CRITICAL - nova_api" in printed
    assert "What it means: " in printed


def test_every_command_of_the_readme_exists(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ["checks"],
        ["checks", "galera"],
        ["plan", "-h"],
        ["gen-objects", "-h"],
        ["run", "-h"],
        ["doctor", "-h"],
        ["replay", "-h"],
        ["lab", "-h"],
        ["demo", "-h"],
    ):
        assert main(words) == 0, words
    assert "check_galera_cluster" in capsys.readouterr().out
    assert main(["nonsense"]) == 3
