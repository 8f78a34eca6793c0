"""Recording and replay: what is written, what is hidden, and that a replay gives the same verdict."""

import json
import os
import stat
import time
from pathlib import Path

import pytest

from hamon.checks.galera.cluster import CLUSTER
from hamon.checks.galera.node import CHECK
from hamon.errors import ProbeError
from hamon.execute import execute
from hamon.probe.tape import Player, redact
from hamon.verdict import UNKNOWN

GALERA = Path(__file__).parents[1] / "checks" / "galera" / "states"


def test_a_recording_replays_to_the_same_verdict_and_keeps_the_clock(tmp_path: Path) -> None:
    file = tmp_path / "recording.json"
    live = execute(CHECK, ["-p", "1", "-t", "3", "--record", str(file)])
    assert live.text == "127.0.0.1:1: connection refused"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    told = json.loads(file.read_text())
    assert told["args"] == ["-p", "1", "-t", "3"]
    assert told["answers"][0] == {
        "ask": "sql 127.0.0.1:1 SET SESSION wsrep_sync_wait=0",
        "error": [2, "127.0.0.1:1: connection refused", "refused"],
    }
    assert execute(CHECK, ["--replay", str(file)]) == live


@pytest.mark.parametrize("kind", ["link", "fifo", "folder"])
def test_a_recording_replaces_nothing_but_a_regular_file(tmp_path: Path, kind: str) -> None:
    file, other = tmp_path / "recording.json", tmp_path / "other"
    other.write_text("kept")
    if kind == "link":
        file.symlink_to(other)
    elif kind == "fifo":
        os.mkfifo(file)
    else:
        file.mkdir()
    before = file.lstat()
    live = execute(CHECK, ["-p", "1", "-t", "3", "--record", str(file)])
    assert live.render() == f"GALERA UNKNOWN - recording {file} cannot be written: it is not a regular file"
    assert (file.lstat().st_ino, other.read_text()) == (before.st_ino, "kept")


def test_a_replay_takes_other_thresholds() -> None:
    path = str(GALERA / "01_healthy__ctl1.json")
    assert execute(CHECK, ["--replay", path]).state.name == "OK"
    assert (
        execute(CHECK, ["--replay", path, "-c", "size=5:"])
        .render()
        .splitlines()[0]
        .startswith("GALERA CRITICAL - size is 3, outside 5: |")
    )


def test_replaying_remembers_nothing_and_asks_nobody(tmp_path: Path) -> None:
    execute(CHECK, ["--replay", str(GALERA / "01_healthy__ctl1.json")])
    assert not (tmp_path / "memory").exists()


def test_the_memory_of_a_recording_gives_its_rates(tmp_path: Path) -> None:
    recording = json.loads((GALERA / "12_after_flow_control__ctl1.json").read_text())
    recording["memory"] = {"at": recording["clock"] - 10, "values": {"flow_paused_ns": 9415887469 - 6e9}, "since": {}}
    file = tmp_path / "r.json"
    file.write_text(json.dumps(recording))
    assert (
        execute(CHECK, ["--replay", str(file)])
        .render()
        .splitlines()[0]
        .startswith(
            "GALERA CRITICAL - flow control paused replication for 60 % of the time | size=3;;;0 flow_paused=0.6;0.1;0.5;0;1 "
        )
    )


def test_a_recording_can_be_of_the_members_too(tmp_path: Path) -> None:
    file = tmp_path / "cluster.json"
    via = '/bin/sh -c \'echo "{{\\"check\\":\\"galera\\",\\"error\\":[2,\\"{name} is dead\\",\\"refused\\"]}}"\''
    live = execute(CLUSTER, ["--members", "a=1,b=2", "--via", via, "--record", str(file)])
    assert live.render().splitlines()[0] == (
        "GALERA_CLUSTER CRITICAL - no member serves: a: a is dead, b: b is dead | size=0;;;0 synced=0;;;0 components=0;;;0 unreachable=2;;;0"
    )
    assert [one["ask"] for one in json.loads(file.read_text())["answers"]] == ["member a", "member b"]
    assert execute(CLUSTER, ["--replay", str(file)]) == live


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "recording {} does not exist"),
        ("nonsense", "{} is not a recording: Expecting value: line 1 column 1 (char 0)"),
        ("{}", "{} is not a hamon recording (no 'hamon_recording' in it)"),
        ('{"hamon_recording": 9}', "recording {} has format 9, this hamon reads 1"),
        ('{"hamon_recording": 1, "check": "galera"}', "recording {}: 'args' is missing or of the wrong kind"),
        (
            '{"hamon_recording": 1, "check": "galera", "args": [], "clock": 1, "answers": [1]}',
            "recording {}: an entry of 'answers' has no question or no answer",
        ),
        (
            '{"hamon_recording": 1, "check": "vip", "args": [], "clock": 1, "answers": []}',
            "recording {} is of check_vip, not of check_galera",
        ),
        (
            '{"hamon_recording": 1, "check": "galera", "args": [], "clock": 1, "answers": []}',
            "the recording {} has no answer to: sql 127.0.0.1:3306 SET SESSION wsrep_sync_wait=0",
        ),
    ],
)
def test_a_bad_recording_is_named(content: str | None, text: str, tmp_path: Path) -> None:
    file = tmp_path / "r"  # a short name: the text must fit
    if content is not None:
        file.write_text(content)
    outcome = execute(CHECK, ["--replay", str(file)])
    assert (outcome.state, outcome.text) == (UNKNOWN, text.format(file))


