"""check_rabbitmq_cluster: what the nodes say of each other."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hamon.checks.rabbitmq.cluster import CLUSTER
from hamon.checks.rabbitmq.facts import Facts, View, parse
from hamon.checks.rabbitmq.views import Views
from hamon.execute import judge
from hamon.members import Members
from hamon.options import parse as parse_options
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Member, Outcome, Unreachable
from hamon.wire import to_json
from tests.judging import CLOCK, judged, line

MEMBERS = "ctl1=10.0.0.1,ctl2=10.0.0.2,ctl3=10.0.0.3"
REFUSED = {"error": [2, "10.0.0.3:15672: connection refused", "refused"]}
STOPPED = {"error": [2, "10.0.0.3:15672: connection refused, its Erlang node is up without the broker: stopped (stop_app), paused, or starting", "app_stopped"]}  # fmt: skip
PAUSED = {"error": [2, "10.0.0.3:15672: connection refused, its Erlang node is up without the broker: paused by pause_minority, or waiting", "app_stopped"]}  # fmt: skip
MUTE = {"unreachable": "its agent did not answer in time"}


def reports(name: str, up: str = "123", partitions: str = "", nodes: str = "123", **other: Any) -> dict[str, Any]:
    """A member's facts: ``up`` are the numbers of the nodes it counts as running."""
    rows = [{"name": f"rabbit@ctl{n}", "running": n in up} for n in nodes]
    for row in rows:
        if row["name"] == f"rabbit@{name}":
            row["partitions"] = [f"rabbit@ctl{n}" for n in partitions]
            row |= {"mem_used": 1, "mem_limit": 10, "uptime": 4e6}
    overview = {
        "node": f"rabbit@{name}",
        "cluster_name": "c",
        "rabbitmq_version": "3.13.7",
        "object_totals": {"connections": 12, "queues": 7},
    }
    facts = parse(overview, rows, {"status": "ok"}, {"status": "ok"}, {"status": "ok"})._replace(**other)
    return {"facts": json.loads(json.dumps(to_json(facts)))}


def cluster(
    folder: Path,
    *answers: Any,
    args: tuple[str, ...] = (),
    memory: dict[str, Any] | None = None,
    members: str = MEMBERS,
) -> Outcome:
    names = [part.partition("=")[0] for part in members.split(",")]
    keyed = {f"member {name}": answer for name, answer in zip(names, answers, strict=True)}
    return judged(folder, CLUSTER, keyed, ["--members", members, *args], memory)


def test_a_member_with_closed_doors_is_reported_by_its_peer(tmp_path: Path) -> None:
    def third(**other: Any) -> str:
        return line(cluster(tmp_path, reports("ctl1"), reports("ctl2"), reports("ctl3", told_by="ctl1", **other)))

    assert third(draining=None) == (
        "WARNING - ctl3 runs, but its management API is closed: in maintenance mode (drained), or the plugin is off"
    )
    assert third(draining=True) == (
        "OK - 3 of 3 nodes run in one cluster {ctl1, ctl2, ctl3}, no partition, no alarm, ctl3 is in maintenance mode"
    )


def test_healthy_with_the_whole_output(tmp_path: Path) -> None:
    assert cluster(tmp_path, reports("ctl1"), reports("ctl2"), reports("ctl3")).render() == (
        "RABBITMQ_CLUSTER OK - 3 of 3 nodes run in one cluster {ctl1, ctl2, ctl3}, no partition, no alarm | running=3;;;0 sides=1;;;0 "
        "partitions=0;;;0 alarms=0;;;0 unreachable=0;;;0 connections=12;;;0 queues=7;;;0"
    )


def test_split_brain_while_the_link_is_still_cut(tmp_path: Path) -> None:
    got = cluster(tmp_path, reports("ctl1", "12"), reports("ctl2", "12"), reports("ctl3", "3"))
    assert line(got) == (
        "CRITICAL - SPLIT-BRAIN: {ctl1, ctl2} and {ctl3} run without each other, each takes messages, not yet recorded by any node"
    )
    assert "do not restart all nodes at once" in got.long
    assert "sides=2;;;0" in got.perfdata


