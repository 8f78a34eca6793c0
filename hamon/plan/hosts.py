"""The plan's hosts: machines with their parents and addresses, and the pseudo-hosts of clusters and VIPs. Pure."""

import re
from collections.abc import Iterator, Sequence

from hamon.errors import UsageError
from hamon.inventory.model import Host, Inventory
from hamon.plan.clusters import Cluster
from hamon.plan.model import PlannedHost
from hamon.plan.settings import Local, Settings
from hamon.words import some


def parents(settings: Settings, inventory: Inventory) -> dict[str, tuple[str, ...]]:
    """hamon.parents, checked: both ends must be hosts of the inventory, and no host is its own parent. Raises UsageError."""
    names = {host.name for host in inventory.hosts}
    parents = {host.name: host.parents for host in inventory.hosts if host.parents} | dict(settings.parents)
    for host, above in parents.items():
        for name in (host, *above):
            if name not in names:
                raise UsageError(
                    f"hamon.parents.{host}: {name!r} is not a host of the inventory; add it there or correct the name"
                )
    for host in parents:
        trail, waiting = set[str](), list(parents[host])
        while waiting:
            name = waiting.pop()
            if name == host:
                raise UsageError(
                    f"hamon.parents.{host}: the host is its own parent, by way of {some(sorted(trail | {host}), 10)}"
                )
            if name not in trail:
                trail.add(name)
                waiting += parents.get(name, ())
    return parents


def readdressed(inventory: Inventory, locals_: Sequence[Local]) -> Inventory:
    """The inventory with the addresses that hosts' own settings state in place of the deployment tool's."""
    own = {local.name: local for local in locals_ if local.address or local.service_address}
    hosts = tuple(
        host._replace(
            address=own[host.name].address or host.address,
            listens=own[host.name].service_address or ("" if own[host.name].address else host.listens),
        )
        if host.name in own
        else host
        for host in inventory.hosts
    )
    return inventory._replace(hosts=hosts) if own else inventory


def machine(
    host: Host,
    components: Sequence[str],
    parents: Sequence[str],
    paged: bool,
    own_tier: str | None,
    wanted: Sequence[str],
) -> PlannedHost:
    """The host object of one machine."""
    tier = own_tier or ("ticket" if paged else "page")
    groups = tuple(group for group in host.groups if any(re.search(pattern, group) for pattern in wanted))
    return PlannedHost(host.name, host.address, "host", tuple(components), tuple(sorted(parents)), tier, groups=groups)


def pseudos(clusters: Sequence[Cluster]) -> Iterator[PlannedHost]:
    """The pseudo-hosts: one for each cluster, one for each VIP and all the components that are judged through it."""
    for name in dict.fromkeys(cluster.name for cluster in clusters):
        mine = [cluster for cluster in clusters if cluster.name == name]
        components = tuple(cluster.component.name for cluster in mine)
        first = mine[0]
        if first.vip:
            yield PlannedHost(name, first.vip[1], "vip", components, title=f"virtual address {first.vip[0]}")
        else:
            title = f"{first.component.title}: the cluster of {len(first.members)}"
            yield PlannedHost(name, name, "cluster", components, title=title)
