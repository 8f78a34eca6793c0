"""One cloud, written in every format, is one inventory."""

import io
import json
import shutil
import sys
from pathlib import Path

import pytest

from hamon.errors import UsageError
from hamon.inventory import Host, Inventory, load

HERE = Path(__file__).parents[1] / "inventories"

CTL = ("all", "controllers", "galera", "haproxy", "keepalived")
HOSTS = (
    Host("ctl1", "10.20.0.11", CTL),
    Host("ctl2", "10.20.0.12", CTL),
    Host("ctl3", "10.20.0.13", ("all", "controllers", "galera")),
    Host("mon1", "10.20.0.5", ("all", "monitoring")),
)
HAMON = {
    "vips": {"internal": "10.20.0.100"},
    "nrpe": {"ca": "/etc/hamon/pki/ca.pem", "cert": "/etc/hamon/pki/nagios.pem", "key": "/etc/hamon/pki/nagios.key"},
    "checks": {"store": {"warn": {"lag": "0.2"}, "args": ["--donor-max", "1200"]}},
}


def is_the_cloud(inventory: Inventory) -> None:
    assert inventory.hosts == HOSTS
    assert inventory.groups == {
        "all": ("ctl1", "ctl2", "ctl3", "mon1"),
        "controllers": ("ctl1", "ctl2", "ctl3"),
        "galera": ("ctl1", "ctl2", "ctl3"),
        "haproxy": ("ctl1", "ctl2"),
        "keepalived": ("ctl1", "ctl2"),
        "monitoring": ("mon1",),
    }
    assert [(section.scope, section.name, section.data) for section in inventory.sections] == [("all", "all", HAMON)]


@pytest.mark.parametrize("name", ["small.yml", "small.ini", "listing.json"])
def test_every_format_tells_the_same(name: str) -> None:
    inventory = load(str(HERE / name))
    is_the_cloud(inventory)
    assert inventory.source == name
    assert inventory.structure == "ansible"
    assert inventory.findings == ()


def test_a_directory_joins_its_files_and_variables() -> None:
    inventory = load(str(HERE / "split"))
    is_the_cloud(inventory)
    assert inventory.source == "split"
    assert inventory.findings == ("all/vault.yml is encrypted and was not read",)


def test_a_listing_from_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = (HERE / "listing.json").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    inventory = load("-")
    is_the_cloud(inventory)
    assert inventory.source == "stdin"


def test_a_listing_without_export_has_the_section_in_every_host(tmp_path: Path) -> None:
    data = json.loads((HERE / "listing.json").read_text())
    section = data["all"].pop("vars")
    for variables in data["_meta"]["hostvars"].values():
        variables.update(section)
    file = tmp_path / "flat.json"
    file.write_text(json.dumps(data))
    is_the_cloud(load(str(file)))

    data["_meta"]["hostvars"]["ctl1"]["hamon"] = {"interval": 10}
    file.write_text(json.dumps(data))
    with pytest.raises(UsageError, match=r"make it with 'ansible-inventory --list --export'"):
        load(str(file))


def test_a_script_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")  # no ansible-inventory on the way
    if shutil.which("ansible-inventory"):
        pytest.skip("ansible-inventory is installed in /usr/bin: the script would not be run directly")
    script = tmp_path / "cloud.py"
    script.write_text(f'#!/bin/sh\n[ "$1" = --list ] && cat {HERE / "listing.json"}\n')
    script.chmod(0o755)
    is_the_cloud(load(str(script)))

    script.write_text("#!/bin/sh\necho 'no route to cloud' >&2\nexit 4\n")
    with pytest.raises(UsageError, match=r"cloud.py failed on .*cloud.py \(exit 4\): no route to cloud$"):
        load(str(script))


