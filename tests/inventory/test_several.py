"""Several inventories at once, joined as Ansible joins them (kolla-ansible takes -i several times, too)."""

from pathlib import Path

import pytest

from hamon.cli import main
from hamon.errors import UsageError
from hamon.inventory import Host, load


def write(folder: Path, **texts: str) -> list[str]:
    for name, text in texts.items():
        (folder / name).write_text(text)
    return [str(folder / name) for name in texts]


def test_hosts_and_groups_of_all_are_there(tmp_path: Path) -> None:
    inventory = load(
        write(
            tmp_path,
            first="[galera]\nctl1 ansible_host=10.0.0.1\n",
            second="[memcached]\ncache1 ansible_host=10.0.0.2\n[data:children]\ngalera\n",
        )
    )
    assert inventory.hosts == (
        Host("cache1", "10.0.0.2", ("all", "memcached")),
        Host("ctl1", "10.0.0.1", ("all", "data", "galera")),
    )
    assert (inventory.source, inventory.findings) == ("first+second", ())


def test_the_later_address_holds_and_that_is_said(tmp_path: Path) -> None:
    sources = write(tmp_path, first="[galera]\nctl1 ansible_host=10.0.0.1\n", second="ctl1 ansible_host=10.0.0.9\n")
    inventory = load(sources)
    assert inventory.hosts == (Host("ctl1", "10.0.0.9", ("all", "galera", "ungrouped")),)
    assert inventory.findings == (
        f"{tmp_path}/second:1: host ctl1 has ansible_host 10.0.0.9 here and 10.0.0.1 in {tmp_path}/first:2; "
        "the later inventory's holds",
    )
    assert [host.address for host in load(sources[::-1]).hosts] == ["10.0.0.1"]


def test_a_directory_a_listing_and_names_on_the_command_line(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    write(folder, hosts="[galera]\nctl1\n")
    (folder / "host_vars").mkdir()
    (folder / "host_vars" / "ctl1.yml").write_text("ansible_host: 10.0.0.5\n")
    listing = write(tmp_path, more='{"rabbitmq": ["mq1"], "mq1": {"ansible_host": "10.0.0.6"}}')
    inventory = load([str(folder), *listing, "lone1,lone2,"])
    assert {host.name: host.address for host in inventory.hosts} == {
        "ctl1": "10.0.0.5", "lone1": "lone1", "lone2": "lone2", "mq1": "10.0.0.6",
    }  # fmt: skip
    assert inventory.source == "site+more+lone1,lone2,"


def test_variables_beside_one_inventory_hold_for_groups_of_another(tmp_path: Path) -> None:
    (tmp_path / "a" / "group_vars").mkdir(parents=True)
    (tmp_path / "b" / "group_vars").mkdir(parents=True)
    write(tmp_path / "a" / "group_vars", galera="ansible_host: 10.0.0.1\n")
    sources = write(tmp_path / "a", hosts="x ansible_host=10.0.0.2\n") + write(tmp_path / "b", hosts="[galera]\nctl1\n")
    assert {host.name: host.address for host in load(sources).hosts} == {"ctl1": "10.0.0.1", "x": "10.0.0.2"}
    write(tmp_path / "b" / "group_vars", galera="ansible_host: 10.0.0.3\n")
    assert {host.name: host.address for host in load(sources).hosts} == {"ctl1": "10.0.0.3", "x": "10.0.0.2"}


def test_one_that_is_not_there_is_not_left_out(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^inventory /nowhere does not exist$"):
        load([*write(tmp_path, first="ctl1\n"), "/nowhere"])


def test_ansible_is_given_all_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "ansible-inventory"
    tool.write_text(f'#!/bin/sh\necho "$*" > {tmp_path}/called\necho \'{{"galera": ["ctl1"]}}\'\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    sources = write(tmp_path, first="ctl1\n", second="ctl2\n")
    assert [host.name for host in load(sources, ansible=True).hosts] == ["ctl1"]
    assert (tmp_path / "called").read_text() == f"-i {sources[0]} -i {sources[1]} --list --export\n"


def test_the_option_may_be_given_several_times(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = write(tmp_path, first="[memcached]\nc1\n", second="[memcached]\nc2\n")
    assert main(["plan", "-i", first, "-i", second]) == 0
    assert [line.split()[:2] for line in capsys.readouterr().out.splitlines()[2:6]] == [
        ["c1", "memcached"], ["c1", "nrpe"], ["c2", "memcached"], ["c2", "nrpe"],
    ]  # fmt: skip


def test_a_long_note_is_wrapped_and_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    groups = [f"group_{n:03d}" for n in range(60)]
    source = write(tmp_path, hosts="".join(f"[{group}]\nh ansible_host=10.0.0.1\n" for group in groups))
    assert main(["plan", "-i", *source]) == 0
    note = capsys.readouterr().err
    assert note.startswith("note: 60 groups hamon has no checks for: group_000, group_001, ")
    assert max(map(len, note.splitlines())) <= 200
    assert [word.strip(",") for word in note.split() if word.startswith("group_")] == groups
