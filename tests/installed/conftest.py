"""The package that the tests install: built once."""

import os
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "deploy" / "deb" / "build.sh"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = ROOT / "requirements" / "server.txt"


def built(where: Path, wheels: Path, **env: str) -> Path:
    """A package built from this checkout with these wheels and nothing fetched."""
    ran = subprocess.run(
        ["bash", str(BUILD), str(where), str(wheels)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **env},
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    return Path(ran.stdout.strip())


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the package is built of, for the distribution's Python."""
    made = tmp_path_factory.mktemp("wheels")
    subprocess.run(["/usr/bin/python3", "-m", "venv", str(made / "tools")], check=True)
    fetch = [str(made / "tools/bin/pip"), "download", "-q", "-d", str(made / "files")]
    subprocess.run([*fetch, *PROJECT["build-system"]["requires"]], check=True)
    subprocess.run([*fetch, "--no-deps", "--require-hashes", "-r", str(LOCK)], check=True)
    return made / "files"


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Path:
    """hamon_*.deb of this checkout."""
    return built(tmp_path_factory.mktemp("package"), wheels)


@pytest.fixture(scope="session")
def wheel(wheels: Path) -> Path:
    """hamon's own wheel."""
    made = wheels.parent / "own"
    argv = [str(wheels.parent / "tools/bin/pip"), "wheel", "-q", "--no-deps", "--no-index", f"--find-links={wheels}"]
    source = wheels.parent / "source"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(source)], check=True)
    subprocess.run([*argv, "-w", str(made), str(source)], check=True)
    (file,) = made.glob("hamon_openstack-*.whl")
    return file
