"""What to do about Pacemaker's findings. Data of the pacemaker component; commands of Pacemaker's own tools, which every
distribution has, whether its operators use pcs or crmsh.

A cleanup makes the cluster look anew and start what it finds stopped: before it stands the step that shows what is there.
"""

from hamon.verdict import Advice, Step, other_check

LOG = Step("journalctl -u pacemaker -n 100", "on the DC (or /var/log/pacemaker/pacemaker.log)")
STATUS = Step("crm_mon -1 -r -f")
LINKS = Step("corosync-cfgtool -s", "which links are down?")
WILL_DO = Step("crm_simulate -sL", "what will the cluster do?")
BOTH_SIDES = other_check("/pacemaker_cluster", "what do all members say?")
CLEANUP = Step("crm_resource --cleanup --resource {resource}", "when no node is UNCLEAN and nothing of it runs unseen")

COMMON = {
    "not_running": Advice(
        "The cluster's daemons are dead on this node. The others fence it or go on without it.",
        (
            Step("systemctl status corosync pacemaker"),
            Step("journalctl -u corosync -u pacemaker -n 50"),
            Step("systemctl start pacemaker", "starts corosync too"),
        ),
        "do not start it before the network between the members works.",
    ),
    "no_status": Advice(
        "The tools gave no status although the daemons run.",
        (Step("crm_mon -1"), Step("systemctl status pacemaker corosync")),
    ),
    "unlisted": Advice(
        "crm_mon counts more resources than it lists. Versions before 2.0.4 hide what is stopped, and a user with few rights sees a part.",
        (Step("crm_mon -1 -r", "everything, what is stopped, too"), Step("crm_mon --version"), Step("cibadmin --query --scope resources")),
    ),
    "garbage": Advice(
        "The tool's answer is cut off or of a kind that hamon does not know. No verdict can be built on it.",
        (Step("crm_mon --output-as=xml"), Step("crm_mon --version")),
    ),
    "rights": Advice(
        "Pacemaker talks to root and the group haclient only.",
        (
            Step("ls -l /etc/sudoers.d", "is the line that hamon generates there?"),
            Step("usermod -aG haclient nagios", "the other way, then restart the agent"),
        ),
    ),
    "tool": Advice(
        "The cluster's tools are not on this host.",
        (
            Step("apt-get install pacemaker-cli-utils", "with dnf: pacemaker-cli"),
            Step("docker exec hacluster_pacemaker crm_mon -1", "in a container: give --exec 'docker exec hacluster_pacemaker'"),
        ),
    ),
    "timeout": Advice(
        "The cluster's daemons take connections and do not answer.",
        (Step("ps -C corosync,pacemakerd,pacemaker-based,pacemaker-controld -o pid,stat,etime,comm"), LOG),
        "do not kill them before you looked: the others would fence this node.",
    ),
}  # fmt: skip

