"""Read the XML of Pacemaker's tools, with guards, and its times as ages.

``crm_mon --output-as=xml`` exists since Pacemaker 2.0.3; before, ``--as-xml`` prints the same below ``<crm_mon>``. With corosync
dead it exits 0, says ``<status code="0" message="OK"/>`` and has no ``<summary>``; with nothing running it exits 102.

A process that is called corosync proves little: another container or namespace may have one. Those of other network
namespaces and, without ``--exec``, of containers do not count, and of the rest Corosync's own is the one that its pidfile
names; whether Pacemaker runs, its tools say (refused, or no right to ask).
"""

import re
from typing import TYPE_CHECKING, NamedTuple

from hamon.check import Option, Options
from hamon.checks.pacemaker.status import Status, configured, hides, parse, settings
from hamon.errors import ProbeError
from hamon.probe import Ask
from hamon.probe.command import Command, Ran
from hamon.probe.file import Processes
from hamon.times import moment
from hamon.verdict import CRITICAL, UNKNOWN

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LARGEST = 8_000_000  # characters; a status of thousands of resources stays far below
CRM_CONFIG = ("cibadmin", "--query", "--scope", "crm_config")
NOTHING = (6, 105)  # exit codes of cibadmin for what the CIB does not have (ENXIO; CRM_EX_NOSUCH)
# Pacemaker's defaults of the options that a verdict needs
DEFAULTS = {
    "stonith-enabled": "true",
    "no-quorum-policy": "stop",
    "maintenance-mode": "false",
    "stop-all-resources": "false",
}
GONE = re.compile(
    r"No such file|is not running|state improper", re.ASCII
)  # the file; the container, as docker and podman say
PIDFILE = ("cat", "/run/corosync.pid")
REFUSED = re.compile(
    r"refused|not connected|not available on this node|is not running|state improper", re.ASCII | re.IGNORECASE
)
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
    argv = ("crm_mon", "--output-as=xml")
    ran = run(ask, options, *argv)
    if refuses_option(ran):
        argv = ("crm_mon", "--as-xml")
        ran = run(ask, options, *argv)
    words = failure_words(ran)
    try:
        root = element(ran.out, "crm_mon")
        if root.find("summary") is not None and root.find("nodes") is not None:
            return with_inactive(ask, options, argv, root) if hides(root) else root
        trouble = ProbeError(UNKNOWN, f"crm_mon reports no status of the cluster{words}", "no_status")
    except ProbeError as error:
        trouble = ProbeError(error.state, f"{error.text}{words}", error.about)
    raise diagnosed(ask, options, trouble, words)


def refuses_option(ran: Ran) -> bool:
    """Whether a tool gave no XML because it does not know an option."""
    return not ran.out.lstrip().startswith("<") and "option" in f"{ran.out}{ran.err}".lower()


def with_inactive(ask: Ask, options: Options, argv: tuple[str, ...], root: "Element") -> "Element":
    """The status with the resources that are not active; ``root`` as it is where crm_mon refuses to list them.

    What is missing then is counted by the status itself. Raises ProbeError (UNKNOWN) when that does not count either.
    """
    ran = run(ask, options, *argv, "--inactive")
    if not refuses_option(ran):
        whole = element(ran.out, "crm_mon")
        if whole.find("summary") is not None and whole.find("nodes") is not None:
            return whole
    if configured(root) is None:
        raise ProbeError(
            UNKNOWN, f"crm_mon lists only what is active, and nothing else{failure_words(ran)}", "unlisted"
        )
    return root


def crm_config(ask: Ask, options: Options) -> dict[str, str]:
    """The cluster's options from the CIB, with Pacemaker's defaults; empty when the CIB cannot be read."""
    ran = run(ask, options, *CRM_CONFIG)
    if ran.rc in NOTHING and not ran.out.strip():
        return DEFAULTS
    if ran.rc:
        return {}
    sets = list(element(ran.out, "cibadmin").iter("cluster_property_set"))
    # Of several sets the one that all tools write to counts first.
    sets.sort(key=lambda group: group.get("id") != "cib-bootstrap-options")
    pairs = [(pair.get("name", ""), pair.get("value", "")) for group in sets for pair in group.iter("nvpair")]
    return {**DEFAULTS, **dict(reversed(pairs))}