def test_every_node_alone(tmp_path: Path) -> None:
    got = cluster(tmp_path, reports("ctl1", "1"), reports("ctl2", "2"), reports("ctl3", "3"))
    assert line(got).startswith("CRITICAL - SPLIT-BRAIN: {ctl1}, {ctl2} and {ctl3} run without each other")


def test_a_partial_partition_names_the_pair(tmp_path: Path) -> None:
    got = cluster(tmp_path, reports("ctl1", "13"), reports("ctl2", "23"), reports("ctl3"))
    assert line(got).startswith("CRITICAL - SPLIT-BRAIN: ctl1 and ctl2 run without each other")


def test_a_partition_recorded_after_the_link_is_back(tmp_path: Path) -> None:
    got = cluster(tmp_path, reports("ctl1", partitions="3"), reports("ctl2"), reports("ctl3", partitions="12"))
    assert (
        line(got) == "CRITICAL - network partition recorded and not resolved: ctl1 from ctl3, ctl3 from ctl1 and ctl2"
    )


def test_a_node_that_just_came_back_is_not_yet_counted_in_but_not_for_ever(tmp_path: Path) -> None:
    answers = (reports("ctl1", "12"), reports("ctl2"), reports("ctl3"))
    first = cluster(tmp_path, *answers)
    assert (first.state, "ctl1 does not count ctl3 in yet" in first.text) == (OK, True)
    since = {"at": CLOCK - 60, "values": {}, "since": {"ctl1 misses ctl3": [True, CLOCK - 60]}}
    assert (
        line(cluster(tmp_path, *answers, memory=since))
        == "CRITICAL - ctl1 does not count ctl3 in for 1 min, though ctl3 runs"
    )


def test_a_dead_node_and_what_one_more_loss_does(tmp_path: Path) -> None:
    answers = (reports("ctl1", "12"), reports("ctl2", "12"), REFUSED)
    assert line(cluster(tmp_path, *answers)) == (
        "CRITICAL - 2 of 3 nodes run {ctl1, ctl2}, ctl3: 10.0.0.3:15672: connection refused, one more loss stops quorum queues"
    )
    assert cluster(tmp_path, *answers, args=("--at-risk", "warning")).state is WARNING


def test_a_host_that_another_cluster_pages_for(tmp_path: Path) -> None:
    two, elsewhere = (reports("ctl1", "12"), reports("ctl2", "12")), ("--lost-host", "warning")
    assert line(cluster(tmp_path, *two, MUTE, args=elsewhere)) == (
        "WARNING - 2 of 3 nodes run {ctl1, ctl2}, ctl3: its agent did not answer in time, one more loss stops quorum queues"
    )
    assert cluster(tmp_path, *two, REFUSED, args=elsewhere).state is CRITICAL
    got = cluster(tmp_path, reports("ctl1", "1"), MUTE, MUTE, args=elsewhere)
    assert line(got) == (
        "CRITICAL - 1 of 3 nodes run {ctl1}, ctl2: its agent did not answer in time, ctl3: its agent did not answer in time, "
        "no majority there: quorum queues stand still on that side..."
    )


def test_one_of_five_dead_is_a_warning_unless_quorum_queues_are_at_risk(tmp_path: Path) -> None:
    members = ",".join(f"ctl{n}" for n in "12345")
    alive = [reports(f"ctl{n}", "1234", nodes="12345") for n in "1234"]
    dead = {"error": [2, "refused", "refused"]}
    assert (
        line(cluster(tmp_path, *alive, dead, members=members))
        == "WARNING - 4 of 5 nodes run {ctl1, ctl2, ctl3, ctl4}, ctl5: refused"
    )
    alive[0] = reports("ctl1", "1234", nodes="12345", quorum_critical=3)
    assert cluster(tmp_path, *alive, dead, members=members).state is CRITICAL


def test_two_of_three_dead_have_no_majority(tmp_path: Path) -> None:
    got = cluster(tmp_path, reports("ctl1", "1"), REFUSED, REFUSED)
    assert line(got).startswith("CRITICAL - 1 of 3 nodes run {ctl1}, ctl2: 10.0.0.3:15672: connection refused")
    assert line(got).endswith("no majority: quorum queues stand still")


