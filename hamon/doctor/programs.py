"""Planned commands: their programs, versions and words, and whether sudo lets them run."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence

from hamon import __version__
from hamon.doctor.calls import Call, install
from hamon.doctor.files import NOT_THERE, named_by, tools_of, usable
from hamon.doctor.finding import Finding, ok, problem, unknown
from hamon.doctor.machine import Machine, Ran
from hamon.rights import EXECUTE, Account
from hamon.words import counted, some

VERSIONS = 20.0  # seconds for all programs together
SUDO = 15.0  # seconds for all questions to sudo
SUDOERS = "/etc/sudoers.d"
VERSION = re.compile(r"\(hamon ([^)\s]+)\)")
ENTRY = re.compile(
    r"\n    (?=\()"
)  # each entry of sudo's list begins with the user to become; its further lines are indented deeper


def about(machine: Machine, user: Account, calls: Sequence[Call]) -> Iterator[Finding]:
    """Everything about the planned commands that ``user`` runs."""
    programs = sorted({call.program for call in calls if call.program})
    missing = {path: stopped for path in programs if (stopped := usable(machine, user, path, EXECUTE, "programs"))}
    for path, stopped in missing.items():
        yield stopped._replace(cure=install(path)) if NOT_THERE in stopped.text else stopped
    there = [path for path in programs if path not in missing]
    yield from _interpreters(machine, user, there)
    yield from _versions(machine, there)
    for call in calls:
        if call.wrong:
            yield problem("checks", call.name, f"{call.place}: {call.wrong}", "hamon gen-objects -i INVENTORY -o DIR")
        yield from named_by(machine, user, call)
        yield from tools_of(machine, user, call)
    if not any(call.wrong for call in calls) and calls:
        yield ok("checks", counted(len(calls), "command"), "their checks take the words of all of them")
    yield from sudo(machine, user, [call for call in calls if call.as_root])


def _interpreters(machine: Machine, user: Account, programs: Sequence[str]) -> Iterator[Finding]:
    """A virtual environment made of a Python in somebody's home cannot be used by others."""
    interpreters: dict[str, str] = {}
    for path in programs:
        try:
            first = machine.read(path).partition("\n")[0]
        except OSError:
            continue
        if first.startswith("#!") and first[2:].split():
            interpreters.setdefault(first[2:].split()[0], path)
    for interpreter, path in interpreters.items():
        stopped = usable(machine, user, interpreter, EXECUTE, "programs")
        if stopped:
            cure = (
                f"/usr/bin/python3 -m venv --clear {shlex.quote(interpreter.rpartition('/bin/')[0])} && {install(path)}"
            )
            yield stopped._replace(text=f"the interpreter of {path}: {stopped.text}", cure=cure)


def _versions(machine: Machine, programs: Sequence[str]) -> Iterator[Finding]:
    """One version everywhere: a second hamon on the path is one that was forgotten at an upgrade."""
    asked = machine.run({path: (path, "--version") for path in programs}, VERSIONS)
    fitting = []
    for path in programs:
        version = version_in(asked[path])
        if version is None:
            yield problem("programs", path, f"does not print its version: {_words(asked[path])}", f"{path} --version")
        elif version != __version__:
            text = f"is of hamon {version}, this is hamon {__version__}"
            yield problem("programs", path, text, install(path))
        else:
            fitting.append(path)
    if fitting:
        folders = sorted({path.rpartition("/")[0] for path in fitting})
        yield ok("programs", some(folders), f"{counted(len(fitting), 'program')} of hamon {__version__}")


def version_in(ran: Ran) -> str | None:
    """The version of hamon that a program printed; None when it printed none."""
    match = VERSION.search(ran.out)
    return match[1] if match and ran.rc == 0 else None


def _words(ran: Ran) -> str:
    return (ran.words or f"exit code {ran.rc}")[:120]


def sudo(machine: Machine, user: Account, calls: Sequence[Call]) -> Iterator[Finding]:
    """Whether sudo runs each of these calls for ``user`` without a password. Only root may ask that about another user."""
    if not calls:
        return
    area, cure = "sudo", f"install -m 440 sudoers/HOST {SUDOERS}/hamon && visudo -c"
    sudoers = machine.run({"": ("visudo", "-c")}, SUDO)[""]
    if machine.user() != 0:
        yield unknown(area, user.name, "only root may ask sudo about another user", "sudo hamon doctor")
        return
    if sudoers.rc is None:
        yield unknown(area, "sudoers", sudoers.err, "apt-get install sudo")
    elif sudoers.rc != 0:
        yield problem(area, "sudoers", f"sudo refuses its own configuration: {_words(sudoers)}", "visudo -c")
    asked = {call.name: (call.before[0], "-n", "-l", "-U", user.name, call.program, *call.words) for call in calls}
    listed = (calls[0].before[0], "-n", "-l", "-U", user.name)
    answers: Mapping[str, Ran] = machine.run({**asked, "": listed}, SUDO)
    free = [entry for entry in ENTRY.split(answers[""].out)[1:] if "NOPASSWD:" in entry]
    allowed = []
    for call in calls:
        answer = answers[call.name]
        if answer.rc is None:
            yield problem(area, call.name, answer.err, "apt-get install sudo")
        elif answer.rc != 0:
            yield problem(area, call.name, f"sudo does not let {user.name} run {call.program} with these words", cure)
        elif not any(call.program in entry or entry.rstrip().endswith(" ALL") for entry in free):
            yield problem(area, call.name, f"sudo asks {user.name} for a password, and NRPE has none to give", cure)
        else:
            allowed.append(call)
    if allowed:
        yield ok(area, user.name, f"sudo runs {counted(len(allowed), 'command')} without a password")
    if "requiretty" in answers[""].out and "!requiretty" not in answers[""].out:
        own = f"{SUDOERS}/hamon-tty"
        cure = f"echo 'Defaults:{user.name} !requiretty' >>{own} && chmod 440 {own} && visudo -c"
        yield problem(area, user.name, "sudo wants a terminal (requiretty), and NRPE has none", cure)
