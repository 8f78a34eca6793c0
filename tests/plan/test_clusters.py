"""Several clusters of one component, and virtual addresses with holders and components of their own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hamon.catalogue import components
from hamon.check import OnMembers
from hamon.component import Component
from hamon.errors import UsageError
from hamon.inventory import Section, load
from hamon.nagios_objects.build import build
from hamon.nagios_objects.model import Selection
from hamon.plan import Plan, make_plan
from hamon.runs import OnCluster, ThroughVip
from tests.inventories.fakes import COMPONENTS, check
from tests.plan.test_plan import argv, cloud

MESSAGE = check("message", "Does a message come back?", runs=OnMembers(("-H", "{address}")))
THROUGH = MESSAGE._replace(name="message_vip", tier="page", runs=ThroughVip(argv=("-H", "{vip}", "-m", "{names}")))
RING = check("ring", "Do all brokers see each other?", tier="page", runs=OnCluster(MESSAGE, ("--via", "{via}")))
BROKER = Component("broker", "Message broker", ("rabbitmq",), (MESSAGE, THROUGH, RING))
ALL = (*COMPONENTS, BROKER)

CELLS: Mapping[str, tuple[str, ...]] = {
    "a1": ("galera", "cell_a"),
    "a2": ("galera", "cell_a"),
    "a3": ("galera", "cell_a"),
    "b1": ("galera", "cell_b"),
    "b2": ("galera", "cell_b"),
    "lb1": ("keepalived",),
    "lb2": ("keepalived",),
    "mq1": ("rabbitmq",),
}
TWO = {"store": {"a": "cell_a", "b": "cell_b"}}
TWO_VIPS = {"vips": {"internal": "10.0.0.100", "db": {"address": "10.0.0.101", "holders": "cell_a"}}}


def planned(hamon: Any) -> Plan:
    return make_plan(cloud(hamon, CELLS), ALL)


def depends(plan: Plan, host: str, name: str) -> tuple[tuple[str, str], ...]:
    return next(item.depends for item in plan.checks if (item.host, item.check) == (host, name))


def test_each_cluster_has_a_verdict_over_its_own_members() -> None:
    plan = planned({"clusters": TWO})

    assert {host.name: host.title for host in plan.hosts if host.kind == "cluster"} == {
        "broker.cluster": "Message broker: the cluster of 1",
        "store.a": "Replicated store: the cluster of 3",
        "store.b": "Replicated store: the cluster of 2",
    }
    assert argv(plan, "store.a", "store_cluster")[1:5] == (
        "--members", "a1=10.0.0.1,a2=10.0.0.2,a3=10.0.0.3", "--quorum", "2/3",
    )  # fmt: skip
    assert argv(plan, "store.b", "store_cluster")[1:5] == ("--members", "b1=10.0.0.4,b2=10.0.0.5", "--quorum", "2/2")
    assert depends(plan, "a1", "store") == (("a1", "nrpe"), ("store.a", "store_cluster"))
    assert depends(plan, "b2", "store") == (("b2", "nrpe"), ("store.b", "store_cluster"))
    assert [command.host for command in plan.facts if command.command == "facts_check_store"] == [
        "a1",
        "a2",
        "a3",
        "b1",
        "b2",
    ]


def test_a_node_check_knows_its_own_fellows_only() -> None:
    fellow = check("fellow", "Who is beside me?", runs=OnMembers(("--members", "{names}", "--size", "{size}")))
    plan = make_plan(cloud({"clusters": TWO}, CELLS), (Component("store", "Store", ("galera",), (fellow,)),))

    assert argv(plan, "a2", "fellow")[1:5] == ("--members", "a1,a2,a3", "--size", "3")
    assert argv(plan, "b1", "fellow")[1:5] == ("--members", "b1,b2", "--size", "2")


def test_a_cluster_is_set_in_its_own_group() -> None:
    own = Section("group", "cell_b", "group cell_b", {"checks": {"store_cluster": {"tier": "ticket"}}})
    plan = make_plan(cloud({"clusters": TWO}, CELLS, own), ALL)

    tiers = {item.host: item.tier for item in plan.checks if item.check == "store_cluster"}
    assert tiers == {"store.a": "page", "store.b": "ticket"}


def test_hosts_that_no_cluster_counts_are_named() -> None:
    plan = planned({"clusters": {"store": {"a": "cell_a"}}})

    assert "hamon.clusters.store: b1 and b2 in none of them, so that no cluster verdict counts them" in plan.findings
    assert depends(plan, "b1", "store") == (("b1", "nrpe"),)
    assert depends(plan, "a1", "store")[1:] == (("store.a", "store_cluster"),)


@pytest.mark.parametrize(
    ("hamon", "message"),
    [
        (
            {"clusters": {"stor": {"a": "cell_a"}}},
            "hamon.clusters.stor: no component is called that; did you mean store?",
        ),
        (
            {"clusters": {"store": {"a": "cell_c"}}},
            "hamon.clusters.store.a: the inventory has no hosts in a group 'cell_c'; did you mean cell_b?",
        ),
        (
            {"clusters": {"store": {"a": "keepalived"}}},
            "hamon.clusters.store.a: no host of group keepalived is in store (groups galera and mariadb)",
        ),
        (
            {"clusters": {"store": {"a": "cell_a", "b": "galera"}}},
            "hamon.clusters.store.b: a1 is in store.a already",
        ),
        (
            {"vips": {"x": {"address": "10.0.0.9", "holders": "lbs"}}},
            "hamon.vips.x.holders: the inventory has no hosts in a group 'lbs'; there are: cell_a, cell_b, galera, keepalived, rabbitmq",
        ),
        (
            {"vips": {"x": {"address": "10.0.0.9", "components": ["store"]}}},
            "hamon.vips.x.components: 'store' has no check through a virtual address; there are: broker",
        ),
        ({"vips": {"x": {"holders": "galera"}}}, "hamon.vips.x: the inventory knows no such VIP; add its address"),
        (
            {"vips": {"x": {"adress": "10.0.0.9"}}},
            "group all: hamon.vips.x.adress: unknown key; did you mean address?",
        ),
    ],
)
def test_a_mistake_is_one_line_with_its_place(hamon: Any, message: str) -> None:
    with pytest.raises(UsageError) as error:
        planned(hamon)
    assert str(error.value) == message


def test_a_vip_asks_only_the_hosts_that_may_hold_it() -> None:
    plan = planned(TWO_VIPS)

    assert argv(plan, "vip.db", "float")[4] == "a1=10.0.0.1,a2=10.0.0.2,a3=10.0.0.3"
    assert argv(plan, "vip.internal", "float")[4] == "lb1=10.0.0.6,lb2=10.0.0.7"
    assert [command.host for command in plan.facts if command.command == "facts_check_holds"] == [
        "a1",
        "a2",
        "a3",
        "lb1",
        "lb2",
    ]


def test_a_node_knows_the_vips_it_may_hold() -> None:
    held = check("held", "Which of them are here?", runs=OnMembers(argv_if=(("--vip", "{vips}"),)))
    plan = make_plan(cloud(TWO_VIPS, CELLS), (Component("any", "Any", ("keepalived", "cell_a"), (held,)),))

    assert argv(plan, "lb1", "held")[1:3] == ("--vip", "10.0.0.100")
    assert argv(plan, "a1", "held")[1:3] == ("--vip", "10.0.0.101,10.0.0.100")


def test_a_component_is_judged_through_a_vip_where_that_is_wanted() -> None:
    plan = planned({"vips": {"internal": {"address": "10.0.0.100", "components": "broker"}, "other": "10.0.0.101"}})

    assert [item.host for item in plan.checks if item.check == "message_vip"] == ["vip.internal"]
    assert argv(plan, "vip.internal", "message_vip")[1:5] == ("-H", "10.0.0.100", "-m", "mq1")
    # while the address or the cluster is in trouble, this one's word adds nothing
    assert depends(plan, "vip.internal", "message_vip") == (("broker.cluster", "ring"), ("vip.internal", "float"))
    # ... so that it speaks one attempt later than they
    attempts = {
        item.check: item.timing.attempts for item in plan.checks if item.host in ("vip.internal", "broker.cluster")
    }
    assert attempts == {"ring": 3, "float": 3, "message_vip": 4}
    host = next(host for host in plan.hosts if host.name == "vip.internal")
    assert (host.address, host.components) == ("10.0.0.100", ("floater", "broker"))


def test_what_is_set_about_the_deployment_tools_own_vip_keeps_its_address() -> None:
    inventory = cloud({"vips": {"internal": {"components": ["broker"]}}}, CELLS)
    plan = make_plan(inventory._replace(vips={"internal": "10.0.0.100"}), ALL)

    assert argv(plan, "vip.internal", "message_vip")[1:3] == ("-H", "10.0.0.100")


def test_amqp_through_the_vip_is_a_check_of_rabbitmq() -> None:
    vips = {"internal": {"address": "10.0.0.100", "components": ["rabbitmq"]}}
    plan = make_plan(cloud({"vips": vips}, {f"ctl{n}": ("rabbitmq",) for n in (1, 2, 3)}), components())

    assert argv(plan, "vip.internal", "amqp_vip") == (
        "/opt/hamon/bin/check_amqp_vip", "-H", "10.0.0.100", "--credentials", "/etc/hamon/credentials/rabbitmq.cnf",
        "-t", "17",
    )  # fmt: skip
    assert depends(plan, "vip.internal", "amqp_vip") == (("rabbitmq.cluster", "rabbitmq_cluster"),)


CONTROLLERS = {f"ctl{n}": ("galera", "rabbitmq", "pacemaker") for n in (1, 2, 3)}


def left_to_others(hosts: Mapping[str, tuple[str, ...]], hamon: Any = None) -> list[str]:
    """The cluster verdicts that leave the page for a lost host to another one."""
    plan = make_plan(cloud(hamon, hosts), components())
    return [
        item.host for item in plan.checks if ("--lost-host", "warning") in zip(item.argv, item.argv[1:], strict=False)
    ]


def test_one_of_the_clusters_on_the_same_hosts_pages_for_a_lost_host() -> None:
    assert left_to_others(CONTROLLERS) == ["galera.cluster", "pacemaker.cluster"]
    assert left_to_others({name: groups[::2] for name, groups in CONTROLLERS.items()}) == ["galera.cluster"]


def test_other_hosts_are_others_losses() -> None:
    assert left_to_others({f"{group}{n}": (group,) for group in ("galera", "rabbitmq") for n in (1, 2, 3)}) == []
    assert left_to_others({**CONTROLLERS, "mq4": ("rabbitmq",)}) == ["galera.cluster"]


def test_who_does_not_page_stands_for_nobody() -> None:
    ticket, excluded = {"checks": {"rabbitmq_cluster": {"tier": "ticket"}}}, {"exclude": ["rabbitmq_cluster"]}
    assert left_to_others(CONTROLLERS, ticket) == ["galera.cluster", "rabbitmq.cluster"]
    assert left_to_others(CONTROLLERS, excluded) == ["galera.cluster"]
    mild = {"checks": {"rabbitmq_cluster": {"args": ["--at-risk", "warning"]}}}
    assert left_to_others(CONTROLLERS, mild) == ["galera.cluster", "rabbitmq.cluster"]


def test_each_clusters_verdict_silences_its_own_members_only() -> None:
    settings = {"clusters": TWO, "vips": {"x": {"address": "10.0.0.9", "holders": "cell_b", "components": ["broker"]}}}
    rows = build(planned(settings)).dependencies

    assert [(row.master, row.service, row.where, row.dependents) for row in rows if row.master] == [
        ("broker.cluster", "ring", Selection("hamon-broker"), ("message",)),
        ("broker.cluster", "ring", Selection("", ("vip.x",)), ("message_vip",)),
        ("vip.x", "float", Selection("", ("vip.x",)), ("message_vip",)),
        ("store.a", "store_cluster", Selection("hamon-store", (), ("b1", "b2")), ("store",)),
        ("store.b", "store_cluster", Selection("", ("b1", "b2")), ("store",)),
    ]


def test_groups_that_only_divide_are_not_named_as_unwatched() -> None:
    settings = {"clusters": {"store": {"a": "cell_a"}}, "vips": {"x": {"address": "10.0.0.9", "holders": "cell_b"}}}
    assert planned(settings).unwatched_groups == ()
    assert planned({}).unwatched_groups == ("cell_a", "cell_b")


GALERA = tuple(component for component in components() if component.name == "galera")


@pytest.mark.parametrize("group", ["garbd", "galera_arbitrator"])
def test_an_arbitrator_is_no_member_and_its_cluster_knows_it(group: str) -> None:
    hosts = {"db1": ("galera",), "db2": ("galera",), "arb": (group,)}
    words = argv(make_plan(cloud({}, hosts), GALERA), "galera.cluster", "galera_cluster")
    assert "--members db1=10.0.0.2,db2=10.0.0.3 " in " ".join(words)
    assert "--arbitrators 1" in " ".join(words)

    inside = make_plan(cloud({}, {**hosts, "arb": ("galera", group)}), GALERA)
    assert argv(inside, "galera.cluster", "galera_cluster") == words

    alone = {name: groups for name, groups in hosts.items() if name != "arb"}
    assert "--arbitrators" not in argv(make_plan(cloud({}, alone), GALERA), "galera.cluster", "galera_cluster")


def test_the_arbitrator_of_one_of_two_clusters_is_not_the_others() -> None:
    hosts = {
        "a1": ("galera", "cell_a"),
        "a2": ("galera", "cell_a"),
        "arb": ("garbd", "cell_a"),
        "b1": ("galera", "cell_b"),
    }
    plan = make_plan(cloud({"clusters": {"galera": {"a": "cell_a", "b": "cell_b"}}}, hosts), GALERA)
    assert "--arbitrators 1" in " ".join(argv(plan, "galera.a", "galera_cluster"))
    assert "--arbitrators" not in argv(plan, "galera.b", "galera_cluster")


def hints(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "hosts").write_text(text)
    plan = make_plan(load(str(tmp_path / "hosts")), components())
    return [finding for finding in plan.findings if "hamon.clusters" in finding]


def test_groups_below_one_group_that_share_no_host_may_be_several_clusters(tmp_path: Path) -> None:
    """mrlesmithjr/ansible-mariadb-galera-cluster, pull request 259: one play for two clusters."""
    two = "[east]\nd1\nd2\nd3\n[west]\nd4\nd5\nd6\n"
    hint = (
        "east and west share no host and are judged as one cluster; "
        "if they are several, name them: hamon.clusters: {%s: {east: east, west: west}}"
    )
    for component, group in (("galera", "mysql_galera"), ("rabbitmq", "rabbitmq_cluster"), ("pacemaker", "pcs")):
        message = f"{component}: {hint % component}"
        assert hints(tmp_path, f"{two}[{group}:children]\neast\nwest\n") == [message]
    deeper = f"{two}[galera_all:children]\ndbs\n[dbs:children]\neast\nwest\n"
    assert hints(tmp_path, deeper) == [f"galera: {hint % 'galera'}"]
    assert hints(tmp_path, "[galera]\nd1\nd2\n[percona_cluster]\nd3\nd4\n") == [
        "galera: galera and percona_cluster share no host and are judged as one cluster; "
        "if they are several, name them: hamon.clusters: {galera: {galera: galera, percona_cluster: percona_cluster}}"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[rack1]\nd1\n[rack2]\nd2\n[rack3]\nd3\n[galera:children]\nrack1\nrack2\nrack3\n",  # one cluster, a node a rack
        "[a]\nd1\nd2\n[b]\nd2\nd3\n[galera:children]\na\nb\n",
        "[galera]\nd1\nd2\n[galera_all:children]\ngalera\n[galera_container]\nd1\nd2\n",
        "[a]\nm1\nm2\n[b]\nm3\nm4\n[memcached:children]\na\nb\n[chrony:children]\na\nb\n",  # nothing counts a majority
        "[a]\nd1\nd2\n[b]\nd3\nd4\n[galera:children]\na\nb\n[all:vars]\nhamon={'clusters': {'galera': {'x': 'a', 'y': 'b'}}}\n",
    ],
)
def test_what_is_one_cluster_or_named_already_is_no_hint(tmp_path: Path, text: str) -> None:
    assert hints(tmp_path, text) == []


@pytest.mark.parametrize(
    ("groups", "names"),
    [
        (("rabbit", "rabbit_mq_container", "galera_container"), {"galera", "rabbitmq"}),  # openstack-ansible of Juno
        (("rabbit_all", "galera_all", "memcached_container"), {"galera", "memcached", "rabbitmq"}),  # ... of Kilo
    ],
)
def test_names_of_old_openstack_ansible(tmp_path: Path, groups: tuple[str, ...], names: set[str]) -> None:
    """weezer/leapfrog-juno-config, rcbops/ansible-lxc-rpc."""
    (tmp_path / "hosts").write_text("".join(f"[{group}]\nc1\nc2\n" for group in groups))
    plan = make_plan(load(str(tmp_path / "hosts")), components())
    assert {check.component for check in plan.checks} == {*names, ""}
    assert plan.unwatched_groups == ()


MQ = {
    **{f"m{n}": ("rabbitmq", "cell1") for n in (1, 2)},
    **{f"m{n}": ("rabbitmq", "cell2") for n in (3, 4)},
    "lb1": ("keepalived",),
}


def through(components_: list[str]) -> Plan:
    vip = {"address": "10.0.0.100", "components": components_}
    clusters = {"broker": {"cell1": "cell1", "cell2": "cell2"}}
    return make_plan(cloud({"vips": {"internal": vip}, "clusters": clusters}, MQ), ALL)


def test_only_the_cluster_behind_an_address_silences_what_is_asked_through_it() -> None:
    plan = through(["broker.cell2"])
    assert depends(plan, "vip.internal", "message_vip") == (("broker.cell2", "ring"), ("vip.internal", "float"))
    assert argv(plan, "vip.internal", "message_vip")[3:5] == ("-m", "m3,m4")
    plan = through(["broker"])
    assert depends(plan, "vip.internal", "message_vip") == (("vip.internal", "float"),)
    assert (
        "hamon.vips.internal.components: broker has several clusters and none of their verdicts silences its checks; "
        "name the one behind the address (broker.cell1, broker.cell2)"
    ) in plan.findings


def test_a_cluster_behind_an_address_must_be_one() -> None:
    with pytest.raises(UsageError) as caught:
        through(["broker.cell3"])
    assert str(caught.value) == (
        "hamon.vips.internal.components: no cluster is called 'broker.cell3'; did you mean broker.cell2?"
    )
