"""Plan -> rows of Nagios objects.

Node services hang on hostgroups wherever all members of a component have the same service: NRPE's arguments are on the
nodes, so that only intervals, tiers and exclusions make a difference here.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from hamon.nagios_objects import notification
from hamon.nagios_objects.model import (
    CommandRow,
    DependencyRow,
    HostRow,
    Objects,
    Selection,
    ServiceRow,
)
from hamon.nagios_objects.notification import TIERS, called
from hamon.nagios_objects.quoting import nagios_command, nagios_value, own_words
from hamon.nrpe import connection
from hamon.plan import Place, Plan, PlannedCheck, PlannedHost, Timing
from hamon.plan.settings import NRPE, Settings

ADDRESS = "$HOSTADDRESS$"  # the one macro in our commands; addresses are checked to be nothing else before


def build(plan: Plan) -> Objects:
    """All rows of ``plan``."""
    prefix = plan.settings.prefix
    escalated = {escalation.tier for escalation in plan.settings.escalations}
    members = _hostgroup_members(plan.hosts, prefix, escalated)
    own = tuple(check for check in plan.checks if check.where.of_pseudo_host)
    agents = {check.host for check in plan.checks if check.where is Place.NRPE}
    variants = _variants(check for check in plan.checks if not check.where.of_pseudo_host)
    services = [_shared(first, hosts, members, plan.settings) for first, hosts in variants]
    services += [_single(check, plan.settings) for check in own]
    components = sorted({check.component for check in plan.checks if check.component})
    return Objects(
        hosts=tuple(_host(host, prefix, escalated) for host in plan.hosts),
        hostgroups={name: f"{prefix}: {name.removeprefix(f'{prefix}-').replace('-', ' ')}" for name in sorted(members)},
        services=tuple(services),
        servicegroups={
            **{f"{prefix}-{name}": f"{prefix}: {name}" for name in components},
            **{f"{prefix}-tier-{tier}": f"{prefix}: tier {tier}" for tier in _escalated(plan)},
        },
        commands=tuple(_commands(plan.settings, own)),
        dependencies=tuple(_dependencies(plan.checks, variants, members, agents, prefix)),
        contacts=tuple(notification.contacts(plan.settings)),
        called={tier: called(plan.settings, tier) for tier in TIERS},
    )


def _escalated(plan: Plan) -> list[str]:
    """The tiers of which something escalates and something is planned."""
    return sorted({escalation.tier for escalation in plan.settings.escalations} & {check.tier for check in plan.checks})


def _hostgroup_members(hosts: Sequence[PlannedHost], prefix: str, escalated: Collection[str]) -> dict[str, list[str]]:
    members: dict[str, list[str]] = {}
    for host in hosts:
        for group in _hostgroups(host, prefix, escalated):
            members.setdefault(group, []).append(host.name)
    return members


def _hostgroups(host: PlannedHost, prefix: str, escalated: Collection[str]) -> tuple[str, ...]:
    """The hostgroups of a host, that of its tier among them where the tier is one of ``escalated``."""
    if host.kind != "host":
        return (f"{prefix}-all-{host.kind}s",)
    return (
        f"{prefix}-all-hosts",
        *(f"{prefix}-{component}" for component in host.components),
        *(f"{prefix}-group-{group}" for group in host.groups),
        *([f"{prefix}-tier-{host.tier}"] if host.tier in escalated else []),
    )


def _host(host: PlannedHost, prefix: str, escalated: Collection[str]) -> HostRow:
    template = f"{prefix}-host-{host.tier}" if host.kind == "host" else f"{prefix}-pseudo-host"
    return HostRow(
        host.name,
        host.address,
        nagios_value(host.title or host.name),
        template,
        _hostgroups(host, prefix, escalated),
        host.parents,
    )


Variant = tuple[PlannedCheck, list[str]]


def _variants(checks: Iterable[PlannedCheck]) -> list[Variant]:
    """Checks that make equal services, each with its hosts; the plan's order is kept within them."""
    variants: dict[tuple[str, str, str, Timing], Variant] = {}
    for check in checks:
        key = (check.component, check.check, check.tier, check.timing)
        variant = variants.get(key)
        if variant is None:
            variants[key] = (check, [check.host])
        else:
            variant[1].append(check.host)
    return [variants[key] for key in sorted(variants)]


