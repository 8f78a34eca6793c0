"""Other versions of Pacemaker than the one that can be run here: what their documents say they write."""

from pathlib import Path
from typing import Any

import pytest

from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING
from tests.checks.pacemaker.crm import failure, judged, resource, status

# Written from the documented output of Pacemaker 1.1.23 (crm_mon.rng, crm_mon --as-xml), which cannot be run beside 2.1.
PACEMAKER_1 = """<?xml version="1.0"?>
<crm_mon version="1.1.23">
    <summary>
        <stack type="corosync" />
        <current_dc present="true" version="1.1.23-1.el7-9acf116022" name="ctl1" id="1" with_quorum="true" />
        <last_update time="Sun Nov 22 13:32:00 2026" />
        <last_change time="Sun Nov 22 13:00:00 2026" user="root" client="cibadmin" origin="ctl1" />
        <nodes_configured number="2" />
        <resources_configured number="3" disabled="0" blocked="0" />
        <cluster_options stonith-enabled="true" symmetric-cluster="true" no-quorum-policy="stop" maintenance-mode="false" />
    </summary>
    <nodes>
        <node name="ctl1" id="1" online="true" standby="false" standby_onfail="false" maintenance="false" pending="false" unclean="false" shutdown="false" expected_up="true" is_dc="true" resources_running="2" type="member" />
        <node name="ctl2" id="2" online="false" standby="false" standby_onfail="false" maintenance="false" pending="false" unclean="false" shutdown="false" expected_up="true" is_dc="false" resources_running="0" type="member" />
    </nodes>
    <resources>
        <clone id="db-master" multi_state="true" unique="false" managed="true" failed="false" failure_ignored="false" >
            <resource id="db" resource_agent="ocf::heartbeat:mysql" role="Master" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1" >
                <node name="ctl1" id="1" cached="false"/>
            </resource>
            <resource id="db" resource_agent="ocf::heartbeat:mysql" role="Stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0" />
        </clone>
        <resource id="vip" resource_agent="ocf::heartbeat:IPaddr2" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1" >
            <node name="ctl1" id="1" cached="false"/>
        </resource>
    </resources>
    <failures>
        <failure op_key="vip_monitor_10000" node="ctl1" exitstatus="not running" exitreason="" exitcode="7" call="20" status="complete" last-rc-change="Sun Nov 22 13:31:00 2026" queued="0" exec="0" interval="10000" task="monitor" />
    </failures>
</crm_mon>"""  # noqa: E501


def test_pacemaker_1_1_by_its_older_option(tmp_path: Path) -> None:
    refusal = [1, "crm_mon: unrecognized option '--output-as=xml'\nUsage: crm_mon mode [options]\n", ""]
    first = judged(tmp_path, "pacemaker", refusal)
    assert first.text.startswith("the recording ")
    assert first.text.endswith("has no answer to: command crm_mon --as-xml")
    got = judged(tmp_path, "pacemaker", PACEMAKER_1)
    assert (got.state, got.text) == (
        CRITICAL,
        "ctl2 is OFFLINE: it vanished without leaving, vip failed on ctl1: monitor failed (not running) 1 min ago",
    )
    assert "running=2;;;0" in got.perfdata


# --- what is left out is not "not there" ------------------------------------------------------------------------------------

# After ClusterLabs/pacemaker#2069 and tools/crm_mon.c of 2.0.3 and 1.1.24: the XML lacks what is not active without --inactive.
HIDING = {
    "1.1.18": "command crm_mon --as-xml",
    "2.0.3": "command crm_mon --output-as=xml",
}
UNKNOWN_OPTION = [64, "crm_mon: unrecognized option '--output-as=xml'\n", ""]


def old(version: str, resources: str, **more: Any) -> str:
    made = status(
        resources=resources, dc=f'present="true" name="ctl1" version="{version}-abc" with_quorum="true"', **more
    )
    return (
        made.replace('pacemaker-result api-version="2.25"', f'crm_mon version="{version}"').replace(
            "/pacemaker-result", "/crm_mon"
        )
        if version < "2"
        else made
    )


def asked(
    folder: Path, check: str, version: str, listed: str, inactive: Any = UNKNOWN_OPTION, **more: Any
) -> tuple[object, str]:
    """The verdict on a version that lists ``listed`` of the two instances that it counts, and ``inactive`` when asked for all."""
    got = judged(
        folder,
        check,
        old(version, listed, configured=2),
        inactive=inactive,
        question=HIDING[version],
        refused=version < "2",
        **more,
    )
    return got.state, got.text


VIP, DB, FENCE = (
    resource("vip", "ctl1"),
    resource("db", "ctl1"),
    resource("fence", "ctl1", agent="stonith:fence_ipmilan"),
)


