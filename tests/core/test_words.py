"""Figures and lists as people read them."""

import pytest

from hamon.words import MOST, counted, duration, group, lasting, listed, nearest, percent, some, times


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (95, "1 min 35 s"), (3600, "1 h"), (3725, "1 h 2 min"), (90000, "1 d 1 h")],
)  # fmt: skip
def test_durations(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


def test_how_long_something_has_been_so() -> None:
    assert [lasting(seconds) for seconds in (0.0, 0.9, 1.0, 300.0)] == ["", "", " for 1 s", " for 5 min"]


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, ""),
        (1, "web1"),
        (2, "web1 and web2"),
        (3, "web1, web2 and web3"),
        (4, "web1, web2, web3 and web4"),  # "and 1 more" would take the same room
        (5, "web1, web2, web3 and 2 more"),
        (200, "web1, web2, web3 and 197 more"),
    ],
)
def test_a_list_of_names_is_cut(count: int, expected: str) -> None:
    assert some(f"web{number}" for number in range(1, count + 1)) == expected


def test_a_list_may_be_longer() -> None:
    names = [f"web{number}" for number in range(1, 13)]
    assert some(names, 10) == f"{', '.join(names[:10])} and 2 more"
    assert some(names[:11], 10) == f"{', '.join(names[:10])} and web11"


def test_counts_ratios_and_sets() -> None:
    assert [counted(number, "host") for number in (0, 1, 2)] == ["0 hosts", "1 host", "2 hosts"]
    assert [times(number) for number in (1, 3)] == ["once", "3 times"]
    assert [percent(ratio) for ratio in (0.125, 1.0, 0.0004)] == ["12.5 %", "100 %", "0 %"]
    assert (group(("ctl1", "ctl2")), group(())) == ("{ctl1, ctl2}", "{}")
    assert listed(()) == ""


def test_the_nearest_name_else_what_there_is() -> None:
    assert nearest("galeera", ("galera", "rabbitmq")) == "did you mean galera?"
    assert nearest("zz", ("rabbitmq", "galera")) == "there are: galera, rabbitmq"
    assert nearest("zz", ()) == "there are: none"


def test_a_list_of_what_there_is_ends() -> None:
    many = [f"x{number:03}" for number in range(MOST + 5)]
    assert nearest("galera", many) == f"there are: {', '.join(many[:MOST])} and 5 more"
