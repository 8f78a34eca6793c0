"""openstack-ansible: openstack_inventory.json, or what its dynamic_inventory.py prints.

Its groups are the roles already. Read on top of them: the load balancers' addresses, which machine a container runs on, and that
keepalived is deployed only where there are several load balancers. user_variables.yml is not read, and a note says so.
Source: inventories of openstack-ansible from Juno (2014) to its master in July 2026.
"""

from collections.abc import Sequence
from pathlib import Path

from hamon.errors import UsageError
from hamon.inventory.model import Shape, Switches
from hamon.inventory.tree import Tree
from hamon.inventory.variables import fill

NAME = "openstack-ansible"

_VIPS = (("internal", "internal_lb_vip_address"), ("external", "external_lb_vip_address"))
_BALANCERS = ("haproxy", "haproxy_all", "haproxy_hosts")


def recognise(tree: Tree) -> bool:
    """Whether there are groups that only its own inventory has, and hosts with a ``physical_host``, or the balancers' address for all."""
    if not tree.groups.keys() & {"all_containers", "lxc_hosts", "shared-infra_hosts", "shared_infra_hosts"}:
        return False
    everywhere = tree.groups["all"].variables if "all" in tree.groups else {}
    return _VIPS[0][1] in everywhere or any("physical_host" in variables for variables in tree.hosts.values())


def read(tree: Tree, beside: Sequence[Path], globals_file: str | None, switches: Switches) -> Shape:  # noqa: ARG001  # a structure reader's signature
    """VIPs, machines below containers, and keepalived only where it is. Raises UsageError for a globals file."""
    if globals_file:
        raise UsageError("--globals is for kolla-ansible inventories; this one is openstack-ansible's")
    findings = [
        "openstack-ansible: user_variables.yml is not read; name other ports in hamon.site and further addresses in hamon.vips"
    ]
    memberships = tree.memberships()
    balancers = {host for host, groups in memberships.items() if not set(_BALANCERS).isdisjoint(groups)}
    alone = len(balancers) < 2  # openstack-ansible's own condition for keepalived
    everywhere = tree.group("all").variables
    vips: dict[str, str] = {}
    for name, variable in () if alone else _VIPS:
        address = None if everywhere.get(variable) is None else fill(everywhere[variable], everywhere.get)
        if address is not None and address not in vips.values():
            vips[name] = address
    parents = {
        host: (str(variables["physical_host"]),)
        for host, variables in tree.hosts.items()
        if variables.get("physical_host") not in (None, host) and variables["physical_host"] in tree.hosts
    }
    off = {name for name, (variable, _) in switches.items() if alone and variable == "enable_keepalived"}
    return Shape(vips=vips, parents=parents, off=frozenset(off), findings=tuple(findings))