def test_paused_by_pause_minority_is_distinguished_from_stopped(tmp_path: Path) -> None:
    paused = cluster(tmp_path, reports("ctl1", "12"), reports("ctl2", "12"), PAUSED)
    assert "ctl3: paused by pause_minority (Erlang node up, broker down, peers out of its reach)" in paused.text
    stopped = cluster(tmp_path, reports("ctl1", "12"), reports("ctl2", "12"), STOPPED)
    assert "ctl3: broker stopped, starting or paused (its Erlang node is up)" in stopped.text
    everywhere = cluster(tmp_path, PAUSED, PAUSED, PAUSED)
    assert line(everywhere).startswith("CRITICAL - no member serves: ctl1: paused by pause_minority (Erlang node up")


def test_a_start_that_hangs_is_a_node_lost(tmp_path: Path) -> None:
    why = "10.0.0.3:15672: connection refused, rabbit@ctl3 is starting, or hangs in its start: ctl1 counts it in, and it sends no figures"
    answers = (reports("ctl1"), reports("ctl2"), {"error": [2, why, "starting"]})
    first = cluster(tmp_path, *answers)
    assert line(first) == f"WARNING - ctl3 runs as the others see it, but {why}"
    since = {"at": CLOCK - 60, "values": {}, "since": {"ctl3 starts": [True, CLOCK - 180]}}
    assert line(cluster(tmp_path, *answers, memory=since)) == (
        "CRITICAL - 2 of 3 nodes run {ctl1, ctl2}, ctl3: its start hangs, or takes longer than 2 min, one more loss stops quorum queues"
    )


def test_a_silent_agent_is_not_a_dead_node(tmp_path: Path) -> None:
    got = cluster(tmp_path, reports("ctl1"), reports("ctl2"), MUTE)
    assert line(got) == (
        "OK - 3 of 3 nodes run in one cluster {ctl1, ctl2, ctl3}, no partition, no alarm, ctl3 could not be asked (its agent did not answer in "
        "time), the others count it in"
    )
    down = cluster(tmp_path, reports("ctl1", "12"), reports("ctl2", "12"), MUTE)
    assert "2 of 3 nodes run {ctl1, ctl2}, ctl3: its agent did not answer" in down.text


def test_an_api_that_refuses_beside_a_running_broker(tmp_path: Path) -> None:
    got = cluster(tmp_path, reports("ctl1"), reports("ctl2"), REFUSED)
    assert line(got) == "WARNING - ctl3 runs as the others see it, but 10.0.0.3:15672: connection refused"


def test_nobody_answers(tmp_path: Path) -> None:
    assert line(cluster(tmp_path, REFUSED, REFUSED, STOPPED)).startswith(
        "CRITICAL - no member serves: ctl1: 10.0.0.3:15672: connection refused"
    )
    assert line(cluster(tmp_path, MUTE, MUTE, MUTE)).startswith(
        "UNKNOWN - no member could be asked: ctl1: its agent did not answer in time"
    )


def test_alarms_vhosts_versions_and_maintenance(tmp_path: Path) -> None:
    alarms = (("rabbit@ctl2", "memory"),)
    got = cluster(
        tmp_path,
        reports("ctl1", alarms=[{"node": n, "resource": r} for n, r in alarms]),
        reports("ctl2"),
        reports("ctl3"),
    )
    assert line(got) == "CRITICAL - all publishers are blocked: memory alarm on ctl2"
    got = cluster(tmp_path, reports("ctl1", vhosts_down="nova"), reports("ctl2"), reports("ctl3"))
    assert line(got) == "CRITICAL - ctl1: a virtual host is down: nova"
    got = cluster(tmp_path, reports("ctl1", version="4.1.0", draining=True), reports("ctl2"), reports("ctl3"))
    assert (got.state, "ctl1 is in maintenance mode" in got.text, "mixed versions: 3.13.7 and 4.1.0" in got.text) == (
        OK,
        True,
        True,
    )


