"""One member that lies, floods or talks nonsense takes no verdict away. bench/trust.py tries it on every recorded state."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.trust import STATES, State, attacks, judged, states, troubles
from hamon.check import Options
from hamon.checks.galera.cluster import CLUSTER, consensus
from hamon.execute import execute
from hamon.members import Members
from hamon.verdict import Finding

SPLITS = ("split_brain", "dual_master", "link-cut", "partition")


def chosen() -> list[State]:
    """Of every check that judges members the first recorded state, and the first that is split."""
    found: dict[tuple[str, bool], State] = {}
    for state in states():
        split = any(word in state.name for word in SPLITS)
        found.setdefault((state.recording["check"], split), state)
    return list(found.values())


@pytest.mark.parametrize("state", chosen(), ids=lambda state: state.name)
def test_a_hostile_member_loses_no_verdict_and_hides_no_split_brain(state: State, tmp_path: Path) -> None:
    file, dice = tmp_path / "recording.json", random.Random(7)
    alone = {name: judged(state, name, {"unreachable": "silent"}, file) for name in state.members}
    tried = 0
    for attack in attacks(state, dice, 4):
        got = judged(state, attack.victim, attack.answer, file)
        tried += 1
        wrong = [trouble for trouble in troubles(alone[attack.victim], got) if trouble != "hidden"]
        assert wrong == [], f"{attack.victim} says {attack.what}: {got.text}"
    assert tried > 40 * len(state.members)


def test_a_consensus_that_fails_on_one_member_is_reached_without_it(tmp_path: Path) -> None:
    def failing(members: Members[Any], options: Options) -> Iterator[Finding]:
        if "ctl3" in members.reported:
            raise ValueError("whatever ctl3 reported")
        return consensus(members, options)

    check = CLUSTER._replace(evaluate=failing)
    healthy = str(STATES / "galera/states/01_healthy__cluster.json")
    got = execute(check, ["--replay", healthy])
    assert got.render() == (
        "GALERA_CLUSTER OK - 3 of 3 members in one Primary component {ctl1, ctl2}, ctl3 could not be asked "
        "(reported facts that no verdict can be made with), the others count it in"
        " | size=3;;;0 synced=2;;;0 components=1;;;0 unreachable=1;;;0"
    )
    hopeless = CLUSTER._replace(evaluate=lambda members, options: 1 / 0)  # type: ignore[arg-type, return-value]
    assert execute(hopeless, ["--replay", healthy]).text.startswith(
        "check_galera_cluster itself failed: ZeroDivisionError"
    )
