"""chrony: does this host's clock follow a usable source, and how far is it off?

Drifting clocks break Galera, Ceph, Swift, tokens and every comparison of logs. Seen on chrony 4.3.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hamon.check import Check, Example, Limit, Option, Options
from hamon.checks.chrony.facts import Facts, parse
from hamon.checks.chrony.runbook import NODE
from hamon.errors import ProbeError
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.probe.ask import Question, Seen
from hamon.probe.command import Command
from hamon.probe.file import Process, Processes, ReadFile, ReadFolder
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding
from hamon.words import duration, some

# What else keeps clocks, by process name (the kernel keeps 15 characters).
OTHERS = {
    "ntpd": "ntpd",
    "systemd-timesyn": "systemd-timesyncd",
    "ntp-daemon": "ntpd-rs",
    "phc2sys": "phc2sys",
    "timemaster": "timemaster",
}
CONFIGURATION = ("/etc/chrony/chrony.conf", "/etc/chrony.conf")
COMMAND = ("chronyc", "-c", "-m", "tracking", "sources")


class Figures(NamedTuple):
    """The clock in numbers; seconds. ``offset`` and ``frequency`` are absolute.

    Without a reference chronyd reports placeholders for offset, error and stratum: they are None then.
    """

    offset: float | None
    max_error: float | None
    stratum: int | None
    frequency: float
    update_age: float | None
    sources: int
    reachable: int


def probe(ask: Ask, options: Options) -> Facts:  # noqa: ARG001
    """The facts from chronyc. Raises ProbeError, which says what runs instead of chronyd, or why it may not be asked."""
    try:
        ran = ask(Command(COMMAND))
    except ProbeError as error:
        if error.state is UNKNOWN and (other := other_daemon(ask)):
            raise instead(other, error.text) from error
        raise
    # An answer proves that chronyd runs, also where /proc hides it: its age is all that is missing then.
    everywhere = ask(Processes("chronyd")) if ran.rc else attempt(ask, Processes("chronyd")) or ()
    daemons = of_this_host(everywhere) if ran.rc or len(everywhere) > 1 else everywhere
    if ran.rc:
        lines = (ran.out.strip() or ran.err.strip() or "nothing").splitlines()
        words = next((line for line in lines if coded(line)), lines[0])[:80]
        raise no_answer(ask, words, everywhere, daemons)
    return parse(ran.out, ask.now(), daemons[0].started if daemons else None)


def of_this_host(daemons: tuple[Process, ...]) -> tuple[Process, ...]:
    """The daemons of this host itself: one in a container or another network namespace is not the one that chronyc asks."""
    return tuple(daemon for daemon in daemons if daemon.own is not False)


def no_answer(ask: Ask, words: str, everywhere: Sequence[Process], here: Sequence[Process]) -> ProbeError:
    """The error that says why chronyc, which printed ``words``, gave nothing: chronyd's trouble or ours."""
    lower = words.lower()
    if any(sign in lower for sign in ("usage:", "unrecognized", "unrecognised", "invalid option", "unknown option")):
        return ProbeError(UNKNOWN, f"chronyc is too old to print CSV ({words}), install chrony 3 or later", "old")
    if coded(words) and not words.startswith("506 "):
        text = f"chronyd runs and refuses to answer this user ({words}): run the check by sudo"
        return ProbeError(UNKNOWN, text, "mute")
    if here:
        if port_is_closed(ask):
            text = f"chrony.conf closes the command port to all but root (cmdport 0): run the check by sudo (chronyc: {words})"
            return ProbeError(UNKNOWN, text, "mute")
        return ProbeError(CRITICAL, f"chronyd runs and does not answer (chronyc: {words})", "mute")
    other = other_daemon(ask)
    if other:
        return instead(other, f"chronyd does not run (chronyc: {words})")
    if everywhere:
        where = some(str(daemon.pid) for daemon in everywhere)
        text = (
            f"chronyd does not run on this host itself, only in a container or another network namespace (pid {where})"
        )
        return ProbeError(CRITICAL, f"{text}, chronyc: {words}", "dead")
    return ProbeError(CRITICAL, f"chronyd does not run, the clock drifts freely (chronyc: {words})", "dead")


def coded(words: str) -> bool:
    """Whether this is one of chronyc's numbered errors. All but 506, Cannot talk to daemon, are chronyd's own answer."""
    return words[:3].isdigit() and words[3:4] == " "


def instead(daemon: str, why: str) -> ProbeError:
    """The error that names another daemon which keeps the time: nothing is wrong, and nothing is known."""
    text = f"another time daemon runs, {daemon}, which this check cannot ask: {why}"
    return ProbeError(UNKNOWN, text, "other_daemon")


def other_daemon(ask: Ask) -> str:
    """The other time daemon that runs on this host, or nothing."""
    for comm, name in OTHERS.items():
        if of_this_host(attempt(ask, Processes(comm)) or ()):
            return name
    return ""


def port_is_closed(ask: Ask) -> bool:
    """Whether chrony's configuration has ``cmdport 0``, as far as it may be read."""
    files = [attempt(ask, ReadFile(path)) for path in CONFIGURATION]
    files += (attempt(ask, ReadFolder("/etc/chrony/conf.d")) or {}).values()
    lines = [line.split() for file in files if file for line in file.text.splitlines()]
    ports = [words[1] for words in lines if len(words) > 1 and words[0].lower() == "cmdport"]
    return ports[-1:] == ["0"]


def attempt(ask: Ask, question: Question[Seen]) -> Seen | None:
    """The answer to a question that only explains; None when it cannot be had."""
    try:
        return ask(question)
    except ProbeError:
        return None


