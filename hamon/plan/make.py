"""``make_plan``: every host's node checks, one pseudo-host for each cluster and VIP, and the agents. Pure; no I/O."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from hamon.check import Check, Component
from hamon.inventory.model import Host, Inventory, counted, some
from hamon.inventory.settings import NRPE, Local, Override, Settings, read_settings
from hamon.plan.arguments import Arguments
from hamon.plan.model import FactsCommand, Plan, PlannedCheck, PlannedHost
from hamon.plan.overrides import Overrides, runbook
from hamon.verdict import UsageError


class _Cluster(NamedTuple):
    """One pseudo-host to be: its checks and members."""

    name: str
    kind: str
    component: Component
    checks: tuple[Check, ...]
    members: tuple[Host, ...]
    vip: tuple[str, str] | None = None


def make_plan(inventory: Inventory, components: Sequence[Component], via_template: str = "") -> Plan:
    """The plan; ``via_template`` replaces the command by which members are asked. Raises UsageError in one line."""
    known = {check.name: frozenset(limit.name for limit in check.limits) for c in components for check in c.checks}
    if NRPE in known:
        raise UsageError(f"a check is called {NRPE!r}, the name of the agent's own item; rename the check")
    settings, locals_ = read_settings(inventory, {**known, NRPE: frozenset()})
    overrides = Overrides(settings, locals_, inventory, components)
    members = {c.name: _members(c, inventory) for c in components}
    clusters = list(_clusters(components, members, settings))
    arguments = Arguments(settings, via_template, members)
    findings = [*inventory.findings, *_vip_findings(components, members, settings)]

    parents = _parents(settings, inventory)
    central = [check for cluster in clusters for check in _central(cluster, overrides, arguments)]
    watchers = {(check.host, check.check): check for check in central}
    nodes = list(_nodes(components, members, clusters, watchers, overrides, arguments))
    alive = list(_alive(inventory.hosts, overrides, arguments))
    agents = {check.host for check in alive}
    nodes = [check if check.host in agents else check._replace(depends=check.depends[1:]) for check in nodes]
    checks = sorted([*central, *nodes, *alive], key=lambda check: (check.host, check.check))
    paging = {check.host for check in central if check.where == "cluster" and check.tier == "page"}
    paged = {m.name for c in clusters for m in c.members if c.name in paging}
    told = {check.host for check in central}
    hosts = [
        *(
            _host(host, components, parents.get(host.name, ()), "ticket" if host.name in paged else "page")
            for host in inventory.hosts
        ),
        *{cluster.name: _pseudo(cluster) for cluster in clusters if cluster.name in told}.values(),
    ]
    names = [host.name for host in hosts]
    twice = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
    if twice:
        raise UsageError(
            f"host {twice} of the inventory has the name of hamon's pseudo-host for a cluster or VIP; rename it"
        )
    unwatched = _unwatched(inventory, components)
    if unwatched:
        findings.append(f"{counted(len(unwatched), 'group')} hamon has no checks for: {some(unwatched)}")
    findings += overrides.unused_exclusions()
    return Plan(
        source=inventory.source,
        digest=fingerprint(inventory, settings, locals_, components, via_template),
        settings=settings,
        hosts=tuple(sorted(hosts)),
        checks=tuple(checks),
        facts=tuple(sorted(_facts(components, members, clusters, central, overrides, arguments))),
        findings=tuple(findings),
        unwatched_groups=unwatched,
    )


def _members(component: Component, inventory: Inventory) -> tuple[Host, ...]:
    groups = set(component.groups)
    return tuple(host for host in inventory.hosts if not groups.isdisjoint(host.groups))


def _clusters(
    components: Sequence[Component], members: Mapping[str, tuple[Host, ...]], settings: Settings
) -> Iterator[_Cluster]:
    """One cluster for each component with cluster checks and members, one for each VIP with checks and holders."""
    holders = _holders(components, members)
    for component in components:
        checks = tuple(check for check in component.checks if check.where == "cluster")
        if checks and members[component.name]:
            yield _Cluster(f"{component.name}.cluster", "cluster", component, checks, members[component.name])
    for name, address in settings.vips.items():
        for component in components:
            checks = tuple(check for check in component.checks if check.where == "vip")
            if checks and holders:
                yield _Cluster(f"vip.{name}", "vip", component, checks, holders, (name, address))


def _holders(components: Sequence[Component], members: Mapping[str, tuple[Host, ...]]) -> tuple[Host, ...]:
    return tuple(sorted({host for c in components if c.vip_holders for host in members[c.name]}))


def _vip_findings(
    components: Sequence[Component], members: Mapping[str, tuple[Host, ...]], settings: Settings
) -> Iterator[str]:
    """A VIP that nobody can hold, or holders without a VIP: half of the picture is missing, and that is worth a line."""
    if not any(check.where == "vip" for component in components for check in component.checks):
        return
    holders = _holders(components, members)
    if holders and not settings.vips:
        yield f"{counted(len(holders), 'host')} can hold a VIP but none is known; name it: hamon.vips: {{internal: ADDRESS}}"
    if settings.vips and not holders:
        groups = sorted({group for c in components if c.vip_holders for group in c.groups})
        yield f"VIP {some(list(settings.vips))}: no host can hold it; its holders stand in the groups {some(groups)}"


def _central(cluster: _Cluster, overrides: Overrides, arguments: Arguments) -> Iterator[PlannedCheck]:
    """A cluster's or a VIP's checks. They run on the Nagios server."""
    for check in cluster.checks:
        override = overrides.of_cluster(check, cluster.component)
        if override.exclude or overrides.excluded(cluster.name, check.name):
            continue
        argv = arguments.central(check, override, cluster.name, cluster.component, cluster.members, cluster.vip)
        yield _planned(cluster.name, check, cluster.component, argv, override, overrides, ())


def _nodes(
    components: Sequence[Component],
    members: Mapping[str, tuple[Host, ...]],
    clusters: Sequence[_Cluster],
    watchers: Mapping[tuple[str, str], PlannedCheck],
    overrides: Overrides,
    arguments: Arguments,
) -> Iterator[PlannedCheck]:
    """The node checks of every host's components. While a cluster verdict is CRITICAL its node checks add nothing."""
    above = {
        (cluster.component.name, check.of.name): (cluster.name, check.name)
        for cluster in clusters
        for check in cluster.checks
        if cluster.kind == "cluster" and check.of and (cluster.name, check.name) in watchers
    }
    for component in components:
        for check in component.checks:
            if check.where != "node":
                continue
            verdict = above.get((component.name, check.name))
            for host in members[component.name]:
                override, local = overrides.of_node(check, host)
                if override.exclude or overrides.excluded(host.name, check.name, local):
                    continue
                alive = (host.name, NRPE)
                argv = arguments.node(check, override, local, component, host)
                yield _planned(
                    host.name, check, component, argv, override, overrides, (alive, verdict) if verdict else (alive,)
                )


