"""Ways to break a Pacemaker cluster, and planned work on one that is not a failure. Long, since it is a table: data only."""

from hamon.lab.components.corosync.steps import members
from hamon.lab.components.pacemaker.steps import (
    cleanup,
    cluster,
    controllers,
    failed,
    fencing_failed,
    kill_daemon,
    node,
    option,
    quorate,
    resource,
    respawned,
    tell,
)
from hamon.lab.failure import Failure, Verdict
from hamon.lab.host.management import LIES, REFUSES
from hamon.lab.scenarios.cluster import (
    CLUSTER_2,
    CLUSTER_3,
    GONE_3,
    NO_FENCING,
    SHORT,
    THREE,
    TWO,
    VIP_2,
    VIP_3,
    of,
    off,
)
from hamon.lab.steps import (
    MEND,
    every,
    gone,
    isolate,
    power_off,
    power_on,
    scatter,
    start,
    stop,
    unpowered,
    vip_on,
    wait,
)

AGENT = "/usr/lib/ocf/resource.d/heartbeat/Dummy"
FENCING_OFF, FENCING_ON = (option("pcm1", "stonith-enabled", value) for value in ("false", "true"))
CLEANUP = cleanup("pcm1")


def lost(host: str, *survivors: str) -> tuple[Verdict, ...]:
    """A host that was fenced: off, missed, and named by the cluster."""
    return (
        Verdict(host, "", "DOWN"),
        *of("pacemaker", "CRITICAL", *survivors, words=f"{host} is OFFLINE: fenced"),
        *of("corosync", "WARNING", *survivors, words=host),
    )


