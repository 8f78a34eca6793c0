"""Ansible's YAML inventories: groups with ``hosts``, ``children`` and ``vars``, nested as their author likes."""

from typing import Any

from hamon.errors import UsageError
from hamon.inventory.documents import parse_yaml
from hamon.inventory.ranges import expand
from hamon.inventory.tree import Tree

_KEYS = ("hosts", "children", "vars")


def read(text: str, place: str, tree: Tree) -> None:
    """Fill ``tree`` from a YAML inventory. Raises UsageError with the line or the path inside the document."""
    read_data(parse_yaml(text, place), place, tree)


def read_data(data: Any, place: str, tree: Tree) -> None:
    """Fill ``tree`` from the parsed document."""
    for name, group in _mapping(data, f"{place}: the inventory").items():
        _group(str(name), group, place, str(name), tree, ())


def _mapping(value: Any, what: str) -> dict[Any, Any]:
    if value is None:
        return {}
    if isinstance(value, str):
        return {value: None}  # 'hosts: ctl1' and 'children: control' are short forms that Ansible takes
    if not isinstance(value, dict):
        raise UsageError(f"{what} must be a mapping (names with a colon behind), not a {_kind(value)}")
    return value


def _kind(value: Any) -> str:
    return {list: "list", bool: "truth value", int: "number", float: "number"}.get(type(value), type(value).__name__)


def _group(name: str, data: Any, place: str, path: str, tree: Tree, trail: tuple[int, ...]) -> None:
    if id(data) in trail and data:
        raise UsageError(f"{place}: {path}: a YAML anchor contains itself")
    group = tree.group(name)
    data = _mapping(data, f"{place}: {path}")
    for key in data:
        if key not in _KEYS:
            tree.findings.append(f"{place}: {path}: {key!r} is not one of {', '.join(_KEYS)} and was not read")
    group.variables.update(_mapping(data.get("vars"), f"{place}: {path}.vars"))
    for pattern, variables in _mapping(data.get("hosts"), f"{place}: {path}.hosts").items():
        here = f"{place}: {path}.hosts.{pattern}"
        known = {str(key): value for key, value in _mapping(variables, here).items()}
        try:
            names = expand(str(pattern))
        except ValueError as error:
            raise UsageError(f"{here}: {error}") from None
        for host in names:
            tree.add_host(host, here, known, name)
    for child, below in _mapping(data.get("children"), f"{place}: {path}.children").items():
        here = f"{path}.children.{child}"
        tree.add_child(name, str(child), f"{place}: {here}")
        _group(str(child), below, place, here, tree, (*trail, id(data)))
