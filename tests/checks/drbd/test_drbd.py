"""check_drbd and check_drbd_cluster: the incidents that no captured state has, DRBD 9, and output that is cut or garbage.

The DRBD 9 texts are written from drbdsetup(8) of drbd-utils 9 (``events2``), not captured: its module could not be run here.
"""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamon.checks.drbd import facts as drbd_facts
from hamon.checks.drbd.cluster import CLUSTER
from hamon.checks.drbd.node import CHECK
from hamon.errors import ProbeError
from hamon.execute import execute
from hamon.options import parse
from hamon.probe.tape import dump
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING

CLOCK = 1795354139.0
PROC8 = "version: 8.4.11 (api:1/proto:86-101)\nsrcversion: 059B1B470318F053F5077D5 \n"
PROC9 = (
    "version: 9.2.11 (api:2/proto:86-122)\nGIT-hash: d7212a2 build by root@ctl1\nTransports (api:20): tcp (9.2.11)\n"
)
GI = "67AA94AE126B43ED:5C84F0865CE9E55D:72A345B33A68C72B:72A245B33A68C72B:1:1:1:1:0:1:0\n"


def events(*lines: str) -> str:
    return "".join(f"exists {line}\n" for line in (*lines, "-"))


def pair(
    role: str = "Primary", connection: str = "Connected", peer: str = "Secondary", disk: str = "UpToDate",
    replication: str = "Established", peer_disk: str = "UpToDate", more: str = "resync-suspended:no out-of-sync:0", resource: str = "suspended:no",
) -> str:  # fmt: skip
    """One resource of the 8.4 module."""
    name = "" if connection == "StandAlone" else " conn-name:peer"
    return events(
        f"resource name:r0 role:{role} {resource}",
        f"connection name:r0 peer-node-id:0{name} connection:{connection} role:{peer}",
        f"device name:r0 volume:0 minor:0 disk:{disk} size:65496",
        f"peer-device name:r0 peer-node-id:0{name} volume:0 replication:{replication} peer-disk:{peer_disk} {more}",
    )


NINE = events(
    "resource name:r0 role:Primary suspended:no force-io-failures:no may_promote:no promotion_score:10101",
    "connection name:r0 peer-node-id:1 conn-name:ctl2 connection:Connected role:Secondary congested:no ap-in-flight:0 rs-in-flight:0",
    "connection name:r0 peer-node-id:2 conn-name:ctl3 connection:Connected role:Secondary congested:no ap-in-flight:0 rs-in-flight:0",
    "device name:r0 volume:0 minor:1000 backing_dev:/dev/vg0/r0 disk:UpToDate client:no quorum:yes size:1048576 read:0 written:0 blocked:no",
    "peer-device name:r0 peer-node-id:1 conn-name:ctl2 volume:0 replication:Established peer-disk:UpToDate peer-client:no resync-suspended:no out-of-sync:0",
    "path name:r0 peer-node-id:1 conn-name:ctl2 local:ipv4:10.0.0.1:7000 peer:ipv4:10.0.0.2:7000 established:yes",
    "peer-device name:r0 peer-node-id:2 conn-name:ctl3 volume:0 replication:Established peer-disk:UpToDate peer-client:no resync-suspended:no out-of-sync:0",
)


def recording(events2: str, proc: str | None = PROC8, configured: Any = (0, "r0\n", ""), **more: Any) -> dict[str, Any]:
    answers = {
        "command drbdadm sh-resources": list(configured),
        "file /proc/drbd": None if proc is None else [proc, CLOCK],
        "command drbdsetup events2 --now --statistics all": [0, events2, ""],
        **more.pop("answers", {}),
    }
    return {
        "hamon_recording": 1, "check": "drbd", "args": [], "clock": CLOCK, "memory": more.get("memory", {}),
        "answers": [{"ask": ask, "answer": answer} for ask, answer in answers.items()],
    }  # fmt: skip


def judged(tmp_path: Path, events2: str, *args: str, **more: Any) -> tuple[int, str]:
    path = tmp_path / "recording.json"
    path.write_text(dump(recording(events2, **more)))
    outcome = execute(CHECK, ["--replay", str(path), *args])
    return int(outcome.state), outcome.render().splitlines()[0]


