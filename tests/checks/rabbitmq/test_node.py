"""check_rabbitmq: one node's own word, and answers that are none."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamon.checks.rabbitmq.api import HELLO, NAMES
from hamon.checks.rabbitmq.facts import NODES, OVERVIEW, parse
from hamon.checks.rabbitmq.node import CHECK
from hamon.execute import execute
from hamon.options import parse as parse_options
from hamon.typed import typed
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Outcome
from hamon.wire import to_json
from tests.core import hostile
from tests.told import CLOCK, judged, line

URL = "http GET http://127.0.0.1:15672/api/"
EPMD = f"tcp 127.0.0.1:4369 {NAMES.strip()}"
HEALTHY = {"status": "ok"}
REFUSED = [2, "127.0.0.1:15672: connection refused", "refused"]


def node(name: str = "rabbit@ctl1", **other: Any) -> dict[str, Any]:
    row = {
        "name": name, "running": True, "partitions": [], "mem_used": 100, "mem_limit": 1000, "mem_alarm": False,
        "disk_free": 5000, "disk_free_limit": 50, "disk_free_alarm": False, "fd_used": 10, "fd_total": 100, "sockets_used": 0,
        "sockets_total": 90, "proc_used": 4, "proc_total": 1000, "run_queue": 1, "uptime": 4000000,
    }  # fmt: skip
    return {key: value for key, value in {**row, **other}.items() if value != "absent"}


def three(**own: Any) -> list[dict[str, Any]]:
    return [node(**own), node("rabbit@ctl2"), node("rabbit@ctl3")]


def rabbit(
    folder: Path, nodes: Any = None, *args: str, alarms: Any = HEALTHY, quorum: Any = HEALTHY, vhosts: Any = HEALTHY,
    overview: Any = None, memory: dict[str, Any] | None = None,
) -> Outcome:  # fmt: skip
    def page(told: Any) -> list[Any]:
        if told is None:
            return [404, '{"error":"Object Not Found","reason":"Not Found"}']
        return [503 if isinstance(told, dict) and told.get("status") == "failed" else 200, json.dumps(told)]

    seen = {
        "node": "rabbit@ctl1",
        "cluster_name": "cloud",
        "rabbitmq_version": "3.13.7",
        "object_totals": {"queues": 7},
    }
    critical = URL + "health/checks/node-is-quorum-critical"
    answers = {
        URL + OVERVIEW: page(seen if overview is None else overview),
        URL + NODES: page(three() if nodes is None else nodes),
        URL + "health/checks/alarms": page(alarms),
        **({f"!{critical}": quorum} if isinstance(quorum, list) else {critical: page(quorum)}),
        URL + "health/checks/virtual-hosts": page(vhosts),
    }
    return judged(folder, CHECK, answers, args, memory)


def test_healthy_with_the_whole_output(tmp_path: Path) -> None:
    assert rabbit(tmp_path).render() == (
        "RABBITMQ OK - rabbit@ctl1 runs RabbitMQ 3.13.7, sees 3 of 3 nodes running, no alarm | memory_used=0.1;0.9;;0 disk_room=100;2:;;0 "
        "files_used=0.1;0.8;0.95;0;1 sockets_used=0;0.8;0.95;0;1 processes_used=0.004;0.8;0.95;0;1 disk_free=5000B;;;0 run_queue=1;;;0 "
        "uptime=4000s;;;0"
    )


def test_room_runs_out(tmp_path: Path) -> None:
    got = rabbit(tmp_path, three(mem_used=950, disk_free=75, fd_used=99, proc_used=850))
    assert got.state is CRITICAL
    assert line(got) == (
        "CRITICAL - 99 % of the file descriptors are in use, memory is at 95 % of the watermark that blocks publishers, "
        "free disk space is only 1.5 times the limit that blocks publishers (+1 more)"
    )


def test_an_alarm_here_is_critical_and_one_elsewhere_is_named(tmp_path: Path) -> None:
    def failed(name: str, resource: str) -> dict[str, Any]:
        return {"status": "failed", "reason": "alarms", "alarms": [{"node": name, "resource": resource}]}

    here = rabbit(tmp_path, alarms=failed("rabbit@ctl1", "disk space"))
    assert line(here) == "CRITICAL - disk space alarm on ctl1: all publishers of the cluster are blocked"
    assert "df -h" in here.long
    there = rabbit(tmp_path, alarms=failed("rabbit@ctl2", "memory"))
    assert (there.state, "memory alarm on ctl2" in there.text, "no alarm of its own" in there.text) == (OK, True, True)
    unnamed = rabbit(tmp_path, alarms={"status": "failed"})
    assert line(unnamed) == "CRITICAL - unnamed alarm on a node: all publishers of the cluster are blocked"


def test_a_question_that_hangs_beside_a_cut_hides_nothing(tmp_path: Path) -> None:
    """Seen on 4.0.5: with a link cut the leaders of the quorum queues are waited for, 5 s every time."""
    hangs = [2, "127.0.0.1:15672 did not answer within 2 s", "timeout"]
    got = rabbit(tmp_path, [node(), node("rabbit@ctl2"), node("rabbit@ctl3", running=False)], quorum=hangs)
    assert line(got) == "OK - rabbit@ctl1 runs RabbitMQ 3.13.7, sees 2 of 3 nodes running, no alarm"


def test_without_the_health_checks_of_newer_versions_the_flags_count(tmp_path: Path) -> None:
    old = {"alarms": None, "quorum": None, "vhosts": None}
    assert rabbit(tmp_path, **old).state is OK
    assert line(rabbit(tmp_path, three(mem_alarm=True), **old)).startswith("CRITICAL - memory alarm on ctl1")
    flagless = [node(mem_alarm=None, disk_free_alarm=None)]
    assert line(rabbit(tmp_path, flagless, **old)) == "UNKNOWN - whether alarms are in effect is not reported"


def test_an_alarm_question_that_is_refused_leaves_the_flags(tmp_path: Path) -> None:
    def refused(nodes: Any, status: int, **overview: Any) -> str:
        answers = {
            URL + OVERVIEW: [200, json.dumps({"node": "rabbit@ctl1", "rabbitmq_version": "3.9.1", **overview})],
            URL + NODES: [200, json.dumps(nodes)],
            **{
                f"{URL}health/checks/{name}": [status, '{"error":"not_authorised","reason":"no"}']
                for name in ("alarms", "node-is-quorum-critical", "virtual-hosts")
            },
        }
        return line(judged(tmp_path, CHECK, answers))

    for status in (401, 403, 404):
        assert refused(three(), status) == "OK - rabbit@ctl1 runs RabbitMQ 3.9.1, sees 3 of 3 nodes running, no alarm"
        assert refused(three(disk_free_alarm=True), status) == (
            "CRITICAL - disk space alarm on ctl1: all publishers of the cluster are blocked"
        )
        bare = [{"name": "rabbit@ctl1", "running": True}]
        assert refused(bare, status, disable_stats=True) == "UNKNOWN - whether alarms are in effect is not reported"


def test_statistics_that_are_off_claim_nothing_and_raise_nothing(tmp_path: Path) -> None:
    """rabbitmq/rabbitmq-server#15182; the rows as 3.10.8 gives them, and with the nulls that a proxy of them may leave."""
    off = {"node": "rabbit@ctl1", "product_version": "4.1.4", "disable_stats": True}
    bare = [{"name": f"rabbit@ctl{n}", "type": "disc", "running": True} for n in "123"]
    since = {"at": CLOCK - 60, "values": {}, "since": {"figureless": [True, CLOCK - 90000]}}
    quiet = (
        "OK - rabbit@ctl1 runs RabbitMQ {}, sees 3 of 3 nodes running, no alarm, "
        "figures and recorded partitions are not reported: statistics are disabled"
    )
    assert line(rabbit(tmp_path, bare, overview=off, memory=since)) == quiet.format("4.1.4")
    nulls = [{**row, "partitions": None, "mem_limit": None, "uptime": None} for row in bare]
    older = {**off, "product_version": "3.10.8"}
    assert line(rabbit(tmp_path, nulls, overview=older, memory=since)) == quiet.format("3.10.8")
    assert (
        line(rabbit(tmp_path, bare, overview=off, alarms=None))
        == "UNKNOWN - whether alarms are in effect is not reported"
    )


