"""Ansible's host ranges, as ``ansible-inventory`` expands them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamon.inventory.ranges import expand


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("ctl1", ["ctl1"]),
        ("ctl[1:3]", ["ctl1", "ctl2", "ctl3"]),
        ("ctl[01:03].example.org", ["ctl01.example.org", "ctl02.example.org", "ctl03.example.org"]),
        ("ctl[08:11]", ["ctl08", "ctl09", "ctl10", "ctl11"]),
        ("n[1:9:4]", ["n1", "n5", "n9"]),
        ("n[:2]", ["n0", "n1", "n2"]),
        ("rack-[a:c]", ["rack-a", "rack-b", "rack-c"]),
        ("r[a:b]n[1:2]", ["ran1", "ran2", "rbn1", "rbn2"]),
        ("[a:b]-node", ["a-node", "b-node"]),
        ("ctl1:2222", ["ctl1"]),
        ("ctl[1:2]:22", ["ctl1", "ctl2"]),
        ("2001:db8::1", ["2001:db8::1"]),
    ],
)
def test_ranges(pattern: str, names: list[str]) -> None:
    assert expand(pattern) == names


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("ctl[1:3", "host pattern 'ctl[1:3' has a bracket without its partner"),
        ("ctl1:3]", "host pattern 'ctl1:3]' has a bracket without its partner"),
        ("ctl[13]", "host pattern 'ctl[13]': [13] is not a range; write [first:last] or [first:last:step]"),
        ("ctl[1:]", "host pattern 'ctl[1:]': [1:] is not a range; write [first:last] or [first:last:step]"),
        (
            "ctl[1:2:3:4]",
            "host pattern 'ctl[1:2:3:4]': [1:2:3:4] is not a range; write [first:last] or [first:last:step]",
        ),
        ("ctl[3:1]", "host pattern 'ctl[3:1]': [3:1] is empty, it ends before it begins"),
        ("ctl[01:9]", "host pattern 'ctl[01:9]': both ends of [01:9] need the same number of digits"),
        ("ctl[a:9]", "host pattern 'ctl[a:9]': [a:9] mixes letters and digits or is not a number"),
        ("ctl[1:9:0]", "host pattern 'ctl[1:9:0]': the step of [1:9:0] is not positive"),
        ("ctl[1:9999999999]", "host pattern 'ctl[1:9999999999]': [1:9999999999] stands for more than 100000 hosts"),
        (
            "r[1:1000]n[1:1000]",
            "host pattern 'r[1:1000]n[1:1000]' stands for 1000000 hosts; at most 100000 are taken for meant",
        ),
    ],
)
def test_what_is_no_range_says_why(pattern: str, problem: str) -> None:
    with pytest.raises(ValueError, match=r"^" + re.escape(problem) + "$"):
        expand(pattern)


@given(
    st.integers(0, 500), st.integers(0, 500), st.integers(1, 9), st.integers(0, 6), st.sampled_from(["", "-x", ".a.b"])
)
def test_numbers_come_back_as_they_went_in(first: int, length: int, step: int, width: int, tail: str) -> None:
    last = first + length
    begin, end = str(first), str(last)
    if width > len(end):
        begin, end = begin.zfill(width), end.zfill(width)
    names = expand(f"node[{begin}:{end}:{step}]{tail}")
    numbers = [int(name.removeprefix("node").removesuffix(tail)) for name in names]
    assert numbers == list(range(first, last + 1, step))
    if begin != "0" and begin.startswith("0"):
        assert {len(name) for name in names} == {len("node") + width + len(tail)}


@given(st.text(alphabet="ab019[]:-.", max_size=14))
def test_any_text_gives_names_or_one_sentence(pattern: str) -> None:
    names, problem = expanded(pattern)
    assert bool(names) != bool(problem)
    assert "\n" not in problem
    assert not any("[" in name or "]" in name for name in names)


def expanded(pattern: str) -> tuple[list[str], str]:
    try:
        return expand(pattern), ""
    except ValueError as error:
        return [], str(error)
