"""One node's view of its cluster: what is an alarm, what is planned, what is old, and what is not a status at all."""

from pathlib import Path

import pytest

from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING
from tests.checks.pacemaker.crm import FENCED, NO_PIDFILE, judged, line, node, perf, resource, status


def gone(**attributes: str) -> str:
    return node("ctl1") + node("ctl2") + node("ctl3", online="false", **attributes)


def test_healthy(tmp_path: Path) -> None:
    assert line(judged(tmp_path, "pacemaker", status())) == (
        f"PACEMAKER OK - 3 of 3 nodes with quorum, DC ctl1, 1 of 1 resource instances run | {perf()}"
    )


# --- no status ----------------------------------------------------------------------------------------------------------


EMPTY = '<pacemaker-result api-version="2.25"><status code="0" message="OK"/></pacemaker-result>'
REFUSED = '<pacemaker-result><status code="102" message="Not connected"><errors><error>Connection refused</error></errors></status></pacemaker-result>'


def test_corosync_dead_says_ok_and_is_critical(tmp_path: Path) -> None:
    got = judged(tmp_path, "pacemaker", EMPTY, running=("pacemakerd",))
    assert line(got) == "PACEMAKER CRITICAL - corosync is not running on this node"
    assert "What it means: The cluster's daemons are dead" in got.long


def test_nothing_running(tmp_path: Path) -> None:
    assert line(judged(tmp_path, "pacemaker", [102, REFUSED, ""], running=())) == (
        "PACEMAKER CRITICAL - corosync is not running on this node, nor is Pacemaker (exit code 102: Connection refused)"
    )


def test_pacemaker_alone_is_dead(tmp_path: Path) -> None:
    assert line(judged(tmp_path, "pacemaker", [102, REFUSED, ""], running=("corosync",))) == (
        "PACEMAKER CRITICAL - Pacemaker is not running on this node, corosync is (exit code 102: Connection refused)"
    )


def test_a_status_without_summary_is_no_evidence(tmp_path: Path) -> None:
    assert line(judged(tmp_path, "pacemaker", EMPTY)) == "PACEMAKER UNKNOWN - crm_mon reports no status of the cluster"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ([102, REFUSED, ""], "exit code 102: Connection refused"),
        ([107, "", "Connection to cluster failed: Transport endpoint is not connected"],
         "exit code 107: Connection to cluster failed: Transport endpoint is not connected"),
    ],
)  # fmt: skip
def test_a_pacemaker_that_refuses_is_dead_whoever_has_its_name(
    tmp_path: Path, answer: list[object], words: str
) -> None:
    """2.1 and 1.1: a pacemakerd of another container or namespace is in the process table, too."""
    assert line(judged(tmp_path, "pacemaker", answer)) == (
        f"PACEMAKER CRITICAL - Pacemaker takes no connections here, though a process has its name ({words})"
    )


def test_a_corosync_of_another_namespace_is_not_this_hosts(tmp_path: Path) -> None:
    got = judged(tmp_path, "pacemaker", EMPTY, pidfile=NO_PIDFILE)
    assert line(got) == "PACEMAKER CRITICAL - corosync is not running on this node"
    for place in ((True, False, ["x"]), (False, True, ["x"])):
        assert line(judged(tmp_path, "pacemaker", [102, REFUSED, ""], place=place)) == (
            "PACEMAKER CRITICAL - corosync is not running on this node, nor is Pacemaker (exit code 102: Connection refused)"
        )


def test_a_process_of_which_nothing_shows_whose_it_is(tmp_path: Path) -> None:
    unread = (1, "", "cat: /run/corosync.pid: Input/output error")
    got = judged(tmp_path, "pacemaker", EMPTY, pidfile=unread, place=(None, False, []))
    assert line(got) == "PACEMAKER UNKNOWN - crm_mon reports no status of the cluster"
    alone = judged(tmp_path, "pacemaker", EMPTY, pidfile=unread, place=(None, False, []), running=("corosync",))
    assert line(alone) == "PACEMAKER CRITICAL - Pacemaker is not running on this node"


@pytest.mark.parametrize("network", [False, True])
def test_processes_of_containers_count_where_the_engine_is_asked(tmp_path: Path, network: bool) -> None:
    tools = "docker exec hacluster_pacemaker"
    question = f"command {tools} crm_mon --output-as=xml"
    got = judged(tmp_path, "pacemaker", EMPTY, args=["--exec", tools], question=question, place=(network, True, ["x"]))
    assert line(got) == "PACEMAKER UNKNOWN - crm_mon reports no status of the cluster"


