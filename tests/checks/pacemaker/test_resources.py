"""What a node says of the cluster's resources: what should run and does not, and what failed, and when."""

from pathlib import Path

import pytest

from hamon.checks.pacemaker.history import Fenced
from hamon.checks.pacemaker.node import returned
from hamon.memory import Memory
from hamon.verdict import CRITICAL, OK, WARNING
from tests.checks.pacemaker.crm import (
    FENCED,
    NOW,
    bundle,
    clone,
    failure,
    history,
    judged,
    line,
    node,
    perf,
    resource,
    status,
)


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        (resource("vip"), "CRITICAL - vip is stopped and should run"),
        (resource("vip", "ctl1", failed="true", blocked="true", role="Started"),
         "CRITICAL - vip is blocked on ctl1: it could not be stopped, the cluster gave up on it"),
        (resource("vip", "ctl1", failed="true"), "CRITICAL - vip has failed on ctl1"),
        (resource("vip", "ctl1", "ctl2"), "CRITICAL - vip runs on ctl1 and ctl2 at once"),
        (resource("vip", "ctl1", orphaned="true"), "WARNING - vip runs on ctl1 and is no longer configured"),
        (resource("vip", "ctl1", removed="true"), "WARNING - vip runs on ctl1 and is no longer configured"),
    ],
)  # fmt: skip
def test_resources_in_trouble(tmp_path: Path, resources: str, expected: str) -> None:
    assert line(judged(tmp_path, "pacemaker", status(resources=resources))).startswith(f"PACEMAKER {expected} |")


def test_a_failover_under_way_is_looked_at_twice(tmp_path: Path) -> None:
    assert judged(tmp_path, "pacemaker", status(resources=resource("vip")), status()).state is OK
    starting = status(resources=resource("vip", role="Starting"))
    assert judged(tmp_path, "pacemaker", starting).state is OK


@pytest.mark.parametrize(
    ("resources", "words", "state"),
    [
        (resource("vip", target_role="Stopped"), "vip is disabled (target-role Stopped)", "disabled"),
        (resource("vip", "ctl1", managed="false"), "vip is unmanaged on ctl1", "unmanaged"),
    ],
)
def test_planned_for_a_resource(tmp_path: Path, resources: str, words: str, state: str) -> None:
    got = judged(tmp_path, "pacemaker", status(resources=resources))
    assert (got.state, words in got.text) == (OK, True)
    late = judged(tmp_path, "pacemaker", status(resources=resources), since={"resource vip": (state, 15000)})
    assert (late.state, late.text) == (WARNING, f"{words} for 4 h 10 min, longer than 4 h")


@pytest.mark.parametrize("role", ["Slave", "Unpromoted"])
def test_what_is_kept_from_being_promoted_is_named_and_warns_when_it_lasts(tmp_path: Path, role: str) -> None:
    kept = clone(*(resource("st", host, role=role, target_role=role) for host in ("ctl1", "ctl2")), multi_state="true")
    words = "st-clone has no promoted instance, as planned (target-role Unpromoted)"
    got = judged(tmp_path, "pacemaker", status(resources=kept))
    evidence = "3 of 3 nodes with quorum, DC ctl1, 2 of 2 resource instances run"
    assert (got.state, got.text) == (OK, f"{evidence}, {words}")
    late = judged(tmp_path, "pacemaker", status(resources=kept), since={"resource st-clone": ("demoted", 15000)})
    assert (late.state, late.text) == (WARNING, f"{words} for 4 h 10 min, longer than 4 h")
    assert "crm_resource --resource st-clone --meta --delete-parameter target-role" in late.long


def test_clones(tmp_path: Path) -> None:
    def text(resources: str) -> tuple[object, str]:
        got = judged(tmp_path, "pacemaker", status(resources=resources))
        return got.state, got.text

    # Fewer instances than nodes is what a location rule makes for good: no alarm by itself.
    assert text(clone(resource("st", "ctl1"), resource("st")))[0] is OK
    assert text(clone(resource("st"), resource("st"))) == (CRITICAL, "st-clone runs nowhere and should run")
    assert text(clone(resource("st", target_role="Stopped")))[0] is OK
    unpromoted = clone(
        resource("st", "ctl1", role="Unpromoted"), resource("st", "ctl2", role="Unpromoted"), multi_state="true"
    )
    assert text(unpromoted) == (CRITICAL, "st-clone has no promoted instance")
    assert (
        text(unpromoted.replace('role="Unpromoted"', 'role="Slave"', 1).replace('role="Unpromoted"', 'role="Master"'))[
            0
        ]
        is OK
    )


