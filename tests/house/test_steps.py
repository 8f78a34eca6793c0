"""The runbooks: what stands behind "Type next:" pastes into a shell, and names are filled in."""

import ast
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from hamon.check import Check
from hamon.probe import tls
from hamon.verdict import Advice, Step
from hamon.wording import filled
from tests.house.runbooks import CHECKS, COMMANDS, ENTRIES, NAME, RECORDINGS, capture, identify_entry, shown

PREFIXES = {"sudo", "env"}
PROGRAMS = set("""
    apt-get arping cat check_nrpe chmod chronyc cibadmin corosync-cfgtool corosync-qdevice-tool
    corosync-qnetd-tool corosync-quorumtool crm_attribute crm_mon crm_node crm_resource crm_simulate crm_standby crm_verify
    curl date df dkms dmesg docker dpkg drbdadm drbdsetup du ethtool findmnt fsck galera_new_cluster getcap getent grep
    hamon haproxy iostat ip journalctl keepalived last ls mariadb mariadb-dump mariadbd modprobe mv nc nft ntpq openssl pgrep ping ps
    rabbitmq-diagnostics rabbitmq-plugins rabbitmq-queues rabbitmq-upgrade rabbitmqctl smartctl socat ss ssh stat
    stonith_admin sysctl systemctl tail tcpdump timedatectl uptime usermod
""".split())  # fmt: skip  # noqa: SIM905  # words, not seventy literals
# What no verdict can know, and the reader fills in.
READERS = {
    "ADDRESS",
    "DEVICE",
    "DISK",
    "FILE",
    "GROUP",
    "HOST",
    "INTERFACE",
    "INVENTORY",
    "NEW",
    "NODE",
    "OLD",
    "OTHER",
    "PEER",
    "PORT",
    "SERVER",
    "USER",
    "VHOST",
}
WORDS = {"MB", "STATUS", "UNIX", "SIGKILL"}  # in capitals, and meant so
PROSE = {"on", "the", "that", "there", "then", "here", "when", "or:", "and:"}


def tokens(command: str) -> list[str]:
    """The words and the operators of a shell command; operators only where they stand outside of quotes."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    return list(lexer)


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 200
    for check in CHECKS:
        assert any(step.command for advice in check.runbook.values() for step in advice.do), check.name


@pytest.mark.parametrize("template", COMMANDS)
@pytest.mark.parametrize("value", ["", "x1"], ids=["unknown", "known"])
def test_a_command_is_one_that_a_shell_takes(template: str, value: str) -> None:
    names = dict.fromkeys(NAME.findall(template), value)
    command = filled(Step(template), names).command
    assert command.isprintable()
    assert command.isascii()
    assert not set(command) & set("|;&$`\\#"), "Nagios, the mail or a paste would make something else of it"
    assert not NAME.search(command)
    words = shlex.split(command)
    while words[0] in PREFIXES:
        words.pop(0)
    assert words[0] in PROGRAMS | {check.program for check in CHECKS}
    operators = {token for token in tokens(command) if set(token) <= set("()<>")}
    assert operators <= {"<<<"}, "a remark in the command?"
    assert not PROSE & set(words), "a remark in the command?"
    capitals = {found for word in words if " " not in word for found in re.findall(r"(?<![\w-])[A-Z][A-Z_]+\b", word)}
    assert capitals <= READERS | WORDS | {name.upper() for name in names}


def test_a_shell_parses_all_commands() -> None:
    script = "\n".join(filled(Step(template), {}).command for template in COMMANDS)
    ran = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize(("check", "about", "advice"), ENTRIES, ids=identify_entry)
def test_an_entry_is_plain_text(check: Check[Any], about: str, advice: Advice) -> None:
    for text in (advice.means, advice.never, *(step.remark for step in advice.do)):
        assert text.isprintable()
        assert not set(text) & set("|;\u00a6"), text
    assert not NAME.search(advice.means + advice.never), "names are filled in steps only"
    assert all(step.command or step.remark for step in advice.do)
    assert advice.means.endswith(".")
    assert not advice.never or advice.never.endswith(".")


@pytest.mark.parametrize(
    "check", [check for check in CHECKS if any("--ca" in option.flags for option in check.options)], ids=identify_entry
)
def test_what_tls_can_fail_of_has_its_advice(check: Check[Any]) -> None:
    """The kinds of hamon.probe.tls: they come from below, so that no component's own tests need meet them."""
    source = Path(tls.__file__).read_text()
    kinds = set(re.findall(r'ProbeError\([^)]*, "(\w+)"\)', source))
    assert kinds == {"expired", "refused", "tls", "tool"}
    assert kinds - check.runbook.keys() == set()


@cache
def names_given(folder: Path) -> set[str]:
    """The keys of every dict literal that is given to a Finding as its names in the sources of a component."""
    given: set[str] = set()
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            parts: list[ast.AST | None] = []
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in (
                "Finding",
                "_replace",
            ):
                parts = [*node.args[3:], *(word.value for word in node.keywords if word.arg == "names")]
            elif isinstance(node, ast.Assign) and "names" in ast.unparse(node.targets[0]):
                parts = [node.value]
            elif isinstance(node, ast.FunctionDef) and node.name.startswith("name"):
                parts = [node]
            for part in parts:
                for inner in ast.walk(part) if part else ():
                    if isinstance(inner, ast.Dict):
                        given |= {
                            key.value
                            for key in inner.keys
                            if isinstance(key, ast.Constant) and isinstance(key.value, str)
                        }
    return given


def of_limits(check: Check[Any], about: str) -> set[str]:
    """What a limit fills in: the fields of its sentence, and the name of the instance."""
    given = set()
    for limit in check.limits:
        if limit.name == about:
            given |= {field.removeprefix("one.") for field in re.findall(r"\{([a-z_.]+)\}", limit.say)}
            given |= {limit.each.removesuffix("s")}
    return given


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_every_name_has_somebody_who_fills_it_in(check: Check[Any]) -> None:
    module = (
        (check.of or check).facts.__module__
        if check.evaluate.__module__ == "hamon.cluster"
        else check.evaluate.__module__
    )
    folder = Path(str(sys.modules[module].__file__)).resolve().parent
    options = {(option.dest or option.flags[-1].removeprefix("--").replace("-", "_")) for option in check.options}
    for about, advice in check.runbook.items():
        wanted = {name for step in advice.do for name in NAME.findall(step.command + step.remark)}
        core = {"member"} if check.of else set()  # Members.nobody
        assert wanted - options - of_limits(check, about) - names_given(folder) - core == set(), about


# A recording keeps no credentials, and HAProxy's statistics page gives no addresses.
NOT_RECORDED = {"": {"credentials"}, "__http": {"address", "port"}}


@pytest.mark.parametrize("path", RECORDINGS, ids=capture)
def test_the_names_in_a_verdict_are_filled_in(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    excused = {name for suffix, names in NOT_RECORDED.items() if path.stem.endswith(suffix) for name in names}
    for shown_step in shown(path, monkeypatch):
        assert shown_step.unknown <= excused, shown_step.step
