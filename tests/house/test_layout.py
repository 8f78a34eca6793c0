"""The house: packaging says what the symlinks say, arrows run one way, and plugins import little."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from hamon.catalogue import checks, components
from hamon.check import Check, OnCluster
from hamon.verdict import Advice

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

# pika loads its asyncio adapter and ssl with itself
PIKA = {"pika", "asyncio", "concurrent.futures", "email", "pathlib", "_ssl"}

# What a plugin may load beside the core. jinja2, yaml and the whole `hamon` command stay out of every one.
FORBIDDEN = {
    "jinja2",
    "yaml",
    "requests",
    "pika",
    "elasticsearch",
    "keystoneclient",
    "asyncio",
    "email",
    "importlib.metadata",
    "concurrent.futures",
    "pathlib",
    "_ssl",
}
ALLOWED = {
    "check_galera": {"pymysql"},
    "check_mysql": {"pymysql"},
    "check_rabbitmq": {"email"},  # http.client parses headers with it
    "check_rabbitmq_queues": {"email"},
    "check_amqp": PIKA,
    "check_amqp_vip": PIKA,
}


def test_an_installed_hamon_has_everything(tmp_path: Path) -> None:
    """A wheel built as pip builds it has every module and every file that the code reads."""
    source = tmp_path / "source"
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.is_symlink() or path.is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, source / name, follow_symlinks=False)
    builder = "import setuptools.build_meta as backend, sys; print(backend.build_wheel(sys.argv[1]))"
    built = subprocess.run(
        [sys.executable, "-c", builder, str(tmp_path)], cwd=source, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr[-2000:]
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        packed = set(wheel.namelist())
    parts = {"hamon": ROOT / "hamon"} | {
        f"hamon/{link.name}": link.resolve() for link in (ROOT / "hamon").iterdir() if link.is_symlink()
    }
    wanted = {
        f"{name}/{path.relative_to(folder)}"
        for name, folder in parts.items()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not any(part.is_symlink() for part in path.parents)
    }
    assert wanted - packed == set()


def test_every_check_has_its_entry_point() -> None:
    scripts = {name for name in PROJECT["project"]["scripts"] if name != "hamon"}
    assert scripts == {check.program for check in checks().values()}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            modules = node.module == "hamon"  # `from hamon import take`: what it names are modules
            found |= {f"hamon.{alias.name}" for alias in node.names} if modules else {node.module}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def test_checks_import_only_the_core() -> None:
    core = (
        "hamon.check",
        "hamon.checks",
        "hamon.cluster",
        "hamon.credentials",
        "hamon.probe",
        "hamon.verdict",
        "hamon.errors",
        "hamon.plugin",
        "hamon.words",
        "hamon.memory",
        "hamon.names",
        "hamon.options",
        "hamon.take",
        "hamon.times",
    )
    for path in (ROOT / "checks").glob("*/*.py"):
        wrong = {name for name in imports(path) if name.startswith("hamon") and not name.startswith(core)}
        assert not wrong, f"{path.name} imports {wrong}"


def signatures(path: Path) -> list[str]:
    """``component/module.py:line name(arguments) -> result`` of every function."""
    return [
        f"{path.parent.name}/{path.name}:{node.lineno} {node.name}({ast.unparse(node.args)})"
        + (f" -> {ast.unparse(node.returns)}" if node.returns else "")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    ]


def test_no_signature_of_a_check_takes_or_returns_just_anything() -> None:
    every = [signature for path in sorted((ROOT / "checks").glob("*/*.py")) for signature in signatures(path)]
    assert len(every) > 300
    loose = [signature for signature in every if re.search(r"\bAny\b", signature)]
    assert not loose, "name the type; JSON that nobody has judged yet is an object"


def test_nothing_but_main_imports_the_command_line() -> None:
    for path in [
        *(ROOT / "hamon").glob("**/*.py"),
        *(ROOT / "checks").glob("*/*.py"),
        *(ROOT / "nagios_objects").glob("*.py"),
    ]:
        if path.name != "__main__.py":
            assert "hamon.cli" not in imports(path), path


def every_check() -> list[Check[Any]]:
    return [check for component in components() for check in component.checks]


@pytest.mark.parametrize("check", every_check(), ids=lambda check: check.name)
def test_each_statement_is_whole(check: Check[Any]) -> None:
    assert check.title.endswith("?"), "a check's title is the question it answers"
    assert check.asks
    assert check.runbook
    assert all(isinstance(advice, Advice) and advice.means and advice.do for advice in check.runbook.values())
    for limit in check.limits:
        if limit.warn or limit.crit:
            assert limit.name in check.runbook, f"{limit.name} can alarm and has no runbook entry"


@pytest.mark.parametrize("check", every_check(), ids=lambda check: check.name)
def test_import_budget(check: Check[Any]) -> None:
    """What the plugin's process loads until it has judged, from the interpreter's own report."""
    module, _, attribute = PROJECT["project"]["scripts"][check.program].partition(":")
    code = f"import sys; sys.argv = ['{check.program}', '-t', '2', *{ARGS.get(check.program, [])!r}]; from {module} import {attribute} as main; main()"
    ran = subprocess.run([sys.executable, "-X", "importtime", "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"],
                         capture_output=True, text=True, check=False, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HAMON_STATE_DIR": "/nonexistent"})  # fmt: skip
    loaded = {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines() if line.startswith("import time:")}
    assert "nagiosplugin" in loaded, ran.stderr[-500:]
    assert "hamon.wording" in loaded
    assert not loaded & (FORBIDDEN - ALLOWED.get(check.program, set())), sorted(loaded & FORBIDDEN)
    if "pymysql" not in ALLOWED.get(check.program, set()):
        assert "pymysql" not in loaded


PORT = ["-p", "1"]
NO_AGENT = ["--members", "a=127.0.0.1", "--via", "/bin/false"]
ARGS = {
    "check_haproxy": ["-S", "/nonexistent"],
    "check_vip": ["--vip", "192.0.2.1", *NO_AGENT],
    **{f"check_{name}": PORT for name in ("galera", "mysql", "rabbitmq", "rabbitmq_queues", "amqp", "memcached")},
    **{check.program: NO_AGENT for check in every_check() if isinstance(check.runs, OnCluster) and check.of},
}
