"""A real Nagios notifies through the generated commands while a plugin says what a shell, a mail and a page take for theirs."""

import email
import getpass
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from hamon.nagios_objects import nagios
from hamon.nagios_objects.build import build
from hamon.nagios_objects.render import render
from hamon.plan import make_plan
from tests.inventories.fakes import COMPONENTS
from tests.nagios_objects.test_pages import MAIN
from tests.plan.test_plan import cloud

ILLEGAL = "illegal_macro_output_chars=`~$&|'\"<>\n"
SHELL = "$(touch {dir}/ran1) `touch {dir}/ran2` '$(touch {dir}/ran3)' \"; touch {dir}/ran4; \" <b>&amp;"
BROKEN = f"""\
STORE_CLUSTER CRITICAL - SPLIT-BRAIN: {{{{ctl1}}}} apart\rBcc: evil@example.org {SHELL}
What it means: two sides take writes. {SHELL}
Since: 1999-01-01
Bcc: evil@example.org
Type next: mysql -Be "SELECT 'a\\b' < 2" && echo $HOME  # on ctl1
     then: hamon run -i INVENTORY --only /store_cluster
Beware: do not bootstrap <script>alert(1)</script>
"""
WHOLE = "STORE_CLUSTER OK - 3 of 3 synced\n"
# A mail each, under a name that is complete when it is there.
SENDMAIL = '#!/bin/sh\nout=$(mktemp {dir}/mail/.XXXXXX)\ncat >"$out"\nmv "$out" "{dir}/mail/$$"\n'
HAMON = '#!/bin/sh\nexec {python} -m hamon "$@"\n'


class Server:
    """A Nagios at work over the generated objects."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def says(self, words: str, code: int) -> None:
        """What the cluster's plugin says from now on: words and exit code change at once."""
        (self.place / f"words{code}").write_text(words.format(dir=self.place), newline="")
        script = self.place / "next"
        script.write_text(f"#!/bin/sh\ncat {self.place}/words{code}\nexit {code}\n")
        script.chmod(0o755)
        script.replace(self.place / "check_store_cluster")

    def mails(self, to: str, subject: str) -> list[EmailMessage]:
        """The mails to ``to`` whose subject begins so."""
        files = [file for file in (self.place / "mail").iterdir() if not file.name.startswith(".")]
        every = [email.message_from_bytes(file.read_bytes(), policy=default) for file in files]
        return [mail for mail in every if mail["To"] == to and mail["Subject"].startswith(subject)]

    def mail(self, to: str, subject: str, seconds: float = 60) -> EmailMessage:
        """The one mail to ``to`` whose subject begins so, as soon as it is there."""
        end = time.monotonic() + seconds
        while not (mails := self.mails(to, subject)):
            assert time.monotonic() < end, (self.place / "nagios.log").read_text()
            time.sleep(0.1)
        assert len(mails) == 1
        return mails[0]


@pytest.fixture
def serve() -> Iterator[Callable[[str], Server]]:
    program = nagios.find()
    if program is None:
        pytest.skip("no nagios4 on this machine")
    place = Path(tempfile.mkdtemp(prefix="hamon-notes-"))  # a socket's path must be short, pytest's are not
    daemons: list[subprocess.Popen[bytes]] = []

    def start(more: str) -> Server:
        server = Server(place)
        scripts = {
            "fine": "#!/bin/sh\necho fine\n",
            "check_float": "#!/bin/sh\necho fine\n",
            "sendmail": SENDMAIL.format(dir=place),
            "hamon": HAMON.format(python=sys.executable),
        }
        for name, text in scripts.items():
            (place / name).write_text(text)
            (place / name).chmod(0o755)
        settings = {
            "plugin_dir": str(place),
            "interval": 1,
            "retry_interval": 1,
            "max_attempts": 1,
            "interval_length": 1,
            "nrpe": {"program": f"{place}/fine"},
            "host_check": f"{place}/fine -H {{address}}",
            "contacts": {"page": ["oncall@example.org"], "ticket": ["cloud@example.org"]},
            "notify": {"sendmail": f"{place}/sendmail"},
        }
        plan = make_plan(cloud(settings, {f"ctl{n}": ("galera",) for n in (1, 2, 3)}), COMPONENTS)
        for path, text in render(plan, build(plan)).items():
            (place / "out" / path).parent.mkdir(parents=True, exist_ok=True)
            (place / "out" / path).write_text(text)
        (place / "spool").mkdir()
        (place / "mail").mkdir()
        main = MAIN.format(dir=place, user=getpass.getuser()).replace(ILLEGAL, "")
        (place / "nagios.cfg").write_text(f"{main}status_update_interval=1\n{more}")
        server.says(WHOLE, 0)
        daemons.append(
            subprocess.Popen(
                [program, str(place / "nagios.cfg")],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                stdin=subprocess.DEVNULL,
                env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "TZ": "UTC"},
            )
        )
        return server

    try:
        yield start
    finally:
        for daemon in daemons:
            daemon.terminate()
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        shutil.rmtree(place, ignore_errors=True)


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


