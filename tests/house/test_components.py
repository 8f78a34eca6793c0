"""Nothing was forgotten: one test for each way of leaving a component unfinished, each with its cure."""

import ast
import importlib
import re
from collections import Counter
from functools import partial
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from hamon.catalogue import components
from hamon.check import Check
from hamon.component import Component
from hamon.inventory import Host, Inventory, Section
from hamon.limits import checked_range
from hamon.options import parser
from hamon.plan import make_plan
from hamon.runs import OnCluster, ThroughVip
from hamon.typed import SCALARS
from hamon.verdict import Advice
from tests.house.statements import EVERY, ROOT, SCRIPTS, imports
from tests.house.test_budget import LOADS

CHECKS = [check for check, _ in EVERY]
of_every_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
of_every_component = pytest.mark.parametrize("component", components(), ids=lambda component: component.name)


# --- the component ----------------------------------------------------------------------------------------------------


def test_every_folder_is_a_component() -> None:
    folders = {path.parent.name for path in (ROOT / "checks").glob("*/*.py")}
    assert folders == {component.name for component in components()}, (
        "checks/<name>/component.py states COMPONENT, and its name is the folder's"
    )


@of_every_component
def test_a_component_folder_imports_nothing_by_itself(component: Component) -> None:
    assert not imports(ROOT / "checks" / component.name / "__init__.py"), (
        "every plugin of the component pays for what its __init__.py imports: leave the docstring alone in it"
    )


@of_every_component
def test_a_component_has_a_title_groups_and_checks(component: Component) -> None:
    assert component.title, "state what it is called in sentences"
    assert component.groups, "state the inventory groups whose hosts are its members"
    assert component.checks, "state its checks"
    assert len(set(component.groups)) == len(component.groups), "a group stands there twice"


@of_every_component
def test_a_component_has_a_kolla_switch(component: Component) -> None:
    assert all(re.fullmatch(r"enable_\w+", name) for name in switch_variables(component)), (
        'kolla=Switch("enable_<group>", default): kolla-ansible\'s switches are called so'
    )


def switch_variables(component: Component) -> list[str]:
    """The variable of the switch, and the one that it follows."""
    variable, default = component.switch
    return [variable] if isinstance(default, bool) else [variable, default]


@of_every_component
def test_a_component_states_the_transports_that_it_uses(component: Component) -> None:
    paths = (ROOT / "checks" / component.name).glob("*.py")
    imported = {name.removeprefix("hamon.probe.") for path in paths for name in imports(path)}
    stated = {transport for check in component.checks for transport in check.uses}
    assert imported & LOADS.keys() <= stated, "state uses=(...) in the check that asks through it"


@of_every_component
def test_a_component_has_tests_and_recordings(component: Component) -> None:
    folder = ROOT / "tests" / "checks" / component.name
    assert list(folder.glob("test_*.py")), f"write tests/checks/{component.name}/test_node.py"
    assert list(folder.glob("states/*.json")), (
        f"record real states (--record FILE) into tests/checks/{component.name}/states"
    )
    assert (folder / "truth.tsv").is_file(), "say in truth.tsv what a person would say of each recording"


# --- the check --------------------------------------------------------------------------------------------------------


def test_names_are_taken_once() -> None:
    taken = Counter(check.name for check in CHECKS)
    assert [name for name, times in taken.items() if times > 1] == [], "two components state the same check"


def test_every_check_has_its_entry_point() -> None:
    programs = {name for name in SCRIPTS if name != "hamon"}
    assert programs == {check.program for check in CHECKS}, (
        'pyproject.toml, [project.scripts]: check_<name> = "hamon.checks.<component>.<module>:main"; none for a check that is gone'
    )


@of_every_check
def test_an_entry_point_runs_its_check(check: Check[Any]) -> None:
    module, _, attribute = SCRIPTS[check.program].partition(":")
    main = getattr(importlib.import_module(module), attribute)
    assert isinstance(main, partial), "main = plugin(CHECK)"
    assert main.args[0].program == check.program, "pyproject.toml, [project.scripts]: that main is another check's"


@of_every_check
def test_a_check_says_what_it_asks_and_with_which_rights(check: Check[Any]) -> None:
    assert check.title.endswith("?"), "a check's title is the question that it answers"
    assert check.asks, "asks=...: what it asks of whom"
    assert check.rights, "rights=...: what its user must be allowed to, or none"
    assert check.tier in ("page", "ticket")
    assert check.interval > 0


@of_every_check
def test_a_check_states_its_transports(check: Check[Any]) -> None:
    assert check.uses, "uses=(...): the modules of hamon.probe that it asks through"
    assert set(check.uses) <= LOADS.keys(), "a new transport: say in LOADS (tests/house/test_budget.py) what it loads"


def test_every_transport_has_its_budget() -> None:
    helpers = {"__init__", "ask", "deadline", "sockets", "tape", "tls"}
    modules = {path.stem for path in (ROOT / "hamon" / "probe").glob("*.py")} - helpers
    assert modules == LOADS.keys(), "say in LOADS (tests/house/test_budget.py) what asking through it loads"


