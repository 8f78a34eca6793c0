"""Real shells complete what the statements say."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hamon import catalogue
from hamon.commands import commands
from hamon.commands.completion import SCRIPTS, every_line
from tests.completion.terminal import EVERY, Shell
from tests.programs import needs

LINES = every_line()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the scripts in it, and files to complete."""
    made = tmp_path_factory.mktemp("home")
    (made / "functions").mkdir()
    (made / "functions" / "_hamon").write_text(SCRIPTS["zsh"](LINES))
    (made / "hamon.bash").write_text(SCRIPTS["bash"](LINES))
    (made / "hamon.fish").write_text(SCRIPTS["fish"](LINES))
    (made / "state of ctl1.json").write_text("{}")
    (made / "inventory.yml").write_text("")
    (made / "only").mkdir()
    return made


@pytest.fixture(scope="module")
def bash(home: Path) -> Iterator[Shell]:
    made = Shell([needs("bash"), "--norc", "--noprofile", "-i"], home, "source hamon.bash")
    yield made
    made.close()


@pytest.fixture(scope="module")
def zsh(home: Path) -> Iterator[Shell]:
    start = "bindkey -e; fpath=($PWD/functions $fpath); autoload -Uz compinit; compinit -u -D"
    made = Shell([needs("zsh"), "-f", "-i"], home, start)
    yield made
    made.close()


# Typed, and what TAB makes of it in bash and zsh alike. A threshold ends with = and waits for its range.
UNIQUE = [
    ("hamon pl", "hamon plan "),
    ("hamon plan --inv", "hamon plan --inventory"),
    ("hamon lab bre", "hamon lab break "),
    ("hamon lab break galera-sp", "hamon lab break galera-split-brain "),
    ("hamon lab up --profile contr", "hamon lab up --profile controller "),
    ("hamon checks galera_c", "hamon checks galera_cluster "),
    ("hamon completion z", "hamon completion zsh "),
    ("hamon run -i inv", "hamon run -i inventory.yml "),
    ("hamon checks --write on", "hamon checks --write only/"),
    ("check_galera -w flow_p", "check_galera -w flow_paused="),
    ("/opt/hamon/bin/check_galera -c flow_p", "/opt/hamon/bin/check_galera -c flow_paused="),
    ("check_galera --donor-max 5 --warning flow_p", "check_galera --donor-max 5 --warning flow_paused="),
    ("check_galera --facts --repl", "check_galera --facts --replay"),
    ("check_galera --replay sta", "check_galera --replay state\\ of\\ ctl1.json "),
    ("check_galera -H inv", "check_galera -H inv"),
]
# These shells put what an option takes behind its =.
JOINED = {"hamon plan --inventory", "check_galera --facts --replay"}


@pytest.mark.parametrize(("typed", "completed"), UNIQUE, ids=[typed for typed, _ in UNIQUE])
def test_bash_completes(bash: Shell, typed: str, completed: str) -> None:
    assert bash.line(typed) == completed + (" " if completed in JOINED else "")


@pytest.mark.parametrize(("typed", "completed"), UNIQUE, ids=[typed for typed, _ in UNIQUE])
def test_zsh_completes(zsh: Shell, typed: str, completed: str) -> None:
    assert zsh.line(typed) == completed.rstrip(" /")  # zsh takes what it added itself away when the cursor moves


def test_bash_offers_every_threshold_of_a_check_and_nothing_else(bash: Shell) -> None:
    for check in catalogue.checks().values():
        names = sorted(f"{limit.name}=" for limit in check.limits)
        for flag in ("-w", "--critical"):
            start = f"{check.program} {flag} "
            assert bash.line(start, EVERY).rstrip() == f"{start}{' '.join(names)}".rstrip(), check.name


def test_bash_offers_every_command_and_every_option(bash: Shell) -> None:
    assert bash.line("hamon ", EVERY).split() == ["hamon", *sorted(commands())]
    for line in LINES:
        flags = [name for flag in line.flags for name in flag.names]
        assert sorted(bash.line(f"{line.name} -", EVERY).removeprefix(line.name).split()) == sorted(flags)


def test_bash_completes_behind_an_equals_sign(bash: Shell) -> None:
    assert bash.line("hamon run --inventory=inv") == "hamon run --inventory=inventory.yml "
    assert bash.line("check_galera -w flow_paused=") == "check_galera -w flow_paused="
    assert bash.line("check_galera -w flow_paused=0.2 --crit") == "check_galera -w flow_paused=0.2 --critical "


def test_zsh_shows_what_there_is_and_what_it_means(zsh: Shell) -> None:
    zsh.lists("hamon ", [text for command in commands().values() for text in (command.name, command.help)])
    zsh.lists("check_galera -w ", [f"{limit.name}=" for limit in catalogue.checks()["galera"].limits])


def test_zsh_takes_the_script_from_standard_input_as_well(home: Path) -> None:
    shell = Shell(
        [needs("zsh"), "-f", "-i"], home, "bindkey -e; autoload -Uz compinit; compinit -u -D; source functions/_hamon"
    )
    assert shell.line("hamon pl") == "hamon plan"
    assert shell.line("check_galera -w flow_p") == "check_galera -w flow_paused="
    shell.close()


FISH = [
    ("hamon pl", ["plan"]),
    ("hamon plan --inv", ["--inventory"]),
    ("hamon lab br", ["break"]),
    ("hamon lab break galera-sp", ["galera-split-brain"]),
    ("hamon run -i inv", ["inventory.yml"]),
    ("hamon checks galera_", ["galera_cluster"]),
    ("check_galera -w flow", ["flow_paused="]),
    ("/opt/hamon/bin/check_galera -w flow", ["flow_paused="]),
    ("check_galera -H inv", []),
]


@pytest.mark.parametrize(("typed", "offered"), FISH, ids=[typed for typed, _ in FISH])
def test_fish_completes(home: Path, typed: str, offered: list[str]) -> None:
    argv = [needs("fish"), "--no-config", "-c", f"source hamon.fish; complete -C '{typed}'"]
    ran = subprocess.run(argv, cwd=home, env={"HOME": str(home), "PATH": "/usr/bin"}, capture_output=True, text=True)
    assert (ran.stderr, [line.split("\t")[0] for line in ran.stdout.splitlines()]) == ("", offered)