def test_partitions_are_missing_by_design_with_khepri_only(tmp_path: Path) -> None:
    def without(version: str, value: Any) -> str:
        return line(
            rabbit(tmp_path, three(partitions=value), overview={"node": "rabbit@ctl1", "product_version": version})
        )

    for value in ("absent", None):
        assert without("4.2.0", value) == (
            "OK - rabbit@ctl1 runs RabbitMQ 4.2.0, sees 3 of 3 nodes running, no alarm, "
            "recorded partitions are not reported by RabbitMQ 4.2.0"
        )
        assert without("3.12.14", value) == "UNKNOWN - recorded partitions are not reported"


def test_figures_that_every_version_has_are_missed(tmp_path: Path) -> None:
    """The rest of the row is there: not a start, and not statistics that are off."""
    assert line(rabbit(tmp_path, three(mem_used=None))) == "UNKNOWN - memory not reported"
    off = three(disk_free="disk_free_monitoring_disabled", proc_used="absent")
    assert line(rabbit(tmp_path, off)) == "UNKNOWN - disk space and Erlang processes not reported"
    young = rabbit(tmp_path, three(mem_used=None, uptime=9000))
    assert line(young) == (
        "OK - rabbit@ctl1 runs RabbitMQ 3.13.7, sees 3 of 3 nodes running, no alarm, memory not reported yet, started 9 s ago"
    )


