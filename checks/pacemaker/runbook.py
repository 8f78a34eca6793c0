"""What to do about Pacemaker's findings. Data of the pacemaker component; commands of pcs and crmsh side by side."""

from hamon.verdict import Advice

LOG = "journalctl -u pacemaker -n 100 (or /var/log/pacemaker/pacemaker.log) on the DC"

COMMON = {
    "not_running": Advice(
        "The cluster's daemons are dead on this node: the others fence it or go on without it.",
        (
            "systemctl status corosync pacemaker",
            "journalctl -u corosync -u pacemaker -n 50",
            "systemctl start pacemaker (starts corosync too)",
        ),
        "do not start it before the network between the members works.",
    ),
    "no_status": Advice(
        "The tools gave no status although the daemons run.", ("crm_mon -1", "systemctl status pacemaker corosync")
    ),
    "garbage": Advice(
        "The tool's answer is cut off or of a kind that hamon does not know; no verdict can be built on it.",
        ("crm_mon --output-as=xml", "crm_mon --version"),
    ),
    "rights": Advice(
        "Pacemaker talks to root and the group haclient only.",
        ("let the generated sudoers line in, or: usermod -aG haclient nagios",),
    ),
    "tool": Advice(
        "The cluster's tools are not on this host.",
        (
            "apt-get install pacemaker-cli-utils, or dnf install pacemaker-cli",
            "in a container: --exec 'docker exec hacluster_pacemaker'",
        ),
    ),
    "timeout": Advice(
        "The cluster's daemons take connections and do not answer.",
        ("ps -C corosync,pacemakerd,pacemaker-based,pacemaker-controld -o pid,stat,etime,comm", LOG),
    ),
}

