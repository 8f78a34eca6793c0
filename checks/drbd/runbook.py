"""What to do about each DRBD finding. Data of the drbd and drbd_stack components.

Data are discarded in one entry only: where the generation identifiers of both nodes prove that they have diverged.
"""

from hamon.verdict import Advice, Step, other_check

STATE = Step("drbdsetup status {resource} --verbose --statistics", "on both nodes (8.4 shows more in /proc/drbd)")
ALL_STATES = Step("drbdsetup status --verbose --statistics", "on both nodes (8.4 shows more in /proc/drbd)")
CONFIG = Step("drbdadm dump {resource}", "addresses and port of the replication link")
KERNEL = Step("journalctl -k -g drbd -n 50")
BOTH_NODES = other_check("/drbd_cluster", "have the data diverged?")
CONNECT = Step(
    "drbdadm connect {resource}", "on the nodes that are StandAlone, after check_drbd_cluster excluded diverged data"
)
UP = Step("drbdadm up {resource}")

SOLVE = (
    Step("drbdadm get-gi {resource}", "on both nodes: keep the answers"),
    Step(remark="choose the victim, the node whose changes are thrown away: compare what was written on both, on read-only snapshots"),
    Step(remark="back up the victim's data"),
    Step("findmnt -t ext4,xfs", "on the victim: stop what uses the device, then umount it"),
    Step("drbdadm secondary {resource}", "on the victim"),
    Step("drbdadm disconnect {resource}", "on the victim, unless it is StandAlone"),
    Step("drbdadm connect --discard-my-data {resource}", "on the victim, ONLY there"),
    Step("drbdadm connect {resource}", "on the survivor, when it is StandAlone too"),
    STATE,
)  # fmt: skip

