"""The catalogue of components: every folder in ``hamon.checks`` with a ``component.py``. Plugins never import this."""

import importlib
import importlib.util
import pkgutil
from functools import cache
from typing import Any

from hamon.check import Check
from hamon.component import Component
from hamon.errors import UsageError
from hamon.words import nearest


@cache
def components() -> tuple[Component, ...]:
    """All components, by name. A new folder in ``checks/`` is all it takes to be in here."""
    package = importlib.import_module("hamon.checks")
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    modules = [f"hamon.checks.{name}.component" for name in names]
    return tuple(importlib.import_module(name).COMPONENT for name in modules if importlib.util.find_spec(name))


def checks() -> dict[str, Check[Any]]:
    """Every check by its name (``galera``, ``galera_cluster``, ...)."""
    return {check.name: check for component in components() for check in component.checks}


def component_of(check: Check[Any]) -> Component:
    """The component that a check belongs to."""
    return next(component for component in components() if check in component.checks)


def check_named(name: str) -> Check[Any]:
    """The check called ``name``, with or without ``check_`` before it. Raises UsageError that names the nearest one."""
    known = checks()
    check = known.get(name.removeprefix("check_"))
    if check is None:
        raise UsageError(f"no check is called {name!r}; {nearest(name, known)}")
    return check
