"""Plan -> rows of Nagios objects.

Node services hang on hostgroups wherever all members of a component have the same service: NRPE's arguments live on the
nodes, so that only intervals, tiers and exclusions make a difference here.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from hamon.nagios_objects.model import (
    CommandRow,
    ContactRow,
    DependencyRow,
    HostRow,
    Objects,
    Selection,
    ServiceRow,
)
from hamon.nagios_objects.quoting import nagios_command, nagios_value
from hamon.nrpe import connection
from hamon.plan import Place, Plan, PlannedCheck, PlannedHost, Timing
from hamon.plan.settings import NRPE, Settings

ALL_HOSTS = "hamon-all-hosts"
ADDRESS = "$HOSTADDRESS$"  # the one macro in our commands; addresses are checked to be nothing else before

_NOTIFY_HOST = (
    "/usr/bin/printf '%b' \"hamon: $NOTIFICATIONTYPE$\\n\\nHost: $HOSTNAME$ ($HOSTADDRESS$)\\nState: $HOSTSTATE$\\n"
    "Since: $LONGDATETIME$\\n\\n$HOSTOUTPUT$\\n\" | /usr/bin/mail -s '$NOTIFICATIONTYPE$: $HOSTNAME$ is $HOSTSTATE$' $CONTACTEMAIL$"
)
# Nagios takes quotes, $, & and < out of a macro in a command line, and with them out of the runbook's commands; in the
# environment (enable_environment_macros=1 in nagios.cfg) the text is whole. $$ is Nagios' way to write one $.
_NOTIFY_SERVICE = (
    'stripped="$LONGSERVICEOUTPUT$" && '
    "/usr/bin/printf '%b' \"hamon: $NOTIFICATIONTYPE$\\n\\nService: $SERVICEDISPLAYNAME$\\nHost: $HOSTNAME$ ($HOSTADDRESS$)\\n"
    'State: $SERVICESTATE$\\nSince: $LONGDATETIME$\\n\\n$SERVICEOUTPUT$\\n\\n$${NAGIOS_LONGSERVICEOUTPUT:-$$stripped}\\n" '
    "| /usr/bin/mail -s '$NOTIFICATIONTYPE$: $HOSTNAME$ $SERVICEDESC$ is $SERVICESTATE$' $CONTACTEMAIL$"
)


def build(plan: Plan) -> Objects:
    """All rows of ``plan``."""
    members = _hostgroup_members(plan.hosts)
    own = tuple(check for check in plan.checks if check.where.of_pseudo_host)
    agents = {check.host for check in plan.checks if check.where is Place.NRPE}
    variants = _variants(check for check in plan.checks if not check.where.of_pseudo_host)
    services = [_shared(first, hosts, members, plan.settings) for first, hosts in variants]
    services += [_single(check, plan.settings) for check in own]
    components = sorted({check.component for check in plan.checks if check.component})
    return Objects(
        hosts=tuple(_host(host) for host in plan.hosts),
        hostgroups={name: f"hamon: {name.removeprefix('hamon-').replace('-', ' ')}" for name in sorted(members)},
        services=tuple(services),
        servicegroups={f"hamon-{name}": f"hamon: {name}" for name in components},
        commands=tuple(_commands(plan.settings, own)),
        dependencies=tuple(_dependencies(plan.checks, variants, members, agents)),
        contacts=tuple(_contacts(plan.settings)),
    )


def _hostgroup_members(hosts: Sequence[PlannedHost]) -> dict[str, list[str]]:
    members: dict[str, list[str]] = {}
    for host in hosts:
        for group in _hostgroups(host):
            members.setdefault(group, []).append(host.name)
    return members


def _hostgroups(host: PlannedHost) -> tuple[str, ...]:
    if host.kind != "host":
        return (f"hamon-all-{host.kind}s",)
    return (ALL_HOSTS, *(f"hamon-{component}" for component in host.components))


def _host(host: PlannedHost) -> HostRow:
    template = f"hamon-host-{host.tier}" if host.kind == "host" else "hamon-pseudo-host"
    return HostRow(
        host.name, host.address, nagios_value(host.title or host.name), template, _hostgroups(host), host.parents
    )


Variant = tuple[PlannedCheck, list[str]]


def _variants(checks: Iterable[PlannedCheck]) -> list[Variant]:
    """Checks that make equal services, each with its hosts; the plan's order is kept within them."""
    found: dict[tuple[str, str, str, Timing], Variant] = {}
    for check in checks:
        key = (check.component, check.check, check.tier, check.timing)
        variant = found.get(key)
        if variant is None:
            found[key] = (check, [check.host])
        else:
            variant[1].append(check.host)
    return [found[key] for key in sorted(found)]