def test_ansible_inventory_is_used_when_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "ansible-inventory"
    tool.write_text(f'#!/bin/sh\necho "$*" > {tmp_path}/called\ncat {HERE / "listing.json"}\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    is_the_cloud(load(str(HERE / "small.ini"), ansible=True))
    assert (tmp_path / "called").read_text() == f"-i {HERE / 'small.ini'} --list --export\n"


def test_yaml_written_as_json(tmp_path: Path) -> None:
    file = tmp_path / "cloud.json"
    file.write_text('{"galera": {"hosts": {"ctl[1:2]": {"ansible_host": "{{ inventory_hostname }}.example.org"}}}}')
    assert [host[:2] for host in load(str(file)).hosts] == [("ctl1", "ctl1.example.org"), ("ctl2", "ctl2.example.org")]


def test_the_oldest_scripts_list_groups_as_lists(tmp_path: Path) -> None:
    file = tmp_path / "old.json"
    file.write_text('{"galera": ["ctl1"], "_meta": {"hostvars": {"ctl1": {"ansible_ssh_host": "10.0.0.1"}}}}')
    assert load(str(file)).hosts == (Host("ctl1", "10.0.0.1", ("all", "galera")),)


@pytest.mark.parametrize(
    "text",
    [
        # ansible/ansible pull request 2871, lib/ansible/plugins/inventory/script.py: a host at the top, with its variables
        '{"db1": {"ansible_ssh_host": "10.0.0.1", "port": 3306}, "galera": {"hosts": ["db1"], "vars": {"a": 1}}}',
        '{"galera": ["db1"], "db1": {"ansible_host": "10.0.0.1"}}',
        '{"_meta": {"hostvars": {}}, "galera": {"children": ["dbs"]}, "dbs": ["db1"], "db1": {"ansible_host": "10.0.0.1"}}',
    ],
)
def test_hosts_at_the_top_of_a_listing_have_their_variables(tmp_path: Path, text: str) -> None:
    file = tmp_path / "old.json"
    file.write_text(text)
    inventory = load(str(file))
    assert [(host.name, host.address) for host in inventory.hosts] == [("db1", "10.0.0.1")]
    assert inventory.groups["galera"] == ("db1",)
    assert "db1" not in inventory.groups


def test_a_script_without_meta_is_asked_for_every_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    if shutil.which("ansible-inventory"):
        pytest.skip("ansible-inventory is installed in /usr/bin: the script would not be run directly")
    script = tmp_path / "cloud.sh"
    text = '#!/bin/sh\n[ "$1" = --list ] && echo \'{"galera": ["db1", "db2"]}\'\n'
    script.write_text(f'{text}[ "$1" = --host ] && echo "{{\\"ansible_host\\": \\"$2.example.org\\"}}" || true\n')
    script.chmod(0o755)
    assert [host.address for host in load(str(script)).hosts] == ["db1.example.org", "db2.example.org"]
    script.write_text(f"{text}[ $1 = --host ] && echo 5 || true\n")
    with pytest.raises(UsageError, match=r"cloud.sh: the variables of db1 are not a mapping$"):
        load(str(script))


def test_a_host_without_an_address_is_asked_by_name_and_that_is_said(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("[galera]\nctl1\nctl2 ansible_host=10.0.0.2\n")
    inventory = load(str(file))
    assert inventory.hosts[0].address == "ctl1"
    assert inventory.findings == ("1 host without ansible_host, asked by name: ctl1",)


def test_two_names_for_one_address_are_a_finding(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("ctl1 ansible_host=10.0.0.1\nctl2 ansible_host=10.0.0.1\n")
    assert load(str(file)).findings == ("10.0.0.1 is the address of ctl1 and ctl2",)


def test_deeper_groups_win_and_hosts_win_over_groups(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text(
        "[inner]\na\nb host=own\n[outer:children]\ninner\n[outer:vars]\nhost=outer\n[inner:vars]\nhost=inner\n"
        '[all:vars]\nansible_host="{{ host }}.example.org"\nhost=all\n[rest]\nc\n'
    )
    addresses = {host.name: host.address for host in load(str(tmp_path / "hosts")).hosts}
    assert addresses == {"a": "inner.example.org", "b": "own.example.org", "c": "all.example.org"}


def test_sections_come_in_the_order_in_which_they_apply(tmp_path: Path) -> None:
    (tmp_path / "cloud.yml").write_text(
        "zebra: {vars: {hamon: 1}, children: {ant: {hosts: {h: {hamon: 4}}, vars: {hamon: 3}}}}\nall: {vars: {hamon: 0}}\n"
    )
    (tmp_path / "more.yml").write_text("hamon: {interval: 5}\n")
    inventory = load(str(tmp_path / "cloud.yml"), settings_file=str(tmp_path / "more.yml"))
    assert [(section.scope, section.name, section.data) for section in inventory.sections] == [
        ("all", "all", 0),
        ("all", "all", {"interval": 5}),
        ("group", "zebra", 1),
        ("group", "ant", 3),
        ("host", "h", 4),
    ]
