"""kolla-ansible: the ``multinode`` inventory and its ``globals.yml``.

Recognised by its groups. VIPs and switches stand in globals.yml, not in the inventory. Groups were renamed over the
years; ALIASES says which further names a group's hosts are known by, so that components need not know the history.
Source: ansible/inventory/multinode and ansible/group_vars/all.yml of openstack/kolla-ansible, 2017 to 2026.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hamon.errors import UsageError
from hamon.inventory.model import Shape, Switches
from hamon.inventory.sources import mapping_file
from hamon.inventory.tree import Tree
from hamon.inventory.variables import fill

NAME = "kolla"
SYSTEM_GLOBALS = Path("/etc/kolla/globals.yml")

ALIASES: Mapping[str, tuple[str, ...]] = {
    "mariadb": ("galera",),
    "loadbalancer": ("haproxy", "keepalived"),
    "haproxy": ("keepalived",),  # until 2021 the load balancers' group; keepalived never had one of its own
    "hacluster": ("corosync", "pacemaker"),
    "hacluster-remote": ("pacemaker-remote",),
    "elasticsearch": ("opensearch",),
    "kibana": ("opensearch-dashboards",),
    "redis": ("valkey",),
    "glance": ("glance-api",),
    "ceph-mon": ("ceph_mon",),
    "ceph-osd": ("ceph_osd",),
    "ovn-nb-db": ("ovn",),
    "ovn-sb-db": ("ovn",),
    "neutron-lbaas-agent": ("lbaas",),
}

# Groups that no component watches yet: the switch that deploys each, and what holds when it is not set. Kolla's inventory
# has all groups, deployed or not, and hamon names the groups that it has no checks for: not those of what is not there.
SWITCHES: Mapping[str, tuple[str, bool | str]] = {
    "keystone": ("enable_keystone", True),
    "glance": ("enable_glance", True),
    "nova": ("enable_nova", True),
    "neutron": ("enable_neutron", True),
    "placement": ("enable_placement", True),
    "horizon": ("enable_horizon", True),
    "cinder": ("enable_cinder", False),
    "octavia": ("enable_octavia", False),
    "opensearch": ("enable_opensearch", False),
}

_VIPS = (("internal", "kolla_internal_vip_address"), ("external", "kolla_external_vip_address"))


def recognise(tree: Tree) -> bool:
    """Kolla's three role groups, and one of the groups that only its own inventories build from them."""
    groups = tree.groups
    return {"control", "network", "compute"} <= groups.keys() and bool(
        groups.keys() & {"baremetal", "common", "kolla-toolbox", "kolla_toolbox"}
    )


def read(tree: Tree, beside: Path | None, globals_file: str | None, switches: Switches) -> Shape:
    """VIPs and switches from globals.yml, localhost of [deployment] left out. ``beside`` is the inventory's directory."""
    values, findings = _globals(beside, globals_file)
    known = {**tree.group("all").variables, **values}
    vips: dict[str, str] = {}
    for name, variable in _VIPS:
        if known.get(variable) is None:
            continue
        address = fill(known[variable], known.get)
        if address is None:
            findings.append(f"{variable} is a template or encrypted: name the address in hamon.vips.{name}")
        elif address not in vips.values():
            vips[name] = address
    return Shape(vips, ALIASES, _deployers(tree), _off(SWITCHES, known), _off(switches, known), tuple(findings))


def _off(switches: Switches, known: Mapping[str, Any]) -> frozenset[str]:
    """The names whose switch is off."""
    return frozenset(name for name, (variable, default) in switches.items() if not _on(known, variable, default))


def _globals(beside: Path | None, given: str | None) -> tuple[dict[str, Any], list[str]]:
    """globals.yml: the one given, the one beside the inventory, or the system's; then globals.d beside it."""
    candidates = [Path(given)] if given else [*([beside / "globals.yml"] if beside else []), SYSTEM_GLOBALS]
    path = next((path for path in candidates if given or path.is_file()), None)
    if path is None:
        return {}, ["kolla-ansible inventory without a globals.yml: VIPs unknown; give it with --globals FILE"]
    values = mapping_file(path, "globals file")
    for further in sorted((path.parent / "globals.d").glob("*.yml")):
        values.update(mapping_file(further, "globals file"))
    return values, []


def _on(known: Mapping[str, Any], variable: str, default: bool | str) -> bool:
    """A switch as Ansible's ``bool`` filter reads it. A template cannot be evaluated: the default holds."""
    value = known.get(variable)
    if value is None or "{{" in str(value):
        return default if isinstance(default, bool) else _on(known, default, True)
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in ("yes", "true", "on", "1", "y", "t"):
        return True
    if text in ("no", "false", "off", "0", "n", "f"):
        return False
    raise UsageError(f"globals file: {text[:20]!r} is neither yes nor no")


def _deployers(tree: Tree) -> frozenset[str]:
    """The host localhost when it is in no group but [deployment]: the machine that runs Ansible, not a part of the cloud."""
    if "localhost" not in tree.hosts:
        return frozenset()
    groups = {name for name, group in tree.groups.items() if "localhost" in group.hosts}
    return frozenset({"localhost"}) if groups <= {"deployment", "all", "ungrouped"} else frozenset()
