"""What runs in the lab and what can be broken in it: every folder in `components/` and every module in `scenarios/`.

A component states SERVICES in `service.py` and FAILURES, by the profile they happen in, in `failures.py`; a scenario states
FAILURES. A new folder is all it takes; hamon.lab.mistakes lists what it forgot.
"""

import graphlib
import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.util import find_spec
from typing import NamedTuple

from hamon.lab import components as component_folders
from hamon.lab import scenarios as scenario_modules
from hamon.lab.errors import unknown
from hamon.lab.failure import Failure
from hamon.lab.host.hosts import Profile
from hamon.lab.profiles import PROFILES
from hamon.lab.service import Service


class Component(NamedTuple):
    """What a folder, or a scenario, states."""

    name: str
    services: tuple[Service, ...]
    failures: Mapping[str, tuple[Failure, ...]]
    """By profile."""


def _stated(module: str, name: str, default: object) -> object:
    """What a module states under a name; the default where there is no such module or statement."""
    return getattr(importlib.import_module(module), name, default) if find_spec(module) else default


@cache
def components() -> tuple[Component, ...]:
    """All components of the lab, by name."""
    folder = component_folders.__name__
    names = sorted(module.name for module in pkgutil.iter_modules(component_folders.__path__))
    return tuple(
        Component(
            name,
            _stated(f"{folder}.{name}.service", "SERVICES", ()),  # type: ignore[arg-type]
            _stated(f"{folder}.{name}.failures", "FAILURES", {}),  # type: ignore[arg-type]
        )
        for name in names
    )


@cache
def scenarios() -> tuple[Component, ...]:
    """The failures that span components, by name of their module."""
    folder = scenario_modules.__name__
    names = sorted(module.name for module in pkgutil.iter_modules(scenario_modules.__path__))
    return tuple(
        Component(name, (), failures)  # type: ignore[arg-type]
        for name in names
        if (failures := _stated(f"{folder}.{name}", "FAILURES", {}))
    )


def services(monitored: bool = True) -> tuple[Service, ...]:
    """The services of all components in the order they are started on a host; a bare lab goes without the watchers."""
    return tuple(service for service in in_order(components()) if monitored or not service.watcher)


def in_order(stated: Iterable[Component]) -> tuple[Service, ...]:
    """The services so that each comes behind those it is started after, by name where that leaves a choice.

    Raises graphlib.CycleError when there is no such order.
    """
    by_name = {service.name: service for component in stated for service in component.services}
    order = graphlib.TopologicalSorter(
        {name: set(service.after) & set(by_name) for name, service in sorted(by_name.items())}
    )
    order.prepare()
    ordered: list[Service] = []
    while order.is_active():
        ready = sorted(order.get_ready())
        ordered += [by_name[name] for name in ready]
        order.done(*ready)
    return tuple(ordered)


def failures() -> dict[str, tuple[Failure, ...]]:
    """Everything that can be broken, by profile, in the order of the profiles and of the components' names."""
    every = (*components(), *scenarios())
    return {
        profile: tuple(failure for component in every for failure in component.failures.get(profile, ()))
        for profile in PROFILES
    }


def failure_named(name: str) -> Failure:
    """The failure of that name in whatever profile; UsageError with the nearest ones."""
    known = {failure.name: failure for of_profile in failures().values() for failure in of_profile}
    if name not in known:
        raise unknown("failure", name, known)
    return known[name]


def profile_of(name: str) -> str:
    """In which profile that failure can happen; UsageError with the nearest ones."""
    wanted = failure_named(name)
    return next(profile for profile, of_profile in failures().items() if wanted in of_profile)


def find(name: str, profile: Profile) -> Failure:
    """The failure of that name in that profile; UsageError with the nearest ones."""
    known = {failure.name: failure for failure in failures()[profile.name]}
    if name not in known:
        raise unknown(f"failure of the {profile.name} profile", name, known)
    return known[name]
