"""kolla-ansible: the ``multinode`` inventory and its ``globals.yml``.

Recognised by its groups. VIPs and switches stand in globals.yml, not in the inventory. Groups were renamed over the
years; ALIASES says which further names a group's hosts are known by, so that components need not know the history.
Source: ansible/inventory/multinode and ansible/group_vars/all.yml of openstack/kolla-ansible, 2017 to 2026.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hamon.errors import UsageError
from hamon.inventory.conditions import Unclear, truth
from hamon.inventory.kolla_site import listening, site
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

# What holds for a variable that globals.yml does not set. Kolla-ansible's own defaults, as of its master in August 2026.
DEFAULTS: Mapping[str, bool | str] = {
    "enable_haproxy": True,
    "enable_keepalived": "{{ enable_haproxy | bool }}",
    "enable_hacluster": "{{ enable_masakari_hostmonitor | bool }}",
    "enable_masakari_hostmonitor": "{{ enable_masakari | bool }}",
    "enable_masakari": False,
    "enable_rabbitmq": "{{ 'yes' if om_rpc_transport == 'rabbit' or om_notify_transport == 'rabbit' else 'no' }}",
    "om_rpc_transport": "rabbit",
    "om_notify_transport": "rabbit",
    "enable_ovn": "{{ neutron_plugin_agent == 'ovn' }}",
    "neutron_plugin_agent": "openvswitch",
    "enable_openstack_core": True,
    **dict.fromkeys(("enable_proxysql", "enable_central_logging", "enable_osprofiler"), False),
    **{
        f"enable_{name}": "{{ enable_openstack_core | bool }}"
        for name in ("glance", "heat", "horizon", "keystone", "neutron", "nova", "placement")
    },
    "enable_opensearch": "{{ enable_central_logging | bool or enable_osprofiler | bool }}",
}

# A role that is switched off deploys none of the services in it, whatever their own switches say.
_ROLES = {"enable_haproxy": "enable_loadbalancer", "enable_keepalived": "enable_loadbalancer"}

# Services that no component watches yet and kolla deploys only where they are switched on. Kolla's inventory has all groups,
# deployed or not, and hamon names the groups that it has no checks for: not those of what is not there.
_OPTIONAL = """
aodh barbican bifrost blazar ceilometer ceph cinder cloudkitty collectd congress cyborg designate elasticsearch etcd freezer
gnocchi grafana influxdb ironic iscsid kafka karbor kibana kuryr letsencrypt magnum manila masakari mistral monasca multipathd
murano octavia opensearch outward_rabbitmq ovn panko prometheus qdrouterd qinling rally redis sahara searchlight senlin skyline
solum storm swift tacker telegraf tempest trove valkey venus vitrage vmtp watcher zookeeper zun
"""
OPTIONAL = frozenset(_OPTIONAL.split())
SERVICES = OPTIONAL | {"glance", "heat", "horizon", "keystone", "neutron", "nova", "placement"}

_NO_GLOBALS = "kolla-ansible inventory without a globals.yml: VIPs unknown; give it with --globals FILE"

_VIPS = (("internal", "kolla_internal_vip_address"), ("external", "kolla_external_vip_address"))


def recognise(tree: Tree) -> bool:
    """Whether there are kolla's three role groups, and one of the groups that only its own inventories build from them."""
    groups = tree.groups
    return {"control", "network", "compute"} <= groups.keys() and bool(
        groups.keys() & {"baremetal", "common", "kolla-toolbox", "kolla_toolbox"}
    )


def read(tree: Tree, beside: Sequence[Path], globals_file: str | None, switches: Switches) -> Shape:
    """VIPs, switches and shards, localhost of [deployment] left out. ``beside`` are the inventories' directories."""
    values, findings = _globals(beside, globals_file)
    known = {**tree.agreed(), **tree.group("all").variables, **values}
    vips: dict[str, str] = {}
    for name, variable in _VIPS:
        if known.get(variable) is None:
            continue
        address = fill(known[variable], known.get)
        if address is None:
            findings.append(f"{variable} is a template or encrypted: name the address in hamon.vips.{name}")
        elif address not in vips.values():
            vips[name] = address
    if vips:
        findings = [finding for finding in findings if finding != _NO_GLOBALS]
    listens, unknown = listening(tree, known)
    findings += unknown
    asked = {name: (f"enable_{name}", name not in OPTIONAL) for name in SERVICES}
    shards = _shards(tree)
    return Shape(
        vips=vips,
        aliases=ALIASES,
        ignored=_deployers(tree),
        disabled=_groups_of(_off(asked, known, []), tree),
        off=_off(switches, known, findings),
        groups={f"mariadb_{name}": hosts for name, hosts in shards.items()},
        clusters={"mariadb": {name: f"mariadb_{name}" for name in shards}} if shards else {},
        site=site(known, findings),
        listens=listens,
        variables=known,
        findings=tuple(findings),
    )