def evaluate(facts: Facts, options: Options) -> Iterator[Finding]:
    """The findings of one host: the worst reason why it follows nothing, else what is wrong among the sources."""
    yield from following(facts, options)
    if facts.synchronised and facts.reachable:
        yield from sources(facts)
    if facts.leap.endswith(" second"):
        yield Finding(OK, f"a leap second is announced ({facts.leap.lower()})")
    if facts.update_age is not None and facts.update_age < -1:
        yield Finding(
            WARNING,
            f"the clock was set back: the last update lies {duration(-facts.update_age)} ahead",
            "stepped",
        )


def following(facts: Facts, options: Options) -> Iterator[Finding]:
    """The finding that the clock follows no source now. A start is not an outage; a lost source is one when it lasts."""
    if facts.local:
        yield Finding(WARNING, f"follows its own clock only (local stratum {facts.stratum}){why(facts)}", "local")
    elif not facts.synchronised:
        young = facts.started is not None and facts.started < options.start_max
        started = f", chronyd started {duration(max(0.0, facts.started or 0.0))} ago" if young else ""
        yield Finding(WARNING if young else CRITICAL, f"not synchronised{started}{why(facts)}", "not_synchronised")
    elif not facts.sources:
        yield Finding(UNKNOWN, "synchronised, but chronyd has no source", "no_source")
    elif not facts.selected or not facts.reachable:
        age = facts.update_age
        state = CRITICAL if age is None or age > options.unsynced_max else WARNING
        since = f" for {duration(max(0.0, age))}" if age is not None else ""
        yield Finding(state, f"follows no source{since}, the clock runs freely{why(facts)}", "no_source")


def why(facts: Facts) -> str:
    """The words on why no source is usable."""
    if not facts.sources:
        return ": no source is configured"
    silent = [source.name for source in facts.sources if not source.reach]
    false = [source.name for source in facts.sources if source.state == "falseticker"]
    parts = []
    if silent:
        parts.append(f"{len(silent)} of {len(facts.sources)} unreachable ({some(silent)})")
    if false:
        parts.append(f"no majority, disagreeing: {some(false)}")
    return f": {', '.join(parts)}" if parts else ""


def sources(facts: Facts) -> Iterator[Finding]:
    """The findings of sources that do not help. A few of many are not an alarm; when one is left it is."""
    good = [source for source in facts.reachable if source.state != "falseticker"]
    false = [source for source in facts.reachable if source.state == "falseticker"]
    lost = [source for source in facts.sources if not source.reach]
    few = len(facts.sources) > 1 and len(good) < 2
    if false:
        text = f"{some(source.name for source in false)} reports a time that the majority does not (falseticker)"
        yield Finding(WARNING if len(good) < 3 else OK, text, "falseticker")
    if lost:
        text = f"{some(source.name for source in lost)} unreachable, {len(good)} of {len(facts.sources)} sources left"
        yield Finding(WARNING if few else OK, text, "few_sources")


def figures(facts: Facts, options: Options) -> Figures:  # noqa: ARG001
    """The figures that the limits look at."""
    return Figures(
        abs(facts.offset) if facts.synchronised else None, facts.max_error if facts.synchronised else None,
        facts.stratum if facts.synchronised else None, abs(facts.frequency),
        None if facts.update_age is None else max(0.0, facts.update_age), len(facts.sources), len(facts.reachable),
    )  # fmt: skip


def summary(facts: Facts, options: Options) -> str:  # noqa: ARG001
    """The evidence for OK."""
    return (
        f"{milliseconds(facts.offset)} off {facts.reference} (stratum {facts.stratum}), "
        f"{len(facts.reachable)} of {len(facts.sources)} sources reachable"
    )


def milliseconds(seconds: float) -> str:
    """A clock's distance as people read it."""
    value = abs(seconds)
    if value >= 1:
        return f"{value:.3g} s" if value < 1000 else duration(value)
    return f"{value * 1000:.3g} ms" if value >= 1e-5 else "under 0.01 ms"


AGES = (
    Option(
        ("--start-max",), "not synchronised is a WARNING only while chronyd has run for less", float, 300.0, "SECONDS"
    ),
    Option(("--unsynced-max",), "CRITICAL when no source has been followed for longer", float, 3600.0, "SECONDS"),
)

CHECK = Check(
    name="chrony",
    title="Does this host's clock follow a usable source closely enough?",
    facts=Facts,
    probe=probe,
    evaluate=evaluate,
    summary=summary,
    figures=figures,
    options=AGES,
    limits=(
        Limit("offset", "distance to the reference", "0.05", "0.2", "s", minimum=0, optional=True, show=milliseconds,
              say="the clock is {value} off"),
        Limit("max_error", "distance that cannot be excluded", "0.5", "1.5", "s", minimum=0, optional=True, show=milliseconds,
              say="the clock may be up to {value} off"),
        Limit("stratum", "distance from a reference clock in hops", minimum=0, optional=True),
        Limit("frequency", "correction of the clock's speed in ppm, either way", minimum=0),
        Limit("update_age", "seconds since the last update from a source", "7200", "86400", "s", minimum=0, optional=True, show=duration,
              say="the last update from a source is {value} old"),
        Limit("sources", "sources configured", minimum=0),
        Limit("reachable", "sources that answered one of the last eight polls", minimum=0),
    ),
    runbook=NODE,
    interval=300,
    uses=("command", "file"),
    tools=("chronyc",),
    asks="`chronyc -c -m tracking sources`, `/proc/*/stat` (does chronyd run, or another time daemon), without an answer chrony.conf",
    rights="none (root only where chrony.conf says `cmdport 0`)",
    example=Example(
        "",
        "CHRONY OK - under 0.01 ms off 10.79.0.1 (stratum 4), 2 of 2 sources reachable",
    ),
)  # fmt: skip

main = plugin(CHECK)
