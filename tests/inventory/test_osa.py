"""openstack-ansible's inventories, and those of other tools that are refused: half a cloud must not pass for a whole one."""

import json
from pathlib import Path
from typing import Any

import pytest

from hamon.catalogue import components
from hamon.errors import UsageError
from hamon.inventory import load, osa_site
from hamon.plan import Plan, make_plan


def generated(balancers: int = 2, old: bool = False, **variables: Any) -> dict[str, Any]:
    """What dynamic_inventory.py prints for a cloud of one database container and some load balancers."""
    address = "ansible_ssh_host" if old else "ansible_host"
    machines = [f"infra{n}" for n in range(1, balancers + 1)]
    container = "infra1_galera_container-6980f638"
    hosts: dict[str, Any] = {name: {address: f"172.29.236.1{n}"} for n, name in enumerate(machines, 1)}
    hosts[container] = {address: "172.29.238.13", "physical_host": "infra1"}
    return {
        "_meta": {"hostvars": {"localhost": {}, **hosts}},
        "all": {"vars": {"internal_lb_vip_address": "172.29.236.100", **variables}},
        "all_containers": {"hosts": [container]},
        "galera": {"hosts": [container]},
        "haproxy_all": {"children": ["haproxy"]},
        "haproxy": {"hosts": machines},
        "ungrouped": {"hosts": ["localhost"]},
    }


@pytest.fixture(autouse=True)
def no_variables_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(osa_site, "SYSTEM_FOLDER", tmp_path / "etc")


def planned(tmp_path: Path, data: dict[str, Any], globals_file: Path | None = None) -> Plan:
    (tmp_path / "openstack_inventory.json").write_text(json.dumps(data))
    switches = {component.name: component.switch for component in components()}
    given = None if globals_file is None else str(globals_file)
    return make_plan(load(str(tmp_path / "openstack_inventory.json"), given, switches=switches), components())


NO_FILES = "openstack-ansible inventory without user_variables.yml: ports and TLS of its services unknown; give it with --globals FILE"


@pytest.mark.parametrize("old", [False, True], ids=["2026", "juno"])
def test_addresses_and_machines_below_containers_are_read(tmp_path: Path, old: bool) -> None:
    plan = planned(tmp_path, generated(old=old, external_lb_vip_address="203.0.113.9"))
    assert [(host.name, host.address) for host in plan.hosts if host.kind == "vip"] == [
        ("vip.external", "203.0.113.9"), ("vip.internal", "172.29.236.100"),
    ]  # fmt: skip
    assert {host.name: host.parents for host in plan.hosts if host.parents} == {
        "infra1_galera_container-6980f638": ("infra1",)
    }
    assert "localhost" not in [host.name for host in plan.hosts]
    assert NO_FILES in plan.findings


def test_an_address_that_is_a_name_is_not_looked_up(tmp_path: Path) -> None:
    plan = planned(tmp_path, generated(external_lb_vip_address="cloud.example.org"))
    assert [host.name for host in plan.hosts if host.kind == "vip"] == ["vip.internal"]
    assert (
        "VIP external is the name cloud.example.org, which is not looked up: set hamon.vips.external to its address"
        in plan.findings
    )


def test_one_load_balancer_has_no_keepalived(tmp_path: Path) -> None:
    plan = planned(tmp_path, generated(1, internal_lb_vip_address="172.29.236.11"))
    assert {check.component for check in plan.checks} == {"galera", "haproxy", ""}
    assert [finding for finding in plan.findings if "VIP" in finding] == []


ROLES = "write an inventory with groups that 'hamon checks' lists (galera, rabbitmq, pacemaker, haproxy, ...)"
JUJU = f"this is juju's, which hamon does not read; {ROLES}"
TRIPLEO = (
    "this is a TripleO inventory, which hamon does not read: its services listen on networks of their own and run in "
    f"containers that Pacemaker moves; {ROLES}"
)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("status.json", '{"model": {}, "machines": {"0": {}}, "applications": {"keystone": {}}}', JUJU),
        ("status.json", '{"applications": {"keystone": {"charm": "ch:keystone", "units": {}}}}', JUJU),
        ("bundle.yaml", "series: jammy\napplications: {keystone: {charm: keystone}}\nrelations: [[a, b]]\n", JUJU),
        (
            "openstack_user_config.yml",
            "cidr_networks: {management: 10.0.0.0/24}\nglobal_overrides: {}\nshared-infra_hosts: {infra1: {ip: 10.0.0.1}}\n",
            "this is openstack-ansible's input and no inventory; give openstack_inventory.json, which it makes from this file",
        ),
        ("t.yaml", "allovercloud: {children: {Controller: {}}}\nController: {hosts: {c0: {}}}\n", TRIPLEO),
        ("t.yaml", "Undercloud: {hosts: {u: {}}}\novercloud: {hosts: {c0: {}}}\nmysql: {hosts: {c0: {}}}\n", TRIPLEO),
        ("t.yaml", "mysql: {hosts: {c0: {ctlplane_ip: 10.0.0.1, internal_api_ip: 10.1.0.1}}}\n", TRIPLEO),
    ],
)
def test_what_is_recognised_and_not_read_is_refused_in_one_line(
    tmp_path: Path, name: str, text: str, message: str
) -> None:  # fmt: skip
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError) as caught:
        load(str(tmp_path / name))
    assert str(caught.value).removeprefix(f"{tmp_path / name}: ") == message


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "localhost"])
def test_an_agent_of_localhost_is_no_host_of_the_cloud(tmp_path: Path, address: str) -> None:
    (tmp_path / "hosts").write_text(f"[galera]\ndb1 ansible_host=10.0.0.1\n[ops]\nops1 ansible_host={address}\n")
    inventory = load(str(tmp_path / "hosts"))
    assert [host.name for host in inventory.hosts] == ["db1"]
    assert inventory.findings == (
        "ops1 would be asked at localhost, which is the Nagios server itself: left out; set ansible_host to watch it",
    )
