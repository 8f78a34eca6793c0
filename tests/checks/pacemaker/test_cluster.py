"""All members' views side by side: two clusters where there should be one, and what is only a change under way."""

import json
from pathlib import Path
from typing import Any

import pytest

from hamon.checks.pacemaker.cluster import CLUSTER
from hamon.checks.pacemaker.node import CHECK
from hamon.execute import execute
from hamon.typed import typed
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Outcome
from hamon.wire import to_json
from tests.checks.pacemaker.crm import NOW, judged, node, resource, status

Answer = dict[str, Any]

THREE = "ctl1=10.0.0.11,ctl2=10.0.0.12,ctl3=10.0.0.13"
TWO = "ctl1=10.0.0.11,ctl2=10.0.0.12"
SILENT: Answer = {"unreachable": "its agent did not answer in time"}
DEAD: Answer = {"error": [2, "corosync is not running on this node", "not_running"]}


def facts(folder: Path, document: str) -> Answer:
    """What a member reports whose crm_mon printed ``document``."""
    return {"facts": json.loads(judged(folder, "pacemaker", document, args=["--facts"]).render())["facts"]}


def cluster(folder: Path, *rounds: dict[str, Answer], members: str = THREE, args: tuple[str, ...] = ()) -> Outcome:
    """The verdict over the members' answers, asked once or several times."""
    answers = [{"ask": f"member {name}", "answer": answer} for asked in rounds for name, answer in asked.items()]
    recording = {
        "hamon_recording": 1, "check": "pacemaker_cluster", "args": ["--members", members], "clock": NOW, "memory": {}, "answers": answers,
    }  # fmt: skip
    file = folder / "cluster.json"
    file.write_text(json.dumps(recording))
    return execute(CLUSTER, ["--replay", str(file), *args])


def dc(name: str, quorum: str = "true") -> str:
    return f'present="true" name="{name}" with_quorum="{quorum}"'


def half(me: str, other: str, resources: str, quorum: str = "true") -> str:
    return status(
        node(me) + node(other, online="false"),
        resources,
        dc=dc(me, quorum),
        options='stonith-enabled="false" no-quorum-policy="stop"',
    )


def test_facts_are_small_and_travel(tmp_path: Path) -> None:
    many = "".join(resource(f"service-{number}", "ctl1") for number in range(60))
    reported = facts(tmp_path, status(resources=many))["facts"]
    assert len(json.dumps(reported)) < 3000
    assert to_json(typed(CHECK.facts, reported)) == reported


def test_one_whole_cluster(tmp_path: Path) -> None:
    healthy = facts(tmp_path, status())
    got = cluster(tmp_path, {"ctl1": healthy, "ctl2": healthy, "ctl3": healthy})
    assert got.render() == (
        "PACEMAKER_CLUSTER OK - 3 of 3 nodes in one cluster with quorum, DC ctl1, 1 of 1 resource instances run"
        " | expected=3;;;0 online=3;;;0 sides=1;;;0 running_twice=0;;;0 unreachable=0;;;0"
    )


def test_two_calm_halves_are_a_split_brain(tmp_path: Path) -> None:
    one = facts(tmp_path, half("ctl1", "ctl2", resource("vip", "ctl1")))
    two = facts(tmp_path, half("ctl2", "ctl1", resource("vip", "ctl2")))
    got = cluster(tmp_path, {"ctl1": one, "ctl2": two}, members=TWO)
    assert got.render().splitlines()[0] == (
        "PACEMAKER_CLUSTER CRITICAL - SPLIT-BRAIN: sides that both have quorum: ctl1 sees {ctl1} and ctl2 sees {ctl2}, "
        "running twice: vip on ctl1 and ctl2 | expected=2;;;0 online=1;;;0 sides=2;;;0 running_twice=1;;;0 unreachable=0;;;0"
    )
    assert "do not just heal the network" in got.long