def test_separate_clusters(tmp_path: Path) -> None:
    got = cluster(tmp_path, reports("ctl1", nodes="12"), reports("ctl2", nodes="12"), reports("ctl3", nodes="3"))
    assert line(got) == "CRITICAL - separate clusters: {ctl1, ctl2} and {ctl3} do not know each other"


def test_one_node_that_answers_for_two(tmp_path: Path) -> None:
    got = cluster(tmp_path, reports("ctl1"), reports("ctl1"), reports("ctl3"))
    assert (got.state, got.text.startswith("ctl2 was answered by rabbit@ctl1, which is ctl1")) == (UNKNOWN, True)


def test_a_node_that_was_never_forgotten(tmp_path: Path) -> None:
    got = cluster(tmp_path, *(reports(f"ctl{n}", nodes="1239") for n in "123"))
    assert line(got) == "WARNING - ctl9 in the cluster, but not in the inventory"


def test_quorum_queues_at_risk_although_all_nodes_run(tmp_path: Path) -> None:
    got = cluster(tmp_path, reports("ctl1", quorum_critical=4), reports("ctl2"), reports("ctl3"))
    assert line(got) == "WARNING - 4 quorum queues lose their majority when ctl1 goes"


def stats_off(name: str, up: str = "123") -> dict[str, Any]:
    """What a member with disabled statistics reports: no figures and no partitions of any node."""
    rows = [{"name": f"rabbit@ctl{n}", "running": n in up} for n in "123"]
    overview = {"node": f"rabbit@{name}", "rabbitmq_version": "4.1.4", "disable_stats": True}
    facts = parse(overview, rows, {"status": "ok"}, {"status": "ok"}, {"status": "ok"})
    return {"facts": json.loads(json.dumps(to_json(facts)))}


def test_no_partition_is_claimed_only_where_it_was_reported(tmp_path: Path) -> None:
    """rabbitmq/rabbitmq-server#15182: with disable_stats, 3.10 as 4.1, rows have no partitions."""
    all_off = cluster(tmp_path, stats_off("ctl1"), stats_off("ctl2"), stats_off("ctl3"))
    assert line(all_off) == (
        "OK - 3 of 3 nodes run in one cluster {ctl1, ctl2, ctl3}, no alarm, ctl1, ctl2 and ctl3: "
        "recorded partitions are not reported: statistics are disabled"
    )
    one_off = cluster(tmp_path, reports("ctl1", version="4.1.4"), reports("ctl2", version="4.1.4"), stats_off("ctl3"))
    assert line(one_off) == (
        "OK - 3 of 3 nodes run in one cluster {ctl1, ctl2, ctl3}, no alarm, ctl3: "
        "recorded partitions are not reported: statistics are disabled"
    )
    keyless = tuple(View(f"rabbit@ctl{n}", True, None) for n in "123")
    newer = [reports(f"ctl{n}", version="4.2.0", nodes="123") for n in "123"]
    for member in newer:
        member["facts"]["nodes"] = to_json(keyless)
    assert line(cluster(tmp_path, *newer)) == (
        "OK - 3 of 3 nodes run in one cluster {ctl1, ctl2, ctl3}, no alarm, ctl1, ctl2 and ctl3: "
        "recorded partitions are not reported by RabbitMQ 4.2.0"
    )
    for member in newer:
        member["facts"]["version"] = "3.12.1"
    assert line(cluster(tmp_path, *newer)) == "UNKNOWN - ctl1, ctl2 and ctl3: recorded partitions are not reported"


def test_without_statistics_a_split_brain_is_seen_all_the_same(tmp_path: Path) -> None:
    got = cluster(tmp_path, stats_off("ctl1", "12"), stats_off("ctl2", "12"), stats_off("ctl3", "3"))
    assert line(got).startswith("CRITICAL - SPLIT-BRAIN: {ctl1, ctl2} and {ctl3} run without each other")


def renamed(name: str, hosts: dict[str, str], up: str = "123") -> dict[str, Any]:
    """The facts of ``name`` where Erlang knows the hosts by other names than the inventory."""
    text = json.dumps(reports(name, up))
    for own, other in hosts.items():
        text = text.replace(f"rabbit@{own}", f"rabbit@{other}")
    answer: dict[str, Any] = json.loads(text)
    return answer


