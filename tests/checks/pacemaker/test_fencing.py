"""Could the cluster fence a node? Enabled, able, proven, and for how long an old failure is news."""

from pathlib import Path
from typing import Any

import pytest

from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING
from tests.checks.pacemaker.crm import judged, line, node, resource, status

DEVICE = resource("fence-ctl1", "ctl2", agent="stonith:fence_ipmilan")
STOPPED = resource("fence-ctl1", agent="stonith:fence_ipmilan")
LIST = '<pacemaker-result><list name="registered fence devices">{}</list><status code="0" message="OK"/></pacemaker-result>'
OFF = 'stonith-enabled="false"'


def event(state: str, target: str = "ctl3", completed: str = "", reason: str = "") -> str:
    return f'<fence_event action="reboot" target="{target}" origin="ctl1" delegate="ctl1" status="{state}" completed="{completed}" exit-reason="{reason}"/>'


def with_history(
    *events: str, resources: str = DEVICE, nodes: str = node("ctl1") + node("ctl2") + node("ctl3"), **more: Any
) -> str:
    return status(nodes, resources, f"<fence_history>{''.join(events)}</fence_history>", **more)


UNCLEAN = node("ctl1") + node("ctl2") + node("ctl3", online="false", unclean="true")


def test_ready(tmp_path: Path) -> None:
    assert line(judged(tmp_path, "fencing", with_history())) == (
        "FENCING OK - fencing is on, 1 devices ready (fence-ctl1), the configuration is valid"
        " | enabled=1;;;0;1 devices=1;;;0 devices_running=1;;;0 failed_fencings=0;;;0"
    )


def test_off_is_a_warning_until_somebody_stands_for_it(tmp_path: Path) -> None:
    got = judged(tmp_path, "fencing", with_history(options=OFF, resources=""))
    assert line(got) == (
        "FENCING WARNING - fencing is off (stonith-enabled=false): a lost node may go on writing, two sides may run the same"
        " | enabled=0;;;0;1 devices=0;;;0 devices_running=0;;;0 failed_fencings=0;;;0"
    )
    assert "although fence-ctl1 would be there" in judged(tmp_path, "fencing", with_history(options=OFF)).text
    accepted = judged(
        tmp_path, "fencing", with_history(options=OFF, resources=""), args=["--accept-none", "VIP only, no data"]
    )
    assert (accepted.state, accepted.text) == (
        OK,
        "fencing is off, as accepted, fencing is off (stonith-enabled=false): VIP only, no data",
    )


def test_whether_it_is_on_is_not_reported(tmp_path: Path) -> None:
    assert judged(tmp_path, "fencing", with_history(options=""), config=(1, "", "broken")).state is UNKNOWN


@pytest.mark.parametrize(
    ("resources", "registered", "expected"),
    [
        ("", (0, LIST.format(""), ""), (CRITICAL, "fencing is on and there is no device: no node can be fenced")),
        (
            "",
            (0, LIST.format("<item>watchdog</item>"), ""),
            (OK, "fencing is on, 1 devices ready (watchdog), the configuration is valid"),
        ),
        (
            "",
            (1, "", "?"),
            (UNKNOWN, "fencing is on, no device is a resource, and the registered ones were not reported"),
        ),
        (
            STOPPED,
            (0, LIST.format(""), ""),
            (CRITICAL, "fencing is on and no device is started or registered: fence-ctl1"),
        ),
        (
            STOPPED,
            (0, LIST.format("<item>fence-ctl1</item>"), ""),
            (WARNING, "no device is started: fence-ctl1 (registered: fence-ctl1)"),
        ),
        (STOPPED, (64, "garbage", ""), (WARNING, "no device is started: fence-ctl1 (registered: not reported)")),
    ],
)
def test_no_started_device(
    tmp_path: Path, resources: str, registered: tuple[object, ...], expected: tuple[object, str]
) -> None:
    got = judged(tmp_path, "fencing", with_history(resources=resources), registered=registered)
    assert got.state is expected[0]
    assert got.text.startswith(expected[1])


def test_devices_just_configured_are_looked_at_twice(tmp_path: Path) -> None:
    assert judged(tmp_path, "fencing", with_history(resources=STOPPED), with_history()).state is OK


@pytest.mark.parametrize("away", [{"online": "false"}, {"standby": "true"}, {"maintenance": "true"}])
def test_a_device_without_a_place_while_a_member_is_away_is_no_news(tmp_path: Path, away: dict[str, str]) -> None:
    """Of two nodes each runs the other's device; seen when one was fenced."""
    other = resource("fence-ctl2", agent="stonith:fence_ipmilan")
    got = judged(tmp_path, "fencing", with_history(resources=DEVICE + other, nodes=node("ctl1") + node("ctl2", **away)))
    assert (got.state, got.text) == (
        OK,
        "fencing is on, 1 devices ready (fence-ctl1), the configuration is valid, device fence-ctl2 (fence_ipmilan) is not started "
        "while ctl2 is away",
    )
    whole = judged(tmp_path, "fencing", with_history(resources=DEVICE + other, nodes=node("ctl1") + node("ctl2")))
    assert (whole.state, whole.text) == (WARNING, "device fence-ctl2 (fence_ipmilan) is not started")