ENVIRONMENT = "enable_environment_macros=1\n"


@pytest.mark.lab
@pytest.mark.parametrize(
    "more", [ILLEGAL + ENVIRONMENT, ENVIRONMENT, ILLEGAL, ""], ids=["both", "environment", "illegal", "neither"]
)
def test_hostile_words_arrive_as_words(serve: Callable[[str], Server], more: str) -> None:
    server = serve(more)
    server.says(BROKEN, 2)
    mail = server.mail("oncall@example.org", "CRITICAL store.cluster/store_cluster: ")
    assert mail["Subject"].startswith("CRITICAL store.cluster/store_cluster: SPLIT-BRAIN: {ctl1} apart")
    assert len(mail["Subject"]) <= 120
    assert (mail["Bcc"], mail["To"], mail["Auto-Submitted"]) == (None, "oncall@example.org", "auto-generated")
    text = body(mail, "plain")
    hostile = SHELL.format(dir=server.place)
    lines = text.splitlines()
    assert lines[0] == f"SPLIT-BRAIN: {{ctl1}} apart Bcc: evil@example.org {hostile.replace(';', ':')}"  # Nagios' own
    assert lines[2:5] == ["Notification: PROBLEM", "Service:      store_cluster", "Host:         store.cluster"]
    assert lines[5] == "State:        CRITICAL"
    assert lines[6].startswith("Since:        20")
    assert lines[7:] == [
        "",
        f"  What it means: two sides take writes. {hostile}",
        "  Since: 1999-01-01",
        "  Bcc: evil@example.org",
        "  Beware: do not bootstrap <script>alert(1)</script>",
        "",
        "Type next:",
        "    mysql -Be \"SELECT 'a\\b' < 2\" && echo $HOME  # on ctl1",
        "    hamon run -i INVENTORY --only /store_cluster",
    ]
    page = body(mail, "html")
    assert "<script" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<pre>mysql -Be &quot;SELECT &#x27;a\\b&#x27; &lt; 2&quot; &amp;&amp; echo $HOME  # on ctl1\n" in page
    server.mail("cloud@example.org", "CRITICAL store.cluster/store_cluster: SPLIT-BRAIN")

    server.says(WHOLE, 0)
    mail = server.mail("oncall@example.org", "RECOVERY: OK store.cluster/store_cluster: ")
    assert mail["Subject"] == "RECOVERY: OK store.cluster/store_cluster: 3 of 3 synced"
    lines = body(mail, "plain").splitlines()
    assert lines[:6] == [
        "3 of 3 synced",
        "",
        "Notification: RECOVERY",
        "Service:      store_cluster",
        "Host:         store.cluster",
        "State:        OK",
    ]
    assert lines[6].startswith("OK since:     20")
    # The problem is over at once: within a second of Nagios' clock there is no time that it lasted.
    assert [line for line in lines[7:] if not re.fullmatch(r"Lasted:       \d+ s", line)] == []
    assert "SPLIT-BRAIN" not in mail.as_string()
    assert sorted(file.name for file in server.place.glob("ran*")) == []
