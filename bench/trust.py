"""What one hostile member can do to the verdict about all: nothing may be lost, and no split-brain hidden.

    PYTHONPATH=. python bench/trust.py [--mutants 40] [--only NAME]

For every recorded state of a cluster and every member in it, that member's answer is replaced: by what is not an answer at all, by facts
of wrong types, by well-typed lies (another member's facts, whole or a field at a time), and by silence. Each verdict is held against
the one that the other members prove, the hostile one being silent:

  lost       the check itself failed: the verdict about all is gone
  hidden     the others prove a CRITICAL, and the verdict is not one
  renamed    the others prove a SPLIT-BRAIN, and the first line does not say so
  marked up  the first line has characters that a shell, a mailer or a web page takes for its own

A member's honest facts may explain what looks critical without them, so ``hidden`` is printed with both lines, to be read.
Exit code 1 when any verdict was lost, renamed or marked up.
"""

import argparse
import copy
import json
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from hamon.catalogue import check_named
from hamon.cluster import answer_of
from hamon.execute import execute
from hamon.verdict import CRITICAL, Outcome

STATES = Path(__file__).resolve().parent.parent / "tests" / "checks"
EVIL = "<script>alert(1)</script>\x1b[31m|evil=1;2;3\nOK - all is well\u202e`id`$(id)&&'x'"
WRONG: tuple[Any, ...] = (
    None, True, 0, -1, 1e308, float("nan"), float("inf"), 10**30, 10**400, "", "-", EVIL, "A" * 3000, [], [[]], [1], ["x", "x"],
    [None], [{}], {}, {"a": 1}, [["x", 1]], "\ud800", "0", [[[[[[]]]]]],
)  # fmt: skip
MARKUP = frozenset('<>`$&"|\\\n\x1b\u202e')


class State(NamedTuple):
    """One recorded state of a cluster. ``members``: each member's facts, None where it gave none."""

    name: str
    recording: dict[str, Any]
    members: dict[str, dict[str, Any] | None]


class Attack(NamedTuple):
    """One lie: whose it is, what it is, and the answer as it is recorded."""

    victim: str
    what: str
    answer: dict[str, Any]


def states(only: str = "") -> Iterator[State]:
    """Every recorded state of a check that judges members."""
    for path in sorted(STATES.glob("*/states/*.json")):
        recording = json.loads(path.read_text(encoding="utf-8"))
        if check_named(recording["check"]).of is None or only not in path.stem:
            continue
        answers = {
            a["ask"].removeprefix("member "): a.get("answer")
            for a in recording["answers"]
            if a["ask"].startswith("member ")
        }
        members = {name: answer.get("facts") if isinstance(answer, dict) else None for name, answer in answers.items()}
        if members:
            yield State(f"{path.parents[1].name}/{path.stem}", recording, members)


def garbage(check: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Answers that are not facts of ``check``, through the reader of a member's line as the live check uses it."""
    deep = "[" * 20000 + "]" * 20000
    lines = {
        "evil text": EVIL,
        "deep list": deep,
        "deep facts": f'{{"check":"{check}","facts":{deep}}}',
        "huge number": f'{{"check":"{check}","facts":{{"size":{"9" * 5000}}}}}',
        "a list": "[]",
        "packed nonsense": json.dumps({"check": check, "packed": "!!"}),
        "packed number": json.dumps({"check": check, "packed": 5}),
    }
    for what, line in lines.items():
        yield what, answer_of(check_named(check), [0, line, "", 0.0, 0.0])
    for facts in WRONG:
        yield f"facts {facts!r:.20}", {"facts": facts}
    refusals: tuple[Any, ...] = (
        "x",
        None,
        [],
        [2, "x"],
        [99, "x", ""],
        [0, "all is well", ""],
        [2, ["x"], ""],
        [2, EVIL, ""],
        [3, EVIL, EVIL],
        [2, "x", {}],
    )
    for refusal in refusals:
        yield f"error {refusal!r:.20}", {"error": refusal}


def places(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every value in plain data."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*here, key)
        yield from places(item, (*here, key))


def put(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    """A copy with ``new`` at ``place``."""
    made = copy.deepcopy(value)
    at = made
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = new
    return made


def mistyped(facts: dict[str, Any], dice: random.Random, most: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """The member's own facts with a wrong value somewhere; and each field missing."""
    everywhere = list(places(facts))
    for _ in range(most if everywhere else 0):
        place, value = dice.choice(everywhere), dice.choice(WRONG)
        yield f"{'.'.join(map(str, place))}={value!r:.30}", {"facts": put(facts, place, value)}
    for name in facts:
        yield f"without {name}", {"facts": {key: item for key, item in facts.items() if key != name}}


def lies(facts: dict[str, Any] | None, others: dict[str, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Another member's facts, whole and a field at a time."""
    for name, theirs in others.items():
        yield f"all of {name}", {"facts": theirs}
        for field, value in theirs.items():
            if facts is not None and facts.get(field) != value:
                yield f"{field} of {name}", {"facts": {**facts, field: value}}


def attacks(state: State, dice: random.Random, mutants: int) -> Iterator[Attack]:
    """Everything that each member may say."""
    of = check_named(state.recording["check"]).of
    assert of
    for victim, facts in state.members.items():
        others = {name: facts for name, facts in state.members.items() if name != victim and facts is not None}
        everything = [*garbage(of.name), *lies(facts, others)]
        if facts is not None:
            everything += mistyped(facts, dice, mutants)
        for what, answer in everything:
            yield Attack(victim, what, answer)


def judged(state: State, victim: str, answer: Any, file: Path) -> Outcome:
    """The verdict with that answer in the place of the member's."""
    answers = [{**a, "answer": answer} if a["ask"] == f"member {victim}" else a for a in state.recording["answers"]]
    file.write_text(json.dumps({**state.recording, "answers": answers}), encoding="utf-8")
    return execute(check_named(state.recording["check"]), ["--replay", str(file)])


def troubles(alone: Outcome, got: Outcome) -> Iterator[str]:
    """What the lie did to the verdict; ``alone`` is what the others prove."""
    if "itself failed" in got.text:
        yield "lost"
    elif alone.state is CRITICAL and got.state is not CRITICAL:
        yield "hidden"
    elif "SPLIT-BRAIN" in alone.text and "SPLIT-BRAIN" not in got.text:
        yield "renamed"
    if MARKUP & set(got.text):
        yield "marked up"


def main() -> int:
    """Print the figures; what was lost, hidden, renamed or marked up with both lines."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--mutants", type=int, default=40, help="wrong values in each member's facts")
    options.add_argument("--only", default="", help="a part of the recordings' names")
    args = options.parse_args()
    figures: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HAMON_STATE_DIR"] = folder
        file, dice = Path(folder) / "recording.json", random.Random(1)
        for state in states(args.only):
            alone = {name: judged(state, name, {"unreachable": "silent"}, file) for name in state.members}
            for attack in attacks(state, dice, args.mutants):
                figures["attacks"] += 1
                got = judged(state, attack.victim, attack.answer, file)
                for trouble in troubles(alone[attack.victim], got):
                    figures[trouble] += 1
                    print(f"{trouble}: {state.name}: {attack.victim} says {attack.what}: {got.state.name} {got.text}")
                    print(f"    the others alone: {alone[attack.victim].state.name} {alone[attack.victim].text}")
    print(", ".join(f"{figures[name]} {name}" for name in ("attacks", "lost", "hidden", "renamed", "marked up")))
    return 1 if figures["lost"] or figures["renamed"] or figures["marked up"] else 0


if __name__ == "__main__":
    sys.exit(main())
