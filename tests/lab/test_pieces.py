"""The lab's pure parts: no namespaces needed."""

import os
from pathlib import Path

import pytest

from hamon.errors import UsageError
from hamon.lab import poll
from hamon.lab.components.nagios.status import Alert, Status, parse_alerts, parse_status
from hamon.lab.errors import CommandError, NotYetError
from hamon.lab.failure import Failure, Verdict
from hamon.lab.host import network
from hamon.lab.inside import vrrphelper
from hamon.lab.profiles import CONTROLLER
from hamon.lab.proof.demo import watching
from hamon.lab.proof.measure import Seen, alarming, calm, false_alarms, missed, seen, unsettled
from hamon.lab.proof.watch import Watch, due
from hamon.lab.protocol import revive
from hamon.lab.steps import HEALTHY

STATUS = """\
# comment
info {
\tcreated=1795369370
\t}

hoststatus {
\thost_name=ctl3
\tcurrent_state=1
\t}

servicestatus {
\thost_name=galera.cluster
\tservice_description=galera_cluster
\tcurrent_state=2
\tstate_type=1
\thas_been_checked=1
\tlast_check=1795369369
\tplugin_output=GALERA_CLUSTER CRITICAL - SPLIT-BRAIN: {ctl1, ctl2} = Primary and {ctl3} = Primary
\tperformance_data=size=2;; components=2
\t}
"""
LOG = """\
[100] SERVICE ALERT: ctl1;haproxy;WARNING;SOFT;1;HAPROXY WARNING - ctl3 is DOWN; for 2 s
[101] SERVICE NOTIFICATION: hamon-page-1;galera.cluster;galera_cluster;CRITICAL;notify;text
[102] SERVICE ALERT: galera.cluster;galera_cluster;WARNING;SOFT;1;size 2
[103] SERVICE ALERT: galera.cluster;galera_cluster;CRITICAL;HARD;2;SPLIT-BRAIN: two
[104] HOST ALERT: ctl3;DOWN;HARD;2;PING CRITICAL
[105] SERVICE ALERT: ctl1;haproxy;OK;SOFT;2;HAPROXY OK
"""


def failure(expects: tuple[Verdict, ...] = (), allows: tuple[Verdict, ...] = ()) -> Failure:
    return Failure("x", "galera", "x", (), HEALTHY, (), expects, allows)


def test_status_dat() -> None:
    status = parse_status(STATUS)

    assert status.written == 1795369370
    assert status.hosts == {"ctl3": "DOWN"}
    (service,) = status.services
    assert (service.host, service.state, service.hard) == ("galera.cluster", "CRITICAL", True)
    assert service.output.endswith("{ctl3} = Primary")
    assert not calm(status)
    assert unsettled(status, since=1795369368) == []
    assert unsettled(status, since=1795369369) == [("galera.cluster", "galera_cluster")]
    soft = parse_status(STATUS.replace("state_type=1", "state_type=0"))
    assert unsettled(soft, since=1795369368) == [("galera.cluster", "galera_cluster")]
    assert alarming(status) == [("galera.cluster", "galera_cluster"), ("ctl3", "")]


@pytest.mark.parametrize("cut", range(0, len(STATUS), 7))
def test_a_status_dat_that_is_being_written_gives_fewer_services_never_an_error(cut: int) -> None:
    assert len(parse_status(STATUS[:cut]).services) == 0


def test_alerts() -> None:
    alerts = parse_alerts(LOG)

    assert [alert.at for alert in alerts] == [100, 102, 103, 104, 105]
    assert alerts[0].output == "HAPROXY WARNING - ctl3 is DOWN; for 2 s"
    assert alerts[3] == Alert(104, "ctl3", "", "DOWN", True, "PING CRITICAL")


def test_what_was_seen_is_the_worst_hard_state() -> None:
    assert seen(parse_alerts(LOG), since=98.5) == (
        Seen("ctl1", "haproxy", "WARNING", False, 1.5, None, "HAPROXY WARNING - ctl3 is DOWN; for 2 s"),
        Seen("galera.cluster", "galera_cluster", "CRITICAL", True, 4.5, 4.5, "SPLIT-BRAIN: two"),
        Seen("ctl3", "", "DOWN", True, 5.5, 5.5, "PING CRITICAL"),
    )


