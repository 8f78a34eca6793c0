"""What people read is true as far as a machine can tell: links lead somewhere, the README names what is watched."""

import re
from pathlib import Path

import pytest

from hamon.catalogue import components
from tests.house.statements import ROOT, imports

TEXTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/checks/*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.M)
FENCE = re.compile(r"^(`{3,})[^`\n]*\n.*?^\1$", re.M | re.S)

# The README's words for components of the catalogue.
WORDS = {
    "chrony": "chrony",
    "corosync": "Corosync",
    "drbd": "DRBD",
    "drbd_stack": "stacks on DRBD",
    "galera": "Galera",
    "haproxy": "HAProxy",
    "keepalived": "keepalived",
    "memcached": "memcached",
    "mysql": "MySQL",
    "pacemaker": "Pacemaker",
    "rabbitmq": "RabbitMQ",
    "vip": "virtual addresses",
}

# What a layer must not import of hamon; docs/architecture.md says it the other way round.
ABOVE_ALL = ("cli", "commands", "doctor", "lab")
ABOVE = {
    "hamon/probe": ("checks", "catalogue", "cluster", "inventory", "plan", "nagios_objects", *ABOVE_ALL),
    "hamon/inventory": ("check", "checks", "catalogue", "limits", "probe", "plan", "nagios_objects", *ABOVE_ALL),
    "hamon/plan": ("checks", "catalogue", "probe", "nagios_objects", *ABOVE_ALL),
    "checks": ("catalogue", "inventory", "plan", "nagios_objects", *ABOVE_ALL),
    "hamon/doctor": ("checks", "catalogue", "cli", "commands", "lab"),
    "nagios_objects": ("checks", "catalogue", "probe", *ABOVE_ALL),
}


def anchors(path: Path) -> set[str]:
    """The fragments that headings of a page can be reached by."""
    headings = HEADING.findall(FENCE.sub("", path.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for target in LINK.findall(FENCE.sub("", path.read_text(encoding="utf-8"))):
        if "://" in target:
            continue
        name, _, fragment = target.partition("#")
        page = (path.parent / name).resolve() if name else path
        assert page.exists(), f"{path.name}: nothing at {target}"
        if fragment:
            assert fragment in anchors(page), f"{path.name}: {page.name} has no heading {fragment}"


def test_what_the_readme_says_is_watched_is_watched() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    rows = [line.split("|") for line in lines if line.startswith("| **")]
    assert len(rows) > 4
    watched, missing = (" ".join(row[column] for row in rows) for column in (2, 3))
    assert WORDS.keys() <= {component.name for component in components()}
    assert not [word for word in WORDS.values() if word not in watched]
    assert not [word for word in WORDS.values() if re.search(rf"\b{word}\b", missing)]


@pytest.mark.parametrize("folder", ABOVE)
def test_arrows_between_layers_run_one_way(folder: str) -> None:
    paths = sorted((ROOT / folder).rglob("*.py"))
    assert paths
    above = tuple(f"hamon.{name}." for name in ABOVE[folder])
    for path in paths:
        assert not {name for name in imports(path) if f"{name}.".startswith(above)}, path


def test_nothing_but_a_command_imports_the_lab() -> None:
    paths = [*(ROOT / "hamon").glob("*.py"), *(ROOT / "checks").rglob("*.py"), *(ROOT / "nagios_objects").glob("*.py")]
    paths += [path for name in ("inventory", "plan", "probe") for path in (ROOT / "hamon" / name).glob("*.py")]
    assert len(paths) > 80
    for path in paths:
        assert not {name for name in imports(path) if name.startswith("hamon.lab")}, path
