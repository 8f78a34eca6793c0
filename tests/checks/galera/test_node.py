"""check_galera on servers of other years and vendors, and on answers that lack or garble evidence.

The versions follow public reports: MySQL-wsrep before 5.6.29 (its release notes; codership-documentation issue 150), the flow
control flag of Percona XtraDB Cluster (percona/galera pull request 104), its maintenance mode (percona-xtradb-cluster pull
request 339).
"""

from pathlib import Path
from typing import Any

import pytest

from hamon.checks.galera.node import CHECK, NO_WAIT, SHOW_STATUS, SHOW_VARIABLES, parse
from hamon.checks.galera.versions import rejects_queries, reports_flow_control
from hamon.verdict import OK, Outcome
from tests.judging import CLOCK, judged, line

PLACE = "sql 127.0.0.1:3306"
STATUS = {
    "wsrep_cluster_status": "Primary", "wsrep_local_state_comment": "Synced", "wsrep_ready": "ON", "wsrep_connected": "ON",
    "wsrep_cluster_size": "2", "wsrep_incoming_addresses": "10.0.0.1:3306,10.0.0.2:3306", "wsrep_local_index": "0",
    "wsrep_flow_control_active": "false", "wsrep_flow_control_paused_ns": "5000", "wsrep_provider_version": "26.4.16(r1)",
    "Threads_connected": "15", "Uptime": "90000",
}  # fmt: skip
VARIABLES = {"wsrep_on": "ON", "wsrep_reject_queries": "NONE", "version": "10.11.6-MariaDB", "max_connections": "150"}
HEALTHY = "OK - Synced, Primary component of 2"


def galera(folder: Path, *args: str, memory: Any = None, **changes: str | None) -> Outcome:
    """The verdict on a healthy server's answers with ``changes``; None takes a row away."""

    def rows(table: dict[str, str]) -> list[tuple[str, str]]:
        merged = {
            **table,
            **{name: value for name, value in changes.items() if name in table or name in ASKED[id(table)]},
        }
        return [(name, value) for name, value in merged.items() if value is not None]

    answers = {
        f"{PLACE} {NO_WAIT}": [],
        f"{PLACE} {SHOW_STATUS}": rows(STATUS),
        f"{PLACE} {SHOW_VARIABLES}": rows(VARIABLES),
    }
    return judged(folder, CHECK, answers, args, memory)


ASKED = {id(STATUS): ("wsrep_flow_control_status",), id(VARIABLES): ("pxc_maint_mode",)}
NO_FLOW = {"wsrep_flow_control_active": None, "wsrep_flow_control_paused_ns": None}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, HEALTHY),
        # what old versions do not have
        ({"wsrep_reject_queries": None, "version": "5.5.37-25.10-log", "wsrep_provider_version": "2.10(r175)", **NO_FLOW}, HEALTHY),
        ({"wsrep_reject_queries": None, "version": None, "wsrep_provider_version": "2.10(r175)", **NO_FLOW}, HEALTHY),
        ({"wsrep_reject_queries": None, "version": "10.1.48-MariaDB", "wsrep_provider_version": "25.3.20(r3703)", **NO_FLOW}, HEALTHY),
        ({"wsrep_reject_queries": None, "version": "5.6.24-72.2-56-log", "wsrep_provider_version": "3.11(r9)", **NO_FLOW}, HEALTHY),
        # what newer ones have and did not report
        ({"wsrep_reject_queries": None}, "UNKNOWN - wsrep_reject_queries was not reported"),
        ({"wsrep_reject_queries": None, "version": "8.0.35-27.1"}, "UNKNOWN - wsrep_reject_queries was not reported"),
        ({"wsrep_reject_queries": None, "version": None}, "UNKNOWN - wsrep_reject_queries was not reported"),
        ({"wsrep_flow_control_active": None}, "UNKNOWN - flow control is not known: wsrep_flow_control_active was not reported"),
        ({"wsrep_flow_control_active": "maybe"}, "UNKNOWN - flow control is not known: wsrep_flow_control_active is maybe"),
        ({"wsrep_flow_control_active": ""}, "UNKNOWN - flow control is not known: wsrep_flow_control_active is empty"),
        ({"wsrep_flow_control_paused_ns": "-nan"}, "UNKNOWN - flow control is not known: wsrep_flow_control_paused_ns is -nan"),
        # Percona XtraDB Cluster has a flag of its own
        ({"wsrep_flow_control_active": None, "wsrep_flow_control_status": "OFF", "version": "8.0.35-27.1"}, HEALTHY),
        ({"wsrep_flow_control_active": None, "wsrep_flow_control_status": "?", "version": "8.0.35-27.1"},
         "UNKNOWN - flow control is not known: wsrep_flow_control_status is ?"),
        ({"wsrep_flow_control_active": None, "wsrep_flow_control_status": "ON", "version": "8.0.35-27.1"},
         "CRITICAL - flow control stops all writes of the cluster, another member asked for it"),
        # planned, named
        ({"pxc_maint_mode": "DISABLED", "version": "8.0.35-27.1"}, HEALTHY),
        ({"pxc_maint_mode": "MAINTENANCE", "version": "5.7.44-31.65"}, f"{HEALTHY}, in maintenance (pxc_maint_mode=MAINTENANCE)"),
        ({"pxc_maint_mode": "SHUTDOWN", "version": "8.0.35-27.1"}, f"{HEALTHY}, in maintenance (pxc_maint_mode=SHUTDOWN)"),
        ({"pxc_maint_mode": "perhaps", "version": "8.0.35-27.1"}, "UNKNOWN - pxc_maint_mode is PERHAPS"),
        # states as Galera 1 and 2 write them
        ({"wsrep_local_state_comment": "Synced (6)"}, HEALTHY),
        ({"wsrep_local_state_comment": "Donor (+)"}, "OK - Donor, Primary component of 2, Donor/Desynced for 0 s (donor of a state transfer or locked by a backup)"),
        ({"wsrep_local_state_comment": "SST request sent (2)"}, "WARNING - joining, not yet synced: SST request sent for 0 s"),
        # a single node without an address, and a list that is gone
        ({"wsrep_cluster_size": "1", "wsrep_incoming_addresses": ""}, "OK - Synced, Primary component of 1"),
        ({"wsrep_incoming_addresses": ""}, "UNKNOWN - the cluster's size or member list is missing"),
        ({"wsrep_incoming_addresses": None}, "UNKNOWN - the cluster's size or member list is missing"),
        ({"wsrep_cluster_status": "non-Primary", "wsrep_cluster_size": None},
         "CRITICAL - non-Primary: no quorum on this side, sees an unknown number of member(s): 10.0.0.1:3306 10.0.0.2:3306"),
        # a proxy answers, or nothing
        (dict.fromkeys(VARIABLES), "UNKNOWN - the server listed none of its variables (a proxy in between?)"),
    ],
)  # fmt: skip
def test_versions_and_missing_evidence(tmp_path: Path, changes: dict[str, str | None], text: str) -> None:
    outcome = galera(tmp_path, **changes)
    assert line(outcome) == text
    assert outcome.state is OK or "What it means" in outcome.long


