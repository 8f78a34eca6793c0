"""A Nagios server whose agents all answer, and every way in which one does not: the words, and the cure."""

import json
from pathlib import Path
from typing import Any

import pytest

from hamon import __version__, catalogue
from hamon.doctor import server
from hamon.doctor.answers import LARGEST, behind, of_command
from hamon.doctor.finding import Finding, State, note, ordered, problem, unknown
from hamon.doctor.handshake import Ended, Handshake
from hamon.doctor.machine import Ran
from hamon.doctor.show import as_json, as_table
from hamon.inventory import load
from hamon.nagios_objects.generate import generate
from hamon.plan import Plan, make_plan
from hamon.probe.file import Process
from hamon.wire import line
from tests.doctor.fake import NOW, STARTED, Change, Fake, certificate, program

INVENTORY = """\
all:
  vars:
    hamon:
      plugin_dir: /opt/hamon/bin
      contacts: {page: [noc@example.org], ticket: [ops@example.org]}
      nrpe: {ca: /etc/hamon/pki/ca.pem, cert: /etc/hamon/pki/nagios.pem, key: /etc/hamon/pki/nagios.key}
  children:
    galera: {hosts: {ctl1: {ansible_host: 10.20.0.11}, ctl2: {ansible_host: ctl2.example.org}}}
    corosync: {hosts: {ctl1: }}
"""
MAIN = "/etc/nagios4/nagios.cfg"
CHECK_NRPE = "/usr/lib/nagios/plugins/check_nrpe"
GALERA = "/opt/hamon/bin/check_galera"
SECRET = "/etc/hamon/credentials/galera.cnf"
CTL1, CTL2 = "10.20.0.11", "ctl2.example.org"
RESTART = "systemctl restart nagios-nrpe-server"
CONFIGURATION = """\
cfg_dir={out}/objects
nagios_user=nagios
lock_file=/run/nagios4/nagios4.pid
object_cache_file=/var/lib/nagios4/objects.cache
illegal_macro_output_chars=`~$&|'"<>
enable_environment_macros=1
service_check_timeout=60
"""


def galera(**reported: Any) -> str:
    """What facts_check_galera prints: its fields may be missing, for this is about the line."""
    return line("galera", {"hamon": __version__, "time": NOW, "error": [2, "it is dead", "dead"], **reported})


class Cloud:
    """A plan, the files made of it, and a healthy server."""

    def __init__(self, path: Path) -> None:
        (path / "cloud.yml").write_text(INVENTORY)
        self.out = path / "out"
        self.plan = make_plan(load([str(path / "cloud.yml")], None, None, False, {}), catalogue.components())
        assert generate(self.plan, str(self.out), ask_nagios=False).code == 0
        self.machine = self.healthy()

    def healthy(self) -> Fake:
        machine = Fake()
        program(machine, "/opt/hamon/bin/check_galera_cluster")
        program(machine, "/opt/hamon/bin/hamon")
        machine.file(CHECK_NRPE, mode=0o100755)
        machine.file("/usr/sbin/sendmail", mode=0o100755)
        certificate(machine, "/etc/hamon/pki", "nagios")
        machine.file(MAIN, CONFIGURATION.format(out=self.out))
        machine.file("/run/nagios4/nagios4.pid", "77\n")
        machine.file("/var/lib/nagios4/objects.cache", at=NOW - 1000)
        for name in (self.out / "objects").iterdir():
            machine.file(str(name), name.read_text(), at=NOW - 2000)
        machine.running["nagios4"] = [Process(77, STARTED, False, False, ("/usr/sbin/nagios4", "-d", MAIN))]
        machine.answer((CHECK_NRPE, "--version"), "\nNRPE Plugin for Nagios\nVersion: 4.1.0\n")
        for address in (CTL1, CTL2):
            machine.answer((CHECK_NRPE, "-H", address), "NRPE v4.1.0\n")
            self.says(machine, address, "check_galera", "GALERA OK - Synced | size=3\n")
            self.says(machine, address, "check_corosync", "COROSYNC OK - quorate | links=2\n")
            self.says(machine, address, "facts_check_galera", galera())
        return machine

    def says(self, machine: Fake, address: str, command: str, out: str = "", rc: int | None = 0, err: str = "") -> None:
        machine.answer(self.asking(address, command), out, rc, err)

    def asking(self, address: str, command: str = "") -> tuple[str, ...]:
        from hamon.nrpe import asking

        return asking(self.plan.settings.nrpe, address, command)

    def findings(self, plan: Plan | None = None) -> list[Finding]:
        what = server.Server(plan or self.plan, MAIN, "", 60.0, "-i cloud.yml")
        return ordered(server.examine(self.machine, what, catalogue.checks()))

    def wrong(self) -> list[Finding]:
        return [finding for finding in self.findings() if finding.state is not State.OK]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Cloud:
    return Cloud(tmp_path_factory.mktemp("cloud"))


