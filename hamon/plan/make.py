"""``make_plan``: every host's node checks, one pseudo-host for each cluster and VIP, and the agents. Pure; no I/O."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from hamon.check import Check
from hamon.component import Component
from hamon.errors import UsageError
from hamon.inventory.model import Host, Inventory
from hamon.nrpe import asking
from hamon.plan import clusters as grouping
from hamon.plan import hosts as hosts_of_plan
from hamon.plan import paging
from hamon.plan.arguments import Arguments
from hamon.plan.clusters import Cluster, Membership
from hamon.plan.model import FactsCommand, Place, Plan, PlannedCheck, needs_root, place
from hamon.plan.overrides import Overrides
from hamon.plan.settings import NRPE, Local, Override, Settings, read_settings
from hamon.runs import OnCluster
from hamon.words import counted, listed


def make_plan(inventory: Inventory, components: Sequence[Component], via_template: str = "") -> Plan:
    """The plan; ``via_template`` replaces the command by which members are asked. Raises UsageError in one line."""
    known = {check.name: frozenset(limit.name for limit in check.limits) for c in components for check in c.checks}
    if NRPE in known:
        raise UsageError(f"a check is called {NRPE!r}, the name of the agent's own item; rename the check")
    settings, locals_ = read_settings(inventory, {**known, NRPE: frozenset()})
    inventory = hosts_of_plan.readdressed(inventory, locals_)
    settings = grouping.with_clusters(settings, inventory, components)
    overrides = Overrides(settings, locals_, inventory, components)
    membership = grouping.membership(components, inventory, settings)
    clusters = grouping.clusters(components, membership, settings, inventory)
    arguments = Arguments(settings, via_template, membership)
    findings = [*inventory.findings, *grouping.findings(components, membership, settings, inventory)]

    parents = hosts_of_plan.parents(settings, inventory)
    central = list(_central(clusters, overrides, arguments))
    watchers = {(check.host, check.check) for check in central}
    central = [check._replace(depends=tuple(p for p in check.depends if p in watchers)) for check in central]
    nodes = list(_nodes(components, membership, clusters, watchers, overrides, arguments))
    alive = list(_alive(inventory.hosts, overrides))
    agents = {check.host for check in alive}
    nodes = [check if check.host in agents else check._replace(depends=check.depends[1:]) for check in nodes]
    checks = sorted([*central, *nodes, *alive], key=lambda check: (check.host, check.check))
    paged, watched = paging.paged(clusters, central), _watched(components, membership)
    judged = {check.host for check in central}
    hosts = [
        *(
            hosts_of_plan.machine(
                host,
                watched.get(host.name, ()),
                parents.get(host.name, ()),
                host.name in paged,
                overrides.host_tier(host),
                settings.hostgroups,
            )
            for host in inventory.hosts
        ),
        *hosts_of_plan.pseudos([cluster for cluster in clusters if cluster.name in judged]),
    ]
    names = [host.name for host in hosts]
    twice = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
    if twice:
        raise UsageError(
            f"host {twice} of the inventory has the name of hamon's pseudo-host for a cluster or VIP; rename it"
        )
    unwatched = _unwatched(inventory, components, settings)
    if unwatched:
        findings.append(f"{counted(len(unwatched), 'group')} hamon has no checks for: {listed(unwatched)}")
    findings += overrides.unused_exclusions()
    return Plan(
        source=inventory.source,
        digest=fingerprint(inventory, settings, locals_, components, via_template),
        settings=settings,
        hosts=tuple(sorted(hosts)),
        checks=tuple(checks),
        facts=tuple(sorted(_facts(components, membership, clusters, central, overrides, arguments))),
        findings=tuple(findings),
        unwatched_groups=unwatched,
    )


def _central(clusters: Sequence[Cluster], overrides: Overrides, arguments: Arguments) -> Iterator[PlannedCheck]:
    """The clusters' and VIPs' checks. They run on the Nagios server."""
    wanted = {
        (cluster.name, check.name): override
        for cluster in clusters
        for check in cluster.checks
        if not (override := overrides.of_cluster(check, cluster.component, cluster.group)).exclude
        and not overrides.excluded(cluster.name, check.name)
    }

    def pages(cluster: Cluster, check: Check[Any]) -> bool:
        override = wanted.get((cluster.name, check.name))
        if override is None or ("--at-risk", "warning") in pairwise(override.args or ()):
            return False
        return overrides.face(check, override).tier == "page"

    pagers = paging.pagers(clusters, pages)
    for cluster in clusters:
        depends = tuple(grouping.dependencies(cluster, clusters))
        for check in cluster.checks:
            me = (cluster.name, check.name)
            if me in wanted:
                lost_host = "" if pagers.get(paging.hosts_of(cluster), me) == me else "warning"
                argv = arguments.central(check, wanted[me], cluster, lost_host)
                yield _planned(cluster.name, check, cluster.component, argv, wanted[me], overrides, depends)


def _nodes(
    components: Sequence[Component],
    membership: Membership,
    clusters: Sequence[Cluster],
    watchers: Collection[tuple[str, str]],
    overrides: Overrides,
    arguments: Arguments,
) -> Iterator[PlannedCheck]:
    """The node checks of every host's components. While a cluster verdict is CRITICAL its node checks add nothing."""
    above = {
        (cluster.name, check.of.name): (cluster.name, check.name)
        for cluster in clusters
        for check in cluster.checks
        if cluster.place is Place.CLUSTER and check.of and (cluster.name, check.name) in watchers
    }
    for component in components:
        for check in component.checks:
            if place(check) is not Place.NODE:
                continue
            for host in membership.members[component.name]:
                override, local = overrides.of_node(check, host)
                if override.exclude or overrides.excluded(host.name, check.name, local):
                    continue
                alive = (host.name, NRPE)
                verdict = above.get((membership.home(component.name, host.name), check.name))
                argv = arguments.node(check, override, local, component, host)
                yield _planned(
                    host.name, check, component, argv, override, overrides, (alive, verdict) if verdict else (alive,)
                )