def test_in_a_container_its_own_answer_decides(tmp_path: Path) -> None:
    """Kolla has Corosync and Pacemaker in two containers: neither sees the other's processes or files."""
    tools = "docker exec hacluster_pacemaker"
    stopped = [1, "", "Error response from daemon: container 5c0ffee is not running"]
    for answer in ([102, REFUSED, ""], stopped):
        got = judged(
            tmp_path, "pacemaker", answer, args=["--exec", tools], question=f"command {tools} crm_mon --output-as=xml"
        )
        assert (got.state, got.text.startswith(f"Pacemaker takes no connections inside {tools} (exit code ")) == (
            CRITICAL,
            True,
        )
    denied = [1, "", "permission denied while trying to connect to the Docker daemon socket"]
    got = judged(
        tmp_path, "pacemaker", denied, args=["--exec", tools], question=f"command {tools} crm_mon --output-as=xml"
    )
    assert (got.state, got.text.startswith("Pacemaker does not talk to this user (exit code 1: permission denied")) == (
        UNKNOWN,
        True,
    )


def test_a_user_without_rights(tmp_path: Path) -> None:
    words = "error: Could not connect to launcher: Permission denied"
    got = judged(tmp_path, "pacemaker", [102, REFUSED.replace("Connection refused", words), ""])
    assert line(got) == f"PACEMAKER UNKNOWN - Pacemaker does not talk to this user (exit code 102: {words})"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "crm_mon printed nothing"),
        (status()[:400], "crm_mon printed no whole XML: "),
        ("Segmentation fault", "crm_mon printed no whole XML: "),
        ('<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "crm_mon printed something that is not its XML"),
        (status(dc='present="true"').replace("<current_dc", "<nothing"), "crm_mon's status has no current_dc"),
        (status(nodes=""), "crm_mon's status has no nodes"),
        (status().replace("resources>", "other>"), "crm_mon's status has no list of resources"),
    ],
)
def test_what_is_no_status_is_unknown(tmp_path: Path, text: str, words: str) -> None:
    got = judged(tmp_path, "pacemaker", text)
    assert got.state is UNKNOWN
    assert got.text.startswith(words)


def test_a_status_without_its_options_is_unknown(tmp_path: Path) -> None:
    unread = (1, "", "cibadmin: broken")
    assert line(judged(tmp_path, "pacemaker", status(options=""), config=unread)) == (
        f"PACEMAKER UNKNOWN - the status does not say whether fencing is on | {perf()}"
    )
    half = status(options='stonith-enabled="true" no-quorum-policy="stop"')
    assert line(judged(tmp_path, "pacemaker", half, config=unread)) == (
        f"PACEMAKER UNKNOWN - the status does not say whether maintenance-mode is on | {perf()}"
    )
    got = judged(tmp_path, "pacemaker", status(dc='present="true" name="ctl1"'))
    assert line(got).startswith("PACEMAKER UNKNOWN - the status does not say whether there is quorum |")


def test_constraints_that_cannot_be_read_are_unknown(tmp_path: Path) -> None:
    got = judged(tmp_path, "pacemaker", status(), constraints=(1, "", "cibadmin: broken"))
    assert line(got) == "PACEMAKER UNKNOWN - cibadmin does not report the constraints (exit code 1: cibadmin: broken)"
    assert judged(tmp_path, "pacemaker", status(), constraints=(105, "", "No such device or address")).state is OK


def test_tools_in_a_container(tmp_path: Path) -> None:
    inside = "command docker exec hacluster_pacemaker crm_mon --output-as=xml"
    asked = judged(tmp_path, "pacemaker", status(), args=["--exec", "docker exec hacluster_pacemaker"])
    assert asked.text.endswith(f"has no answer to: {inside}")