IN_CLUSTER = (
    Failure(
        "cluster-node-power-loss",
        "pacemaker",
        "the node with the virtual address loses power: it is fenced, the others take over",
        inject=(power_off("pcm1"),),
        visible=every(unpowered("pcm1"), vip_on("pcm2", vip="three"), node("pcm2", "pcm1", unclean="false")),
        heal=(power_on("pcm1"),),
        expects=(Verdict(*CLUSTER_3, "CRITICAL", "pcm1 is OFFLINE: fenced"), *lost("pcm1", "pcm2", "pcm3")),
        # until it has moved, no host has the address
        allows=(*off("pcm1"), Verdict(*VIP_3, "CRITICAL")),
    ),
    Failure(
        "cluster-partition-fenced",
        "pacemaker",
        "a node is cut off: the majority fences it, and it really loses its power",
        inject=(isolate("pcm3"),),
        visible=every(unpowered("pcm3"), node("pcm1", "pcm3", unclean="false", online="false")),
        heal=(MEND, power_on("pcm3")),
        expects=(Verdict(*CLUSTER_3, "CRITICAL", "pcm3 is OFFLINE: fenced"), *lost("pcm3", "pcm1", "pcm2")),
        allows=off("pcm3"),
    ),
    Failure(
        "cluster-fencing-fails",
        "pacemaker",
        "a node is cut off and its management controller does not power it off: UNCLEAN",
        inject=(controllers(REFUSES, "pcm3"), isolate("pcm3")),
        visible=every(node("pcm1", "pcm3", unclean="true"), fencing_failed("pcm1", "pcm3"), quorate("pcm3", False)),
        heal=(
            controllers("", "pcm3"),
            tell("pcm1", "stonith_admin", "--fence", "pcm3"),
            MEND,
            power_on("pcm3"),
        ),
        expects=(
            Verdict(*CLUSTER_3, "CRITICAL", "pcm3 is UNCLEAN"),
            *of("fencing", "CRITICAL", "pcm1", "pcm2", words="fencing pcm3"),
            *of("pacemaker", "CRITICAL", "pcm1", "pcm2", words="UNCLEAN"),
            Verdict("pcm3", "pacemaker", "CRITICAL", "no quorum"),
            Verdict("pcm3", "corosync", "CRITICAL", "no quorum"),
            *of(*SHORT, words="pcm3"),
        ),
        allows=(Verdict("pcm3", "fencing", "CRITICAL"),),
    ),
    Failure(
        "cluster-partition-unfenced",
        "pacemaker",
        "a node is cut off while fencing is off: it loses quorum and stops everything, the majority goes on without it",
        inject=(FENCING_OFF, isolate("pcm3")),
        visible=every(quorate("pcm3", False), node("pcm1", "pcm3", online="false"), quorate("pcm1", True)),
        # fenced it would be, if fencing were on before it is back
        heal=(MEND, wait(node("pcm1", "pcm3", online="true", unclean="false")), FENCING_ON, CLEANUP),
        expects=(
            Verdict(*CLUSTER_3, "CRITICAL", "pcm3"),
            *GONE_3,
            *NO_FENCING[:2],
            Verdict("pcm3", "pacemaker", "CRITICAL", "no quorum"),
            Verdict("pcm3", "corosync", "CRITICAL", "no quorum"),
            *of(*SHORT, words="pcm3"),
        ),
        allows=of("fencing", "CRITICAL", *THREE),
        like="corosync-killed",
    ),
    Failure(
        "cluster-quorum-ignored",
        "pacemaker",
        "a node is cut off, fencing is off and no-quorum-policy is ignore: it goes on without quorum, the majority starts all again",
        inject=(FENCING_OFF, option("pcm1", "no-quorum-policy", "ignore"), isolate("pcm1")),
        visible=every(quorate("pcm1", False), quorate("pcm2", True), vip_on("pcm1", "pcm2", vip="three")),
        heal=(
            MEND,
            wait(node("pcm2", "pcm1", online="true", unclean="false")),
            option("pcm2", "no-quorum-policy", "stop"),
            option("pcm2", "stonith-enabled", "true"),
            CLEANUP,
        ),
        expects=(
            Verdict(*CLUSTER_3, "CRITICAL", "SPLIT-BRAIN"),
            Verdict(*VIP_3, "CRITICAL", "SPLIT-BRAIN"),
            *of("pacemaker", "CRITICAL", "pcm2", "pcm3", words="pcm1"),
            *of("corosync", "CRITICAL", "pcm1", words="no quorum"),
            *of("corosync", "WARNING", "pcm2", "pcm3", words="pcm1"),
            *of("fencing", "WARNING", "pcm2", "pcm3", words="fencing is off"),
        ),
        allows=(*of("fencing", "CRITICAL", *THREE), Verdict("pcm1", "pacemaker", "CRITICAL")),
        like="cluster-split-brain",
    ),
    Failure(
        "cluster-no-quorum",
        "pacemaker",
        "every node is alone: nobody has quorum, all resources are stopped",
        inject=(scatter(*THREE),),
        visible=every(*(quorate(host, False) for host in THREE), vip_on(vip="three")),
        heal=(MEND, wait(vip_on("pcm1", vip="three"))),
        expects=(
            Verdict(*CLUSTER_3, "CRITICAL", "no side has quorum"),
            *of("pacemaker", "CRITICAL", *THREE, words="no quorum"),
            *of("corosync", "CRITICAL", *THREE, words="no quorum"),
        ),
        allows=(*of("fencing", "CRITICAL", *THREE), Verdict(*VIP_3, "CRITICAL")),
    ),
    Failure(
        "cluster-split-brain",
        "pacemaker",
        "two nodes are cut apart and fencing lies: both are quorate, both hold the virtual address",
        inject=(controllers(LIES, *TWO), isolate("two1")),
        visible=every(vip_on(*TWO, vip="two"), quorate("two1", True), quorate("two2", True)),
        heal=(MEND, controllers("", *TWO)),
        expects=(Verdict(*CLUSTER_2, "CRITICAL", "SPLIT-BRAIN"), Verdict(*VIP_2, "CRITICAL", "SPLIT-BRAIN")),
        allows=(*of("pacemaker", "CRITICAL", *TWO), *of("corosync", "WARNING", *TWO), *of("fencing", "WARNING", *TWO)),
    ),
    Failure(
        "cluster-two-partition-fenced",
        "pacemaker",
        "two nodes are cut apart and fencing works: one survives and has everything",
        inject=(isolate("two1"),),
        visible=every(unpowered("two2"), resource("two1", "app", "two1"), vip_on("two1", vip="two")),
        heal=(MEND, power_on("two2")),
        expects=(Verdict(*CLUSTER_2, "CRITICAL", "two2 is OFFLINE: fenced"), *lost("two2", "two1")),
        allows=off("two2"),
        like="cluster-partition-fenced",
    ),
    Failure(
        "controld-killed",
        "pacemaker",
        "pacemaker-controld dies by SIGKILL: pacemakerd starts it again and the node goes on",
        inject=(kill_daemon("pcm3", "pacemaker-controld"),),
        visible=every(respawned("pcm3", "pacemaker-controld"), node("pcm1", "pcm3", online="true")),
        heal=(),
        # seconds until a new DC has looked at everything are a hard state where a check runs every few
        allows=(
            Verdict(*CLUSTER_3, "CRITICAL"),
            *of("pacemaker", "CRITICAL", *THREE),
            *of("fencing", "WARNING", *THREE),
        ),
    ),
    Failure(
        "pacemaker-stopped",
        "pacemaker",
        "Pacemaker on pcm3 is stopped properly, corosync lives on: the node has left the cluster",
        inject=(stop("pcm3", "pacemaker"),),
        visible=every(gone("pcm3", "pacemaker"), node("pcm1", "pcm3", pending="true"), members("pcm1", 3)),
        heal=(start("pcm3", "pacemaker"),),
        expects=(
            Verdict(*CLUSTER_3, "WARNING", "pcm3: Pacemaker is not running on this node, corosync is"),
            Verdict("pcm3", "pacemaker", "CRITICAL", "Pacemaker is not running on this node, corosync is"),
        ),
        allows=(Verdict("pcm3", "fencing", "CRITICAL"),),
    ),
    Failure(
        "cluster-node-left",
        "pacemaker",
        "Pacemaker and corosync on pcm3 are stopped properly: the node has left, nobody fences it",
        inject=(stop("pcm3", "pacemaker"), stop("pcm3", "corosync")),
        visible=every(node("pcm1", "pcm3", online="false", unclean="false"), members("pcm1", 2)),
        heal=(start("pcm3", "corosync"), start("pcm3", "pacemaker")),
        expects=(
            Verdict(*CLUSTER_3, "WARNING", "pcm3 is OFFLINE: it left cleanly"),
            *of("pacemaker", "WARNING", "pcm1", "pcm2", words="pcm3 is OFFLINE: it left cleanly"),
            *of("pacemaker", "CRITICAL", "pcm3", words="corosync is not running on this node, nor is Pacemaker"),
            *of("corosync", "CRITICAL", "pcm3", words="corosync is not running"),
            *of(*SHORT, words="pcm3"),
        ),
        allows=(Verdict("pcm3", "fencing", "CRITICAL"),),
    ),
    Failure(
        "resource-start-fails",
        "pacemaker",
        "a resource does not start on its node any more: the cluster runs it elsewhere",
        inject=(tell("pcm1", "crm_resource", "--resource", "web", "--set-parameter", "fail_start_on", "-v", "pcm1"),),
        visible=every(failed("pcm2", "web", "pcm1"), vip_on("pcm2", vip="three")),
        heal=(tell("pcm1", "crm_resource", "--resource", "web", "--delete-parameter", "fail_start_on"), CLEANUP),
        expects=of("pacemaker", "WARNING", *THREE, words="web may not run on pcm1"),
        like="resource-died",
    ),
    Failure(
        "resource-stop-fails",
        "pacemaker",
        "a resource fails and cannot be stopped either: blocked, and so nowhere else",
        inject=(tell("pcm2", "mount", "--bind", "/bin/false", AGENT),),
        visible=resource("pcm1", "app", "pcm2", blocked="true"),
        heal=(tell("pcm2", "umount", AGENT), CLEANUP),
        expects=(
            Verdict(*CLUSTER_3, "CRITICAL", "app is blocked"),
            *of("pacemaker", "CRITICAL", *THREE, words="app is blocked"),
        ),
    ),
    Failure(
        "resource-died",
        "pacemaker",
        "a resource dies and the cluster restarts it: the failure stays in the history",
        inject=(tell("pcm2", "rm", "/run/resource-agents/Dummy-app.state"),),
        visible=every(failed("pcm1", "app", "pcm2"), resource("pcm1", "app", "pcm2", failed="false")),
        heal=(CLEANUP,),
        expects=of("pacemaker", "WARNING", *THREE, words="app failed on pcm2"),
    ),
    Failure(
        "maintenance-mode",
        "pacemaker",
        "the whole cluster is in maintenance: nothing is watched or recovered meanwhile",
        inject=(option("pcm1", "maintenance-mode", "true"),),
        visible=cluster("pcm1", maintenance_mode="true"),
        heal=(option("pcm1", "maintenance-mode", "false"),),
        expects=(
            Verdict(*CLUSTER_3, "WARNING", "maintenance-mode is on"),
            *of("pacemaker", "WARNING", *THREE, words="maintenance-mode is on"),
        ),
    ),
    Failure(
        "node-standby",
        "pacemaker",
        "the node with the virtual address is put in standby: its resources move away, as planned",
        inject=(tell("pcm1", "crm_attribute", "--node", "pcm1", "--name", "standby", "--update", "on"),),
        visible=every(node("pcm2", "pcm1", standby="true"), vip_on("pcm2", vip="three")),
        heal=(tell("pcm1", "crm_attribute", "--node", "pcm1", "--name", "standby", "--delete"),),
    ),
    Failure(
        "resource-unmanaged",
        "pacemaker",
        "a resource is taken out of the cluster's hands, as planned",
        inject=(
            tell("pcm1", "crm_resource", "--resource", "app", "--meta", "--set-parameter", "is-managed", "-v", "false"),
        ),
        visible=resource("pcm1", "app", "pcm2", managed="false"),
        heal=(tell("pcm1", "crm_resource", "--resource", "app", "--meta", "--delete-parameter", "is-managed"),),
    ),
    Failure(
        "resource-disabled",
        "pacemaker",
        "a resource is stopped by an administrator, as planned",
        inject=(
            tell(
                "pcm1", "crm_resource", "--resource", "app", "--meta", "--set-parameter", "target-role", "-v", "Stopped"
            ),
        ),
        visible=resource("pcm1", "app", role="Stopped", target_role="Stopped"),
        heal=(tell("pcm1", "crm_resource", "--resource", "app", "--meta", "--delete-parameter", "target-role"),),
    ),
    Failure(
        "resource-moved",
        "pacemaker",
        "a resource was moved, as planned; the constraint of the move stays behind",
        inject=(tell("pcm1", "crm_resource", "--move", "--resource", "app", "--node", "pcm3"),),
        visible=resource("pcm1", "app", "pcm3"),
        heal=(tell("pcm1", "crm_resource", "--clear", "--resource", "app"),),
    ),
)
FAILURES = {"cluster": IN_CLUSTER}
