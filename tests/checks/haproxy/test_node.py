"""check_haproxy: servers, backends, frontends, limits, and answers that are not statistics."""

import csv
import io
import json
from pathlib import Path

import pytest

from hamon.checks.haproxy.node import CHECK
from hamon.execute import execute
from hamon.typed import typed
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING
from hamon.wire import to_json
from tests.checks.haproxy.table import INFO, SOCKET, backend, frontend, haproxy, server, stat, three
from tests.judging import CLOCK, judged, line

STATES = Path(__file__).parent / "states"


def test_healthy_with_the_whole_output(tmp_path: Path) -> None:
    assert haproxy(tmp_path, three("UP", "UP", "UP", act=3)).render() == (
        "HAPROXY OK - 3 of 3 servers usable in 1 backends, 1 frontends OPEN | connections_used=0.05;0.8;0.95;0;1 servers_usable=3;;;0 "
        "servers_down=0;;;0 servers_planned=0;;;0 backends_down=0;;;0 web_sessions_used=0;0.8;0.95;0;1 api_queue=0;5;50;0 uptime=900s;;;0"
    )


def test_a_server_that_is_down_is_named_with_its_address_and_reason(tmp_path: Path) -> None:
    why = {"check_status": "* L7STS", "check_code": 503, "last_chk": "Service Unavailable"}
    text = stat(
        frontend(),
        server("api", "ctl1"),
        server("api", "ctl2", "DOWN", **why),
        server("api", "ctl3"),
        backend("api", 2),
    )
    outcome = haproxy(tmp_path, text)
    assert line(outcome) == "WARNING - api/ctl2 (10.0.0.2:80) is DOWN (L7STS 503 Service Unavailable) for 1 min"
    assert "health check of this server fails" in outcome.long


def test_act_of_a_dead_server_stays_1_and_proves_nothing(tmp_path: Path) -> None:
    assert (
        line(haproxy(tmp_path, three("DOWN", "DOWN", "DOWN", act=0)))
        == "CRITICAL - api has no usable server: ctl1, ctl2 and ctl3 DOWN"
    )


