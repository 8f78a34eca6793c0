"""kolla-ansible as it is: ports, TLS, containers and addresses of its services reach the checks' command lines."""

import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest

from hamon.catalogue import components
from hamon.inventory import kolla, load
from hamon.nagios_objects.generate import rendered
from hamon.plan import Plan, make_plan

INVENTORY = """\
[control]
c1 ansible_host=10.1.0.1 {own}
c2 ansible_host=10.1.0.2
[network:children]
control
[compute]
w1 ansible_host=10.1.0.9
[baremetal:children]
control
compute
[loadbalancer:children]
network
[mariadb:children]
control
[rabbitmq:children]
control
[memcached:children]
control
[hacluster:children]
control
"""
VIP = "kolla_internal_vip_address: 10.1.0.100\n"


@pytest.fixture(autouse=True)
def no_globals_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kolla, "SYSTEM_GLOBALS", tmp_path / "etc" / "globals.yml")


def planned(tmp_path: Path, text: str = "", own: str = "", settings: str = "") -> Plan:
    (tmp_path / "multinode").write_text(INVENTORY.format(own=own))
    (tmp_path / "globals.yml").write_text(VIP + text)
    (tmp_path / "settings.yml").write_text(settings or "{}")
    switches = {component.name: component.switch for component in components()}
    inventory = load(
        str(tmp_path / "multinode"), settings_file=str(tmp_path / "settings.yml"), switches=switches
    )  # fmt: skip
    return make_plan(inventory, components())


def words(plan: Plan, host: str = "c1") -> Mapping[str, str]:
    """The checks' arguments but for their deadlines and what every cloud has."""
    return {
        check.check: shlex.join(check.argv[1:]).removesuffix(" -t 12").removesuffix(" -t 17")
        for check in plan.checks
        if check.host == host
    }


def test_a_stock_cloud(tmp_path: Path) -> None:
    plan = planned(tmp_path, "enable_masakari: yes\n")
    checks = words(plan)
    assert checks["haproxy"] == "--url 'http://10.1.0.1:1984/;csv' --credentials /etc/hamon/credentials/haproxy.cnf"
    assert checks["corosync"] == "--exec 'docker exec hacluster_corosync'"
    assert checks["pacemaker"] == "--exec 'docker exec hacluster_pacemaker'"
    assert checks["fencing"] == f"{checks['pacemaker']} --accept-none 'kolla-ansible switches it off'"
    assert checks["galera"] == "-H 10.1.0.1 --credentials /etc/hamon/credentials/galera.cnf"
    assert checks["memcached"] == "-H 10.1.0.1"
    files, problems = rendered(plan)
    assert problems == ()
    assert "--exec docker\\ exec\\ hacluster_corosync" in files["sudoers/c1"]
    assert [finding for finding in plan.findings if "no checks for" not in finding] == []


def test_ports_and_tls_of_globals(tmp_path: Path) -> None:
    plan = planned(
        tmp_path,
        "database_port: 3307\nmariadb_port: '{{ database_port }}'\nmemcached_port: '11212'\nrabbitmq_enable_tls: 'yes'\n"
        "rabbitmq_port: 5673\nrabbitmq_management_port: 15673\nhaproxy_stats_port: 1985\n",
    )
    checks = words(plan)
    assert checks["galera"].endswith(" -p 3307")
    assert checks["memcached"] == "-H 10.1.0.1 -p 11212"
    assert checks["rabbitmq"].endswith(" -p 15673 --ca system --amqp-port 5673")
    assert checks["amqp"].endswith(" -p 5673 --ca system --management-port 15673 --management-ca system")
    assert checks["haproxy"].startswith("--url 'http://10.1.0.1:1985/;csv'")
    assert words(plan, "rabbitmq.cluster")["rabbitmq_queues"].endswith(" -p 15673 --ca system --amqp-port 5673")


