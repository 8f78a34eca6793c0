"""From the tree of groups to the Inventory: addresses, memberships, VIPs and ``hamon:`` sections, all checked."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from hamon.errors import UsageError
from hamon.inventory import foreign, kolla, osa, plain
from hamon.inventory.model import Host, Inventory, Section, Shape, Switches
from hamon.inventory.sources import folder_of, mapping_file, read_sources
from hamon.inventory.tree import ADDRESS_VARIABLES, Tree
from hamon.inventory.variables import fill, fill_all
from hamon.names import is_address
from hamon.words import counted, some

STRUCTURES: tuple[ModuleType, ...] = (kolla, osa, foreign, plain)  # the first that recognises the groups reads them

# Nagios forbids `~!$%^&*|'"<>?,()= in names and trips over spaces, semicolons and UTF-8; "/" would leave the directory
# of the host's NRPE file. What is left is what host names are made of anyway.
_LEGAL_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:@+-]{0,199}")
# An address ends up in command lines: host names, IPv4, IPv6 with a zone, and nothing a shell would look at.
_LEGAL_ADDRESS = re.compile(r"[A-Za-z0-9_:][A-Za-z0-9_.:%-]{0,254}")


def load(
    sources: str | Sequence[str],
    globals_file: str | None = None,
    settings_file: str | None = None,
    ansible: bool = False,
    switches: Switches = MappingProxyType({}),
) -> Inventory:
    """The inventory of one source (file, directory, script, or ``-``) or several, joined as Ansible joins them: later ones win.

    ``switches`` are the services of which ``Inventory.off`` is to say whether they are deployed. Raises UsageError: one line
    naming the place and the fix.
    """
    sources = [sources] if isinstance(sources, str) else list(sources)
    source = ", ".join(sources)
    tree = read_sources(sources, ansible)
    beside = [folder for folder in map(folder_of, sources) if folder]
    structure = next(module for module in STRUCTURES if module.recognise(tree))
    shape: Shape = structure.read(tree, beside, globals_file, switches)
    findings = [*tree.findings, *shape.findings]
    memberships = tree.memberships()
    hosts = []
    unaddressed: list[str] = []
    for name in sorted(tree.hosts.keys() - shape.ignored):
        check_name(name, tree.places[name])
        address = _address(name, tree, memberships[name])
        if address is None:
            unaddressed.append(name)
            address = check_address(name, tree.places[name])
        listens = check_address(shape.listens.get(name, address), f"service address of host {name}")
        groups = _groups(name, memberships[name], shape)
        parents = shape.parents.get(name, ())
        hosts.append(Host(name, address, groups, parents, "" if listens == address else listens))
    hosts, local = _without_local(hosts)
    findings += local
    names = {host.name for host in hosts}
    hosts = [host._replace(parents=tuple(name for name in host.parents if name in names)) for host in hosts]
    unaddressed = [name for name in unaddressed if name in names]
    if unaddressed:
        findings.append(
            f"{counted(len(unaddressed), 'host')} without ansible_host, asked by name: {some(unaddressed, 10)}"
        )
    findings += _shared_addresses(hosts)
    members: dict[str, list[str]] = {}
    for host in hosts:
        for group in host.groups:
            members.setdefault(group, []).append(host.name)
    vips = dict(sorted(shape.vips.items()))
    for name, address in shape.vips.items():
        check_address(address, f"VIP {name}")
        if not is_address(address):
            findings.append(
                f"VIP {name} is the name {address}, which is not looked up: set hamon.vips.{name} to its address"
            )
            del vips[name]
    return Inventory(
        source="+".join("stdin" if source == "-" else Path(source).absolute().name for source in sources),
        structure=structure.NAME,
        hosts=tuple(hosts),
        groups={group: tuple(names) for group, names in sorted(members.items())},
        own_groups=tuple(sorted(group for group in members if group in tree.groups)),
        vips=vips,
        aliases=shape.aliases,
        sections=tuple(_sections(tree, settings_file, source, shape)),
        findings=tuple(findings),
        off=shape.off,
        children={name: tuple(sorted(group.children)) for name, group in sorted(tree.groups.items()) if group.children},
        clusters=shape.clusters,
        site=shape.site,
    )


def check_name(name: str, place: str) -> str:
    """``name`` when Nagios can take it as a host name; else UsageError naming the host and the character."""
    if not _LEGAL_NAME.fullmatch(name):
        bad = next((char for char in name if not re.fullmatch(r"[A-Za-z0-9_.:@+-]", char)), None)
        why = (
            f"{bad!r} cannot stand in it"
            if bad
            else "it must begin with a letter or digit and have at most 200 characters"
        )
        raise UsageError(f"{place}: host name {name!r} is not a name for Nagios: {why}; rename the host")
    return name


def check_address(address: str, place: str) -> str:
    """``address`` when it is one; else UsageError. It is never quoted when it could be something else, a secret say."""
    if not _LEGAL_ADDRESS.fullmatch(address):
        raise UsageError(f"{place}: {address[:60]!r} is neither an address nor a host name")
    if (":" in address or not re.search("[A-Za-z]", address)) and not is_address(address):
        raise UsageError(
            f"{place}: {address[:60]!r} looks like an address and is not one; ports and prefixes do not belong there"
        )
    return address


def _address(name: str, tree: Tree, groups: tuple[str, ...]) -> str | None:
    """The host's address; None when none is stated."""

    def lookup(variable: str) -> Any:
        return name if variable == "inventory_hostname" else tree.variable(variable, name, groups)

    for variable in ADDRESS_VARIABLES:
        value = lookup(variable)
        if value is None:
            continue
        filled = fill(value, lookup)
        if filled is None:
            raise UsageError(
                f"{tree.places[name]}: {variable} of host {name} is a template or encrypted, which hamon does not evaluate; "
                "write the address, or give hamon the listing: ansible-inventory --list --export"
            )
        return check_address(filled, f"{tree.places[name]}: {variable} of host {name}")
    return None