def test_a_silent_member_is_found_by_whatever_name_the_others_know_it(tmp_path: Path) -> None:
    """rcbops/rpc-openstack#1779, LP 1661114 (underscores and hyphens); FQDN, address, and by elimination."""
    ok = "OK - 3 of 3 nodes run in one cluster {ctl1, ctl2, ctl3}, no partition, no alarm, ctl3 could not be asked (its agent did not answer in time), the others count it in"
    for third, alias in (
        ("CTL3", ""),
        ("ctl3.cloud.example", ""),
        ("10.0.0.3", " as 10.0.0.3"),
        ("node-c", " as node-c"),
    ):
        names = {"ctl1": "a-1", "ctl2": "a-2", "ctl3": third}
        got = cluster(tmp_path, renamed("ctl1", names), renamed("ctl2", names), MUTE)
        assert line(got) == f"{ok}{alias}"
        down = cluster(tmp_path, renamed("ctl1", names, "12"), renamed("ctl2", names, "12"), MUTE)
        assert line(down).startswith("CRITICAL - 2 of 3 nodes run {ctl1, ctl2}, ctl3: its agent did not answer in time")


def test_underscores_of_an_inventory_are_hyphens_of_a_host(tmp_path: Path) -> None:
    names = [f"infra{n}_rabbit_mq_container" for n in "123"]
    hosts = {f"ctl{n}": f"infra{n}-rabbit-mq-container" for n in "123"}
    members = ",".join(f"{name}=10.0.0.{n}" for n, name in enumerate(names, 1))
    got = cluster(tmp_path, renamed("ctl1", hosts), MUTE, MUTE, members=members)
    assert (got.state, "running=3;;;0" in got.perfdata, "one more loss" in got.text) == (OK, True, False)


def test_two_silent_members_of_other_names_are_counted_and_not_distinguished(tmp_path: Path) -> None:
    names = {"ctl1": "a", "ctl2": "b", "ctl3": "c"}
    both = cluster(tmp_path, renamed("ctl1", names), MUTE, MUTE)
    assert (both.state, "running=3;;;0" in both.perfdata) == (OK, True)
    assert line(both) == "OK - 3 of 3 nodes run in one cluster {ctl1, ctl2, ctl3}, no alarm (+1 more)"
    assert "the others count in as many nodes of other names: b and c" in both.long
    alone = cluster(tmp_path, renamed("ctl1", names, "1"), MUTE, MUTE)
    assert line(alone).startswith("CRITICAL - 1 of 3 nodes run {ctl1}, ctl2: its agent did not answer in time")
    one_runs = cluster(tmp_path, renamed("ctl1", names, "12"), MUTE, MUTE)
    assert line(one_runs).startswith("CRITICAL - 2 of 3 nodes run {ctl1, b}, ctl2: its agent did not answer in time")


def test_a_dead_member_is_not_the_node_that_replaced_it(tmp_path: Path) -> None:
    names = {"ctl1": "ctl1", "ctl2": "ctl2", "ctl3": "ctl9"}
    got = cluster(tmp_path, renamed("ctl1", names), renamed("ctl2", names), REFUSED)
    assert line(got).startswith("CRITICAL - 2 of 3 nodes run {ctl1, ctl2}, ctl3: 10.0.0.3:15672: connection refused")


def test_a_member_that_left_has_its_own_words_and_runbook(tmp_path: Path) -> None:
    gone = cluster(tmp_path, reports("ctl1", "12", nodes="12"), reports("ctl2", "12", nodes="12"), REFUSED)
    assert line(gone) == (
        "CRITICAL - 2 of 3 nodes run {ctl1, ctl2}, ctl3: 10.0.0.3:15672: connection refused, ctl3 is not in the list of the cluster's nodes, "
        "one more loss stops quorum queues"
    )
    assert "forget_cluster_node), it was reset, or it never joined" in gone.long
    reset = cluster(tmp_path, reports("ctl1", "12"), reports("ctl2", "12"), reports("ctl3", "3", nodes="3"))
    assert line(reset).startswith(
        "CRITICAL - ctl3 was reset or runs on its own: it does not know ctl1 and ctl2, which still list it"
    )


