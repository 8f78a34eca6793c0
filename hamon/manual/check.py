"""The manual page of one check: check_NAME(8)."""

from collections.abc import Iterator
from typing import Any

from hamon import __version__
from hamon.check import Check, Limit
from hamon.completion.lines import check_line
from hamon.component import Component
from hamon.manual import roff
from hamon.manual.options import options
from hamon.options import example_lines
from hamon.pages import FILL_IN, WHERE
from hamon.plan.model import place
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Advice
from hamon.wording import filled, typed_line

SECTION = 8
STATES = (
    (OK, "nothing is wrong, and there is evidence for it"),
    (WARNING, "a finding of lower rank, or a figure outside its warning range"),
    (CRITICAL, "the service does not do its work, or a figure is outside its critical range; a known CRITICAL outranks an UNKNOWN"),
    (UNKNOWN, "evidence is missing, or the check itself cannot work: rights, credentials, options, a tool"),
)  # fmt: skip
STATE_DIR = (
    "what the check remembers between two runs is kept here (default `/var/lib/hamon/state`, else `/var/tmp/hamon-UID`)"
)
ACCOUNT = "the account, where no credentials file is given"


def page(check: Check[Any], component: Component, date: str) -> str:
    """The page of one check in roff. ``date``: of the page, as it stands at its foot."""
    return roff.document(_parts(check, component, date))


def _parts(check: Check[Any], component: Component, date: str) -> Iterator[str]:
    yield from roff.head(check.program, SECTION, date, __version__)
    yield from roff.section("NAME", roff.wrapped(f"{roff.literal(check.program)} \\- {roff.prose(check.title)}"))
    yield from roff.section("SYNOPSIS", [f"{roff.bold(check.program)} [{roff.italic('OPTION')}]..."])
    runs = f"Component: {component.title}. It runs {WHERE[place(check)]}, every {check.interval} s; its tier is *{check.tier}*."
    yield from roff.section(
        "DESCRIPTION", [line for text in (runs, _asked(check)) if text for line in roff.paragraph(text)]
    )
    yield from roff.section("OPTIONS", options(check_line(check).flags))
    yield from roff.section("THRESHOLDS", _thresholds(check.limits))
    states = [line for state, text in STATES for line in roff.item(f"{int(state)} ({state.name})", roff.prose(text))]
    yield from roff.section("EXIT STATUS", states)
    yield from roff.section("ENVIRONMENT", _environment(check))
    yield from roff.section("EXAMPLES", roff.verbatim(example_lines(check)) if check.example else ())
    yield from roff.section("RIGHTS", roff.paragraph(check.rights or "None beyond reading what it asks."))
    yield from roff.section("RUNBOOK", _runbook(check))
    yield from roff.section("SEE ALSO", ["\\fBhamon\\fR(1)"])


def _asked(check: Check[Any]) -> str:
    return f"It asks: {check.asks}." if check.asks else ""


def _thresholds(limits: tuple[Limit, ...]) -> Iterator[str]:
    """Each figure with its default ranges."""
    if limits:
        yield from roff.paragraph(
            "Each is a perfdata label and the NAME of `-w NAME=RANGE` and `-c NAME=RANGE`. An empty RANGE takes a threshold away."
        )
    for limit in limits:
        ranges = [f"{word} {value}" for word, value in (("warning", limit.warn), ("critical", limit.crit)) if value]
        unit = f" ({limit.uom})" if limit.uom else ""
        text = f"{limit.help}{unit}; default: {', '.join(ranges) or 'no threshold'}"
        yield from roff.item(roff.bold(f"{'INSTANCE_' if limit.each else ''}{limit.name}"), roff.prose(text))


def _environment(check: Check[Any]) -> Iterator[str]:
    yield from roff.item(roff.bold("HAMON_STATE_DIR"), roff.prose(STATE_DIR))
    if any("--credentials" in option.flags for option in check.options):
        yield from roff.item(f"{roff.bold('HAMON_USER')}, {roff.bold('HAMON_PASSWORD')}", roff.prose(ACCOUNT))


def _runbook(check: Check[Any]) -> Iterator[str]:
    if check.runbook:
        yield from roff.paragraph(FILL_IN)
    for about, advice in sorted(check.runbook.items()):
        yield from roff.below(about, [*roff.paragraph(advice.means), *_steps(advice), *_never(advice)])


def _steps(advice: Advice) -> Iterator[str]:
    lines = [typed_line(filled(step, {})) for step in advice.do]
    return iter(roff.verbatim(lines) if lines else ())


def _never(advice: Advice) -> list[str]:
    return roff.paragraph(f"Beware: {advice.never}") if advice.never else []
