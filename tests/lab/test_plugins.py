"""A lab of a checkout that is not installed writes the plugins itself, as pip would."""

import tomllib
from pathlib import Path

from hamon.catalogue import checks
from hamon.lab.components.nagios.generator import entry_point

PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def test_the_plugins_of_a_lab_are_those_of_the_entry_points() -> None:
    scripts = tomllib.loads(PYPROJECT.read_text())["project"]["scripts"]
    made = {check.program: ":".join(entry_point(check)) for check in checks().values()}
    assert made == {program: place for program, place in scripts.items() if program != "hamon"}