def test_fencing_devices_are_another_checks_matter(tmp_path: Path) -> None:
    resources = resource("vip", "ctl1") + resource("fence-ctl1", agent="stonith:fence_ipmilan")
    assert judged(tmp_path, "pacemaker", status(resources=resources)).state is OK


def test_replicas_of_a_bundle_need_nodes(tmp_path: Path) -> None:
    """A replica has one node for itself: with a node away or in standby there is one place less, and no news in that."""

    def verdict(third: str, *replicas: str, **attributes: str) -> str:
        outcome = judged(
            tmp_path, "pacemaker", status(node("ctl1") + node("ctl2") + third, bundle("db", *replicas, **attributes))
        )
        return f"{outcome.state.name} {outcome.text}"

    two = ("ctl1", "ctl2", "")
    assert verdict(node("ctl3"), *two) == "WARNING replica 2 of db is stopped and should run"
    assert verdict(node("ctl3", standby="true"), *two) == (
        "OK 3 of 3 nodes with quorum, DC ctl1, 2 of 3 resource instances run, ctl3 is in standby"
    )
    assert verdict(node("ctl3", online="false"), *two) == "CRITICAL ctl3 is OFFLINE: it vanished without leaving"
    assert verdict(node("ctl3"), "", "", "") == "CRITICAL db runs nowhere and should run"
    assert verdict(node("ctl3"), "", "", "", target_role="Stopped") == (
        "OK 3 of 3 nodes with quorum, DC ctl1, 0 of 3 resource instances run, db is disabled (target-role Stopped)"
    )


# --- bundles and cloned groups: their parts have fates of their own ---------------------------------------------------------

# The roles of ClusterLabs/pacemaker cts/scheduler no-promote-on-unrunnable-guest; crm_mon writes no multi_state for bundles.


def replica(number: int, where: str, role: str, **parts: str) -> str:
    """A replica of the bundle ovn: container, connection and service; ``parts`` are stopped where they say so."""
    there = {part: [] if parts.get(part) == "Stopped" else [where] for part in ("podman", "remote", "service")}
    return (
        f'<replica id="{number}">'
        + resource("ovndb", *([f"ovn-{number}"] if there["service"] else []), agent="ocf:ovn:ovndb-servers",
                   role=role if there["service"] else "Stopped", **({"target_role": parts["target"]} if "target" in parts else {}))
        + resource(f"ovn-podman-{number}", *there["podman"], agent="ocf:heartbeat:podman")
        + resource(f"ovn-{number}", *there["remote"], agent="ocf:pacemaker:remote")
        + "</replica>"
    )  # fmt: skip


def ovn(first: str, second: str, **parts: str) -> str:
    return f'<bundle id="ovn" type="podman" unique="false">{replica(0, "ctl1", first)}{replica(1, "ctl2", second, **parts)}</bundle>'


@pytest.mark.parametrize(("promoted", "not_promoted"), [("Master", "Slave"), ("Promoted", "Unpromoted")])
def test_a_bundle_needs_a_promoted_replica_in_the_words_of_2_0_and_2_1(
    tmp_path: Path, promoted: str, not_promoted: str
) -> None:
    def text(resources: str) -> tuple[object, str]:
        got = judged(tmp_path, "pacemaker", status(resources=resources))
        return got.state, got.text

    none = ovn(not_promoted, not_promoted)
    assert text(none) == (CRITICAL, "ovn has no promoted instance")
    healthy = "3 of 3 nodes with quorum, DC ctl1, 6 of 6 resource instances run"
    assert text(ovn(promoted, not_promoted)) == (OK, healthy)
    assert text(ovn("Started", "Started")) == (OK, healthy)
    kept = none.replace("</resource>", "").replace('role="', f'target_role="{not_promoted}" role="')
    assert text(kept.replace("</replica>", "</resource></resource></resource></replica>")) == (
        OK,
        f"{healthy}, ovn has no promoted instance, as planned (target-role Unpromoted)",
    )
    of_a_clone = clone(resource("st", "ctl1", role=not_promoted), resource("st", "ctl2", role=not_promoted))
    assert text(of_a_clone) == (CRITICAL, "st-clone has no promoted instance"), "without multi_state"


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        (ovn("Master", "Slave", service="Stopped"), (WARNING, "the service in replica 1 of ovn is stopped and should run")),
        (ovn("Master", "Slave", remote="Stopped", service="Stopped"), (WARNING, "the connection in replica 1 of ovn is stopped and should run")),
        (ovn("Master", "Slave", podman="Stopped", remote="Stopped", service="Stopped"), (WARNING, "replica 1 of ovn is stopped and should run")),
    ],
)  # fmt: skip
def test_a_replica_stops_in_parts(tmp_path: Path, resources: str, expected: tuple[object, str]) -> None:
    got = judged(tmp_path, "pacemaker", status(resources=resources))
    assert (got.state, got.text) == expected
    assert "What it means: A replica of a bundle" in got.long


