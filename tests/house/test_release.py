"""What a release is made of: a lock that fits pyproject.toml, an audit that says when it could not ask, nodes without the server's libraries."""

import importlib.util
import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement

from hamon.errors import UsageError
from hamon.extras import of_server
from hamon.inventory import documents
from tests.house.statements import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OF_NODES = PROJECT["dependencies"]
OF_SERVERS = [*OF_NODES, *PROJECT["optional-dependencies"]["server"]]


def locked(name: str) -> dict[str, tuple[str, list[str]]]:
    """Version and hashes by name."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text().replace("\\\n", "")
    entries = re.findall(r"^([a-z0-9-]+)==(\S+)((?: +--hash=sha256:[0-9a-f]{64})+)$", text, re.M)
    assert len(entries) == len(re.findall(r"^[^#\s]", text, re.M)), "a line that is not a pinned library"
    return {each: (version, re.findall(r"[0-9a-f]{64}", hashes)) for each, version, hashes in entries}


@pytest.mark.parametrize(("name", "wanted"), [("node", OF_NODES), ("server", OF_SERVERS)])
def test_the_lock_has_what_the_project_asks_for(name: str, wanted: Sequence[str]) -> None:
    lock = locked(name)
    for requirement in map(Requirement, wanted):
        version, hashes = lock[requirement.name]
        assert version in requirement.specifier, f"{requirement}: run make lock"
        assert hashes
    assert "://" not in (ROOT / "requirements" / f"{name}.txt").read_text()


def test_a_node_has_the_servers_versions_and_fewer_libraries() -> None:
    node, server = locked("node"), locked("server")
    assert set(node) == {"nagiosplugin", "pika", "pymysql"}
    assert node.items() < server.items()


@pytest.mark.parametrize("requirement", OF_SERVERS)
def test_every_library_has_an_upper_bound(requirement: str) -> None:
    assert any(part.operator in ("<", "==", "~=") for part in Requirement(requirement).specifier)


# Without the extra `server`

WITHOUT = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("jinja2", "yaml", "markupsafe"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocked())
from hamon.cli import main
sys.exit(main(sys.argv[1:]))
"""


def on_a_node(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, *words], capture_output=True, text=True, check=False, cwd=ROOT
    )


@pytest.mark.parametrize(
    "words",
    ["--version", "checks", "checks galera", "doctor --help", "pki --help", "man galera", "completion bash", "replay --help", "lab failures"],
)  # fmt: skip
def test_what_nodes_need_goes_without_the_servers_libraries(words: str) -> None:
    ran = on_a_node(*words.split())
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout


@pytest.mark.parametrize("words", ["plan", "run", "gen-objects -o out"])
def test_what_the_server_needs_says_so(words: str, tmp_path: Path) -> None:
    verb, *rest = words.split()
    inventory = tmp_path / "inventory.yml"
    inventory.write_text("all: {hosts: {ctl1: {}}, children: {galera: {hosts: {ctl1: {}}}}}\n")
    ran = on_a_node(verb, "-i", str(inventory), *rest)
    error = "PyYAML is not installed; the Nagios server needs it: pip install 'hamon-openstack[server]'"
    assert (ran.returncode, ran.stdout, ran.stderr) == (3, "", f"hamon {verb}: {error}\n")


def test_a_library_that_is_missing_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    documents._loader.cache_clear()
    with pytest.raises(UsageError) as caught:
        documents.parse_yaml("a: 1", "inventory.yml")
    assert (
        str(caught.value)
        == "PyYAML is not installed; the Nagios server needs it: pip install 'hamon-openstack[server]'"
    )


def test_a_library_that_is_broken_is_not_called_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "hamon_trial_library.py").write_text("import hamon_no_such_library\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="hamon_no_such_library"), of_server("hamon_trial_library", "Trial"):
        import hamon_trial_library  # type: ignore[import-not-found]  # noqa: F401


# The audit


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / "deploy" / "release" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GOOD = '{"name": "pika", "version": "1.4.4", "vulns": []}'
HOLE = '{"name": "jinja2", "version": "2.0", "vulns": [{"id": "CVE-1", "fix_versions": ["2.1", "3.0"]}, {"id": "CVE-2", "fix_versions": []}]}'
UNASKED = '{"name": "pyyaml", "skip_reason": "not found"}'
NOT_AUDITED = "NOT AUDITED: no source of vulnerabilities answered for these\n"


@pytest.mark.parametrize(
    ("answers", "code", "out", "err"),
    [
        ((GOOD,), 0, "pika 1.4.4: nothing known\n", ""),
        ((GOOD, HOLE), 1, "pika 1.4.4: nothing known\njinja2 2.0: CVE-1, repaired in 2.1, 3.0\njinja2 2.0: CVE-2, repaired in no version\n", ""),
        ((GOOD, UNASKED), 3, "pika 1.4.4: nothing known\npyyaml: could not be looked up\n", NOT_AUDITED),
        ((UNASKED, HOLE), 1, "pyyaml: could not be looked up\njinja2 2.0: CVE-1, repaired in 2.1, 3.0\njinja2 2.0: CVE-2, repaired in no version\n", NOT_AUDITED),
        ((), 3, "", NOT_AUDITED),
    ],
)  # fmt: skip
def test_an_audit_says_what_it_knows(
    audit: ModuleType,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    answers: Sequence[str],
    code: int,
    out: str,
    err: str,
) -> None:
    program = tmp_path / "pip-audit"
    program.write_text(
        f'#!/bin/sh\ncat <<\'END\'\n{{"dependencies": [{", ".join(answers)}], "fixes": []}}\nEND\nexit {code % 2}\n'
    )
    program.chmod(0o755)
    assert audit.main(str(program)) == code
    assert capsys.readouterr() == (out, err)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo 'ConnectionError: no route' >&2; exit 1", "ConnectionError: no route"),
        ("exit 1", "pip-audit ended with 1 and without a word"),
    ],
)
def test_an_audit_that_cannot_ask_says_so(
    audit: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str], script: str, why: str
) -> None:
    program = tmp_path / "pip-audit"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    assert audit.main(str(program)) == 3
    assert capsys.readouterr() == ("", f"could not ask about requirements/server.txt: {why}\n")
