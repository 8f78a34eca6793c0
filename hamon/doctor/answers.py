"""What check_nrpe or a plugin behind it printed, and what that means. Pure."""

import json
import re
import shlex
from typing import Any, NamedTuple

from hamon import __version__
from hamon.check import Check
from hamon.doctor.calls import install
from hamon.doctor.finding import Finding, note, ok, problem, unknown
from hamon.doctor.machine import Ran
from hamon.nrpe import SUDO
from hamon.typed import MistypedError, typed
from hamon.verdict import State
from hamon.wire import read
from hamon.words import duration

LARGEST = 64 * 1024  # bytes of an answer that NRPE passes on
FULL = 0.75  # of them: worth a note
APART = 5.0  # seconds that clocks may differ, and what the answer took
RESTART = "systemctl restart nagios-nrpe-server"


class Asked(NamedTuple):
    """One command of one host: its ``name`` there, the ``check`` whose facts are wanted (None: its verdict), its command
    line on the host.
    """

    host: str
    address: str
    name: str
    argv: tuple[str, ...]
    check: Check[Any] | None = None
    sudo: bool = False


class Kind(NamedTuple):
    """Words by which an answer is known, what that means, and the cure: ``{host}`` and the groups of ``words`` are filled in."""

    words: re.Pattern[str]
    text: str
    cure: str


def on(host: str, command: str) -> str:
    """``command`` as it is given from here."""
    return f"ssh {host} {shlex.quote(command)}"


KINDS = (
    Kind(
        re.compile(r"NRPE: Command '(?P<name>[^']*)' not defined"),
        "NRPE there does not know the command: hamon's file is not installed, or NRPE was not restarted since",
        "scp nrpe/{host}.cfg {host}:/etc/nagios/nrpe.d/hamon.cfg && ssh {host} systemctl restart nagios-nrpe-server",
    ),
    Kind(
        re.compile(r"NRPE: Command timed out after (?P<seconds>\d+) seconds"),
        "NRPE there ended the plugin after {seconds} s (command_timeout)",
        "ssh {host} 'hamon doctor'",
    ),
    Kind(
        re.compile(r"credentials file (?P<file>\S+) is open to everybody \(mode (?P<mode>\d+)\)"),
        "credentials file {file} is open to everybody there (mode {mode})",
        "ssh {host} 'chgrp {user} {file} && chmod 640 {file}'",
    ),
    Kind(
        re.compile(r"credentials file (?P<file>[^\s:]+): permission denied"),
        "credentials file {file} cannot be read by {user} there",
        "ssh {host} 'chgrp {user} {file} && chmod 640 {file}'",
    ),
    Kind(
        re.compile(r"credentials file (?P<file>\S+) does not exist"),
        "credentials file {file} does not exist there",
        "scp credentials.cnf {host}:{file} && ssh {host} 'chgrp {user} {file} && chmod 640 {file}'",
    ),
    Kind(
        re.compile(r"(?P<tool>\S+) is not installed on this host"),
        "{tool} is not installed there",
        "ssh {host} 'hamon doctor'",
    ),
    Kind(
        re.compile(r"a password is required"),
        "sudo there asks for a password, and NRPE has none to give",
        "scp sudoers/{host} {host}:/etc/sudoers.d/hamon && ssh {host} 'chmod 440 /etc/sudoers.d/hamon && visudo -c'",
    ),
)
NO_OUTPUT = "NRPE: Unable to read output"


def of_command(asked: Asked, ran: Ran, user: str) -> Finding:
    """The finding about one command that an agent was asked to run. A dead service is not the doctor's affair, a check that
    cannot judge is.
    """
    what = f"{asked.host}/{asked.name}"
    words = " ".join((ran.out.strip() or ran.err.strip()).split())
    if ran.rc is None:
        return unknown("commands", what, f"not asked to the end: {ran.err}", "hamon doctor -i INVENTORY -t 300")
    if NO_OUTPUT in words:
        return _nothing(asked, what)
    if asked.check is not None:
        return _facts(asked, asked.check, ran, what, user)
    if ran.rc == State.UNKNOWN:
        return _known(asked, words, what, user) or problem("commands", what, words.partition(" | ")[0][:160], on(asked.host, "hamon doctor"))  # fmt: skip
    return ok("commands", what, "answers")