@pytest.mark.parametrize("version", ["2.0.3-4b1f869f0f", "2.1.9-49aab9983"])
def test_a_service_in_no_replica_is_an_outage_though_all_containers_run(tmp_path: Path, version: str) -> None:
    def text(*replicas: str) -> tuple[object, str]:
        dc = f'present="true" name="ctl1" version="{version}" with_quorum="true"'
        got = judged(tmp_path, "pacemaker", status(resources=f'<bundle id="ovn">{"".join(replicas)}</bundle>', dc=dc))
        return got.state, got.text

    down = {"service": "Stopped"}
    both = text(replica(0, "ctl1", "", **down), replica(1, "ctl2", "", **down))
    assert both == (CRITICAL, "ovndb of ovn runs in no replica and should run")
    off = {**down, "target": "Stopped"}
    state, words = text(replica(0, "ctl1", "", **off), replica(1, "ctl2", "", **off))
    assert (state, words.endswith("ovndb of ovn is disabled (target-role Stopped)")) == (OK, True)
    cut = {**down, "remote": "Stopped"}
    assert text(replica(0, "ctl1", "", **cut), replica(1, "ctl2", "", **cut)) == (
        CRITICAL,
        "the connection of ovn runs in no replica and should run",
    )


def test_a_member_of_a_cloned_group_that_runs_nowhere(tmp_path: Path) -> None:
    group = "".join(
        f'<group id="grp:{number}">{resource("dlm", where)}{resource("lvm")}</group>'
        for number, where in enumerate(("ctl1", "ctl2"))
    )
    got = judged(tmp_path, "pacemaker", status(resources=f'<clone id="grp-clone" unique="false">{group}</clone>'))
    assert (got.state, got.text) == (CRITICAL, "lvm of grp-clone runs nowhere and should run")


# --- what failed, and when ----------------------------------------------------------------------------------------------


def test_a_failure_is_news_for_an_hour(tmp_path: Path) -> None:
    recent = history("vip", "ctl1", 1, 1000000, "Sun Nov 22 13:31:30 2026") + failure(
        "vip", "ctl1", "2026-11-22 13:31:30Z"
    )
    assert line(judged(tmp_path, "pacemaker", status(more=recent))) == (
        f"PACEMAKER WARNING - vip failed on ctl1: start failed (error) 30 s ago, fail-count 1 | {perf(failures=1)}"
    )
    old = history("vip", "ctl1", 1, 1000000, "Sun Nov 22 11:31:30 2026") + failure(
        "vip", "ctl1", "2026-11-22 11:31:30Z"
    )
    got = judged(tmp_path, "pacemaker", status(more=old))
    assert (got.state, "1 old failures in the history, the last 2 h ago" in got.text) == (OK, True)


def test_barred_stays_a_warning(tmp_path: Path) -> None:
    old = history("vip", "ctl2", 1000000, 1000000, "Sun Nov 15 13:32:00 2026") + failure(
        "vip", "ctl2", "2026-11-15 13:32:00Z", "no licence"
    )
    assert line(judged(tmp_path, "pacemaker", status(more=old))) == (
        f"PACEMAKER WARNING - vip may not run on ctl2 any more: start failed (no licence) 7 d ago, fail-count INFINITY | {perf(failures=1)}"
    )
    threshold = history("vip", "ctl2", 3, 3, "Sun Nov 15 13:32:00 2026")
    assert "may not run on ctl2 any more: an action failed 7 d ago, fail-count 3" in line(
        judged(tmp_path, "pacemaker", status(more=threshold))
    )