def _planned(
    host: str,
    check: Check,
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
        check.where,
        argv,
        face.tier,
        face.timing,
        depends,
        check.title,
        face.runbook,
        check.sudo,
    )


def _alive(hosts: Iterable[Host], overrides: Overrides, arguments: Arguments) -> Iterator[PlannedCheck]:
    """Does the host's NRPE answer at all? Everything asked through it depends on this item."""
    for host in hosts:
        override, local = overrides.of_agent(host)
        if override.exclude or overrides.excluded(host.name, NRPE, local):
            continue
        face = overrides.agent_face(override)
        yield PlannedCheck(
            host.name,
            NRPE,
            "",
            NRPE,
            arguments.nrpe(host.address),
            face.tier,
            face.timing,
            (),
            "NRPE answers",
            face.runbook,
        )


def _facts(
    components: Sequence[Component],
    members: Mapping[str, tuple[Host, ...]],
    clusters: Sequence[_Cluster],
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
            others = [homes[name] for name in check.beside if name in homes]
            asked = [(check.of, cluster.component, cluster.members), *((c, k, members[k.name]) for c, k in others)]
            for of, component, hosts in asked:
                for host in hosts:
                    if (host.name, of.program) in done:
                        continue
                    done.add((host.name, of.program))
                    override, local = overrides.of_node(of, host)
                    argv = arguments.node(of, override, local, component, host)
                    yield FactsCommand(host.name, f"facts_{of.program}", (*argv, "--facts"), of.sudo)


def _parents(settings: Settings, inventory: Inventory) -> dict[str, tuple[str, ...]]:
    """hamon.parents, checked: both ends must be hosts of the inventory, and nobody stands behind himself."""
    names = {host.name for host in inventory.hosts}
    parents = {host.name: host.parents for host in inventory.hosts if host.parents} | dict(settings.parents)
    for host, above in parents.items():
        for name in (host, *above):
            if name not in names:
                raise UsageError(
                    f"hamon.parents.{host}: {name!r} is no host of the inventory; add it there or correct the name"
                )
    for host in parents:
        trail, waiting = set[str](), list(parents[host])
        while waiting:
            name = waiting.pop()
            if name == host:
                raise UsageError(
                    f"hamon.parents.{host}: the host is its own parent, by way of {some(sorted(trail | {host}))}"
                )
            if name not in trail:
                trail.add(name)
                waiting += parents.get(name, ())
    return parents


def _host(host: Host, components: Sequence[Component], parents: tuple[str, ...], tier: str) -> PlannedHost:
    groups = set(host.groups)
    names = tuple(component.name for component in components if not groups.isdisjoint(component.groups))
    return PlannedHost(host.name, host.address, "host", names, tuple(sorted(parents)), tier)


def _pseudo(cluster: _Cluster) -> PlannedHost:
    if cluster.vip:
        return PlannedHost(
            cluster.name, cluster.vip[1], "vip", (cluster.component.name,), title=f"virtual address {cluster.vip[0]}"
        )
    title = f"{cluster.component.title}: the cluster of {len(cluster.members)}"
    return PlannedHost(cluster.name, cluster.name, "cluster", (cluster.component.name,), title=title)


def _unwatched(inventory: Inventory, components: Sequence[Component]) -> tuple[str, ...]:
    known = {group for component in components for group in component.groups} | {"all", "ungrouped"}
    return tuple(g for g in inventory.own_groups if known.isdisjoint((g, *inventory.aliases.get(g, ()))))


def fingerprint(
    inventory: Inventory,
    settings: Settings,
    locals_: Sequence[Local],
    components: Sequence[Component],
    via_template: str,
) -> str:
    """Twelve hex digits that name the inputs of a plan. No times, no paths of this machine, no memory addresses."""
    stated = [(c.name, c.title, c.groups, c.vip_holders, [_stated(check) for check in c.checks]) for c in components]
    told = (inventory.source, inventory.hosts, settings, locals_, stated, via_template)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:12]


def _stated(check: Check) -> tuple[Any, ...]:
    of = check.of.name if check.of else ""
    return (
        check.name,
        check.title,
        of,
        check.where,
        check.argv,
        check.tier,
        check.interval,
        check.sudo,
        runbook(check),
    )