@of_every_check
def test_a_check_has_a_runbook(check: Check[Any]) -> None:
    assert check.runbook, "runbook={about: Advice(...)}"
    assert all(isinstance(advice, Advice) and advice.means and advice.do for advice in check.runbook.values()), (
        "an Advice says what it means and what to type next"
    )


@of_every_check
def test_what_can_alarm_is_in_the_runbook(check: Check[Any]) -> None:
    alarming = {limit.name for limit in check.limits if limit.warn or limit.crit}
    assert alarming <= check.runbook.keys(), "a figure with a threshold needs a runbook entry of its name"


@of_every_check
def test_thresholds_are_ranges_and_names_are_labels(check: Check[Any]) -> None:
    for limit in check.limits:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", limit.name), "snake_case: it is a perfdata label, too"
        assert limit.help, f"{limit.name}: say what is counted"
        for spec in (limit.warn, limit.crit):
            assert spec is None or checked_range(spec, limit.name) == spec


@of_every_check
def test_every_limit_has_its_figure(check: Check[Any]) -> None:
    """A limit that no field feeds would end the check in an AttributeError, at the first incident or before."""
    figures = get_type_hints(check.figures)["return"] if check.figures else check.facts
    hints = get_type_hints(figures)
    for limit in check.limits:
        if limit.each:
            assert limit.each in hints, f"{figures.__name__} has no field {limit.each}"
            assert limit.name in item_type(hints[limit.each])._fields, f"{limit.each} has no field {limit.name}"
        else:
            assert limit.name in hints, f"{figures.__name__} has no field {limit.name}"


def item_type(hint: Any) -> Any:
    """The type of the items of ``tuple[X, ...]``, which may be optional; object for anything else."""
    for part in (hint, *get_args(hint)):
        if get_origin(part) is tuple and get_args(part)[1:] == (Ellipsis,):
            return get_args(part)[0]
    return object


@of_every_check
def test_facts_come_back_as_what_they_were(check: Check[Any]) -> None:
    """What a check says it reports is what the Nagios server can read: other types would make every member unreachable."""
    if check.of:
        return  # its facts are the members': they never travel

    def readable(kind: Any) -> None:
        if hasattr(kind, "_fields"):
            for hint in get_type_hints(kind).values():
                readable(hint)
        elif get_origin(kind) in (tuple, UnionType):
            for part in get_args(kind):
                readable(part)
        else:
            assert kind in (*SCALARS, Ellipsis), f"{kind}: hamon.typed does not read it"

    readable(check.facts)


@of_every_check
def test_options_can_be_parsed_and_are_explained(check: Check[Any]) -> None:
    parser(check)  # raises when two options have one flag
    assert all(option.help for option in check.options)
    assert all(option.switch or option.metavar for option in check.options if option.type is not int), "metavar=..."


def test_a_cluster_check_gathers_what_there_is() -> None:
    for check in CHECKS:
        assert check.of is None or check.of in CHECKS, f"{check.name} gathers of {check.of}, which no component states"
        if isinstance(check.runs, OnCluster):
            assert set(check.runs.beside) <= {other.name for other in CHECKS}, (
                f"{check.name} names an unknown check beside"
            )


def test_everything_can_be_planned() -> None:
    """Every argument template is filled in on a host that has everything; a name that nobody knows is a UsageError."""
    groups = tuple(sorted({group for component in components() for group in component.groups}))
    hosts = tuple(Host(f"ctl{number}", f"10.0.0.{number}", groups) for number in (1, 2, 3))
    names = tuple(host.name for host in hosts)
    cloud = Inventory("all", "plain", hosts, dict.fromkeys(groups, names), groups, {"internal": "10.0.0.100"})
    through = [
        c.name for c in components() if not c.vip_holders and any(isinstance(x.runs, ThroughVip) for x in c.checks)
    ]
    settings = Section("all", "all", "here", {"vips": {"internal": {"components": through}}})
    plan = make_plan(cloud._replace(sections=(settings,)), components())
    assert {check.check for check in plan.checks} == {check.name for check in CHECKS} | {"nrpe"}


# --- its texts --------------------------------------------------------------------------------------------------------


def signatures(component: Component) -> list[str]:
    """``module.py:line name(arguments) -> result`` of every function of the component."""
    return [
        f"{path.name}:{node.lineno} {node.name}({ast.unparse(node.args)})"
        + (f" -> {ast.unparse(node.returns)}" if node.returns else "")
        for path in sorted((ROOT / "checks" / component.name).glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    ]


@of_every_component
def test_no_signature_takes_or_returns_just_anything(component: Component) -> None:
    every = signatures(component)
    assert every
    loose = [signature for signature in every if re.search(r"\bAny\b", signature)]
    assert not loose, "name the type; JSON that nobody has judged yet is an object"