NODE = {
    "stand_alone": Advice(
        "DRBD dropped the connection and will not try again: both nodes wrote (split-brain), the peer was refused, or somebody disconnected it. "
        "Nothing is replicated. One node alone cannot know which.",
        (
            BOTH_NODES,
            Step("journalctl -k -g 'Split-Brain' -n 20", "what did DRBD say when it dropped the connection?"),
            Step("drbdadm get-gi {resource}", "on both nodes"),
            CONNECT,
        ),
        "do not throw away either side's data, and do not invalidate: whether they diverged, and whose are wanted, is not known here.",
    ),
    "two_primaries": Advice(
        "Both nodes may write to one device and no cluster file system was declared. Every other file system is destroyed by that.",
        (
            Step("findmnt -t ext4,xfs", "on both nodes: where is it used?"),
            Step(remark="stop the service on the node that should not have it, and umount there"),
            Step("drbdadm secondary {resource}", "there"),
            Step("fsck -n DEVICE", "afterwards, on the other node, unmounted"),
        ),
        "do not set allow-two-primaries to silence this.",
    ),
    "disconnected": Advice(
        "This node looks for its peer and does not find it: the peer is off, its resource is down, or the replication link is cut.",
        (
            CONFIG,
            Step("drbdsetup status {resource}", "on the peer"),
            Step("ss -tan '( sport = :7788 or dport = :7788 )'", "7788 is the usual port"),
        ),
        "do not promote the other node while this one may still be Primary: that makes a split-brain.",
    ),
    "diskless": Advice(
        "DRBD detached from the local disk, mostly after an I/O error. This node has no copy any more.",
        (
            Step("journalctl -k -g 'I/O error' -n 20"),
            Step("smartctl -a DISK"),
            Step("drbdadm attach {resource}", "when the disk is well (an empty new disk: drbdadm create-md first)"),
        ),
        "do not disconnect: the data come from the peer.",
    ),
    "inconsistent": Advice(
        "The local data are unusable and nothing brings them up to date: never synchronised, or the resync was broken off.",
        (STATE, CONNECT),
        "do not force this node to Primary: its data are not usable.",
    ),
    "outdated": Advice(
        "This node knows that the peer has newer data and refuses to become Primary. A connection brings it up to date.",
        (STATE, CONNECT),
        "do not force it to Primary: the newer data may be on a peer that merely does not answer.",
    ),
    "consistent": Advice("This passes while disks are attached or nodes agree whose data are newer.", (STATE,)),
    "resync": Advice(
        "The nodes are connected and one receives what it missed. Until that is done there is one usable copy only.",
        (STATE, Step("drbdadm disk-options --resync-rate=100M {resource}", "faster, for the time being")),
        "do not stop the node that is the source.",
    ),
    "paused": Advice(
        "A resync stands still: by hand (user), on the peer, or behind another resource (dependency).",
        (Step("drbdadm resume-sync {resource}", "on the node where it was paused"), STATE),
    ),
    "ahead": Advice(
        "The link cannot keep up. Writes are only noted down and sent later.",
        (STATE, Step("drbdadm dump {resource}", "on-congestion"), Step("ip -s link", "errors on the replication link?")),
    ),
    "peer_disk": Advice(
        "The peer has no usable copy. This node's disk is all there is.",
        (Step("drbdsetup status {resource}", "on the peer"), Step(KERNEL.command, "on the peer")),
        "do not stop or demote this node.",
    ),
    "differs": Advice(
        "An online verify found blocks that differ: a disk, a controller or memory is faulty, or somebody wrote beside DRBD.",
        (
            Step("journalctl -k -g 'Out of sync' -n 20", "which sectors"),
            Step("drbdsetup status {resource}", "which node is Primary: its blocks will be kept"),
            Step("drbdadm disconnect {resource}", "on the Secondary, when the Primary's blocks are proven good"),
            Step("drbdadm connect {resource}", "on the Secondary: the blocks that differ are copied to it"),
        ),
        "do not reconnect before you know which side is good: the other side's blocks are overwritten.",
    ),
    "client_lost": Advice(
        "A diskless node (a client, or a tie-breaker for quorum) is out of reach. No copy is lost. Its vote is, and what it ran.",
        (CONFIG, Step("drbdsetup status {resource}", "on the diskless node")),
        "do not add a copy or force anything because of it.",
    ),
    "diskless_client": Advice(
        "The resource is in use on a node without a disk of its own, and no connection leads to an up-to-date copy: its I/O fails or hangs.",
        (CONFIG, STATE, Step("drbdadm connect {resource}", "on the diskless node, when it is StandAlone")),
        "do not promote another node while this one still uses the resource.",
    ),
    "only_copy": Advice(
        "The resource has no peer in the kernel: this node has the only copy.",
        (CONFIG, Step("drbdadm --dry-run adjust {resource}", "should it have a peer?")),
    ),
    "suspended": Advice(
        "Processes on this device hang: DRBD holds I/O back until quorum, data or fencing is settled.",
        (
            STATE,
            BOTH_NODES,
            Step(remark="look at the peer's power state, by its BMC or by hand"),
            Step("drbdadm resume-io {resource}", "only when you have SEEN that the peer is off"),
        ),
        "do not resume while the peer may be alive, or merely does not answer: both would write.",
    ),
    "not_up": Advice(
        "The configuration has a resource that the kernel does not.",
        (UP, Step("journalctl -u drbd -u pacemaker -n 30"), Step("drbdadm --dry-run adjust {resource}")),
    ),
    "module": Advice(
        "There is no DRBD without the kernel module: a kernel update without drbd-dkms, or the service did not start.",
        (Step("modprobe drbd"), Step("dkms status"), Step("systemctl start drbd")),
    ),
    "empty": Advice(
        "There is nothing to judge here.",
        (Step("ls /etc/drbd.d"), Step(remark="take the host out of the group drbd, or give --expect RESOURCE")),
    ),
    "tool": Advice(
        "DRBD's tools did not report what they should.",
        (Step("drbdsetup events2 --now --statistics all"), Step("drbdadm sh-resources"), Step("dpkg -l drbd-utils", "with rpm: rpm -q drbd-utils")),
    ),
    "rights": Advice(
        "Root is needed where the distribution closes DRBD's files to others.",
        (Step("ls -l /etc/sudoers.d", "is the line that hamon generates there?"),),
    ),
    "timeout": Advice(
        "DRBD's tools hang: the kernel waits for a device or a lock.",
        (Step("dmesg -T"), Step("ps -eo pid,stat,wchan,args", "processes in state D")),
    ),
    "out_of_sync": Advice("More data than allowed differ from the peer's.", (STATE,)),
    "done": Advice("The resync is behind its threshold.", (STATE,)),
    "eta": Advice("The resync takes longer than allowed.", (Step("drbdadm disk-options --resync-rate=100M {resource}", "faster, for the time being"), STATE)),
}  # fmt: skip

