"""Read what a deployment tool's variables state: a port, a switch. What cannot be evaluated is a finding. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from hamon.inventory.conditions import Unclear, truth
from hamon.inventory.variables import fill

Known = Mapping[str, Any]  # variables by name


def port(known: Known, variables: Sequence[str], name: str, tool: str, findings: list[str]) -> str:
    """The port that the first set one of ``variables`` states, for ``hamon.site.NAME``; empty where none is set or it cannot be read."""
    variable = next((variable for variable in variables if known.get(variable) is not None), None)
    if variable is None:
        return ""
    number = fill(known[variable], known.get)
    if number is not None and number.isascii() and number.isdigit() and 0 < int(number) < 65536:
        return number
    findings.append(f"{variable} of {tool} is not a port that hamon can read: set hamon.site.{name}")
    return ""


def on(known: Known, variable: str, default: bool, findings: list[str], cure: str = "set hamon.site by hand") -> bool:
    """Whether a switch is on; ``default`` where it is not set, and where it cannot be evaluated: ``cure`` says what to do then."""
    value = known.get(variable)
    try:
        return default if value is None else truth(value, known.get)
    except (Unclear, ValueError):
        taken, other = ("on", "off") if default else ("off", "on")
        finding = f"{variable} is neither yes nor no to hamon: taken for {taken}; {cure} where it is {other}"
        findings += [finding] if finding not in findings else []
        return default