def test_a_split_that_runs_nothing_yet_is_one_too(tmp_path: Path) -> None:
    one, two = (facts(tmp_path, half(me, other, "")) for me, other in (("ctl1", "ctl2"), ("ctl2", "ctl1")))
    got = cluster(tmp_path, {"ctl1": one, "ctl2": two}, members=TWO)
    assert got.text == "SPLIT-BRAIN: sides that both have quorum: ctl1 sees {ctl1} and ctl2 sees {ctl2}"


def test_twice_without_quorum_is_a_split_brain_too(tmp_path: Path) -> None:
    """no-quorum-policy=ignore: the side without quorum goes on."""
    big = status(node("ctl1") + node("ctl2") + node("ctl3", online="false"), resource("vip", "ctl1"))
    small = status(node("ctl1", online="false") + node("ctl2", online="false") + node("ctl3"), resource("vip", "ctl3"), dc=dc("ctl3", "false"),
                   options='stonith-enabled="false" no-quorum-policy="ignore"')  # fmt: skip
    reported = facts(tmp_path, big)
    got = cluster(tmp_path, {"ctl1": reported, "ctl2": reported, "ctl3": facts(tmp_path, small)})
    assert got.text.startswith("SPLIT-BRAIN: running twice, even when asked twice: vip on ctl1 and ctl3")


def test_a_move_seen_half_way_is_asked_again(tmp_path: Path) -> None:
    before, after = facts(tmp_path, status()), facts(tmp_path, status(resources=resource("vip", "ctl2")))
    half_way = {"ctl1": before, "ctl2": after, "ctl3": after}
    assert cluster(tmp_path, half_way, dict.fromkeys(half_way, after)).state is OK
    stays = cluster(tmp_path, half_way)
    assert (stays.state, stays.text) == (
        CRITICAL,
        "SPLIT-BRAIN: running twice, even when asked twice: vip on ctl1 and ctl2",
    )


def test_slow_members_are_not_asked_again(tmp_path: Path) -> None:
    """Seen in the lab: the second round ran out of time, and nothing was left of the first one's answers."""
    before, after = facts(tmp_path, status()), facts(tmp_path, status(resources=resource("vip", "ctl2")))
    half_way = {"ctl1": before, "ctl2": after, "ctl3": after}
    got = cluster(tmp_path, half_way, dict.fromkeys(half_way, SILENT), args=("--timeout", "2.5"))
    assert (got.state, got.text) == (CRITICAL, "SPLIT-BRAIN: running twice: vip on ctl1 and ctl2")


def test_two_dcs(tmp_path: Path) -> None:
    one, two = facts(tmp_path, status()), facts(tmp_path, status(dc=dc("ctl2")))
    got = cluster(tmp_path, {"ctl1": one, "ctl2": two, "ctl3": two})
    assert (got.state, got.text) == (CRITICAL, "SPLIT-BRAIN: two DCs, even when asked twice: ctl1 and ctl2")


def lost(tmp_path: Path, **attributes: str) -> Answer:
    return facts(tmp_path, status(node("ctl1") + node("ctl2") + node("ctl3", online="false", **attributes)))


def test_one_of_three_lost(tmp_path: Path) -> None:
    reported = lost(tmp_path)
    members = {"ctl1": reported, "ctl2": reported, "ctl3": SILENT}
    got = cluster(tmp_path, members)
    assert (got.state, got.text) == (
        CRITICAL,
        "ctl3 is OFFLINE: it vanished without leaving, one more loss ends the cluster",
    )
    assert cluster(tmp_path, members, args=("--at-risk", "warning")).state is WARNING


def test_a_host_that_another_cluster_pages_for(tmp_path: Path) -> None:
    reported = lost(tmp_path)
    members = {"ctl1": reported, "ctl2": reported}
    got = cluster(tmp_path, {**members, "ctl3": SILENT}, args=("--lost-host", "warning"))
    assert (got.state, got.text) == (
        WARNING,
        "ctl3 is OFFLINE: it vanished without leaving, one more loss ends the cluster",
    )
    assert cluster(tmp_path, {**members, "ctl3": DEAD}, args=("--lost-host", "warning")).state is CRITICAL
    unclean = lost(tmp_path, unclean="true")
    answers = {"ctl1": unclean, "ctl2": unclean, "ctl3": SILENT}
    assert cluster(tmp_path, answers, args=("--lost-host", "warning")).state is CRITICAL


