"""What to do about Corosync's findings. Data of the corosync component."""

from hamon.checks.pacemaker.runbook import COMMON
from hamon.verdict import Advice

LINKS = ("corosync-cfgtool -s", "corosync-cfgtool -n", "ping -I ADDRESS_OF_THIS_LINK PEER")

RUNBOOK = {
    **{key: COMMON[key] for key in ("not_running", "garbage", "timeout")},
    "rights": Advice(
        "Corosync answers root only, unless /etc/corosync/uidgid.d says otherwise.",
        ("let the generated sudoers line in",),
    ),
    "tool": Advice(
        "Corosync's tools are not on this host.",
        (
            "apt-get install corosync, or dnf install corosync",
            "in a container: --exec 'docker exec hacluster_corosync'",
        ),
    ),
    "no_quorum": Advice(
        "This node sees too few votes. Pacemaker stops everything here (no-quorum-policy); the others may go on.",
        ("check_pacemaker_cluster (is there a side with quorum?)", *LINKS),
        "do not lower expected_votes while the missing nodes may be alive.",
    ),
    "missing_node": Advice(
        "A configured node is not in the membership: down, stopped, or its links are cut.",
        ("corosync-quorumtool -l", *LINKS, "systemctl status corosync (there)"),
    ),
    "no_vote": Advice(
        "Votes are missing while every node is there: mostly the quorum device, whose vote decides when the nodes are split.",
        (
            "corosync-quorumtool -s (membership: Qdevice)",
            "corosync-qdevice-tool -s",
            "corosync-qnetd-tool -l on its host",
        ),
    ),
    "link_down": Advice(
        "A redundant path is gone; the membership holds by the others and nothing else tells of it. The next cut splits the cluster.",
        (*LINKS, "ip -br link; ethtool INTERFACE; the switch"),
    ),
    "drops": Advice(
        "The link comes and goes: cabling, switch, MTU, or a host too busy to answer in time.",
        ("journalctl -u corosync -n 100 (link down, retransmit, token)", *LINKS),
    ),
    "few_links": Advice(
        "There are fewer links than there should be: redundancy was never set up, or an interface is missing.",
        ("grep -n addr /etc/corosync/corosync.conf", *LINKS),
    ),
}
