"""The two things a plan asks for every single item: which settings hold for it, and what its command line is.

Both remember their answers: 5,000 hosts with 20 checks each share a few hundred different ones.
"""

import hashlib
import re
import shlex
import string
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hamon.check import Check, Component
from hamon.inventory.model import Host, Inventory
from hamon.inventory.settings import NRPE, Local, Nrpe, Override, Settings
from hamon.verdict import UsageError

PLUGIN_HEADROOM = 3  # seconds that a plugin must be done before check_nrpe gives up on it
CENTRAL_HEADROOM = 2  # seconds that a cluster check gets beyond one check_nrpe call

_FIRST_SENTENCE = re.compile(r"^(.*?[.!?])(?:\s|$)")


class Timing(NamedTuple):
    """How often: seconds between checks, seconds between retries, attempts until a state is taken for hard."""

    interval: float
    retry: float
    attempts: int


class Face(NamedTuple):
    """What of a planned check does not depend on the host."""

    tier: str
    timing: Timing
    runbook: str


_NOTHING = Override()
_NOWHERE = Local("", "")


class Overrides:
    """Which settings hold for a check on a host: those of all, then of its groups, then its own."""

    def __init__(
        self, settings: Settings, locals_: Sequence[Local], inventory: Inventory, components: Sequence[Component]
    ) -> None:
        self.settings = settings
        self._groups = [local for local in locals_ if local.scope == "group"]
        self._hosts = {local.name: local for local in locals_ if local.scope == "host"}
        self._patterns = [re.compile(pattern) for pattern in settings.exclude]
        self._matched = [False] * len(self._patterns)
        self._locals: dict[tuple[Any, ...], Local] = {}
        self._merged: dict[tuple[int, str], Override] = {}
        self._faces: dict[tuple[str, int], Face] = {}
        self._kept: list[Any] = []  # keys above are ids: what they stand for must not go away
        self._by_host: dict[str, Local] = {host.name: self._local(host) for host in inventory.hosts}
        self._refuse_misplaced(components)

    def _local(self, host: Host) -> Local:
        groups = tuple(local for local in self._groups if local.name in host.groups)
        own = self._hosts.get(host.name)
        layers = (*groups, own) if own else groups
        if not layers:
            return _NOWHERE
        key = tuple(local.name for local in groups) + ((None, host.name) if own else ())
        if key not in self._locals:
            made = _NOWHERE
            for layer in layers:
                checks = {**made.checks}
                for name, override in layer.checks.items():
                    checks[name] = checks.get(name, _NOTHING).under(override)
                made = Local(
                    "", "", layer.plugin_dir or made.plugin_dir, layer.credentials_dir or made.credentials_dir,
                    made.exclude + layer.exclude, checks,
                )  # fmt: skip
            self._locals[key] = made
        return self._locals[key]

    def _refuse_misplaced(self, components: Sequence[Component]) -> None:
        """A cluster has one verdict: to set it in one host's or another component's section would have no effect."""
        owners = {check.name: c for c in components for check in c.checks if check.where != "node"}
        for local in (*self._groups, *self._hosts.values()):
            for name in local.checks:
                owner = owners.get(name)
                if owner and (local.scope == "host" or local.name not in owner.groups):
                    raise UsageError(
                        f"{local.scope} {local.name}: hamon.checks.{name}: one verdict for all members cannot be set there; "
                        f"move it to group all or {owner.groups[0]}"
                    )

    def of_node(self, check: Check, host: Host) -> tuple[Override, Local]:
        """What is set for a node check on this host, and the host's other settings."""
        local = self._by_host[host.name]
        return self._merge(check.name, local), local

    def of_agent(self, host: Host) -> tuple[Override, Local]:
        """What is set for the item that asks whether NRPE answers."""
        local = self._by_host[host.name]
        return self._merge(NRPE, local), local

    def of_cluster(self, check: Check, component: Component) -> Override:
        """What is set for a cluster or VIP check: by all, and by the component's own groups."""
        made = self.settings.checks.get(check.name, _NOTHING)
        for local in self._groups:
            if local.name in component.groups and check.name in local.checks:
                made = made.under(local.checks[check.name])
        self._kept.append(made)
        return made

    def _merge(self, name: str, local: Local) -> Override:
        key = (id(local), name)
        found = self._merged.get(key)
        if found is None:
            found = self.settings.checks.get(name, _NOTHING)
            if name in local.checks:
                found = found.under(local.checks[name])
            self._merged[key] = found
        return found

    def face(self, check: Check, override: Override) -> Face:
        """Tier, timing and runbook of a check under ``override``."""
        key = (check.name, id(override))
        found = self._faces.get(key)
        if found is None:
            timing = self._timing(override, check.interval)
            found = self._faces[key] = Face(override.tier or check.tier, timing, runbook(check))
        return found

    def agent_face(self, override: Override) -> Face:
        """Like ``face`` for the NRPE item. One attempt fewer, so that it is hard before what depends on it."""
        key = (NRPE, id(override))
        found = self._faces.get(key)
        if found is None:
            timing = self._timing(override, 60)
            if override.max_attempts is None:
                timing = timing._replace(attempts=max(1, timing.attempts - 1))
            found = self._faces[key] = Face(override.tier or "ticket", timing, "hamon cannot ask this host anything.")
        return found

    def _timing(self, override: Override, own: float) -> Timing:
        settings = self.settings
        return Timing(
            override.interval or settings.interval or own,
            override.retry_interval or settings.retry_interval,
            override.max_attempts or settings.max_attempts,
        )

    def excluded(self, host: str, check: str, local: Local = _NOWHERE) -> bool:
        """Whether an ``exclude`` expression finds something in ``host/check``."""
        if not self._patterns and not local.exclude:
            return False
        item = f"{host}/{check}"
        hit = False
        for index, pattern in enumerate(self._patterns):
            if pattern.search(item):
                hit = self._matched[index] = True
        return hit or any(re.search(pattern, item) for pattern in local.exclude)

    def unused_exclusions(self) -> list[str]:
        """One finding for each expression that excludes nothing: probably a typo, and something is watched after all."""
        pairs = zip(self.settings.exclude, self._matched, strict=True)
        return [f"hamon.exclude: {pattern!r} matches nothing in the plan" for pattern, matched in pairs if not matched]