def test_one_of_five_lost_is_no_page(tmp_path: Path) -> None:
    nodes = "".join(node(f"ctl{number}") for number in range(1, 5)) + node("ctl5", online="false")
    reported = facts(tmp_path, status(nodes))
    names = [f"ctl{number}" for number in range(1, 6)]
    got = cluster(tmp_path, {**dict.fromkeys(names[:4], reported), "ctl5": SILENT}, members=",".join(names))
    assert (got.state, got.text) == (WARNING, "ctl5 is OFFLINE: it vanished without leaving")


def test_cut_off_without_quorum(tmp_path: Path) -> None:
    alone = status(
        node("ctl1", online="false") + node("ctl2", online="false") + node("ctl3"),
        resource("vip"),
        dc=dc("ctl3", "false"),
    )
    got = cluster(tmp_path, {"ctl1": lost(tmp_path), "ctl2": lost(tmp_path), "ctl3": facts(tmp_path, alone)})
    assert got.text == (
        "ctl3 is OFFLINE: it vanished without leaving (cut off: it answers, without quorum), one more loss ends the cluster"
    )


def test_stopped_on_purpose_is_a_warning(tmp_path: Path) -> None:
    reported = lost(tmp_path, expected_up="false")
    got = cluster(tmp_path, {"ctl1": reported, "ctl2": reported, "ctl3": DEAD})
    assert (got.state, got.text) == (
        WARNING,
        "ctl3 is OFFLINE: it left cleanly (stopped by hand?), one more loss ends the cluster, ctl3: corosync is not running on this node",
    )


def test_nobody_has_quorum(tmp_path: Path) -> None:
    alone = {
        me: facts(tmp_path, status("".join(node(name, online="true" if name == me else "false") for name in ("ctl1", "ctl2", "ctl3")), resource("vip"), dc=dc(me, "false")))
        for me in ("ctl1", "ctl2")
    }  # fmt: skip
    got = cluster(tmp_path, {**alone, "ctl3": SILENT})
    assert (got.state, got.text) == (
        CRITICAL,
        "no side with quorum seen: ctl1 sees {ctl1} and ctl2 sees {ctl2}, ctl3 could not be asked (its agent did not answer in time)",
    )


@pytest.mark.parametrize(
    ("policy", "words"),
    [("stop", "the cluster runs nothing"), ("freeze", "no-quorum-policy=freeze lets what runs go on")],
)
def test_what_the_cluster_does_is_said_only_with_every_members_word(tmp_path: Path, policy: str, words: str) -> None:
    options = f'stonith-enabled="true" no-quorum-policy="{policy}" maintenance-mode="false"'
    alone = facts(
        tmp_path, status(node("ctl1") + node("ctl2", online="false"), dc=dc("ctl1", "false"), options=options)
    )
    got = cluster(tmp_path, {"ctl1": alone, "ctl2": DEAD}, members=TWO)
    assert (got.state, got.text) == (
        CRITICAL,
        f"no side has quorum, {words}: ctl1 sees {{ctl1}}, ctl2: corosync is not running on this node",
    )
    unseen = cluster(tmp_path, {"ctl1": alone, "ctl2": SILENT}, members=TWO)
    assert (unseen.state, unseen.text) == (
        CRITICAL,
        "no side with quorum seen: ctl1 sees {ctl1}, ctl2 could not be asked (its agent did not answer in time)",
    )
    assert "do not lower the expected votes" in unseen.long


def test_a_quorum_that_is_not_reported_is_not_lost(tmp_path: Path) -> None:
    reported = facts(tmp_path, status(dc='present="true" name="ctl1"'))
    got = cluster(tmp_path, {"ctl1": reported, "ctl2": reported, "ctl3": reported})
    assert (got.state, got.text) == (UNKNOWN, "the status does not say whether there is quorum")