def failure_words(ran: Ran) -> str:
    """The exit code and first words of a tool that failed, in brackets."""
    errors = re.findall(r"<error>([^<]*)</error>", ran.out[:LARGEST])
    words = " ".join((errors[-1] if errors else ran.err).split())
    return f" (exit code {ran.rc}{': ' if words else ''}{words[:120]})" if ran.rc or words else ""


def diagnosed(ask: Ask, options: Options, trouble: ProbeError, words: str) -> ProbeError:
    """The error that says why there is no status: dead daemons are an outage, everything else is our own trouble."""
    if "ermission denied" in words:
        return ProbeError(UNKNOWN, f"Pacemaker does not talk to this user{words}", "rights")
    # In its own container Pacemaker does not see Corosync's pidfile.
    alive = lives(ask, options, "corosync") if options.exec else corosync_runs(ask, options)
    pacemaker = lives(ask, options, "pacemakerd")
    if alive is False:
        also = ", nor is Pacemaker" if pacemaker is False else ""
        return ProbeError(CRITICAL, f"corosync is not running on this node{also}{words}", "not_running")
    if pacemaker is False:
        beside = ", corosync is" if alive else ""
        return ProbeError(CRITICAL, f"Pacemaker is not running on this node{beside}{words}", "not_running")
    if REFUSED.search(words):
        where = f"inside {' '.join(options.exec)}" if options.exec else "here, though a process has its name"
        return ProbeError(CRITICAL, f"Pacemaker takes no connections {where}{words}", "not_running")
    return trouble


def lives(ask: Ask, options: Options, name: str) -> bool | None:
    """Whether a process ``name`` is this host's own or, with ``--exec``, one of a container; None when that is not known.

    The containers of a cluster have the host's network. One with a network of its own may yet be the one that ``--exec`` means.
    """
    inside = bool(options.exec)
    whose = [(None if process.network else True) if inside else process.own for process in ask(Processes(name))]
    return True if True in whose else None if None in whose else False


def corosync_runs(ask: Ask, options: Options) -> bool | None:
    """Whether Corosync runs where its tools run; None when only its name in the process table is evidence of it.

    A process of that name that was left over proves little, so its pidfile decides where it may be read.
    """
    alive = lives(ask, options, "corosync")
    if alive is False:
        return False
    pidfile = run(ask, options, *PIDFILE)
    pid = pidfile.out.strip()
    if pidfile.rc or not (pid.isascii() and pid.isdigit()):
        return False if GONE.search(pidfile.err) else unsure(options, alive)
    name = run(ask, options, "cat", f"/proc/{pid}/comm")
    if name.rc:
        return False if GONE.search(name.err) else unsure(options, alive)
    return name.out.strip() == "corosync"


def unsure(options: Options, alive: bool | None) -> bool | None:
    """What the process table alone proves: a process of this host itself, and nothing about the inside of a container."""
    return None if options.exec else alive


class Clock(NamedTuple):
    """The time now, twice: as epoch seconds, and as the wall clock that Pacemaker's times without a zone are in."""

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
    """The cluster's status, read once. Raises ProbeError."""
    root = crm_mon(ask, options)
    reported = settings(root)
    needed = {"stonith-enabled", "no-quorum-policy", "maintenance-mode"}
    if all(element.get("role") == "Stopped" for element in root.findall("resources//resource")):
        needed.add("stop-all-resources")  # nothing runs: on purpose?
    if needed - reported.keys():
        reported = {**crm_config(ask, options), **reported}
    return parse(root, clock(root, ask.now()), reported)