def runbook(check: Check) -> str:
    """The first sentence of the check's runbook; its title when it has none."""
    means = next((advice.means for advice in check.runbook.values()), check.title)
    text = " ".join(means.split())
    match = _FIRST_SENTENCE.match(text)
    return match[1] if match else text


def via(nrpe: Nrpe) -> str:
    """The command line by which a cluster check asks a member; its own placeholders stay in it."""
    words = [
        nrpe.program,
        "-H",
        "{address}",
        "-p",
        str(nrpe.port),
        "-u",
        "-t",
        "{timeout}",
        *tls(nrpe),
        "-c",
        "{command}",
    ]
    return " ".join(word if word.startswith("{") else shlex.quote(word) for word in words)


def tls(nrpe: Nrpe) -> list[str]:
    """check_nrpe's options for client certificates."""
    return [
        word for flag, file in (("-C", nrpe.cert), ("-K", nrpe.key), ("-A", nrpe.ca)) if file for word in (flag, file)
    ]


class Arguments:
    """Command lines: a check's argument templates filled in, then what the settings add."""

    def __init__(self, settings: Settings, via_template: str) -> None:
        self.settings = settings
        self.via = via_template
        self._shared: dict[tuple[str, int, int, str], tuple[str, ...]] = {}
        self._names: dict[tuple[str, ...], frozenset[str]] = {}
        self._kept: list[Any] = []

    def node(self, check: Check, override: Override, local: Local, component: Component, host: Host) -> tuple[str, ...]:
        """A node check's command line. Shared between hosts when no argument differs between them."""
        if check.argv not in self._names:
            self._names[check.argv] = _placeholders(check)
        own = bool(self._names[check.argv] & {"host", "address"})
        key = (check.name, id(override), id(local), component.name)
        if not own and key in self._shared:
            return self._shared[key]
        settings = self.settings
        timeout = settings.nrpe.timeout - PLUGIN_HEADROOM
        values = {
            "host": host.name,
            "address": host.address,
            "credentials": f"{local.credentials_dir or settings.credentials_dir}/{component.name}.cnf",
            "timeout": str(timeout),
        }
        program = f"{local.plugin_dir or settings.plugin_dir}/{check.program}"
        made = (program, *self._fill(check, override, values, f"{host.name}/{check.name}", timeout))
        if not own:
            self._shared[key] = made
            self._kept += (override, local)
        return made

    def central(
        self, check: Check, override: Override, place: str, members: Sequence[Host], vip: tuple[str, str] | None
    ) -> tuple[str, ...]:
        """A cluster or VIP check's command line, for the Nagios server."""
        component = place.removesuffix(".cluster")
        timeout = self.settings.nrpe.timeout + CENTRAL_HEADROOM
        values = {
            "credentials": f"{self.settings.credentials_dir}/{component}.cnf",
            "members": ",".join(f"{host.name}={host.address}" for host in members),
            "names": ",".join(host.name for host in members),
            "size": str(len(members)),
            "quorum": str(len(members) // 2 + 1),
            "timeout": str(timeout),
            "via": self.via,
        }
        if vip:
            values |= {"vip_name": vip[0], "vip": vip[1]}
            values.pop("credentials")
        return (
            f"{self.settings.plugin_dir}/{check.program}",
            *self._fill(check, override, values, f"{place}/{check.name}", timeout),
        )

    def alive(self, host: Host) -> tuple[str, ...]:
        """check_nrpe without a command: the agent tells its version."""
        return (*self.nrpe(host.address),)

    def nrpe(self, address: str) -> tuple[str, ...]:
        """check_nrpe up to, not including, the command to ask for. A silent agent is UNKNOWN, not CRITICAL."""
        nrpe = self.settings.nrpe
        return (nrpe.program, "-H", address, "-p", str(nrpe.port), "-u", "-t", f"{nrpe.timeout}:UNKNOWN", *tls(nrpe))

    def _fill(self, check: Check, override: Override, values: Mapping[str, str], place: str, timeout: int) -> list[str]:
        words = []
        for template in check.argv:
            try:
                word = template.format_map(values)
            except KeyError as missing:
                raise UsageError(f"{place}: argument {template!r} needs {_hint(str(missing.args[0]))}") from None
            except (ValueError, IndexError, AttributeError):
                raise UsageError(
                    f"{place}: argument {template!r} is no valid template; braces that are meant are doubled"
                ) from None
            words.append(word)
        if not {"-t", "--timeout"}.intersection(check.argv):
            words += ["-t", str(timeout)]
        words += override.args or ()
        words += [word for name, spec in sorted(override.warn.items()) for word in ("-w", f"{name}={spec}")]
        words += [word for name, spec in sorted(override.crit.items()) for word in ("-c", f"{name}={spec}")]
        return words


_HINTS = {
    "vip": "a virtual address, which only checks of a VIP have; state it as where='vip', or name hamon.vips",
    "vip_name": "a virtual address, which only checks of a VIP have; state it as where='vip', or name hamon.vips",
    "credentials": "a component's credentials, which checks of a VIP do not have; give the file in hamon.checks.<name>.args",
    "host": "one host, which a cluster check does not have; use {members} or {names}",
    "address": "one address, which a cluster check does not have; use {members}",
}


def _hint(name: str) -> str:
    fallback = f"{{{name}}}, which this kind of check does not have; see the names in docs/inventory.md"
    return f"{{{name}}}: {_HINTS[name]}" if name in _HINTS else fallback


def _placeholders(check: Check) -> frozenset[str]:
    try:
        parsed = [name for template in check.argv for _, name, _, _ in string.Formatter().parse(template) if name]
    except ValueError:
        return frozenset({"host"})  # not shareable; filling it in will say what is wrong
    return frozenset(parsed)


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