def test_resources_that_are_not_listed_are_unknown_in_the_cluster(tmp_path: Path) -> None:
    reported = facts(tmp_path, status(configured=3))
    got = cluster(tmp_path, {"ctl1": reported, "ctl2": reported, "ctl3": reported})
    assert (got.state, got.text) == (
        UNKNOWN,
        "2 configured resource instances are not in crm_mon's list: nothing is known of them",
    )


@pytest.mark.parametrize("name", ["ctl3", "ctl3.cloud.example", "Ctl3", "blade-17"])
def test_a_lost_node_by_any_of_its_names(tmp_path: Path, name: str) -> None:
    """The host is silent with its node, and another cluster pages for it: also where the inventory calls it otherwise."""
    reported = lost(tmp_path)
    members = f"ctl1=10.0.0.11,ctl2=10.0.0.12,{name}=10.0.0.13"
    got = cluster(
        tmp_path, {"ctl1": reported, "ctl2": reported, name: SILENT}, members=members, args=("--lost-host", "warning")
    )
    assert (got.state, got.text) == (
        WARNING,
        "ctl3 is OFFLINE: it vanished without leaving, one more loss ends the cluster",
    )


def test_a_stopped_resource_pages_once_for_the_cluster(tmp_path: Path) -> None:
    reported = facts(tmp_path, status(resources=resource("vip")))
    got = cluster(tmp_path, {"ctl1": reported, "ctl2": reported, "ctl3": reported})
    assert (got.state, got.text) == (CRITICAL, "vip is stopped and should run")


def test_an_agent_that_is_down_does_not_hide_a_whole_cluster(tmp_path: Path) -> None:
    healthy = facts(tmp_path, status())
    got = cluster(tmp_path, {"ctl1": healthy, "ctl2": SILENT, "ctl3": SILENT})
    assert got.state is OK
    assert "ctl2 and ctl3 could not be asked (its agent did not answer in time)" in got.text


def test_silence_is_not_an_outage_but_dead_daemons_are(tmp_path: Path) -> None:
    got = cluster(tmp_path, {"ctl1": SILENT, "ctl2": SILENT}, members=TWO)
    assert (got.state, got.text.startswith("no member could be asked: ctl1: its agent")) == (UNKNOWN, True)
    got = cluster(tmp_path, {"ctl1": DEAD, "ctl2": DEAD}, members=TWO)
    assert (got.state, got.text.startswith("no member runs the cluster: ctl1: corosync is not running")) == (
        CRITICAL,
        True,
    )


def test_a_cluster_of_another_size(tmp_path: Path) -> None:
    healthy = facts(tmp_path, status())
    got = cluster(tmp_path, {"ctl1": healthy, "ctl2": healthy}, members=TWO)
    assert (got.state, got.text) == (WARNING, "the cluster has 3 nodes (ctl1, ctl2 and ctl3), the inventory 2")


def test_standby_and_maintenance_in_the_cluster(tmp_path: Path) -> None:
    planned = facts(tmp_path, status(node("ctl1") + node("ctl2") + node("ctl3", standby="true")))
    got = cluster(tmp_path, {"ctl1": planned, "ctl2": planned, "ctl3": planned})
    assert (got.state, "ctl3 is in standby" in got.text) == (OK, True)
    off = facts(tmp_path, status(options='stonith-enabled="true" maintenance-mode="true"'))
    got = cluster(tmp_path, {"ctl1": off, "ctl2": off, "ctl3": off})
    assert (got.state, got.text) == (WARNING, "maintenance-mode is on: nothing is watched or recovered")


def test_a_quorum_without_a_node_that_is_reported_as_online_is_unknown(tmp_path: Path) -> None:
    reported = json.loads(json.dumps(facts(tmp_path, status(dc=dc("ctl1")))))
    for seen in reported["facts"]["nodes"]:
        seen["state"] = ""
    outcome = cluster(tmp_path, dict.fromkeys(("ctl1", "ctl2", "ctl3"), reported))
    assert (outcome.state, outcome.text) == (
        UNKNOWN,
        "ctl1, ctl2 and ctl3 with quorum, and no node reported as online",
    )