def select(hosts: Collection[str], group: str, members: Mapping[str, Sequence[str]]) -> Selection:
    """``hosts`` as the shortest selection: the hostgroup, the hostgroup without a few, or by name."""
    every = members.get(group, ())
    missing = sorted(set(every).difference(hosts))
    if len(missing) >= len(hosts) or not every:
        return Selection("", tuple(sorted(hosts)))
    return Selection(group, (), tuple(missing))


def _group_of(check: PlannedCheck, prefix: str) -> str:
    return f"{prefix}-{check.component}" if check.component else f"{prefix}-all-hosts"


def _shared(
    check: PlannedCheck, hosts: list[str], members: Mapping[str, Sequence[str]], settings: Settings
) -> ServiceRow:
    prefix = settings.prefix
    command = f"{prefix}-nrpe-alive" if check.where is Place.NRPE else f"{prefix}-nrpe!check_{check.check}"
    return _service(check, select(hosts, _group_of(check, prefix), members), command, settings, len(hosts))


def _single(check: PlannedCheck, settings: Settings) -> ServiceRow:
    return _service(check, Selection("", (check.host,)), _own_command(check, settings), settings, 1)


def _service(check: PlannedCheck, where: Selection, command: str, settings: Settings, count: int) -> ServiceRow:
    timing, unit = check.timing, settings.interval_length

    def of_check(text: str) -> str:
        return nagios_value(text.replace("{check}", check.check).replace("{component}", check.component))

    tiers = (f"{settings.prefix}-tier-{check.tier}",) if any(e.tier == check.tier for e in settings.escalations) else ()
    return ServiceRow(
        name=check.check,
        display=nagios_value(check.title),
        where=where,
        command=command,
        template=f"{settings.prefix}-service-{check.tier}",
        interval=units(timing.interval, unit),
        retry=units(timing.retry, unit),
        attempts=timing.attempts,
        servicegroup=",".join((*((f"{settings.prefix}-{check.component}",) if check.component else ()), *tiers)),
        notes_url=of_check(settings.notes_url),
        action_url=of_check(settings.action_url),
        icon_image=of_check(settings.icon_image),
        makes=count,
    )


def units(seconds: float, unit: int) -> str:
    """Seconds in Nagios' interval units; Nagios takes fractions, but not zero."""
    return f"{max(seconds / unit, 0.001):.3f}".rstrip("0").rstrip(".")


def _commands(settings: Settings, own: Sequence[PlannedCheck]) -> Iterator[CommandRow]:
    nrpe, prefix = settings.nrpe, settings.prefix
    ask = nagios_command((nrpe.program, *connection(nrpe)))
    yield CommandRow(f"{prefix}-host-alive", own_words(settings.host_check.replace("{address}", ADDRESS)))
    yield from notification.commands(settings)
    yield CommandRow(f"{prefix}-nrpe", f"{ask} -H {ADDRESS} -c $ARG1$")
    yield CommandRow(f"{prefix}-nrpe-alive", f"{ask} -H {ADDRESS}")
    for check in own:
        yield CommandRow(_own_command(check, settings), nagios_command(check.argv))


def _own_command(check: PlannedCheck, settings: Settings) -> str:
    """The name of a cluster's or VIP's command. A pseudo-host that has the prefix already does not get it twice."""
    return f"{settings.prefix}-{check.host.removeprefix(f'{settings.prefix}-')}-{check.check}"


def _dependencies(
    checks: Sequence[PlannedCheck],
    variants: Sequence[Variant],
    members: Mapping[str, Sequence[str]],
    agents: Collection[str],
    prefix: str,
) -> Iterator[DependencyRow]:
    """The dependencies: NRPE alive over everything asked through it; a cluster's CRITICAL over the tickets of its members, and over what
    is asked through a virtual address in front of it.
    """
    by_agent: dict[Selection, list[str]] = {}
    for check, hosts in variants:
        asked = [host for host in hosts if host in agents]
        if check.where is Place.NODE and asked:
            by_agent.setdefault(select(asked, _group_of(check, prefix), members), []).append(check.check)
    for where, names in sorted(by_agent.items()):
        yield DependencyRow(None, NRPE, where, tuple(sorted(names)), "w,u,c")
    by_verdict: dict[tuple[str, str, str, str], list[str]] = {}
    groups: dict[str, str] = {}
    for check in checks:
        for master, service in check.depends:
            if service != NRPE:
                by_verdict.setdefault((check.component, check.check, master, service), []).append(check.host)
                groups[check.component] = _group_of(check, prefix)
    for (component, name, master, service), hosts in sorted(by_verdict.items()):
        yield DependencyRow(master, service, select(hosts, groups[component], members), (name,), "c")
