"""Inventory x components -> plan."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hamon.check import OnMembers
from hamon.commands.plan import as_json, as_table
from hamon.component import Component
from hamon.errors import UsageError
from hamon.inventory import Host, Inventory, Section, load
from hamon.plan import FactsCommand, Plan, PlannedHost, Timing, make_plan
from hamon.runs import OnCluster
from tests.inventories.fakes import COMPONENTS, check

HERE = Path(__file__).parents[1] / "inventories"
VIA = (
    "/usr/lib/nagios/plugins/check_nrpe -H {address} -p 5666 -u -t {timeout} "
    "-C /etc/hamon/pki/nagios.pem -K /etc/hamon/pki/nagios.key -A /etc/hamon/pki/ca.pem -c {command}"
)


def small() -> Plan:
    return make_plan(load(str(HERE / "small.yml")), COMPONENTS)


def cloud(hamon: Any = None, hosts: Mapping[str, tuple[str, ...]] | None = None, *more: Section) -> Inventory:
    """An inventory of hosts with their groups; three stores when nothing is said."""
    chosen = hosts or {f"ctl{n}": ("galera",) for n in (1, 2, 3)}
    made = tuple(Host(name, f"10.0.0.{n}", groups) for n, (name, groups) in enumerate(sorted(chosen.items()), 1))
    groups = {group for host in made for group in host.groups}
    members = {group: tuple(host.name for host in made if group in host.groups) for group in sorted(groups)}
    sections = (Section("all", "all", "group all", hamon), *more) if hamon is not None else more
    return Inventory("cloud", "ansible", made, members, tuple(sorted(groups)), {}, sections=sections)


def argv(plan: Plan, host: str, name: str) -> tuple[str, ...]:
    return next(item.argv for item in plan.checks if (item.host, item.check) == (host, name))


def test_every_host_gets_the_checks_of_its_roles_and_its_agent() -> None:
    assert [f"{item.host}/{item.check}/{item.where}/{item.tier}" for item in small().checks] == [
        "ctl1/holds/node/ticket",
        "ctl1/nrpe/nrpe/ticket",
        "ctl1/proxy/node/ticket",
        "ctl1/store/node/ticket",
        "ctl2/holds/node/ticket",
        "ctl2/nrpe/nrpe/ticket",
        "ctl2/proxy/node/ticket",
        "ctl2/store/node/ticket",
        "ctl3/nrpe/nrpe/ticket",
        "ctl3/store/node/ticket",
        "mon1/nrpe/nrpe/ticket",
        "store.cluster/store_cluster/cluster/page",
        "vip.internal/float/vip/page",
    ]


def test_clusters_and_vips_have_pseudo_hosts() -> None:
    assert small().hosts == (
        PlannedHost("ctl1", "10.20.0.11", "host", ("floater", "proxy", "store"), (), "ticket"),
        PlannedHost("ctl2", "10.20.0.12", "host", ("floater", "proxy", "store"), (), "ticket"),
        PlannedHost("ctl3", "10.20.0.13", "host", ("store",), (), "ticket"),
        PlannedHost("mon1", "10.20.0.5", "host", (), (), "page"),
        PlannedHost(
            "store.cluster", "store.cluster", "cluster", ("store",), title="Replicated store: the cluster of 3"
        ),
        PlannedHost("vip.internal", "10.20.0.100", "vip", ("floater",), title="virtual address internal"),
    )


def test_command_lines() -> None:
    plan = small()
    assert argv(plan, "ctl1", "store") == (
        "/opt/hamon/bin/check_store", "-H", "10.20.0.11", "--credentials", "/etc/hamon/credentials/store.cnf",
        "-t", "12", "--donor-max", "1200", "-w", "lag=0.2",
    )  # fmt: skip
    assert argv(plan, "store.cluster", "store_cluster") == (
        "/opt/hamon/bin/check_store_cluster", "--members", "ctl1=10.20.0.11,ctl2=10.20.0.12,ctl3=10.20.0.13",
        "--quorum", "2/3", "--via", VIA, "-t", "17",
    )  # fmt: skip
    assert argv(plan, "vip.internal", "float") == (
        "/opt/hamon/bin/check_float", "--vip", "internal=10.20.0.100",
        "--members", "ctl1=10.20.0.11,ctl2=10.20.0.12", "--via", VIA, "-t", "17",
    )  # fmt: skip
    assert argv(plan, "mon1", "nrpe") == (
        "/usr/lib/nagios/plugins/check_nrpe", "-H", "10.20.0.5", "-p", "5666", "-u", "-t", "15:UNKNOWN",
        "-C", "/etc/hamon/pki/nagios.pem", "-K", "/etc/hamon/pki/nagios.key", "-A", "/etc/hamon/pki/ca.pem",
    )  # fmt: skip


def test_members_can_tell_their_facts() -> None:
    facts = small().facts
    assert [(command.host, command.command) for command in facts] == [
        ("ctl1", "facts_check_holds"),
        ("ctl1", "facts_check_store"),
        ("ctl2", "facts_check_holds"),
        ("ctl2", "facts_check_store"),
        ("ctl3", "facts_check_store"),
    ]
    assert facts[0] == FactsCommand("ctl1", "facts_check_holds", ("/opt/hamon/bin/check_holds", "-t", "12", "--facts"))
    assert facts[1].argv == (*argv(small(), "ctl1", "store"), "--facts")


def test_facts_are_given_even_where_the_node_check_is_no_service() -> None:
    plan = make_plan(cloud({"checks": {"store": {"exclude": True}}}), COMPONENTS)
    assert [item.check for item in plan.checks] == ["nrpe", "nrpe", "nrpe", "store_cluster"]
    assert [command.host for command in plan.facts] == ["ctl1", "ctl2", "ctl3"]
    no_cluster = make_plan(cloud({"exclude": ["store_cluster"]}), COMPONENTS)
    assert no_cluster.facts == ()
    assert {host.name: host.tier for host in no_cluster.hosts} == {"ctl1": "page", "ctl2": "page", "ctl3": "page"}


def test_dependencies() -> None:
    depends = {(item.host, item.check): item.depends for item in small().checks}
    assert depends[("ctl1", "store")] == (("ctl1", "nrpe"), ("store.cluster", "store_cluster"))
    assert depends[("ctl1", "proxy")] == (("ctl1", "nrpe"),)
    assert depends[("ctl1", "nrpe")] == depends[("store.cluster", "store_cluster")] == ()
    without = make_plan(cloud({"exclude": ["^ctl1/nrpe$"]}), COMPONENTS)
    depends = {(item.host, item.check): item.depends for item in without.checks}
    assert depends[("ctl1", "store")] == (("store.cluster", "store_cluster"),)


def test_agents_and_clusters_are_known_before_node_checks_speak() -> None:
    timings = {item.check: item.timing for item in small().checks}
    assert timings["store"] == Timing(60, 20, 4)
    assert timings["nrpe"] == timings["store_cluster"] == Timing(60, 20, 3)
    assert timings["float"] == Timing(30, 20, 3)


def test_settings_of_all_of_a_group_and_of_a_host() -> None:
    group = Section("group", "galera", "group galera", {"checks": {"store": {"warn": {"lag": "2"}, "interval": 30}}})
    far = {
        "plugin_dir": "/usr/bin",
        "credentials_dir": "/c",
        "checks": {"store": {"crit": {"lag": "9"}, "tier": "page"}},
    }
    host = Section("host", "ctl2", "host ctl2", far)
    everywhere = {"checks": {"store": {"warn": {"flow_paused": "0.3"}}, "nrpe": {"interval": 10}}, "interval": 45}
    plan = make_plan(cloud(everywhere, None, group, host), COMPONENTS)
    assert argv(plan, "ctl1", "store")[5:] == ("-t", "12", "-w", "flow_paused=0.3", "-w", "lag=2")
    assert argv(plan, "ctl2", "store") == (
        "/usr/bin/check_store", "-H", "10.0.0.2", "--credentials", "/c/store.cnf",
        "-t", "12", "-w", "flow_paused=0.3", "-w", "lag=2", "-c", "lag=9",
    )  # fmt: skip
    items = {(item.host, item.check): item for item in plan.checks}
    assert (items["ctl1", "store"].tier, items["ctl2", "store"].tier) == ("ticket", "page")
    assert items["ctl1", "store"].timing.interval == 30
    assert items["ctl1", "nrpe"].timing.interval == 10
    assert items["store.cluster", "store_cluster"].timing.interval == 45


def test_a_cluster_is_set_in_group_all_or_its_own() -> None:
    data = {"checks": {"store_cluster": {"crit": {"missing": "2"}}}}
    plan = make_plan(cloud(None, None, Section("group", "galera", "group galera", data)), COMPONENTS)
    assert argv(plan, "store.cluster", "store_cluster")[-2:] == ("-c", "missing=2")
    with pytest.raises(UsageError) as caught:
        make_plan(cloud(None, None, Section("host", "ctl1", "host ctl1", data)), COMPONENTS)
    assert str(caught.value) == (
        "host ctl1: hamon.checks.store_cluster: one verdict for all members cannot be set there; move it to group all or galera"
    )


def test_exclusions() -> None:
    host = Section("host", "ctl2", "host ctl2", {"exclude": ["^ctl2/store$"]})
    plan = make_plan(cloud({"exclude": ["^ctl1/", "typo"]}, None, host), COMPONENTS)
    assert [f"{item.host}/{item.check}" for item in plan.checks] == [
        "ctl2/nrpe",
        "ctl3/nrpe",
        "ctl3/store",
        "store.cluster/store_cluster",
    ]
    assert plan.findings == ("hamon.exclude: 'typo' matches nothing in the plan",)


def test_findings() -> None:
    hosts = {"ctl1": ("galera", "racks"), "lb1": ("keepalived",), "x": ("zoo",)}
    plan = make_plan(cloud(None, hosts), COMPONENTS)
    assert plan.findings == (
        "1 host can hold a VIP but none is known; name it: hamon.vips: {internal: ADDRESS}",
        "2 groups hamon has no checks for: racks and zoo",
    )
    assert plan.unwatched_groups == ("racks", "zoo")
    plan = make_plan(cloud({"vips": {"internal": "10.0.0.9"}}), COMPONENTS)
    assert plan.findings == ("VIP internal: no host can hold it; its holders stand in the groups keepalived",)
    assert "vip.internal" not in [host.name for host in plan.hosts]


def test_parents() -> None:
    plan = make_plan(cloud({"parents": {"ctl1": ["ctl2", "ctl3"]}}), COMPONENTS)
    assert plan.hosts[0].parents == ("ctl2", "ctl3")
    for parents, message in (
        (
            {"ctl1": ["tor1"]},
            "hamon.parents.ctl1: 'tor1' is not a host of the inventory; add it there or correct the name",
        ),
        (
            {"ctl1": ["ctl2"], "ctl2": ["ctl1"]},
            "hamon.parents.ctl1: the host is its own parent, by way of ctl1 and ctl2",
        ),
    ):
        with pytest.raises(UsageError) as caught:
            make_plan(cloud({"parents": parents}), COMPONENTS)
        assert str(caught.value) == message


def component(runs: OnMembers | OnCluster) -> list[Component]:
    return [Component("c", "C", ("galera",), (check("thing", "A thing?", runs=runs),))]


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        (
            OnMembers(("--vip", "{vip}")),
            "ctl1/thing: argument '{vip}' needs {vip}: only the checks of a VIP have one; "
            "state runs=ThroughVip(...) and name the address in hamon.vips",
        ),
        (
            OnCluster(argv=("-H", "{address}")),
            "c.cluster/thing: argument '{address}' needs {address}: a cluster or VIP check has no single address; use {members}",
        ),
        (
            OnMembers(("{adress}",)),
            "ctl1/thing: argument '{adress}' needs {adress}: there is no such name; docs/inventory.md lists them",
        ),
        (
            OnMembers(("{",)),
            "ctl1/thing: argument '{' is not a valid template; braces that are meant are doubled",
        ),
        (
            OnMembers(("-t", "30")),
            "ctl1/thing: its own deadline of 30 s (-t) is not below hamon.nrpe.timeout of 15 s; lower it",
        ),
        (
            OnCluster(argv=("-t", "60")),
            "c.cluster/thing: its own deadline of 60 s (-t) is not below Nagios' service_check_timeout of 60 s; lower it",
        ),
        (OnMembers(("-t", "soon")), "ctl1/thing: -t 'soon' is not a number of seconds; correct its args"),
    ],
)
def test_statements_that_cannot_be_planned(runs: OnMembers | OnCluster, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        make_plan(cloud(), component(runs))
    assert str(caught.value) == message


def test_names_that_are_taken() -> None:
    with pytest.raises(UsageError, match=r"^a check is called 'nrpe', the name of the agent's own item"):
        make_plan(cloud(), [Component("c", "C", ("galera",), (check("nrpe", "?"),))])
    hosts: dict[str, tuple[str, ...]] = {"store.cluster": ("galera",)}
    with pytest.raises(UsageError, match=r"^host store.cluster of the inventory has the name of hamon's pseudo-host"):
        make_plan(cloud(None, hosts), COMPONENTS)


def test_node_checks_know_their_cluster() -> None:
    plan = make_plan(cloud(), component(OnMembers(("--expect", "{size}", "--names", "{names}", "--me", "{host}"))))
    assert argv(plan, "ctl2", "thing")[1:] == ("--expect", "3", "--names", "ctl1,ctl2,ctl3", "--me", "ctl2", "-t", "12")


def test_a_cluster_of_one_is_a_cluster() -> None:
    plan = make_plan(cloud(None, {"solo": ("mariadb",)}), COMPONENTS)
    words = argv(plan, "store.cluster", "store_cluster")
    assert words[words.index("--quorum") + 1] == "1/1"


def test_another_way_to_ask_members() -> None:
    plan = make_plan(cloud(), COMPONENTS, "ssh {address} {command}")
    words = argv(plan, "store.cluster", "store_cluster")
    assert words[words.index("--via") + 1] == "ssh {address} {command}"


def test_a_new_component_is_all_it_takes() -> None:
    extra = Component("kettle", "Kettle", ("galera",), (check("kettle", "Does it boil?", tier="page", interval=7),))
    plan = make_plan(cloud(), (*COMPONENTS, extra))
    assert [item.timing.interval for item in plan.checks if item.check == "kettle"] == [7, 7, 7]


def test_equal_inputs_give_equal_plans_and_other_inputs_another_digest() -> None:
    assert small() == small()
    assert len(small().digest) == 12
    assert make_plan(cloud(), COMPONENTS).digest != make_plan(cloud({"interval": 61}), COMPONENTS).digest
    assert make_plan(cloud(), COMPONENTS).digest != make_plan(cloud(), COMPONENTS[:2]).digest


def test_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = make_plan(cloud({"plugin_dir": "/p"}, {"ctl1": ("haproxy",)}), COMPONENTS)
    monkeypatch.setenv("COLUMNS", "40")  # command lines are there to be copied: they are never cut
    assert as_table(plan).splitlines() == [
        "host  check  where  tier    every  command",
        f"----  -----  -----  ------  -----  {'-' * 71}",
        "ctl1  nrpe   nrpe   ticket  60s    /usr/lib/nagios/plugins/check_nrpe -H 10.0.0.1 -p 5666 -u -t 15:UNKNOWN",
        "ctl1  proxy  node   ticket  60s    /p/check_proxy --socket '/run/haproxy admin.sock' -t 12",
        "",
        f"2 checks on 1 host and 0 pseudo-hosts; plan {plan.digest}",
    ]


def test_the_plan_as_json() -> None:
    document = json.loads(as_json(small()))
    assert document["plan"] == small().digest
    assert document["groups_without_checks"] == ["controllers", "monitoring"]
    assert document["hosts"][-1]["title"] == "virtual address internal"
    assert document["checks"][2] == {
        "host": "ctl1",
        "check": "proxy",
        "component": "proxy",
        "where": "node",
        "tier": "ticket",
        "interval": 60,
        "retry": 20,
        "attempts": 4,
        "argv": ["/opt/hamon/bin/check_proxy", "--socket", "/run/haproxy admin.sock", "-t", "12"],
        "depends": ["ctl1/nrpe"],
        "title": "Has every backend a server?",
    }
    assert document["facts"][0]["command"] == "facts_check_holds"
