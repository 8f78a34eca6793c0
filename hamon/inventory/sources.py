"""Find and read the files of an inventory: one file, a directory of them, a script, ``ansible-inventory``, or stdin."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hamon.errors import UsageError
from hamon.inventory import ini, listing, nested
from hamon.inventory.documents import decode, parse_json, parse_yaml, read_text
from hamon.inventory.foreign import refuse
from hamon.inventory.tree import Tree

SCRIPT_TIMEOUT = 120  # seconds; a dynamic inventory may ask a slow cloud

_TOOL = "ansible-inventory"

# What Ansible skips in an inventory directory, and variables files that kolla keeps beside its inventory.
_SKIPPED_ENDINGS = (".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry")
_SKIPPED_NAMES = ("group_vars", "host_vars", "globals.yml", "passwords.yml", "globals.d")
_VARIABLES = ("", ".yml", ".yaml", ".json")  # endings of files with variables
_YAML_LINE = re.compile(r"^(---|[^\s\[=]+:\s*$)")


def read_sources(sources: Sequence[str], ansible: bool = False) -> Tree:
    """The tree of groups in all ``sources`` (paths, ``-`` for stdin, or ``host,host,``), in their order.

    Variables beside the inventories come after all of them, as in Ansible. Raises UsageError in one line.
    """
    tree = Tree()
    if ansible:
        for source in sources:
            _refuse_missing(source)
        listing.read(parse_json(_by_ansible(sources), _listing(", ".join(sources))), _listing(", ".join(sources)), tree)
    else:
        for number, source in enumerate(sources):
            tree.source = number
            _source(source, tree)
        for folder in filter(None, map(folder_of, sources)):
            _variables_beside(folder, tree)
    tree.check()
    if not tree.hosts:
        raise UsageError(f"inventory {', '.join(sources)} names no hosts")
    return tree


def _source(source: str, tree: Tree) -> None:
    path = Path(source)
    if source == "-":
        _text(decode(sys.stdin.buffer.read(), "stdin"), "stdin", "", tree)
    elif "," in source and not path.exists():
        for name in filter(None, map(str.strip, source.split(","))):
            tree.add_host(name, f"inventory {source}", {}, "ungrouped")
    elif path.is_dir():
        _directory(path, tree)
    elif _is_script(path):
        _script(path, tree)
    else:
        _refuse_missing(source)
        _file(path, tree)


def _refuse_missing(source: str) -> None:
    if not Path(source).exists():
        raise UsageError(f"inventory {source} does not exist")


def folder_of(source: str) -> Path | None:
    """The directory beside which an inventory's variables and globals stand; None for stdin and a list of hosts."""
    path = Path(source)
    if source == "-" or not path.exists():
        return None
    return path if path.is_dir() else path.parent


