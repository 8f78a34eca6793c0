"""Findings in words: the status line within its length, what does not fit and the runbook below it."""

from collections.abc import Sequence
from typing import Any

from hamon.check import Check
from hamon.verdict import OK, SEVERITY, Advice, Finding, Outcome, worst

FIRST_LINE = 199  # characters, label and state included: what a pager and a status page show
TOTAL = 4000  # bytes: NRPE v2 cuts at 1,023, Nagios core at 8,192
PERFDATA = 3000  # bytes of the total at most


def plain(text: str) -> str:
    """Text that is safe in one line of plugin output: no newline, no control characters, no ``|`` (it would start perfdata)
    and no ``;`` (Nagios turns it into a colon, which makes nonsense of a list).
    """
    return "".join(c if c.isprintable() else " " for c in text.replace("|", "/").replace(";", ",")).strip()


def outcome(check: Check[Any], findings: Sequence[Finding], summary: str, perfdata: Sequence[str] = ()) -> Outcome:
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


def below(check: Check[Any], ranked: Sequence[Finding], cut: bool) -> str:
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
