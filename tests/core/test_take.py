"""Values as services write them, and what is not one: whatever comes, an answer is a value of its kind or None, never an exception."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamon import take

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
NUMBERLIKE = st.text(alphabet="0123456789+-._eEnaif ٣²\0", max_size=50)
NONE_OF_THEM: list[Any] = [
    None, "", " ", "-", "+", "--1", "1 2", "0x10", "1_000", "٣", "²", "nan", "NaN", "inf", "-Infinity", "1e999", "9" * 5000,
    math.nan, math.inf, -math.inf, True, False, b"5", [5], {"a": 5}, 2**63, -(2**63), 10**400, "18446744073709551615",
]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0), (7, 7), (-1, -1), (2**63 - 1, 2**63 - 1), (5.0, 5), ("0", 0), ("42", 42), (" 42\n", 42), ("-1", -1), ("+3", 3),
        ("007", 7), ("9223372036854775807", 2**63 - 1), (5.5, None), ("5.0", None), ("1e3", None), ("2 Activity blocked", None),
    ],
)  # fmt: skip
def test_whole_numbers(value: Any, expected: int | None) -> None:
    assert take.whole(value) == expected
    assert take.count(value) == (None if expected is None or expected < 0 else expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, 0.0), (7, 7.0), (-1.5, -1.5), ("0.000012", 1.2e-05), ("-1.5e-06", -1.5e-06), ("+3", 3.0), (" 42.0 ", 42.0), (".5", 0.5), ("1e3", 1000.0)],
)  # fmt: skip
def test_numbers(value: Any, expected: float) -> None:
    assert take.number(value) == expected
    assert take.amount(value) == (None if expected < 0 else expected)


@pytest.mark.parametrize("value", NONE_OF_THEM, ids=lambda value: repr(value)[:30])
def test_what_is_no_number(value: Any) -> None:
    assert (take.whole(value), take.count(value), take.number(value), take.amount(value)) == (None, None, None, None)
    assert (take.ratio(value, 5), take.ratio(5, value)) == (None, None)


@pytest.mark.parametrize(
    ("part", "total", "expected"),
    [
        (1, 4, 0.25), ("1", "4", 0.25), (0, 4, 0.0), (5, 4, 1.25), (0.5, 2, 0.25),
        (1, 0, None), (1, "0", None), (-1, 4, None), (1, -4, None), (1, 5e-324, None),
    ],
)  # fmt: skip
def test_ratios(part: Any, total: Any, expected: float | None) -> None:
    assert take.ratio(part, total) == expected


@pytest.mark.parametrize("value", [True, 1, "1", "true", "True", "yes", "ON", " on "])
def test_what_is_true(value: Any) -> None:
    assert take.flag(value) is True


@pytest.mark.parametrize("value", [False, 0, "0", "false", "FALSE", "No", "off"])
def test_what_is_false(value: Any) -> None:
    assert take.flag(value) is False


@pytest.mark.parametrize("value", [None, "", "2", 2, -1, 1.0, 0.0, "enabled", "NONE", [], {}, [True], b"yes"])
def test_what_is_neither(value: Any) -> None:
    assert take.flag(value) is None


def test_containers_and_text() -> None:
    assert (take.text("ü "), take.text(None), take.text(5), take.text(b"a")) == ("ü ", "", "", "")
    assert (take.mapping({"a": 1}), take.mapping([]), take.mapping(None)) == ({"a": 1}, {}, {})
    assert (take.entries([1]), take.entries({"a": 1}), take.entries("ab"), take.entries(None)) == ([1], [], [], [])
    assert (take.mappings([{"a": 1}, 5, None, [], {}]), take.mappings({"a": 1})) == ([{"a": 1}, {}], [])


@given(ANYTHING | NUMBERLIKE, ANYTHING | NUMBERLIKE)
def test_anything_is_a_value_of_its_kind_or_none(value: Any, other: Any) -> None:
    whole, number, ratio = take.whole(value), take.number(value), take.ratio(value, other)
    assert whole is None or (type(whole) is int and abs(whole) < 2**63)
    for measured in (number, take.amount(value), ratio):
        assert measured is None or (type(measured) is float and math.isfinite(measured))
    assert take.flag(value) in (None, True, False)
    assert isinstance(take.text(value), str)
    assert isinstance(take.mapping(value), dict)
    assert all(isinstance(item, dict) for item in take.mappings(value))


@given(ANYTHING | NUMBERLIKE)
def test_the_kinds_agree(value: Any) -> None:
    """A whole number is a number, and the ones that may not be negative are the same without the negative ones."""
    whole, number = take.whole(value), take.number(value)
    if whole is not None:
        assert number == float(whole)
    assert take.count(value) == (whole if whole is None or whole >= 0 else None)
    assert take.amount(value) == (number if number is None or number >= 0 else None)


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_every_whole_number_is_taken_from_text_as_from_json(value: int) -> None:
    assert take.whole(value) == take.whole(str(value)) == value


@given(st.floats(-1e18, 1e18))
def test_every_number_is_taken_from_text_as_from_json(value: float) -> None:
    assert take.number(value) == take.number(repr(value)) == value
