"""A check states the programs that it runs: what the recordings ran, and nothing that no recording ever saw."""

import json
from collections import defaultdict

from tests.house.statements import EVERY, ROOT

STATES = sorted((ROOT / "tests" / "checks").glob("*/states/**/*.json"))


def test_a_check_states_the_programs_that_its_recordings_ran() -> None:
    ran: defaultdict[str, set[str]] = defaultdict(set)
    for path in STATES:
        recording = json.loads(path.read_text(encoding="utf-8"))
        keys = [answer["ask"] for answer in recording["answers"]]
        # behind --exec the first words are the container engine's
        inside = "--exec" in recording["args"]
        commands = (key.split() for key in keys if key.startswith("command "))
        ran[recording["check"]] |= {words[1] for words in commands if not inside}
    assert len(ran) > 10
    stated = {check.name: set(check.tools) for check, _ in EVERY}
    assert {name: tools - stated[name] for name, tools in ran.items() if tools - stated[name]} == {}
    assert {name: tools - ran[name] for name, tools in stated.items() if tools - ran[name]} == {}
