"""Points in time as daemons write them."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamon.times import moment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22 13:32:00Z", (1795354320.0, True)),
        ("2026-11-22 14:32:00 +01:00", (1795354320.0, True)),
        ("2026-11-22 08:32:00.123456 -0500", (1795354320.0, True)),
        ("Sun Nov 22 13:32:00 2026", (1795354320.0, False)),
        ("Sun Nov  1 13:32:00 2026", (1793539920.0, False)),
        ("1795354320", (1795354320.0, True)),
        ("", None),
        ("yesterday", None),
        ("2026-13-22 13:32:00Z", None),
        ("2026-11-00 13:32:00Z", None),
        ("2026-11-32 13:32:00Z", None),
        ("2026-11-22 25:32:00Z", None),
        ("2026-11-22 13:60:00Z", None),
        ("Sun Foo 22 13:32:00 2026", None),
        ("²", None),
    ],
)
def test_times(text: str, expected: tuple[float, bool] | None) -> None:
    assert moment(text) == expected


@given(st.datetimes(min_value=datetime.datetime(1971, 1, 1), max_value=datetime.datetime(2100, 1, 1)))
def test_every_day_of_the_calendar(day: datetime.datetime) -> None:
    whole = day.replace(microsecond=0, tzinfo=datetime.UTC)
    assert moment(whole.strftime("%Y-%m-%d %H:%M:%SZ")) == (whole.timestamp(), True)
    assert moment(whole.strftime("%a %b %d %H:%M:%S %Y")) == (whole.timestamp(), False)


@given(st.text(alphabet="0123456789-+: TZJanSu.", max_size=30))
def test_any_text_is_a_time_or_none(text: str) -> None:
    then = moment(text)
    assert then is None or (then.seconds == then.seconds and abs(then.seconds) < 1e12)
