"""What to do about active/passive stacks on DRBD. Data of the drbd_stack component."""

from hamon.verdict import Advice, Step, other_check

MANAGER = Step("crm_mon -1 -r", "what does the cluster manager think?")
DIVERGED = other_check("/drbd_cluster", "have the data diverged?")
LOOK = (
    Step("drbdsetup status {resource}", "on both nodes: who is Primary?"),
    Step("findmnt -t ext4,xfs", "on both nodes"),
    Step("ip -br addr", "on both nodes"),
)

RUNBOOK = {
    "split_brain": Advice(
        "Two nodes are Primary for the storage of a service that may run on one only. Both copies are being written.",
        (
            DIVERGED,
            *LOOK,
            Step(remark="decide which node stays. On the other one stop the service, and umount"),
            Step("drbdadm secondary {resource}", "on the other node"),
        ),
        "do not restart the cluster manager on both nodes at once, and throw no data away before check_drbd_cluster was read.",
    ),
    "elsewhere": Advice(
        "A part of the stack is on a node that does not have the storage: clients reach the wrong node, or a service runs on an empty or old directory.",
        (
            *LOOK,
            MANAGER,
            Step(remark="stop the service on the node without the storage first"),
            Step("crm_resource --move --resource GROUP --node NODE", "to the Primary: address and service, as the manager names them"),
            Step("crm_resource --clear --resource GROUP", "when all is together: takes the constraint of the move away"),
        ),
        "do not mount or start anything by hand while a cluster manager runs.",
    ),
    "incomplete": Advice(
        "The node has the storage and not all that belongs on top: a failover stopped half-way, or something was stopped.",
        (
            *LOOK,
            MANAGER,
            Step("journalctl -u pacemaker -n 50", "why did it stop?"),
            Step("crm_resource --cleanup --resource GROUP", "when nothing of it runs on another node"),
        ),
        "do not start the missing part by hand, nor clean up, while a node could not be asked: it may run there.",
    ),
    "no_primary": Advice(
        "Every node answered, and none has the storage. The service is down.",
        (
            MANAGER,
            DIVERGED,
            Step("drbdadm primary {resource}", "by hand, on ONE node with up-to-date data, only where no cluster manager does it"),
        ),
        "do not promote a second node.",
    ),
    "no_primary_seen": Advice(
        "No node that answered has the storage. One that could not be asked may have it, and serve.",
        (
            Step("ping -c 3 {member}", "why does it not answer?"),
            Step("systemctl status nagios-nrpe-server", "on {member}"),
            MANAGER,
            DIVERGED,
        ),
        "do not promote a node by hand while the silent one may be Primary: that makes a split-brain.",
    ),
    "not_up": Advice("The resource is not up.", (Step("drbdadm up {resource}"), other_check("/drbd", "what is missing?"))),
    "module": Advice("DRBD is not running here.", (Step("modprobe drbd"), Step("drbdadm up all"))),
    "unknown_service": Advice(
        "The nodes were not asked for this process.",
        (Step(remark="give check_drbd_node the same --stack on the nodes as check_drbd_stack here"),),
    ),
    "unreachable": Advice(
        "A node that may have parts of the stack did not report them.",
        (Step("ping -c 3 {member}"), Step("systemctl status nagios-nrpe-server", "on {member}")),
        "do not promote or start anything elsewhere because an agent is silent.",
    ),
    "rights": Advice(
        "/proc is mounted with hidepid: this user does not see the processes of others. Whether a daemon runs is not known.",
        (
            Step("grep -w proc /proc/mounts"),
            Step(remark="mount it with gid=GROUP and put the agent's user into that group, or run the check by sudo"),
        ),
    ),
    "tool": Advice(
        "The node's tools did not report what they should.",
        (Step("drbdsetup events2 --now all"), Step("ip -j addr"), Step("cat /proc/mounts")),
    ),
    "timeout": Advice(
        "The node's tools hang.", (Step("dmesg -T"), Step("ps -eo pid,stat,wchan,args", "processes in state D"))
    ),
}  # fmt: skip