@pytest.mark.parametrize("version", HIDING)
def test_stopped_resources_that_an_old_crm_mon_hides(tmp_path: Path, version: str) -> None:
    whole = [0, old(version, VIP + resource("db")), ""]
    assert asked(tmp_path, "pacemaker", version, VIP, whole) == (CRITICAL, "db is stopped and should run")
    off = [0, old(version, VIP + resource("db", target_role="Stopped")), ""]
    state, text = asked(tmp_path, "pacemaker", version, VIP, off)
    assert (state, text.endswith("db is disabled (target-role Stopped)")) == (OK, True)
    assert asked(tmp_path, "pacemaker", version, VIP + DB)[0] is OK, "nothing is hidden, nothing more is asked"


@pytest.mark.parametrize("version", HIDING)
def test_what_stays_hidden_is_unknown(tmp_path: Path, version: str) -> None:
    words = "1 configured resource instance is not in crm_mon's list: nothing is known of it"
    assert asked(tmp_path, "pacemaker", version, VIP) == (UNKNOWN, words)
    assert asked(tmp_path, "fencing", version, FENCE) == (UNKNOWN, words)
    uncounted = old(version, VIP).replace('<resources_configured number="1"/>', "")
    got = judged(
        tmp_path, "pacemaker", uncounted, question=HIDING[version], refused=version < "2", inactive=UNKNOWN_OPTION
    )
    assert (got.state, got.text.startswith("crm_mon lists only what is active, and nothing else (exit code 64")) == (
        UNKNOWN,
        True,
    )


@pytest.mark.parametrize("version", HIDING)
def test_a_hidden_device_that_failed_to_start_is_not_ready(tmp_path: Path, version: str) -> None:
    second = resource("fence2", agent="stonith:fence_ipmilan")
    whole = [0, old(version, FENCE + second, more=failure("fence2", "ctl2", "2026-11-22 13:31:30Z")), ""]
    state, text = asked(tmp_path, "fencing", version, FENCE, whole)
    assert (state, text.startswith("device fence2 (fence_ipmilan) is not started: start failed on ctl2")) == (
        WARNING,
        True,
    )
    alone = [0, old(version, VIP + second, more=failure("fence2", "ctl2", "2026-11-22 13:31:30Z")), ""]
    state, text = asked(tmp_path, "fencing", version, VIP, alone)
    assert (state, text.startswith("fencing is on and no device could be started: fence2 (start failed on ctl2)")) == (
        CRITICAL,
        True,
    )


# After the crm_mon of a Fuel controller (1.1.12) and ClusterLabs/pacemaker#685: no <cluster_options>; 1.1.14 has no maintenance-mode there.
SET = '<crm_config><cluster_property_set id="other"><nvpair name="{0}" value="{2}"/></cluster_property_set><cluster_property_set id="cib-bootstrap-options"><nvpair name="{0}" value="{1}"/></cluster_property_set></crm_config>'  # noqa: E501


@pytest.mark.parametrize("options", ["", 'stonith-enabled="true" no-quorum-policy="stop"'])
def test_options_that_the_status_lacks_stand_in_the_cib(tmp_path: Path, options: str) -> None:
    def text(*answer: Any, resources: str = VIP) -> tuple[object, str]:
        got = judged(tmp_path, "pacemaker", old("1.1.12", resources, options=options), config=answer)
        return got.state, got.text

    healthy = "3 of 3 nodes with quorum, DC ctl1, 1 of 1 resource instances run"
    for none in ((6, "", "No such device or address"), (105, "", ""), (0, "<crm_config/>", "")):
        assert text(*none) == (OK, healthy), "Pacemaker's defaults"
    assert text(0, SET.format("maintenance-mode", "true", "false"), "") == (
        WARNING,
        "maintenance-mode is on: nothing is watched or recovered",
    )
    assert text(0, SET.format("stop-all-resources", "true", "false"), "", resources=resource("vip")) == (
        WARNING,
        "stop-all-resources is set: nothing runs, on purpose",
    )
    assert text(1, "", "broken")[0] is UNKNOWN


def test_a_fencing_history_that_is_absent_by_version_or_unread(tmp_path: Path) -> None:
    got = judged(tmp_path, "fencing", old("1.1.18", FENCE))
    assert (got.state, got.text.endswith("this version of Pacemaker reports no past fencings")) == (OK, True)
    assert "past" not in judged(tmp_path, "fencing", old("2.1.9", FENCE)).text
    assert "past" not in judged(tmp_path, "fencing", old("2.1.9", FENCE, more='<fence_history status="0"/>')).text
    unread = judged(tmp_path, "fencing", old("2.1.9", FENCE, more='<fence_history status="102"/>'))
    assert (unread.state, unread.text) == (UNKNOWN, "past fencings could not be read (status 102)")


