"""Which settings hold for a check on a host: those of all, then of its groups, then its own.

Answers are remembered and shared: 5,000 hosts with 20 checks each know a few hundred different ones.
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from hamon.check import Check
from hamon.component import Component
from hamon.errors import UsageError
from hamon.inventory.model import Host, Inventory
from hamon.plan.model import Place, Timing, place
from hamon.plan.settings import NRPE, Local, Override, Settings

AGENT_INTERVAL = 60  # seconds between two questions whether NRPE answers


class Face(NamedTuple):
    """What of a planned check does not depend on the host."""

    tier: str
    timing: Timing


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
                    made.exclude + layer.exclude, checks, layer.tier or made.tier,
                )  # fmt: skip
            self._locals[key] = made
        return self._locals[key]

    def _refuse_misplaced(self, components: Sequence[Component]) -> None:
        """A cluster has one verdict: to set it in one host's or another component's section would have no effect."""
        owners = {check.name: c for c in components for check in c.checks if place(check) is not Place.NODE}
        for local in (*self._groups, *self._hosts.values()):
            for name in local.checks:
                owner = owners.get(name)
                places = (*owner.groups, *self.settings.clusters.get(owner.name, {}).values()) if owner else ()
                if owner and (local.scope == "host" or local.name not in places):
                    raise UsageError(
                        f"{local.scope} {local.name}: hamon.checks.{name}: one verdict for all members cannot be set there; "
                        f"move it to group all or {owner.groups[0]}"
                    )

    def of_node(self, check: Check[Any], host: Host) -> tuple[Override, Local]:
        """What is set for a node check on this host, and the host's other settings."""
        local = self._by_host[host.name]
        return self._merge(check.name, local), local

    def host_tier(self, host: Host) -> str | None:
        """Whom the host's own death calls, where that is set."""
        return self._by_host[host.name].tier

    def of_agent(self, host: Host) -> tuple[Override, Local]:
        """What is set for the item that asks whether NRPE answers."""
        local = self._by_host[host.name]
        return self._merge(NRPE, local), local

    def of_cluster(self, check: Check[Any], component: Component, group: str = "") -> Override:
        """What is set for a cluster or VIP check: by all, by the component's own groups, and by the cluster's group."""
        made = self.settings.checks.get(check.name, _NOTHING)
        for local in self._groups:
            if local.name in (*component.groups, group) and check.name in local.checks:
                made = made.under(local.checks[check.name])
        self._kept.append(made)
        return made

    def _merge(self, name: str, local: Local) -> Override:
        key = (id(local), name)
        merged = self._merged.get(key)
        if merged is None:
            merged = self.settings.checks.get(name, _NOTHING)
            if name in local.checks:
                merged = merged.under(local.checks[name])
            self._merged[key] = merged
        return merged

    def face(self, check: Check[Any], override: Override) -> Face:
        """Tier and timing of a check under ``override``."""
        key = (check.name, id(override))
        face = self._faces.get(key)
        if face is None:
            timing = self._timing(override, check.interval)
            behind = place(check) is Place.NODE or (place(check) is Place.VIP and check.of is None)
            if behind and override.max_attempts is None:
                # What such a check depends on (its agent, its cluster's verdict, the address) must be known before it notifies.
                timing = timing._replace(attempts=timing.attempts + 1)
            face = self._faces[key] = Face(override.tier or check.tier, timing)
        return face

    def agent_face(self, override: Override) -> Face:
        """Like ``face`` for the NRPE item."""
        key = (NRPE, id(override))
        face = self._faces.get(key)
        if face is None:
            timing = self._timing(override, AGENT_INTERVAL)
            face = self._faces[key] = Face(override.tier or "ticket", timing)
        return face

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