NODE = {
    **COMMON,
    "no_quorum": Advice(
        "This side sees less than half of the votes. With no-quorum-policy=stop everything is down here, on purpose: the others may run it.",
        (BOTH_SIDES, Step("corosync-quorumtool -s"), LINKS),
        "do not set no-quorum-policy=ignore or expected votes by hand while nodes that are not seen may be alive: that makes a split-brain.",
    ),
    "policy": Advice(
        "A side that is cut off goes on as if it were alone. With three nodes and more that is only for clusters whose fencing works.",
        (
            other_check("/fencing", "could a node be fenced?"),
            Step("crm_attribute --type crm_config --name no-quorum-policy --update stop"),
        ),
    ),
    "no_dc": Advice(
        "No node leads. That lasts seconds after a failure. Longer means that the members cannot agree.",
        (Step("crm_mon -1"), LINKS, LOG),
    ),
    "unclean": Advice(
        "The cluster does not know whether that node still writes. It frees none of the node's resources until it is fenced.",
        (
            Step("stonith_admin --history {node} --verbose", "why was it not fenced?"),
            Step("stonith_admin --reboot {node}", "after repairing the device"),
            Step(remark="without a device: switch {node} off and look at its power state, by its BMC or by hand"),
            Step("stonith_admin --confirm {node}", "only when you have SEEN that it is off"),
        ),
        "do not confirm the fencing of a node that may be alive, or that merely does not answer: both would write to the same data.",
    ),
    "lost": Advice(
        "The node went without leaving the cluster: a crash, a power loss, or its network. Without fencing nobody knows whether it still runs.",
        (
            Step("ping -c 3 {node}"),
            Step("ssh {node} uptime", "or its BMC's console"),
            other_check("/pacemaker_cluster", "does it run the same resources by itself?"),
            LINKS,
        ),
        "do not start its resources by hand while it may be alive.",
    ),
    "fenced": Advice(
        "The node was switched off to protect the data and has not come back.",
        (
            Step(remark="its BMC: console and power state"),
            Step("stonith_admin --history {node} --verbose"),
            Step(LOG.command, "on the DC: why was it fenced?"),
        ),
    ),
    "left": Advice(
        "Pacemaker was stopped there in order. It comes back when somebody starts it.",
        (Step("systemctl start pacemaker", "on {node}"), Step("last -x shutdown reboot", "on {node}")),
    ),
    "remote": Advice(
        "The connection to pacemaker_remote on that host is down.",
        (
            Step("systemctl status pacemaker_remote", "on {node}"),
            Step("crm_mon -1", "{node} must not be UNCLEAN"),
            Step("crm_resource --cleanup --resource {node}", "tries the connection again"),
        ),
    ),
    "pending": Advice(
        "The node is in corosync's membership and not in Pacemaker's.",
        (Step("systemctl status pacemaker", "on {node}"), Step("journalctl -u pacemaker -n 50", "on {node}")),
    ),
    "standby": Advice(
        "Somebody put the node in standby. It runs nothing and is missing when another one fails.",
        (Step("crm_standby --node {node} --delete", "when the work on it is done"),),
    ),
    "standby_onfail": Advice(
        "A resource with on-fail=standby failed there and drove everything off the node.",
        (
            STATUS,
            Step(LOG.command, "on the DC: why did it fail?"),
            Step("crm_resource --cleanup --node {node}", "when the cause is repaired"),
        ),
    ),
    "maintenance": Advice(
        "The cluster leaves the node's resources alone. Nothing there is recovered.",
        (WILL_DO, Step("crm_attribute --node {node} --name maintenance --delete", "when the work on it is done")),
    ),
    "maintenance_mode": Advice(
        "The whole cluster only looks on: no failover, no restart, no fencing. High availability is off.",
        (
            STATUS,
            Step("crm_attribute --type crm_config --name maintenance-mode --update false", "when the work is done"),
            WILL_DO,
        ),
        "do not end it while something runs on two nodes: the cluster would stop both.",
    ),
    "stop_all": Advice(
        "Somebody set stop-all-resources.",
        (STATUS, Step("crm_attribute --type crm_config --name stop-all-resources --update false", "when the reason is gone")),
    ),
    "health": Advice(
        "A health agent (SMART, SysInfo, ...) marked the node. node-health-strategy decides what follows.",
        (Step("crm_mon -1 -A", "attributes that begin with #health"), Step("dmesg -T", "on {node}")),
    ),
    "blocked": Advice(
        "Its stop failed. Without fencing (or with on-fail=block) the cluster does nothing more: it may still run there.",
        (
            STATUS,
            Step("crm_resource --resource {resource} --force-check", "on {node}: does it run?"),
            Step("crm_resource --resource {resource} --force-stop", "on {node}, then check again"),
            Step(CLEANUP.command, "only when it is proven stopped on {node}"),
        ),
        "do not clean up before it is really stopped, or while its node cannot be asked: the cluster would start a second one.",
    ),
    "failed": Advice(
        "The cluster could not bring it back.",
        (STATUS, Step("crm_resource --resource {resource} --force-check", "on {node}: what does its agent say?"), CLEANUP),
        "do not clean up while a node that had it cannot be asked.",
    ),
    "stopped": Advice(
        "It should run and no node may run it: barred everywhere, waiting for another resource, or no node fits.",
        (
            Step("crm_resource --why --resource {resource}"),
            Step("crm_simulate -sL", "scores: -INFINITY forbids"),
            STATUS,
            CLEANUP,
        ),
        "do not start it by hand: the cluster would not know.",
    ),
    "replica": Advice(
        "A replica of a bundle is a container, Pacemaker's connection into it, an address perhaps, and the service inside. One of them does not run.",
        (
            STATUS,
            Step("crm_resource --why --resource {resource}"),
            LOG,
            CLEANUP,
        ),
        "do not start the container or the service in it by hand: the cluster would not know.",
    ),
    "unpromoted": Advice(
        "All instances run and none is promoted: nobody takes writes.",
        (Step("crm_mon -1 -A", "attributes that begin with master-: which node may?"), LOG),
    ),
    "removed": Advice(
        "It was deleted from the configuration while it ran.",
        (STATUS, Step(remark="stop it by hand on {node}, and make sure that it is gone"), CLEANUP),
    ),
    "unmanaged": Advice(
        "The cluster looks on and does not recover it.",
        (
            STATUS,
            Step("crm_resource --resource {resource} --meta --set-parameter is-managed --parameter-value true", "when the work is done"),
        ),
    ),
    "disabled": Advice(
        "Somebody stopped it (target-role=Stopped).",
        (Step("crm_resource --resource {resource} --meta --set-parameter target-role --parameter-value Started", "when the reason is gone"),),
    ),
    "demoted": Advice(
        "Somebody keeps all its instances from being promoted (target-role=Unpromoted, Slave in older versions).",
        (Step("crm_resource --resource {resource} --meta --delete-parameter target-role", "when the reason is gone"),),
    ),
    "barred": Advice(
        "Its fail-count reached the migration-threshold there (INFINITY after a failed start). That node is no longer a place to fail over to.",
        (
            Step("crm_mon -1 -f"),
            Step(LOG.command, "on the DC: why did it fail?"),
            Step("crm_resource --cleanup --resource {resource} --node {node}", "when the cause is repaired"),
        ),
    ),
    "failure": Advice(
        "An action failed and the cluster dealt with it. If it goes on, no node is left for the resource.",
        (
            Step("crm_mon -1 -f"),
            Step(LOG.command, "on the DC: why did it fail?"),
            Step("crm_resource --cleanup --resource {resource} --node {node}", "when the cause is repaired"),
        ),
    ),
    "leftover": Advice(
        "crm_resource --move and --ban work by a constraint that stays until it is removed. The next failover finds no place, or goes where it "
        "should not.",
        (Step("cibadmin --query --scope constraints"), Step("crm_resource --clear --resource {resource}", "when nobody needs it any more")),
    ),
    "split_brain": Advice(
        "One thing runs twice: two writers on the same data, or one address on two hosts.",
        (
            BOTH_SIDES,
            Step(remark="decide which side stays: the one that clients use and whose data are wanted"),
            Step("systemctl stop pacemaker corosync", "on the other side, on every node of it, NOW"),
            Step(remark="compare the data of both before the other side comes back"),
            other_check("/fencing", "could a node be fenced next time?"),
        ),
        "do not just heal the network: which instance is stopped then is chance. And do not stop the side whose data you want to keep.",
    ),
}  # fmt: skip