def test_crm_verify_and_stonith_admin_of_1_1(tmp_path: Path) -> None:
    words = "   error: unpack_resources: Resource start-up disabled\nErrors found during check: config not valid\n"
    got = judged(tmp_path, "fencing", old("1.1.18", FENCE), verify=(203, "", words))
    assert got.text.startswith("the cluster's configuration is invalid: unpack_resources: Resource start-up disabled")
    refused = (64, "stonith_admin: unrecognized option '--output-as=xml'\n", "")
    watchdog = judged(
        tmp_path, "fencing", old("1.1.18", VIP), registered=refused, plain=(0, " watchdog\n1 devices found\n", "")
    )
    assert (watchdog.state, watchdog.text.startswith("fencing is on, 1 devices ready (watchdog)")) == (OK, True)


# Written from the documented schema of Pacemaker 3.0 (crm_mon API schemas: "removed" beside "orphaned", Promoted/Unpromoted only, zoned times).
PACEMAKER_3 = """<pacemaker-result api-version="2.38" request="crm_mon --output-as=xml">
  <pacemakerd sys_from="pacemakerd" state="running" last_updated="2026-11-22 14:31:58 +01:00"/>
  <summary>
    <stack type="corosync" pacemakerd-state="running"/>
    <current_dc present="true" version="3.0.0-1.el10-6a90427" name="ctl1" id="1" with_quorum="true" mixed_version="false"/>
    <last_update time="2026-11-22 14:32:00 +01:00" origin="ctl1"/>
    <last_change time="2026-11-22 14:00:00 +01:00" user="root" client="cibadmin" origin="ctl1"/>
    <nodes_configured number="2"/>
    <resources_configured number="4" disabled="0" blocked="0"/>
    <cluster_options stonith-enabled="true" symmetric-cluster="true" no-quorum-policy="stop" maintenance-mode="false" stop-all-resources="false" stonith-timeout-ms="60000" priority-fencing-delay-ms="0"/>
  </summary>
  <nodes>
    <node name="ctl1" id="1" online="true" standby="false" standby_onfail="false" maintenance="false" pending="false" unclean="false" health="green" feature_set="3.20.0" shutdown="false" expected_up="true" is_dc="true" resources_running="3" type="member"/>
    <node name="ctl2" id="2" online="true" standby="false" standby_onfail="false" maintenance="false" pending="false" unclean="false" health="green" feature_set="3.20.0" shutdown="false" expected_up="true" is_dc="false" resources_running="1" type="member"/>
    <node name="galera-bundle-0" id="galera-bundle-0" online="true" standby="false" standby_onfail="false" maintenance="false" pending="false" unclean="false" health="green" shutdown="false" expected_up="false" is_dc="false" resources_running="1" type="remote" id_as_resource="galera-bundle-podman-0"/>
  </nodes>
  <resources>
    <bundle id="galera-bundle" type="podman" image="localhost/galera" unique="false" maintenance="false" managed="true" failed="false">
      <replica id="0">
        <resource id="galera" resource_agent="ocf:heartbeat:galera" role="Promoted" active="true" orphaned="false" removed="false" blocked="false" maintenance="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1"><node name="galera-bundle-0" id="galera-bundle-0" cached="true"/></resource>
        <resource id="galera-bundle-podman-0" resource_agent="ocf:heartbeat:podman" role="Started" active="true" orphaned="false" removed="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1"><node name="ctl1" id="1" cached="true"/></resource>
      </replica>
      <replica id="1">
        <resource id="galera" resource_agent="ocf:heartbeat:galera" role="Promoted" active="true" orphaned="false" removed="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1"><node name="galera-bundle-1" id="galera-bundle-1" cached="true"/></resource>
        <resource id="galera-bundle-podman-1" resource_agent="ocf:heartbeat:podman" role="Stopped" active="false" orphaned="false" removed="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0"/>
      </replica>
    </bundle>
  </resources>
  <node_history>
    <node name="ctl2"><resource_history id="galera-bundle-podman-1" removed="false" migration-threshold="1000000" fail-count="2" last-failure="2026-11-22 14:31:00 +01:00"/></node>
  </node_history>
  <status code="0" message="OK"/>
</pacemaker-result>"""  # noqa: E501


def test_pacemaker_3_with_a_bundle(tmp_path: Path) -> None:
    got = judged(tmp_path, "pacemaker", PACEMAKER_3)
    assert (got.state, got.text) == (
        WARNING,
        "replica 1 of galera-bundle is stopped and should run, galera-bundle-podman-1 failed on ctl2: an action failed 1 min ago, fail-count 2",
    )
