"""What a component of the lab, a scenario or a profile forgot to state. Pure: it looks at statements, not at this machine."""

import graphlib
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from hamon.lab.catalogue import Component, in_order
from hamon.lab.host.hosts import Profile
from hamon.lab.service import Service
from hamon.lab.site import Site


def mistakes(
    stated: Iterable[Component], spanning: Iterable[Component], profiles: Mapping[str, Profile]
) -> Iterator[str]:
    """What components, scenarios or profiles forgot to state or state twice, a line each; nothing when all is well."""
    stated, spanning = tuple(stated), tuple(spanning)
    yield from _of_services(stated, profiles)
    yield from _of_failures((*stated, *spanning), profiles)
    for component in stated:
        for failure in (failure for of_profile in component.failures.values() for failure in of_profile):
            if failure.component != component.name:
                yield f"{component.name}: the failure {failure.name} says that it is of {failure.component}"


def _of_services(stated: tuple[Component, ...], profiles: Mapping[str, Profile]) -> Iterator[str]:
    every = [service for component in stated for service in component.services]
    roles = frozenset[str]().union(*(profile.roles for profile in profiles.values()))
    for component in stated:
        if not component.services:
            yield f"{component.name}: no service (SERVICES in service.py)"
        for service in component.services:
            if service.role not in roles:
                yield f"{component.name}: no host of any profile has the role {service.role} of {service.name}"
            else:
                yield from (f"{component.name}: {text}" for text in _without_package(service, profiles))
            for name in set(service.after) - {service.name for service in every}:
                yield f"{component.name}: {service.name} is started after {name}, which is not a service"
    for name in _twice(service.name for service in every):
        yield f"two services are called {name}"
    used = {service.role for service in every}
    for profile in profiles.values():
        groups = {role for named in profile.clusters.values() for role in named.values()}
        for role in sorted(profile.roles - used - groups - {vip.role for vip in profile.vips}):
            yield f"profile {profile.name}: no service has the role {role}"
    try:
        in_order(stated)
    except graphlib.CycleError as error:
        yield f"services wait for each other: {' after '.join(error.args[1])}"


def _without_package(service: Service, profiles: Mapping[str, Profile]) -> Iterator[str]:
    """Whether the program of a service has a package that brings it, in every profile."""
    for profile in profiles.values():
        for host in profile.having(service.role)[:1]:
            words = [word for word in service.argv(Site(Path("/"), profile), host) if "=" not in word and word != "env"]
            # a shell calls other programs, which the service has to name itself
            named = bool(service.programs) if words[0] == "sh" else words[0] in service.programs
            if words[0] != sys.executable and not named:
                yield f"{service.name} does not say which package brings {words[0]} (programs)"
                return


def _of_failures(stated: tuple[Component, ...], profiles: Mapping[str, Profile]) -> Iterator[str]:
    for component in stated:
        for profile in sorted(set(component.failures) - set(profiles)):
            yield f"{component.name}: failures of an unknown profile, {profile}"
        for profile, failures in component.failures.items():
            if failures and not any(failure.core for failure in failures):
                yield f"{component.name}: no core failure in the profile {profile}, so `make test` breaks it never"
    every = [failure for component in stated for of_profile in component.failures.values() for failure in of_profile]
    for name in _twice(failure.name for failure in every):
        yield f"two failures are called {name}"


def _twice(names: Iterable[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)