def test_a_dead_host_is_named_once_for_all_its_backends(tmp_path: Path) -> None:
    names = [f"api{number}" for number in range(12)]
    rows = [
        verdict
        for name in names
        for verdict in (
            server(name, "ctl1"),
            server(name, "ctl2", "DOWN", check_status="L4CON"),
            server(name, "ctl3"),
            backend(name, 2),
        )
    ]
    outcome = haproxy(tmp_path, stat(frontend(), *rows))
    assert line(
        outcome
    ) == "WARNING - ctl2 in 12 backends (api0, api1, api10 and 9 more) is DOWN (L4CON) for 1 min".replace(
        "api10", "api2"
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("UP", OK),
        ("UP 1/3", OK),
        ("UP 2/3", OK),
        ("no check", OK),
        ("MAINT", OK),
        ("MAINT (via other/ctl1)", OK),
        ("DRAIN", OK),
        ("NOLB", OK),
        ("NOLB 1/2", OK),
        ("DOWN", WARNING),
        ("DOWN 1/2", WARNING),
        ("DOWN (agent)", WARNING),
        ("MAINT (resolution)", WARNING),
        ("WHAT", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_every_status_has_its_state(tmp_path: Path, status: str, state: object) -> None:
    usable = status.startswith(("UP", "no"))
    outcome = haproxy(tmp_path, three("UP", "UP", status, act=3 if usable else 2))
    assert outcome.state is state
    assert status in ("UP", "no check") or "api/ctl3" in outcome.render()


def test_maintenance_of_all_servers_is_an_outage_and_says_so(tmp_path: Path) -> None:
    outcome = haproxy(tmp_path, three("MAINT", "DRAIN", "MAINT", act=0))
    assert line(outcome) == "CRITICAL - api has no usable server: all in maintenance: ctl1 and ctl3 MAINT, ctl2 DRAIN"


def test_maintenance_does_not_last_for_ever(tmp_path: Path) -> None:
    text = three("UP", "UP", "MAINT", act=2)
    text_long = text.replace(",60,2,", ",90000,2,")
    assert text != text_long
    assert (
        line(haproxy(tmp_path, text_long))
        == "WARNING - api/ctl3 (10.0.0.3:80) is in MAINT for 1 d 1 h, longer than 1 d"
    )
    assert haproxy(tmp_path, text_long, "--maint-max", "0").state is OK


def test_a_reload_resets_haproxys_clock_but_not_our_memory(tmp_path: Path) -> None:
    memory = {"at": CLOCK - 60, "values": {}, "since": {"api/ctl3": ["MAINT", CLOCK - 100000]}}
    assert line(haproxy(tmp_path, three("UP", "UP", "MAINT", act=2), memory=memory)).startswith(
        "WARNING - api/ctl3 (10.0.0.3:80) is in MAINT for 1 d 3 h"
    )


# --- places of a server-template --------------------------------------------------------------------------------------

EMPTY = "MAINT (resolution)"


def template(*statuses: str, act: int, **filled: object) -> str:
    """A backend of one server-template: app1, app2, ... with these states; only filled places were ever checked."""
    rows = [
        server(
            "app", f"app{number}", status, **({"addr": ""} if status == EMPTY else {"check_status": "L4OK"} | filled)
        )
        for number, status in enumerate(statuses, 1)
    ]
    return stat(frontend(), *rows, backend("app", act, status="UP" if act else "DOWN"))


def resolved(*names: str, backend: str = "app", srv: bool = False) -> str:
    """``show servers state``: version 1.8 has no srvrecord, later ones have."""
    head = (
        "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_fqdn srv_port" + " srvrecord" * srv
    )
    rows = [
        f"3 {backend} {n} {backend}{n} - 0 32 {'-' if srv else name} 80{f' {name}' if srv else ''}"
        for n, name in enumerate(names, 1)
    ]
    return "\n".join(["1", head, *rows, "", ""])


@pytest.mark.parametrize(
    "names",
    [
        resolved(*["app.local"] * 4),
        resolved(*["_http._tcp.app.local"] * 4, srv=True),
        "",  # the socket or its version does not tell: all rows look like one template
        "Permission denied\n",
    ],
)
def test_empty_places_of_a_template_are_spare_while_others_are_filled(tmp_path: Path, names: str) -> None:
    """haproxy issues 3400 and 791: a template has more places than its name has addresses."""
    outcome = haproxy(tmp_path, template("UP", "UP", EMPTY, EMPTY, act=2), names=names)
    assert line(outcome) == (
        "OK - 2 of 2 servers usable in 1 backends, 1 frontends OPEN, 2 places of a server-template spare in app (app3 and app4)"
    )
    assert "servers_planned=0;;;0" in outcome.perfdata
    assert "servers_down=0;;;0" in outcome.perfdata


def test_a_template_without_any_address_is_an_outage(tmp_path: Path) -> None:
    outcome = haproxy(tmp_path, template(EMPTY, EMPTY, EMPTY, act=0), names=resolved(*["app.local"] * 3))
    assert line(outcome) == (
        "CRITICAL - app has no usable server: app1, app2 and app3 MAINT (resolution) (its name has no address)"
    )


def test_a_dead_server_of_a_template_is_one_and_the_spare_places_do_not_hide_it(tmp_path: Path) -> None:
    outcome = haproxy(tmp_path, template("UP", "DOWN", EMPTY, EMPTY, act=1), names=resolved(*["app.local"] * 4))
    assert line(outcome) == (
        "WARNING - app/app2 (10.0.0.2:80) is DOWN (L4OK) for 1 min, redundancy lost in app: only app1 left"
    )


def test_a_server_whose_own_name_is_lost_is_no_spare_place(tmp_path: Path) -> None:
    text = template("UP", "UP", EMPTY, EMPTY, act=2)
    outcome = haproxy(tmp_path, text, names=resolved("a.local", "b.local", "c.local", "c.local"))
    assert line(outcome).startswith("WARNING - app/app3 is MAINT (resolution) (its name has no address) for 1 min")
    unfilled = haproxy(tmp_path, template("UP", "UP", EMPTY, act=2))
    assert line(unfilled).startswith("WARNING - app/app3 is MAINT (resolution)"), (
        "one place of three proves no template"
    )
    checked = template("UP", "UP", EMPTY, EMPTY, act=2).replace("L4OK", "")
    assert haproxy(tmp_path, checked).state is WARNING, (
        "without checks nothing distinguishes a place that was never filled"
    )


# --- planned for good, and what a version or a level leaves out -------------------------------------------------------


def test_nolb_is_by_design_unless_a_limit_is_given(tmp_path: Path) -> None:
    """``http-check disable-on-404``: replicas of a database answer 404 to the check for the primary, for ever."""
    text = three("UP", "NOLB", "NOLB", act=1).replace(",60,2,", ",900000,2,")
    outcome = haproxy(tmp_path, text)
    assert outcome.state is OK
    assert "api/ctl2 (10.0.0.2:80) is in NOLB for 10 d 10 h" in outcome.text
    assert line(haproxy(tmp_path, text, "--nolb-max", "86400")).startswith(
        "WARNING - api/ctl2 (10.0.0.2:80) is in NOLB for 10 d 10 h, longer than 1 d"
    )


def test_a_paused_frontend_has_an_age(tmp_path: Path) -> None:
    text = stat(frontend("vip_in", "PAUSED"), server("api", "ctl1"), backend("api", 1))
    assert line(haproxy(tmp_path, text)) == (
        "WARNING - frontend vip_in is PAUSED by an administrator and takes no clients"
    )
    memory: dict[str, object] = {
        "at": CLOCK - 60, "values": {}, "since": {"frontend vip_in": ["PAUSED", CLOCK - 7200]},
    }  # fmt: skip
    assert line(haproxy(tmp_path, text, memory=memory)) == (
        "WARNING - frontend vip_in is PAUSED by an administrator and takes no clients for 2 h"
    )


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ("Permission denied\n\n", "Permission denied"),
        ("\n", "nothing"),
        ("Unknown command. Try:\n", "Unknown command. Try:"),
    ],
)
def test_a_socket_that_does_not_report_the_process_figures(tmp_path: Path, info: str, words: str) -> None:
    outcome = haproxy(tmp_path, three("UP", "UP", act=2), info=info)
    assert line(outcome) == (
        "OK - 2 of 2 servers usable in 1 backends, 1 frontends OPEN, "
        f"the process's own figures are not known (show info: {words})"
    )
    assert not any(item.startswith("connections_used") for item in outcome.perfdata)


