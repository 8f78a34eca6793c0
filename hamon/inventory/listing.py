"""The JSON of ``ansible-inventory --list`` and of dynamic inventory scripts: every inventory can be turned into it."""

from collections.abc import Mapping
from typing import Any

from hamon.errors import UsageError
from hamon.inventory.tree import Tree


def recognise(data: Any) -> bool:
    """Whether a parsed JSON document is such a listing and not a YAML inventory written as JSON."""
    if not isinstance(data, dict):
        return False
    groups = [group for group in data.values() if isinstance(group, dict)]
    lists = any(isinstance(group.get(key), list) for group in groups for key in ("hosts", "children"))
    return "_meta" in data or lists or any(isinstance(group, list) for group in data.values())


def names(data: Mapping[str, Any]) -> list[str]:
    """The hosts of a listing without ``_meta``, each once, in order: only the script itself can say more about them."""
    groups = (group for name, group in data.items() if name != "_meta" and not _is_host(group))
    hosts = (group if isinstance(group, list) else group.get("hosts", ()) for group in groups)
    return list(dict.fromkeys(str(host) for some in hosts for host in some))


def read_host(name: str, variables: Any, place: str, tree: Tree) -> None:
    """Add the variables of one host, as ``script --host NAME`` prints them."""
    if not isinstance(variables, dict):
        raise UsageError(f"{place}: the variables of {name} are not a mapping")
    tree.add_host(name, f"{place}: {name}", variables)


def _is_host(data: Any) -> bool:
    """Whether a mapping at the top is a host, as old scripts print it with its variables: nothing of a group is in it (as Ansible reads it)."""
    return isinstance(data, dict) and bool(data) and data.keys().isdisjoint(("hosts", "children", "vars"))


def read(data: Any, place: str, tree: Tree) -> None:
    """Fill ``tree`` from a listing. Raises UsageError naming the group or host."""
    if not isinstance(data, dict):
        raise UsageError(f"{place}: not a listing of groups; expected what 'ansible-inventory --list' prints")
    meta = data.get("_meta") or {}
    hostvars = meta.get("hostvars", {}) if isinstance(meta, dict) else None
    if not isinstance(hostvars, dict):
        raise UsageError(f"{place}: _meta.hostvars is not a mapping of hosts")
    for name, group in data.items():
        if name != "_meta" and _is_host(group):
            tree.add_host(name, f"{place}: {name}", group)
        elif name != "_meta":
            _group(name, group, place, tree)
    exported = any(group.variables for group in tree.groups.values())
    for host, variables in hostvars.items():
        if not isinstance(variables, dict):
            raise UsageError(f"{place}: _meta.hostvars.{host} is not a mapping of variables")
        tree.add_host(host, f"{place}: _meta.hostvars.{host}", variables)
    if not exported:
        _lift(place, tree)


def _group(name: str, data: Any, place: str, tree: Tree) -> None:
    group = tree.group(name)
    if isinstance(data, list):
        data = {"hosts": data}  # the oldest form of inventory scripts
    if not isinstance(data, dict):
        raise UsageError(f"{place}: group {name} is neither a mapping nor a list of hosts")
    for key, kind in (("hosts", list), ("children", list), ("vars", dict)):
        if not isinstance(data.get(key, kind()), kind):
            raise UsageError(f"{place}: {name}.{key} is not a {'mapping' if kind is dict else 'list'}")
    for host in data.get("hosts", ()):
        tree.add_host(str(host), f"{place}: {name}.hosts", {}, name)
    for child in data.get("children", ()):
        tree.add_child(name, str(child), f"{place}: {name}.children")
        tree.group(str(child))  # listings leave out empty groups
    group.variables.update(data.get("vars", {}))


def _lift(place: str, tree: Tree) -> None:
    """Give a ``hamon`` variable that all hosts share back to group all.

    Without ``--export`` a listing has group variables only as copies in every host's variables.
    """
    values = [variables["hamon"] for variables in tree.hosts.values() if "hamon" in variables]
    if not values:
        return
    if len(values) == len(tree.hosts) and all(value == values[0] for value in values):
        for variables in tree.hosts.values():
            del variables["hamon"]
        tree.group("all").variables["hamon"] = values[0]
    elif len(values) == len(tree.hosts):
        raise UsageError(
            f"{place}: hosts have different 'hamon' variables and the listing does not say whose they were; "
            "make it with 'ansible-inventory --list --export', or put them into a file given with --settings"
        )
