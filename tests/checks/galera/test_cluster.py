"""Gathering members' facts: through commands, directly, and what silence turns into."""

import json
import time
from pathlib import Path

import pytest

from hamon import __version__
from hamon.checks.galera.cluster import CLUSTER
from hamon.checks.galera.node import CHECK, Facts
from hamon.checks.haproxy.node import CHECK as HAPROXY
from hamon.execute import execute
from hamon.typed import typed
from hamon.verdict import CRITICAL, OK, UNKNOWN
from hamon.wire import to_json
from tests.core import hostile

GALERA = Path(__file__).parent / "states"
MEMBERS = "ctl1=10.77.0.11,ctl2=10.77.0.12,ctl3=10.77.0.13"


def agents(tmp_path: Path, state: str = "01_healthy", **other: str) -> str:
    """A --via command whose 'agents' report the recorded facts of ``state``, or what ``other`` says by member."""
    for name in ("ctl1", "ctl2", "ctl3"):
        answer = (
            other.get(name) or execute(CHECK, ["--replay", str(GALERA / f"{state}__{name}.json"), "--facts"]).render()
        )
        (tmp_path / name).write_text(answer)
    return f"cat {tmp_path}/{{name}}"


def line(argv: list[str]) -> str:
    return execute(CLUSTER, argv).render().splitlines()[0]


def test_facts_travel_as_json_of_a_few_kilobytes(tmp_path: Path) -> None:
    printed = execute(CHECK, ["--replay", str(GALERA / "01_healthy__ctl1.json"), "--facts"]).render()
    assert len(printed) < 1023, "NRPE v2 cuts at 1,023 bytes"
    facts = typed(CHECK.facts, json.loads(printed)["facts"])
    assert isinstance(facts, Facts)
    assert to_json(facts) == json.loads(printed)["facts"]
    assert facts.view == ("10.77.0.11:3306", "10.77.0.12:3306", "10.77.0.13:3306")


def test_all_members_asked_by_a_command(tmp_path: Path) -> None:
    assert line(["--members", MEMBERS, "--via", agents(tmp_path)]) == (
        "GALERA_CLUSTER OK - 3 of 3 members in one Primary component {ctl1, ctl2, ctl3} | size=3;;;0 synced=3;;;0 components=1;;;0 unreachable=0;;;0"
    )


def test_an_agent_that_is_down_does_not_hide_a_whole_cluster(tmp_path: Path) -> None:
    via = agents(tmp_path, ctl3="connect to address 10.77.0.13 port 5666: Connection refused")
    assert line(["--members", MEMBERS, "--via", via]) == (
        "GALERA_CLUSTER OK - 3 of 3 members in one Primary component {ctl1, ctl2}, ctl3 could not be asked "
        "(its agent said: connect to address 10.77.0.13 port 5666: Connection refused), the others count it in"
        " | size=3;;;0 synced=2;;;0 components=1;;;0 unreachable=1;;;0"
    )


def test_an_unreachable_host_is_named_once(tmp_path: Path) -> None:
    """Seen in the lab: check_nrpe's two lines, which say the same, left no room for the verdict."""
    words = "connect to address 10.77.0.13 port 5666: No route to host"
    got = line(["--members", MEMBERS, "--via", agents(tmp_path, ctl3=f"{words}\n{words.replace('address', 'host')}")])
    assert f"(its agent said: {words}), the others count it in" in got


def test_no_agent_answers_is_not_an_outage_of_the_database(tmp_path: Path) -> None:
    dead = dict.fromkeys(("ctl1", "ctl2", "ctl3"), "CHECK_NRPE: Socket timeout after 8 seconds.")
    outcome = execute(CLUSTER, ["--members", MEMBERS, "--via", agents(tmp_path, **dead)])
    assert outcome.state is UNKNOWN
    assert outcome.text.startswith(
        "no member could be asked: ctl1: its agent said: CHECK_NRPE: Socket timeout after 8 seconds., ctl2: "
    )


def test_an_agent_that_hangs_costs_only_the_deadline(tmp_path: Path) -> None:
    via = f"sh -c 'test {{name}} = ctl3 && sleep 60; {agents(tmp_path)}'"
    begun = time.monotonic()
    outcome = execute(CLUSTER, ["--members", MEMBERS, "--via", via, "-t", "2"])
    assert time.monotonic() - begun < 3
    assert outcome.state is OK
    assert (
        "ctl3 could not be asked (its agent did not answer in time (sh did not end within 1.5 s)), the others count it in"
        in outcome.text
    )


