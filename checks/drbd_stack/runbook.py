"""What to do about active/passive stacks on DRBD. Data of the drbd_stack component."""

from hamon.verdict import Advice

WHO = "crm_mon -1r (what does the cluster manager think?)"
LOOK = "on both nodes: drbdsetup status, findmnt -t ext4,xfs, ip -br addr, pgrep -a SERVICE"

RUNBOOK = {
    "split_brain": Advice(
        "Two nodes are Primary for the storage of a service that may run on one only: both copies are being written.",
        (
            "check_drbd_cluster (are the data split already?)",
            LOOK,
            "stop the service on the node that should not have it, umount, drbdadm secondary RES",
        ),
        "do not restart the cluster manager on both nodes at once.",
    ),
    "elsewhere": Advice(
        "A part of the stack is on a node that has not the storage: clients reach the wrong node, or a service runs on an empty or old directory.",
        (LOOK, WHO, "stop the service on the wrong node first, then move the address: crm resource move GROUP NODE"),
        "do not mount or start anything by hand while a cluster manager runs.",
    ),
    "incomplete": Advice(
        "The node has the storage and not all that belongs on top: a failover stopped half-way, or something was stopped.",
        (LOOK, WHO, "journalctl -u pacemaker -n 50", "crm resource cleanup GROUP"),
    ),
    "no_primary": Advice(
        "No node has the storage: the service is down.",
        (WHO, "check_drbd_cluster", "drbdadm primary RES (by hand, on ONE node)"),
    ),
    "not_up": Advice("The resource is not up.", ("drbdadm up RES", "check_drbd")),
    "module": Advice("DRBD is not running here.", ("modprobe drbd", "drbdadm up all")),
    "unknown_service": Advice(
        "The nodes were not asked for this process.",
        ("give check_drbd_node the same --stack on the nodes as check_drbd_stack here",),
    ),
    "unreachable": Advice(
        "A node that may have parts of the stack did not tell.",
        ("systemctl status nagios-nrpe-server on the members", "ping ADDRESS"),
    ),
    "tool": Advice(
        "The node's tools did not tell what they should.",
        ("drbdsetup events2 --now all", "ip -j addr", "cat /proc/mounts"),
    ),
    "timeout": Advice("The node's tools hang.", ("dmesg -T", "ps -eo pid,stat,wchan,args (processes in state D)")),
}