# --- nodes --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nodes", "more", "expected"),
    [
        (gone(), "", "CRITICAL - ctl3 is OFFLINE: it vanished without leaving"),
        (gone(expected_up="false"), "", "WARNING - ctl3 is OFFLINE: it left cleanly (stopped by hand?)"),
        (
            gone(expected_up="false"),
            FENCED.format("success", 'completed="2026-11-22 13:31:00Z"'),
            "CRITICAL - ctl3 is OFFLINE: fenced 1 min ago by ctl1, not back yet",
        ),
        (gone(unclean="true"), "", "CRITICAL - ctl3 is UNCLEAN: about to be fenced"),
        (gone(unclean="true"), FENCED.format("pending", ""), "CRITICAL - ctl3 is UNCLEAN: being fenced by ctl1"),
        (
            gone(unclean="true"),
            FENCED.format("failed", 'completed="2026-11-22 13:31:50Z" exit-reason="No such device"'),
            "CRITICAL - ctl3 is UNCLEAN: fencing it FAILED once, last 10 s ago by ctl1: No such device",
        ),
    ],
)
def test_gone_in_many_ways(tmp_path: Path, nodes: str, more: str, expected: str) -> None:
    assert line(judged(tmp_path, "pacemaker", status(nodes, more=more))) == f"PACEMAKER {expected} | {perf(online=2)}"


def test_unclean_without_fencing(tmp_path: Path) -> None:
    got = judged(tmp_path, "pacemaker", status(gone(unclean="true"), options='stonith-enabled="false"'))
    assert got.text == "ctl3 is UNCLEAN: nobody can fence it (stonith-enabled=false)"


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"standby": "true"}, "ctl3 is in standby"),
        ({"maintenance": "true"}, "ctl3 is in maintenance"),
    ],
)
def test_planned_for_a_node_is_named_and_warns_after_its_time(
    tmp_path: Path, attributes: dict[str, str], words: str
) -> None:
    document = status(node("ctl1") + node("ctl2") + node("ctl3", **attributes))
    got = judged(tmp_path, "pacemaker", document)
    assert (got.state, got.text) == (OK, f"3 of 3 nodes with quorum, DC ctl1, 1 of 1 resource instances run, {words}")
    state = next(iter(attributes))
    late = judged(tmp_path, "pacemaker", document, since={"node ctl3": (state, 15000)})
    assert (late.state, late.text) == (WARNING, f"{words} for 4 h 10 min, longer than 4 h")
    assert (
        judged(
            tmp_path, "pacemaker", document, since={"node ctl3": (state, 15000)}, args=["--planned-max", "86400"]
        ).state
        is OK
    )


def test_a_node_in_corosync_alone_is_a_note_until_it_takes_too_long(tmp_path: Path) -> None:
    document = status(node("ctl1") + node("ctl2") + node("ctl3", pending="true"))
    assert judged(tmp_path, "pacemaker", document).state is OK
    late = judged(tmp_path, "pacemaker", document, since={"node ctl3": ("pending", 200)})
    assert (
        line(late)
        == f"PACEMAKER WARNING - ctl3 has been in corosync's membership and not in Pacemaker's for 3 min 20 s | {perf(online=2)}"
    )


MAINTAINED = {"maintenance": "true"}


@pytest.mark.parametrize(
    "nodes",
    [
        node("ctl1", **MAINTAINED) + node("ctl2", **MAINTAINED),
        node("ctl1", **MAINTAINED)
        + node("ctl2", **MAINTAINED, standby="true")
        + node("net1", **MAINTAINED, type="remote"),
        node("ctl1", **MAINTAINED, type="unknown") + node("ctl2", **MAINTAINED, type="ping"),
    ],
)
def test_all_nodes_in_maintenance_one_by_one_is_maintenance_mode(tmp_path: Path, nodes: str) -> None:
    """After openshift/cluster-etcd-operator#1678: ``pcs node maintenance --all`` leaves maintenance-mode false."""
    got = judged(tmp_path, "pacemaker", status(nodes, resource("vip")))
    assert got.state is WARNING
    assert "all nodes are in maintenance: nothing is watched or recovered" in got.text
    assert "maintenance-mode" in got.long or "maintenance" in got.long


def test_a_remote_node_that_is_not_in_maintenance_is_watched(tmp_path: Path) -> None:
    got = judged(tmp_path, "pacemaker", status(node("ctl1", **MAINTAINED) + node("net1", type="remote")))
    assert (got.state, got.text.endswith(", ctl1 is in maintenance")) == (OK, True)


