"""Pacemaker's own words: its tools' XML, guarded, and its times as ages.

``crm_mon --output-as=xml`` exists since Pacemaker 2.0.3; before, ``--as-xml`` tells the same below ``<crm_mon>``. With corosync
dead it exits 0, says ``<status code="0" message="OK"/>`` and has no ``<summary>``; with nothing running it exits 102.
"""

import re
from typing import TYPE_CHECKING, NamedTuple

from hamon.check import Option, Options
from hamon.checks.pacemaker.status import Status, parse
from hamon.errors import ProbeError
from hamon.probe import Ask
from hamon.probe.command import Command, Ran
from hamon.probe.file import Processes
from hamon.times import moment
from hamon.verdict import CRITICAL, UNKNOWN

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LARGEST = 8_000_000  # characters; a status of thousands of resources stays far below
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
        then = moment(text or "")
        base = self.now if then and then.zoned else self.wall
        return None if then is None or base is None else round(max(0.0, base - then.seconds), 1)


def clock(root: "Element", now: float) -> Clock:
    """The clock of a status: its ``last_update`` is in the same zone as its other times that name none."""
    update = root.find("summary/last_update")
    then = moment(update.get("time", "")) if update is not None else None
    return Clock(now, then.seconds if then and not then.zoned else None)


def look(ask: Ask, options: Options) -> Status:
    """One look at the cluster's status. Raises ProbeError."""
    root = crm_mon(ask, options)
    return parse(root, clock(root, ask.now()))
