"""The house: an installed hamon has everything, and arrows run one way."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.house.statements import ROOT, imports


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


def test_checks_import_only_the_core() -> None:
    core = (
        "hamon.check",
        "hamon.checks",
        "hamon.cluster",
        "hamon.component",
        "hamon.credentials",
        "hamon.probe",
        "hamon.verdict",
        "hamon.errors",
        "hamon.plugin",
        "hamon.runs",
        "hamon.words",
        "hamon.members",
        "hamon.memory",
        "hamon.names",
        "hamon.options",
        "hamon.take",
        "hamon.times",
        "hamon.tls",
    )
    for path in (ROOT / "checks").glob("*/*.py"):
        wrong = {name for name in imports(path) if name.startswith("hamon") and not name.startswith(core)}
        assert not wrong, f"{path.name} imports {wrong}"


def test_nothing_but_main_imports_the_command_line() -> None:
    for path in [
        *(ROOT / "hamon").glob("**/*.py"),
        *(ROOT / "checks").glob("*/*.py"),
        *(ROOT / "nagios_objects").glob("*.py"),
    ]:
        if path.name != "__main__.py":
            assert "hamon.cli" not in imports(path), path
