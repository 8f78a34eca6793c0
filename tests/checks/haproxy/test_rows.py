"""HAProxy's table: half of it is never taken for the whole, and nothing in it breaks the parser."""

import json
import re
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamon.checks.haproxy.node import CHECK
from hamon.checks.haproxy.rows import groups, info, table
from hamon.errors import ProbeError
from hamon.execute import execute
from hamon.typed import typed
from hamon.verdict import UNKNOWN
from hamon.wire import read
from tests.checks.haproxy.table import COLUMNS, backend, frontend, haproxy, server, stat, three
from tests.judging import line

STATES = Path(__file__).parent / "states"
WHOLE = three("UP", "UP", "DOWN", act=2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "gave an empty answer"),
        ("\n\n", "gave an empty answer"),
        ("<html><body>503</body></html>\n", "gave HTML instead of statistics in CSV"),
        ("Permission denied\n\n", "does not give statistics at this level (Permission denied)"),
        (WHOLE.partition("\n")[2], "instead of statistics in CSV"),
        (WHOLE.replace("status", "stat", 1), "no column status"),
        (re.sub(r"(?m)^[^#,\n]+,", ",", WHOLE), "the CSV has a row without a name"),
        (WHOLE.partition("\n")[0] + "\n\n", "cut off"),
        (WHOLE[: WHOLE.index("api,ctl3") + 12], "cut off"),
        (WHOLE[: WHOLE.index("api,ctl3") + 12] + "\n\n", "cut off at api/ctl3"),
        (WHOLE[: WHOLE.index("api,BACKEND")] + "\n", "cut off, api has no BACKEND row"),
        ("\x00\xff|;\n\n", "instead of statistics in CSV"),
    ],
)
def test_half_an_answer_is_never_ok(tmp_path: Path, text: str, words: str) -> None:
    outcome = haproxy(tmp_path, text)
    assert outcome.state is UNKNOWN
    assert words in outcome.text
    assert "What it means" in outcome.long


def test_every_cut_of_a_real_answer_is_noticed() -> None:
    recording = json.loads((STATES / "01_healthy.json").read_text())
    text = recording["answers"][0]["answer"]
    for end in range(0, len(text) - 1, 7):
        with pytest.raises(ProbeError):
            groups(table(text[:end], "socket"), "socket")


def many(backends: int, servers: int) -> Iterable[dict[str, object]]:
    for number in range(backends):
        yield frontend(f"front{number}")
        yield from (server(f"back{number}", f"ctl{n}", "DOWN" if n == 3 else "UP") for n in range(servers))
        yield backend(f"back{number}", servers - 1)


def test_two_thousand_servers_take_no_time(tmp_path: Path) -> None:
    text = stat(*many(200, 10))
    began = time.process_time()
    outcome = haproxy(tmp_path, text)
    assert time.process_time() - began < 0.5
    assert line(outcome) == "WARNING - ctl3 in 200 backends (back0, back1, back2 and 197 more) is DOWN for 1 min"
    assert len(outcome.render()) < 2000


def test_the_facts_of_two_thousand_servers_fit_through_nrpe(tmp_path: Path) -> None:
    text = stat(*many(200, 10))
    haproxy(tmp_path, text)
    printed = execute(CHECK, ["--replay", str(tmp_path / "recording.json"), "--facts"]).render()

    assert len(printed) < 20_000, "NRPE takes 64 KiB"
    facts = typed(CHECK.facts, read(printed)["facts"])
    assert (len(facts.backends), len(facts.servers)) == (200, 200)
    for spoiled in (printed[:-10] + '"}', printed.replace('"packed":"', '"packed":"AAAA')):
        with pytest.raises(ValueError, match=r"unpacked|padding|base64"):
            read(spoiled)


FIELD = st.text(
    st.characters(exclude_characters="\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\x00", exclude_categories=["Cs"]),
    max_size=12,
)


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, FIELD)), min_size=1, max_size=6))
def test_any_fields_are_parsed_or_refused(rows: list[dict[str, object]]) -> None:
    try:
        found = table(stat(*rows), "socket")
    except ProbeError as error:
        assert error.state is UNKNOWN  # noqa: PT017
        return
    assert [row.proxy for row in found] == [row["pxname"] for row in rows]


@given(st.text(max_size=200))
def test_any_text_is_refused_or_parsed(text: str) -> None:
    info(text)
    try:
        table(text, "socket")
    except ProbeError as error:
        assert error.state is UNKNOWN  # noqa: PT017
