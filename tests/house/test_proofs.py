"""No step of a runbook stands before the proof that it is safe, and silence is not a reason for force."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from hamon.check import Check
from hamon.replay import replayed
from hamon.verdict import Advice
from tests.house.runbooks import COMMANDS, ENTRIES, RECORDINGS, capture, identify_entry, shown

# What decides by force where a cluster is in doubt: it may stand in no verdict beside a member that nobody could ask. Not
# among them: `stonith_admin --confirm`, which is for silent nodes only, and whose proof is the power state.
BY_FORCE = re.compile(
    r"pc\.bootstrap|galera_new_cluster|--discard-my-data|primary --force|drbdadm primary|forget_cluster_node|rabbitmqctl reset"
)

# What may do harm, and a step before it (command or remark) that proves it safe; the entry says what must not be done, too.
PROOFS = {
    r"pc\.bootstrap|galera_new_cluster": r"wsrep_cluster_status",
    r"grastate\.dat /root": r"/galera_cluster",
    r"ip addr del": r"--only /vip",
    r"--discard-my-data": r"get-gi",
    r"primary --force": r"get-gi",
    r"drbdadm primary": r"/drbd_cluster|get-gi",
    r"drbdadm secondary": r"findmnt",
    r"resume-io": r"power state",
    r"stonith_admin --confirm": r"power state",
    r"systemctl stop pacemaker": r"decide which side stays",
    r"forget_cluster_node": r"ping",
    r"delete_member": r"quorum_status",
    r"rabbitmqctl reset": r"list_queues",
    r"SIGKILL": r"/rabbitmq_cluster",
    r"rabbitmqctl stop_app": r"cluster_status",
    r"read_only=OFF": r"on every server",
    r"disable server": r"",
}
NEEDS_A_LOOK = {r"crm_resource --cleanup": r"crm_mon|journalctl|force-check", r"restart haproxy": r"/haproxy_cluster"}


@pytest.mark.parametrize(("check", "about", "advice"), ENTRIES, ids=identify_entry)
def test_no_step_stands_before_its_proof(check: Check[Any], about: str, advice: Advice) -> None:
    before = ""
    for step in advice.do:
        for harm, proof in {**PROOFS, **NEEDS_A_LOOK}.items():
            if re.search(harm, step.command):
                assert re.search(proof, before), step
                assert advice.never or harm in NEEDS_A_LOOK, step
        before += f"{step.command} {step.remark}\n"


def test_each_harm_is_somewhere_in_the_runbooks() -> None:
    for harm in (*PROOFS, *NEEDS_A_LOOK):
        assert any(re.search(harm, command) for command in COMMANDS), harm


def test_an_address_is_deleted_only_where_another_holder_is_seen() -> None:
    entries = {
        (check.name, about) for check, about, advice in ENTRIES for step in advice.do if "ip addr del" in step.command
    }
    assert entries == {
        *((name, "split_brain") for name in ("addresses", "vip")),
        *(("keepalived", about) for about in ("stale_holder", "backup_with")),
    }


def test_data_are_discarded_only_where_they_are_proven_to_differ() -> None:
    entries = {
        (check.name, about) for check, about, advice in ENTRIES for step in advice.do if "--discard" in step.command
    }
    assert entries == {("drbd_cluster", "split_brain")}


def answers_of(path: Path) -> list[dict[str, Any]]:
    return list(json.loads(path.read_text())["answers"])


def silences(path: Path) -> list[str]:
    """The members of a recording that could not be asked."""
    return [
        recorded["ask"]
        for recorded in answers_of(path)
        if isinstance(answer := recorded.get("answer"), dict) and "unreachable" in answer
    ]


SILENT = [path for path in RECORDINGS if silences(path)]


def test_there_are_recordings_with_silent_members() -> None:
    assert len(SILENT) > 10


@pytest.mark.parametrize("path", SILENT, ids=capture)
def test_silence_is_no_reason_for_force(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for shown_step in shown(path, monkeypatch):
        assert not BY_FORCE.search(shown_step.step.command), shown_step.step


CLUSTERS = [path for path in RECORDINGS if sum(key["ask"].startswith("member ") for key in answers_of(path)) > 1]


@pytest.mark.parametrize("path", CLUSTERS, ids=capture)
def test_no_force_whoever_else_falls_silent(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every capture again with one member silent, and with all but one."""
    recording = json.loads(path.read_text())
    names = sorted({answer["ask"] for answer in recording["answers"] if answer["ask"].startswith("member ")})
    for name in names:
        for silent in ([name], [other for other in names if other != name]):
            changed = [
                {"ask": answer["ask"], "answer": {"unreachable": "no route"}} if answer["ask"] in silent else answer
                for answer in recording["answers"]
            ]
            copy = tmp_path / path.name
            copy.write_text(json.dumps({**recording, "answers": changed}))
            steps = shown(copy, monkeypatch)
            # DRBD's nodes report each other over a live connection: a verdict that rests on that names no silence.
            if recording["check"] == "drbd_cluster" and "could not be asked" not in replayed(copy).outcome.text:
                continue
            for shown_step in steps:
                assert not BY_FORCE.search(shown_step.step.command), (silent, shown_step.step)