def _nothing(asked: Asked, what: str) -> Finding:
    """The finding about a command that printed nothing: NRPE throws away what it wrote to stderr."""
    program = asked.argv[0]
    if not asked.sudo:
        return problem("commands", what, f"printed nothing: {program} is missing there or does not start", on(asked.host, f"{program} --version"))  # fmt: skip
    text = f"printed nothing: sudo there asks for a password, or {program} is missing or does not start"
    return problem("commands", what, text, on(asked.host, f"sudo -u nagios {' '.join(SUDO)} -l; {program} --version"))


def _known(asked: Asked, words: str, what: str, user: str) -> Finding | None:
    for kind in KINDS:
        match = kind.words.search(words)
        if match:
            values = {**match.groupdict(), "host": asked.host, "user": user}
            return problem("commands", what, kind.text.format(**values), kind.cure.format(**values))
    return None


def _facts(asked: Asked, check: Check[Any], ran: Ran, what: str, user: str) -> Finding:
    size = len(ran.out.encode())
    try:
        message = read(ran.out)
        if message["check"] != check.name:
            raise ValueError(check.name)
    except (ValueError, KeyError, TypeError, json.JSONDecodeError):
        words = " ".join((ran.out.strip() or ran.err.strip() or f"exit code {ran.rc}").split())
        if size >= LARGEST - 1:
            text = f"its facts are larger than the {LARGEST} bytes that NRPE passes on"
            return problem("commands", what, text, on(asked.host, shlex.join(asked.argv) + " | wc -c"))
        cause = _known(asked, words, what, user)
        return cause or problem("commands", what, f"no facts of {check.program}: {words[:120]}", on(asked.host, "hamon doctor"))  # fmt: skip
    version = str(message.get("hamon", "older than 0.1.0"))
    try:
        if "facts" in message:
            typed(check.facts, message["facts"])
        state, words, _ = typed(tuple[int, str, str], message.get("error", [0, "", ""]), "error")
    except MistypedError as error:
        text = f"hamon {version} there, {__version__} here: its facts cannot be read: {error}"
        return problem("versions", what, text, on(asked.host, install(program_of(asked))))  # fmt: skip
    if state == State.UNKNOWN:
        return _known(asked, words, what, user) or problem(
            "commands", what, words[:160], on(asked.host, "hamon doctor")
        )
    if size > LARGEST * FULL:
        return note("commands", what, f"its facts have {size} of the {LARGEST} bytes that NRPE passes on")
    return ok("commands", what, "gives its facts")


def version_of(ran: Ran) -> str | None:
    """The version of hamon that answered with facts; None where it does not say."""
    try:
        return str(read(ran.out)["hamon"])
    except (ValueError, KeyError, TypeError):
        return None


def program_of(asked: Asked) -> str:
    """The program of a command, without what stands before it."""
    return next((word for word in asked.argv if word.rpartition("/")[2].startswith("check_")), asked.argv[0])


def version(host: str, versions: set[str], program: str) -> Finding:
    """The finding about the versions that a host's facts name; ``program`` is one that gave them."""
    if versions == {__version__}:
        return ok("versions", host, f"hamon {__version__}")
    text = f"hamon {' and '.join(sorted(versions))} there, {__version__} here"
    return problem("versions", host, text, on(host, install(program)))


def behind(ran: Ran) -> tuple[float, float] | None:
    """How far a host's clock is behind this one, in seconds, and how exactly that is known; None when it does not say."""
    try:
        reported = float(read(ran.out)["time"])
    except (ValueError, KeyError, TypeError):
        return None
    # It looked at its clock at some moment between our question and its answer.
    middle, half = (ran.began + ran.ended) / 2, (ran.ended - ran.began) / 2
    return middle - reported, half


def clock(host: str, seen: tuple[float, float]) -> Finding:
    """The finding about a host's clock. It is compared no more exactly than the question took."""
    late, half = seen
    if abs(late) - half <= APART:
        return ok("clocks", host, f"within {max(APART, half):.0f} s of this server's")
    text = f"{duration(abs(late))} {'behind' if late > 0 else 'before'} this server's"
    return problem("clocks", host, text, on(host, "timedatectl; chronyc -n tracking"))
