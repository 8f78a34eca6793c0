"""Pacemaker's own words: its tools' XML, guarded, and its times as ages.

``crm_mon --output-as=xml`` exists since Pacemaker 2.0.3; before, ``--as-xml`` tells the same below ``<crm_mon>``. With corosync
dead it exits 0, says ``<status code="0" message="OK"/>`` and has no ``<summary>``; with nothing running it exits 102.
"""

import re
from typing import TYPE_CHECKING, NamedTuple

from hamon.check import Option, Options
from hamon.errors import ProbeError
from hamon.probe import Ask
from hamon.probe.command import Command, Ran
from hamon.probe.file import Processes
from hamon.verdict import CRITICAL, UNKNOWN

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LARGEST = 8_000_000  # characters; a status of thousands of resources stays far below
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ZONE = r"\s*(?P<zone>Z|[+-]\d\d:?\d\d)?"
CLOCK = r"(?P<hour>\d\d?):(?P<minute>\d\d):(?P<second>\d\d)(?:\.\d+)?"
ISO = re.compile(rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)[ T]{CLOCK}{ZONE}", re.ASCII)
CTIME = re.compile(rf"\w{{3}},? (?P<month>[A-Za-z]{{3}})\s+(?P<day>\d\d?) {CLOCK} (?P<year>\d{{4}}){ZONE}", re.ASCII)

EXEC = Option(
    ("--exec",), "put COMMAND before each of the cluster's tools, e.g. 'docker exec hacluster_pacemaker'",
    str.split, (), "COMMAND",
)  # fmt: skip


def run(ask: Ask, options: Options, *argv: str) -> Ran:
    """One of the cluster's tools, inside its container where ``--exec`` says so."""
    return ask(Command((*options.exec, *argv)))


def element(text: str, what: str) -> "Element":
    """The root of an XML text. Raises ProbeError (UNKNOWN) for anything that is not whole or brings its own entities."""
    from xml.etree.ElementTree import ParseError, fromstring

    if not text.strip():
        raise ProbeError(UNKNOWN, f"{what} printed nothing", "garbage")
    if len(text) > LARGEST or "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ProbeError(
            UNKNOWN, f"{what} printed something that is not its XML (too large, or with a DOCTYPE)", "garbage"
        )
    try:
        return fromstring(text)  # noqa: S314  # bounded, and nothing that could declare an entity gets here
    except (ParseError, ValueError) as error:
        raise ProbeError(UNKNOWN, f"{what} printed no whole XML: {error}", "garbage") from None


def crm_mon(ask: Ask, options: Options) -> "Element":
    """The cluster's status as this node sees it. Raises ProbeError: CRITICAL when the daemons are dead, else UNKNOWN."""
    ran = run(ask, options, "crm_mon", "--output-as=xml")
    if not ran.out.lstrip().startswith("<") and "option" in f"{ran.out}{ran.err}".lower():
        ran = run(ask, options, "crm_mon", "--as-xml")
    words = said(ran)
    try:
        root = element(ran.out, "crm_mon")
        if root.find("summary") is not None and root.find("nodes") is not None:
            return root
        trouble = ProbeError(UNKNOWN, f"crm_mon tells no status of the cluster{words}", "no_status")
    except ProbeError as error:
        trouble = ProbeError(error.state, f"{error.text}{words}", error.about)
    raise diagnosed(ask, trouble, words)


def said(ran: Ran) -> str:
    """Exit code and first words of a tool that failed, in brackets."""
    errors = re.findall(r"<error>([^<]*)</error>", ran.out[:LARGEST])
    words = " ".join((errors[-1] if errors else ran.err).split())
    return f" (exit code {ran.rc}{': ' if words else ''}{words[:120]})" if ran.rc or words else ""


def diagnosed(ask: Ask, trouble: ProbeError, words: str) -> ProbeError:
    """Why there is no status: dead daemons are an outage, everything else is our own trouble."""
    if not ask(Processes("corosync")):
        also = "" if ask(Processes("pacemakerd")) else ", nor is Pacemaker"
        return ProbeError(CRITICAL, f"corosync is not running on this node{also}{words}", "not_running")
    if not ask(Processes("pacemakerd")):
        return ProbeError(CRITICAL, f"Pacemaker is not running on this node, corosync is{words}", "not_running")
    if "ermission denied" in words:
        return ProbeError(UNKNOWN, f"Pacemaker does not talk to this user{words}", "rights")
    return trouble


class Clock(NamedTuple):
    """Now, twice: as epoch seconds, and as the wall clock that Pacemaker's times without a zone are in."""

    now: float
    wall: float | None

    def age(self, text: str | None) -> float | None:
        """Seconds since a time that Pacemaker wrote; None when there is none or it cannot be read."""
        moment = parse_time(text or "")
        if moment is None:
            return None
        seconds, zoned = moment
        base = self.now if zoned else self.wall
        return None if base is None else round(max(0.0, base - seconds), 1)


def clock(root: "Element", now: float) -> Clock:
    """The clock of a status: its ``last_update`` is in the same zone as its other times that name none."""
    update = root.find("summary/last_update")
    moment = parse_time(update.get("time", "")) if update is not None else None
    return Clock(now, moment[0] if moment and not moment[1] else None)


def parse_time(text: str) -> tuple[float, bool] | None:
    """(seconds, whether they are epoch seconds): ``2026-11-22 13:13:03Z``, ``... +01:00``, ``Sun Nov 22 13:13:17 2026``, epoch."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= 12:
        return float(text), True
    found = ISO.fullmatch(text) or CTIME.fullmatch(text)
    if not found:
        return None
    name = found["month"].lower()
    month = int(name) if name.isdigit() else (MONTHS.index(name) + 1 if name in MONTHS else 0)
    if not 1 <= month <= 12:
        return None
    seconds = float(
        days(int(found["year"]), month, int(found["day"])) * 86400
        + int(found["hour"]) * 3600 + int(found["minute"]) * 60 + int(found["second"])
    )  # fmt: skip
    zone = found["zone"]
    if not zone:
        return seconds, False
    if zone != "Z":
        digits = zone.replace(":", "")
        seconds -= (-1 if zone[0] == "-" else 1) * (int(digits[1:3]) * 3600 + int(digits[3:5]) * 60)
    return seconds, True


def days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the Gregorian calendar (calendar and datetime would cost a plugin 5 ms for this)."""
    year -= month <= 2
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return year * 365 + year // 4 - year // 100 + year // 400 + of_year - 719468