def since(what: list[str], seconds: float, name: str = "r0_0") -> dict[str, Any]:
    return {"at": CLOCK - 60, "values": {}, "since": {name: [what, CLOCK - seconds]}}


def test_a_peer_out_of_reach_warns_and_alarms_after_five_minutes(tmp_path: Path) -> None:
    lost = pair(connection="Connecting", peer="Unknown", replication="Off", peer_disk="DUnknown")
    perfdata = " | r0_0_out_of_sync=0KB;;;0"
    gone = since(["disconnected", ""], 120)
    assert judged(tmp_path, lost, memory=gone) == (
        WARNING, "DRBD WARNING - r0 has no connection to its peer for 2 min (Connecting), Primary here" + perfdata,
    )  # fmt: skip
    long_gone = since(["disconnected", ""], 400)
    assert judged(tmp_path, lost, memory=long_gone) == (
        CRITICAL, "DRBD CRITICAL - r0 has no connection to its peer for 6 min 40 s (Connecting), Primary here" + perfdata,
    )  # fmt: skip
    assert judged(tmp_path, lost, "--disconnected-max", "3600", memory=long_gone)[0] == WARNING


def test_named_maintenance_of_a_disconnected_resource_has_its_time(tmp_path: Path) -> None:
    alone = pair(connection="StandAlone", peer="Unknown", replication="Off", peer_disk="DUnknown")
    assert judged(tmp_path, alone)[1].startswith(
        "DRBD CRITICAL - r0 is StandAlone as Primary: split-brain suspected, it will not reconnect by itself |"
    )
    assert judged(tmp_path, alone, "--maintenance", "disk swap")[1].startswith(
        "DRBD WARNING - r0 is StandAlone as Primary (maintenance: disk swap) |"
    )
    late = since(["StandAlone", ""], 15000)
    assert judged(tmp_path, alone, "--maintenance", "disk swap", memory=late)[1].startswith(
        "DRBD CRITICAL - r0 is StandAlone as Primary for 4 h 10 min (maintenance: disk swap), longer than 4 h |"
    )


@pytest.mark.parametrize(
    ("events2", "state", "text"),
    [
        (pair(disk="Diskless"), CRITICAL, "r0 is Diskless here as Primary, all I/O goes to the peer"),
        (pair(disk="Failed", connection="Connecting", peer="Unknown", replication="Off", peer_disk="DUnknown"), CRITICAL,
         "r0 is Failed here as Primary, and no peer has up-to-date data"),
        (pair(peer_disk="Diskless"), WARNING, "r0 is Diskless on its peer: this node has the only copy"),
        (pair(peer_disk="Outdated"), WARNING, "r0 is Outdated on its peer and no resync runs"),
        (pair(disk="Outdated"), CRITICAL, "r0 is Outdated here as Primary"),
        (pair("Secondary", disk="Outdated"), WARNING, "r0 is Outdated here as Secondary: its data are old"),
        (pair("Secondary", disk="Consistent"), WARNING, "r0 is Consistent here: whether"),
        (pair("Secondary", disk="Inconsistent"), CRITICAL, "r0 is Inconsistent here as Secondary and no resync runs"),
        (pair("Secondary", disk="Inconsistent", replication="SyncTarget", more="out-of-sync:1048576"), WARNING,
         "resync of r0: Inconsistent here, from its peer, 1 GiB left"),
        (pair("Secondary", disk="Inconsistent", replication="PausedSyncT", more="resync-suspended:user,dependency out-of-sync:4"), WARNING,
         "resync of r0 is paused by user and dependency (Inconsistent here, from its peer, 4 KiB left)"),
        (pair(replication="Ahead"), WARNING, "r0 is Ahead of its peer: the link is congested"),
        (pair(more="out-of-sync:40"), WARNING, "40 KiB of r0 differ from its peer although connected: a verify found them"),
        (pair(replication="VerifyS", more="out-of-sync:0"), OK, "verify of r0 runs"),
        (pair(resource="suspended:no-data"), CRITICAL, "I/O of r0 is suspended (no-data)"),
        (pair(role=""), UNKNOWN, "r0: its role is missing"),
        (pair(disk="Weird"), UNKNOWN, "r0: its disk is Weird"),
        (pair(peer_disk=""), UNKNOWN, "r0: the disk of its peer is missing"),
        (pair(replication=""), UNKNOWN, "r0 is Connected and its replication is missing"),
        (pair(connection=""), UNKNOWN, "r0: the state of its connection was not reported"),
        (events("resource name:r0 role:Secondary suspended:no"), CRITICAL, "r0 is up without a device"),
        (events("resource name:r0 role:Secondary", "device name:r0 volume:0 minor:0 disk:UpToDate"), CRITICAL, "r0 has no connection to any peer"),
    ],
)  # fmt: skip
def test_each_condition_is_named(tmp_path: Path, events2: str, state: int, text: str) -> None:
    got, line = judged(tmp_path, events2)
    assert (got, text in line) == (state, True), line