def test_no_node_online_is_never_ok(tmp_path: Path) -> None:
    got = judged(tmp_path, "pacemaker", status(node("ctl1", pending="true") + node("ctl2", pending="true")))
    assert (got.state, got.text) == (UNKNOWN, "the status has a DC and none of 2 nodes is online")


def test_other_ways_to_be_unwell(tmp_path: Path) -> None:
    nodes = (
        node("ctl1", health="red")
        + node("ctl2", standby="true", standby_onfail="true")
        + node("net1", type="remote", online="false")
    )
    got = judged(tmp_path, "pacemaker", status(nodes))
    assert got.state is CRITICAL
    assert got.text == (
        "health of ctl1 is red, ctl2 is in standby since a resource failed there (on-fail=standby), remote node net1 is OFFLINE"
    )


def test_a_guest_is_judged_by_its_resource(tmp_path: Path) -> None:
    guest = node("galera-bundle-0", type="remote", online="false", id_as_resource="galera-bundle-podman-0")
    assert judged(tmp_path, "pacemaker", status(node("ctl1") + guest)).state is OK


# --- the cluster --------------------------------------------------------------------------------------------------------

NO_QUORUM = 'present="true" name="ctl1" with_quorum="false"'


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("stop", "all resources are stopped here"),
        ("ignore", "everything goes on here regardless (no-quorum-policy=ignore)"),
    ],
)
def test_no_quorum(tmp_path: Path, policy: str, words: str) -> None:
    nodes = node("ctl1") + node("ctl2", online="false") + node("ctl3", online="false", expected_up="false")
    stopped = resource("vip") if policy == "stop" else resource("vip", "ctl1")
    document = status(nodes, stopped, dc=NO_QUORUM, options=f'stonith-enabled="true" no-quorum-policy="{policy}"')
    running = 0 if policy == "stop" else 1
    assert line(judged(tmp_path, "pacemaker", document)) == (
        f"PACEMAKER CRITICAL - no quorum: {words}, not seen: ctl2 and ctl3 | {perf(online=1, running=running, quorum=0)}"
    )


def test_a_policy_that_goes_on_without_quorum_is_named_and_warns_without_fencing(tmp_path: Path) -> None:
    def with_fencing(fencing: str, nodes: int = 3) -> str:
        options = f'stonith-enabled="{fencing}" no-quorum-policy="ignore" maintenance-mode="false"'
        members = "".join(node(f"ctl{number}") for number in range(1, nodes + 1))
        return line(judged(tmp_path, "pacemaker", status(nodes=members, options=options)))

    goes_on = "no-quorum-policy=ignore: a part without quorum goes on"
    assert (
        with_fencing("true")
        == f"PACEMAKER OK - 3 of 3 nodes with quorum, DC ctl1, 1 of 1 resource instances run, {goes_on} | {perf()}"
    )
    alone = f"PACEMAKER WARNING - {goes_on}, and without fencing every part runs everything | {perf()}"
    assert with_fencing("false") == alone
    assert "no-quorum-policy" not in with_fencing("false", nodes=2)


def test_an_election_is_looked_at_twice(tmp_path: Path) -> None:
    no_dc = status(dc='present="false"')
    got = judged(tmp_path, "pacemaker", no_dc)
    assert got.state is CRITICAL
    assert got.text == "the cluster has no DC: nobody decides, nothing is recovered"
    assert judged(tmp_path, "pacemaker", no_dc, status()).state is OK


def test_maintenance_mode_is_never_ok(tmp_path: Path) -> None:
    document = status(
        resources=resource("vip", "ctl1", managed="false"), options='stonith-enabled="true" maintenance-mode="true"'
    )
    got = judged(tmp_path, "pacemaker", document, since={"maintenance": (True, 600)})
    assert (
        line(got)
        == f"PACEMAKER WARNING - maintenance-mode is on for 10 min: nothing is watched or recovered | {perf()}"
    )


def test_no_fencing_is_named(tmp_path: Path) -> None:
    got = judged(tmp_path, "pacemaker", status(options='stonith-enabled="false"'))
    assert got.state is OK
    assert "no fencing (stonith-enabled=false, see check_fencing)" in got.text


def test_mixed_versions_are_no_alarm(tmp_path: Path) -> None:
    got = judged(tmp_path, "pacemaker", status(dc='present="true" name="ctl1" with_quorum="true" mixed_version="true"'))
    assert (got.state, "mixed versions" in got.text) == (OK, True)
