"""Find and read the files of an inventory: one file, a directory of them, a script, ``ansible-inventory``, or stdin."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hamon.errors import UsageError
from hamon.inventory import ini, listing, nested
from hamon.inventory.documents import decode, parse_json, parse_yaml, read_text
from hamon.inventory.tree import Tree

SCRIPT_TIMEOUT = 120  # seconds; a dynamic inventory may ask a slow cloud

# What Ansible skips in an inventory directory, and variables files that kolla keeps beside its inventory.
_SKIPPED_ENDINGS = (".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry")
_SKIPPED_NAMES = ("group_vars", "host_vars", "globals.yml", "passwords.yml", "globals.d")
_VARIABLES = ("", ".yml", ".yaml", ".json")  # endings of files with variables
_YAML_LINE = re.compile(r"^(---|[^\s\[=]+:\s*$)")


def read_source(source: str, ansible: bool = False) -> Tree:
    """The tree of groups in ``source`` (a path, or ``-`` for stdin). Raises UsageError in one line."""
    tree = Tree()
    path = Path(source)
    if source == "-":
        _text(decode(sys.stdin.buffer.read(), "stdin"), "stdin", "", tree)
    elif not path.exists():
        raise UsageError(f"inventory {source} does not exist")
    elif ansible or _is_script(path):
        listing.read(parse_json(_listing_of(path, ansible), f"listing of {source}"), f"listing of {source}", tree)
    elif path.is_dir():
        _directory(path, tree)
        _variables_beside(path, tree)
    else:
        _file(path, tree)
        _variables_beside(path.parent, tree)
    tree.check()
    if not tree.hosts:
        raise UsageError(f"inventory {source} names no hosts")
    return tree


def _is_script(path: Path) -> bool:
    if not (path.is_file() and os.access(path, os.X_OK)):
        return False
    try:
        with path.open("rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False


def _listing_of(path: Path, ansible: bool) -> str:
    """What ``ansible-inventory``, or without it the script itself, prints as its list."""
    tool = shutil.which("ansible-inventory")
    if tool is None and (ansible or not _is_script(path)):
        raise UsageError(
            "ansible-inventory is not installed here; leave --ansible-inventory out to use hamon's own reader"
        )
    words = [tool, "-i", str(path), "--list", "--export"] if tool else [str(path.absolute()), "--list"]
    try:
        done = subprocess.run(words, capture_output=True, timeout=SCRIPT_TIMEOUT, check=False, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise UsageError(f"{words[0]} gave no listing of {path} within {SCRIPT_TIMEOUT} s") from None
    except OSError as error:
        raise UsageError(f"{words[0]} cannot be run: {(error.strerror or '').lower()}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UsageError(
            f"{words[0]} failed on {path} (exit {done.returncode}): {said[-1][:200] if said else 'no message'}"
        )
    return decode(done.stdout, f"listing of {path}")


def _directory(path: Path, tree: Tree) -> None:
    names = sorted(entry for entry in path.iterdir() if not entry.name.startswith("."))
    read = 0
    for entry in names:
        if entry.name in _SKIPPED_NAMES or entry.name.endswith(_SKIPPED_ENDINGS):
            continue
        if entry.is_dir():
            _directory(entry, tree)
        elif _is_script(entry):
            listing.read(parse_json(_listing_of(entry, False), f"listing of {entry}"), f"listing of {entry}", tree)
        elif entry.stat().st_size:
            _file(entry, tree)
        read += 1
    if not read:
        raise UsageError(f"inventory directory {path} has no inventory files in it")


def _file(path: Path, tree: Tree) -> None:
    _text(read_text(path, "inventory"), str(path), path.suffix, tree)


def _text(text: str, place: str, suffix: str, tree: Tree) -> None:
    """Read one text by its suffix, or by its first telling line."""
    first = next((line for line in text.splitlines() if line.strip() and line.lstrip()[0] not in "#;"), "")
    if suffix == ".json" or first.lstrip().startswith("{"):
        data = parse_json(text, place)
        (listing.read if listing.recognise(data) else nested.read_data)(*((data, place, tree)))
    elif suffix in (".yml", ".yaml") or (suffix != ".ini" and _YAML_LINE.match(first)):
        nested.read(text, place, tree)
    else:
        ini.read(text, place, tree)


def _variables_beside(directory: Path, tree: Tree) -> None:
    """``group_vars`` and ``host_vars`` beside the inventory. They override what the inventory itself says, as in Ansible."""
    for path, name in _variable_files(directory / "group_vars"):
        if name in tree.groups or name == "all":
            tree.group(name).variables.update(_variables(path, tree))
    for path, name in _variable_files(directory / "host_vars"):
        if name in tree.hosts:
            tree.hosts[name].update(_variables(path, tree))


def _variable_files(directory: Path) -> list[tuple[Path, str]]:
    """Each variables file with the group or host it is for: ``NAME``, ``NAME.yml`` or any file in ``NAME/``."""
    if not directory.is_dir():
        return []
    found = []
    for entry in sorted(directory.iterdir()):
        name = entry.stem if entry.suffix in (".yml", ".yaml", ".json") else entry.name
        if entry.is_dir():
            below = [file for file in sorted(entry.rglob("*")) if file.is_file() and file.suffix in _VARIABLES]
            found += [(file, entry.name) for file in below if _wanted(file)]
        elif _wanted(entry):
            found.append((entry, name))
    return found


def _wanted(path: Path) -> bool:
    return not path.name.startswith(".") and not path.name.endswith(_SKIPPED_ENDINGS)


def _variables(path: Path, tree: Tree) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path}: not UTF-8; save the file as UTF-8") from None
    except OSError as error:
        raise UsageError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from None
    if text.startswith("$ANSIBLE_VAULT"):
        tree.findings.append(f"{path.parent.name}/{path.name} is encrypted and was not read")
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