def _shards(tree: Tree) -> dict[str, tuple[str, ...]]:
    """MariaDB's shards, each a Galera cluster of its own, with their hosts; empty when there is one only.

    ``mariadb_shard_id`` of a host says which one it is in, 0 where nothing does (kolla-ansible, mariadb-guide).
    """
    shards: dict[str, list[str]] = {}
    for host, groups in tree.memberships().items():
        if "mariadb" in groups:
            shard = tree.variable("mariadb_shard_id", host, groups)
            shards.setdefault(f"shard_{0 if shard is None else shard}", []).append(host)
    return {name: tuple(sorted(hosts)) for name, hosts in sorted(shards.items())} if len(shards) > 1 else {}


def _off(switches: Switches, known: Mapping[str, Any], findings: list[str]) -> frozenset[str]:
    """The names whose switch is off. An expression that cannot be evaluated goes to ``findings``."""
    return frozenset(
        name for name, (variable, default) in switches.items() if not _on(known, variable, default, findings)
    )


def _groups_of(services: frozenset[str], tree: Tree) -> frozenset[str]:
    """The groups of ``services``: the service's own, and those of its parts, such as octavia-api."""

    def of(group: str) -> bool:
        words = group.replace("-", "_").split("_")
        return any("_".join(words[:count]) in services for count in range(1, len(words) + 1))

    return frozenset(filter(of, tree.groups))


def _globals(beside: Sequence[Path], given: str | None) -> tuple[dict[str, Any], list[str]]:
    """globals.yml: the one given, the one beside an inventory (the last one's first), or the system's; then globals.d beside it."""
    candidates = [Path(given)] if given else [*(folder / "globals.yml" for folder in reversed(beside)), SYSTEM_GLOBALS]
    path = next((path for path in candidates if given or path.is_file()), None)
    if path is None:
        return {}, [_NO_GLOBALS]
    values = mapping_file(path, "globals file")
    for further in sorted((path.parent / "globals.d").glob("*.yml")):
        values.update(mapping_file(further, "globals file"))
    return values, []


def _on(known: Mapping[str, Any], variable: str, default: bool | str, findings: list[str]) -> bool:
    """Whether a switch is on. What cannot be evaluated has its default, and a finding says so."""

    def lookup(name: str) -> Any:
        return known[name] if known.get(name) is not None else DEFAULTS.get(name)

    fallback = DEFAULTS.get(variable, default)
    if isinstance(fallback, str) and "{{" not in fallback:
        fallback = f"{{{{ {fallback} | bool }}}}"
    value = known.get(variable)
    try:
        try:
            on = truth(fallback if value is None else value, lookup)
        except Unclear:
            on = truth(fallback, DEFAULTS.get)
            whose = "follows" if value is None else "is"
            finding = f"{variable} {whose} an expression that hamon does not evaluate: taken for {'on' if on else 'off'}, kolla's default"
            findings += [finding] if finding not in findings else []
    except ValueError as error:
        raise UsageError(f"globals file: {str(error)[:20]!r} is neither yes nor no") from None
    role = _ROLES.get(variable)
    return on and (role is None or known.get(role) is None or _on(known, role, True, findings))


def _deployers(tree: Tree) -> frozenset[str]:
    """The host localhost when it is in no group but [deployment]: the machine that runs Ansible, not a part of the cloud."""
    if "localhost" not in tree.hosts:
        return frozenset()
    groups = {name for name, group in tree.groups.items() if "localhost" in group.hosts}
    return frozenset({"localhost"}) if groups <= {"deployment", "all", "ungrouped"} else frozenset()
