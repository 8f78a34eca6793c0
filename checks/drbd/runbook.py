"""What to do about each DRBD finding. Data of the drbd and drbd_stack components."""

from hamon.verdict import Advice

STATE = "drbdsetup status --verbose --statistics (on both nodes), cat /proc/drbd"
SOLVE = (
    "choose the victim, the node whose changes are thrown away: compare on both what was written (mount -o ro on a snapshot)",
    "on the victim: stop what uses it, umount, drbdadm secondary RES (drbdadm disconnect RES unless it is StandAlone)",
    "on the victim: drbdadm -- --discard-my-data connect RES (8.4 and later also: drbdadm connect --discard-my-data RES)",
    "on the survivor: drbdadm connect RES (when it is StandAlone too), then watch drbdsetup status",
)

NODE = {
    "stand_alone": Advice(
        "DRBD dropped the connection and will not try again: both nodes had written (split-brain), the peer was refused, or somebody "
        "disconnected it. Nothing is replicated. check_drbd_cluster tells which.",
        (
            "journalctl -k -g 'drbd.*(Split-Brain|StandAlone)' (or dmesg)",
            "drbdsetup get-gi MINOR (on both nodes; DRBD 9: RES PEER_NODE_ID VOLUME)",
            *SOLVE,
        ),
        "do not connect with --discard-my-data on the node whose data are wanted, and do not invalidate before both sides were looked at.",
    ),
    "two_primaries": Advice(
        "Both nodes may write to one device and no cluster file system was declared: every other file system is destroyed by that.",
        ("umount on the node that should not have it", "drbdadm secondary RES there", "fsck -n DEVICE afterwards"),
        "do not set allow-two-primaries to silence this.",
    ),
    "disconnected": Advice(
        "This node looks for its peer and does not find it: the peer is off, its resource is down, or the replication link is cut.",
        (
            "ping the peer's replication address (drbdadm dump RES)",
            "drbdsetup status (on the peer)",
            "ss -tan '( sport = :7788 or dport = :7788 )' (port: drbdadm dump RES)",
        ),
        "do not promote the other node while this one may still be Primary: that is how a split-brain is made.",
    ),
    "diskless": Advice(
        "DRBD detached from the local disk, mostly after an I/O error; this node has no copy any more.",
        (
            "journalctl -k -g 'drbd|I/O error'",
            "smartctl -a DISK",
            "drbdadm attach RES (after the disk is well or replaced; new disk: drbdadm create-md RES first)",
        ),
        "do not disconnect: the data come from the peer.",
    ),
    "inconsistent": Advice(
        "The local data are unusable and nothing brings them up to date: never synchronised, or the resync was broken off.",
        (STATE, "drbdadm connect RES", "new pair only: drbdadm primary --force RES on the node whose data are wanted"),
        "do not use primary --force on an old pair.",
    ),
    "outdated": Advice(
        "This node knows that the peer has newer data and refuses to become Primary. A connection brings it up to date.",
        (STATE, "drbdadm connect RES"),
        "do not force it to Primary unless the peer is lost for good.",
    ),
    "consistent": Advice("A state of passage, while disks are attached or nodes agree whose data are newer.", (STATE,)),
    "resync": Advice(
        "The nodes are connected and one receives what it missed; until then there is one usable copy only.",
        (STATE, "drbdadm disk-options --resync-rate=RATE RES (speed it up)"),
        "do not stop the node that is the source.",
    ),
    "paused": Advice(
        "A resync stands still: by hand (user), on the peer, or behind another resource (dependency).",
        ("drbdadm resume-sync RES (on the node where it was paused)", STATE),
    ),
    "ahead": Advice(
        "The link cannot keep up; writes are only noted down and sent later.",
        (STATE, "drbdadm dump RES (on-congestion)", "iftop on the replication link"),
    ),
    "peer_disk": Advice(
        "The peer has no usable copy; this node's disk is all there is.",
        ("drbdsetup status (on the peer)", "journalctl -k -g drbd (on the peer)"),
    ),
    "differs": Advice(
        "An online verify found blocks that differ: a disk, a controller or memory lies, or somebody wrote beside DRBD.",
        (
            "journalctl -k -g 'Out of sync' (which sectors)",
            "choose the good side; on the bad one: drbdadm disconnect RES, drbdadm connect --discard-my-data RES",
        ),
        "a disconnect and connect copies from the SyncSource: be sure which side is good.",
    ),
    "suspended": Advice(
        "Processes on this device hang: DRBD holds I/O back until quorum, data or fencing is settled.",
        (STATE, "drbdadm resume-io RES (only when the peer is surely off)"),
    ),
    "not_up": Advice(
        "The configuration has a resource that the kernel does not.",
        ("drbdadm up RES", "journalctl -u drbd -u pacemaker -n 30", "drbdadm --dry-run adjust RES"),
    ),
    "module": Advice(
        "No DRBD without the kernel module: after a kernel update without drbd-dkms, or the service did not start.",
        ("modprobe drbd", "dkms status", "systemctl start drbd"),
    ),
    "empty": Advice(
        "There is nothing to judge here.",
        ("ls /etc/drbd.d", "take the host out of the group drbd, or give --expect RES"),
    ),
    "tool": Advice(
        "DRBD's tools did not tell what they should.",
        ("drbdsetup events2 --now --statistics all", "drbdadm sh-resources", "dpkg -l drbd-utils (or rpm -q)"),
    ),
    "rights": Advice(
        "Root is needed where the distribution closes DRBD's files to others.", ("run the check by sudo",)
    ),
    "timeout": Advice(
        "DRBD's tools hang: the kernel waits for a device or a lock.",
        ("dmesg -T", "ps -eo pid,stat,wchan,args (processes in state D)"),
    ),
    "out_of_sync": Advice("More data than allowed differ from the peer's.", (STATE,)),
    "done": Advice("The resync is behind its threshold.", (STATE,)),
    "eta": Advice("The resync takes longer than allowed.", ("drbdadm disk-options --resync-rate=RATE RES", STATE)),
}

