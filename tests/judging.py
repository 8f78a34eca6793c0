"""A check judged on answers given in the test: the same way a recording is replayed."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hamon.check import Check
from hamon.execute import execute
from hamon.verdict import Outcome

CLOCK = 1795354300.0


def judged(
    folder: Path,
    check: Check[Any],
    answers: Mapping[str, Any],
    args: Sequence[str] = (),
    memory: Mapping[str, Any] | None = None,
) -> Outcome:
    """The outcome when the outside answers so. A value that is an ``[state, text, about]`` under key ``!question`` is an error."""
    recorded = [
        {"ask": key.removeprefix("!"), "error" if key.startswith("!") else "answer": answer}
        for key, answer in answers.items()
    ]
    recording = {
        "hamon_recording": 1, "check": check.name, "args": list(args), "clock": CLOCK, "memory": memory or {}, "answers": recorded,
    }  # fmt: skip
    file = folder / "recording.json"
    file.write_text(json.dumps(recording))
    return execute(check, ["--replay", str(file), "-v"])


def line(outcome: Outcome) -> str:
    """The status line without perfdata."""
    return f"{outcome.state.name} - {outcome.text}"
