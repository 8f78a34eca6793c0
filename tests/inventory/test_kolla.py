"""kolla-ansible: recognised by its groups, VIPs and switches from globals.yml, names of all years."""

from pathlib import Path

import pytest

from hamon.catalogue import components
from hamon.errors import UsageError
from hamon.inventory import kolla, load
from hamon.inventory.model import Switches
from hamon.plan import make_plan

HERE = Path(__file__).parents[1] / "inventories" / "kolla"


@pytest.fixture(autouse=True)
def no_globals_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kolla, "SYSTEM_GLOBALS", tmp_path / "etc" / "globals.yml")


def copy(tmp_path: Path, globals_text: str | None = None, old: str = "", new: str = "") -> str:
    text = (HERE / "multinode").read_text()
    assert old in text
    (tmp_path / "multinode").write_text(text.replace(old, new))
    if globals_text is not None:
        (tmp_path / "globals.yml").write_text(globals_text)
    return str(tmp_path / "multinode")


def test_multinode_with_globals_beside_it() -> None:
    inventory = load(str(HERE / "multinode"))
    assert inventory.structure == "kolla"
    assert inventory.vips == {"external": "203.0.113.100", "internal": "10.30.0.100"}
    assert inventory.findings == ()
    assert [host.name for host in inventory.hosts] == [
        "compute1", "compute2", "control01", "control02", "control03", "network01", "network02",
    ]  # fmt: skip
    assert inventory.groups["keepalived"] == inventory.groups["haproxy"] == ("network01", "network02")
    assert inventory.groups["galera"] == ("control01", "control02", "control03")
    assert inventory.off == frozenset(), "nobody asked for a switch"
    assert "cinder" not in inventory.groups  # off unless globals.yml switches it on
    assert "keepalived" not in inventory.own_groups


def test_the_load_balancers_of_2017_were_called_haproxy(tmp_path: Path) -> None:
    inventory = load(copy(tmp_path, "{}", "loadbalancer", "haproxy"))
    assert inventory.groups["keepalived"] == ("network01", "network02")


SWITCHES: Switches = {
    "galera": ("enable_mariadb", True),
    "keepalived": ("enable_keepalived", "enable_haproxy"),
    "haproxy": ("enable_haproxy", True),
    "pacemaker": ("enable_hacluster", False),
}


@pytest.mark.parametrize(
    ("text", "off"),
    [
        ("{}", {"pacemaker"}),
        ('enable_hacluster: "yes"', set()),
        ("enable_keepalived: false", {"keepalived", "pacemaker"}),
        ("enable_haproxy: no", {"haproxy", "keepalived", "pacemaker"}),
        ("enable_haproxy: no\nenable_keepalived: yes", {"haproxy", "pacemaker"}),
        (
            'enable_keepalived: "{{ enable_haproxy | bool }}"\nenable_haproxy: "no"',
            {"haproxy", "keepalived", "pacemaker"},
        ),
        ('enable_mariadb: "{{ anything | bool }}"', {"pacemaker"}),
        ("enable_mariadb: 0", {"galera", "pacemaker"}),
    ],
)
def test_services_that_are_switched_off(tmp_path: Path, text: str, off: set[str]) -> None:
    inventory = load(copy(tmp_path, text), switches=SWITCHES)
    assert inventory.off == off
    assert inventory.groups["keepalived"] == ("network01", "network02"), "its hosts are in the group all the same"


