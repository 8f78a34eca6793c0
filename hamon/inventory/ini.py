"""Ansible's INI inventories: hosts with variables on the line, ``[group]``, ``[group:children]``, ``[group:vars]``."""

import ast
import re
import shlex
from typing import Any

from hamon.errors import UsageError
from hamon.inventory.ranges import expand
from hamon.inventory.tree import Tree

_SECTION = re.compile(r"^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$")


def read(text: str, place: str, tree: Tree) -> None:
    """Fill ``tree`` from an INI inventory. Raises UsageError with the line."""
    group, kind = "ungrouped", "hosts"
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        here = f"{place}:{number}"
        if line[0] == "[" and not _is_host(line):
            group, kind = _section(line, here)
            tree.group(group)
        elif kind == "hosts":
            _hosts(line, here, group, tree)
        elif kind == "children":
            tree.add_child(group, line.split("#")[0].strip(), here)
        else:
            key, equals, value = line.partition("=")
            if not equals:
                raise UsageError(f"{here}: expected 'name = value' in [{group}:vars]")
            tree.group(group).variables[key.strip()] = _value(value.strip())


def _is_host(line: str) -> bool:
    """Whether a line is a host range, like ``[a:c]-node ansible_host=...``, and not a section."""
    inner, _, rest = line[1:].partition("]")
    return bool(rest.strip()) and not rest.strip().startswith("#") and ":" in inner


def _section(line: str, here: str) -> tuple[str, str]:
    match = _SECTION.match(line)
    if match is None:
        raise UsageError(f"{here}: {line!r} is not a section; write [group], [group:children] or [group:vars]")
    kind = match[2] or "hosts"
    if kind not in ("hosts", "children", "vars"):
        raise UsageError(
            f"{here}: [{match[1]}:{kind}] is unknown; there are [group], [group:children] and [group:vars]"
        )
    return match[1], kind


def _hosts(line: str, here: str, group: str, tree: Tree) -> None:
    try:
        # shlex costs as much as everything else together; most lines have nothing for it.
        words = shlex.split(line, comments=True) if any(c in line for c in "'\"\\#") else line.split()
    except ValueError:
        raise UsageError(f"{here}: a quote is not closed") from None
    if not words:
        return
    variables: dict[str, Any] = {}
    for word in words[1:]:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise UsageError(
                f"{here}: after the host name {words[0]!r} only name=value may follow; found {word.split('=')[0]!r}"
            )
        variables[key] = _value(value)
    try:
        names = expand(words[0])
    except ValueError as error:
        raise UsageError(f"{here}: {error}") from None
    for name in names:
        tree.add_host(name, here, variables, group)


def _value(text: str) -> Any:
    """The value of ``text``: a mapping or list as Ansible reads it (Python literals); everything else stays a text."""
    if text[:1] in "{[" and text:
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return text
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return text
