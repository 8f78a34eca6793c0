"""What people read is true as far as a machine can tell: links lead somewhere, the README names what is watched."""

import re
from pathlib import Path

import pytest

from hamon.catalogue import components
from tests.house.statements import imports

ROOT = Path(__file__).resolve().parents[2]
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

# What a layer may import of hamon; docs/architecture.md says it in words.
CORE = {
    "check",
    "cluster",
    "errors",
    "execute",
    "limits",
    "memory",
    "options",
    "plugin",
    "probe",
    "verdict",
    "wire",
    "wording",
    "words",
}
LAYERS = {
    "hamon/probe": CORE | {"credentials", "files"},
    "hamon/inventory": {"errors", "inventory", "words"},
    "hamon/plan": {"check", "errors", "execute", "inventory", "limits", "nrpe", "plan", "verdict", "words"},
    "nagios_objects": {"__version__", "errors", "inventory.model", "nagios_objects", "nrpe", "plan", "words"},
}  # fmt: skip


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


@pytest.mark.parametrize("folder", LAYERS)
def test_arrows_between_layers_run_one_way(folder: str) -> None:
    paths = sorted((ROOT / folder).rglob("*.py"))
    assert paths
    allowed = tuple(f"hamon.{name}" for name in LAYERS[folder])
    for path in paths:
        ours = {name for name in imports(path) if name.startswith("hamon.")}
        assert not {name for name in ours if not f"{name}.".startswith(tuple(f"{one}." for one in allowed))}, path


def test_nothing_but_a_command_imports_the_lab() -> None:
    paths = [*(ROOT / "hamon").glob("*.py"), *(ROOT / "checks").rglob("*.py"), *(ROOT / "nagios_objects").glob("*.py")]
    paths += [path for name in ("inventory", "plan", "probe") for path in (ROOT / "hamon" / name).glob("*.py")]
    assert len(paths) > 80
    for path in paths:
        assert not {name for name in imports(path) if name.startswith("hamon.lab")}, path
