"""Plan -> objects: whole outputs, own validation, and the real Nagios' word on it."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hamon.component import Component
from hamon.errors import UsageError
from hamon.inventory import Section, load
from hamon.nagios_objects import nagios
from hamon.nagios_objects.build import build, select
from hamon.nagios_objects.generate import generate
from hamon.nagios_objects.machine import main_configuration, readable_by, warnings
from hamon.nagios_objects.model import CommandRow, HostRow, Objects, Selection
from hamon.nagios_objects.nrpe import nrpe_files
from hamon.nagios_objects.render import render
from hamon.nagios_objects.validate import problems
from hamon.plan import Plan, make_plan
from tests.inventories import rewrite
from tests.inventories.fakes import COMPONENTS, check
from tests.plan.test_plan import cloud
from tests.programs import needs

HERE = Path(__file__).parents[1] / "inventories"


def small() -> Plan:
    return make_plan(load(str(HERE / "small.yml")), COMPONENTS)


def test_the_whole_output() -> None:
    expected = {
        str(path.relative_to(HERE / "expected")): path.read_text()
        for path in sorted((HERE / "expected").rglob("*"))
        if path.is_file()
    }
    assert rewrite.rendered() == expected


def test_twice_the_same_bytes() -> None:
    assert render(small(), build(small())) == render(small(), build(small()))


def real_nagios(tmp_path: Path, plan: Plan) -> nagios.Preflight:
    program = needs("nagios4", "nagios")
    for path, text in render(plan, build(plan)).items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    return nagios.preflight(program, tmp_path / "objects")


# Everything that makes services differ between hosts, at once.
VARIED = {
    "interval_length": 1,
    "interval": 2,
    "exclude": ["^ctl3/nrpe$", "^ctl2/proxy$"],
    "vips": {"internal": "10.0.0.100", "external": "10.0.0.101"},
    "parents": {"ctl1": ["ctl4"]},
    "contacts": {"page": ["a@example.org", "b@example.org"]},
    "notify": {"service": "/bin/echo '$SERVICESTATE$;$HOSTNAME$' >>/tmp/x"},
    "notes_url": "https://wiki.example.org/{component}/{check}?a=1;b=2",
    "checks": {"store": {"args": ["--note", "it's; $HOME"]}},
}


def varied() -> Plan:
    hosts = {f"ctl{n}": ("galera", "haproxy", "keepalived") for n in range(1, 6)}
    local = [
        Section("host", "ctl4", "host ctl4", {"checks": {"store": {"interval": 300}}}),
        Section("host", "ctl5", "host ctl5", {"checks": {"proxy": {"tier": "page"}, "holds": {"exclude": True}}}),
    ]
    return make_plan(cloud(VARIED, hosts, *local), COMPONENTS)


@pytest.mark.parametrize("make", [small, varied])
def test_the_real_nagios_takes_it(tmp_path: Path, make: Callable[[], Plan]) -> None:
    plan = make()
    assert problems(plan, build(plan)) == []
    preflight = real_nagios(tmp_path, plan)
    assert (preflight.errors, preflight.warnings) == ((), ())
    assert (preflight.services, preflight.hosts) == (len(plan.checks), len(plan.hosts))


def test_it_stands_beside_debians_own_configuration(tmp_path: Path) -> None:
    stock = Path("/etc/nagios4/nagios.cfg")
    if not stock.exists():
        pytest.skip("no stock configuration of nagios4 on this machine")
    plan = small()
    real_nagios(tmp_path, plan)
    user = subprocess.run(["/usr/bin/id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    kept = [line for line in stock.read_text().splitlines() if not line.startswith(("nagios_user", "nagios_group"))]
    main = tmp_path / "nagios.cfg"
    main.write_text(
        "\n".join([*kept, f"nagios_user={user}", f"nagios_group={user}", f"cfg_dir={tmp_path}/objects", ""])
    )
    program = nagios.find()
    assert program
    done = subprocess.run([program, "-v", str(main)], capture_output=True, text=True, timeout=60, check=False)
    assert "Total Warnings: 0\nTotal Errors:   0" in done.stdout


def test_services_hang_on_hostgroups_and_only_differences_are_named() -> None:
    where = {(row.name, row.template): (row.where, row.makes) for row in build(varied()).services}
    everywhere = Selection("hamon-all-hosts", (), ("ctl3",))
    assert where["nrpe", "hamon-service-ticket"] == (everywhere, 4)
    assert where["proxy", "hamon-service-ticket"] == (Selection("hamon-proxy", (), ("ctl2", "ctl5")), 3)
    assert where["proxy", "hamon-service-page"] == (Selection("", ("ctl5",)), 1)
    assert where["holds", "hamon-service-ticket"] == (Selection("hamon-floater", (), ("ctl5",)), 4)
    stores = [(row.where, row.interval) for row in build(varied()).services if row.name == "store"]
    assert stores == [(Selection("hamon-store", (), ("ctl4",)), "2"), (Selection("", ("ctl4",)), "300")]


def test_selections() -> None:
    members = {"g": ["a", "b", "c", "d"]}
    assert select(["a", "b", "c", "d"], "g", members) == Selection("g")
    assert select(["a", "b", "d"], "g", members) == Selection("g", (), ("c",))
    assert select(["d", "a"], "g", members) == Selection("", ("a", "d"))
    assert select(["x"], "none", members) == Selection("", ("x",))
    assert Selection("g", (), ("c", "d")).host_name == "!c,!d"


def test_what_is_special_to_nagios_is_escaped() -> None:
    files = render(varied(), build(varied()))
    assert (
        "  notes_url            https://wiki.example.org/store/store?a=1\\;b=2\n" in files["objects/hamon-services.cfg"]
    )
    assert "echo '$SERVICESTATE$\\;$HOSTNAME$' >>/tmp/x\n" in files["objects/hamon-commands.cfg"]
    assert files["nrpe/ctl1.cfg"].count("""'it'"'"'s; $$HOME'""") == 2


def test_pages_are_for_page_contacts() -> None:
    base = render(varied(), build(varied()))["objects/hamon-base.cfg"]
    assert "  members            hamon-page-1,hamon-page-2\n" in base
    assert "  members            hamon-ticket-1\n" in base
    assert base.count("  service_notification_options   c,r\n") == 2


def test_a_change_elsewhere_leaves_a_hosts_nrpe_file_alone() -> None:
    hosts = {f"ctl{n}": ("haproxy",) for n in range(1, 6)}
    before, after = (
        make_plan(cloud(None, hosts), COMPONENTS),
        make_plan(cloud(None, {**hosts, "new": ("haproxy",)}), COMPONENTS),
    )
    assert before.digest != after.digest
    assert nrpe_files(before)["nrpe/ctl1.cfg"] == nrpe_files(after)["nrpe/ctl1.cfg"]


def sudoers(*args: str) -> str:
    settings = {"checks": {"proxy": {"args": [word for arg in args for word in ("--note", arg)]}}}
    return nrpe_files(make_plan(cloud(settings, {"h": ("haproxy",)}), COMPONENTS))["sudoers/h"]


def test_sudoers_lines_are_sudoers_lines(tmp_path: Path) -> None:
    text = sudoers("a,b:c=d", "100%", "me@home")
    assert text.splitlines()[2] == (
        'Defaults:nagios secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"'
    )
    assert text.splitlines()[3] == (
        "nagios ALL=(root) NOPASSWD: /opt/hamon/bin/check_proxy --socket /run/haproxy\\ admin.sock "
        "-t 12 --note a\\,b\\:c\\=d --note 100% --note me@home"
    )
    visudo = needs("visudo")
    (tmp_path / "h").write_text(text)
    (tmp_path / "h").chmod(0o440)
    assert subprocess.run([visudo, "-cf", str(tmp_path / "h")], check=False, capture_output=True).returncode == 0


def test_no_sudo_where_the_agent_has_the_rights_itself() -> None:
    files = nrpe_files(make_plan(cloud({"nrpe": {"sudo": False}}, {"h": ("haproxy",)}), COMPONENTS))
    assert set(files) == {"nrpe/h.cfg"}
    assert "sudo" not in files["nrpe/h.cfg"].partition("\n")[2]


def test_another_way_to_root_than_sudo() -> None:
    files = nrpe_files(make_plan(cloud({"nrpe": {"sudo": "/usr/bin/doas -n"}}, {"h": ("haproxy",)}), COMPONENTS))
    assert set(files) == {"nrpe/h.cfg"}
    assert "command[check_proxy]=/usr/bin/doas -n /opt/hamon/bin/check_proxy " in files["nrpe/h.cfg"]


@pytest.mark.parametrize(
    ("sudo", "text"),
    [
        ("doas -n", "hamon.nrpe.sudo: must be an absolute path, not 'doas'"),
        ("/usr/bin/doas '-n", "hamon.nrpe.sudo: No closing quotation"),
        (7, "hamon.nrpe.sudo: must be a text"),
    ],
)
def test_a_wrong_way_to_root_is_refused(sudo: Any, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        make_plan(cloud({"nrpe": {"sudo": sudo}}, {"h": ("haproxy",)}), COMPONENTS)
    assert str(caught.value) == f"group all: {text}"


@pytest.mark.parametrize("word", ["*", "a?", "[a]", "!x", "^a$", "#1", "it's", ""])
def test_rights_of_root_are_exact(word: str) -> None:
    with pytest.raises(UsageError) as caught:
        sudoers(word)
    assert str(caught.value) == (
        f"h: /opt/hamon/bin/check_proxy runs through sudo, and sudoers cannot say {word!r} exactly; change its args"
    )


def test_lines_that_nrpe_would_cut() -> None:
    plan = make_plan(cloud({"checks": {"store": {"args": ["--note", "x" * 2000]}}}), COMPONENTS)
    with pytest.raises(UsageError) as caught:
        nrpe_files(plan)
    assert str(caught.value) == (
        "ctl1: the NRPE command check_store has 2120 bytes and NRPE reads 2047; shorten hamon.checks args or thresholds"
    )


def test_one_check_in_two_components() -> None:
    twice = Component("other", "Other", ("galera",), (COMPONENTS[2].checks[0],))
    plan = make_plan(cloud(), (*COMPONENTS, twice))
    with pytest.raises(UsageError, match=r"^ctl1: two checks want the NRPE command check_store; two components"):
        nrpe_files(plan)
    assert problems(plan, build(plan))[0] == "service ctl1/store is there twice: Nagios would drop one without a word"


def damaged(objects: Objects, **changes: object) -> list[str]:
    return problems(small(), objects._replace(**changes))  # type: ignore[arg-type]


def test_own_validation_tells_what_nagios_does_not() -> None:
    plan = small()
    good = build(plan)
    assert problems(plan, good) == []
    bad_host = HostRow("ctl 9", "10.0.0.1", "x", "hamon-host-page", ("hamon-all-hosts",), ("ghost",))
    complaints = damaged(good, hosts=(*good.hosts, bad_host))
    assert "host name 'ctl 9' is not a name for Nagios" in complaints
    assert "host ctl 9 has the unknown parent ghost" in complaints
    assert damaged(good, hosts=(*good.hosts, good.hosts[0]))[0] == "host ctl1 is there twice"
    assert damaged(good, hostgroups={**good.hostgroups, "empty": "x"}) == [
        "hostgroup empty is empty: Nagios would drop its services without a word"
    ]
    undefined = {name: alias for name, alias in good.hostgroups.items() if name != "hamon-store"}
    assert damaged(good, hostgroups=undefined) == ["hostgroup hamon-store is used but not defined"]
    assert damaged(good, services=good.services[1:]) == ["the objects make 9 services and the plan has 13"]
    wrong = good.services[0]._replace(where=Selection("", ("ghost",)))
    assert "service nrpe is on the unknown host ghost" in damaged(good, services=(wrong, *good.services[1:]))
    assert damaged(good, services=(*good.services, good.services[-1]))[0] == (
        "service vip.internal/float is there twice: Nagios would drop one without a word"
    )
    lost = good.dependencies[0]._replace(dependents=("tea",))
    assert damaged(good, dependencies=(lost,)) == [
        "a dependency names the service ctl1/tea, which is not planned",
        "a dependency names the service ctl2/tea, which is not planned",
    ]
    lost = good.dependencies[-1]._replace(master="tea.cluster")
    assert damaged(good, dependencies=(lost,)) == [
        "a dependency names the service tea.cluster/store_cluster, which is not planned"
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("/bin/x $PATH", "command new has a lone $; a $ that is meant is written $$"),
        (
            "/bin/x $ARG2$",
            "command new uses $ARG2$, which Nagios does not fill in there; a $ that is meant is written $$",
        ),
        (
            "/bin/x $home$",
            "command new uses $home$, which Nagios does not fill in there; a $ that is meant is written $$",
        ),
        ("/bin/x " + "y" * 120_000, "command new has 120007 bytes; at most 120000 reach the shell"),
        ("/bin/x\n", "command new has a line break in it"),
    ],
)
def test_commands_that_nagios_would_take_and_not_run(line: str, message: str) -> None:
    objects = build(small())
    assert damaged(objects, commands=(*objects.commands, CommandRow("new", line))) == [message]


def test_services_without_their_command() -> None:
    objects = build(small())
    assert damaged(objects, commands=objects.commands[:-1]) == [
        "service float uses the unknown command hamon-vip.internal-float"
    ]
    more = objects.services[0]._replace(command="hamon-nrpe-alive!x")
    assert damaged(objects, services=(more, *objects.services[1:])) == [
        "service nrpe gives 1 arguments to the command hamon-nrpe-alive, which takes another number"
    ]


OPEN = (
    "NRPE is asked without a client certificate: its allowed_hosts alone keep others out; set hamon.nrpe.cert and key"
    " (hamon pki)"
)
BELIEVED = "whoever answers on NRPE's port is believed; set hamon.nrpe.ca (hamon pki)"


def test_files_missing_on_this_machine_are_said(tmp_path: Path) -> None:
    program = tmp_path / "check_store_cluster"
    program.write_text("")
    plan = make_plan(
        cloud(
            {
                "plugin_dir": str(tmp_path),
                "host_check": "/bin/true",
                "notify": {"host": "/bin/true"},
                "nrpe": {"program": "/bin/true", "ca": "/no/ca.pem"},
            }
        ),
        COMPONENTS,
    )
    assert warnings(plan) == [
        f"{program} (check store_cluster) cannot be executed on this machine; the Nagios server needs it",
        f"{tmp_path}/hamon (hamon.notify) cannot be executed on this machine; nobody would be notified",
        "/no/ca.pem (hamon.nrpe.ca) cannot be read on this machine; the Nagios server needs it",
    ]
    program.chmod(0o755)
    assert len(warnings(plan)) == 2


@pytest.mark.parametrize(
    ("nrpe", "notes"),
    [
        ({}, [OPEN, BELIEVED]),
        ({"ca": "/ca.pem"}, [OPEN]),
        ({"cert": "/c.pem", "ca": "/ca.pem"}, [OPEN]),
        ({"cert": "/c.pem", "key": "/c.key"}, [BELIEVED]),
        ({"cert": "/c.pem", "key": "/c.key", "ca": "/ca.pem"}, []),
    ],
)
def test_nrpe_without_certificates_is_a_note(tmp_path: Path, nrpe: dict[str, str], notes: list[str]) -> None:
    plan = make_plan(cloud({"nrpe": nrpe}), COMPONENTS)
    report = generate(plan, str(tmp_path / "out"), dry_run=True, ask_nagios=False)
    assert [note for note in report.notes if "pki" in note] == notes


def notified(**notify: str) -> Plan:
    return make_plan(cloud({"notify": notify}), COMPONENTS)


def test_what_the_main_configuration_of_nagios_lacks(tmp_path: Path) -> None:
    path = tmp_path / "nagios.cfg"
    chars = (
        f"{path} lets {{}} of a plugin's output into the command lines of other notifications and handlers, where a shell"
        " runs it; add this line: illegal_macro_output_chars=`~$&|'\"<>"
    )
    words = (
        f"{path} keeps a plugin's words out of the environment: hamon notify waits for the status file instead, up to 20 s;"
        " add this line: enable_environment_macros=1"
    )
    path.write_text("# illegal_macro_output_chars=`~$&|'\"<>\nlog_file=/x\n")
    assert main_configuration(notified(), str(path)) == [chars.format("\" $ & ' < > ` | ~"), words]
    path.write_text("illegal_macro_output_chars=`~$&|'\"<\nenable_environment_macros=0\n")
    assert main_configuration(notified(), str(path)) == [chars.format(">"), words]
    both = notified(host="/bin/true", service="/bin/true")
    assert main_configuration(both, str(path)) == [chars.format(">")]
    path.write_text(" illegal_macro_output_chars = `~$&|'\"<>\nenable_environment_macros=1\n")
    assert main_configuration(notified(), str(path)) == []
    with pytest.raises(UsageError, match=r"^/no/nagios\.cfg: no such file or directory$"):
        main_configuration(notified(), "/no/nagios.cfg")


def test_notification_commands() -> None:
    def lines(**notify: str) -> dict[str, str]:
        return {row.name: row.line for row in build(notified(**notify)).commands if "notify" in row.name}

    start = "/opt/hamon/bin/hamon notify --type='$NOTIFICATIONTYPE$' "
    mail = lines(smtp="mail.example.org:25")
    assert list(mail) == ["hamon-notify-host", "hamon-notify-service"]
    assert all(line.startswith(start) and line.endswith(" --smtp=mail.example.org:25") for line in mail.values())
    own = lines(host="/bin/x; y", sendmail="/usr/local/bin/send it")
    assert own["hamon-notify-host"] == "/bin/x\\; y"
    assert own["hamon-notify-service"].endswith(" --to='$CONTACTEMAIL$' '--sendmail=/usr/local/bin/send it'")
    hook = lines(webhook="/etc/hamon/webhook")
    assert list(hook) == [*mail, "hamon-notify-host-webhook", "hamon-notify-service-webhook"]
    assert all(line.endswith(" --webhook=/etc/hamon/webhook") for name, line in hook.items() if "webhook" in name)
    for line in (*mail.values(), *hook.values()):
        assert "OUTPUT" not in line


def test_a_webhook_is_a_contact_of_its_own(tmp_path: Path) -> None:
    plan = notified(webhook="/etc/hamon/webhook")
    assert problems(plan, build(plan)) == []
    base = render(plan, build(plan))["objects/hamon-base.cfg"]
    assert "  members            hamon-page-1\n" in base
    assert "  members            hamon-ticket-1,hamon-webhook\n" in base
    assert base.count("  service_notification_commands  hamon-notify-service-webhook\n") == 1
    assert (real_nagios(tmp_path, plan).errors, base.count("  email  ")) == ((), 2)


def test_keys_that_check_nrpe_could_not_read(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make files that another user cannot read")
    key = Path(tempfile.mkdtemp()) / "key.pem"
    key.write_text("")
    key.parent.chmod(0o755)
    key.chmod(0o600)
    assert not readable_by("nobody", key)
    assert readable_by("root", key)
    assert readable_by("no-such-user", key)
    key.chmod(0o644)
    assert readable_by("nobody", key)
    key.parent.chmod(0o700)
    assert not readable_by("nobody", key)
    shutil.rmtree(key.parent)


def test_half_a_client_certificate_is_refused() -> None:
    plan = make_plan(cloud({"nrpe": {"cert": "/c.pem"}}), COMPONENTS)
    assert problems(plan, build(plan)) == ["hamon.nrpe has only one of cert and key; check_nrpe needs both"]


def test_what_nagios_says_is_read_with_suspicion() -> None:
    good = nagios.judge("nagios4", 0, "Checked 4 services.\nChecked 2 hosts.\nWarning: x has no services\n")
    assert good == nagios.Preflight("nagios4", 4, 2, (), ("Warning: x has no services",))
    assert nagios.judge("nagios4", 0, "").errors == ("nagios4 -v did not say how many services it checked",)
    assert nagios.judge("nagios4", 1, "Checked 4 services.").errors == (
        "nagios4 -v ended with exit code 1 and named no error",
    )
    assert nagios.judge("nagios4", 1, "Error: no such command\n").errors == ("Error: no such command",)


def test_names_of_real_components_cannot_meet_hamons_own_groups() -> None:
    extra = Component("hosts", "Hosts", ("galera",), (check("guest", "?"),))
    plan = make_plan(cloud(), (*COMPONENTS, extra))
    assert problems(plan, build(plan)) == []


def test_the_bench_runs() -> None:
    bench = Path(__file__).parents[2] / "bench" / "generator.py"
    words = [sys.executable, str(bench), "--hosts", "40", "--runs", "2"]
    done = subprocess.run(
        words,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=bench.parents[1],
        env={**os.environ, "PYTHONPATH": "."},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "plan       40 hosts, 801 services\n" in done.stdout
    assert ", byte-identical every time\n" in done.stdout
