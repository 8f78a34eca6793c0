"""Read any Ansible inventory whose groups are the roles: it needs nothing beyond its groups. Virtual addresses: hamon.vips."""

from collections.abc import Sequence
from pathlib import Path

from hamon.errors import UsageError
from hamon.inventory.model import Shape, Switches
from hamon.inventory.tree import Tree

NAME = "ansible"


def recognise(tree: Tree) -> bool:  # noqa: ARG001  # the last resort takes everything
    """True: every inventory is at least a plain one."""
    return True


def read(tree: Tree, beside: Sequence[Path], globals_file: str | None, switches: Switches) -> Shape:  # noqa: ARG001  # a structure reader's signature
    """An empty shape: there is nothing to add. Raises UsageError for a globals file, which only kolla-ansible has."""
    if globals_file:
        raise UsageError(
            "--globals is for kolla-ansible inventories; this one lacks the groups control, network and compute"
        )
    return Shape()