CLUSTER = {
    **{
        key: NODE[key]
        for key in (
            "split_brain",
            "no_quorum",
            "no_dc",
            "unclean",
            "lost",
            "fenced",
            "left",
            "blocked",
            "failed",
            "stopped",
            "replica",
            "unlisted",
            "unpromoted",
            "garbage",
            "health",
            "maintenance_mode",
            "not_running",
        )
    },
    "split": Advice(
        "Two parts of one cluster do not see each other and both have quorum: each starts everything. In a two-node cluster without fencing a "
        "cut link does that. Both sides look healthy from inside.",
        (
            LINKS,
            other_check("/vip", "which side do clients reach?"),
            Step(remark="decide which side stays: the one that clients use and whose data are wanted"),
            Step("systemctl stop pacemaker corosync", "on the other side, on every node of it, NOW"),
            Step(remark="compare the data of both sides before you join them"),
        ),
        "do not just heal the network: services and addresses are live on both sides, and data written on one of them is lost or mixed. "
        "A member that could not be asked belongs to one of the sides: find out to which.",
    ),
    "unseen": Advice(
        "No member that answered has quorum. Members that could not be asked may have it, and run everything.",
        (Step("ping -c 3 {member}"), Step("corosync-quorumtool -s", "on {member}, over its console if need be"), LINKS),
        "do not lower the expected votes, and start nothing by hand, before you know what the silent members do: that makes a split-brain.",
    ),
    "cut_off": Advice(
        "That member runs and has lost the others. It has no quorum, so it should run nothing. The side with quorum goes on.",
        (
            Step("corosync-cfgtool -s", "on {node}"),
            Step("crm_mon -1", "on {node}: nothing may run"),
            Step("ip -br link", "on {node}"),
        ),
    ),
    "unreachable": Advice(
        "The members' agents (NRPE) do not answer. Nothing is known about the cluster: it may run.",
        (Step("ping -c 3 {member}"), Step("systemctl status nagios-nrpe-server", "on {member}")),
        "do not confirm fencing or start resources by hand because an agent is silent.",
    ),
    "size": Advice(
        "The cluster and the inventory do not name the same number of nodes.",
        (Step("crm_node -l", "on any node"), Step("hamon plan -i INVENTORY", "on the Nagios server")),
    ),
}  # fmt: skip