CLUSTER = {
    "split_brain": Advice(
        "Two nodes wrote to their own copy of one resource. The data have diverged, nothing is replicated, and DRBD will not merge them: one "
        "side's changes will be thrown away.",
        SOLVE,
        "do not fail over, reboot or discard anything before the victim is chosen, nor while a node that may have newer data could not be asked.",
    ),
    "both_write": Advice(
        "Two nodes are Primary without a connection. From the first write on both their data diverge, and one side's changes are lost.",
        (
            Step("findmnt -t ext4,xfs", "on both nodes: which one do clients use?"),
            Step(remark="decide which node stays. On the other one stop the service, and umount"),
            Step("drbdadm secondary {resource}", "on the other node"),
            BOTH_NODES,
            CONNECT,
        ),
        "do not stop the node whose data are wanted, and throw nothing away before check_drbd_cluster proved that the data have diverged.",
    ),
    "suspected": Advice(
        "Both nodes dropped the connection and do not try again. That their data have diverged is not proven: they may be one connect apart.",
        (
            Step("journalctl -k -g 'Split-Brain' -n 20", "on both nodes: what did DRBD say?"),
            Step("drbdadm get-gi {resource}", "on both nodes: keep the answers"),
            Step("drbdadm connect {resource}", "on both nodes. DRBD compares the data and refuses when they have diverged"),
            BOTH_NODES,
        ),
        "do not promote the other node, and throw away neither side's data.",
    ),
    "two_primaries": NODE["two_primaries"],
    "stand_alone": NODE["stand_alone"],
    "link": Advice(
        "The nodes answer and do not see each other over the replication link. Every write on the Primary is missing on the other.",
        (
            CONFIG,
            Step("ss -tan '( sport = :7788 or dport = :7788 )'", "on both nodes, 7788 is the usual port"),
            Step("nft list ruleset", "on both nodes"),
        ),
        "do not promote the other node.",
    ),
    "lost": Advice(
        "One copy is all there is. Another failure ends the service.",
        (
            Step("ping -c 3 {member}", "why does it not answer?"),
            Step("drbdsetup status {resource}", "on {member}"),
            Step(UP.command, "on {member}, when it is down"),
        ),
        "do not promote or force either node: the one that could not be asked may be Primary.",
    ),
    "no_data": Advice(
        "The disk of every node is known, and none has up-to-date data.",
        (
            STATE,
            Step("drbdadm connect {resource}", "on both nodes: one may bring the other up to date"),
            Step("drbdadm get-gi {resource}", "on both nodes: whose data are newer?"),
            Step("drbdadm primary --force {resource}", "only on the node with the newest data, when every other copy is proven worse or lost"),
        ),
        "do not force a node while another one may have newer data: those are overwritten.",
    ),
    "no_data_seen": Advice(
        "No node that answered has up-to-date data. A node that could not be asked may have them, and may be Primary.",
        (Step("ping -c 3 {member}", "why does it not answer?"), Step("systemctl status nagios-nrpe-server", "on {member}"), BOTH_NODES),
        "do not force a node to Primary before every node answered or its disk is proven lost.",
    ),
    "no_primary": Advice(
        "Nobody uses the resource. Its service is down, unless it was stopped on purpose.",
        (
            Step("crm_mon -1 -r", "who should start it?"),
            BOTH_NODES,
            Step("drbdadm primary {resource}", "by hand, on ONE node, only where no cluster manager does it"),
        ),
        "do not promote a second node, nor one whose data are Outdated.",
    ),
    "no_primary_seen": Advice(
        "No node that answered is Primary. One that could not be asked may be, and serve.",
        (Step("ping -c 3 {member}", "why does it not answer?"), Step("systemctl status nagios-nrpe-server", "on {member}"), BOTH_NODES),
        "do not promote a node while the silent one may be Primary: that makes a split-brain.",
    ),
    "suspended": NODE["suspended"],
    "client_lost": NODE["client_lost"],
    "diskless_client": NODE["diskless_client"],
    "not_up": NODE["not_up"],
    "resync": NODE["resync"],
    "paused": NODE["paused"],
    "differs": NODE["differs"],
    "disk": Advice(
        "One copy is not usable. The other is all there is.",
        (other_check("{node}/drbd", "what does the node say?"), Step(KERNEL.command, "on {node}")),
        "do not stop the node with the good copy.",
    ),
    "module": NODE["module"],
    "unreachable": Advice(
        "The members' agents (NRPE) do not answer. Nothing is known about DRBD there.",
        (Step("ping -c 3 {member}"), Step("systemctl status nagios-nrpe-server", "on {member}")),
        "do not promote a node because the other's agent is silent.",
    ),
    "empty": NODE["empty"],
}  # fmt: skip
