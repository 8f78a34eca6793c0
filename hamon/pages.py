"""A check's page: what it asks, its options and figures, its runbook and the recordings that prove it. Markdown."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from hamon.check import Check, Limit, Option
from hamon.component import Component
from hamon.options import COMMON, example_lines
from hamon.plan.model import Place, place
from hamon.verdict import Advice, Step
from hamon.wording import filled

WHERE = {
    Place.NODE: "on every member, through NRPE",
    Place.CLUSTER: "on the Nagios server, once for each cluster",
    Place.VIP: "on the Nagios server, once for each virtual address",
}
FILL_IN = (
    "Commands paste into a shell as they are. Words in capitals are to be filled in; the check's own output has the names "
    "that its verdict knows."
)
STATES = Path(__file__).resolve().parents[1] / "tests" / "checks"  # there in a checkout; an installed hamon has none


def page(check: Check[Any], component: Component) -> str:
    """The documentation page of one check, Markdown."""
    parts = [
        f"# {check.program}",
        check.title,
        "\n".join(["```", *example_lines(check), "```"]),
        f"Component: {component.title}. Runs {WHERE[place(check)]}, every {check.interval} s; tier *{check.tier}*.",
        "## What it asks",
        check.asks or "See the options.",
        "## Rights it needs",
        check.rights or "None beyond reading what it asks.",
        "## Options",
        options_table((*check.options, *COMMON)),
    ]
    if check.limits:
        parts += [
            "## Figures and thresholds",
            "Each is a perfdata label and a threshold name (`-w NAME=RANGE`).",
            limits_table(check.limits),
        ]
    parts += ["## Runbook", FILL_IN, *(entry(about, advice) for about, advice in sorted(check.runbook.items()))]
    proven = list(proofs(check))
    if proven:
        parts += [
            "## Proven on",
            "Recorded answers of real services, judged in every test run (`hamon replay tests/checks`).",
            "\n".join(["| recording | verdict |", "|---|---|", *proven]),
        ]
    return "\n\n".join(parts) + "\n"


def cell(text: str) -> str:
    """Text as one cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")


def options_table(options: tuple[Option, ...]) -> str:
    """The options as a Markdown table."""
    rows = []
    for option in options:
        flags = ", ".join(f"`{flag}`" for flag in option.flags) + (f" {option.metavar}" if option.metavar else "")
        default = "" if option.switch or option.default in (None, "", ()) else f"`{option.default}`"
        rows.append(f"| {cell(flags)} | {cell(option.help)} | {cell(default)} |")
    return "\n".join(["| option | meaning | default |", "|---|---|---|", *rows])


def limits_table(limits: tuple[Limit, ...]) -> str:
    """The figures as a Markdown table."""
    rows = [
        f"| `{'<instance>_' if limit.each else ''}{limit.name}` | {cell(limit.help)} | {limit.uom or ''} | {limit.warn or ''} | {limit.crit or ''} |"
        for limit in limits
    ]
    return "\n".join(["| name | meaning | unit | warning | critical |", "|---|---|---|---|---|", *rows])


def entry(about: str, advice: Advice) -> str:
    """One runbook entry as Markdown."""
    lines = [f"### {about}", "", advice.means, ""]
    lines += [f"1. {step_line(filled(step, {}))}" for step in advice.do]
    if advice.never:
        lines += ["", f"Beware: {advice.never}"]
    return "\n".join(lines)


def step_line(step: Step) -> str:
    """One step: the command as code, the remark as text."""
    if not step.command:
        return step.remark
    return f"`{step.command}`" + (f" ({step.remark})" if step.remark else "")


@cache
def expectations() -> tuple[tuple[str, str, str], ...]:
    """(check, recording, status line without perfdata) of every recording in the checkout that has an expected verdict."""
    expected = []
    for path in sorted(STATES.glob("*/states/*.json")):
        recording = json.loads(path.read_text(encoding="utf-8"))
        if "expect" in recording:
            expected.append(
                (
                    recording["check"],
                    f"{path.parents[1].name}/{path.stem}",
                    recording["expect"]["output"].split(" | ")[0],
                )
            )
    return tuple(expected)


def proofs(check: Check[Any]) -> Iterator[str]:
    """Table rows of the recordings that prove this check."""
    for name, recording, verdict in expectations():
        if name == check.name:
            yield f"| {recording} | {cell(verdict)} |"
