"""``hamon run``: the whole plan once, worst first, with the worst state as exit code."""

import io
import json
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from hamon import catalogue, cli
from hamon.check import Check
from hamon.component import Component
from hamon.errors import ProbeError, UsageError
from hamon.plan.run import of_program
from hamon.plan.run import run as run_plan
from hamon.runs import OnCluster
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding, Outcome, State
from tests.inventories.fakes import check

# Stands for check_nrpe: says what it was asked, and is unwell on demand.
AGENT = """#!/bin/sh
case "$*" in
*"-H 10.0.0.2"*"-c check_pot") echo "POT CRITICAL - cracked | cracks=2;;0 size=3"; echo "Buy another."; exit 2 ;;
*"-H 10.0.0.3"*"-c check_pot") echo "NRPE: Command 'check_pot' not defined"; exit 3 ;;
*"-c check_pot") echo "POT OK - whole | cracks=0;;0"; exit 0 ;;
*) echo "NRPE v4.1.0"; exit 0 ;;
esac
"""


class Facts(NamedTuple):
    size: int = 3


def probe(ask: Any, options: Any) -> Facts:
    raise ProbeError(WARNING, "one pot is missing")


def evaluate(facts: Facts, options: Any) -> Iterator[Finding]:
    yield Finding(OK, "fine")


POT = check("pot", "Is the pot whole?")
POTS = Check(
    "pots", "Are all pots there?", Facts, probe, evaluate, lambda *_: "all there", runs=OnCluster(POT), tier="page"
)
COMPONENTS = (Component("kitchen", "Kitchen", ("cooks",), (POT, POTS)),)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(catalogue, "components", lambda: COMPONENTS)
    agent = tmp_path / "agent"
    agent.write_text(AGENT)
    agent.chmod(0o755)
    hosts = {f"pot{n}": {"ansible_host": f"10.0.0.{n}"} for n in (1, 2, 3)}
    hamon = {"nrpe": {"program": str(agent), "timeout": 5}}
    file = tmp_path / "kitchen.json"
    file.write_text(json.dumps({"all": {"vars": {"hamon": hamon}, "children": {"cooks": {"hosts": hosts}}}}))
    return file


def run(capsys: pytest.CaptureFixture[str], source: Path, *options: str) -> tuple[int, str, str]:
    code = cli.main(["run", "-i", str(source), *options])
    told = capsys.readouterr()
    return code, told.out, told.err


def without_times(table: str) -> list[list[str]]:
    return [[cell for n, cell in enumerate(line.split(None, 4)) if n != 3] for line in table.splitlines()]