def test_a_switch_that_is_neither_on_nor_off(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^globals file: 'perhaps' is neither yes nor no$"):
        load(copy(tmp_path, "enable_mariadb: perhaps\n"), switches=SWITCHES)


def test_groups_without_a_component_are_there_as_their_switch_says(tmp_path: Path) -> None:
    assert not kolla.SERVICES & set(checked_groups()), "its component states the switch: take it out here"
    source = copy(
        tmp_path,
        "enable_octavia: yes\nenable_nova: no",
        "[mariadb:children]",
        "[nova]\ncontrol01\n[octavia]\ncontrol01\n[mariadb:children]",
    )
    inventory = load(source)
    assert "octavia" in inventory.groups
    assert "nova" not in inventory.groups


def checked_groups() -> list[str]:
    return [group for component in components() for group in component.groups]


def test_what_is_switched_off_is_not_planned(tmp_path: Path) -> None:
    """keepalived has the hosts of the load balancers: their group alone says nothing about it."""
    switches = {component.name: component.switch for component in components()}
    text = "kolla_internal_vip_address: 10.30.0.100\nenable_haproxy: no\n"
    inventory = load(copy(tmp_path, text), switches=switches)
    plan = make_plan(inventory, components())
    assert {check.component for check in plan.checks} == {"galera", ""}
    assert {host.name: host.components for host in plan.hosts if host.name.startswith("network")} == {
        "network01": (),
        "network02": (),
    }
    everything = make_plan(
        load(copy(tmp_path, "kolla_internal_vip_address: 10.30.0.100"), switches=switches), components()
    )
    assert {check.component for check in everything.checks} == {"galera", "haproxy", "keepalived", "vip", ""}


def test_settings_of_what_is_switched_off_are_no_mistake(tmp_path: Path) -> None:
    source = copy(tmp_path, "enable_mariadb: no", "[mariadb:children]", "[cell1]\ncontrol01\n[mariadb:children]")
    settings = tmp_path / "more.yml"
    settings.write_text("clusters: {galera: {a: cell1}}\nchecks: {galera: {interval: 30}}\n")
    switches = {component.name: component.switch for component in components()}
    plan = make_plan(load(source, settings_file=str(settings), switches=switches), components())
    assert [check.check for check in plan.checks if check.component == "galera"] == []


def test_globals_of_the_system_given_by_hand_or_in_pieces(tmp_path: Path) -> None:
    source = copy(tmp_path)
    (tmp_path / "etc" / "globals.d").mkdir(parents=True)
    (tmp_path / "etc" / "globals.yml").write_text("kolla_internal_vip_address: 10.30.0.1\n")
    (tmp_path / "etc" / "globals.d" / "vip.yml").write_text("kolla_external_vip_address: 10.30.0.2\n")
    assert load(source).vips == {"external": "10.30.0.2", "internal": "10.30.0.1"}
    (tmp_path / "mine.yml").write_text("kolla_internal_vip_address: 10.30.0.9\n")
    assert load(source, globals_file=str(tmp_path / "mine.yml")).vips == {"internal": "10.30.0.9"}
    with pytest.raises(UsageError, match=r"globals file .*/none.yml: no such file or directory$"):
        load(source, globals_file=str(tmp_path / "none.yml"))


def test_one_address_for_both_vips_is_one_vip(tmp_path: Path) -> None:
    text = 'kolla_internal_vip_address: 10.30.0.1\nkolla_external_vip_address: "{{ kolla_internal_vip_address }}"\n'
    assert load(copy(tmp_path, text)).vips == {"internal": "10.30.0.1"}


def test_what_cannot_be_known_is_said(tmp_path: Path) -> None:
    assert load(copy(tmp_path)).findings == (
        "kolla-ansible inventory without a globals.yml: VIPs unknown; give it with --globals FILE",
    )
    inventory = load(
        copy(tmp_path, 'kolla_internal_vip_address: "{{ a | b }}"\nkolla_external_vip_address: !vault x\n')
    )
    assert inventory.vips == {}
    assert inventory.findings == (
        "kolla_internal_vip_address is a template or encrypted: name the address in hamon.vips.internal",
        "kolla_external_vip_address is a template or encrypted: name the address in hamon.vips.external",
    )


def test_all_in_one_is_localhost_and_is_watched(tmp_path: Path) -> None:
    roles = "".join(f"[{group}]\nlocalhost ansible_connection=local\n" for group in ("control", "network", "compute"))
    (tmp_path / "all-in-one").write_text(f"{roles}[baremetal:children]\ncontrol\n[deployment]\nlocalhost\n")
    assert [host.name for host in load(str(tmp_path / "all-in-one")).hosts] == ["localhost"]


def test_localhost_beside_others_would_be_the_nagios_server(tmp_path: Path) -> None:
    source = copy(tmp_path, "{}", "control01 ansible_host=10.30.0.21", "localhost ansible_connection=local")
    inventory = load(source)
    assert [host.name for host in inventory.hosts if host.name == "localhost"] == []
    assert inventory.findings == (
        "localhost would be asked at localhost, which is the Nagios server itself: left out; set ansible_host to watch it",
    )
    source = copy(
        tmp_path,
        "{}",
        "control01 ansible_host=10.30.0.21",
        "control01 ansible_connection=local ansible_host=10.30.0.21",
    )
    assert "control01" in [host.name for host in load(source).hosts], "Ansible runs there; Nagios reaches it"


def test_globals_without_kolla(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("ctl1\n")
    with pytest.raises(UsageError, match=r"^--globals is for kolla-ansible inventories"):
        load(str(tmp_path / "hosts"), globals_file="globals.yml")


def planned(source: str) -> list[str]:
    switches = {component.name: component.switch for component in components()}
    return sorted({check.component for check in make_plan(load(source, switches=switches), components()).checks} - {""})


BALANCERS = ["haproxy", "keepalived", "vip"]


@pytest.mark.parametrize(
    ("text", "components_"),
    [
        # globals.yml of wanghuiict/kolla-test; kolla-ansible's group_vars/all/keepalived.yml
        ("enable_haproxy: 'no'", ["galera"]),
        ("enable_loadbalancer: 'no'", ["galera"]),
        ("enable_loadbalancer: '{{ enable_haproxy | bool or enable_keepalived | bool }}'", ["galera", *BALANCERS]),
        # kolla-ansible's group_vars/all/masakari.yml and hacluster.yml
        ("enable_masakari: 'yes'", ["corosync", "galera", *BALANCERS, "pacemaker"]),
        ("enable_masakari: 'yes'\nenable_masakari_hostmonitor: 'no'", ["galera", *BALANCERS]),
        ("enable_masakari: 'yes'\nenable_hacluster: 'no'", ["galera", *BALANCERS]),
        ("enable_hacluster: '{{ with_pacemaker }}'\nwith_pacemaker: true", ["corosync", "galera", *BALANCERS, "pacemaker"]),
        ("enable_mariadb: '{{ not external_database | bool }}'\nexternal_database: 'yes'", BALANCERS),
    ],
)  # fmt: skip
def test_switches_follow_others_as_in_kolla(tmp_path: Path, text: str, components_: list[str]) -> None:
    assert planned(copy(tmp_path, f"kolla_internal_vip_address: 10.30.0.100\n{text}\n")) == sorted(components_)


def test_an_address_without_load_balancers_is_no_finding(tmp_path: Path) -> None:
    source = copy(tmp_path, "kolla_internal_vip_address: 10.30.0.21\nenable_haproxy: 'no'\n")
    switches = {component.name: component.switch for component in components()}
    plan = make_plan(load(source, switches=switches), components())
    assert [finding for finding in plan.findings if "VIP" in finding] == []
    assert not [host.name for host in plan.hosts if host.kind == "vip"]


def test_switches_and_addresses_in_group_variables(tmp_path: Path) -> None:
    source = copy(tmp_path)
    folder = tmp_path / "group_vars" / "all"
    folder.mkdir(parents=True)
    (folder / "globals.yml").write_text("kolla_internal_vip_address: 10.30.0.100\nenable_mariadb: no\n")
    inventory = load(source, switches=SWITCHES)
    assert inventory.vips == {"internal": "10.30.0.100"}
    assert inventory.off == {"galera", "pacemaker"}
    assert inventory.findings == ()
    (folder / "globals.yml").write_text("kolla_internal_vip_address: 10.30.0.100\n")
    (tmp_path / "group_vars" / "loadbalancer.yml").write_text("enable_haproxy: no\n")
    assert load(source, switches=SWITCHES).off == {"haproxy", "keepalived", "pacemaker"}


def test_an_expression_that_is_not_evaluated_has_the_default_and_a_finding(tmp_path: Path) -> None:
    inventory = load(copy(tmp_path, "enable_haproxy: \"{{ lookup('env', 'LB') }}\"\n"), switches=SWITCHES)
    assert inventory.off == {"pacemaker"}
    assert inventory.findings == (
        "enable_keepalived follows an expression that hamon does not evaluate: taken for on, kolla's default",
        "enable_haproxy is an expression that hamon does not evaluate: taken for on, kolla's default",
    )


SHARDS = "[mariadb]\n" + "".join(f"db{n} ansible_host=10.30.0.{50 + n} {{{n}}}\n" for n in range(4)) + "[rest:children]"


@pytest.mark.parametrize("where", ["of the hosts", "of a group"])
def test_shards_of_mariadb_are_clusters_of_their_own(tmp_path: Path, where: str) -> None:
    """kolla-ansible's mariadb-guide: mariadb_shard_id of a host or of its group says in which cluster it is."""
    own = where == "of the hosts"
    text = SHARDS.format(*(f"mariadb_shard_id={n // 2}" if own and n > 1 else "" for n in range(4)))
    text += "" if own else "\nmariadb\n[second]\ndb2\ndb3\n[second:vars]\nmariadb_shard_id=1\n[ends:children]"
    source = copy(tmp_path, "kolla_internal_vip_address: 10.30.0.100\n", "[mariadb:children]", text)
    plan = make_plan(load(source), components())
    members = {
        check.host: check.argv[check.argv.index("--members") + 1]
        for check in plan.checks
        if check.check == "galera_cluster"
    }
    assert members == {
        "galera.shard_0": "db0=10.30.0.50,db1=10.30.0.51",
        "galera.shard_1": "db2=10.30.0.52,db3=10.30.0.53",
    }


def test_one_shard_is_the_cluster(tmp_path: Path) -> None:
    text = SHARDS.format(*["mariadb_shard_id=3"] * 4)
    plan = make_plan(load(copy(tmp_path, "{}", "[mariadb:children]", text)), components())
    assert [check.host for check in plan.checks if check.check == "galera_cluster"] == ["galera.cluster"]