def select(hosts: Collection[str], group: str, members: Mapping[str, Sequence[str]]) -> Selection:
    """``hosts`` in the shortest way: the hostgroup, the hostgroup without a few, or by name."""
    every = members.get(group, ())
    missing = sorted(set(every).difference(hosts))
    if len(missing) >= len(hosts) or not every:
        return Selection("", tuple(sorted(hosts)))
    return Selection(group, (), tuple(missing))


def _group_of(check: PlannedCheck) -> str:
    return f"hamon-{check.component}" if check.component else ALL_HOSTS


def _shared(
    check: PlannedCheck, hosts: list[str], members: Mapping[str, Sequence[str]], settings: Settings
) -> ServiceRow:
    command = "hamon-nrpe-alive" if check.where is Place.NRPE else f"hamon-nrpe!check_{check.check}"
    return _service(check, select(hosts, _group_of(check), members), command, settings, len(hosts))


def _single(check: PlannedCheck, settings: Settings) -> ServiceRow:
    return _service(check, Selection("", (check.host,)), f"hamon-{check.host}-{check.check}", settings, 1)


def _service(check: PlannedCheck, where: Selection, command: str, settings: Settings, count: int) -> ServiceRow:
    timing, unit = check.timing, settings.interval_length
    url = settings.notes_url.replace("{check}", check.check).replace("{component}", check.component)
    return ServiceRow(
        name=check.check,
        display=nagios_value(check.title),
        where=where,
        command=command,
        template=f"hamon-service-{check.tier}",
        interval=units(timing.interval, unit),
        retry=units(timing.retry, unit),
        attempts=timing.attempts,
        servicegroup=f"hamon-{check.component}" if check.component else "",
        notes_url=nagios_value(url),
        makes=count,
    )


def units(seconds: float, unit: int) -> str:
    """Seconds in Nagios' interval units; Nagios takes fractions, but not zero."""
    return f"{max(seconds / unit, 0.001):.3f}".rstrip("0").rstrip(".")


def _commands(settings: Settings, own: Sequence[PlannedCheck]) -> Iterator[CommandRow]:
    nrpe = settings.nrpe
    ask = nagios_command((nrpe.program, *connection(nrpe)))
    yield CommandRow("hamon-host-alive", _own_words(settings.host_check.replace("{address}", ADDRESS)))
    yield CommandRow("hamon-notify-host", _own_words(settings.notify_host or _NOTIFY_HOST))
    yield CommandRow("hamon-notify-service", _own_words(settings.notify_service or _NOTIFY_SERVICE))
    yield CommandRow("hamon-nrpe", f"{ask} -H {ADDRESS} -c $ARG1$")
    yield CommandRow("hamon-nrpe-alive", f"{ask} -H {ADDRESS}")
    for check in own:
        yield CommandRow(f"hamon-{check.host}-{check.check}", nagios_command(check.argv))


def _own_words(line: str) -> str:
    """A command written with Nagios' macros by people who know them: only ``;``, Nagios' comment sign, needs help."""
    return line.replace(";", "\\;")


def _dependencies(
    checks: Sequence[PlannedCheck],
    variants: Sequence[Variant],
    members: Mapping[str, Sequence[str]],
    agents: Collection[str],
) -> Iterator[DependencyRow]:
    """NRPE alive over everything asked through it; a cluster's CRITICAL over the tickets of its members, and over what
    is asked through a virtual address in front of it.
    """
    by_agent: dict[Selection, list[str]] = {}
    for check, hosts in variants:
        asked = [host for host in hosts if host in agents]
        if check.where is Place.NODE and asked:
            by_agent.setdefault(select(asked, _group_of(check), members), []).append(check.check)
    for where, names in sorted(by_agent.items()):
        yield DependencyRow(None, NRPE, where, tuple(sorted(names)), "w,u,c")
    by_verdict: dict[tuple[str, str, str, str], list[str]] = {}
    groups: dict[str, str] = {}
    for check in checks:
        for master, service in check.depends:
            if service != NRPE:
                by_verdict.setdefault((check.component, check.check, master, service), []).append(check.host)
                groups[check.component] = _group_of(check)
    for (component, name, master, service), hosts in sorted(by_verdict.items()):
        yield DependencyRow(master, service, select(hosts, groups[component], members), (name,), "c")


def _contacts(settings: Settings) -> Iterator[ContactRow]:
    """One contact for each address; a tier that names none goes to root on the Nagios server, as Debian's does."""
    for tier in ("page", "ticket"):
        emails = settings.contacts.get(tier) or ("root@localhost",)
        for number, email in enumerate(emails, 1):
            yield ContactRow(f"hamon-{tier}-{number}", nagios_value(email), tier)
