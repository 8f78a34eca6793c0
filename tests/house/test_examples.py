"""Every check shows one real call: a recording has the same arguments and printed the same line."""

import json
import re
import shlex
from typing import Any

import pytest

from hamon.check import Check
from hamon.execute import execute
from hamon.pages import page
from hamon.verdict import OK
from tests.house.statements import EVERY, ROOT

RECORDINGS = [json.loads(path.read_text()) for path in sorted((ROOT / "tests" / "checks").glob("*/states/*.json"))]


@pytest.mark.parametrize(("check", "component"), EVERY, ids=lambda value: value.name)
def test_the_example_is_a_recording(check: Check[Any], component: object) -> None:
    assert check.example, "example=Example(arguments, line): the call and the line of a healthy recording"
    # credentials are in no recording
    arguments = shlex.split(re.sub(r"--credentials \S+", "", check.example.arguments))
    healthy = [r for r in RECORDINGS if (r["check"], r["args"], r["expect"]["exit"]) == (check.name, arguments, OK)]
    lines = {recording["expect"]["output"].split(" | ")[0] for recording in healthy}
    assert check.example.line in lines, f"no healthy recording called with {arguments} printed that"


@pytest.mark.parametrize(("check", "component"), EVERY, ids=lambda value: value.name)
def test_help_and_page_show_it(check: Check[Any], component: Any) -> None:
    assert check.example
    call = f"$ {check.program} {check.example.arguments}".rstrip()
    assert execute(check, ["--help"]).render().endswith(f"\n\nexample:\n  {call}\n  {check.example.line}")
    assert f"\n```\n{call}\n{check.example.line}\n```\n" in page(check, component)
