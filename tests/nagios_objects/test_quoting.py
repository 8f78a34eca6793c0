"""Command lines arrive as they were meant: through /bin/sh, through Nagios, through NRPE."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hamon.nagios_objects.quoting import nagios_command, nagios_value, nrpe_command
from tests.programs import needs

NASTY = [
    "plain",
    "two words",
    "a;b",
    "a\\;b",
    "trailing\\",
    "$HOME",
    "$$",
    "$USER1$",
    "$ARG1$",
    "$(touch /tmp/hamon-was-here)",
    "`id`",
    "it's",
    '"quoted"',
    "!bang!",
    "a|b>c<d&e",
    "{address} {timeout}",
    "*?[a]",
    "#no comment",
    "100%",
    "~root",
    "-w",
    "lag=@1:5",
    "",
]
# What one line can carry: everything printable. Settings refuse the rest.
WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)


def words_of(line: str) -> list[str]:
    """What /bin/sh makes of a command line."""
    done = subprocess.run(["/bin/sh", "-c", f"printf '%s\\0' {line}"], capture_output=True, check=True, timeout=10)
    return done.stdout.decode().split("\0")[:-1]


def as_nagios_reads(line: str) -> str:
    """Nagios: backslash-semicolon is a semicolon, two dollars are one."""
    assert not any(before != "\\" for before, char in zip(" " + line, line, strict=False) if char == ";")
    return line.replace("\\;", ";").replace("$$", "$")


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=5))
def test_words_survive_nagios_and_the_shell(words: list[str]) -> None:
    line = nagios_command(words)
    assert line.count("$") % 2 == 0
    assert words_of(as_nagios_reads(line)) == words


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=5))
def test_words_survive_nrpe_and_the_shell(words: list[str]) -> None:
    line = nrpe_command(words)
    assert words_of(line.replace("$$", "$")) == words


@given(st.text(max_size=60))
def test_texts_stay_on_their_line(text: str) -> None:
    value = nagios_value(text)
    assert len(value.splitlines()) <= 1
    assert not value.endswith("\\")
    assert value.replace("\\;", "").count(";") == 0


def test_words_survive_the_real_nagios(tmp_path: Path) -> None:
    nagios = needs("nagios4", "nagios")
    objects = tmp_path / "objects.cfg"
    commands = [
        f"define command {{\n  command_name  c{n}\n  command_line  {nagios_command([w])}\n}}"
        for n, w in enumerate(NASTY)
    ]
    day = "define timeperiod {\n  timeperiod_name  t\n  alias  t\n}\n"
    contact = (
        "define contact {\n  contact_name  c\n  host_notification_commands  c0\n  service_notification_commands  c0\n"
        "  host_notification_period  t\n  service_notification_period  t\n}\n"
    )
    host = "define host {\n  host_name  h\n  max_check_attempts  1\n  check_period  t\n  notification_period  t\n  contacts  c\n}\n"
    service = host.replace("define host", "define service").replace(
        "}", "  service_description s\n  check_command c0\n}"
    )
    objects.write_text("\n".join([*commands, day, contact, host, service]))
    cache = tmp_path / "cache"
    user = subprocess.run(["/usr/bin/id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    main = tmp_path / "nagios.cfg"
    lines = [
        f"cfg_file={objects}",
        f"log_file={tmp_path}/log",
        f"check_result_path={tmp_path}",
        f"temp_path={tmp_path}",
    ]
    lines += [
        f"precached_object_file={cache}",
        f"nagios_user={user}",
        f"nagios_group={user}",
        f"lock_file={tmp_path}/lock",
    ]
    main.write_text("\n".join([*lines, ""]))
    done = subprocess.run([nagios, "-vp", str(main)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
    read = {}
    for block in cache.read_text().split("define command {")[1:]:
        fields = dict(line.strip().split("\t", 1) for line in block.split("}\n")[0].strip().splitlines())
        read[fields["command_name"]] = fields["command_line"]
    for number, word in enumerate(NASTY):
        assert words_of(read[f"c{number}"].replace("$$", "$")) == [word]


def test_words_survive_the_real_nrpe(tmp_path: Path) -> None:
    nrpe = shutil.which("nrpe", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    check_nrpe = "/usr/lib/nagios/plugins/check_nrpe"
    if nrpe is None or not os.access(check_nrpe, os.X_OK):
        pytest.skip("no nrpe, or no check_nrpe, on this machine")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = tmp_path / "nrpe.cfg"
    lines = [f"server_port={port}", "server_address=127.0.0.1", "allowed_hosts=127.0.0.1", "dont_blame_nrpe=0"]
    lines += [f"pid_file={tmp_path}/pid", "nrpe_user=nobody", "nrpe_group=nogroup"]
    lines += [f"command[c{n}]={nrpe_command(['/usr/bin/printf', '[%s]', word])}" for n, word in enumerate(NASTY)]
    config.write_text("\n".join([*lines, ""]))
    daemon = subprocess.Popen(
        [nrpe, "-n", "-f", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        ask = [check_nrpe, "-n", "-H", "127.0.0.1", "-p", str(port), "-t", "10:UNKNOWN"]
        until = time.monotonic() + 10
        while subprocess.run(ask, capture_output=True, check=False).returncode and time.monotonic() < until:
            time.sleep(0.05)
        printed = [
            subprocess.run([*ask, "-c", f"c{n}"], capture_output=True, text=True, check=False).stdout.rstrip("\n")
            for n in range(len(NASTY))
        ]
    finally:
        daemon.kill()
        daemon.wait()
    assert printed == [f"[{word}]" for word in NASTY]
    assert not Path("/tmp/hamon-was-here").exists()