def test_two_primaries_are_right_only_where_they_are_configured(tmp_path: Path) -> None:
    both = pair(peer="Primary")
    for shown, state, text in (
        (
            "resource r0 {\n    net {\n        allow-two-primaries\tyes;\n    }\n}\n",
            OK,
            "r0 is Primary on both nodes, as configured",
        ),
        ("resource r0 {\n    net {\n    }\n}\n", CRITICAL, "r0 is Primary on both nodes without allow-two-primaries"),
    ):
        got, line = judged(tmp_path, both, answers={"command drbdsetup show r0": [0, shown, ""]})
        assert (got, text in line) == (state, True), line


def test_a_paused_resync_alarms_in_the_end(tmp_path: Path) -> None:
    paused = pair(replication="PausedSyncS", peer_disk="Inconsistent", more="resync-suspended:peer out-of-sync:2048")
    memory = since(["PausedSyncS", "Inconsistent"], 4000)
    assert judged(tmp_path, paused, memory=memory) == (
        CRITICAL,
        "DRBD CRITICAL - resync of r0 is paused by peer for 1 h 6 min (its peer is Inconsistent, 2 MiB left) | r0_0_out_of_sync=2048KB;;;0",
    )


def test_a_resync_tells_its_speed_from_two_runs_and_when_it_stands_still(tmp_path: Path) -> None:
    events2 = pair("Secondary", disk="Inconsistent", replication="SyncTarget", more="done:50.00 out-of-sync:60000")
    memory = {"at": CLOCK - 60, "values": {"synced r0_0": -120000.0}, "since": {}}
    assert judged(tmp_path, events2, memory=memory)[1] == (
        "DRBD WARNING - resync of r0: Inconsistent here, from its peer, 50 % done, 58.6 MiB left, ready in 1 min"
        " | r0_0_out_of_sync=60000KB;;;0 r0_0_done=50%;;;0;100 r0_0_eta=60s;;;0"
    )
    memory["values"] = {"synced r0_0": -60000.0}
    assert judged(tmp_path, events2, memory=memory)[1].startswith(
        "DRBD WARNING - resync of r0 makes no progress (Inconsistent here"
    )


def test_what_is_configured_and_not_up(tmp_path: Path) -> None:
    assert judged(tmp_path, pair(), configured=(0, "r0 r1\n", ""))[1].startswith(
        "DRBD CRITICAL - r1 is configured and not up |"
    )
    assert judged(tmp_path, pair(), "--expect", "web")[1].startswith("DRBD CRITICAL - web is configured and not up |")
    unread = (1, "", "/etc/drbd.d/r0.res:3: Parse error\n")
    assert judged(tmp_path, pair(), configured=unread)[1].startswith(
        "DRBD UNKNOWN - which resources should be up is not known (drbdadm sh-resources failed with exit code 1: /etc/drbd.d/r0.res:3: Parse error), give --expect"
    )
    assert judged(tmp_path, pair(), "--expect", "r0", configured=unread)[0] == OK
    assert judged(tmp_path, events(), configured=(0, "", "")) == (UNKNOWN, "DRBD UNKNOWN - no resource is configured")


