"""From facts to a verdict. The one place that touches nagiosplugin (ranges, result states, perfdata).

Its traps are dealt with here once: an int 0 as a limit means "no limit" (limits are strings), NaN passes every range
(it is missing evidence), UNKNOWN would outrank CRITICAL (``worst`` decides), and a label with ``'`` or ``=`` raises.
"""

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

import nagiosplugin

from hamon.check import Check, Limit, Options
from hamon.verdict import CRITICAL, OK, SEVERITY, UNKNOWN, WARNING, Advice, Finding, Outcome, worst

FIRST_LINE = 199  # characters, label and state included: what a pager and a status page show
TINY = 0.001
TOTAL = 4000  # bytes: NRPE v2 cuts at 1,023, Nagios core at 8,192
PERFDATA = 3000  # bytes of the total at most


def number(value: float) -> int | float:
    """A figure as it is judged and shown: whole numbers without a point, four decimals, four digits when it is tiny."""
    value = float(value)
    rounded = round(value, 4) if abs(value) >= TINY else float(f"{value:.4g}")
    return int(rounded) if rounded == int(rounded) else rounded


def fixed(value: int | float) -> str:
    """A figure as text without an exponent: graphing tools read ``4.5e-05`` as 4.5."""
    text = str(value)
    return f"{value:.15f}".rstrip("0").rstrip(".") if "e-" in text else text


def plain(text: str) -> str:
    """Text that is safe in one line of plugin output: no newline, no control characters, no ``|`` (it would start perfdata)
    and no ``;`` (Nagios turns it into a colon, which makes nonsense of a list).
    """
    return "".join(c if c.isprintable() else " " for c in text.replace("|", "/").replace(";", ",")).strip()


def instances(limit: Limit, figures: Any) -> Iterator[tuple[str, Any]]:
    """Every (perfdata label, holder of the figure) of a limit."""
    if not limit.each:
        yield limit.name, figures
        return
    for one in getattr(figures, limit.each) or ():
        yield re.sub(r"\W", "_", f"{one.name}_{limit.name}", flags=re.ASCII), one


def judge_limit(limit: Limit, figures: Any) -> Iterator[Finding | str]:
    """One limit's findings (Finding) and perfdata (str)."""
    # No range is no judgement: to nagiosplugin an empty one is "0 and more", and a negative figure would alarm.
    ranges = [
        (state, nagiosplugin.Range(spec)) for state, spec in ((CRITICAL, limit.crit), (WARNING, limit.warn)) if spec
    ]
    for label, one in instances(limit, figures):
        value = getattr(one, limit.name)
        if value is None or not math.isfinite(value):
            if not limit.optional:
                yield Finding(UNKNOWN, f"{label} is missing from what the service told", "missing")
            continue
        value = number(value)
        violated = next(((state, found) for state, found in ranges if not found.match(value)), None)
        if violated:
            words = limit.show(value) if limit.show else f"{fixed(value)}{limit.uom}"
            fields = {**figures._asdict(), "name": label, "value": words, "range": str(violated[1]), "one": one}
            yield Finding(violated[0], limit.say.format(**fields), limit.name)
        extremes = [None if bound is None else fixed(number(bound)) for bound in (limit.minimum, limit.maximum)]
        yield str(nagiosplugin.Performance(label, fixed(value), limit.uom, limit.warn, limit.crit, *extremes))


def judge(check: Check, facts: Any, options: Options, extra: Sequence[Finding] = ()) -> Outcome:
    """The outcome for facts: the component's own findings and the limits', worst first, with the runbook of the worst.

    ``extra`` are findings of the core itself, such as a memory that cannot be written.
    """
    figures = check.figures(facts, options) if check.figures else facts
    findings = [*check.evaluate(facts, options), *extra]
    perfdata: list[str] = []
    for limit in options.limits:
        for said in judge_limit(limit, figures):
            if isinstance(said, Finding):
                findings.append(said)
            else:
                perfdata.append(said)
    return outcome(check, findings, check.summary(facts, options), perfdata)


def outcome(check: Check, findings: Sequence[Finding], summary: str, perfdata: Sequence[str] = ()) -> Outcome:
    """Put findings into words: the first line within its length, the rest and the runbook below."""
    state = worst([OK, *(finding.state for finding in findings)])
    ranked = sorted(
        findings, key=lambda finding: -SEVERITY[finding.state]
    )  # stable: a component's own order within a state
    evidence = [Finding(OK, summary)] if summary else []  # a probe that ended early has said all in its finding
    ranked = [*evidence, *ranked] if state is OK else [one for one in ranked if one.state is not OK]
    label = check.name.upper()
    room = FIRST_LINE - len(f"{label} {state.name} - ")
    text, cut = first_line([plain(finding.text) for finding in ranked], room)
    kept = fitting(perfdata, PERFDATA)
    long = "" if state is OK and not cut else below(check, ranked, cut)
    made = Outcome(state, label, text, kept, long)
    excess = len(made.render().encode()) - TOTAL
    if excess > 0:
        made = made._replace(long=long.encode()[: max(0, len(long.encode()) - excess)].decode(errors="ignore"))
    return made


def first_line(texts: Sequence[str], room: int) -> tuple[str, bool]:
    """As many texts as fit into ``room`` characters, and whether anything is left for the lines below."""
    for count in range(min(len(texts), 12), 0, -1):
        left = len(texts) - count
        line = ", ".join(texts[:count]) + (f" (+{left} more)" if left else "")
        if len(line) <= room:
            return line, bool(left)
    return texts[0][: room - 3] + "...", True


def fitting(perfdata: Sequence[str], room: int) -> tuple[str, ...]:
    """As many whole perfdata items as fit: half an item would be read as a wrong figure."""
    kept: list[str] = []
    for item in perfdata:
        room -= len(item.encode()) + 1
        if room < 0:
            break
        kept.append(item)
    return tuple(kept)


def below(check: Check, ranked: Sequence[Finding], cut: bool) -> str:
    """The long output: all findings when the first line could not hold them, and the runbook of the two worst kinds."""
    lines = [f"[{finding.state.name}] {plain(finding.text)}" for finding in ranked] if cut else []
    about = dict.fromkeys(finding.about for finding in ranked if finding.state is not OK and finding.about)
    for advice in [check.runbook[key] for key in about if key in check.runbook][:2]:
        lines += runbook_lines(advice)
    return "\n".join(lines)


def runbook_lines(advice: Advice) -> list[str]:
    """One runbook entry as lines of long output."""
    lines = [f"What it means: {advice.means}"]
    lines += [("     then: " if number else "Type next: ") + command for number, command in enumerate(advice.do)]
    if advice.never:
        lines.append(f"Beware: {advice.never}")
    return [line.replace("|", "¦") for line in lines]