def _groups(host: str, own: tuple[str, ...], shape: Shape) -> tuple[str, ...]:
    """A host's groups with their aliases, and without those that are switched off."""
    every = {*own, *(group for group, hosts in shape.groups.items() if host in hosts)}
    for group in own:
        every.update(shape.aliases.get(group, ()))
    return tuple(sorted(every - shape.disabled))


def _without_local(hosts: list[Host]) -> tuple[list[Host], list[str]]:
    """``hosts`` without those whose address is the machine that reads the inventory: asked from the Nagios server that would be
    the Nagios server itself. A cloud that has no other host is one machine, and stays.
    """
    local = [host for host in hosts if host.address == "localhost" or host.address in ("::1", "0:0:0:0:0:0:0:1")]
    local += [host for host in hosts if host.address.startswith("127.") and is_address(host.address)]
    kept = [host for host in hosts if host not in local]
    if not local or not kept:
        return hosts, []
    names = some([host.name for host in local], 10)
    return kept, [
        f"{names} would be asked at localhost, which is the Nagios server itself: left out; set ansible_host to watch it"
    ]


def _shared_addresses(hosts: list[Host]) -> list[str]:
    """One finding for each address that several hosts have: two names of one machine, or a copied line."""
    by_address: dict[str, list[str]] = {}
    for host in hosts:
        by_address.setdefault(host.address, []).append(host.name)
    return [
        f"{address} is the address of {some(names, 10)}"
        for address, names in sorted(by_address.items())
        if len(names) > 1
    ]


def _sections(tree: Tree, settings_file: str | None, source: str, shape: Shape) -> list[Section]:
    """The ``hamon:`` variables, in the order in which they apply; a settings file comes after those of group all."""
    depth = tree.depths()
    sections = []
    for name in sorted(tree.groups, key=lambda g: (depth[g], g)):
        variables = tree.groups[name].variables
        if "hamon" in variables:
            sections.append(
                Section("all" if name == "all" else "group", name, f"{source}: group {name}", variables["hamon"])
            )
    if settings_file:
        values = mapping_file(Path(settings_file), "settings file")
        data = values["hamon"] if set(values) == {"hamon"} else values
        sections.insert(1 if sections and sections[0].scope == "all" else 0, Section("all", "all", settings_file, data))
    sections += [
        Section("host", name, f"{source}: host {name}", variables["hamon"])
        for name, variables in sorted(tree.hosts.items())
        if "hamon" in variables
    ]
    memberships = tree.memberships()

    def lookup_for(section: Section) -> Callable[[str], Any]:
        own = memberships[section.name] if section.scope == "host" else ("all", section.name)

        def lookup(name: str) -> Any:
            at_host = section.scope == "host" and name in tree.hosts[section.name]
            if at_host:
                return tree.hosts[section.name][name]
            setting = (g for g in reversed(own) if g in tree.groups and name in tree.groups[g].variables)
            group = next(setting, None)
            return shape.variables.get(name) if group is None else tree.groups[group].variables[name]

        return lookup

    return [section._replace(data=fill_all(section.data, lookup_for(section))) for section in sections]