def test_an_agent_that_wants_no_new_clients(tmp_path: Path) -> None:
    rows = [server("api", "ctl1"), server("api", "ctl2", weight=0, agent_status="L7OK")]
    outcome = haproxy(tmp_path, stat(frontend(), *rows, backend("api", 1)))
    assert outcome.state is OK
    assert "api/ctl2 (10.0.0.2:80) is UP, weight 0 by its agent: it wants no new clients" in outcome.text


@pytest.mark.parametrize(
    ("drop", "more"),
    [
        # 1.4 and 1.5 have neither addresses nor checks' words; 3.x appends columns
        (("addr", "last_chk", "check_desc", "agent_status", "last_agt", "hrsp_other"), ()),
        ((), ("quic_rxbuf_full", "srv_idle")),
    ],
)
def test_tables_of_old_and_new_versions(tmp_path: Path, drop: tuple[str, ...], more: tuple[str, ...]) -> None:
    rows = csv.DictReader(io.StringIO(three("UP", "DOWN", "UP", act=2).removeprefix("# ").strip()))
    names = [name for name in rows.fieldnames or () if name and name not in drop] + list(more)
    out = io.StringIO()
    csv.DictWriter(out, [*names, ""], lineterminator="\n", extrasaction="ignore").writerows(
        {**row, "": ""} for row in rows
    )
    outcome = haproxy(tmp_path, f"# {','.join(names)},\n{out.getvalue()}\n")
    place = "" if drop else " (10.0.0.2:80)"
    assert line(outcome) == f"WARNING - api/ctl2{place} is DOWN for 1 min"


def galera(*statuses: str) -> str:
    spare = {"act": 0, "bck": 1}
    servers = [server("db", f"ctl{n}", status, **(spare if n > 1 else {})) for n, status in enumerate(statuses, 1)]
    up = [n for n, status in enumerate(statuses, 1) if status == "UP"]
    return stat(frontend(), *servers, backend("db", int(1 in up), sum(1 for n in up if n > 1)))


def test_active_alone_with_dead_backups_has_lost_its_redundancy(tmp_path: Path) -> None:
    assert line(haproxy(tmp_path, galera("UP", "DOWN", "DOWN"))) == (
        "WARNING - db/ctl2 (10.0.0.2:80) is DOWN for 1 min, db/ctl3 (10.0.0.3:80) is DOWN for 1 min, redundancy lost in db: only ctl1 left"
    )


