"""keepalived's state lines and dumps: what they say, and that nothing in them breaks the parsers."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hamon.checks.keepalived.states import KNOWN, Instance, from_dump, from_state, instance


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "INSTANCE VI_1 MASTER 150 1795354219\n",
            Instance("VI_1", "INSTANCE", "MASTER", 1795354219.0, 1795354219.0, 150),
        ),
        ('INSTANCE "VI_1" BACKUP 100\n', Instance("VI_1", "INSTANCE", "BACKUP", 5.0, 5.0, 100)),
        ("GROUP VG_1 FAULT 0 9", Instance("VG_1", "GROUP", "FAULT", 9.0, 9.0, 0)),
        ("INSTANCE VI_1 MASTER", Instance("VI_1", "INSTANCE", "MASTER", 5.0, 5.0)),
        ("", None),
        ("INSTANCE VI_1", None),
        ("INSTANCE VI_1 master 150 1", None),
        ("MASTER", None),
    ],
)
def test_state_lines(text: str, expected: Instance | None) -> None:
    assert from_state(text, 5.0) == expected


@given(st.text(max_size=60))
def test_any_line_is_a_state_or_none(text: str) -> None:
    found = from_state(text, 5.0)
    assert found is None or found.state in KNOWN


NAMES = st.sampled_from(["vrrp", "data", "iname", "state", "stats", "vips", "x"])
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
ANYTHING = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4))


@given(ANYTHING)
@example([{"iname": "", "state": []}])
@example([{"iname": "", "state": 2, "vips": True, "evips": 5}])
def test_any_json_is_a_dump_or_refused(data: object) -> None:
    try:
        found = from_dump(json.dumps(data))
    except ValueError:
        return
    assert all(entry["state"] in (0, 1, 2, 3) for entry in found)
    assert all(instance(entry, 5.0).state in KNOWN for entry in found)