CLUSTER = {
    "split_brain": Advice(
        "Two nodes wrote to their own copy of one resource. The data are different, nothing is replicated, and DRBD will not merge them: "
        "one side's changes are thrown away.",
        SOLVE,
        "do not fail over, reboot or run --discard-my-data before the victim is chosen.",
    ),
    "two_primaries": NODE["two_primaries"],
    "stand_alone": NODE["stand_alone"],
    "link": Advice(
        "The nodes answer and do not see each other over the replication link. Every write on the Primary is missing on the other.",
        (
            "ping the replication addresses (drbdadm dump RES)",
            "ss -tan '( sport = :7788 or dport = :7788 )' (port: drbdadm dump RES)",
            "nft list ruleset",
        ),
        "do not promote the other node.",
    ),
    "lost": Advice(
        "One copy is all there is: another failure ends the service.",
        ("hamon or ping: why does the other node not answer?", "drbdsetup status (there)", "drbdadm up RES (there)"),
    ),
    "no_data": Advice(
        "No node that could be asked has up-to-date data.",
        (STATE, "drbdadm connect RES (on both)", "the node with the newest data for sure: drbdadm primary --force RES"),
        "do not force a node before the others are found to be worse or lost.",
    ),
    "no_primary": Advice(
        "Nobody uses the resource: its service is down, unless it was stopped on purpose.",
        ("crm_mon -1r (who should start it?)", "drbdadm primary RES (by hand)"),
    ),
    "not_up": NODE["not_up"],
    "resync": NODE["resync"],
    "paused": NODE["paused"],
    "differs": NODE["differs"],
    "disk": Advice(
        "One copy is not usable; the other is all there is.",
        ("check_drbd on that node", "journalctl -k -g drbd (there)"),
    ),
    "module": NODE["module"],
    "unreachable": Advice(
        "The members' agents (NRPE) do not answer: nothing is known about DRBD there.",
        ("systemctl status nagios-nrpe-server on the members", "ping ADDRESS"),
    ),
    "empty": NODE["empty"],
}