def test_a_lost_majority_is_called_lost(tmp_path: Path) -> None:
    failed = {"status": "failed", "queues": [{"name": "a"}, {"name": "b"}]}
    two = [node(), node("rabbit@ctl2"), node("rabbit@ctl3", running=False)]
    alone = [node(), node("rabbit@ctl2", running=False), node("rabbit@ctl3", running=False)]
    assert rabbit(tmp_path, two, quorum=failed).text.endswith(
        "2 quorum queues would lose their majority without this node"
    )
    assert rabbit(tmp_path, alone, quorum=failed).text.endswith(
        "2 quorum queues have lost their majority as this node sees it"
    )


PLUGIN = "127.0.0.1:15672: connection refused, though AMQP answers on port {}: the management plugin is off, or listens on another port"


@pytest.mark.parametrize(
    ("answers", "args", "port"),
    [
        ({f"tcp 127.0.0.1:5672 {HELLO}": "AMQP\0\0\x09\x01"}, (), 5672),
        ({f"tcp 127.0.0.1:5671 {HELLO}": "\x15\x03\x01\0\x02\x02\n"}, (), 5671),
        ({f"!tcp 127.0.0.1:5671 {HELLO}": [2, "127.0.0.1:5671: connection reset by the server", "refused"]}, (), 5671),
        ({f"tcp 127.0.0.1:5673 {HELLO}": "AMQP"}, ("--amqp-port", "5673"), 5673),
    ],
)
def test_a_broker_that_serves_without_its_management_plugin(
    tmp_path: Path, answers: dict[str, Any], args: tuple[str, ...], port: int
) -> None:
    """Answers of 3.10.8. The broker works: nothing is said against it, and nothing for it."""
    got = judged(tmp_path, CHECK, {f"!{URL}{OVERVIEW}": REFUSED, EPMD: UP, **answers}, args)
    assert line(got) == f"UNKNOWN - {PLUGIN.format(port)}"
    assert "rabbitmq-plugins enable rabbitmq_management" in got.long


def test_something_else_on_the_port_of_amqp_proves_no_broker(tmp_path: Path) -> None:
    for answer in ("", "SSH-2.0-x", "HTTP/1.1 400"):
        told = {f"!{URL}{OVERVIEW}": REFUSED, f"tcp 127.0.0.1:5672 {HELLO}": answer}
        assert line(judged(tmp_path, CHECK, told)) == "CRITICAL - 127.0.0.1:15672: connection refused"