def _is_script(path: Path) -> bool:
    if not (path.is_file() and os.access(path, os.X_OK)):
        return False
    try:
        with path.open("rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False


def _listing(source: str) -> str:
    return f"listing of {source}"


def _script(path: Path, tree: Tree) -> None:
    """What ``ansible-inventory``, or without it the script itself, prints as its list."""
    place = _listing(str(path))
    if shutil.which(_TOOL):
        listing.read(parse_json(_by_ansible([str(path)]), place), place, tree)
        return
    program = str(path.absolute())
    data = parse_json(_printed([program, "--list"], place), place)
    listing.read(data, place, tree)
    if isinstance(data, dict) and "_meta" not in data:
        # Without it Ansible asks the script for every host's variables, too.
        until = time.monotonic() + SCRIPT_TIMEOUT
        for name in listing.names(data):
            text = _printed([program, "--host", name], place, until - time.monotonic())
            listing.read_host(name, parse_json(text, f"{place}: {name}"), place, tree)


def _by_ansible(sources: Sequence[str]) -> str:
    tool = shutil.which(_TOOL)
    if tool is None:
        raise UsageError(f"{_TOOL} is not installed here; leave --ansible-inventory out to use hamon's own reader")
    words = [word for source in sources for word in ("-i", source)]
    return _printed([tool, *words, "--list", "--export"], _listing(", ".join(sources)))


def _printed(words: list[str], place: str, timeout: float = SCRIPT_TIMEOUT) -> str:
    """What a program prints. Raises UsageError when it fails, hangs or prints nothing."""
    what = place.removeprefix("listing of ")
    try:
        done = subprocess.run(
            words, capture_output=True, timeout=max(0.1, timeout), check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        raise UsageError(f"{words[0]} gave no listing of {what} within {SCRIPT_TIMEOUT} s") from None
    except OSError as error:
        raise UsageError(f"{words[0]} cannot be run: {(error.strerror or '').lower()}") from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UsageError(
            f"{words[0]} failed on {what} (exit {done.returncode}): {lines[-1][:200] if lines else 'no message'}"
        )
    return decode(done.stdout, place)


def _directory(path: Path, tree: Tree) -> None:
    names = sorted(entry for entry in path.iterdir() if not entry.name.startswith("."))
    read = 0
    for entry in names:
        if entry.name in _SKIPPED_NAMES or entry.name.endswith(_SKIPPED_ENDINGS):
            continue
        if entry.is_dir():
            _directory(entry, tree)
        elif _is_script(entry):
            _script(entry, tree)
        elif entry.stat().st_size:
            _file(entry, tree)
        read += 1
    if not read:
        raise UsageError(f"inventory directory {path} has no inventory files in it")


def _file(path: Path, tree: Tree) -> None:
    _text(read_text(path, "inventory"), str(path), path.suffix, tree)


def _text(text: str, place: str, suffix: str, tree: Tree) -> None:
    """Read one text by its suffix, or by its first line that shows the format."""
    first = next((line for line in text.splitlines() if line.strip() and line.lstrip()[0] not in "#;"), "")
    if suffix == ".json" or first.lstrip().startswith("{"):
        data = parse_json(text, place)
        refuse(data, place)
        (listing.read if listing.recognise(data) else nested.read_data)(*((data, place, tree)))
    elif suffix in (".yml", ".yaml") or (suffix != ".ini" and _YAML_LINE.match(first)):
        data = parse_yaml(text, place)
        refuse(data, place)
        nested.read_data(data, place, tree)
    else:
        ini.read(text, place, tree)


def _variables_beside(directory: Path, tree: Tree) -> None:
    """``group_vars`` and ``host_vars`` beside the inventory. They override what the inventory itself says, as in Ansible."""
    for path, name in _variable_files(directory / "group_vars"):
        if name in tree.groups or name == "all":
            tree.group(name).variables.update(variables_file(path, tree.findings))
    for path, name in _variable_files(directory / "host_vars"):
        if name in tree.hosts:
            tree.hosts[name].update(variables_file(path, tree.findings))


def _variable_files(directory: Path) -> list[tuple[Path, str]]:
    """Each variables file with the group or host it is for: ``NAME``, ``NAME.yml`` or any file in ``NAME/``."""
    if not directory.is_dir():
        return []
    files = []
    for entry in sorted(directory.iterdir()):
        name = entry.stem if entry.suffix in (".yml", ".yaml", ".json") else entry.name
        if entry.is_dir():
            below = [file for file in sorted(entry.rglob("*")) if file.is_file() and file.suffix in _VARIABLES]
            files += [(file, entry.name) for file in below if _wanted(file)]
        elif _wanted(entry):
            files.append((entry, name))
    return files


def _wanted(path: Path) -> bool:
    return not path.name.startswith(".") and not path.name.endswith(_SKIPPED_ENDINGS)


def variables_file(path: Path, findings: list[str]) -> dict[str, Any]:
    """The variables in a file of Ansible's; none of an encrypted one, and a finding says so. Raises UsageError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path}: not UTF-8; save the file as UTF-8") from None
    except OSError as error:
        raise UsageError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from None
    if text.startswith("$ANSIBLE_VAULT"):
        findings.append(f"{path.parent.name}/{path.name} is encrypted and was not read")
        return {}
    data = parse_yaml(text, str(path))
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise UsageError(f"{path}: a variables file must be a mapping of names to values")
    return {str(key): value for key, value in data.items()}


def mapping_file(path: Path, what: str) -> dict[str, Any]:
    """A YAML file that holds one mapping (globals.yml, settings). Raises UsageError otherwise."""
    data = parse_yaml(read_text(path, what), str(path))
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise UsageError(f"{what} {path}: must be a mapping of names to values")
    return {str(key): value for key, value in data.items()}