def test_what_was_seen_is_quoted_in_the_expected_words() -> None:
    alerts = [Alert(101, "c", "s", "CRITICAL", True, "one more loss"), Alert(104, "c", "s", "CRITICAL", True, "paused")]

    (entry,) = seen(alerts, 100, [Verdict("c", "s", "CRITICAL", "paused")])
    assert entry == Seen("c", "s", "CRITICAL", True, 1, 4, "paused")
    (entry,) = seen(alerts, 100)
    assert entry == Seen("c", "s", "CRITICAL", True, 1, 1, "one more loss")


class WatchedLab:
    """A lab whose Nagios says what a test wants."""

    log = ""
    status = "info {\n\tcreated=1\n\t}\n"

    def log_position(self) -> int:
        return len(self.log)

    def alerts(self, since: int = 0) -> list[Alert]:
        return parse_alerts(self.log[since:])

    def nagios(self) -> Status:
        return parse_status(self.status)


def test_new_words_within_a_hard_state_are_heard_once() -> None:
    """Nagios logs a change of state only: what was down for a known reason and then is split would pass unseen."""
    lab = WatchedLab()
    passed_on: list[Alert] = []
    lab.log = "[99] SERVICE ALERT: galera.cluster;galera_cluster;CRITICAL;HARD;2;of another time\n"
    lab.status = STATUS.replace(parse_status(STATUS).services[0].output, "of another time")
    watch = Watch(lab, passed_on.append)  # type: ignore[arg-type]
    logged = "GALERA_CLUSTER CRITICAL - 2 of 3 for 3 s"
    lab.log += f"[100] SERVICE ALERT: galera.cluster;galera_cluster;CRITICAL;HARD;2;{logged}\n"
    split = parse_status(STATUS).services[0].output
    for output in ("of another time", logged, split, split, logged):
        lab.status = STATUS.replace(split, output)
        watch.look()
    lab.status = STATUS.replace(split, "SPLIT-BRAIN, soft").replace("state_type=1", "state_type=0")
    watch.look()

    expected = [
        Alert(100, "galera.cluster", "galera_cluster", "CRITICAL", True, logged),
        Alert(1795369369, "galera.cluster", "galera_cluster", "CRITICAL", True, split),
    ]
    assert watch.alerts == expected
    assert passed_on == expected


def test_the_demo_reports_the_same_with_other_numbers_once() -> None:
    lab = WatchedLab()
    lines: list[str] = []
    watch = watching(lab, lines.append)  # type: ignore[arg-type]
    for output in ("ctl1 is down for 3 s", "ctl1 is down for 4.5 s", "ctl2 is down for 4.5 s"):
        lab.status = STATUS.replace(parse_status(STATUS).services[0].output, output)
        watch.look()

    assert [line.split("galera_cluster")[1].strip() for line in lines] == [
        "ctl1 is down for 3 s",
        "ctl2 is down for 4.5 s",
    ]


def test_nagios_is_not_asked_for_a_look_while_another_goes_on() -> None:
    """It would start one beside the other, and what is slow would drown in them."""
    status = parse_status(STATUS)  # the last look began at 1795369369
    place, host = ("galera.cluster", "galera_cluster"), ("ctl3", "")

    assert due([place, host], status, {}, 1795369380.0) == [place, host]
    asked = {place: 1795369369.5, host: 1795369369.5}
    assert due([place, host], status, asked, 1795369371.0) == []
    assert due([place, host], status, asked, 1795369373.0) == [place, host]
    asked = {place: 1795369372.5, host: 1795369372.5}
    assert due([place, host], status, asked, 1795369376.0) == [host], "hosts do not report when they were looked at"
    assert due([place], status, asked, 1795369393.0) == [place]
    late = parse_status(STATUS.replace("SPLIT-BRAIN", "its agent did not answer in time"))
    assert due([place], late, {place: 1795369369.5}, 1795369380.0) == [], "what is slow is not asked faster"
    assert due([place], late, {place: 1795369369.5}, 1795369390.0) == [place]


