"""Parts of a status: times, attributes, and texts that were cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamon.checks.pacemaker.documents import Clock, element
from hamon.checks.pacemaker.status import parse
from hamon.errors import ProbeError
from tests.checks.pacemaker.crm import FENCED, clone, failure, history, node, resource, status

ATTRIBUTE = st.sampled_from(
    ["true", "false", "", "1", "INFINITY", "-3", "99999999999999999999", "Sun Nov 22 13:32:00 2026", "é"]
)


@given(st.lists(ATTRIBUTE, min_size=9, max_size=9), st.text(max_size=40))
def test_any_attributes_are_parsed_or_refused(values: list[str], text: str) -> None:
    a, b, c, d, e, f, g, h, i = values
    document = status(
        node("ctl1", online=a, unclean=b, expected_up=c, health=d),
        resource("vip", "ctl1", role=e, failed=f, target_role=g)
        + clone(resource("st:0", unique=h), multi_state=i, unique=a),
        history("vip", "ctl1", 1, 1, a).replace('fail-count="1"', f'fail-count="{b}"')
        + failure("_", "ctl1", c)
        + FENCED.format(d, f'completed="{e}"'),
    )
    parse(element(document, "crm_mon"), Clock(1.0, None))
    with pytest.raises(ProbeError):
        element(f"<a>{text}", "crm_mon")


@given(st.integers(min_value=0, max_value=len(status())))
def test_a_status_cut_anywhere_is_whole_or_refused(length: int) -> None:
    cut = status().rstrip()[:length]
    if length < len(status().rstrip()):
        with pytest.raises(ProbeError):
            element(cut, "crm_mon")