@pytest.mark.parametrize(
    ("scheme", "args", "error", "said"),
    [
        ("http", (), "127.0.0.1:15672 does not speak HTTP: \x15\x03\x01\0\x02\x02\n", "127.0.0.1:15672 speaks TLS: add --https"),
        ("https", ("--https", "-p", "15672"), "127.0.0.1:15672: [SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)",
         "127.0.0.1:15672 does not speak TLS: leave out --https and --ca"),
    ],
)  # fmt: skip
def test_tls_that_does_not_fit_is_our_trouble(
    tmp_path: Path, scheme: str, args: tuple[str, ...], error: str, said: str
) -> None:
    """The errors as 3.10.8 with Erlang 25 causes them; kolla's TLS has its management API on port 15672."""
    got = judged(tmp_path, CHECK, {f"!{URL.replace('http:', scheme + ':')}{OVERVIEW}": [2, error, "garbage"]}, args)
    assert line(got) == f"UNKNOWN - {said}"
    assert "What it means: " in got.long


def test_ipv6_and_tls_with_a_ca_of_ones_own(tmp_path: Path) -> None:
    api = "http GET https://[fd00::1]:15671/api/"
    answers = {
        api + OVERVIEW: [200, json.dumps({"node": "rabbit@ctl1", "rabbitmq_version": "3.13.7"})],
        api + NODES: [200, json.dumps(three())],
        **{
            f"{api}health/checks/{name}": [200, '{"status":"ok"}']
            for name in ("alarms", "node-is-quorum-critical", "virtual-hosts")
        },
    }
    got = judged(tmp_path, CHECK, answers, ["-H", "fd00::1", "--ca", "/etc/ca.pem"])
    assert line(got) == "OK - rabbit@ctl1 runs RabbitMQ 3.13.7, sees 3 of 3 nodes running, no alarm"


def test_version_4_without_sockets_and_mirrors(tmp_path: Path) -> None:
    own = {"sockets_used": "absent", "sockets_total": "absent", "fd_used": "absent", "being_drained": False}
    got = rabbit(tmp_path, three(**own), overview={"node": "rabbit@ctl1", "product_version": "4.1.0"})
    assert (got.state, "sockets_used" in " ".join(got.perfdata), "RabbitMQ 4.1.0" in got.text) == (OK, False, True)


def test_a_recorded_partition_is_critical_whoever_recorded_it(tmp_path: Path) -> None:
    nodes = [node(), node("rabbit@ctl2", partitions=["rabbit@ctl3"]), node("rabbit@ctl3", running=False)]
    assert line(rabbit(tmp_path, nodes)) == "CRITICAL - network partition recorded and not resolved: ctl2 from ctl3"


def test_just_started_is_planned_but_not_for_ever(tmp_path: Path) -> None:
    young = [{"name": "rabbit@ctl1", "running": True}]
    first = rabbit(tmp_path, young)
    assert (first.state, first.perfdata) == (OK, ())
    assert first.text.endswith("no figures of this node yet (just started)")
    since = {"at": CLOCK - 60, "values": {}, "since": {"figureless": [True, CLOCK - 300]}}
    assert line(rabbit(tmp_path, young, memory=since)) == "UNKNOWN - no figures of this node for 5 min"
    off = {"node": "rabbit@ctl1", "disable_stats": True}
    assert rabbit(tmp_path, young, overview=off, memory=since).state is OK


def test_maintenance_mode_is_planned_but_not_for_ever(tmp_path: Path) -> None:
    drained = three(being_drained=True)
    assert rabbit(tmp_path, drained).state is OK
    since = {"at": CLOCK - 60, "values": {}, "since": {"draining": [True, CLOCK - 7200]}}
    assert line(rabbit(tmp_path, drained, memory=since)) == "WARNING - in maintenance mode for 2 h (drained)"
    assert rabbit(tmp_path, drained, "--drain-max", "9000", memory=since).state is OK


def test_a_virtual_host_that_is_down(tmp_path: Path) -> None:
    got = rabbit(
        tmp_path, vhosts={"status": "failed", "reason": "Some virtual hosts are down", "virtual-hosts": ["nova"]}
    )
    assert line(got) == "CRITICAL - a virtual host is down here: Some virtual hosts are down"


def test_not_running_and_not_in_its_own_list(tmp_path: Path) -> None:
    assert line(rabbit(tmp_path, three(running=False))) == "CRITICAL - rabbit@ctl1 says it is not running"
    assert line(rabbit(tmp_path, [node("rabbit@ctl2")])).startswith(
        "UNKNOWN - rabbit@ctl1 is not in its own list of nodes"
    )
    assert rabbit(tmp_path, [node(running=None)]).state is UNKNOWN