def test_a_failure_without_a_time_ages_by_the_runs(tmp_path: Path) -> None:
    document = status(more=history("vip", "ctl1", 2, 1000000, ""))
    assert judged(tmp_path, "pacemaker", document).state is WARNING
    assert judged(tmp_path, "pacemaker", document, since={"failure vip ctl1": (2, 4000)}).state is OK


LEFT = (
    '<constraints><rsc_location id="cli-ban-vip-on-ctl2" rsc="vip" role="Started" node="ctl2" score="-INFINITY"/>'
    '<rsc_location id="cli-prefer-vip" rsc="vip"><rule id="r"><expression id="e" attribute="#uname" operation="eq" value="ctl1"/></rule></rsc_location>'
    '<rsc_location id="vip-likes-ctl1" rsc="vip" node="ctl1" score="50"/></constraints>'
)


def test_leftovers_of_a_move(tmp_path: Path) -> None:
    got = judged(tmp_path, "pacemaker", status(), constraints=(0, LEFT, ""))
    assert (got.state, "cli-ban-vip-on-ctl2 keeps vip away from ctl2, left by a move or ban" in got.text) == (OK, True)
    ages = {"constraint cli-ban-vip-on-ctl2": (True, 7200), "constraint cli-prefer-vip": (True, 7200)}
    late = judged(tmp_path, "pacemaker", status(), constraints=(0, LEFT, ""), since=ages)
    assert (late.state, late.text) == (
        WARNING,
        "cli-ban-vip-on-ctl2 keeps vip away from ctl2, left by a move or ban 2 h ago, "
        "cli-prefer-vip ties vip to ctl1, left by a move or ban 2 h ago",
    )


def test_who_was_fenced_came_back_and_left_is_not_fenced(tmp_path: Path) -> None:
    """Seen in the lab: three minutes after its return a node was stopped by hand, and that was reported as a fencing."""
    away = status(
        node("ctl1") + node("ctl2") + node("ctl3", online="false", expected_up="false"),
        more=FENCED.format("success", 'completed="2026-11-22 13:29:00Z"'),
    )

    def text(since: dict[str, tuple[bool, float]]) -> str:
        return judged(tmp_path, "pacemaker", away, since=since).text

    assert text({"back ctl3": (False, 100)}).startswith("ctl3 is OFFLINE: it left cleanly")
    # seen there before the fencing only, or by nobody yet
    assert text({"back ctl3": (False, 400)}).startswith("ctl3 is OFFLINE: fenced 3 min ago")
    assert text({}).startswith("ctl3 is OFFLINE: fenced 3 min ago")


def test_a_return_is_remembered_until_the_next_fencing() -> None:
    event = Fenced("ctl3", "off", "success", 180.0, "ctl1", 0, "")

    def next_run(memory: Memory, seconds: float, fenced_before: float, *, present: bool) -> tuple[Memory, bool]:
        memory = Memory(memory.now + seconds, memory.to_json())
        return memory, returned(memory, event._replace(seconds=fenced_before), present)

    memory, back = next_run(Memory.start(NOW), 60, 30, present=True)
    assert not back, "just seen for the first time"
    memory, back = next_run(memory, 60, 90, present=True)
    assert back
    memory, back = next_run(memory, 60, 150, present=False)
    assert back, "it left"
    memory, back = next_run(memory, 60, 210, present=False)
    assert back
    memory, back = next_run(memory, 60, 10, present=False)
    assert not back, "fenced again"
    memory, back = next_run(memory, 60, 70, present=True)
    memory, back = next_run(memory, 60, 20, present=True)
    assert not back, "fenced and back between two runs"
    memory, back = next_run(memory, 60, 80, present=False)
    assert back


def test_fenced_and_back_is_a_note_for_an_hour(tmp_path: Path) -> None:
    got = judged(tmp_path, "pacemaker", status(more=FENCED.format("success", 'completed="2026-11-22 13:12:00Z"')))
    assert (got.state, "ctl3 was fenced 20 min ago and is back" in got.text) == (OK, True)
    old = judged(tmp_path, "pacemaker", status(more=FENCED.format("success", 'completed="2026-11-20 13:12:00Z"')))
    assert (old.state, "fenced" in old.text) == (OK, False)