NODE = {
    **COMMON,
    "no_quorum": Advice(
        "This side sees less than half of the votes. With no-quorum-policy=stop everything is down here, on purpose: the others may run it.",
        (
            "check_pacemaker_cluster (is there a side with quorum?)",
            "corosync-quorumtool -s",
            "corosync-cfgtool -s (which links are down?)",
        ),
        "do not set no-quorum-policy=ignore or expected-votes by hand while the others may be alive: that makes the split-brain.",
    ),
    "policy": Advice(
        "Whoever is cut off goes on as if alone: with three nodes and more that is only for clusters whose fencing works.",
        (
            "crm configure property no-quorum-policy=stop, or: pcs property set no-quorum-policy=stop",
            "check_fencing (could a node be fenced?)",
        ),
    ),
    "no_dc": Advice(
        "No node leads. That lasts seconds after a failure; longer means that the members cannot agree.",
        ("crm_mon -1", "corosync-cfgtool -s", LOG),
    ),
    "unclean": Advice(
        "The cluster does not know whether that node still writes, so it frees none of its resources until the node is fenced.",
        (
            "stonith_admin --history NODE --verbose",
            "stonith_admin --reboot NODE (again, after repairing the device)",
            "when you have SEEN that the node is off: stonith_admin --confirm NODE",
        ),
        "do not confirm the fencing of a node that may be alive: both would run the resources on the same data.",
    ),
    "lost": Advice(
        "The node went without saying goodbye: a crash, a power loss, or its network. Without fencing nobody knows whether it still runs.",
        (
            "ping NODE; ssh NODE uptime; its BMC's console",
            "check_pacemaker_cluster (does it run the same resources by itself?)",
            "corosync-cfgtool -s",
        ),
    ),
    "fenced": Advice(
        "The node was switched off to protect the data and has not come back.",
        (
            "its BMC's console and power state",
            "stonith_admin --history NODE --verbose",
            "find out why it was fenced: " + LOG,
        ),
    ),
    "left": Advice(
        "Pacemaker was stopped there in order; it comes back when somebody starts it.",
        ("systemctl start pacemaker (there)", "last -x shutdown reboot (there)"),
    ),
    "remote": Advice(
        "The connection to pacemaker_remote on that host is down.",
        ("systemctl status pacemaker_remote (there)", "crm_resource --cleanup --resource NODE"),
    ),
    "pending": Advice(
        "The node is in corosync's membership and not in Pacemaker's.",
        ("systemctl status pacemaker (there)", "journalctl -u pacemaker -n 50 (there)"),
    ),
    "standby": Advice(
        "Somebody put the node in standby; it runs nothing and is missing when another one fails.",
        ("crm node online NODE, or: pcs node unstandby NODE",),
    ),
    "standby_onfail": Advice(
        "A resource with on-fail=standby failed there and drove everything off the node.",
        ("crm_mon -1 -f", "crm_resource --cleanup --resource RESOURCE --node NODE"),
    ),
    "maintenance": Advice(
        "The cluster leaves the node's resources alone: nothing there is recovered.",
        ("crm node ready NODE, or: pcs node unmaintenance NODE",),
    ),
    "maintenance_mode": Advice(
        "The whole cluster only looks on: no failover, no restart, no fencing. High availability is off.",
        (
            "crm configure property maintenance-mode=false, or: pcs property set maintenance-mode=false",
            "crm_simulate -sL (what will it do then?)",
        ),
    ),
    "stop_all": Advice(
        "Somebody set stop-all-resources.", ("crm_attribute -t crm_config -n stop-all-resources -v false",)
    ),
    "health": Advice(
        "A health agent (SMART, SysInfo, ...) marked the node; node-health-strategy decides what follows.",
        ("crm_mon -1 -A", "crm_attribute -N NODE -t status -D -n '#health-...'"),
    ),
    "blocked": Advice(
        "Its stop failed, and without fencing (or with on-fail=block) the cluster dares nothing more: it may still run there.",
        (
            "crm_mon -1 -r -f",
            "stop it by hand on that node and make sure that it is gone",
            "crm_resource --cleanup --resource RESOURCE",
        ),
        "do not clean up before it is really stopped: the cluster would start a second one.",
    ),
    "failed": Advice(
        "The cluster could not bring it back.",
        (
            "crm_mon -1 -r -f",
            "crm_resource --resource RESOURCE --force-check -V (there)",
            "crm_resource --cleanup --resource RESOURCE",
        ),
    ),
    "stopped": Advice(
        "It should run and no node may run it: barred everywhere, waiting for another resource, or no node fits.",
        (
            "crm_simulate -sL (scores: -INFINITY forbids)",
            "crm_mon -1 -r -f",
            "crm_resource --cleanup --resource RESOURCE",
        ),
    ),
    "unpromoted": Advice(
        "All instances run and none is promoted: nobody takes writes.",
        ("crm_mon -1 -A (master-... attributes: who may?)", LOG),
    ),
    "removed": Advice(
        "It was deleted from the configuration while it ran.",
        ("crm_resource --cleanup --resource RESOURCE", "stop it by hand there"),
    ),
    "unmanaged": Advice(
        "The cluster looks on and does not recover it.",
        ("crm resource manage RESOURCE, or: pcs resource manage RESOURCE",),
    ),
    "disabled": Advice(
        "Somebody stopped it (target-role=Stopped).", ("crm resource start RESOURCE, or: pcs resource enable RESOURCE",)
    ),
    "barred": Advice(
        "Its fail-count reached the migration-threshold there (INFINITY after a failed start): that node is no longer a place to fail over to.",
        ("crm_mon -1 -f", "find out why: " + LOG, "crm_resource --cleanup --resource RESOURCE --node NODE"),
    ),
    "failure": Advice(
        "An action failed and the cluster dealt with it; again and again it will run out of nodes.",
        ("crm_mon -1 -f", "crm_resource --cleanup --resource RESOURCE"),
    ),
    "leftover": Advice(
        "crm_resource --move and --ban work by a constraint that stays until it is removed: the next failover finds no place, or goes where it should not.",
        (
            "crm_resource --clear --resource RESOURCE, or: pcs resource clear RESOURCE",
            "cibadmin --query --scope constraints",
        ),
    ),
    "split_brain": Advice(
        "One thing runs twice: two writers on the same data, or one address on two hosts.",
        (
            "decide which side lives; stop Pacemaker on the other NOW: systemctl stop pacemaker corosync",
            "compare the data of both before the other comes back",
            "set up fencing: check_fencing",
        ),
        "do not just heal the network: which instance is stopped then is chance.",
    ),
}

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
            "unpromoted",
            "garbage",
            "health",
            "maintenance_mode",
            "not_running",
        )
    },
    "split": Advice(
        "Two parts of one cluster do not see each other and both have quorum: each starts everything. In a two-node cluster without fencing that is "
        "what a cut link does. Both sides look healthy from inside.",
        (
            "decide which side lives; on the other: systemctl stop pacemaker corosync, NOW",
            "corosync-cfgtool -s on both (which links are down?)",
            "compare the data of both sides before you join them",
        ),
        "do not just heal the network: services and addresses are live on both sides, and data written on one is lost or mixed.",
    ),
    "cut_off": Advice(
        "That member lives and has lost the others. It has no quorum, so it should run nothing; the side with quorum goes on.",
        ("corosync-cfgtool -s (there)", "crm_mon -1 (there: nothing may run)", "ip -br link (there)"),
    ),
    "disagree": Advice(
        "Members tell different things, even when asked twice: a change under way, or a node that hangs.",
        ("crm_mon -1 on each of them", LOG),
    ),
    "unreachable": Advice(
        "The members' agents (NRPE) do not answer: nothing is known about the cluster.",
        ("systemctl status nagios-nrpe-server on the members", "ping ADDRESS"),
    ),
    "size": Advice(
        "The cluster and the inventory do not name the same number of nodes.",
        ("crm_node -l", "hamon plan -i INVENTORY"),
    ),
}