def test_one_of_two_backups_dead_is_no_lost_redundancy(tmp_path: Path) -> None:
    assert line(haproxy(tmp_path, galera("UP", "DOWN", "UP"))) == "WARNING - db/ctl2 (10.0.0.2:80) is DOWN for 1 min"


def test_running_on_backups_is_a_failover(tmp_path: Path) -> None:
    assert line(haproxy(tmp_path, galera("DOWN", "UP", "UP"))) == (
        "WARNING - db/ctl1 (10.0.0.1:80) is DOWN for 1 min, db on backup servers only: ctl2 and ctl3"
    )


def test_what_the_backend_says_and_its_servers_say_must_agree(tmp_path: Path) -> None:
    assert line(haproxy(tmp_path, three("DOWN", "DOWN", "DOWN", act=2))).startswith(
        "UNKNOWN - api counts 2 usable servers, its servers' rows none"
    )


def test_weight_0_is_kept_aside(tmp_path: Path) -> None:
    text = stat(frontend(), server("api", "ctl1"), server("api", "ctl2", weight=0), backend("api", 1))
    outcome = haproxy(tmp_path, text)
    assert outcome.state is OK
    assert "api/ctl2 (10.0.0.2:80) is UP, weight 0: kept aside by the configuration" in outcome.text


def test_a_backend_without_servers_is_no_finding(tmp_path: Path) -> None:
    assert haproxy(tmp_path, stat(frontend("stats"), backend("stats", 0))).state is OK


@pytest.mark.parametrize(
    ("status", "state"),
    [("OPEN", OK), ("PAUSED", WARNING), ("STOP", CRITICAL), ("FULL", CRITICAL), ("", UNKNOWN), ("ODD", UNKNOWN)],
)
def test_frontends(tmp_path: Path, status: str, state: object) -> None:
    outcome = haproxy(tmp_path, stat(frontend("vip_in", status), server("api", "ctl1"), backend("api", 1)))
    assert outcome.state is state
    assert status == "OPEN" or "frontend vip_in" in outcome.text


@pytest.mark.parametrize(("scur", "state"), [(80, OK), (81, WARNING), (95, WARNING), (96, CRITICAL)])
def test_session_limit_of_a_frontend(tmp_path: Path, scur: int, state: object) -> None:
    outcome = haproxy(tmp_path, stat(frontend(scur=scur), server("api", "ctl1"), backend("api", 1)))
    assert outcome.state is state
    assert f"web_sessions_used={scur / 100:g};0.8;0.95;0;1" in outcome.perfdata
    assert state is OK or line(outcome) == f"{outcome.state.name} - web uses {scur} % of its session limit"


def test_a_frontend_without_limit_has_no_figure(tmp_path: Path) -> None:
    outcome = haproxy(tmp_path, stat(frontend(slim=""), server("api", "ctl1"), backend("api", 1)))
    assert outcome.state is OK
    assert not any(item.startswith("web_") for item in outcome.perfdata)


def test_process_wide_maxconn(tmp_path: Path) -> None:
    outcome = haproxy(tmp_path, three("UP", act=1), info=INFO.replace("CurrConns: 10", "CurrConns: 195"))
    assert line(outcome) == "CRITICAL - the process uses 97.5 % of its maxconn"


def test_queue_of_now_not_of_ever(tmp_path: Path) -> None:
    text = stat(frontend(), server("api", "ctl1"), {**backend("api", 1), "qcur": 60})
    assert line(haproxy(tmp_path, text)) == "CRITICAL - 60 requests wait for a free server of api"


def test_errors_are_rates_between_two_runs(tmp_path: Path) -> None:
    def counted(good: int, bad: int, econ: int) -> str:
        codes = dict.fromkeys(("hrsp_1xx", "hrsp_3xx", "hrsp_4xx", "hrsp_other"), 0)
        row: dict[str, object] = {**backend("api", 1), **codes, "hrsp_2xx": good, "hrsp_5xx": bad, "econ": econ}
        return stat(frontend(), server("api", "ctl1"), row)

    first = haproxy(tmp_path, counted(1000, 900, 500))
    assert first.state is OK, "what was before the first run is not a rate"
    before = {"at": CLOCK - 10, "values": {"5xx api": 900, "responses api": 1900, "econ api": 500}, "since": {}}
    assert (
        line(haproxy(tmp_path, counted(1090, 910, 500), memory=before))
        == "WARNING - 10 % of the responses of api are errors (5xx)"
    )
    assert haproxy(tmp_path, counted(1005, 910, 500), memory=before).state is OK, "15 responses are too few to judge"
    assert haproxy(tmp_path, counted(0, 0, 0), memory=before).state is OK, "a restart is not a rate"
    assert (
        line(haproxy(tmp_path, counted(1000, 900, 620), memory=before))
        == "CRITICAL - api: 12 connections to its servers fail a second"
    )


