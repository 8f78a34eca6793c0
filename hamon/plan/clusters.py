"""Who belongs together: the clusters of a component, the holders of a virtual address, and what is judged of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from hamon.check import Check
from hamon.component import Component
from hamon.errors import UsageError
from hamon.inventory.model import Host, Inventory
from hamon.plan.model import Place, place
from hamon.plan.settings import Settings, Vip
from hamon.runs import OnCluster
from hamon.words import counted, listed, nearest, some


class Cluster(NamedTuple):
    """One component's share of a pseudo-host: its checks and members. ``group`` is set where a component has several.

    ``fronts`` is the name of the cluster behind a virtual address, empty where it is not known.

    ``arbiters``: how many hosts vote with the members and hold no data; None where the inventory says nothing of any.
    """

    name: str
    place: Place
    component: Component
    checks: tuple[Check[Any], ...]
    members: tuple[Host, ...]
    group: str = ""
    vip: tuple[str, str] | None = None
    arbiters: int | None = None
    fronts: str = ""


class Membership(NamedTuple):
    """Who is a member of what. ``members`` are each component's hosts.

    ``clusters`` has the components that ``hamon.clusters`` divides: cluster name to (group, hosts); ``homes`` says of
    (component, host name) which of them the host is in.
    """

    members: Mapping[str, tuple[Host, ...]]
    clusters: Mapping[str, Mapping[str, tuple[str, tuple[Host, ...]]]] = {}
    homes: Mapping[tuple[str, str], str] = {}
    before: str = ""

    def home(self, component: str, host: str) -> str:
        """The cluster of the component that the host is in; empty when it is in none of several."""
        return (
            self.homes.get((component, host), "") if component in self.clusters else f"{self.before}{component}.cluster"
        )

    def fellows(self, component: str, host: str) -> tuple[Host, ...]:
        """The members of that cluster, the host among them; all of the component where it has one cluster."""
        cluster = self.homes.get((component, host))
        return self.clusters[component][cluster][1] if cluster else self.members.get(component, ())


def with_clusters(settings: Settings, inventory: Inventory, components: Sequence[Component]) -> Settings:
    """``settings`` with the clusters that the deployment tool itself distinguishes, where nothing else is set about a component."""
    own = {
        component.name: clusters
        for component in components
        for group, clusters in inventory.clusters.items()
        if group in component.groups and _at(component, Place.CLUSTER)
    }
    return settings._replace(clusters={**own, **settings.clusters})


def before(settings: Settings) -> str:
    """What stands before the names of pseudo-hosts: nothing, unless a prefix distinguishes two clouds in one Nagios."""
    return "" if settings.prefix == Settings().prefix else f"{settings.prefix}-"


def membership(components: Sequence[Component], inventory: Inventory, settings: Settings) -> Membership:
    """Who is a member of what, by groups, divided as ``hamon.clusters`` says. Raises UsageError naming component, cluster and group."""
    members = {component.name: _members(component, inventory) for component in components}
    ahead = before(settings)
    groups = {component.name: component.groups for component in components}
    clusters: dict[str, dict[str, tuple[str, tuple[Host, ...]]]] = {}
    homes: dict[tuple[str, str], str] = {}
    for component, named in settings.clusters.items():
        place = f"hamon.clusters.{component}"
        if component not in members:
            raise UsageError(f"{place}: no component is called that; {nearest(component, members)}")
        if component in inventory.off:
            continue
        clusters[component] = {}
        for name, group in named.items():
            inside = _of_group(group, inventory, f"{place}.{name}")
            hosts = tuple(host for host in members[component] if host.name in inside)
            if not hosts:
                raise UsageError(
                    f"{place}.{name}: no host of group {group} is in {component} (groups {some(groups[component], 10)})"
                )
            clusters[component][f"{ahead}{component}.{name}"] = (group, hosts)
            for host in hosts:
                if (component, host.name) in homes:
                    raise UsageError(f"{place}.{name}: {host.name} is in {homes[component, host.name]} already")
                homes[component, host.name] = f"{ahead}{component}.{name}"
    return Membership(members, clusters, homes, ahead)


def clusters(
    components: Sequence[Component], membership: Membership, settings: Settings, inventory: Inventory
) -> list[Cluster]:
    """One for each cluster with cluster checks, one for each VIP and component that is judged through it."""
    made = []
    for component in components:
        checks = _at(component, Place.CLUSTER)
        several = membership.clusters.get(component.name)
        if checks and several:
            made += [
                Cluster(name, Place.CLUSTER, component, checks, m, group, None, _arbiters(component, inventory, group))
                for name, (group, m) in several.items()
            ]
        elif checks and membership.members[component.name]:
            members = membership.members[component.name]
            arbiters = _arbiters(component, inventory)
            made.append(
                Cluster(
                    f"{before(settings)}{component.name}.cluster",
                    Place.CLUSTER,
                    component,
                    checks,
                    members,
                    arbiters=arbiters,
                )
            )
    for name, vip in settings.vips.items():
        _refuse_unknown(name, vip, components)
        for component in components:
            behind, fronts, members = _behind(component, name, vip, membership)
            if not behind:
                members = holders(name, vip, components, membership, inventory)
            checks = _at(component, Place.VIP)
            if checks and members and (behind or component.vip_holders):
                made.append(
                    Cluster(
                        f"{before(settings)}vip.{name}",
                        Place.VIP,
                        component,
                        checks,
                        members,
                        vip=(name, vip.address),
                        fronts=fronts,
                    )
                )
    return made


def _behind(component: Component, name: str, vip: Vip, membership: Membership) -> tuple[bool, str, tuple[Host, ...]]:
    """Whether the component is judged through an address, the name of the cluster behind it, and that cluster's members.

    Of several clusters the settings name the one (``rabbitmq.cell1``); where they do not, the name is empty.
    """
    stated = next((text for text in vip.components if text.partition(".")[0] == component.name), None)
    if stated is None:
        return False, "", ()
    several = membership.clusters.get(component.name, {})
    if stated == component.name:
        return (
            True,
            "" if several else f"{membership.before}{component.name}.cluster",
            membership.members[component.name],
        )
    if f"{membership.before}{stated}" not in several:
        known = [cluster.removeprefix(membership.before) for cluster in several]
        raise UsageError(f"hamon.vips.{name}.components: no cluster is called {stated!r}; {nearest(stated, known)}")
    return True, f"{membership.before}{stated}", several[f"{membership.before}{stated}"][1]


def holders(
    name: str, vip: Vip, components: Sequence[Component], membership: Membership, inventory: Inventory
) -> tuple[Host, ...]:
    """The hosts that may hold a virtual address: the group it names, else all of the components that hold such."""
    if vip.holders:
        inside = _of_group(vip.holders, inventory, f"hamon.vips.{name}.holders")
        return tuple(host for host in inventory.hosts if host.name in inside)
    return tuple(sorted({host for c in components if c.vip_holders for host in membership.members[c.name]}))


def findings(
    components: Sequence[Component], membership: Membership, settings: Settings, inventory: Inventory
) -> Iterator[str]:
    """What is incomplete, a line each: a VIP that no host can hold, holders without a VIP, hosts that no cluster counts."""
    if any(_at(component, Place.VIP) for component in components if component.vip_holders):
        able = holders("", Vip(""), components, membership, inventory)
        if able and not settings.vips:
            yield f"{counted(len(able), 'host')} can hold a VIP but none is known; name it: hamon.vips: {{internal: ADDRESS}}"
        idle = [name for name, vip in settings.vips.items() if not vip.holders and not able]
        if idle and not {c.name for c in components if c.vip_holders} <= inventory.off:
            groups = sorted({group for c in components if c.vip_holders for group in c.groups})
            yield f"VIP {some(idle, 10)}: no host can hold it; its holders stand in the groups {some(groups, 10)}"
    for name in membership.clusters:
        left = [host.name for host in membership.members[name] if (name, host.name) not in membership.homes]
        if left:
            yield f"hamon.clusters.{name}: {some(left, 10)} in none of them, so that no cluster verdict counts {'it' if len(left) == 1 else 'them'}"
    for name, vip in settings.vips.items():
        for component_name in vip.components:
            several = [
                cluster.removeprefix(membership.before) for cluster in membership.clusters.get(component_name, ())
            ]
            if several:
                yield (
                    f"hamon.vips.{name}.components: {component_name} has several clusters and none of their verdicts silences "
                    f"its checks; name the one behind the address ({', '.join(several)})"
                )
    for component in components:
        if component.name not in membership.clusters and component.name not in inventory.off:
            yield from _several(component, inventory)


def _several(component: Component, inventory: Inventory) -> Iterator[str]:
    """A line when groups of a component that counts a majority may be several clusters: two or more, none sharing a
    host with another, each large enough to be one.
    """
    if not any(isinstance(check.runs, OnCluster) and check.runs.majority for check in component.checks):
        return
    own = [group for group in component.groups if group in inventory.groups and group in inventory.own_groups]
    below = [tuple(child for child in inventory.children.get(group, ()) if child in inventory.groups) for group in own]
    for groups in (tuple(own), *below, *(inventory.children.get(g, ()) for children in below for g in children)):
        hosts = [set(inventory.groups.get(group, ())) for group in groups]
        if len(groups) > 1 and min(map(len, hosts)) > 1 and len(set().union(*hosts)) == sum(map(len, hosts)):
            named = ", ".join(f"{group}: {group}" for group in groups[:3])
            yield (
                f"{component.name}: {listed(groups)} share no host and are judged as one cluster; if they are several, "
                f"name them: hamon.clusters: {{{component.name}: {{{named}{', ...' if len(groups) > 3 else ''}}}}}"
            )
            return


def dependencies(cluster: Cluster, others: Sequence[Cluster]) -> Iterator[tuple[str, str]]:
    """The verdicts, as (host, check), that say already what a check of a component behind a VIP would: those over the address's holders and
    the members of the cluster behind it.
    """
    if cluster.place is not Place.VIP or cluster.component.vip_holders:
        return
    for other in others:
        address = other.name == cluster.name and other.component.vip_holders
        if address or (other.place is Place.CLUSTER and other.name == cluster.fronts):
            yield from ((other.name, check.name) for check in other.checks if check.of)


def _at(component: Component, where: Place) -> tuple[Check[Any], ...]:
    return tuple(check for check in component.checks if place(check) is where)


def _members(component: Component, inventory: Inventory) -> tuple[Host, ...]:
    if component.name in inventory.off:
        return ()
    groups, arbiters = set(component.groups), set(component.arbiters)
    return tuple(
        host for host in inventory.hosts if not groups.isdisjoint(host.groups) and arbiters.isdisjoint(host.groups)
    )


def _arbiters(component: Component, inventory: Inventory, within: str = "") -> int | None:
    """How many hosts stand in the component's arbiter groups (of several clusters: in the group ``within`` as well)."""
    hosts = {name for group in component.arbiters for name in inventory.groups.get(group, ())}
    if within:
        hosts &= set(inventory.groups.get(within, ()))
    return len(hosts) or None


def _of_group(group: str, inventory: Inventory, place: str) -> frozenset[str]:
    if group not in inventory.groups:
        raise UsageError(
            f"{place}: the inventory has no hosts in a group {group!r}; {nearest(group, inventory.groups)}"
        )
    return frozenset(inventory.groups[group])


def _refuse_unknown(name: str, vip: Vip, components: Sequence[Component]) -> None:
    able = {
        component.name: component for component in components if _at(component, Place.VIP) and not component.vip_holders
    }
    for component in (text.partition(".")[0] for text in vip.components):
        if component not in able:
            raise UsageError(
                f"hamon.vips.{name}.components: {component!r} has no check through a virtual address; {nearest(component, able)}"
            )