def test_a_joiner_warns_and_then_alarms(tmp_path: Path) -> None:
    refused = json.dumps({"check": "galera", "error": [2, "10.77.0.13:3306: connection refused", "refused"]})
    argv = ["--members", MEMBERS, "--via", agents(tmp_path, ctl3=refused)]
    assert line(argv) == (
        "GALERA_CLUSTER WARNING - ctl3 has been joining for 0 s: counted in, but 10.77.0.13:3306: connection refused"
        " | size=3;;;0 synced=2;;;0 components=1;;;0 unreachable=1;;;0"
    )
    memory = next((tmp_path / "memory").glob("galera_cluster-*.json"))
    remembered = json.loads(memory.read_text())
    remembered["at"] -= 4000
    remembered["since"]["joining ctl3"][1] -= 4000
    memory.write_text(json.dumps(remembered))
    assert line(argv).startswith("GALERA_CLUSTER CRITICAL - ctl3 has been joining for 1 h 6 min: counted in, but")

    agents(tmp_path)  # it has joined ...
    assert execute(CLUSTER, argv).state is OK
    (tmp_path / "ctl3").write_text(refused)  # ... and the next time is a new one
    assert line(argv).startswith("GALERA_CLUSTER WARNING - ctl3 has been joining for 0 s: counted in, but")


def test_more_members_than_the_inventory_knows(tmp_path: Path) -> None:
    assert line(["--members", "ctl1=10.77.0.11,ctl2=10.77.0.12", "--via", agents(tmp_path)]).startswith(
        "GALERA_CLUSTER WARNING - 3 members, 2 expected, not in the inventory: 10.77.0.13:3306 |"
    )


def changed(tmp_path: Path, name: str, capture: str, **fields: object) -> str:
    reported = json.loads(execute(CHECK, ["--replay", str(GALERA / f"{capture}__{name}.json"), "--facts"]).render())
    reported["facts"].update(fields)
    return json.dumps(reported)


def test_a_split_that_only_the_local_index_shows(tmp_path: Path) -> None:
    """Where wsrep_node_incoming_address is AUTO, both sides list the same words."""
    split = "16_split_brain_two_primaries"
    answers = {name: changed(tmp_path, name, split, view=["AUTO", "AUTO"], size=2) for name in ("ctl1", "ctl2", "ctl3")}
    assert line(["--members", MEMBERS, "--via", agents(tmp_path, **answers)]).startswith(
        "GALERA_CLUSTER CRITICAL - SPLIT-BRAIN: {ctl1, ctl2} and {ctl3} are each a Primary component, both take writes |"
    )


def test_separate_clusters_are_distinguished(tmp_path: Path) -> None:
    other = changed(tmp_path, "ctl3", "16_split_brain_two_primaries", cluster_uuid="another")
    assert line(
        ["--members", MEMBERS, "--via", agents(tmp_path, "16_split_brain_two_primaries", ctl3=other)]
    ).startswith(
        "GALERA_CLUSTER CRITICAL - SPLIT-BRAIN: {ctl1, ctl2} and {ctl3} are each a Primary component with different cluster UUIDs: separate clusters |"
    )


def test_a_view_change_seen_halfway_is_asked_again(tmp_path: Path) -> None:
    """ctl3 was just killed: ctl1 knows, ctl2 is asked a moment too early; the second time both agree."""
    early = execute(CHECK, ["--replay", str(GALERA / "01_healthy__ctl2.json"), "--facts"]).render()
    late = execute(CHECK, ["--replay", str(GALERA / "02_one_node_killed9__ctl2.json"), "--facts"]).render()
    agents(tmp_path, "02_one_node_killed9")
    (tmp_path / "early").write_text(early)
    (tmp_path / "ctl2").write_text(late)
    (tmp_path / "agent").write_text(
        f"cd {tmp_path}; if [ $1 = ctl2 ] && [ ! -e asked ]; then touch asked; cat early; else cat $1; fi"
    )
    outcome = execute(CLUSTER, ["--members", MEMBERS, "--via", f"sh {tmp_path}/agent {{name}}"])
    assert outcome.state is CRITICAL
    assert outcome.text.startswith(
        "2 of 3 members in the Primary component {ctl1, ctl2}, ctl3: 10.77.0.13:3306: connection refused"
    )


