"""What ``nagios4 -v`` does not report, found before anything is written.

Nagios drops duplicate services and services on empty hostgroups without a word, and finds out about missing plugins,
unknown macros and names it cannot address only when it runs.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from hamon.nagios_objects.model import Objects, Selection
from hamon.plan import Plan

LONGEST_COMMAND = 120_000  # bytes; Linux gives a single argument of /bin/sh 131,072. Nagios 4.4 ran 120,000 when tried

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:@+-]*")
_MACRO = re.compile(r"\$([^$]*)\$")
_KNOWN_MACRO = re.compile(
    r"|USER\d{1,3}|_?(HOST|SERVICE|CONTACT|NOTIFICATION|LONG|SHORT|LASTHOST|LASTSERVICE)[A-Z0-9_]*|STATUSDATAFILE|DATE|TIME|TIMET|ADMINEMAIL"
)


def problems(plan: Plan, objects: Objects) -> list[str]:
    """Everything that must not be written, one line each; empty when all is well."""
    return [*_names(objects), *_services(plan, objects), *_commands(plan, objects), *_dependencies(plan, objects)]


def _names(objects: Objects) -> Iterator[str]:
    seen: set[str] = set()
    for host in objects.hosts:
        if not _NAME.fullmatch(host.name):
            yield f"host name {host.name!r} is not a name for Nagios"
        if host.name in seen:
            yield f"host {host.name} is there twice"
        seen.add(host.name)
    for host in objects.hosts:
        for parent in host.parents:
            if parent not in seen:
                yield f"host {host.name} has the unknown parent {parent}"
    for service in objects.services:
        if not _NAME.fullmatch(service.name):
            yield f"service name {service.name!r} is not a name for Nagios"


def _members(objects: Objects) -> dict[str, list[str]]:
    members: dict[str, list[str]] = {name: [] for name in objects.hostgroups}
    for host in objects.hosts:
        for group in host.hostgroups:
            members.setdefault(group, []).append(host.name)
    return members


def _hosts_of(where: Selection, members: Mapping[str, Sequence[str]]) -> set[str]:
    return (set(members.get(where.hostgroup, ())) | set(where.hosts)) - set(where.without)


def _services(plan: Plan, objects: Objects) -> Iterator[str]:
    members = _members(objects)
    hosts = {host.name for host in objects.hosts}
    for name, names in members.items():
        if not names:
            yield f"hostgroup {name} is empty: Nagios would drop its services without a word"
        if name not in objects.hostgroups:
            yield f"hostgroup {name} is used but not defined"
    made: dict[str, set[str]] = {}
    for service in objects.services:
        reached = _hosts_of(service.where, members)
        known = made.setdefault(service.name, set())
        for host in sorted(reached & known):
            yield f"service {host}/{service.name} is there twice: Nagios would drop one without a word"
        for host in sorted(reached - hosts):
            yield f"service {service.name} is on the unknown host {host}"
        if len(reached) != service.makes:
            yield f"service {service.name} reaches {len(reached)} hosts and should reach {service.makes}"
        known |= reached
    total = sum(len(names) for names in made.values())
    if total != len(plan.checks):
        yield f"the objects make {total} services and the plan has {len(plan.checks)}"


def _commands(plan: Plan, objects: Objects) -> Iterator[str]:
    lines = {command.name: command.line for command in objects.commands}
    if len(lines) < len(objects.commands):
        yield "two commands have the same name"
    for service in objects.services:
        name, *args = service.command.split("!")
        if name not in lines:
            yield f"service {service.name} uses the unknown command {name}"
        elif len(args) != len(set(re.findall(r"\$ARG\d+\$", lines[name]))):
            yield f"service {service.name} gives {len(args)} arguments to the command {name}, which takes another number"
    for name, line in lines.items():
        if len(line.encode()) > LONGEST_COMMAND:
            yield f"command {name} has {len(line.encode())} bytes; at most {LONGEST_COMMAND} reach the shell"
        if "\n" in line:
            yield f"command {name} has a line break in it"
        allowed = {"ARG1"} if name == f"{plan.settings.prefix}-nrpe" else set()
        for macro in _MACRO.findall(line):
            if macro not in allowed and not _KNOWN_MACRO.fullmatch(macro):
                yield f"command {name} uses ${macro}$, which Nagios does not fill in there; a $ that is meant is written $$"
        if line.count("$") % 2:
            yield f"command {name} has a lone $; a $ that is meant is written $$"
    nrpe = plan.settings.nrpe
    if (nrpe.cert or nrpe.key) and not (nrpe.cert and nrpe.key):
        yield "hamon.nrpe has only one of cert and key; check_nrpe needs both"


def _dependencies(plan: Plan, objects: Objects) -> Iterator[str]:
    members = _members(objects)
    services = {(check.host, check.check) for check in plan.checks}
    for row in objects.dependencies:
        for host in sorted(_hosts_of(row.where, members)):
            for name in (*row.dependents, *(() if row.master else (row.service,))):
                if (host, name) not in services:
                    yield f"a dependency names the service {host}/{name}, which is not planned"
        if row.master and (row.master, row.service) not in services:
            yield f"a dependency names the service {row.master}/{row.service}, which is not planned"