def _planned(
    host: str,
    check: Check[Any],
    component: Component,
    argv: tuple[str, ...],
    override: Override,
    overrides: Overrides,
    depends: tuple[tuple[str, str], ...],
) -> PlannedCheck:
    face = overrides.face(check, override)
    return PlannedCheck(
        host,
        check.name,
        component.name,
        place(check),
        argv,
        face.tier,
        face.timing,
        depends,
        check.title,
        needs_root(check),
    )


def _alive(hosts: Iterable[Host], overrides: Overrides) -> Iterator[PlannedCheck]:
    """The items that ask whether each host's NRPE answers at all. Everything asked through it depends on them."""
    for host in hosts:
        override, local = overrides.of_agent(host)
        if override.exclude or overrides.excluded(host.name, NRPE, local):
            continue
        face = overrides.agent_face(override)
        yield PlannedCheck(
            host.name,
            NRPE,
            "",
            Place.NRPE,
            asking(overrides.settings.nrpe, host.address),
            face.tier,
            face.timing,
            (),
            "Does NRPE answer on this host?",
        )


def _facts(
    components: Sequence[Component],
    membership: Membership,
    clusters: Sequence[Cluster],
    central: Sequence[PlannedCheck],
    overrides: Overrides,
    arguments: Arguments,
) -> Iterator[FactsCommand]:
    """The facts commands that planned cluster and VIP checks will ask for, once for each host and command."""
    planned = {(check.host, check.check) for check in central}
    homes = {check.name: (check, component) for component in components for check in component.checks}
    done: set[tuple[str, str]] = set()
    for cluster in clusters:
        for check in cluster.checks:
            if check.of is None or (cluster.name, check.name) not in planned:
                continue
            others = [homes[name] for name in _beside(check) if name in homes]
            asked = [
                (check.of, cluster.component, cluster.members),
                *((c, k, membership.members[k.name]) for c, k in others),
            ]
            for of, component, hosts in asked:
                for host in hosts:
                    if (host.name, of.program) in done:
                        continue
                    done.add((host.name, of.program))
                    override, local = overrides.of_node(of, host)
                    argv = arguments.node(of, override, local, component, host)
                    yield FactsCommand(host.name, f"facts_{of.program}", (*argv, "--facts"), needs_root(of))


def _beside(check: Check[Any]) -> tuple[str, ...]:
    return check.runs.beside if isinstance(check.runs, OnCluster) else ()


def _watched(components: Sequence[Component], membership: Membership) -> dict[str, list[str]]:
    """The names of the components that each host is a member of, by the host's name."""
    watched: dict[str, list[str]] = {}
    for component in components:
        for host in membership.members[component.name]:
            watched.setdefault(host.name, []).append(component.name)
    return watched


def _unwatched(inventory: Inventory, components: Sequence[Component], settings: Settings) -> tuple[str, ...]:
    known = {group for component in components for group in component.groups} | {"all", "ungrouped"}
    known |= {group for named in settings.clusters.values() for group in named.values()}
    known |= {vip.holders for vip in settings.vips.values()}
    return tuple(g for g in inventory.own_groups if known.isdisjoint((g, *inventory.aliases.get(g, ()))))


def fingerprint(
    inventory: Inventory,
    settings: Settings,
    locals_: Sequence[Local],
    components: Sequence[Component],
    via_template: str,
) -> str:
    """Twelve hex digits that name the inputs of a plan. No times, no paths of this machine, no memory addresses."""
    stated = [
        (c.name, c.title, c.groups, c.vip_holders, [_stated(check) for check in c.checks])
        for c in components
        if c.name not in inventory.off
    ]
    inputs = (inventory.hosts, settings, locals_, stated, via_template)
    return hashlib.sha256(repr(inputs).encode()).hexdigest()[:12]


def _stated(check: Check[Any]) -> tuple[Any, ...]:
    return (
        check.name,
        check.title,
        check.of.name if check.of else "",
        place(check).value,
        check.runs.argv,
        check.runs.argv_if,
        int(paging.majority(check) or 0),
        check.tier,
        check.interval,
        needs_root(check),
    )
