"""Other versions of Pacemaker than the one that can be run here: what their documents say they write."""

from pathlib import Path

from hamon.verdict import CRITICAL, WARNING
from tests.checks.pacemaker.crm import judged

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