def test_a_voted_out_member_is_no_second_primary(tmp_path: Path) -> None:
    out = changed(tmp_path, "ctl3", "01_healthy", state="Inconsistent", status="Disconnected", size=0, view=[])
    two = {name: changed(tmp_path, name, "02_one_node_killed9") for name in ("ctl1", "ctl2")}
    got = line(["--members", MEMBERS, "--via", agents(tmp_path, ctl3=out, **two)])
    assert got.startswith(
        "GALERA_CLUSTER CRITICAL - 2 of 3 members in the Primary component {ctl1, ctl2}, ctl3 is Inconsistent, one more loss stops all writes, "
        "ctl3 was voted out"
    )


def test_at_risk_is_configurable_and_five_members_have_margin(tmp_path: Path) -> None:
    argv = ["--members", MEMBERS, "--via", agents(tmp_path, "04_partition_ctl3_nonprimary"), "--at-risk", "warning"]
    assert execute(CLUSTER, argv).state.name == "WARNING"
    five = MEMBERS + ",ctl4=10.77.0.14"
    assert line(["--members", five, "--via", f"sh -c '{agents(tmp_path)} 2>/dev/null'"]).startswith(
        "GALERA_CLUSTER WARNING - 3 of 4 members in the Primary component {ctl1, ctl2, ctl3}, ctl4: its agent said: nothing (exit code 1) |"
    )


def test_a_host_that_another_cluster_pages_for_is_a_warning_here(tmp_path: Path) -> None:
    lost = [
        "--members",
        MEMBERS,
        "--via",
        agents(tmp_path, "02_one_node_killed9", ctl3="Socket timeout"),
        "--lost-host",
    ]
    text = "2 of 3 members in the Primary component {ctl1, ctl2}, ctl3: its agent said: Socket timeout, one more loss stops all writes |"
    assert line([*lost, "warning"]).startswith(f"GALERA_CLUSTER WARNING - {text}")
    assert line([*lost, "critical"]).startswith(f"GALERA_CLUSTER CRITICAL - {text}")


def test_a_dead_server_on_a_living_host_is_nobody_elses_page(tmp_path: Path) -> None:
    for state in ("02_one_node_killed9", "04_partition_ctl3_nonprimary"):
        argv = ["--members", MEMBERS, "--via", agents(tmp_path, state), "--lost-host", "warning"]
        assert execute(CLUSTER, argv).state is CRITICAL, state


def test_facts_of_another_version_are_said(tmp_path: Path) -> None:
    via = agents(tmp_path, "01_healthy")
    (tmp_path / "ctl1").write_text('{"check": "galera", "hamon": "9.9", "facts": {"node": "x", "new_field": 1}}')
    outcome = execute(CLUSTER, ["--members", MEMBERS, "--via", via])
    assert (outcome.state, outcome.text) == (
        OK,
        "3 of 3 members in one Primary component {ctl2, ctl3}, ctl1 could not be asked "
        f"(its facts cannot be read (of hamon 9.9, not {__version__}): address is missing), the others count it in",
    )


def test_a_field_of_a_newer_hamon_is_dropped(tmp_path: Path) -> None:
    facts = json.loads(changed(tmp_path, "ctl1", "01_healthy"))["facts"]
    assert typed(CHECK.facts, {**facts, "new_field": 1}) == typed(CHECK.facts, facts)


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        ([], "--members is missing: name all members the cluster should have, NAME=ADDRESS,..."),
        (["--members", "a,a"], "argument --members: invalid member_list value: 'a,a', see check_galera_cluster --help"),
        (
            ["--members", "a,,b"],
            "argument --members: invalid member_list value: 'a,,b', see check_galera_cluster --help",
        ),
        (
            ["--members", "a", "--via", "ssh {adress}"],
            "--via 'ssh {adress}': {adress} is unknown, there are {address} {name} {command} {timeout}",
        ),
        (
            ["--members", "a", "--via", "ssh 'x"],
            "--via 'ssh 'x': No closing quotation",
        ),
        (
            ["--members", "a", "--via", ""],
            "--via is empty: give the command that asks a host, such as: ssh {address} {command}",
        ),
        (
            ["--members", "a", "--via", "/no/check_nrpe"],
            "/no/check_nrpe is not installed on this host (or not in PATH)",
        ),
        (
            ["--members", "a", "--at-risk", "ok"],
            "argument --at-risk: invalid at_risk value: 'ok', see check_galera_cluster --help",
        ),
    ],
)
def test_wrong_calls(argv: list[str], text: str) -> None:
    outcome = execute(CLUSTER, argv)
    assert (outcome.state, outcome.text) == (UNKNOWN, text)


