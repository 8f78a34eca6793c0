"""Plugins import little: what a check's process may load follows from the transports that it states."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hamon.check import Check
from tests.house.statements import EVERY, SCRIPTS

# Third-party packages, and modules of the standard library that cost more than a check does.
DEAR = {
    "_ssl",
    "asyncio",
    "concurrent.futures",
    "elasticsearch",
    "email",
    "importlib.metadata",
    "jinja2",
    "keystoneclient",
    "pathlib",
    "pika",
    "pymysql",
    "requests",
    "yaml",
}

# Of those, what asking through a transport loads. All transports of hamon.probe are here.
LOADS: dict[str, set[str]] = {
    "amqp": {
        "pika",
        "asyncio",
        "concurrent.futures",
        "email",
        "pathlib",
        "_ssl",
    },  # pika's own: its asyncio adapter and ssl
    "arp": set(),
    "command": set(),
    "file": set(),
    "http": {"email"},  # http.client parses headers with it
    "sql": {"pymysql"},
    "tcp": set(),
    "unix": set(),
}

# Options that lead to where nobody answers, for checks that have them.
NOWHERE = {"-p": "1", "-S": "/nonexistent", "--vip": "192.0.2.1", "--via": "/bin/false"}


def nowhere(check: Check[Any]) -> list[str]:
    """Arguments that make the check ask nobody that there is."""
    flags = {flag for option in check.options for flag in option.flags}
    words = [word for flag, value in NOWHERE.items() if flag in flags for word in (flag, value)]
    return [*words, *(["--members", "a=127.0.0.1"] if check.of else [])]


@pytest.mark.parametrize("check", [check for check, _ in EVERY], ids=lambda check: check.name)
def test_import_budget(check: Check[Any], tmp_path: Path) -> None:
    """What the plugin's process loads until it has judged, from the interpreter's own report."""
    module, _, attribute = SCRIPTS[check.program].partition(":")
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}; sys.argv = ['{check.program}', '-t', '2', *{nowhere(check)!r}]; "
        f"from {module} import {attribute} as main; main()"
    )
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-S", "-c", code], capture_output=True, text=True, check=False,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HAMON_STATE_DIR": str(tmp_path)},
    )  # fmt: skip
    loaded = {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines() if line.startswith("import time:")}
    assert {"nagiosplugin", "hamon.wording"} <= loaded, ran.stderr[-500:]
    # A transport that is used on demand only (a URL instead of a socket, say) allows nothing before it is loaded.
    allowed = {name for transport in check.uses if f"hamon.probe.{transport}" in loaded for name in LOADS[transport]}
    assert loaded & DEAR <= allowed, f"{check.program} loads more than {check.uses} need: import it where it is used"


def test_a_command_loads_no_other_one() -> None:
    """``hamon notify`` is started for every notification, and the others are many."""
    code = "import sys; from hamon.cli import main; main(['notify', '--help']); print(*sys.modules, sep='\\n', file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ran.stderr.split())
    assert ran.stdout.startswith("usage: hamon notify ")
    assert {name for name in loaded if name.startswith("hamon.commands.")} == {"hamon.commands.notify"}
    assert "hamon.doctor" not in loaded