def test_maintenance_does_not_last_for_ever(tmp_path: Path) -> None:
    memory = {"at": CLOCK - 60, "values": {}, "since": {"maintenance": ["MAINTENANCE", CLOCK - 90000]}}
    long = "in maintenance for 1 d 1 h (pxc_maint_mode=MAINTENANCE)"
    assert line(galera(tmp_path, memory=memory, pxc_maint_mode="MAINTENANCE")) == f"WARNING - {long}, longer than 1 d"
    never = galera(tmp_path, "--maint-max", "0", memory=memory, pxc_maint_mode="MAINTENANCE")
    assert line(never) == f"{HEALTHY}, {long}"


def test_a_flag_that_is_lost_at_the_second_look_is_not_no_flow_control() -> None:
    first = {"wsrep_flow_control_active": "true", "wsrep_flow_control_paused_ns": "1"}
    for later in ({}, {"wsrep_flow_control_active": "what"}):
        facts = parse(first, VARIABLES, later)
        assert (facts.flow_stalled, bool(facts.flow_doubt)) == (False, True), later


def test_an_arbitrator_is_an_entry_without_an_address() -> None:
    assert parse({"wsrep_incoming_addresses": "10.0.0.2:3306,,10.0.0.1:3306"}, VARIABLES).view == (
        "", "10.0.0.1:3306", "10.0.0.2:3306",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("server", "provider", "has"),
    [
        ("5.6.28-76.1-56-log", "3.14(r1)", False), ("5.6.29-25.14", "3.15(r1)", True), ("5.7.44-31.65-57", "3.45(ff34dce)", True),
        ("8.4.2", "26.4.20(r1)", True), ("10.0.38-MariaDB-wsrep", "25.3.25(r1)", False), ("5.5.5-10.1.48-MariaDB", "25.3.37(r1)", False),
        ("10.3.39-MariaDB", "25.3.37(r1)", True), ("11.4.2-MariaDB-ubu2404", "26.4.18(r1)", True), ("", "25.3.37(r1)", False),
        ("", "26.4.16(r1)", True), ("", "", True),
    ],
)  # fmt: skip
def test_which_servers_can_reject_queries(server: str, provider: str, has: bool) -> None:
    assert rejects_queries(server, provider) is has


@pytest.mark.parametrize(
    ("provider", "reports"),
    [("2.10(r175)", False), ("23.2.7(r157)", False), ("25.3.20(r3703)", False), ("3.45(ff34dce)", True), ("26.4.16(r1)", True),
     ("4.3(r1)", False), ("5.1(r1)", True), ("", False)],
)  # fmt: skip
def test_which_providers_report_flow_control(provider: str, reports: bool) -> None:
    assert reports_flow_control(provider) is reports