@pytest.mark.parametrize("told", [[], [None], [[]], [{}], [{"name": None}], [{"name": 3, "running": "yes"}]])
def test_lists_without_evidence_are_unknown(tmp_path: Path, told: object) -> None:
    assert rabbit(tmp_path, told, alarms=None).state is UNKNOWN


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([401, '{"error":"not_authorized","reason":"Login failed"}'], "UNKNOWN - 127.0.0.1:15672 refuses user 'hamon': Login failed"),
        ([403, ""], "UNKNOWN - 127.0.0.1:15672 refuses user 'hamon': HTTP 403"),
        ([200, ""], "CRITICAL - 127.0.0.1:15672 is no RabbitMQ management API: HTTP 200 without JSON to /api/overview"),
        ([200, "null"], "CRITICAL - 127.0.0.1:15672 is no RabbitMQ management API: HTTP 200 without JSON to /api/overview"),
        ([200, "<html>"], "CRITICAL - 127.0.0.1:15672 is no RabbitMQ management API: HTTP 200 without JSON to /api/overview"),
        ([200, "[" * 100000], "CRITICAL - 127.0.0.1:15672 is no RabbitMQ management API: HTTP 200 without JSON to /api/overview"),
        ([200, "[]"], "CRITICAL - 127.0.0.1:15672 is no RabbitMQ management API: /api/overview is not what it should be"),
        ([404, "not found"], "CRITICAL - 127.0.0.1:15672 is no RabbitMQ management API: /api/overview is not what it should be"),
        ([500, "oops"], "CRITICAL - 127.0.0.1:15672 answers HTTP 500 to /api/overview"),
        ([503, '{"error":"x","reason":"not ready"}'], "CRITICAL - 127.0.0.1:15672 answers HTTP 503: not ready"),
    ],
)  # fmt: skip
def test_answers_that_are_none(tmp_path: Path, answer: list[Any], said: str) -> None:
    got = judged(tmp_path, CHECK, {URL + OVERVIEW: answer})
    assert line(got) == said
    assert "What it means: " in got.long


def test_a_refused_port_is_told_from_a_stopped_broker_by_the_port_mapper(tmp_path: Path) -> None:
    def refused(**epmd: Any) -> str:
        return line(judged(tmp_path, CHECK, {f"!{URL}{OVERVIEW}": REFUSED, **epmd.pop("told")}))

    stopped = "CRITICAL - 127.0.0.1:15672: connection refused, its Erlang node is up without the broker: stopped (stop_app), paused, or starting"
    assert refused(told={EPMD: "\0\0\x11\x11name rabbit at port 25672\n"}) == stopped
    for told in (
        {EPMD: "\0\0\x11\x11"},
        {EPMD: "\0\0\x11\x11name rabbitmqcli-7 at port 35672\n"},
        {f"!{EPMD}": [2, "refused", "refused"]},
        {},
    ):
        assert refused(told=told) == "CRITICAL - 127.0.0.1:15672: connection refused"


def test_a_paused_broker_is_one_that_lost_its_peers(tmp_path: Path) -> None:
    up, none = "\0\0\x11\x11name rabbit at port 25672\n", "\0\0\x11\x11"
    peers = [f"tcp 10.0.0.{n}:4369 {NAMES.strip()}" for n in (2, 3)]
    args = ("--members", "ctl1=127.0.0.1,ctl2=10.0.0.2,ctl3=10.0.0.3")

    def told(*answers: Any) -> str:
        others = {f"!{key}" if isinstance(one, list) else key: one for key, one in zip(peers, answers, strict=True)}
        return judged(tmp_path, CHECK, {f"!{URL}{OVERVIEW}": REFUSED, EPMD: up, **others}, args).text

    paused = "without the broker: paused by pause_minority, or waiting for its peers: no Erlang node to be reached on ctl2 and ctl3"
    assert told([2, "did not answer", "timeout"], none).endswith(paused)
    assert told(up, none).endswith("without the broker: stopped (stop_app), paused, or starting")