@pytest.fixture
def cloud(made: Cloud) -> Cloud:
    made.machine = made.healthy()
    return made


def test_all_is_well(cloud: Cloud) -> None:
    findings = cloud.findings()

    assert [finding for finding in findings if finding.state is not State.OK] == []
    shown = as_table(findings, everything=True)
    assert "ok     commands       ctl1/facts_check_galera and ctl2/facts_check_galera  give" not in shown
    assert as_table(findings, everything=False) == "0 problems, 0 not known, 0 notes, 21 ok"
    document = json.loads(as_json(findings))
    assert document["counts"] == {"problem": 0, "unknown": 0, "note": 0, "ok": 21}
    assert document["findings"][0] == {
        "area": "check_nrpe",
        "what": CHECK_NRPE,
        "state": "ok",
        "text": "version 4.1.0",
        "cure": "",
    }


UNREAD = "NRPE: Unable to read output"
DEFINED = "NRPE there does not know the command: hamon's file is not installed, or NRPE was not restarted since"

# What an agent answers to facts_check_galera or check_galera, by kind: words, exit code, text and cure.
ANSWERS: dict[str, tuple[str, str, int, str, str]] = {
    "a command that is not defined": (
        "check_galera",
        "NRPE: Command 'check_galera' not defined\n",
        3,
        DEFINED,
        f"scp nrpe/ctl1.cfg ctl1:/etc/nagios/nrpe.d/hamon.cfg && ssh ctl1 {RESTART}",
    ),
    "facts that are not defined": (
        "facts_check_galera",
        "NRPE: Command 'facts_check_galera' not defined\n",
        3,
        DEFINED,
        f"scp nrpe/ctl1.cfg ctl1:/etc/nagios/nrpe.d/hamon.cfg && ssh ctl1 {RESTART}",
    ),
    "a plugin that NRPE ended": (
        "check_galera",
        "NRPE: Command timed out after 5 seconds\n",
        3,
        "NRPE there ended the plugin after 5 s (command_timeout)",
        "ssh ctl1 'hamon doctor'",
    ),
    "a program that is missing": (
        "check_galera",
        UNREAD,
        3,
        f"printed nothing: {GALERA} is missing there or does not start",
        f"ssh ctl1 '{GALERA} --version'",
    ),
    "sudo that asks for a password": (
        "check_corosync",
        UNREAD,
        3,
        "printed nothing: sudo there asks for a password, or /opt/hamon/bin/check_corosync is missing or does not start",
        "ssh ctl1 'sudo -u nagios /usr/bin/sudo -n -l; /opt/hamon/bin/check_corosync --version'",
    ),
    "sudo that says so": (
        "check_corosync",
        "sudo: a password is required\n",
        3,
        "sudo there asks for a password, and NRPE has none to give",
        "scp sudoers/ctl1 ctl1:/etc/sudoers.d/hamon && ssh ctl1 'chmod 440 /etc/sudoers.d/hamon && visudo -c'",
    ),
    "a check that cannot judge": (
        "check_galera",
        "GALERA UNKNOWN - wsrep_cluster_status is not there | size=3\n",
        3,
        "GALERA UNKNOWN - wsrep_cluster_status is not there",
        "ssh ctl1 'hamon doctor'",
    ),
    "credentials open to everybody": (
        "check_galera",
        f"GALERA UNKNOWN - credentials file {SECRET} is open to everybody (mode 0644): chmod 640 or 600\n",
        3,
        f"credentials file {SECRET} is open to everybody there (mode 0644)",
        f"ssh ctl1 'chgrp nagios {SECRET} && chmod 640 {SECRET}'",
    ),
    "credentials that the agent cannot read": (
        "facts_check_galera",
        f"GALERA UNKNOWN - credentials file {SECRET}: permission denied for this user\n",
        3,
        f"credentials file {SECRET} cannot be read by nagios there",
        f"ssh ctl1 'chgrp nagios {SECRET} && chmod 640 {SECRET}'",
    ),
    "credentials missing": (
        "facts_check_galera",
        galera(error=[3, f"credentials file {SECRET} does not exist", "usage"]),
        0,
        f"credentials file {SECRET} does not exist there",
        f"scp credentials.cnf ctl1:{SECRET} && ssh ctl1 'chgrp nagios {SECRET} && chmod 640 {SECRET}'",
    ),
    "a tool that is missing": (
        "check_corosync",
        "COROSYNC UNKNOWN - corosync-quorumtool is not installed on this host (or not in PATH)\n",
        3,
        "corosync-quorumtool is not installed there",
        "ssh ctl1 'hamon doctor'",
    ),
    "facts of something else": (
        "facts_check_galera",
        "hello\n",
        0,
        "no facts of check_galera: hello",
        "ssh ctl1 'hamon doctor'",
    ),
    "facts of another check": (
        "facts_check_galera",
        line("mysql", {"facts": {}}),
        0,
        'no facts of check_galera: {"check":"mysql","facts":{}}',
        "ssh ctl1 'hamon doctor'",
    ),
    "facts cut by NRPE": (
        "facts_check_galera",
        '{"check":"galera",' + "x" * LARGEST,
        0,
        "its facts are larger than the 65536 bytes that NRPE passes on",
        f"ssh ctl1 '{GALERA} -H {CTL1} --credentials {SECRET} -t 12 --facts | wc -c'",
    ),
    "a trouble of the check's own": (
        "facts_check_galera",
        galera(error=[3, "the server speaks another protocol", "protocol"]),
        0,
        "the server speaks another protocol",
        "ssh ctl1 'hamon doctor'",
    ),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_what_an_agent_answers(cloud: Cloud, kind: str) -> None:
    command, words, rc, text, cure = ANSWERS[kind]
    cloud.says(cloud.machine, CTL1, command, words, rc)

    assert cloud.wrong() == [problem("commands", f"ctl1/{command}", text, cure)]


def test_a_dead_service_is_not_the_doctors_affair(cloud: Cloud) -> None:
    cloud.says(cloud.machine, CTL1, "check_galera", "GALERA CRITICAL - connection refused\n", 2)

    assert cloud.wrong() == []


def test_another_version_there(cloud: Cloud) -> None:
    old = json.dumps({"check": "galera", "error": [2, "dead", "dead"], "hamon": "0.0.9", "time": NOW})
    cloud.says(cloud.machine, CTL1, "facts_check_galera", old)
    unreadable = galera(hamon="0.0.8", facts={"nothing": 1})
    cloud.says(cloud.machine, CTL2, "facts_check_galera", unreadable.replace('"error":[2,"it is dead","dead"],', ""))

    install = f"/opt/hamon/bin/pip install --upgrade hamon-openstack=={__version__}"
    found = cloud.wrong()

    assert found[1:] == [
        problem("versions", "ctl1", f"hamon 0.0.9 there, {__version__} here", f"ssh ctl1 '{install}'"),
        problem("versions", "ctl2", f"hamon 0.0.8 there, {__version__} here", f"ssh ctl2 '{install}'"),
    ]
    assert (found[0].area, found[0].what, found[0].cure) == (
        "versions",
        "ctl2/facts_check_galera",
        f"ssh ctl2 '{install}'",
    )
    assert found[0].text.startswith(f"hamon 0.0.8 there, {__version__} here: its facts cannot be read: node is missing")


@pytest.mark.parametrize(
    ("there", "text"), [(NOW - 95, "1 min 35 s behind this server's"), (NOW + 3600, "59 min 59 s before this server's")]
)
def test_a_clock_that_is_wrong(cloud: Cloud, there: float, text: str) -> None:
    cloud.says(cloud.machine, CTL1, "facts_check_galera", galera(time=there))

    assert cloud.wrong() == [problem("clocks", "ctl1", text, "ssh ctl1 'timedatectl; chronyc -n tracking'")]


def test_a_clock_is_compared_no_more_exactly_than_the_answer_took() -> None:
    answer = Ran(0, galera(time=NOW - 6), "", NOW, NOW + 8)

    assert behind(answer) == (10.0, 4.0)
    assert behind(Ran(0, "NRPE: Unable to read output", "", NOW, NOW)) is None


HANDS: dict[str, tuple[Handshake, Finding]] = {
    "nobody listens": (
        Handshake(Ended.REFUSED, "connection refused"),
        problem("agents", "ctl1", f"{CTL1}:5666 refuses the connection: NRPE does not run there", "ssh ctl1 'systemctl start nagios-nrpe-server'"),
    ),
    "a firewall": (
        Handshake(Ended.SILENT),
        problem("agents", "ctl1", f"{CTL1}:5666 does not answer: a firewall, or the host is down", f"ping -c 1 {CTL1}"),
    ),
    "allowed_hosts": (
        Handshake(Ended.CLOSED, "", "10.20.0.5"),
        problem(
            "agents",
            "ctl1",
            "NRPE closes the connection before TLS: 10.20.0.5 is not in its allowed_hosts",
            f"ssh ctl1 'sed -i s/^allowed_hosts=.*/\\&,10.20.0.5/ /etc/nagios/nrpe.cfg && {RESTART}'",
        ),
    ),
    "its certificate": (
        Handshake(Ended.THEIRS, "certificate has expired"),
        problem("agents", "ctl1", "its certificate is not accepted: certificate has expired", "ssh ctl1 'hamon doctor'"),
    ),
    "our certificate": (
        Handshake(Ended.OURS, "unknown ca"),
        problem(
            "agents",
            "ctl1",
            "NRPE does not accept the certificate of this server: unknown ca",
            "openssl x509 -in /etc/hamon/pki/nagios.pem -noout -subject -issuer -dates",
        ),
    ),
    "no TLS there": (
        Handshake(Ended.NO_TLS, "wrong version number"),
        problem(
            "agents",
            "ctl1",
            "no TLS handshake: wrong version number; NRPE there may speak without TLS or another version",
            "ssh ctl1 'hamon doctor'",
        ),
    ),
    "no route": (
        Handshake(Ended.OTHER, "no route to host"),
        problem("agents", "ctl1", f"{CTL1}:5666: no route to host", f"ping -c 1 {CTL1}"),
    ),
    "TLS works and nothing comes": (
        Handshake(Ended.ACCEPTED),
        unknown(
            "agents",
            "ctl1",
            "TLS works, and NRPE does not answer: CHECK_NRPE: Error - something",
            "ssh ctl1 'journalctl -u nagios-nrpe-server -n 20'",
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", HANDS)
def test_an_agent_that_does_not_answer(cloud: Cloud, kind: str) -> None:
    """check_nrpe prints one sentence for several causes; the handshake says which."""
    shaken, expected = HANDS[kind]
    cloud.says(cloud.machine, CTL1, "", "CHECK_NRPE: Error - something\n", 3)
    cloud.machine.answer(cloud.asking(CTL1), "CHECK_NRPE: Error - something\n", 3)
    cloud.machine.hands[CTL1] = shaken

    assert cloud.wrong() == [expected]
    assert cloud.asking(CTL1, "check_galera") not in cloud.machine.asked, "who does not answer is not asked more"


def test_a_name_without_an_address(cloud: Cloud) -> None:
    cloud.machine.lost[CTL2] = "Name or service not known"

    assert cloud.wrong() == [
        problem("names", "ctl2", f"{CTL2} has no address: Name or service not known", f"getent hosts {CTL2}")
    ]


def test_no_time_left(cloud: Cloud) -> None:
    cloud.says(cloud.machine, CTL1, "check_galera", rc=None, err="check_nrpe was not started: no time left")

    assert cloud.wrong() == [
        unknown(
            "commands",
            "ctl1/check_galera",
            "not asked to the end: check_nrpe was not started: no time left",
            "hamon doctor -i INVENTORY -t 300",
        )
    ]


def test_facts_that_nearly_fill_an_answer() -> None:
    from hamon.doctor.answers import Asked

    check = catalogue.checks()["galera"]
    asked = Asked("ctl1", CTL1, "facts_check_galera", (GALERA,), check)
    text = json.dumps({"check": "galera", "hamon": __version__, "error": [2, "x", ""], "more": "x" * 50_000})

    assert of_command(asked, Ran(0, text, ""), "nagios") == note(
        "commands", "ctl1/facts_check_galera", f"its facts have {len(text)} of the 65536 bytes that NRPE passes on"
    )


def lack(value: str) -> Change:
    return lambda machine: machine.edit(MAIN, value, "")


SERVER: dict[str, tuple[Change, list[Finding]]] = {
    "check_nrpe missing": (
        lambda m: m.remove(CHECK_NRPE),
        [problem("check_nrpe", CHECK_NRPE, f"{CHECK_NRPE}: no such file or directory", "apt-get install nagios-nrpe-plugin")],
    ),
    "an old check_nrpe": (
        lambda m: m.answer((CHECK_NRPE, "--version"), "Version: 2.15\n"),
        [
            problem(
                "check_nrpe",
                CHECK_NRPE,
                "version 2.15 does not know -t N:UNKNOWN: a silent agent would page",
                "apt-get install nagios-nrpe-plugin",
            )
        ],
    ),
    "something else called check_nrpe": (
        lambda m: m.answer((CHECK_NRPE, "--version"), "usage\n"),
        [problem("check_nrpe", CHECK_NRPE, "does not print its version: is it check_nrpe?", f"{CHECK_NRPE} --version")],
    ),
    "a key that Nagios' user cannot read": (
        lambda m: m.mode("/etc/hamon/pki/nagios.key", 0o600),
        [
            problem(
                "certificates",
                "/etc/hamon/pki/nagios.key",
                "nagios cannot read /etc/hamon/pki/nagios.key",
                "chgrp nagios /etc/hamon/pki/nagios.key && chmod g+r /etc/hamon/pki/nagios.key",
            )
        ],
    ),
    "a cluster check that is missing": (
        lambda m: m.remove("/opt/hamon/bin/check_galera_cluster"),
        [
            problem(
                "programs",
                "/opt/hamon/bin/check_galera_cluster",
                "/opt/hamon/bin/check_galera_cluster: no such file or directory",
                f"/opt/hamon/bin/pip install --upgrade hamon-openstack=={__version__}",
            )
        ],
    ),
    "no user nagios": (
        lambda m: m.accounts.pop("nagios"),
        [
            problem("nagios", "nagios_user", "there is no user nagios here: Nagios does not run on this machine", "apt-get install nagios4-core"),
            problem(
                "certificates",
                "/etc/hamon/pki/nagios.key",
                "nagios cannot read /etc/hamon/pki/nagios.key",
                "chgrp -1 /etc/hamon/pki/nagios.key && chmod g+r /etc/hamon/pki/nagios.key",
            ),
        ],
    ),
    "plugin text reaches a shell": (
        lambda m: m.edit(MAIN, "`~$&|'\"<>", "`~"),
        [
            problem(
                "nagios",
                MAIN,
                "lets \" $ & ' < > | of a plugin's output into the command lines of other notifications and handlers, where a shell runs it",
                f"echo 'illegal_macro_output_chars=`~$&|'\"'\"'\"<>' >>{MAIN}",
            )
        ],
    ),
    "no environment": (
        lack("enable_environment_macros=1\n"),
        [
            note(
                "nagios",
                MAIN,
                "keeps a plugin's words out of the environment: hamon notify waits for the status file instead, up to 20 s",
                f"echo enable_environment_macros=1 >>{MAIN}",
            )
        ],
    ),
    "service_check_timeout too short": (
        lambda m: m.edit(MAIN, "service_check_timeout=60", "service_check_timeout=15"),
        [
            problem(
                "nagios",
                "service_check_timeout",
                "Nagios kills a check after 15 s, and a check has 17 s: its last words are lost",
                f"sed -i 's/^service_check_timeout=.*/service_check_timeout=19/' {MAIN}",
            )
        ],
    ),
    "no objects": (
        lambda m: m.edit(MAIN, "cfg_dir=", "cfg_file="),
        [
            problem(
                "nagios",
                MAIN,
                "no cfg_dir of it has hamon's objects: nothing of the plan is watched",
                f"echo cfg_dir=/etc/hamon/objects >>{MAIN} && systemctl reload nagios4",
            )
        ],
    ),
    "Nagios does not run": (
        lambda m: m.running.pop("nagios4"),
        [problem("nagios", "nagios", f"does not run with {MAIN}", "systemctl start nagios4")],
    ),
    "no object cache": (
        lambda m: m.remove("/var/lib/nagios4/objects.cache"),
        [unknown("nagios", "object_cache_file", "when Nagios read its objects: no such file or directory")],
    ),
    "no nagios.cfg": (
        lambda m: m.remove(MAIN),
        [unknown("nagios", MAIN, f"{MAIN}: no such file or directory", "hamon doctor -i cloud.yml --nagios-cfg FILE")],
    ),
    "no mailer": (
        lambda m: m.remove("/usr/sbin/sendmail"),
        [
            problem(
                "notifications",
                "/usr/sbin/sendmail",
                "/usr/sbin/sendmail: no such file or directory",
                "apt-get install postfix, or set hamon.notify.smtp",
            )
        ],
    ),
    "the notifying program is missing": (
        lambda m: m.remove("/opt/hamon/bin/hamon"),
        [
            problem(
                "notifications",
                "/opt/hamon/bin/hamon",
                "/opt/hamon/bin/hamon: no such file or directory",
                "ls -ld /opt/hamon/bin/hamon",
            )
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", SERVER)
def test_what_is_wrong_with_the_server(cloud: Cloud, kind: str) -> None:
    change, expected = SERVER[kind]
    change(cloud.machine)

    assert cloud.wrong() == expected


def test_nagios_with_older_objects(cloud: Cloud) -> None:
    path = f"{cloud.out}/objects/hamon-hosts.cfg"
    cloud.machine.changed(path, NOW - 10)

    assert cloud.wrong() == [
        problem(
            "nagios",
            "nagios",
            f"read its objects 16 min 40 s ago, and {path} changed since",
            "systemctl reload nagios4",
        )
    ]


def test_objects_of_another_plan(cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "more.yml").write_text(INVENTORY.replace("ctl1: {ans", "ctl0: {ansible_host: 10.20.0.10}, ctl1: {ans"))
    other = make_plan(load([str(tmp_path / "more.yml")], None, None, False, {}), catalogue.components())
    cloud.machine.answer((CHECK_NRPE, "-H", "10.20.0.10"), galera())

    (finding,) = [f for f in cloud.findings(other) if f.area == "objects"]

    assert finding.state is State.PROBLEM
    assert finding.text.startswith("not those of this plan: 7 files would change (nrpe/ctl0.cfg, ")
    assert finding.cure == f"hamon gen-objects -i cloud.yml -o {cloud.out} && systemctl reload nagios4"


def test_no_contacts_and_no_certificates(cloud: Cloud, tmp_path: Path) -> None:
    text = "\n".join(row for row in INVENTORY.splitlines() if "contacts" not in row and "nrpe:" not in row)
    (tmp_path / "bare.yml").write_text(text)
    bare = make_plan(load([str(tmp_path / "bare.yml")], None, None, False, {}), catalogue.components())

    notes = [finding for finding in cloud.findings(bare) if finding.state is State.NOTE]

    assert notes == [
        note(
            "certificates",
            "hamon.nrpe",
            "no certificates are set: TLS is anonymous, and an agent takes any asker for this server",
            "set hamon.nrpe.ca, cert and key; see docs/doctor.md, certificates",
        ),
        note(
            "notifications",
            "contacts",
            "no contact is set for page and ticket: mail goes to root on the Nagios server",
            "set hamon.contacts in the inventory",
        ),
    ]
