"""``hamon notify``: the words of a notification, and the ways that they go. Nagios is not needed here."""

import http.server
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamon.cli import main
from hamon.notify.mail import message, text
from hamon.notify.notice import SUBJECT, Event, Words, notice, printable, subject, unescaped
from hamon.notify.webhook import as_json
from hamon.notify.words import MISSING, of_event, words

SPLIT = Event("PROBLEM", "galera.cluster", "galera_cluster", "10.0.0.1", "CRITICAL", 1000, 1200, 1300)
SAID = Words(
    "GALERA_CLUSTER CRITICAL - SPLIT-BRAIN: {ctl1} / {ctl2, ctl3}",
    ("What it means: two sides.", "Type next: mysql -e 'SELECT 1'  # on ctl1", "     then: # decide", "Beware: wait"),
)


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_problem_has_the_verdict_its_start_and_steps_that_paste() -> None:
    about = notice(SPLIT, SAID)
    assert subject(about) == "CRITICAL galera.cluster/galera_cluster: SPLIT-BRAIN: {ctl1} / {ctl2, ctl3}"
    assert text(about, 1300) == (
        "SPLIT-BRAIN: {ctl1} / {ctl2, ctl3}\n\n"
        "Notification: PROBLEM\n"
        "Service:      galera_cluster\n"
        "Host:         galera.cluster (10.0.0.1)\n"
        "State:        CRITICAL\n"
        "Since:        1970-01-01 00:16:40 +0000 (5 min ago)\n\n"
        "  What it means: two sides.\n"
        "  Beware: wait\n\n"
        "Type next:\n"
        "    mysql -e 'SELECT 1'  # on ctl1\n"
        "    # decide\n"
    )


def test_a_recovery_says_what_is_right_and_no_word_of_the_problem() -> None:
    event = SPLIT._replace(kind="RECOVERY", state="OK", last_ok=1300, last_change=1300)
    about = notice(event, Words("GALERA_CLUSTER OK - 3 of 3 synced", SAID.below))
    assert subject(about) == "RECOVERY: OK galera.cluster/galera_cluster: 3 of 3 synced"
    assert text(about, 1300) == (
        "3 of 3 synced\n\n"
        "Notification: RECOVERY\n"
        "Service:      galera_cluster\n"
        "Host:         galera.cluster (10.0.0.1)\n"
        "State:        OK\n"
        "OK since:     1970-01-01 00:21:40 +0000 (0 s ago)\n"
    )


def test_a_recovery_says_how_long_the_problem_lasted() -> None:
    event = SPLIT._replace(kind="RECOVERY", state="OK", last_ok=1000, last_change=1300)
    words = Words("GALERA_CLUSTER OK - 3 of 3 synced")
    assert text(notice(event, words), 1300).splitlines()[-2:] == [
        "OK since:     1970-01-01 00:21:40 +0000 (0 s ago)",
        "Lasted:       5 min",
    ]
    assert as_json(notice(event, words))["lasted"] == 300
    for other in (event._replace(last_ok=0), event._replace(kind="FLAPPINGSTOP"), SPLIT):
        assert "Lasted" not in text(notice(other, words), 1300)
        assert as_json(notice(other, words))["lasted"] is None


def test_a_host_and_an_acknowledgement() -> None:
    event = Event("ACKNOWLEDGEMENT", "ctl1", "", "ctl1", "DOWN", 0, 1200, 1300, "ann", "disk is on its way")
    about = notice(event, Words("PING CRITICAL - Packet loss = 100%"))
    assert subject(about) == "ACKNOWLEDGEMENT: DOWN ctl1: Packet loss = 100%"
    assert text(about, 1300) == (
        "Packet loss = 100%\n\n"
        "Notification: ACKNOWLEDGEMENT\n"
        "Host:         ctl1\n"
        "State:        DOWN\n"
        "Since:        1970-01-01 00:20:00 +0000 (1 min 40 s ago)\n"
        "Comment:      ann: disk is on its way\n"
    )


def test_a_plugin_that_said_nothing() -> None:
    assert subject(notice(SPLIT, Words(""))) == ("CRITICAL galera.cluster/galera_cluster: (the plugin said nothing)")


@given(st.text(), st.lists(st.text()))
def test_whatever_a_plugin_says_no_header_and_no_line_is_its_own(first: str, below: list[str]) -> None:
    about = notice(SPLIT, Words(first, tuple(below)))
    mail = message(about, "a@example.org", 1300)
    assert mail.keys() == ["Subject", "To", "Date", "Auto-Submitted", "MIME-Version", "Content-Type"]
    assert len(subject(about)) <= SUBJECT
    own = [line for line in text(about, 1300).splitlines()[1:] if line and not line.startswith("  ")]
    assert [line.split(":")[0] for line in own if line != "Type next:"] == [
        "Notification",
        "Service",
        "Host",
        "State",
        "Since",
    ]


@given(st.text())
def test_printable_text_is_one_line(text: str) -> None:
    assert len(printable(text).splitlines()) <= 1


def test_long_output_as_nagios_writes_it() -> None:
    assert unescaped(r"one\nC:\\new\n\ntwo") == ("one", r"C:\new", "two")


STATUS = """\
servicestatus {
\thost_name=galera.cluster
\tservice_description=galera
\tcurrent_state=2
\tlast_check=1300
\tplugin_output=another service
\t}

servicestatus {
\thost_name=galera.cluster
\tservice_description=galera_cluster
\tcurrent_state=2
\tlast_check=1300
\tplugin_output=G CRITICAL - a=b }\rhost_name=x
\tlong_plugin_output=What it means: x\\nBeware: y
\t}
"""