MEMBERS = ("--members", "ctl1=127.0.0.1,ctl2=10.0.0.2,ctl3.cloud=10.0.0.3")
UP = "\0\0\x11\x11name rabbit at port 25672\n"


def drained(
    folder: Path, own: dict[str, Any], *args: str, memory: dict[str, Any] | None = None, alarms: Any = None
) -> Outcome:
    """ctl1 refuses, ctl2 hangs, and ctl3 tells of ctl1 what ``own`` says."""
    peer = "http GET http://10.0.0.3:15672/api/"
    answers = {
        f"!{URL}{OVERVIEW}": REFUSED,
        EPMD: UP,
        f"tcp 10.0.0.2:4369 {NAMES.strip()}": UP,
        f"tcp 10.0.0.3:4369 {NAMES.strip()}": UP,
        f"!http GET http://10.0.0.2:15672/api/{NODES}": [2, "10.0.0.2:15672 did not answer within 1 s", "timeout"],
        peer + NODES: [200, json.dumps(three(**own))],
        **(
            {f"!{peer}health/checks/alarms": alarms}
            if alarms
            else {peer + "health/checks/alarms": [200, json.dumps(HEALTHY)]}
        ),
    }
    return judged(folder, CHECK, answers, [*MEMBERS, *args], memory)


def test_a_node_in_maintenance_mode_has_closed_its_doors_and_its_peers_say_why(tmp_path: Path) -> None:
    """`rabbitmq-upgrade drain` closes the management API too; seen on 3.10.8."""
    got = drained(tmp_path, {"being_drained": True})
    assert got.render().splitlines()[0] == (
        "RABBITMQ OK - rabbit@ctl1 runs, 3 of 3 nodes do, no alarm, in maintenance mode for 0 s (drained), as ctl3.cloud tells "
        "| memory_used=0.1;0.9;;0 disk_room=100;2:;;0 files_used=0.1;0.8;0.95;0;1 sockets_used=0;0.8;0.95;0;1 "
        "processes_used=0.004;0.8;0.95;0;1 disk_free=5000B;;;0 run_queue=1;;;0 uptime=4000s;;;0"
    )
    since = {"at": CLOCK - 60, "values": {}, "since": {"draining": [True, CLOCK - 7200]}}
    assert line(drained(tmp_path, {"being_drained": True}, memory=since)).startswith(
        "WARNING - in maintenance mode for 2 h (drained), as ctl3.cloud tells"
    )


def test_a_peer_that_names_the_node_otherwise_than_the_inventory(tmp_path: Path) -> None:
    """Openstack-ansible writes underscores, Erlang's nodes have hyphens (LP 1661114); others are known by their address."""
    members = ("--members", "infra1_rabbit_mq=127.0.0.1,infra2_rabbit_mq=10.0.0.2,infra3_rabbit_mq=10.0.0.3")

    def told_by_peer(*names: str) -> str:
        rows = [node(name, being_drained=name == names[0]) for name in names]
        peer = "http GET http://10.0.0.2:15672/api/"
        answers = {
            f"!{URL}{OVERVIEW}": REFUSED,
            EPMD: UP,
            f"tcp 10.0.0.2:4369 {NAMES.strip()}": UP,
            peer + NODES: [200, json.dumps(rows)],
            peer + "health/checks/alarms": [200, json.dumps(HEALTHY)],
        }
        return line(judged(tmp_path, CHECK, answers, members))

    tail = "runs, 3 of 3 nodes do, no alarm, in maintenance mode for 0 s (drained), as infra2_rabbit_mq tells"
    for names in (
        ("rabbit@infra1-rabbit-mq", "rabbit@infra2-rabbit-mq", "rabbit@infra3-rabbit-mq"),
        ("rabbit@127.0.0.1", "rabbit@10.0.0.2", "rabbit@10.0.0.3"),
        ("rabbit@mq-one", "rabbit@infra2-rabbit-mq", "rabbit@infra3-rabbit-mq.example.org"),
    ):
        assert told_by_peer(*names) == f"OK - {names[0]} {tail}"