def test_expected_servers_by_name_or_address(tmp_path: Path) -> None:
    text = three("UP", "UP", act=2)
    assert haproxy(tmp_path, text, "--expect", "api=ctl1,10.0.0.2").state is OK
    assert (
        line(haproxy(tmp_path, text, "--expect", "api=ctl1,ctl2,ctl3"))
        == "WARNING - server ctl3 is missing from the configuration of api"
    )
    assert (
        line(haproxy(tmp_path, text, "--expect", "galera=ctl1"))
        == "CRITICAL - backend galera is missing from the configuration"
    )


def test_ignored_proxies_and_servers(tmp_path: Path) -> None:
    text = three("UP", "DOWN", act=1)
    assert haproxy(tmp_path, text, "--ignore", "^api/ctl2$").state is OK
    assert haproxy(tmp_path, text, "--ignore", "^api").state is OK
    assert line(haproxy(tmp_path, text, "--ignore", ".")) == "UNKNOWN - no proxy is left to judge (see --ignore)"


def test_a_stopping_process_is_named(tmp_path: Path) -> None:
    outcome = haproxy(tmp_path, three("UP", act=1), info=INFO.replace("Stopping: 0", "Stopping: 1"))
    assert line(outcome) == "WARNING - this process is stopping (soft-stop) and takes no new clients, up for 15 min"


@pytest.mark.parametrize(
    ("status", "state", "words"),
    [
        (401, UNKNOWN, "refuses our user and password (HTTP 401)"),
        (403, UNKNOWN, "HTTP 403"),
        (404, UNKNOWN, "HTTP 404"),
        (503, CRITICAL, "answers HTTP 503"),
        (200, UNKNOWN, "HTML"),
    ],
)
def test_pages_that_are_no_statistics(tmp_path: Path, status: int, state: object, words: str) -> None:
    url = "http://10.0.0.1:1984/"
    outcome = judged(tmp_path, CHECK, {f"http GET {url};csv": [status, "<html>no</html>"]}, ["--url", url])
    assert outcome.state is state
    assert words in outcome.text


@pytest.mark.parametrize(
    ("error", "state"),
    [
        ([2, "s: connection refused", "refused"], CRITICAL),
        ([2, "s did not answer within 10 s", "timeout"], CRITICAL),
        ([3, "s: permission denied", "rights"], UNKNOWN),
    ],
)
def test_no_answer_has_a_runbook(tmp_path: Path, error: list[object], state: object) -> None:
    outcome = judged(tmp_path, CHECK, {f"!unix {SOCKET} show stat": error})
    assert outcome.state is state
    assert "What it means" in outcome.long


@pytest.mark.parametrize(
    "args",
    [
        ["--expect", "api"],
        ["--expect", "=ctl1"],
        ["--expect", "api=ctl1,"],
        ["--ignore", "("],
        ["--credentials", "/nonexistent", "--url", "http://h/"],
    ],
)
def test_a_wrong_call_is_unknown_in_one_line(args: list[str]) -> None:
    outcome = execute(CHECK, args)
    assert outcome.state is UNKNOWN
    assert "\n" not in outcome.render()


def test_facts_come_back_from_json(tmp_path: Path) -> None:
    file = STATES / "05_maint_drain.json"
    printed = execute(CHECK, ["--replay", str(file), "--facts"]).render()
    assert len(printed) < 4096
    facts = typed(CHECK.facts, json.loads(printed)["facts"])
    assert to_json(facts) == json.loads(printed)["facts"]
    assert facts.backends[1].up == ("ctl1=10.77.0.11:3306", "ctl2=10.77.0.12:3306", "ctl3=10.77.0.13:3306")
    assert {(server.name, server.status) for server in facts.servers} == {("ctl1", "MAINT"), ("ctl2", "DRAIN")}
