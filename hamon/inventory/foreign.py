"""Inventories that hamon recognises and does not read: half a cloud must not pass for a whole one.

A TripleO inventory is a structure as the others; juju's documents and openstack-ansible's input are not inventories at all.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from hamon.errors import UsageError
from hamon.inventory.model import Shape, Switches
from hamon.inventory.tree import Tree

NAME = "tripleo"

_CURE = "write an inventory with groups that 'hamon checks' lists (galera, rabbitmq, pacemaker, haproxy, ...)"


def recognise(tree: Tree) -> bool:
    """Whether there are groups of tripleo-ansible-inventory, or its addresses on every network."""
    roles = {"allovercloud", "Undercloud"} & tree.groups.keys() and "overcloud" in tree.groups
    everywhere = [variables for variables in tree.hosts.values() if "ctlplane_ip" in variables]
    return bool(roles or "allovercloud" in tree.groups or everywhere)


def read(tree: Tree, beside: Sequence[Path], globals_file: str | None, switches: Switches) -> Shape:  # noqa: ARG001  # a structure reader's signature
    """Nothing: it always raises UsageError."""
    raise UsageError(
        "this is a TripleO inventory, which hamon does not read: its services listen on networks of their own and run in "
        f"containers that Pacemaker moves; {_CURE}"
    )


def refuse(data: Any, place: str) -> None:
    """Raise UsageError when a parsed document is juju's, or the input from which openstack-ansible makes its inventory."""
    if not isinstance(data, dict):
        return
    applications = data.get("applications", data.get("services"))
    charms = isinstance(applications, dict) and any(
        "charm" in app for app in applications.values() if isinstance(app, dict)
    )
    if charms or (isinstance(applications, dict) and data.keys() & _OF_JUJU):
        _refused(place, "juju's, which hamon does not read", _CURE)
    if data.keys() >= {"cidr_networks", "global_overrides"}:
        _refused(
            place,
            "openstack-ansible's input and no inventory",
            "give openstack_inventory.json, which it makes from this file",
        )


_OF_JUJU = {"model", "machines", "relations", "series", "default-base", "saas", "controller"}


def _refused(place: str, what: str, cure: str) -> NoReturn:
    raise UsageError(f"{place}: this is {what}; {cure}")