def test_without_the_module_nothing_is_run_that_would_load_it(tmp_path: Path) -> None:
    assert judged(tmp_path, "", proc=None) == (CRITICAL, "DRBD CRITICAL - the drbd module is not loaded, down: r0")
    assert judged(tmp_path, "", proc=None, configured=(0, "", ""))[1] == (
        "DRBD UNKNOWN - no resource is configured and the module is not loaded"
    )


@pytest.mark.parametrize(
    "events2",
    ["", "exists", "exists resource name:r0 role:Primary", pair()[:-10], pair() + "\ngarbage", "\x00\xff", "<html>"],
)
def test_cut_or_foreign_output_is_unknown(tmp_path: Path, events2: str) -> None:
    state, line = judged(tmp_path, events2)
    assert state == UNKNOWN
    assert "drbdsetup events2 reported no complete list" in line


def test_a_cut_proc_file_and_a_failing_tool_are_unknown(tmp_path: Path) -> None:
    assert judged(tmp_path, pair(), proc="")[1].startswith("DRBD UNKNOWN - /proc/drbd does not begin with a version")
    failed = {
        "command drbdsetup events2 --now --statistics all": [
            20,
            "",
            "Could not connect to 'drbd' generic netlink family\n",
        ]
    }
    assert judged(tmp_path, "", answers=failed)[1] == (
        "DRBD UNKNOWN - drbdsetup events2 failed with exit code 20: Could not connect to 'drbd' generic netlink family"
    )


# --- DRBD 9 -----------------------------------------------------------------------------------------------------------


def test_nine_with_two_peers(tmp_path: Path) -> None:
    assert judged(tmp_path, NINE, proc=PROC9) == (
        OK,
        "DRBD OK - r0 Primary, connected, UpToDate here and on the peer (DRBD 9.2.11)"
        " | r0_0_ctl2_out_of_sync=0KB;;;0 r0_0_ctl3_out_of_sync=0KB;;;0",
    )


def test_nine_names_the_peer_that_is_lost_and_asks_its_identifiers(tmp_path: Path) -> None:
    events2 = NINE.replace(
        "conn-name:ctl3 connection:Connected role:Secondary", "conn-name:ctl3 connection:StandAlone role:Unknown"
    ).replace(
        "conn-name:ctl3 volume:0 replication:Established peer-disk:UpToDate",
        "conn-name:ctl3 volume:0 replication:Off peer-disk:DUnknown",
    )
    answers = {"command drbdsetup get-gi r0 2 0": [0, GI, ""]}
    assert judged(tmp_path, events2, proc=PROC9, answers=answers)[1].startswith(
        "DRBD CRITICAL - r0 is StandAlone as Primary: split-brain suspected"
    )
    path = tmp_path / "recording.json"
    facts = json.loads(execute(CHECK, ["--replay", str(path), "--facts"]).render())["facts"]
    assert [peer["generation"][:1] for peer in facts["peers"]] == [[], ["67AA94AE126B43EC"]]


def test_nine_without_quorum_and_with_a_client_on_purpose(tmp_path: Path) -> None:
    assert judged(
        tmp_path, NINE.replace("quorum:yes", "quorum:no").replace("suspended:no ", "suspended:quorum ", 1), proc=PROC9
    )[1].startswith("DRBD CRITICAL - I/O of r0 is suspended (quorum), r0 has no quorum |")
    client = NINE.replace("disk:UpToDate client:no", "disk:Diskless client:yes")
    assert judged(tmp_path, client, proc=PROC9)[1].startswith("DRBD OK - ")
    assert "r0 is a diskless client, as configured" in judged(tmp_path, client, proc=PROC9)[1]


# --- the parsers ------------------------------------------------------------------------------------------------------


@given(st.text(), st.text())
def test_no_text_breaks_the_parser(proc: str, events2: str) -> None:
    for text in (proc, PROC8 + proc):
        for listing in (events2, events2 + "\nexists -"):
            with suppress(ProbeError):
                drbd_facts.parse(text, listing)


WORD = st.text(st.sampled_from("abr0:-= yes"), max_size=8)