def test_worst_first(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said, errors = run(capsys, source)
    assert code == 2
    assert errors == ""
    assert without_times(said)[:-2] == [
        ["state", "host", "check", "output"],
        ["--------", "---------------", "-----", "-" * 37],
        ["CRITICAL", "pot2", "pot", "POT CRITICAL - cracked"],
        ["UNKNOWN", "pot3", "pot", "NRPE: Command 'check_pot' not defined"],
        ["WARNING", "kitchen.cluster", "pots", "one pot is missing"],
        ["OK", "pot1", "nrpe", "NRPE v4.1.0"],
        ["OK", "pot1", "pot", "POT OK - whole"],
        ["OK", "pot2", "nrpe", "NRPE v4.1.0"],
        ["OK", "pot3", "nrpe", "NRPE v4.1.0"],
    ]
    assert said.splitlines()[-1] == "1 CRITICAL, 1 UNKNOWN, 1 WARNING, 4 OK"


def test_only_some(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said, _ = run(capsys, source, "--only", "^pot1/", "-j", "1")
    assert code == 0
    assert said.splitlines()[-1] == "2 OK"
    assert run(capsys, source, "--only", "^kitchen")[0] == 1
    assert run(capsys, source, "--only", "pot3/pot$")[0] == 3


def test_as_json(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said, _ = run(capsys, source, "--json", "--only", "pot$")
    told = json.loads(said)
    assert (code, told["state"]) == (2, "CRITICAL")
    first = told["results"][0]
    assert first.pop("seconds") >= 0
    assert first == {
        "host": "pot2",
        "check": "pot",
        "component": "kitchen",
        "where": "node",
        "tier": "ticket",
        "state": "CRITICAL",
        "text": "POT CRITICAL - cracked",
        "perfdata": ["cracks=2;;0", "size=3"],
        "long": "Buy another.",
    }


def test_another_way_to_the_hosts(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said, _ = run(capsys, source, "--only", "^pot", "--via", "/bin/echo {name} {address} {command} in {timeout}")
    assert code == 0
    assert [line[3] for line in without_times(said)[2:5]] == [
        "pot1 10.0.0.1 check_pot in 2",
        "pot2 10.0.0.2 check_pot in 2",
        "pot3 10.0.0.3 check_pot in 2",
    ]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_for_terminals(
    source: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    run(capsys, source, "--only", "^pot1/pot")
    assert terminal.getvalue() == "\r\033[K1/1 pot1/pot\r\033[K"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--only", "("), "--only (: no regular expression: missing ), unterminated subpattern at position 0"),
        (("--only", "teapot"), "--only teapot: finds nothing in the plan; see hamon plan"),
        (("-j", "0"), "-j 0: must be at least 1"),
        (("--via", "ssh {address}"), "--via: must be a command with {command} in it, such as: ssh {address} {command}"),
        (
            ("--via", "ssh {host} {command}"),
            "--via 'ssh {host} {command}': {host} is unknown; there are {address} {name} {command} {timeout}",
        ),
        (("--via", "ssh 'x {command}"), '--via "ssh \'x {command}": No closing quotation'),
    ],
)
def test_mistakes(source: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], said: str) -> None:
    assert run(capsys, source, *options) == (3, "", f"hamon run: {said}\n")


def test_programs_that_misbehave() -> None:
    def judged(*argv: str, timeout: float = 5) -> tuple[State, str, tuple[str, ...]]:
        outcome = of_program(argv, timeout)
        return outcome.state, outcome.text, outcome.perfdata

    nowhere = "/nowhere/check_nrpe cannot be run: no such file or directory"
    assert judged("/nowhere/check_nrpe") == (UNKNOWN, nowhere, ())
    assert judged("/bin/sleep", "5", timeout=0.1) == (UNKNOWN, "/bin/sleep gave no answer within 0.1 s", ())
    assert judged("/bin/sh", "-c", "exit 2") == (CRITICAL, "no output", ())
    stray = "/bin/sh ended with exit code 127: oops"
    assert judged("/bin/sh", "-c", "echo oops >&2; exit 127") == (UNKNOWN, stray, ())
    killed = "/bin/sh ended with exit code -9: no output"
    assert judged("/bin/sh", "-c", "kill -9 $$") == (UNKNOWN, killed, ())
    assert judged("/bin/printf", "\\377 a|b=1") == (OK, "\ufffd a", ("b=1",))


def test_a_check_that_hangs_beyond_its_deadline_does_not_stop_the_end() -> None:
    items: Any = [SimpleNamespace(check=name) for name in ("pot", "pan", "lid")]
    release = threading.Event()

    def ask(item: Any) -> Outcome:
        if item.check == "pan":
            release.wait(60)
        return Outcome(OK, item.check.upper(), "fine")

    begun = time.monotonic()
    results = {result.item.check: result.outcome for result in run_plan(items, 1, ask, 0.5)}
    release.set()
    assert time.monotonic() - begun < 5
    assert {name: (outcome.state, outcome.text) for name, outcome in results.items()} == {
        "pot": (OK, "fine"),
        "pan": (UNKNOWN, "pan gave no answer within 0.5 s and was left behind"),
        "lid": (OK, "fine"),
    }


def test_what_a_check_raises_is_raised_by_the_run() -> None:
    def ask(item: Any) -> Outcome:
        raise UsageError(f"{item.check} is not a check")

    items: Any = [SimpleNamespace(check="pot")]
    with pytest.raises(UsageError, match=r"^pot is not a check$"):
        list(run_plan(items, 1, ask))