def test_a_service_that_cannot_be_reached_from_here_is_not_a_dead_one(tmp_path: Path) -> None:
    """Silence from afar: the way may be cut, and the member may be alive."""
    with hostile.server(hostile.silent) as port:
        outcome = execute(CLUSTER, ["--members", "a=127.0.0.1,b=127.0.0.1", "--direct", f"-p {port}", "-t", "1.5"])
    assert (outcome.state.name, outcome.text) == (
        "UNKNOWN",
        f"no member could be asked: a: 127.0.0.1:{port} did not answer within 1 s, b: 127.0.0.1:{port} did not answer within 1 s",
    )


def test_direct_asks_the_service_itself() -> None:
    outcome = execute(CLUSTER, ["--members", "a=127.0.0.1,b=127.0.0.1", "--direct", "-p 1"])
    assert (outcome.state, outcome.text) == (
        CRITICAL,
        "no member serves: a: 127.0.0.1:1: connection refused, b: 127.0.0.1:1: connection refused",
    )


def test_a_proxy_that_sends_clients_to_a_useless_member_is_named(tmp_path: Path) -> None:
    """HAProxy's mysql-check stays UP on a non-Primary node: only both sides together show it."""
    haproxy = Path(__file__).parents[1] / "haproxy" / "states" / "08_galera_ctl3_nonprimary_but_mysqlcheck_UP.json"
    (tmp_path / "lb1").write_text(execute(HAPROXY, ["--replay", str(haproxy), "--facts"]).render())
    argv = [
        "--members",
        MEMBERS,
        "--via",
        agents(tmp_path, "04_partition_ctl3_nonprimary"),
        "--proxies",
        "lb1=10.77.0.11",
    ]
    assert execute(CLUSTER, argv).render().splitlines()[0] == (
        "GALERA_CLUSTER CRITICAL - 2 of 3 members in the Primary component {ctl1, ctl2}, ctl3 is non-Primary, one more loss stops all writes, "
        "haproxy on lb1 counts ctl3 (non-Primary) as usable in galera | size=2;;;0 synced=2;;;0 components=1;;;0 unreachable=0;;;0"
    )


def test_a_bootstrap_is_advice_only_when_nobody_is_silent(tmp_path: Path) -> None:
    """A member that could not be asked may be part of a living majority: a bootstrap beside it is a split-brain."""
    asked = execute(CLUSTER, ["--members", MEMBERS, "--via", agents(tmp_path, "06_full_partition_all_nonprimary")])
    assert (
        "     then: galera_new_cluster  # all servers are stopped: on the ONE node with the highest seqno" in asked.long
    )
    via = agents(tmp_path, "06_full_partition_all_nonprimary", ctl2="CHECK_NRPE: Socket timeout")
    silent = execute(CLUSTER, ["--members", MEMBERS, "--via", via])
    assert silent.long.splitlines() == [
        "What it means: No member that answered is Primary. Members that could not be asked may be: they may serve as a majority of their own.",
        "Type next: ping -c 3 ctl2  # why did it not answer?",
        "     then: systemctl status nagios-nrpe-server mariadb  # on ctl2",
        "     then: mariadb -e \"SHOW STATUS LIKE 'wsrep_cluster_status'\"  # on every member: go on only when none says Primary",
        "     then: hamon run -i INVENTORY --only /galera_cluster  # on the Nagios server: is there a Primary component elsewhere?",
        "Beware: do not bootstrap anything before every member answered or its host is proven off: "
        "a living majority and a bootstrapped node are a split-brain.",
    ]


def test_what_two_members_prove_a_third_cannot_take_back(tmp_path: Path) -> None:
    """One lies about its list, or was asked in the middle of a change: the others are a split-brain all the same."""
    via = agents(tmp_path, "16_split_brain_two_primaries")
    answer = json.loads((tmp_path / "ctl1").read_text())
    answer["facts"]["view"][1] = "-"
    (tmp_path / "ctl1").write_text(json.dumps(answer))
    assert line(["--members", MEMBERS, "--via", via]) == (
        "GALERA_CLUSTER CRITICAL - SPLIT-BRAIN: {ctl2} and {ctl3} are each a Primary component, both take writes, "
        "the list of ctl1 fits none of them | size=2;;;0 synced=3;;;0 components=3;;;0 unreachable=0;;;0"
    )