@given(st.lists(st.tuples(st.sampled_from(["resource", "connection", "device", "peer-device", "path", "x"]), st.lists(st.tuples(
    st.sampled_from(["name", "role", "connection", "disk", "peer-disk", "replication", "volume", "minor", "out-of-sync", "done"]), WORD), max_size=6)), max_size=6))  # fmt: skip
def test_no_fields_break_parser_or_judgement(lines: list[tuple[str, list[tuple[str, str]]]]) -> None:
    events2 = events(*(f"{kind} " + " ".join(f"{key}:{value}" for key, value in fields) for kind, fields in lines))
    with suppress(ProbeError):
        judge_anything(drbd_facts.parse(PROC8, events2, ("r0",)))


def judge_anything(facts: drbd_facts.Facts) -> None:
    options = parse(CHECK, ["--disconnected-max", "1", "--paused-max", "1", "--maintenance-max", "1"])
    for finding in CHECK.evaluate(facts, options):
        assert finding.about in CHECK.runbook or finding.state is OK


@given(st.text())
def test_generation_is_four_identifiers_or_nothing(text: str) -> None:
    assert len(drbd_facts.generation(text)) in (0, 4)
    assert len(drbd_facts.generation(GI)) == 4


# --- both nodes -------------------------------------------------------------------------------------------------------


def cluster(tmp_path: Path, *nodes: str, args: tuple[str, ...] = ()) -> tuple[int, str]:
    """The cluster's verdict on nodes' recordings or, for a word, what their agent said."""
    for index, answer in enumerate(nodes, 1):
        (tmp_path / f"n{index}").write_text(answer)
    members = ",".join(f"n{index}=10.0.0.{index}" for index in range(1, len(nodes) + 1))
    outcome = execute(CLUSTER, ["--members", members, "--via", f"cat {tmp_path}/{{name}}", *args])
    return int(outcome.state), outcome.render().splitlines()[0]


def facts(tmp_path: Path, events2: str, **more: Any) -> str:
    path = tmp_path / "node.json"
    path.write_text(dump(recording(events2, **more)))
    return execute(CHECK, ["--replay", str(path), "--facts"]).render()


def parted(role: str, connection: str = "Connecting", gi: str = "", seconds: float = 0.0) -> dict[str, Any]:
    events2 = pair(role, connection, "Unknown", replication="Off", peer_disk="DUnknown")
    what = "StandAlone" if connection == "StandAlone" else "disconnected"
    return {
        "events2": events2,
        "answers": {"command drbdsetup get-gi 0": [0, gi, ""]},
        "memory": since([what, ""], seconds),
    }


# As seen: a Primary goes on with a new current identifier and keeps the common one in its bitmap slot.
COMMON, LEFT, RIGHT = "5C84F0865CE9E55C", "67AA94AE126B43ED", "1111111111111111"
REST = "72A345B33A68C72B:72A245B33A68C72B:1:1:1:1:0:1:0"
AHEAD, BEHIND, OTHER = f"{LEFT}:{COMMON}:{REST}", f"{COMMON}:{'0' * 16}:{REST}", f"{RIGHT}:{COMMON}:{REST}"


def test_facts_are_small(tmp_path: Path) -> None:
    assert len(facts(tmp_path, **parted("Primary", gi=AHEAD))) < 1023, "NRPE v2 cuts at 1,023 bytes"


def test_a_cut_link_is_not_a_split_brain_until_both_wrote(tmp_path: Path) -> None:
    old = facts(tmp_path, **parted("Secondary", gi=BEHIND, seconds=90))
    assert cluster(tmp_path, facts(tmp_path, **parted("Primary", gi=AHEAD, seconds=90)), old) == (
        WARNING,
        "DRBD_CLUSTER WARNING - r0: n1 (Primary) and n2 (Secondary) have no connection for 1 min 30 s: both answer, the replication link is cut"
        " | resources=1;;;0 replicated=0;;;0 unreachable=0;;;0",
    )
    assert cluster(tmp_path, facts(tmp_path, **parted("Primary", gi=AHEAD, seconds=900)), old)[0] == CRITICAL
    diverged = facts(tmp_path, **parted("Secondary", gi=OTHER))
    assert cluster(tmp_path, facts(tmp_path, **parted("Primary", gi=AHEAD)), diverged)[1].startswith(
        "DRBD_CLUSTER CRITICAL - SPLIT-BRAIN of r0: the data of n1 (Primary) and n2 (Secondary) have diverged |"
    )


