"""docs/writing-a-check.md works: its files are written into a copy of the tree, its commands run there and print what it shows."""

import doctest
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from hamon.lab.profiles import CONTROLLER
from tests.lab.conftest import needed

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "writing-a-check.md"
BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.M | re.S)
CALL = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.M)

# All that a new component may touch, as the page says.
ITS_OWN = re.compile(
    r"(checks|tests/checks|deploy/lab/components)/beacon/|docs/checks/check_beacon\w*\.md|pyproject\.toml$"
)
SHIM = """#!{python}
import sys
from {module} import {attribute} as main

sys.exit(main())
"""


class Block(NamedTuple):
    """A fenced block: its language, and the file (or the kind of console) that it is."""

    language: str
    name: str
    text: str


def blocks(language: str | None = None) -> list[Block]:
    every = [Block(*found) for found in BLOCK.findall(PAGE.read_text(encoding="utf-8"))]
    return [block for block in every if block.name and block.language != "console"] if language is None else [
        block for block in every if block.language == language
    ]  # fmt: skip


def digests(tree: Path) -> dict[str, str]:
    """Every file of the tree that is not a tool's cache or output."""
    skipped = {".venv", "build", "__pycache__"}
    files = (path for path in tree.rglob("*") if path.is_file() and not path.is_symlink())
    return {
        str(path.relative_to(tree)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if not any(part in skipped or part.endswith("_cache") for part in path.relative_to(tree).parts)
    }


def copied(tree: Path) -> None:
    """The files of this checkout, as they are now."""
    asked = ["git", "ls-files", "-co", "--exclude-standard"]
    listed = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.is_symlink() or path.is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, tree / name, follow_symlinks=False)


def written(tree: Path) -> None:
    """The page's files; what it says of pyproject.toml goes below the heading that it names."""
    for block in blocks():
        path = tree / block.name
        if path.name == "pyproject.toml":
            heading, lines = block.text.split("\n", 1)
            text = path.read_text()
            assert text.count(f"\n{heading}\n") == 1
            path.write_text(text.replace(f"\n{heading}\n", f"\n{heading}\n{lines}"))
        else:
            assert not path.exists(), f"{block.name} is there already"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text.lstrip("\n"))


def installed(tree: Path) -> None:
    """What `prepare.sh venv .venv` makes, without asking anybody for packages: the libraries are those of these tests."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tree / ".venv")], check=True)
    python = tree / ".venv" / "bin" / "python"
    site = next((tree / ".venv" / "lib").glob("python*/site-packages"))
    (site / "editable.pth").write_text(f"{tree}\n{sysconfig.get_path('purelib')}\n")
    for name, place in tomllib.loads((tree / "pyproject.toml").read_text())["project"]["scripts"].items():
        module, _, attribute = place.partition(":")
        shim = python.with_name(name)
        shim.write_text(SHIM.format(python=python, module=module, attribute=attribute))
        shim.chmod(0o755)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this checkout with the page's component in it, and its plugins installed."""
    made = tmp_path_factory.mktemp("copy")
    copied(made)
    written(made)
    installed(made)
    return made


def run(tree: Path, command: str) -> str:
    """What a command of the page prints, run as its reader would: in the tree, with its .venv in PATH.

    All end with 0 but the checks, whose exit code is their state.
    """
    kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTEST_CURRENT_TEST")}
    path = f"{tree}/.venv/bin:{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {**kept, "PATH": path, "COLUMNS": "250", "HAMON_STATE_DIR": str(tree / "build" / "memory"), "NO_COLOR": "1"}
    ran = subprocess.run(
        ["bash", "-c", command], cwd=tree, env=env, capture_output=True, text=True, check=False, timeout=200
    )
    assert ran.returncode == 0 or "check_beacon" in command, f"$ {command}\n{ran.stdout}{ran.stderr}"
    return ran.stdout or ran.stderr


def calls(kind: str) -> Iterator[tuple[str, str]]:
    """(command, what it prints) of the page's console blocks of one kind."""
    for block in blocks("console"):
        if block.name == kind:
            yield from CALL.findall(block.text)


def compare(tree: Path, kind: str, in_lab: str = "") -> str:
    """Run the calls of one kind and compare; `...` stands for anything. Returns all that was printed.

    ``in_lab``: the folder of the lab, so that nobody else's is touched.
    """
    checker, everything = doctest.OutputChecker(), ""
    for command, wanted in calls(kind):
        amended = command.replace("/tmp/hamon-lab-$(id -u)", in_lab) if in_lab else command
        printed = run(
            tree, re.sub(r"^hamon lab (\w+)", rf"hamon lab \1 --dir {in_lab}", amended) if in_lab else amended
        )
        everything += f"$ {command}\n{printed}"
        assert checker.check_output(wanted, printed, doctest.ELLIPSIS), f"$ {command}\n{printed}"
    return everything


def test_the_page_is_the_whole_component(tree: Path) -> None:
    names = {block.name for block in blocks()}
    assert {
        f"checks/beacon/{name}.py" for name in ("__init__", "component", "cluster", "facts", "node", "runbook")
    } <= names
    assert all(ITS_OWN.match(name) for name in names)


def test_its_commands_print_what_the_page_shows_and_nothing_else_changes(tree: Path) -> None:
    untouched = {name: digest for name, digest in digests(tree).items() if not ITS_OWN.match(name)}
    assert len(untouched) > 300
    printed = compare(tree, "")
    assert len(list(calls(""))) > 10
    if shutil.which("nagios4", path=f"{os.environ['PATH']}:/usr/sbin"):
        assert "; verified by " in printed
    after = digests(tree)
    assert {name for name in after if not ITS_OWN.match(name)} == untouched.keys()
    assert [name for name, digest in untouched.items() if after[name] != digest] == []
    pages = {name for name in after if name.startswith("docs/checks/check_beacon")}
    assert pages == {"docs/checks/check_beacon.md", "docs/checks/check_beacon_cluster.md"}


@pytest.mark.lab
def test_its_lab_comes_up_breaks_and_heals_as_the_page_shows(tree: Path, tmp_path: Path) -> None:
    needed(CONTROLLER.name)  # more than this one needs, which starts nothing but Python, NRPE and Nagios
    assert len(list(calls("lab"))) > 5
    try:
        compare(tree, "lab", in_lab=f"{tmp_path}/lab")
    except BaseException:
        run(tree, f"hamon lab down --dir {tmp_path}/lab")  # the page's own last call ends it when all is well
        raise


@pytest.mark.lab
def test_its_failures_are_named_by_nagios_and_alarm_nobody_else(tree: Path) -> None:
    needed(CONTROLLER.name)
    printed = run(tree, "hamon lab matrix --only beacon-killed beacon-split-brain")
    assert "2 of 2 as expected" in printed, printed