@pytest.mark.parametrize(
    ("text", "settings", "name", "argument"),
    [
        ("kolla_container_engine: podman\n", "", "corosync", "--exec 'podman exec hacluster_corosync'"),
        ("", "site: {container_exec: podman exec}", "corosync", "--exec 'podman exec hacluster_corosync'"),
        ("", "site: {container_exec: ''}", "corosync", ""),
        ("", "site: {no_fencing: 'addresses only'}", "fencing", "--accept-none 'addresses only'"),
        ("", "site: {no_fencing: ''}", "fencing", "--exec 'docker exec hacluster_pacemaker'"),
        ("", "site: {haproxy_stats_port: '', haproxy_socket: /srv/h.sock}", "haproxy", "--socket /srv/h.sock"),
        ("database_port: 3307\n", "site: {database_port: 3308}", "galera", "-p 3308"),
    ],
)
def test_the_engine_and_what_settings_say(
    tmp_path: Path, text: str, settings: str, name: str, argument: str
) -> None:  # fmt: skip
    checks = words(planned(tmp_path, f"enable_hacluster: yes\n{text}", settings=settings))
    assert checks[name].endswith(argument)
    assert argument or checks[name] == "-t 12"


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("rabbitmq_port: many\n", "rabbitmq_port of kolla-ansible is not a port that hamon can read: set hamon.site.rabbitmq_port"),
        ("database_port: '{{ a | int + 1 }}'\n", "database_port of kolla-ansible is not a port that hamon can read: set hamon.site.database_port"),
        ("kolla_container_engine: lxc\n", "kolla_container_engine is neither docker nor podman: set hamon.site.container_exec"),
        ("rabbitmq_enable_tls: '{{ x | y }}'\n", "rabbitmq_enable_tls is neither yes nor no to hamon: taken for off; set hamon.site by hand where it is on"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_a_finding(tmp_path: Path, text: str, finding: str) -> None:
    assert finding in planned(tmp_path, text).findings


TLS = "rabbitmq_enable_tls: true\n"
NOT_STATED = (
    "RabbitMQ's management API speaks TLS since kolla-ansible 2026.1, and openstack_release does not say which this is: taken for "
    'TLS; where it is older set hamon.site.rabbitmq_management_ca to ""'
)


@pytest.mark.parametrize(
    ("text", "settings", "ca", "management"),
    [
        ("openstack_release: '2026.1'\n", "", "system", True),
        ("openstack_release: master\n", "", "system", True),
        ("openstack_release: 2025.2\n", "", "system", False),
        ("openstack_release: zed\n", "", "system", False),
        ("openstack_release: zed\nopenstack_cacert: /etc/pki/cloud.pem\n", "", "/etc/pki/cloud.pem", False),
        ("openstack_cacert: /etc/pki/cloud.pem\n", "", "/etc/pki/cloud.pem", True),
        ("openstack_cacert: ''\n", "", "system", True),
        ("", "site: {rabbitmq_ca: /srv/ca.pem, rabbitmq_management_ca: ''}", "/srv/ca.pem", False),
    ],
)  # fmt: skip
def test_tls_of_rabbitmq(tmp_path: Path, text: str, settings: str, ca: str, management: bool) -> None:
    plan = planned(tmp_path, TLS + text, settings=settings)
    port = " -p 15672" if management or settings else ""
    checks = words(plan)
    assert checks["rabbitmq"].partition("rabbitmq.cnf")[2] == port + (f" --ca {ca}" if management else "")
    asked = f" --management-ca {ca}" if management else ""
    assert (
        checks["amqp"].partition("rabbitmq.cnf")[2] == f" --ca {ca}{port.replace(' -p', ' --management-port')}{asked}"
    )
    assert words(plan, "rabbitmq.cluster")["rabbitmq_queues"].partition("rabbitmq.cnf")[2] == (
        port + (f" --ca {ca}" if management else "")
    )
    assert (NOT_STATED in plan.findings) == ("openstack_release" not in text)


def test_without_tls_the_release_does_not_matter(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    assert NOT_STATED not in plan.findings
    assert words(plan)["amqp"].endswith("--credentials /etc/hamon/credentials/rabbitmq.cnf")


@pytest.mark.parametrize(
    "own",
    [
        "api_interface_address=10.2.0.1",
        "api_interface=eth1 ansible_eth1=\"{'ipv4': {'address': '10.2.0.1'}}\"",
        "api_interface=bond0.20 ansible_facts=\"{'bond0_20': {'ipv4': {'address': '10.2.0.1'}}}\"",
    ],
)
def test_services_are_asked_where_they_listen_and_agents_where_ansible_reaches_them(tmp_path: Path, own: str) -> None:
    plan = planned(tmp_path, own=own)
    assert words(plan)["galera"].startswith("-H 10.2.0.1 ")
    assert "--members c1=10.2.0.1,c2=10.1.0.2" in words(plan)["rabbitmq"]
    assert "--members c1=10.2.0.1,c2=10.1.0.2" in words(plan, "rabbitmq.cluster")["rabbitmq_queues"]
    assert "--members c1=10.1.0.1,c2=10.1.0.2" in words(plan, "galera.cluster")["galera_cluster"], "by way of NRPE"
    assert next(host.address for host in plan.hosts if host.name == "c1") == "10.1.0.1"


def test_an_interface_whose_address_nobody_says_is_a_finding(tmp_path: Path) -> None:
    finding = (
        "services listen on api_interface, whose address is unknown for c1, c2, w1: their checks ask ansible_host; "
        "set api_interface_address or hamon.service_address of these hosts"
    )
    assert finding in planned(tmp_path, "network_interface: eth0\napi_interface: eth1\n").findings
    assert (
        finding not in planned(tmp_path, "network_interface: eth0\napi_interface: '{{ network_interface }}'\n").findings
    )


def test_an_address_of_ipv6_in_a_url(tmp_path: Path) -> None:
    plan = planned(tmp_path, own="api_interface_address=fd00::1")
    assert words(plan)["haproxy"].startswith("--url 'http://[fd00::1]:1984/;csv'")
    assert words(plan)["galera"].startswith("-H fd00::1 ")