def test_a_peer_that_ends_half_way_is_no_outage_of_this_node(tmp_path: Path) -> None:
    hangs = [2, "10.0.0.3:15672 did not answer within 1 s", "timeout"]
    untold = {"being_drained": True, "mem_alarm": True}
    assert line(drained(tmp_path, {"being_drained": True}, alarms=hangs)) == (
        "OK - rabbit@ctl1 runs, 3 of 3 nodes do, no alarm, in maintenance mode for 0 s (drained), as ctl3.cloud tells"
    )
    assert line(drained(tmp_path, untold, alarms=hangs)) == (
        "CRITICAL - memory alarm on ctl1: all publishers of the cluster are blocked"
    ), "the flags of the nodes are evidence, too"


def test_a_version_that_does_not_tell_of_maintenance_is_a_warning(tmp_path: Path) -> None:
    """What RabbitMQ 3.10.8 looks like when it is drained."""
    assert line(drained(tmp_path, {})) == (
        "WARNING - runs, as ctl3.cloud tells, and its management API is closed: in maintenance mode (drained), or the plugin is off"
    )


def test_a_node_that_is_counted_in_and_sends_no_figures_is_on_its_way(tmp_path: Path) -> None:
    """Seen on 3.10.8: a start that hung after a pause. A drained node goes on sending its figures."""
    figureless = dict.fromkeys(("mem_limit", "mem_used", "uptime"), "absent")
    assert line(drained(tmp_path, figureless)) == (
        "CRITICAL - 127.0.0.1:15672: connection refused, rabbit@ctl1 is starting, or hangs in its start: "
        "ctl3.cloud counts it in, and it sends no figures"
    )
    assert drained(tmp_path, {**figureless, "being_drained": True}).state is OK


@pytest.mark.parametrize(
    "own", [{"running": False}, {"being_drained": False}, {"being_drained": True, "running": False}]
)
def test_a_closed_door_without_maintenance_stays_an_outage(tmp_path: Path, own: dict[str, Any]) -> None:
    assert line(drained(tmp_path, own)) == (
        "CRITICAL - 127.0.0.1:15672: connection refused, its Erlang node is up without the broker: "
        "stopped (stop_app), paused, or starting"
    )


@pytest.mark.parametrize("behave", [hostile.silent, hostile.dribble])
def test_a_node_that_hangs_ends_in_a_verdict_in_time(behave: object) -> None:
    with hostile.server(behave) as port:  # type: ignore[arg-type]
        begun = time.monotonic()
        got = execute(CHECK, ["-p", str(port), "-t", "1"])
        assert time.monotonic() - begun < 2.0
    assert line(got) == f"CRITICAL - 127.0.0.1:{port} did not answer within 1 s"


def test_facts_are_small_and_come_back() -> None:
    nodes = [node(f"rabbit@controller-{n}.cloud.example") for n in (1, 2, 3)]  # fmt: skip
    overview = {"node": nodes[0]["name"], "cluster_name": "rabbit@controller-1.cloud.example", "rabbitmq_version": "3.13.7"}  # fmt: skip
    facts = parse(overview, nodes, HEALTHY, HEALTHY, HEALTHY)
    told = json.dumps(to_json(facts), separators=(",", ":"))
    assert len(told) < 1023 - 40, "NRPE v2 cuts at 1,023 bytes"
    assert typed(CHECK.facts, json.loads(told)) == facts


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["name", "running", "partitions", "node", "nodes", "status", "alarms", "queues", "mem_limit", "uptime"]), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip

an_object = st.dictionaries(st.sampled_from(["node", "status", "alarms", "queues", "reason", "object_totals"]), anything, max_size=5)  # fmt: skip


@given(an_object, anything, st.none() | an_object, st.none() | an_object, st.none() | an_object)
def test_no_json_breaks_the_parser_and_none_without_evidence_is_ok(
    overview: dict[str, Any], nodes: Any, alarms: Any, quorum: Any, vhosts: Any
) -> None:
    facts = parse(overview, nodes, alarms, quorum, vhosts)
    options = parse_options(CHECK, [])
    findings = list(CHECK.evaluate(facts, options))
    assert CHECK.summary(facts, options)
    json.dumps(to_json(facts))
    if all(finding.state in (OK, WARNING) for finding in findings):
        assert facts.running is True
        assert facts.alarms is not None
