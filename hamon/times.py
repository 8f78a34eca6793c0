"""Points in time as daemons write them. Pure."""

import re
from typing import NamedTuple

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ZONE = r"\s*(?P<zone>Z|[+-]\d\d:?\d\d)?"
CLOCK = r"(?P<hour>\d\d?):(?P<minute>\d\d):(?P<second>\d\d)(?:\.\d+)?"
ISO = re.compile(rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)[ T]{CLOCK}{ZONE}", re.ASCII)
CTIME = re.compile(rf"\w{{3}},? (?P<month>[A-Za-z]{{3}})\s+(?P<day>\d\d?) {CLOCK} (?P<year>\d{{4}}){ZONE}", re.ASCII)


class Moment(NamedTuple):
    """A point in time. ``seconds``: epoch seconds when ``zoned``; else of a wall clock whose zone the text does not name."""

    seconds: float
    zoned: bool


def moment(text: str) -> Moment | None:
    """``2026-11-22 13:13:03Z``, ``... +01:00``, ``Sun Nov 22 13:13:17 2026``, or epoch seconds; None for anything else."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= 12:
        return Moment(float(text), True)
    match = ISO.fullmatch(text) or CTIME.fullmatch(text)
    if not match:
        return None
    name = match["month"].lower()
    month = int(name) if name.isdigit() else (MONTHS.index(name) + 1 if name in MONTHS else 0)
    day, hour, minute, second = (int(match[part]) for part in ("day", "hour", "minute", "second"))
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour <= 24 and minute < 60 and second <= 60):
        return None
    seconds = float(days(int(match["year"]), month, day) * 86400 + hour * 3600 + minute * 60 + second)
    zone = match["zone"]
    if not zone:
        return Moment(seconds, False)
    if zone != "Z":
        digits = zone.replace(":", "")
        seconds -= (-1 if zone[0] == "-" else 1) * (int(digits[1:3]) * 3600 + int(digits[3:5]) * 60)
    return Moment(seconds, True)


def days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the Gregorian calendar (calendar and datetime would cost a plugin 5 ms for this)."""
    year -= month <= 2
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return year * 365 + year // 4 - year // 100 + year // 400 + of_year - 719468
