"""What settings give a check is held against the check's own command line when the plan is made."""

from pathlib import Path
from typing import Any

import pytest

from hamon.catalogue import components
from hamon.errors import UsageError
from hamon.inventory import Section, load
from hamon.plan import Plan, make_plan
from tests.plan.test_plan import argv, cloud

HOSTS = {
    "ctl1": ("galera", "rabbitmq", "keepalived", "haproxy"),
    "ctl2": ("galera", "rabbitmq", "keepalived", "haproxy"),
}


def planned(hamon: Any, *more: Section) -> Plan:
    return make_plan(cloud({"vips": {"internal": "10.0.0.100"}, **hamon}, HOSTS, *more), components())


def refusal(name: str, **override: Any) -> str:
    with pytest.raises(UsageError) as caught:
        planned({"checks": {name: override}})
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "args", "message"),
    [
        ("galera", ["--donor-mx", "5"], "ctl1/galera: args: unrecognized arguments: --donor-mx 5; see check_galera --help"),
        ("galera", ["--donor-max", "soon"], "ctl1/galera: args: argument --donor-max: invalid float value: 'soon'; see check_galera --help"),
        ("galera", ["-w", "lag=5"], "ctl1/galera: args: -w lag=5: check_galera has no threshold 'lag'; "),
        ("haproxy", ["-h"], "ctl1/haproxy: args '-h' print a text instead of a verdict; take it out"),
        ("haproxy", ["-V"], "ctl1/haproxy: args '-V' print a text instead of a verdict; take it out"),
        ("haproxy", ["--facts"], "ctl1/haproxy: args: --facts is for people at a terminal; take it out"),
        ("rabbitmq", ["--record", "/tmp/x"], "ctl1/rabbitmq: args: --record is for people at a terminal; take it out"),
        ("rabbitmq", ["--replay", "/tmp/x"], "ctl1/rabbitmq: args: --replay is for people at a terminal; take it out"),
        ("rabbitmq", ["-H", "x"], "ctl1/rabbitmq: args: -H is planned already; set hamon.checks.rabbitmq.address or hamon.service_address"),
        ("galera", ["--host=x"], "ctl1/galera: args: --host is planned already; set hamon.checks.galera.address or hamon.service_address"),
        ("galera_cluster", ["--via", "x"], "galera.cluster/galera_cluster: args: --via is planned already; set hamon.checks.galera_cluster.address"),
    ],
)  # fmt: skip
def test_args_that_the_check_does_not_take(name: str, args: list[str], message: str) -> None:
    assert refusal(name, args=args).startswith(message)


def test_args_that_it_takes_are_planned_with_names_filled_in() -> None:
    plan = planned({"checks": {
        "keepalived": {"args": ["--vip", "VI_1={vips}"]},
        "haproxy": {"args": ["--ignore", "^stats{2}$", "--expect", "db={host}"]},
    }})  # fmt: skip
    assert argv(plan, "ctl1", "keepalived")[-2:] == ("--vip", "VI_1=10.0.0.100")
    assert argv(plan, "ctl2", "haproxy")[-4:] == ("--ignore", "^stats{2}$", "--expect", "db=ctl2")


@pytest.mark.parametrize(
    ("warn", "crit", "right"),
    [
        ("5", "10", True), ("10", "5", False), ("5:", "2:", True), ("2:", "5:", False), ("2:8", "1:9", True), ("1:9", "2:8", False),
        ("5", "5", True), ("@1:5", "0", True), ("", "5", True), ("5", "", True),
    ],
)  # fmt: skip
def test_a_warning_beyond_critical_is_never_seen(warn: str, crit: str, right: bool) -> None:
    override = {"warn": {"total_ms": warn}, "crit": {"total_ms": crit}}
    if right:
        assert planned({"checks": {"amqp": override}}).checks
    else:
        assert refusal("amqp", **override) == (
            f"ctl1/amqp: total_ms: warn {warn} is beyond crit {crit}, so that WARNING is never seen; set both"
        )


def test_a_warning_beyond_the_checks_own_critical() -> None:
    assert refusal("amqp", warn={"total_ms": "4000"}) == (
        "ctl1/amqp: total_ms: warn 4000 is beyond crit 3000, so that WARNING is never seen; set both"
    )


def test_addresses_of_a_host_its_services_and_one_check() -> None:
    host = Section(
        "host", "ctl1", "host ctl1", {"address": "10.9.0.1", "service_address": "10.8.0.1", "tier": "ticket"}
    )
    plan = planned({"checks": {"galera": {"address": "127.0.0.1"}}}, host)
    assert argv(plan, "ctl1", "galera")[1:3] == ("-H", "127.0.0.1")
    assert argv(plan, "ctl1", "rabbitmq")[1:5] == ("-H", "10.8.0.1", "--members", "ctl1=10.8.0.1,ctl2=10.0.0.2")
    assert argv(plan, "ctl2", "galera")[1:3] == ("-H", "127.0.0.1")
    words = argv(plan, "galera.cluster", "galera_cluster")
    assert words[words.index("--members") + 1] == "ctl1=10.9.0.1,ctl2=10.0.0.2"
    assert argv(plan, "ctl1", "nrpe")[1:3] == ("-H", "10.9.0.1")
    assert [host.address for host in plan.hosts if host.name == "ctl1"] == ["10.9.0.1"]


def test_a_host_has_a_tier_of_its_own() -> None:
    group = Section("group", "haproxy", "group haproxy", {"tier": "page"})
    host = Section("host", "ctl1", "host ctl1", {"tier": "ticket"})
    plan = planned({}, group, host)
    assert {host.name: host.tier for host in plan.hosts if host.kind == "host"} == {"ctl1": "ticket", "ctl2": "page"}
    assert {host.tier for host in planned({}).hosts if host.kind == "host"} == {"ticket"}


def test_an_address_is_of_one_host() -> None:
    with pytest.raises(UsageError) as caught:
        planned({}, Section("group", "galera", "group galera", {"address": "10.0.0.1"}))
    assert (
        str(caught.value)
        == "group galera: hamon.address: unknown key; there are: checks, credentials_dir, exclude, plugin_dir, tier"
    )


@pytest.mark.parametrize("kolla", [False, True], ids=["plain", "kolla"])
def test_references_in_the_section_are_filled_in(tmp_path: Path, kolla: bool) -> None:
    roles = "[control]\nctl1 ansible_host=10.0.0.1\n[network]\n[compute]\n[common]\n[keepalived]\nctl1\n"
    section = "[all:vars]\nhamon={'vips': {'db': '{{ database_vip }}'}, 'checks': {'keepalived': {'args': ['--vip', 'VI_1={vips}']}}}\n"
    (tmp_path / "hosts").write_text((roles if kolla else "[keepalived]\nctl1\n") + section)
    if kolla:
        (tmp_path / "globals.yml").write_text("database_vip: '{{ prefix }}.7'\nprefix: 10.3.0\n")
    else:
        (tmp_path / "group_vars").mkdir()
        (tmp_path / "group_vars" / "all.yml").write_text("database_vip: '{{ prefix }}.7'\nprefix: 10.3.0\n")
    plan = make_plan(load(str(tmp_path / "hosts")), components())
    assert [host.address for host in plan.hosts if host.name == "vip.db"] == ["10.3.0.7"]
    assert argv(plan, "ctl1", "keepalived")[-2:] == ("--vip", "VI_1=10.3.0.7")
