"""What this machine lacks for the objects to work: notes, not refusals, for Nagios may run on another machine.

Nagios finds out only when it runs: a missing plugin is "exit code 127", and check_nrpe aborts on a client key that it
cannot read, so that every host would be UNKNOWN at once.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from hamon.errors import UsageError
from hamon.nagios_objects import notification
from hamon.plan import Place, Plan
from hamon.rights import READ, account, obstacle

USER = "nagios"
ILLEGAL = "`~$&|'\"<>"
# Where distributions and a build from source have the main configuration.
MAIN = ("/etc/nagios4/nagios.cfg", "/etc/nagios/nagios.cfg", "/usr/local/nagios/etc/nagios.cfg")


def warnings(plan: Plan) -> list[str]:
    """One line for each file that Nagios will need and cannot use here."""
    notes = []
    programs = {check.argv[0]: f"check {check.check}" for check in plan.checks if check.where is not Place.NODE}
    host_check = plan.settings.host_check.split()[0]
    if host_check.startswith("/"):
        programs[host_check] = "hamon.host_check"
    for program, what in sorted(programs.items()):
        if not os.access(program, os.X_OK):
            notes.append(f"{program} ({what}) cannot be executed on this machine; the Nagios server needs it")
    sender = notification.program(plan.settings)
    if sender and not os.access(sender, os.X_OK):
        notes.append(f"{sender} (hamon.notify) cannot be executed on this machine; nobody would be notified")
    nrpe = plan.settings.nrpe
    for key, file in (("ca", nrpe.ca), ("cert", nrpe.cert), ("key", nrpe.key)):
        if file and not os.access(file, os.R_OK):
            notes.append(f"{file} (hamon.nrpe.{key}) cannot be read on this machine; the Nagios server needs it")
        elif file and not readable_by(USER, Path(file)):
            notes.append(
                f"{file} (hamon.nrpe.{key}) cannot be read by the user {USER}; check_nrpe would abort: chgrp, chmod 640"
            )
    return notes


def readable_by(user: str, path: Path) -> bool:
    """Whether ``user`` can read ``path``, by the modes of it and of the directories above; True when there is no such user."""
    known = account(user)
    return known is None or obstacle(known, str(path.resolve()), READ) is None


def main_file() -> str | None:
    """Nagios' main configuration where distributions have it; None where there is none."""
    return next((path for path in MAIN if os.path.exists(path)), None)


def main_configuration(plan: Plan, given: str | None) -> list[str]:
    """What Nagios' main configuration lacks, a line each with the line to add; ``given`` None looks where it usually is.

    Nothing when there is none: Nagios may run on another machine. Raises UsageError for one that was given and cannot be read.
    """
    path = given or main_file()
    if path is None:
        return []
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        if given:
            raise UsageError(f"{path}: {(error.strerror or '').lower()}") from None
        return []
    return [f"{path} {lack.text}; add this line: {lack.line}" for lack in lacks(plan, values_of(text))]


class Lack(NamedTuple):
    """A ``line`` that a main configuration lacks, and in ``text`` what follows from that. ``grave``: more than a delay."""

    text: str
    line: str
    grave: bool


def values_of(text: str) -> dict[str, str]:
    """The last value of every variable of a Nagios main configuration."""
    pairs = [line.partition("=") for line in text.splitlines() if not line.lstrip().startswith(("#", ";"))]
    return {key.strip(): value.strip() for key, _, value in pairs}


def lacks(plan: Plan, values: Mapping[str, str]) -> list[Lack]:
    """What a main configuration with these values lacks for the plan."""
    lacking = []
    missing = sorted(set(ILLEGAL) - set(values.get("illegal_macro_output_chars", "")))
    if missing:
        text = (
            f"lets {' '.join(missing)} of a plugin's output into the command lines of other notifications and"
            " handlers, where a shell runs it"
        )
        lacking.append(Lack(text, f"illegal_macro_output_chars={ILLEGAL}", True))
    if notification.program(plan.settings) and values.get("enable_environment_macros") != "1":
        text = (
            "keeps a plugin's words out of the environment: hamon notify waits for the status file instead, up to 20 s"
        )
        lacking.append(Lack(text, "enable_environment_macros=1", False))
    return lacking
