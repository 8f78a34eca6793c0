"""Findings as people and machines read them."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence

from hamon.doctor.finding import WORST_FIRST, Finding, State
from hamon.table import table
from hamon.words import some

MOST = 2  # names of things of which the same is said
NAMES = {State.PROBLEM: "problem", State.UNKNOWN: "not known", State.NOTE: "note", State.OK: "ok"}


def as_table(findings: Sequence[Finding], everything: bool) -> str:
    """What is not ok (or everything), each finding with its cure on the next line, and one line that sums up."""
    shown = merged(finding for finding in findings if everything or finding.state is not State.OK)
    rows = [(NAMES[finding.state], finding.area, finding.what, finding.text) for finding in shown]
    lines = table(("state", "area", "what", "finding"), rows, whole=True).splitlines() if rows else []
    head, body = lines[:2], lines[2:]
    for line, finding in zip(body, shown, strict=True):
        head += [line, *([f"    cure: {finding.cure}"] if finding.cure else [])]
    return "\n".join([*head, *([""] if head else []), sums(findings)])


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Findings that say the same of several things as one, in the order of the first."""
    alike: dict[Finding, list[str]] = {}
    for finding in findings:
        alike.setdefault(finding._replace(what=""), []).append(finding.what)
    return [finding._replace(what=some(names, MOST)) for finding, names in alike.items()]


def sums(findings: Sequence[Finding]) -> str:
    """One line: how many findings are in which state."""
    counts = Counter(finding.state for finding in findings)
    words = {
        State.PROBLEM: ("problem", "problems"),
        State.UNKNOWN: ("not known", "not known"),
        State.NOTE: ("note", "notes"),
        State.OK: ("ok", "ok"),
    }
    return ", ".join(f"{counts[state]} {words[state][counts[state] != 1]}" for state in WORST_FIRST)


def as_json(findings: Sequence[Finding]) -> str:
    """All findings, worst first, and how many are in which state."""
    counts = Counter(finding.state for finding in findings)
    document = {
        "problems": counts[State.PROBLEM],
        "counts": {state.value: counts[state] for state in WORST_FIRST},
        "findings": [finding._asdict() for finding in findings],
    }
    return json.dumps(document, indent=2)
