from typing import Any, NamedTuple

import pytest

from hamon.typed import LARGEST, LONGEST, MOST, MistypedError, typed


class Part(NamedTuple):
    name: str
    running: bool | None = None


class Whole(NamedTuple):
    node: str
    size: int | None
    share: float
    parts: tuple[Part, ...]
    pair: tuple[str, int]
    maybe: tuple[str, ...] | None
    later: tuple[str, ...] = ()


DATA: dict[str, Any] = {
    "node": "a",
    "size": 3,
    "share": 0.5,
    "parts": [{"name": "b", "running": True}, {"name": "c"}],
    "pair": ["x", 1],
    "maybe": None,
}


def test_data_comes_back_as_what_it_was() -> None:
    assert typed(Whole, DATA) == Whole("a", 3, 0.5, (Part("b", True), Part("c")), ("x", 1), None, ())
    assert typed(Whole, {**DATA, "newer": [1], "share": 1}).share == 1.0
    assert typed(Whole, {**DATA, "maybe": ["x"], "later": ["y"]})[-2:] == (("x",), ("y",))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"node": 5}, "node is a number, not a text"),
        ({"node": None}, "node is null, not a text"),
        ({"node": "x" * (LONGEST + 1)}, "node is a text too long or broken, not a text"),
        ({"node": "\ud800"}, "node is a text too long or broken, not a text"),
        ({"size": "3"}, "size is a text, not a whole number"),
        ({"size": True}, "size is true or false, not a whole number"),
        ({"size": 3.0}, "size is a number, not a whole number"),
        ({"share": float("nan")}, "share is a number beyond all counting, not a number"),
        ({"share": float("inf")}, "share is a number beyond all counting, not a number"),
        ({"share": LARGEST}, "share is a number beyond all counting, not a number"),
        ({"share": None}, "share is null, not a number"),
        ({"parts": {}}, "parts is an object, not a list"),
        ({"parts": None}, "parts is null, not a list"),
        ({"parts": [1] * (MOST + 1)}, f"parts is a list of {MOST + 1} items, not a list"),
        ({"parts": ["b"]}, "parts[0] is a text, not an object"),
        ({"parts": [{"name": "b"}, {"running": True}]}, "parts[1].name is missing"),
        ({"parts": [{"name": "b", "running": 1}]}, "parts[0].running is a number, not true or false"),
        ({"pair": ["x"]}, "pair has 1 items, not 2"),
        ({"pair": ["x", "1"]}, "pair[1] is a text, not a whole number"),
        ({"maybe": "x"}, "maybe is a text, not a list"),
        ({"maybe": [["x"]]}, "maybe[0] is a list, not a text"),
    ],
)
def test_anything_else_is_refused_with_its_place(change: dict[str, Any], words: str) -> None:
    with pytest.raises(MistypedError) as caught:
        typed(Whole, {**DATA, **change})
    assert str(caught.value) == words


def test_a_list_that_is_missing_is_not_an_empty_one() -> None:
    for name in ("node", "size", "share", "parts", "pair", "maybe"):
        with pytest.raises(MistypedError) as caught:
            typed(Whole, {key: value for key, value in DATA.items() if key != name})
        assert str(caught.value) == f"{name} is missing"
    with pytest.raises(MistypedError) as caught:
        typed(Whole, [])
    assert str(caught.value) == "the whole is a list, not an object"


def test_a_number_that_nothing_counts_to_is_no_value_where_there_may_be_none() -> None:
    """An unsigned -1, such as Galera's number of a view that there is not."""
    assert typed(Whole, {**DATA, "size": 2**64 - 1}).size is None
