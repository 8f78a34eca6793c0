"""Bad inventories: one clear line each, with the place and the fix, and never a secret in it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamon.errors import UsageError
from hamon.inventory import ini, load, nested
from hamon.inventory.tree import Tree

# file name, content, what is said (after the file's directory)
BAD: list[tuple[str, str | bytes, str]] = [
    ("hosts", "", "inventory {dir}/hosts is empty"),
    ("hosts", " \n\n", "inventory {dir}/hosts is empty"),
    ("hosts", "# only a comment\n", "inventory {dir}/hosts names no hosts"),
    ("hosts", b"[galera]\nctl\xe9 a=1\n", "inventory {dir}/hosts:2: not UTF-8 (byte 0xe9); save the file as UTF-8"),
    (
        "hosts",
        "[galera\nctl1\n",
        "{dir}/hosts:1: '[galera' is not a section; write [group], [group:children] or [group:vars]",
    ),
    (
        "hosts",
        "[galera:kids]\nctl1\n",
        "{dir}/hosts:1: [galera:kids] is unknown; there are [group], [group:children] and [group:vars]",
    ),
    (
        "hosts",
        "ctl1 10.0.0.1\n",
        "{dir}/hosts:1: after the host name 'ctl1' only name=value may follow; found '10.0.0.1'",
    ),
    ("hosts", "ctl1 a='b\n", "{dir}/hosts:1: a quote is not closed"),
    ("hosts", "[g:vars]\nnonsense\n", "{dir}/hosts:2: expected 'name = value' in [g:vars]"),
    ("hosts", "ctl[3:1]\n", "{dir}/hosts:1: host pattern 'ctl[3:1]': [3:1] is empty, it ends before it begins"),
    (
        "hosts",
        "ctl1 ansible_host=10.0.0.1\n[g]\nctl1 ansible_host=10.0.0.2\n",
        "{dir}/hosts:3: host ctl1 has ansible_host 10.0.0.2 here and 10.0.0.1 in {dir}/hosts:1; keep one",
    ),
    (
        "hosts",
        "ctl1\n[a:children]\nb\n",
        "{dir}/hosts:3: group a has the child group 'b', which is defined nowhere; "
        "add [b], or give the directory when another file has it",
    ),
    (
        "hosts",
        "ctl1\n[a:children]\nb\n[b:children]\nc\n[c:children]\na\n",
        "{dir}/hosts:7: groups form a circle: a -> b -> c -> a",
    ),
    ("hosts", "ctl1\n[a:children]\na\n", "{dir}/hosts:3: groups form a circle: a -> a"),
    (
        "hosts",
        "ctl$1\n",
        "{dir}/hosts:1: host name 'ctl$1' is not a name for Nagios: '$' cannot stand in it; rename the host",
    ),
    (
        "hosts",
        '"ctl 1"\n',
        "{dir}/hosts:1: host name 'ctl 1' is not a name for Nagios: ' ' cannot stand in it; rename the host",
    ),
    (
        "hosts",
        "../../etc/passwd\n",
        "{dir}/hosts:1: host name '../../etc/passwd' is not a name for Nagios: '/' cannot stand in it; rename the host",
    ),
    (
        "hosts",
        "contrôle1\n",
        "{dir}/hosts:1: host name 'contrôle1' is not a name for Nagios: 'ô' cannot stand in it; rename the host",
    ),
    (
        "hosts",
        "-x\n",
        "{dir}/hosts:1: host name '-x' is not a name for Nagios: "
        "it must begin with a letter or digit and have at most 200 characters; rename the host",
    ),
    (
        "hosts",
        "ctl1 ansible_host='$(reboot)'\n",
        "{dir}/hosts:1: ansible_host of host ctl1: '$(reboot)' is neither an address nor a host name",
    ),
    (
        "hosts",
        'ctl1 ansible_host="{{ lookup(1) }}"\n',
        "{dir}/hosts:1: ansible_host of host ctl1 is a template or encrypted, which hamon does not evaluate; "
        "write the address, or give hamon the listing: ansible-inventory --list --export",
    ),
    ("c.yml", "all: [\n", "{dir}/c.yml:2: not valid YAML: did not find expected node content"),
    (
        "c.yml",
        "all:\n  hosts:\n    ctl1: {}\n    ctl2: {}\n    ctl1: {}\n",
        "{dir}/c.yml:5: key 'ctl1' stands here and in line 3; join the two",
    ),
    ("c.yml", "- ctl1\n", "{dir}/c.yml: the inventory must be a mapping (names with a colon behind), not a list"),
    (
        "c.yml",
        "all: {hosts: [ctl1]}\n",
        "{dir}/c.yml: all.hosts must be a mapping (names with a colon behind), not a list",
    ),
    (
        "c.yml",
        "all: {hosts: {ctl1: true}}\n",
        "{dir}/c.yml: all.hosts.ctl1 must be a mapping (names with a colon behind), not a truth value",
    ),
    ("c.yml", "all: &a {children: {b: *a}}\n", "{dir}/c.yml: all.children.b: a YAML anchor contains itself"),
    (
        "c.yml",
        "all: {hosts: {ctl1: {ansible_host: !vault secret}}}\n",
        "{dir}/c.yml: all.hosts.ctl1: ansible_host of host ctl1 is a template or encrypted, which hamon does not evaluate; "
        "write the address, or give hamon the listing: ansible-inventory --list --export",
    ),
    (
        "c.yml",
        "a: {hosts: {h: {ansible_host: 10.0.0.1}}}\nb: {hosts: {h: {ansible_host: 10.0.0.2}}}\n",
        "{dir}/c.yml: b.hosts.h: host h has ansible_host 10.0.0.2 here and 10.0.0.1 in {dir}/c.yml: a.hosts.h; keep one",
    ),
    (
        "l.json",
        '{"_meta": {}, ',
        "{dir}/l.json:1: not valid JSON: Expecting property name enclosed in double quotes (column 15)",
    ),
    ("l.json", '{"_meta": {"hostvars": []}}', "{dir}/l.json: _meta.hostvars is not a mapping of hosts"),
    ("l.json", '{"_meta": {}, "g": 7}', "{dir}/l.json: group g is neither a mapping nor a list of hosts"),
    ("l.json", '{"_meta": {}, "g": {"hosts": {}}}', "{dir}/l.json: g.hosts is not a list"),
]


@pytest.mark.parametrize(("name", "content", "message"), BAD)
def test_bad_inventories(tmp_path: Path, name: str, content: str | bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UsageError) as caught:
        load(str(tmp_path / name))
    assert str(caught.value) == message.replace("{dir}", str(tmp_path))


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^inventory /nowhere/at/all does not exist$"):
        load("/nowhere/at/all")
    with pytest.raises(UsageError, match=r"has no inventory files in it$"):
        load(str(tmp_path))


def test_ansible_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hosts").write_text("ctl1\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"^ansible-inventory is not installed here; leave --ansible-inventory out"):
        load(str(tmp_path / "hosts"), ansible=True)


def test_keys_that_are_not_read_are_said(tmp_path: Path) -> None:
    (tmp_path / "c.yml").write_text("all: {host: {ctl1: }, hosts: {ctl2: {ansible_host: 10.0.0.2}}}\n")
    inventory = load(str(tmp_path / "c.yml"))
    assert inventory.findings == (
        f"{tmp_path}/c.yml: all: 'host' is not one of hosts, children, vars and was not read",
    )


def test_bad_variable_files(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("ctl1 ansible_host=10.0.0.1\n")
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "all.yml").write_text("- password: hunter2\n")
    with pytest.raises(UsageError, match=r"all.yml: a variables file must be a mapping of names to values$"):
        load(str(tmp_path / "hosts"))
    (tmp_path / "group_vars" / "all.yml").write_text("db_password: hunter2\nx: [hunter2\n")
    with pytest.raises(UsageError) as caught:
        load(str(tmp_path / "hosts"))
    assert "hunter2" not in str(caught.value)


def refusal(read: Callable[[str, str, Tree], None], text: str) -> str:
    tree = Tree()
    try:
        read(text, "f", tree)
        tree.check()
        tree.memberships()
    except UsageError as error:
        return str(error)
    return ""


@given(st.text(alphabet="ab[]:=#'\" \n\tvarschildren01;{}", max_size=120))
def test_any_ini_is_read_or_refused_in_one_line(text: str) -> None:
    assert "\n" not in refusal(ini.read, text)


@given(st.text(alphabet="ab:{}[]&*!,- \n\"'hostsvarchilden", max_size=120))
def test_any_yaml_is_read_or_refused_in_one_line(text: str) -> None:
    assert "\n" not in refusal(nested.read, text)
