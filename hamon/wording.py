"""Findings in words: the status line within its length, what does not fit and the runbook below it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from hamon.check import Check
from hamon.verdict import OK, SEVERITY, Advice, Finding, Outcome, Step, worst

FIRST_LINE = 199  # characters, label and state included: what a pager and a status page show
TOTAL = 4000  # bytes: NRPE v2 cuts at 1,023, Nagios core at 8,192
PERFDATA = 3000  # bytes of the total at most

# Texts: compiled when a runbook is first filled in, not at every start.
_NAME = r"\{([a-z_]+)\}"
_GROUP = r" \{[^{}]*\}"  # words.group
# A name goes into a command as it is, quoted or not: one that a shell could read as more than a word is left to the reader.
_HARMLESS = r"[A-Za-z0-9_@%+=:,./][A-Za-z0-9_@%+=:,./-]*"


# What Nagios, shells, mailers and web pages would take for themselves, and what stands for it: a bar starts perfdata, a
# semicolon becomes a colon in Nagios, the others are its illegal_macro_output_chars and the backslash. Apostrophe
# and tilde stay: they are in many lines, and start no command without the others.
HARMLESS = str.maketrans(dict(zip('|;<>&$\\`"', "/,()+_/''", strict=True)))


def plain(text: str) -> str:
    """Text for one line of plugin output, whoever it comes from: no newline, no control characters, and nothing that a shell, a
    mailer or a web page takes for its own (``HARMLESS``).
    """
    text = text.translate(HARMLESS)
    return (text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)).strip()


def outcome(
    check: Check[Any],
    findings: Sequence[Finding],
    summary: str,
    perfdata: Sequence[str] = (),
    names: Mapping[str, object] | None = None,
) -> Outcome:
    """Put findings into words: the first line within its length, the rest and the runbook below.

    ``names`` are the call's options, for the steps of the runbook.
    """
    state = worst([OK, *(finding.state for finding in findings)])
    ranked = sorted(
        findings, key=lambda finding: -SEVERITY[finding.state]
    )  # stable: a component's own order within a state
    evidence = [Finding(OK, summary)] if summary else []  # a probe that ended early has said all in its finding
    notes = () if state is OK else [finding for finding in ranked if finding.state is OK]
    ranked = [*evidence, *ranked] if state is OK else [finding for finding in ranked if finding.state is not OK]
    label = check.name.upper()
    room = FIRST_LINE - len(f"{label} {state.name} - ")
    text, cut = first_line([plain(finding.text) for finding in ranked], room)
    made = Outcome(state, label, text, fitting(perfdata, PERFDATA))
    lines = [] if state is OK and not cut else below(check, ranked, cut, names or {})
    lines += [
        f"Note: {plain(note.text)}" for note in notes
    ]  # last: what is planned or benign may be cut, the runbook not
    return made._replace(long="\n".join(fitting(lines, TOTAL - len(made.render().encode()))))


def first_line(texts: Sequence[str], room: int) -> tuple[str, bool]:
    """As many texts as fit into ``room`` characters, and whether anything is left for the lines below.

    A first text that is too long goes without the one group of members in it: long names of those that are well would push out
    what follows. If that is not enough, it ends with a whole word and ``...``. How many more there are is said all the same.
    """
    for count in range(min(len(texts), 12), 0, -1):
        left = len(texts) - count
        line = ", ".join(texts[:count]) + (f" (+{left} more)" if left else "")
        if len(line) <= room:
            return line, bool(left)
    more = f" (+{len(texts) - 1} more)" if len(texts) > 1 else ""
    alone = re.sub(_GROUP, "", texts[0]) if len(re.findall(_GROUP, texts[0])) == 1 else texts[0]
    if len(alone + more) <= room:
        return alone + more, True
    end = f"...{more}"
    begin = texts[0][: room - len(end)]
    whole, space, _ = begin.rpartition(" ")
    # A word that is as long as the line has to be cut itself.
    return (whole.rstrip(" ,:") if space and len(whole) > len(begin) // 2 else begin) + end, True


def fitting(perfdata: Sequence[str], room: int) -> tuple[str, ...]:
    """As many whole items as fit into ``room`` bytes: half of one would be read as a wrong figure, or typed as another command."""
    kept: list[str] = []
    for item in perfdata:
        room -= len(item.encode()) + 1
        if room < 0:
            break
        kept.append(item)
    return tuple(kept)


def below(check: Check[Any], ranked: Sequence[Finding], cut: bool, names: Mapping[str, object]) -> list[str]:
    """The long output: all findings when the first line could not hold them, and the runbook of the two worst kinds."""
    lines = [f"[{finding.state.name}] {plain(finding.text)}" for finding in ranked] if cut else []
    worst_of: dict[str, Finding] = {}
    for finding in ranked:
        if finding.state is not OK and finding.about in check.runbook:
            worst_of.setdefault(finding.about, finding)
    for about, finding in list(worst_of.items())[:2]:
        lines += runbook_lines(check.runbook[about], {**names, **finding.names})
    return lines


def runbook_lines(advice: Advice, names: Mapping[str, object]) -> list[str]:
    """One runbook entry as lines of long output. What stands behind ``Type next:`` pastes into a shell as it is."""
    lines = [f"What it means: {advice.means}"]
    for number, step in enumerate(advice.do):
        command, remark = filled(step, names)
        words = [command, f"# {remark}"] if remark else [command]
        lines.append(("     then: " if number else "Type next: ") + "  ".join(word for word in words if word))
    if advice.never:
        lines.append(f"Beware: {advice.never}")
    return lines


def filled(step: Step, names: Mapping[str, object]) -> Step:
    """``step`` with the names that are known and harmless in it, and the others in capitals."""

    def name(match: re.Match[str]) -> str:
        value = names.get(match[1])
        known = isinstance(value, str | int) and re.fullmatch(_HARMLESS, str(value))
        return str(value) if known else match[1].upper()

    return Step(*(re.sub(_NAME, name, text) if "{" in text else text for text in step))