def test_without_identifiers_one_stand_alone_side_is_suspected(tmp_path: Path) -> None:
    one, other = facts(tmp_path, **parted("Primary", "StandAlone")), facts(tmp_path, **parted("Secondary"))
    assert cluster(tmp_path, one, other)[1].startswith(
        "DRBD_CLUSTER CRITICAL - n1 is StandAlone for r0, split-brain suspected: n1 (Primary, StandAlone) and n2 (Secondary) |"
    )
    assert cluster(tmp_path, one, "CHECK_NRPE: Socket timeout")[1].startswith(
        "DRBD_CLUSTER CRITICAL - n1 is StandAlone for r0 as Primary, split-brain suspected, n2 could not be asked (its agent said: CHECK_NRPE: Socket timeout) |"
    )


def test_a_fresh_pair_without_data_has_not_diverged(tmp_path: Path) -> None:
    fresh = f"0000000000000004:{'0' * 16}:{'0' * 16}:{'0' * 16}:0:0:0:0:0:0:0"
    one, other = (facts(tmp_path, **parted("Secondary", gi=gi)) for gi in (AHEAD, fresh))
    assert "SPLIT-BRAIN" not in cluster(tmp_path, one, other)[1]


def test_silence_is_not_health_and_not_an_outage(tmp_path: Path) -> None:
    healthy = facts(tmp_path, pair())
    assert cluster(tmp_path, healthy, "CHECK_NRPE: Socket timeout") == (
        OK,
        "DRBD_CLUSTER OK - r0 Primary on n1, n2 connected and up to date, n2 could not be asked (its agent said: CHECK_NRPE: Socket timeout)"
        " | resources=1;;;0 replicated=1;;;0 unreachable=1;;;0",
    )
    state, line = cluster(tmp_path, "no route", "no route")
    assert (
        state,
        line.startswith("DRBD_CLUSTER UNKNOWN - no member could be asked: n1: its agent said: no route, n2: "),
    ) == (UNKNOWN, True)


def test_what_is_up_nowhere_or_only_here(tmp_path: Path) -> None:
    down, healthy = facts(tmp_path, events()), facts(tmp_path, **parted("Primary", gi=AHEAD))
    assert cluster(tmp_path, down, down)[1].startswith("DRBD_CLUSTER CRITICAL - r0 is up on no node |")
    assert cluster(tmp_path, healthy, down)[1].startswith(
        "DRBD_CLUSTER WARNING - r0 is not up on n2, up to date only on n1 |"
    )
    assert cluster(
        tmp_path, facts(tmp_path, pair()), facts(tmp_path, pair("Secondary", peer="Primary")), args=("--expect", "r9")
    )[1].startswith("DRBD_CLUSTER CRITICAL - r9 is on no node |")


def test_no_node_is_forced_while_another_one_that_may_have_the_data_is_silent(tmp_path: Path) -> None:
    events2 = pair("Secondary", "Connecting", "Unknown", disk="Outdated", replication="Off", peer_disk="DUnknown")
    outdated = facts(tmp_path, events2, answers={"command drbdsetup get-gi 0": [0, "", ""]})
    for second, forced in ((outdated, True), ("CHECK_NRPE: Socket timeout", False)):
        (tmp_path / "n1").write_text(outdated)
        (tmp_path / "n2").write_text(second)
        long = execute(
            CLUSTER, ["--members", "n1=10.0.0.1,n2=10.0.0.2", "--via", f"cat {tmp_path}/{{name}}"]
        ).long.splitlines()
        wanted = [line for line in long if "drbdadm primary" in line]
        if forced:
            assert wanted == [
                "     then: drbdadm primary --force r0  # only on the node with the newest data, when every other copy is proven worse or lost"
            ]
        else:
            assert wanted == []
            assert "Type next: ping -c 3 n2  # why does it not answer?" in long
