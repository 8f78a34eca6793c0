"""What to do about Corosync's findings. Data of the corosync component."""

from hamon.checks.pacemaker.runbook import COMMON
from hamon.verdict import Advice, Step, other_check

LINKS = (Step("corosync-cfgtool -s"), Step("corosync-cfgtool -n", "each peer's links and addresses"))
PING = Step("ping -c 3 {peer}", "once for each network: the address of each link")

RUNBOOK = {
    **{key: COMMON[key] for key in ("not_running", "garbage", "timeout")},
    "rights": Advice(
        "Corosync answers root only, unless /etc/corosync/uidgid.d says otherwise.",
        (Step("ls -l /etc/sudoers.d", "is the line that hamon generates there?"),),
    ),
    "tool": Advice(
        "Corosync's tools are not on this host.",
        (
            Step("apt-get install corosync", "with dnf: corosync"),
            Step(
                "docker exec hacluster_corosync corosync-cfgtool -s",
                "in a container: give --exec 'docker exec hacluster_corosync'",
            ),
        ),
    ),
    "no_quorum": Advice(
        "This node sees too few votes. Pacemaker stops everything here (no-quorum-policy). The others may go on.",
        (other_check("/pacemaker_cluster", "is there a side with quorum?"), *LINKS),
        "do not lower the expected votes while the missing nodes may be alive: that makes a split-brain.",
    ),
    "missing_node": Advice(
        "A configured node is not in the membership: down, stopped, or its links are cut.",
        (Step("corosync-quorumtool -l"), *LINKS, PING, Step("systemctl status corosync", "on {peer}")),
    ),
    "no_vote": Advice(
        "Votes are missing while every node is there: mostly the quorum device, whose vote decides when the nodes are split.",
        (
            Step("corosync-quorumtool -s", "membership: Qdevice"),
            Step("corosync-qdevice-tool -s"),
            Step("corosync-qnetd-tool -l", "on the host of the device"),
        ),
    ),
    "link_down": Advice(
        "A redundant path is gone. The membership holds by the others, and nothing else reports it. The next cut splits the cluster.",
        (*LINKS, Step("ip -br link", "here and on {peer}"), Step(remark="the switch and the cable of that link")),
    ),
    "drops": Advice(
        "The link comes and goes: cabling, switch, MTU, or a host too busy to answer in time.",
        (Step("journalctl -u corosync -n 100", "look for: link down, retransmit, token"), *LINKS, PING),
    ),
    "few_links": Advice(
        "There are fewer links than there should be: redundancy was never set up, or an interface is missing.",
        (Step("grep -n addr /etc/corosync/corosync.conf"), *LINKS),
    ),
}
