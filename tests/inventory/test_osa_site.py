"""openstack-ansible's user_*.yml: addresses, ports and TLS reach the checks' command lines; what is not read is a note."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hamon.errors import UsageError
from hamon.inventory import osa_site
from hamon.plan import Plan
from tests.inventory.test_osa import NO_FILES, generated, planned

CONTAINERS = {"rabbitmq_all": "rabbit_mq", "memcached": "memcached", "galera": "galera"}
STOCK = "debug: false\n"


@pytest.fixture(autouse=True)
def no_variables_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(osa_site, "SYSTEM_FOLDER", tmp_path / "etc")


def cloud(balancers: int = 2, **variables: Any) -> dict[str, Any]:
    """A cloud of some load balancers with a container each for RabbitMQ, memcached and Galera."""
    data = generated(balancers, **variables)
    for group, service in CONTAINERS.items():
        name = f"infra1_{service}_container-1a2b3c4d"
        data["_meta"]["hostvars"][name] = {"ansible_host": "172.29.238.20", "physical_host": "infra1"}
        data[group] = {"hosts": [name]}
        data["all_containers"]["hosts"].append(name)
    return data


def stated(tmp_path: Path, text: str, balancers: int = 2, **variables: Any) -> Plan:
    (tmp_path / "user_variables.yml").write_text(text)
    return planned(tmp_path, cloud(balancers, **variables))


def words(plan: Plan) -> Mapping[str, str]:
    """The arguments of each check, behind its credentials and without its deadline."""
    checks = {check.check: shlex.join(check.argv[1:]) for check in plan.checks if not check.host.startswith("vip.")}
    bare = {name: argv.removesuffix(" -t 12").removesuffix(" -t 17") for name, argv in checks.items()}
    return {name: argv.partition(".cnf")[2] if ".cnf" in argv else argv for name, argv in bare.items()}


def vips(plan: Plan) -> Mapping[str, str]:
    return {host.name.removeprefix("vip."): host.address for host in plan.hosts if host.kind == "vip"}


def notes(plan: Plan) -> list[str]:
    """The findings about variables."""
    kept = ("user_", "hamon.", "not read", "--globals")
    return [
        finding for finding in plan.findings if any(word in finding for word in kept) and "localhost" not in finding
    ]


def test_a_stock_cloud_speaks_tls(tmp_path: Path) -> None:
    plan = stated(tmp_path, STOCK)
    checks = words(plan)
    assert checks["rabbitmq"] == " --ca system"
    assert checks["amqp"] == " --ca system --management-ca system"
    assert checks["rabbitmq_queues"] == " --ca system"
    assert checks["haproxy"].startswith("--socket /run/haproxy.stat")
    assert "-p" not in checks["memcached"]
    assert checks["galera"] == ""
    assert vips(plan) == {"internal": "172.29.236.100"}
    assert notes(plan) == []


def test_without_the_files_nothing_is_stated_of_ports_and_tls(tmp_path: Path) -> None:
    plan = planned(tmp_path, cloud())
    checks = words(plan)
    assert (checks["rabbitmq"], checks["amqp"]) == ("", "")
    assert checks["haproxy"].startswith("--socket /run/haproxy.stat")
    assert notes(plan) == [NO_FILES]


@pytest.mark.parametrize(
    ("text", "check", "argument"),
    [
        ("rabbitmq_use_ssl: false\n", "amqp", " --management-ca system"),
        ("rabbitmq_use_ssl: 'no'\nrabbitmq_management_ssl: no\n", "amqp", ""),
        ("rabbitmq_management_ssl: no\n", "rabbitmq", ""),
        ("haproxy_ssl: false\n", "rabbitmq", ""),
        ("rabbitmq_management_ssl: '{{ haproxy_ssl | bool }}'\n", "rabbitmq", " --ca system"),
        ("rabbitmq_port: 5673\n", "amqp", " -p 5673 --ca system --management-ca system"),
        ("rabbit: '5673'\nrabbitmq_port: '{{ rabbit }}'\n", "rabbitmq", " --ca system --amqp-port 5673"),
        ("rabbitmq_management_bind_tls_port: 15443\n", "rabbitmq_queues", " -p 15443 --ca system"),
        ("rabbitmq_management_ssl: no\nrabbitmq_management_bind_tcp_port: 15080\n", "rabbitmq", " -p 15080"),
        ("rabbitmq_management_bind_tcp_port: 15080\n", "rabbitmq", " --ca system"),
        ("memcached_port: 11212\n", "memcached", "-H 172.29.238.20 -p 11212"),
        ("galera_my_cnf_overrides: {mysqld: {port: 3307}}\n", "galera", " -p 3307"),
        ("galera_my_cnf_overrides: {mysqld: {max_connections: 800}}\n", "galera", ""),
        ("haproxy_stats_enabled: true\n", "haproxy", "--socket /run/haproxy.stat"),
        ("haproxy_stats_enabled: true\nhaproxy_stats_ssl: false\n", "haproxy", "--socket /run/haproxy.stat"),
    ],
)
def test_ports_and_tls(tmp_path: Path, text: str, check: str, argument: str) -> None:
    plan = stated(tmp_path, text)
    assert words(plan)[check] == argument
    assert notes(plan) == []


@pytest.mark.parametrize(("more", "port"), [("", 1936), ("haproxy_stats_port: 1937\n", 1937)])
def test_the_statistics_page_is_asked_where_it_can_be(tmp_path: Path, more: str, port: int) -> None:
    page = "haproxy_stats_enabled: true\nhaproxy_stats_ssl: false\nhaproxy_stats_bind_address: '{{ management_address }}'\n"
    plan = stated(tmp_path, page + more)
    argv = next(shlex.join(check.argv) for check in plan.checks if (check.host, check.check) == ("infra1", "haproxy"))
    assert f"--url 'http://172.29.236.11:{port}/;csv'" in argv
    assert "--socket" not in argv


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("internal_lb_vip_address: 172.29.236.101\n", {"internal": "172.29.236.101"}),
        (
            "external_lb_vip_address: cloud.example.org\nhaproxy_keepalived_external_vip_cidr: 203.0.113.9/32\n",
            {"external": "203.0.113.9", "internal": "172.29.236.100"},
        ),
        ("haproxy_keepalived_internal_vip_cidr: '{{ internal_lb_vip_address }}/22'\n", {"internal": "172.29.236.100"}),
        (
            "internal_lb_vip_address: int.example.org\nhaproxy_bind_internal_lb_vip_address: 172.29.236.102\n",
            {"internal": "172.29.236.102"},
        ),
        ("haproxy_bind_internal_lb_vip_address: '*'\n", {"internal": "172.29.236.100"}),
        ("haproxy_bind_internal_lb_vip_address: 0.0.0.0\n", {"internal": "172.29.236.100"}),
        ("haproxy_bind_internal_lb_vip_address: \"{{ container_networks['x']['address'] }}\"\n", {"internal": "172.29.236.100"}),
        ("external_lb_vip_address: '{{ internal_lb_vip_address }}'\n", {"internal": "172.29.236.100"}),
        ("haproxy_keepalived_internal_vip_cidr: 'fd00::64/64'\n", {"internal": "fd00::64"}),
    ],
)  # fmt: skip
def test_the_address_is_keepalived_s_own_and_no_name(tmp_path: Path, text: str, expected: dict[str, str]) -> None:
    plan = stated(tmp_path, text)
    assert vips(plan) == expected
    assert notes(plan) == []


def test_whether_keepalived_is_there_may_be_set(tmp_path: Path) -> None:
    off = stated(tmp_path, "haproxy_use_keepalived: false\n")
    assert vips(off) == {}
    assert "keepalived" not in words(off)
    assert notes(off) == [
        "haproxy_use_keepalived is off: name the load balancers' addresses, and who may hold them, in hamon.vips"
    ]
    alone = stated(tmp_path, "haproxy_use_keepalived: true\n", balancers=1)
    assert vips(alone) == {"internal": "172.29.236.100"}
    assert "keepalived" in words(alone)
    assert notes(alone) == []


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("rabbitmq_port: '{{ tls | ternary(5671, 5672) }}'\n", "rabbitmq_port of openstack-ansible is not a port that hamon can read: set hamon.site.rabbitmq_port"),
        ("memcached_port: many\n", "memcached_port of openstack-ansible is not a port that hamon can read: set hamon.site.memcached_port"),
        ("rabbitmq_use_ssl: \"{{ lookup('env', 'TLS') }}\"\n", "rabbitmq_use_ssl is neither yes nor no to hamon: taken for on; set hamon.site by hand where it is off"),
        ("haproxy_use_keepalived: '{{ a.b }}'\n", "haproxy_use_keepalived is neither yes nor no to hamon: taken for on; set hamon.vips by hand where it is off"),
        ("external_lb_vip_address: \"{{ lookup('dig', 'cloud') }}\"\n", "external_lb_vip_address is an expression or encrypted: name the address in hamon.vips.external"),
        ("keepalived_instances: {own: {}}\n", "keepalived_instances is not read: name the addresses of your own instances in hamon.vips"),
        ("galera_require_secure_transport: true\n", 'galera_require_secure_transport is not read: give the checks of Galera and MySQL args: ["--ca", FILE] where it is on'),
        ("rabbitmq_port_bindings: {ssl_listeners: {}}\n", "rabbitmq_port_bindings is not read: name AMQP's port in hamon.site.rabbitmq_port where it is another one"),
        (
            "rabbitmq_user_ssl_ca_cert: /root/ca.pem\n",
            "rabbitmq_user_ssl_ca_cert is not read: name the file in hamon.site.rabbitmq_ca and rabbitmq_management_ca where the system does not trust that CA",
        ),
    ],
)  # fmt: skip
def test_what_is_not_evaluated_is_a_note(tmp_path: Path, text: str, note: str) -> None:
    assert notes(stated(tmp_path, text)) == [note]


def test_all_files_are_read_in_order_but_for_secrets(tmp_path: Path) -> None:
    (tmp_path / "user_secrets.yml").write_text("not: [yaml\n")
    (tmp_path / "user_zz.yml").write_text("memcached_port: 11300\n")
    (tmp_path / "user_aa.yml").write_text("memcached_port: 11100\nrabbitmq_port: 5700\n")
    (tmp_path / "user_hidden.yml").write_text("$ANSIBLE_VAULT;1.1;AES256\n3031\n")
    plan = stated(tmp_path, "memcached_port: 11200\n")
    assert words(plan)["memcached"] == "-H 172.29.238.20 -p 11300"
    assert words(plan)["amqp"].startswith(" -p 5700 ")
    assert notes(plan) == [f"{tmp_path.name}/user_hidden.yml is encrypted and was not read"]


def test_a_file_that_is_given_stands_in_the_place_of_those_beside(tmp_path: Path) -> None:
    (tmp_path / "user_variables.yml").write_text("memcached_port: 11200\nrabbitmq_use_ssl: false\n")
    (tmp_path / "mine.yml").write_text("memcached_port: 11400\n")
    plan = planned(tmp_path, cloud(), tmp_path / "mine.yml")
    assert words(plan)["memcached"] == "-H 172.29.238.20 -p 11400"
    assert words(plan)["amqp"] == " --ca system --management-ca system"
    with pytest.raises(UsageError, match=r"no\.yml"):
        planned(tmp_path, cloud(), tmp_path / "no.yml")


def test_the_system_s_folder_where_there_are_none_beside(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "user_variables.yml").write_text("memcached_port: 11500\n")
    assert words(planned(tmp_path, cloud()))["memcached"] == "-H 172.29.238.20 -p 11500"


def test_variables_of_the_inventory_count_and_the_operator_s_files_outrank_them(tmp_path: Path) -> None:
    plan = stated(tmp_path, "memcached_port: 11600\n", memcached_port=1, rabbitmq_port=5800)
    assert words(plan)["memcached"] == "-H 172.29.238.20 -p 11600"
    assert words(plan)["amqp"].startswith(" -p 5800 ")