def test_a_recording_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    outcome = execute(CHECK, ["-p", "1", "--record", str(tmp_path / "no" / "r")])
    assert (outcome.state, outcome.text) == (
        UNKNOWN,
        f"recording {tmp_path}/no/r cannot be written: No such file or directory",
    )


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ('{"auth_type":1,"auth_data":"hamon"}', '{"auth_type":1,"auth_data":"***"}'),
        ("    auth_pass s3cret\n    priority 10", "    auth_pass ***\n    priority 10"),
        ("connection = mysql://x?password=abc&y=1", "connection = mysql://x?password=***&y=1"),
        ("admin_token: 'to ken', z", "admin_token: '***', z"),
        ('{"body": "{\\"password\\": \\"a b\\", \\"x\\": 1}"}', '{"body": "{\\"password\\": \\"***\\", \\"x\\": 1}"}'),
        ('rabbit_secret="a\\"b" c', 'rabbit_secret="***" c'),
        ("token-less words and passwords in prose stay", "token-less words and passwords in prose stay"),
        ("tokens_total 5", "tokens_total 5"),
        ('{"token": 17, "x": 1}', '{"token": "***", "x": 1}'),
        ('{"secret": {"id": 1}}', '{"secret": {"id": 1}}'),
        ("wsrep_sst_auth = sst:hunter22", "wsrep_sst_auth = ***"),
        ('erlang_cookie = "ABCDEF"', 'erlang_cookie = "***"'),
        ('<nvpair name="passwd" value="hunter22"/>', '<nvpair name="passwd" value="***"/>'),
        ("<password>hunter22</password>", "<password>***</password>"),
        ("Authorization: Basic aGFtb24=\nX: 1", "Authorization: Basic ***\nX: 1"),
        ("amqp://nova:hunter22@ctl1:5672/", "amqp://nova:***@ctl1:5672/"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----",
        ),
    ],
)
def test_secrets_are_hidden_by_the_names_before_them(text: str, hidden: str) -> None:
    assert redact(text) == hidden


@pytest.mark.parametrize(
    "words", ["a", "\n", "-.", "password", " ", '\\"', 'token = "', "token='", "token \\", "://a:", "QUJDRA"]
)
def test_hiding_takes_time_as_the_text_is_long(words: str) -> None:
    text = words * (400_000 // len(words))
    begun = time.process_time()
    redact(text)
    assert time.process_time() - begun < 2


def test_known_secrets_are_hidden_wherever_they_stand() -> None:
    assert redact("x hunter22 y", ["hunter22"]) == "x *** y"


def test_a_replay_does_not_want_the_credentials_of_the_recorded_call(tmp_path: Path) -> None:
    recording = json.loads((GALERA / "01_healthy__ctl1.json").read_text())
    recording["args"] += ["--credentials", "/elsewhere/galera.cnf"]
    file = tmp_path / "r.json"
    file.write_text(json.dumps(recording))
    assert execute(CHECK, ["--replay", str(file)]).text == "Synced, Primary component of 3"


def test_a_recording_made_when_a_check_asked_for_fewer_rows_still_answers() -> None:
    recorded = {"ask": "sql h:1 SHOW GLOBAL STATUS WHERE Variable_name IN ('a')", "answer": [["a", "1"]]}
    player = Player({"clock": 1.0, "answers": [recorded]}, "old.json")
    assert player.answer("sql h:1 SHOW GLOBAL STATUS WHERE Variable_name IN ('a','b')", lambda: None) == [["a", "1"]]
    with pytest.raises(ProbeError, match="has no answer to: sql h:1 SHOW GLOBAL VARIABLES"):
        player.answer("sql h:1 SHOW GLOBAL VARIABLES WHERE Variable_name IN ('a')", lambda: None)
