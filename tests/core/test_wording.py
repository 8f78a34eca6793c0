"""Facts to words: limits, ranking, lengths, and nagiosplugin's traps."""

import shlex
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamon.check import Check, Limit, Option, Options
from hamon.errors import ProbeError
from hamon.execute import execute
from hamon.limits import fixed, number
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Advice, Finding, State, Step, worst
from hamon.wording import TOTAL, filled, first_line, plain


class Queue(NamedTuple):
    name: str
    depth: float | None


class Facts(NamedTuple):
    load: float | None = 1.0
    rate: float | None = None
    queues: tuple[Queue, ...] = ()


def made(facts: Facts | Exception, findings: tuple[Finding, ...] = (), **more: Any) -> Check[Any]:
    def probe(ask: Any, options: Options) -> Facts:
        if isinstance(facts, Exception):
            raise facts
        return facts

    def evaluate(facts: Facts, options: Options) -> Iterator[Finding]:
        yield from findings

    limits = (
        Limit("load", "the load", "5", "10", say="load is {value}"),
        Limit("rate", "a rate", optional=True),
        Limit("depth", "messages", "100", "~:1000", each="queues", say="queue {one.name} holds {value}"),
    )
    fields: dict[str, Any] = {
        "limits": limits,
        "runbook": {"load": Advice("Too much load.", (Step("uptime"), Step("top -p {name}", "{name}?")), "reboot")},
    }
    return Check("thing", "A thing?", Facts, probe, evaluate, lambda f, o: f"load {f.load}", **{**fields, **more})


def test_ok_has_the_summary_and_all_figures() -> None:
    assert execute(made(Facts(2.5, 0.125)), []).render() == "THING OK - load 2.5 | load=2.5;5;10 rate=0.125"


def test_a_note_stands_beside_the_summary() -> None:
    assert (
        execute(made(Facts(), (Finding(OK, "node1 in standby"),)), []).render()
        == "THING OK - load 1.0, node1 in standby | load=1;5;10"
    )


def test_a_note_stays_below_when_something_else_alarms() -> None:
    findings = (
        Finding(OK, "node1 in standby"),
        Finding(WARNING, "node2 is slow", "load"),
        Finding(OK, "a; b | c"),
    )
    assert execute(made(Facts(), findings), []).render() == (
        "THING WARNING - node2 is slow | load=1;5;10\n"
        "What it means: Too much load.\nType next: uptime\n     then: top -p NAME  # NAME?\nBeware: reboot\n"
        "Note: node1 in standby\nNote: a, b / c"
    )


def test_notes_give_way_to_the_runbook() -> None:
    notes = tuple(Finding(OK, f"queue {number} is empty by design {'x' * 80}") for number in range(100))
    out = execute(made(Facts(7), notes), []).render()
    assert len(out.encode()) <= TOTAL
    assert out.splitlines()[1:6] == [
        "What it means: Too much load.",
        "Type next: uptime",
        "     then: top -p NAME  # NAME?",
        "Beware: reboot",
        f"Note: {notes[0].text}",
    ]


def test_a_sentence_that_is_too_long_keeps_its_beginning_and_whole_words() -> None:
    long = "ctl1 is cut off: exit code 102 of something that takes long to say"
    assert first_line([long], 32) == ("ctl1 is cut off: exit code...", True)
    assert first_line([long], 42) == ("ctl1 is cut off: exit code 102 of...", True)
    assert first_line([long, "ctl2", "ctl3"], 42) == ("ctl1 is cut off: exit code... (+2 more)", True)
    assert first_line(["x" * 60, "ctl2"], 40) == ("x" * 27 + "... (+1 more)", True)
    assert first_line([long, "ctl2"], len(long)) == (
        "ctl1 is cut off: exit code 102 of something that... (+1 more)",
        True,
    )


def test_long_names_of_members_that_are_well_do_not_push_out_what_follows() -> None:
    """openstack-ansible's containers have names of 33 characters: what one more loss does has to stay in the first line."""
    text = (
        "2 of 3 nodes run {ctl1_rabbit_mq_container, ctl2_rabbit_mq_container}, ctl3: refused, one more loss stops all"
    )
    short = "2 of 3 nodes run, ctl3: refused, one more loss stops all"
    assert first_line([text], len(text)) == (text, False)
    assert first_line([text], len(short)) == (short, True)
    assert first_line([text, "ctl2"], len(short) + 10) == (f"{short} (+1 more)", True)
    assert first_line([text], len(short) - 1) == ("2 of 3 nodes run {ctl1_rabbit_mq_container...", True)
    two = "SPLIT-BRAIN: {ctl1_rabbit, ctl2_rabbit} and {ctl3_rabbit} run without each other"
    assert first_line([two], 70) == ("SPLIT-BRAIN: {ctl1_rabbit, ctl2_rabbit} and {ctl3_rabbit} run...", True)


