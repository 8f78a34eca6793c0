"""openstack-ansible: openstack_inventory.json, or what its dynamic_inventory.py prints, and the operator's user_*.yml.

Its groups are the roles already. Read on top of them: the load balancers' addresses, which machine a container runs on, that
keepalived is deployed only where there are several load balancers, and what the operator's variables state (osa_site).
Source: inventories of openstack-ansible from Juno (2014) to its master in July 2026.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hamon.inventory.model import Shape, Switches
from hamon.inventory.osa_site import balancer, overrides, site
from hamon.inventory.stated import Known, on
from hamon.inventory.tree import Tree
from hamon.inventory.variables import fill
from hamon.names import is_address

NAME = "openstack-ansible"

# Where an address may be stated: keepalived's own setting, where HAProxy binds, and what clients use, which may be a name.
_VIPS: Mapping[str, tuple[str, ...]] = {
    side: (f"haproxy_keepalived_{side}_vip_cidr", f"haproxy_bind_{side}_lb_vip_address", f"{side}_lb_vip_address")
    for side in ("internal", "external")
}
_EVERYWHERE = ("*", "0.0.0.0", "::")  # noqa: S104  # where HAProxy may bind, and no virtual address
_BALANCERS = ("haproxy", "haproxy_all", "haproxy_hosts")


def recognise(tree: Tree) -> bool:
    """Whether there are groups that only its own inventory has, and hosts with a ``physical_host``, or the balancers' address for all."""
    if not tree.groups.keys() & {"all_containers", "lxc_hosts", "shared-infra_hosts", "shared_infra_hosts"}:
        return False
    everywhere = tree.groups["all"].variables if "all" in tree.groups else {}
    return "internal_lb_vip_address" in everywhere or any(
        "physical_host" in variables for variables in tree.hosts.values()
    )


def read(tree: Tree, beside: Sequence[Path], globals_file: str | None, switches: Switches) -> Shape:
    """VIPs, machines below containers, keepalived only where it is, ports and TLS. ``beside`` are the inventories' directories."""
    values, findings = overrides(beside, globals_file)
    known = {**tree.agreed(), **tree.group("all").variables, **(values or {})}
    keepalived = _keepalived(tree, known, findings)
    vips: dict[str, str] = {}
    for name, variables in _VIPS.items() if keepalived else ():
        address = _vip(name, variables, known, findings)
        if address and address not in vips.values():
            vips[name] = address
    parents = {
        host: (str(variables["physical_host"]),)
        for host, variables in tree.hosts.items()
        if variables.get("physical_host") not in (None, host) and variables["physical_host"] in tree.hosts
    }
    off = {name for name, (variable, _) in switches.items() if not keepalived and variable == "enable_keepalived"}
    return Shape(
        vips=vips,
        parents=parents,
        off=frozenset(off),
        site=balancer(known, findings) if values is None else site(known, findings),
        variables=known,
        findings=tuple(findings),
    )


def _keepalived(tree: Tree, known: Known, findings: list[str]) -> bool:
    """Whether keepalived is deployed: with several load balancers, unless ``haproxy_use_keepalived`` says otherwise."""
    balancers = {host for host, groups in tree.memberships().items() if not set(_BALANCERS).isdisjoint(groups)}
    several = len(balancers) > 1  # openstack-ansible's own condition
    deployed = on(known, "haproxy_use_keepalived", several, findings, "set hamon.vips by hand")
    if several and not deployed:
        findings.append(
            "haproxy_use_keepalived is off: name the load balancers' addresses, and who may hold them, in hamon.vips"
        )
    return deployed


def _vip(name: str, variables: Sequence[str], known: Mapping[str, Any], findings: list[str]) -> str:
    """The address that the first of ``variables`` states which states one, else the name that one of them has; empty where there is neither."""
    stated = {variable: fill(known[variable], known.get) for variable in variables if known.get(variable) is not None}
    texts = [text.partition("/")[0] for text in stated.values() if text and text not in _EVERYWHERE]
    unread = [variable for variable, text in stated.items() if text is None]
    address = next(filter(is_address, texts), "")
    if unread and not address:
        findings.append(f"{unread[0]} is an expression or encrypted: name the address in hamon.vips.{name}")
        return ""
    return address or next(iter(texts), "")