def test_a_watch_looks_while_work_is_done_and_keeps_its_error() -> None:
    lab = WatchedLab()
    watch = Watch(lab)  # type: ignore[arg-type]

    def work() -> None:
        lab.log += "[100] SERVICE ALERT: ctl1;haproxy;OK;SOFT;2;HAPROXY OK\n"
        raise CommandError("it did not happen")

    with pytest.raises(CommandError, match="did not happen"):
        watch.during(work)
    assert watch.until(lambda _status: bool(watch.alerts), 0)
    assert not watch.until(lambda status: bool(status.services), 0)


def test_expected_words_must_be_said() -> None:
    expected = Verdict("galera.cluster", "galera_cluster", "CRITICAL", "SPLIT-BRAIN")
    other = expected._replace(words="no Primary component")
    alerts = parse_alerts(LOG)

    assert missed(failure((expected, Verdict("ctl3", "", "DOWN"))), alerts) == ()
    assert missed(failure((other,)), alerts) == (other,)
    assert missed(failure((Verdict("ctl1", "haproxy", "WARNING"),)), alerts) != (), "a soft state is not a verdict"


def test_false_alarms_are_hard_and_worse_than_allowed() -> None:
    entries = seen(parse_alerts(LOG), since=98)
    cluster = Verdict("galera.cluster", "galera_cluster", "CRITICAL")

    assert [entry.host for entry in false_alarms(failure(), entries)] == ["galera.cluster", "ctl3"]
    assert [entry.host for entry in false_alarms(failure((cluster,)), entries)] == ["ctl3"]
    warned = cluster._replace(state="WARNING")
    assert [entry.host for entry in false_alarms(failure((), (warned,)), entries)] == ["galera.cluster", "ctl3"]


def test_a_cut_leaves_the_monitoring_host_alone() -> None:
    (there, back) = network.isolate(CONTROLLER, ("ctl3",))

    assert there == 'iifname { "ctl3" } oifname { "ctl1", "ctl2" } drop'
    assert back == 'iifname { "ctl1", "ctl2" } oifname { "ctl3" } drop'
    assert "mon" not in network.scatter(CONTROLLER.members)[0]


def test_a_cut_of_some_ports_leaves_the_others_alone() -> None:
    rules = network.isolate_ports(CONTROLLER, ("ctl3",), (25672, 4369))

    assert len(rules) == 4
    assert rules[0] == 'iifname { "ctl3" } oifname { "ctl1", "ctl2" } tcp dport { 25672, 4369 } drop'
    assert rules[3] == 'iifname { "ctl1", "ctl2" } oifname { "ctl3" } tcp sport { 25672, 4369 } drop'


def test_keepalived_events_that_change_no_state_are_no_state() -> None:
    assert vrrphelper.state_line('INSTANCE "VI_1" MASTER 150', 7.9) == ("VI_1", "INSTANCE VI_1 MASTER 150 7\n")
    assert vrrphelper.state_line('INSTANCE "VI_1" MASTER_RX_LOWER_PRI 150', 7.9) is None


def test_a_fifo_that_was_made_anew_is_opened_anew(tmp_path: Path) -> None:
    path = tmp_path / "notify"
    first = vrrphelper.opened(path, None)
    assert vrrphelper.opened(path, first) == first
    path.rename(tmp_path / "gone")
    os.mkfifo(path)
    with path.open("r+b", buffering=0) as keepalived:
        keepalived.write(b"reported\n")
        second = vrrphelper.opened(path, first)
        assert os.read(second, 100) == b"reported\n"
    os.close(second)


def test_a_replaced_state_file_is_whole_and_alone(tmp_path: Path) -> None:
    vrrphelper.replace(tmp_path / "VI_1", "old\n")
    vrrphelper.replace(tmp_path / "VI_1", "new\n")

    assert [path.read_text() for path in tmp_path.iterdir()] == ["new\n"]


def test_waiting_names_what_it_waited_for_and_why_it_was_not_so() -> None:
    def refused() -> bool:
        raise CommandError("connection refused")

    with pytest.raises(NotYetError, match=r"waited 0 s in vain for: a miracle \(connection refused\)"):
        poll.until(refused, "a miracle", 0)


def test_errors_keep_their_class_across_the_socket() -> None:
    assert type(revive("UsageError", "unknown failure 'x'")) is UsageError
    assert type(revive("NotYetError", "in vain")) is NotYetError
    assert str(revive("NoSuchClass", "text")) == "text"