def test_a_limit_names_the_instance_and_the_runbook_follows() -> None:
    facts = Facts(7, queues=(Queue("a.b-c", 5), Queue("x", 2000)))
    assert execute(made(facts), []).render() == (
        "THING CRITICAL - queue x holds 2000, load is 7 | load=7;5;10 a_b_c_depth=5;100;~:1000 x_depth=2000;100;~:1000\n"
        "What it means: Too much load.\nType next: uptime\n     then: top -p NAME  # NAME?\nBeware: reboot"
    )


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_a_figure_that_is_no_number_is_missing_evidence(value: float | None) -> None:
    outcome = execute(made(Facts(value)), [])
    assert outcome.render() == "THING UNKNOWN - load is missing from what the service reported"


def test_a_known_critical_outranks_an_unknown() -> None:
    findings = (
        Finding(UNKNOWN, "half of it was not reported"),
        Finding(WARNING, "w"),
        Finding(CRITICAL, "disk is gone"),
    )
    assert (
        execute(made(Facts(), findings), [])
        .render()
        .startswith("THING CRITICAL - disk is gone, half of it was not reported, w |")
    )
    assert worst([UNKNOWN, CRITICAL, WARNING, OK]) is CRITICAL
    assert worst([OK, UNKNOWN, WARNING]) is UNKNOWN
    assert worst([]) is UNKNOWN


def test_text_from_outside_cannot_break_the_line() -> None:
    outcome = execute(made(Facts(), (Finding(CRITICAL, "it said: a|b\nc\x1b[31m\tü"),)), [])
    assert outcome.render() == "THING CRITICAL - it said: a/b c [31m ü | load=1;5;10"


def test_a_traceback_is_unknown_in_one_line() -> None:
    outcome = execute(made(ValueError("a|b\nc")), [])
    assert outcome.state is UNKNOWN
    assert outcome.render().startswith("THING UNKNOWN - check_thing itself failed: ValueError: a/b c (test_wording.py:")
    assert "\n" not in outcome.render()


def test_a_probe_error_keeps_its_state_and_runbook() -> None:
    outcome = execute(made(ProbeError(CRITICAL, "db:3306: connection refused", "load")), [])
    assert outcome.render() == (
        "THING CRITICAL - db:3306: connection refused\nWhat it means: Too much load.\nType next: uptime\n     then: top -p NAME  # NAME?\nBeware: reboot"
    )


def test_thresholds_from_the_command_line() -> None:
    assert execute(made(Facts(7)), ["-w", "load=8", "-c", "load="]).render() == "THING OK - load 7 | load=7;8"
    assert execute(made(Facts(7)), ["--critical=load=6"]).state is CRITICAL
    assert (
        execute(made(Facts(0.0)), ["-w", "load=1:"]).render().splitlines()[0]
        == "THING WARNING - load is 0 | load=0;1:;10"
    )


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (["-w", "laod=1"], "-w laod=1: check_thing has no threshold 'laod', did you mean load?"),
        (["-w", "5"], "-w 5: expected NAME=RANGE with NAME one of load, rate, depth"),
        (["-c", "load=ten"], "-c load=ten: 'ten' is not a range (10, 5:, ~:10, 1:5 or @1:5)"),
        (["-c", "load=10:5"], "-c load=10:5: '10:5' is not a range (10, 5:, ~:10, 1:5 or @1:5)"),
        (["-c", "load=nan"], "-c load=nan: 'nan' is not a range (10, 5:, ~:10, 1:5 or @1:5)"),
        (["-t", "0"], "argument -t/--timeout: invalid seconds value: '0', see check_thing --help"),
        (["-t", "soon"], "argument -t/--timeout: invalid seconds value: 'soon', see check_thing --help"),
        (["--frobnicate"], "unrecognized arguments: --frobnicate, see check_thing --help"),
        (["--time", "3"], "unrecognized arguments: --time 3, see check_thing --help"),
    ],
)
def test_usage_errors_are_unknown_with_the_fix(argv: list[str], text: str) -> None:
    assert execute(made(Facts()), argv).render() == f"THING UNKNOWN - {text}"


def test_help_and_version_are_no_verdict() -> None:
    assert execute(made(Facts()), ["--help"]).render().startswith("usage: check_thing [-h]")
    assert execute(made(Facts()), ["-V"]).render().startswith("check_thing (hamon ")


def test_many_findings_and_figures_stay_within_the_lengths() -> None:
    queues = tuple(Queue(f"queue-with-a-long-name-{i:04}", 5000) for i in range(400))
    out = execute(made(Facts(1, queues=queues)), []).render()
    first, _, long = out.partition("\n")
    assert first.split(" | ")[0] == (
        "THING CRITICAL - queue queue-with-a-long-name-0000 holds 5000, queue queue-with-a-long-name-0001 holds 5000, "
        "queue queue-with-a-long-name-0002 holds 5000 (+397 more)"
    )
    assert len(out.encode()) <= TOTAL
    assert long.startswith("[CRITICAL] queue queue-with-a-long-name-0000 holds 5000\n")
    assert all(item.count(";") == 2 for item in first.split(" | ")[1].split())


