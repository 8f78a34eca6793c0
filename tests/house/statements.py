"""What the tests of the house look at: every component, every check, and their files."""

import ast
import tomllib
from pathlib import Path
from typing import Any

from hamon.catalogue import components
from hamon.check import Check
from hamon.component import Component

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
EVERY: list[tuple[Check[Any], Component]] = [(check, c) for c in components() for check in c.checks]


def imports(path: Path) -> set[str]:
    """The modules that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            modules = node.module == "hamon"  # `from hamon import take`: what it names are modules
            found |= {f"hamon.{alias.name}" for alias in node.names} if modules else {node.module}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found