def test_a_member_that_hangs_has_its_own_words_and_runbook(tmp_path: Path) -> None:
    hangs = {"error": [2, "10.0.0.3:15672 did not answer within 4 s", "timeout"]}
    first = cluster(tmp_path, reports("ctl1"), reports("ctl2"), hangs)
    assert line(first) == (
        "WARNING - ctl3 hangs, or its management API does: 10.0.0.3:15672 did not answer within 4 s, the others count it in"
    )
    later = cluster(tmp_path, reports("ctl1", "12"), reports("ctl2", "12"), hangs)
    assert line(later).startswith(
        "CRITICAL - 2 of 3 nodes run {ctl1, ctl2}, ctl3: 10.0.0.3:15672 did not answer within 4 s"
    )
    assert all("stopped (SIGSTOP)" in got.long for got in (first, later))


def test_a_member_that_is_cut_off_has_its_own_runbook(tmp_path: Path) -> None:
    got = cluster(tmp_path, reports("ctl1", "12"), reports("ctl2", "12"), MUTE)
    assert "cut off and may go on serving" in got.long
    assert "force_boot anything before its host is proven down" in got.long


def test_a_silent_member_that_the_others_disagree_about(tmp_path: Path) -> None:
    got = cluster(tmp_path, reports("ctl1"), reports("ctl2", "12"), MUTE)
    assert line(got) == "WARNING - ctl1 counts ctl3 in, not so ctl2, and its agent did not answer in time"


def test_an_empty_list_of_nodes_is_no_evidence(tmp_path: Path) -> None:
    empty = reports("ctl3", nodes="")
    assert (
        line(cluster(tmp_path, reports("ctl1"), reports("ctl2"), empty))
        == "UNKNOWN - ctl3 not in its own list of nodes"
    )
    nothing = [reports(f"ctl{n}", nodes="") for n in "123"]
    assert line(cluster(tmp_path, *nothing)) == "UNKNOWN - ctl1, ctl2 and ctl3 not in their own list of nodes"


def test_a_management_plugin_that_is_off_on_one_member(tmp_path: Path) -> None:
    why = "10.0.0.3:15672: connection refused, though AMQP answers on port 5672: the management plugin is off, or listens on another port"
    off = {"error": [3, why, "plugin_off"]}
    assert line(cluster(tmp_path, reports("ctl1"), reports("ctl2"), off)).startswith(
        "WARNING - ctl3 runs as the others see it, but 10.0.0.3:15672: connection refused, though AMQP answers"
    )
    assert line(cluster(tmp_path, off, off, off)).startswith("UNKNOWN - no member could be asked: ctl1: 10.0.0.3:15672")


SEEN = st.sampled_from([True, False, None])
NAMES = ("ctl1", "ctl2", "ctl3")


@st.composite
def members(draw: Any) -> Members[Facts]:
    found: list[Member[Facts]] = []
    for name in NAMES:
        if draw(st.booleans()):
            rows = [
                View(f"rabbit@{other}", draw(SEEN), ("rabbit@ctl2",) if draw(st.booleans()) else ())
                for other in NAMES
                if draw(st.integers(0, 5))
            ]
            base = parse({"node": f"rabbit@{name}"}, [], {"status": "ok"}, None, None)
            found.append(Member(name, base._replace(nodes=tuple(rows))))
        else:
            found.append(Member(name, Unreachable("silent", draw(st.booleans()))))
    return Members(found)


@given(members())
def test_any_views_give_a_verdict_and_a_mutual_denial_is_never_ok(all_members: Members[Facts]) -> None:
    got = judge(CLUSTER, all_members, parse_options(CLUSTER, []))
    views = Views(all_members)
    if views.cut() or views.separate or views.recorded():
        assert got.state is CRITICAL
    if got.state is OK:
        assert len(views.running()) == len(all_members)
        assert any(member.name in all_members.reported for member in all_members)