@given(st.lists(st.text(min_size=1, max_size=300), min_size=1, max_size=30), st.integers(40, 199))
def test_the_first_line_never_exceeds_its_room(texts: list[str], room: int) -> None:
    line, cut = first_line(texts, room)
    assert len(line) <= room
    assert cut or line == ", ".join(texts)


@given(st.text())
def test_plain_text_has_nothing_that_nagios_reads_as_syntax(text: str) -> None:
    assert not set(plain(text)) & set('|;<>&$\\`"\n\r\x00\x1b\u202e')


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12))
def test_numbers_are_short_and_near(value: float) -> None:
    assert abs(number(value) - value) <= max(0.00005 if abs(value) >= 0.001 else abs(value) * 0.001, abs(value) * 1e-12)
    assert "e" not in fixed(number(value))


def test_tiny_figures_keep_their_digits_without_an_exponent() -> None:
    assert execute(made(Facts(0.00004567)), []).render() == "THING OK - load 4.567e-05 | load=0.00004567;5;10"


def test_a_negative_figure_without_a_range_is_no_alarm() -> None:
    assert execute(made(Facts(1, -0.25)), []).render() == "THING OK - load 1 | load=1;5;10 rate=-0.25"
    assert execute(made(Facts(-3)), ["-w", "load="]).render().startswith("THING CRITICAL - load is -3 | load=-3;;10\n")


def test_states_are_exit_codes() -> None:
    assert [int(state) for state in State] == [0, 1, 2, 3]


STEPS = (
    Step("restart {queue}", "on {node}"),
    Step("show 'queue {queue} of {vhost}'"),
    Step(remark="think of {queue}"),
    Step("ask {host}"),
)


def long_of(names: dict[str, str], *argv: str) -> list[str]:
    host = Option(("--host",), "where", default="10.0.0.1")
    runbook = {"queue": Advice("A queue stands still.", STEPS)}
    findings = (
        Finding(WARNING, "it stands", "queue", names),
        Finding(WARNING, "so does another", "queue", {"queue": "z"}),
    )
    return execute(made(Facts(), findings, runbook=runbook, options=(host,)), list(argv)).long.splitlines()


def test_names_come_from_the_worst_finding_of_a_kind_and_from_the_options() -> None:
    assert long_of({"queue": "nova", "vhost": "/", "node": "ctl1.example.org"}, "--host", "fd00::5") == [
        "What it means: A queue stands still.",
        "Type next: restart nova  # on ctl1.example.org",
        "     then: show 'queue nova of /'",
        "     then: # think of nova",
        "     then: ask fd00::5",
    ]
    assert long_of({"queue": "nova", "host": "ctl2"})[1:] == [
        "Type next: restart nova  # on NODE",
        "     then: show 'queue nova of VHOST'",
        "     then: # think of nova",
        "     then: ask ctl2",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a b",
        "x;reboot",
        "$(reboot)",
        "`id`",
        "a'b",
        'a"b',
        "--all",
        "a|b",
        "a\nb",
        "caf\u00e9",
        "{vhost}",
        "~",
        "a&b",
        "*",
    ],
)
def test_a_name_that_a_shell_could_read_as_more_is_left_to_the_reader(name: str) -> None:
    assert long_of({"queue": name})[1:4] == [
        "Type next: restart QUEUE  # on NODE",
        "     then: show 'queue QUEUE of VHOST'",
        "     then: # think of QUEUE",
    ]


@given(st.text())
def test_whatever_a_name_is_the_command_keeps_its_words(name: str) -> None:
    command = filled(STEPS[1], {"queue": name, "vhost": "/"}).command
    assert shlex.split(command) in (["show", f"queue {name} of /"], ["show", "queue QUEUE of /"])


def test_long_output_ends_with_a_whole_line() -> None:
    lines = tuple(Step(f"rm /srv/{number:04}/{'x' * 80}") for number in range(100))
    check = made(Facts(7), runbook={"load": Advice("Too much load.", lines)})
    out = execute(check, []).render()
    assert TOTAL - 120 < len(out.encode()) <= TOTAL
    shown = [line.partition(": ")[2] for line in out.splitlines()[2:]]
    assert shown == [step.command for step in lines[: len(shown)]]


def test_what_shells_and_web_pages_take_for_themselves_is_put_in_other_words() -> None:
    assert (
        plain('<b>a & b</b>; `id` $(id) "x" | it\'s ~5 % c:\\d\n\u202e')
        == "(b)a + b(/b), 'id' _(id) 'x' / it's ~5 % c:/d"
    )