def test_words_from_the_status_file(tmp_path: Path) -> None:
    status = tmp_path / "status.dat"
    status.write_text(STATUS, newline="")
    assert words(SPLIT, {}, str(status), 0) == Words(
        "G CRITICAL - a=b }\rhost_name=x", ("What it means: x", "Beware: y")
    )
    assert words(SPLIT, {"NAGIOS_SERVICEOUTPUT": "newer"}, str(status), 0) == Words("newer")


@pytest.mark.parametrize(
    "event",
    [
        SPLIT._replace(last_check=1301),
        SPLIT._replace(state="OK"),
        SPLIT._replace(host="ctl9"),
        SPLIT._replace(service=""),
    ],
    ids=["an older check", "another state", "another host", "a host"],
)
def test_a_status_of_another_moment_is_not_taken(tmp_path: Path, event: Event) -> None:
    status = tmp_path / "status.dat"
    status.write_text(STATUS, newline="")
    assert of_event(str(status), event) == {}
    assert words(event, {}, str(status), 0) == Words(MISSING)


def test_no_status_file_is_said_at_once() -> None:
    assert words(SPLIT, {}, "", 60) == Words(MISSING)
    assert words(SPLIT, {}, "/no/status.dat", 0) == Words(MISSING)


CALL = ["notify", "--type=PROBLEM", "--host=ctl1", "--state=DOWN", "--last-ok=1000", "--last-check="]


@pytest.fixture
def nagios(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAGIOS_HOSTOUTPUT", "PING CRITICAL - gone $(reboot)")


@pytest.mark.usefixtures("nagios")
def test_a_sendmail_program_that_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "sendmail"
    program.write_text("#!/bin/sh\ncat >/dev/null\necho 'queue is full' >&2\nexit 75\n")
    program.chmod(0o755)
    assert main([*CALL, "--to=a@example.org", f"--sendmail={program}"]) == 3
    assert capsys.readouterr().err == (f"hamon notify: {program} refused the mail with exit code 75: queue is full\n")
    assert main([*CALL, "--to=a@example.org", f"--sendmail={tmp_path}/none"]) == 3
    assert capsys.readouterr().err == f"hamon notify: {tmp_path}/none cannot be run: no such file or directory\n"


@pytest.mark.usefixtures("nagios")
@pytest.mark.parametrize("to", ["-oQ/tmp", "a@example.org\nBcc: b@example.org"])
def test_an_address_that_is_none(to: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*CALL, f"--to={to}"]) == 3
    assert capsys.readouterr().err == f"hamon notify: --to {to!r}: this is not a mail address\n"


def test_nobody_to_notify(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(CALL) == 3
    assert capsys.readouterr().err == "hamon notify: --to ADDRESS or --webhook FILE is missing\n"


@pytest.mark.usefixtures("nagios")
def test_a_mail_server(capsys: pytest.CaptureFixture[str]) -> None:
    """A server that knows just enough SMTP for one mail."""
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection, connection.makefile("rwb") as stream:
                answers = {b"DATA": b"354 go on", b"QUIT": b"221 bye"}
                stream.write(b"220 here\r\n")
                stream.flush()
                data = False
                for line in stream:
                    received.append(line)
                    if data and line != b".\r\n":
                        continue
                    command = line.strip().upper()
                    data = command == b"DATA"
                    stream.write(answers.get(command, b"250 ok") + b"\r\n")
                    stream.flush()
                    if command == b"QUIT":
                        return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = server.getsockname()[1]
        assert main([*CALL, "--to=a@example.org", f"--smtp=127.0.0.1:{port}"]) == 0
        thread.join(10)
    assert b"rcpt TO:<a@example.org>\r\n" in received
    assert b"Subject: DOWN ctl1: gone $(reboot)\r\n" in received
    assert main([*CALL, "--to=a@example.org", f"--smtp=127.0.0.1:{port}"]) == 3
    assert capsys.readouterr().err == (
        f"hamon notify: 127.0.0.1:{port} did not take the mail: [Errno 111] Connection refused\n"
    )


@pytest.mark.usefixtures("nagios")
def test_a_webhook(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    received: list[tuple[str, str, bytes]] = []

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.path, self.headers["Content-Type"], body))
            self.send_response(500 if "broken" in self.path else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    file = tmp_path / "url"
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        file.write_text(f"{base}/hunter2\n")
        file.chmod(0o640)
        assert main([*CALL, f"--webhook={file}"]) == 0
        file.write_text(f"{base}/broken/hunter2\n")
        assert main([*CALL, f"--webhook={file}"]) == 3
        server.shutdown()
    assert [(path, kind) for path, kind, _ in received] == [
        ("/hunter2", "application/json"),
        ("/broken/hunter2", "application/json"),
    ]
    assert json.loads(received[0][2]) == {
        "text": "DOWN ctl1: gone $(reboot)",
        "type": "PROBLEM",
        "host": "ctl1",
        "service": None,
        "address": "",
        "state": "DOWN",
        "since": 1000,
        "lasted": None,
        "verdict": "gone $(reboot)",
        "lines": [],
        "steps": [],
        "author": None,
        "comment": None,
    }
    assert main([*CALL, f"--webhook={file}"]) == 3
    file.write_text("ftp://hunter2\n")
    assert main([*CALL, f"--webhook={file}"]) == 3
    file.chmod(0o644)
    assert main([*CALL, f"--webhook={file}"]) == 3
    assert capsys.readouterr().err.splitlines() == [
        f"hamon notify: the webhook of {file} answered HTTP 500",
        f"hamon notify: the webhook of {file} did not answer: [Errno 111] Connection refused",
        f"hamon notify: webhook file {file} must have one http or https URL in it",
        f"hamon notify: webhook file {file} is open to everybody (mode 0644): chmod 640 or 600",
    ]
