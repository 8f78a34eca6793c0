"""Figures against their limits. The one place that touches nagiosplugin (ranges and perfdata).

Its traps are dealt with here once: an int 0 as a limit means "no limit" (limits are strings), NaN passes every range
(it is missing evidence), an empty range is "0 and more", and a label with ``'`` or ``=`` raises.
"""

import math
import re
from collections.abc import Iterator
from typing import Any

import nagiosplugin

from hamon.check import Limit
from hamon.errors import UsageError
from hamon.verdict import CRITICAL, UNKNOWN, WARNING, Finding

TINY = 0.001


def number(value: float) -> int | float:
    """A figure as it is judged and shown: whole numbers without a point, four decimals, four digits when it is tiny."""
    value = float(value)
    rounded = round(value, 4) if abs(value) >= TINY else float(f"{value:.4g}")
    return int(rounded) if rounded == int(rounded) else rounded


def fixed(value: int | float) -> str:
    """A figure as text without an exponent: graphing tools read ``4.5e-05`` as 4.5."""
    text = str(value)
    return f"{value:.15f}".rstrip("0").rstrip(".") if "e-" in text else text


def checked_range(spec: str, place: str) -> str:
    """``spec`` when it is a Nagios range (``10``, ``5:``, ``~:10``, ``1:5``, ``@1:5``). Raises UsageError naming ``place``."""
    try:
        made = nagiosplugin.Range(spec)
        numbers = [float(part) for part in (made.start, made.end) if part not in (None, "")]
        if any(number != number for number in numbers):
            raise ValueError(spec)
    except (ValueError, TypeError):
        raise UsageError(f"{place}: {spec!r} is not a range (10, 5:, ~:10, 1:5 or @1:5)") from None
    return spec


def instances(limit: Limit, figures: Any) -> Iterator[tuple[str, Any]]:
    """Every (perfdata label, holder of the figure) of a limit."""
    if not limit.each:
        yield limit.name, figures
        return
    for holder in getattr(figures, limit.each) or ():
        yield re.sub(r"\W", "_", f"{holder.name}_{limit.name}", flags=re.ASCII), holder


def judge_limit(limit: Limit, figures: Any) -> Iterator[Finding | str]:
    """One limit's findings (Finding) and perfdata (str)."""
    # Without a range nothing is judged: to nagiosplugin an empty one is "0 and more", and a negative figure would alarm.
    ranges = [
        (state, nagiosplugin.Range(spec)) for state, spec in ((CRITICAL, limit.crit), (WARNING, limit.warn)) if spec
    ]
    for label, holder in instances(limit, figures):
        value = getattr(holder, limit.name)
        if value is None or not math.isfinite(value):
            if value is not None or not limit.optional:
                yield Finding(UNKNOWN, f"{label} is missing from what the service reported", "missing")
            continue
        value = number(value)
        violated = next(((state, limit_range) for state, limit_range in ranges if not limit_range.match(value)), None)
        if violated:
            words = limit.show(value) if limit.show else f"{fixed(value)}{limit.uom}"
            fields = {**figures._asdict(), "name": label, "value": words, "range": str(violated[1]), "one": holder}
            names = {key: item for key, item in holder._asdict().items() if isinstance(item, str)}
            if limit.each:
                names[limit.each.removesuffix("s")] = holder.name
            yield Finding(violated[0], limit.say.format(**fields), limit.name, names)
        extremes = [None if bound is None else fixed(number(bound)) for bound in (limit.minimum, limit.maximum)]
        yield str(nagiosplugin.Performance(label, fixed(value), limit.uom, limit.warn, limit.crit, *extremes))