def test_one_device_of_several(tmp_path: Path) -> None:
    def text(attributes: dict[str, str], more: str = "") -> tuple[object, str]:
        other = resource("fence-ctl2", agent="stonith:fence_ipmilan", **attributes)
        got = judged(tmp_path, "fencing", status(resources=DEVICE + other, more=more))
        return got.state, got.text

    failed = '<failures><failure op_key="fence-ctl2_monitor_60000" node="ctl1" task="monitor" last-rc-change="2026-11-22 13:00:00Z"/></failures>'
    assert text({}, failed) == (WARNING, "device fence-ctl2 (fence_ipmilan) is not started: monitor failed on ctl1")
    assert text({"target_role": "Stopped"}) == (WARNING, "device fence-ctl2 (fence_ipmilan) is disabled")
    assert text({"failed": "true"}) == (CRITICAL, "device fence-ctl2 (fence_ipmilan) has failed")


def test_failing_now(tmp_path: Path) -> None:
    events = [event("failed", completed="2026-11-22 13:31:50Z", reason="BMC does not answer"), event("failed", completed="2026-11-22 13:31:40Z"),
              event("success", completed="2026-11-22 13:00:00Z")]  # fmt: skip
    got = judged(tmp_path, "fencing", with_history(*events, nodes=UNCLEAN))
    assert (got.state, got.text) == (
        CRITICAL,
        "fencing ctl3 (reboot) FAILED 2 times, last 10 s ago by ctl1 (BMC does not answer), and it is UNCLEAN",
    )


def test_under_way(tmp_path: Path) -> None:
    got = judged(tmp_path, "fencing", with_history(event("pending"), nodes=UNCLEAN))
    assert (got.state, got.text) == (WARNING, "fencing ctl3 (reboot) is under way")
    late = judged(
        tmp_path, "fencing", with_history(event("pending"), nodes=UNCLEAN), since={"fencing ctl3": ("pending", 120)}
    )
    assert (late.state, late.text) == (CRITICAL, "fencing ctl3 (reboot) is under way for 2 min")
    again = judged(
        tmp_path,
        "fencing",
        with_history(event("pending"), event("failed", completed="2026-11-22 13:31:50Z"), nodes=UNCLEAN),
    )
    assert (again.state, again.text) == (CRITICAL, "fencing ctl3 (reboot) is under way, again after 1 failure")


def test_unclean_and_nobody_tries(tmp_path: Path) -> None:
    got = judged(tmp_path, "fencing", with_history(nodes=UNCLEAN, dc='present="true" name="ctl1" with_quorum="false"'))
    assert (got.state, got.text) == (CRITICAL, "ctl3 is UNCLEAN and not fenced, this side has no quorum to fence it")


def test_the_history_survives_recovery_and_fades(tmp_path: Path) -> None:
    healed = with_history(
        event("success", completed="2026-11-22 13:20:00Z"), event("failed", completed="2026-11-22 13:10:00Z")
    )
    got = judged(tmp_path, "fencing", healed)
    assert (got.state, "ctl3 was fenced 12 min ago (reboot by ctl1)" in got.text) == (OK, True)
    unproven = judged(tmp_path, "fencing", with_history(event("failed", completed="2026-11-22 13:10:00Z")))
    assert (unproven.state, unproven.text) == (
        WARNING,
        "fencing ctl3 (reboot) FAILED once, last 22 min ago by ctl1, never succeeded since",
    )
    assert judged(tmp_path, "fencing", with_history(event("failed", completed="2026-11-20 13:10:00Z"))).state is OK
    gone = node("ctl1") + node("ctl3", online="false")
    off = judged(tmp_path, "fencing", with_history(event("failed", completed="2026-11-20 13:10:00Z"), nodes=gone))
    assert (off.state, "and it is OFFLINE" in off.text) == (CRITICAL, True)


ERRORS = "(unpack_resources) \terror: Resource start-up disabled since no STONITH resources have been defined\ncrm_verify: Errors found during check: config not valid\n"


@pytest.mark.parametrize(
    ("verify", "expected"),
    [
        ((78, "", ERRORS), (CRITICAL, "the cluster's configuration is invalid: Resource start-up disabled since no STONITH resources have been defined")),
        ((78, "", "crm_verify: Warnings found during check: config may not be valid\n"),
         (WARNING, "crm_verify warns: Warnings found during check: config may not be valid")),
        ((66, "", "crm_verify: CIB query failed: Input file not available\n"),
         (UNKNOWN, "crm_verify could not judge the configuration (exit code 66: CIB query failed: Input file not available)")),
        ((1, "", ""), (UNKNOWN, "crm_verify could not judge the configuration (exit code 1)")),
    ],
)  # fmt: skip
def test_the_configuration(tmp_path: Path, verify: tuple[object, ...], expected: tuple[object, str]) -> None:
    got = judged(tmp_path, "fencing", with_history(), verify=verify)
    assert (got.state, got.text) == expected


def test_warnings_about_a_node_that_waits_for_fencing_are_no_news(tmp_path: Path) -> None:
    got = judged(
        tmp_path,
        "fencing",
        with_history(event("pending"), nodes=UNCLEAN),
        verify=(78, "", "crm_verify: Warnings found\n"),
    )
    assert (got.state, got.text) == (WARNING, "fencing ctl3 (reboot) is under way")


def test_dead_daemons(tmp_path: Path) -> None:
    got = judged(tmp_path, "fencing", "", running=())
    assert (got.state, got.text) == (CRITICAL, "corosync is not running on this node, nor is Pacemaker")


def test_a_fencing_whose_outcome_is_not_reported_is_unknown(tmp_path: Path) -> None:
    got = judged(tmp_path, "fencing", with_history(event("", completed="2026-11-22 13:31:50Z")))
    assert (got.state, got.text) == (UNKNOWN, "how fencing ctl3 (reboot) went is not reported")
