"""Ways to break a DRBD pair and the service on it."""

from hamon.lab.components.drbd.steps import (
    address,
    differing,
    drbdadm,
    mount_and_write,
    move_stack,
    resync_rate,
    seen,
    shell,
    stack_at,
    start_database,
    take_stack,
    throw_away,
    tool_is_silent,
    write,
)
from hamon.lab.failure import Failure, Verdict
from hamon.lab.host.guests import DEVICE
from hamon.lab.host.hosts import STACK
from hamon.lab.steps import MEND, every, isolate, kill, power_off, power_on, stop, unpowered, wait

NODES = ("drbd1", "drbd2")
PAIR = "drbd.cluster", "drbd_cluster"
STACKED = "drbd_stack.cluster", "drbd_stack"
CUT = (isolate("drbd2"), wait(every(*(seen(node, connection="WFConnection") for node in NODES))))
LONELY = tuple(Verdict(node, "drbd", "WARNING", "no connection") for node in NODES)
TOGETHER = wait(every(*(seen(node, connection="Connected", disk="UpToDate", peer_disk="UpToDate") for node in NODES)))
BEHIND = (*CUT, write("drbd1", 9), *resync_rate("100k", *NODES), MEND)
"""drbd2 has missed data and gets them slowly."""
CATCH_UP = (*resync_rate("50M", *NODES), TOGETHER)
SPLIT_STACK = Verdict(*STACKED, "CRITICAL", "is Primary on drbd1 and drbd2")
TWO_MOUNTS = Verdict("drbd2", "drbd_node", "CRITICAL")
WHOLE_STACK = Verdict("drbd1", "drbd_node", "CRITICAL")

FAILURES = (
    Failure(
        "drbd-link-cut",
        "drbd",
        "the replication link is cut: each node looks for the other in vain",
        inject=CUT[:1],
        visible=every(*(seen(node, connection="WFConnection", peer_disk="DUnknown") for node in NODES)),
        heal=(MEND,),
        expects=(Verdict(*PAIR, "WARNING", "link is cut"), *LONELY),
    ),
    Failure(
        "drbd-dual-primary",
        "drbd",
        "the link is cut and somebody makes the other node Primary, too: both may write",
        inject=(*CUT, drbdadm("drbd2", "primary")),
        visible=every(*(seen(node, connection="WFConnection", role="Primary") for node in NODES)),
        heal=(throw_away("drbd2", "drbd1"), MEND),
        expects=(Verdict(*PAIR, "CRITICAL", "SPLIT-BRAIN"), SPLIT_STACK),
        allows=(*LONELY, TWO_MOUNTS),
    ),
    Failure(
        "drbd-split-brain",
        "drbd",
        "both nodes wrote during a cut and refuse each other after it: `drbdadm status` exits 0 and prints no connection",
        inject=(*CUT, write("drbd1", 1), drbdadm("drbd2", "primary"), mount_and_write("drbd2"), MEND),
        visible=every(*(seen(node, connection="StandAlone") for node in NODES[:1]), tool_is_silent("drbd1")),
        heal=(throw_away("drbd2", "drbd1"),),
        expects=(
            Verdict(*PAIR, "CRITICAL", "SPLIT-BRAIN"),
            Verdict("drbd1", "drbd", "CRITICAL", "StandAlone"),
            SPLIT_STACK,
        ),
        # on the way there they are without a connection
        allows=(Verdict("drbd2", "drbd", "CRITICAL"), TWO_MOUNTS),
        visible_within=60.0,
    ),
    Failure(
        "drbd-resync",
        "drbd",
        "after a cut the second node gets what it missed, slowly: until then there is one copy",
        inject=BEHIND,
        visible=every(seen("drbd1", connection="SyncSource"), seen("drbd2", connection="SyncTarget")),
        heal=CATCH_UP,
        expects=(Verdict(*PAIR, "WARNING", "resync of drbd2 runs"),),
        allows=tuple(Verdict(node, "drbd", "WARNING") for node in NODES),
    ),
    Failure(
        "drbd-resync-paused",
        "drbd",
        "somebody pauses the resync and forgets it",
        inject=(*BEHIND, wait(seen("drbd2", connection="SyncTarget")), drbdadm("drbd2", "pause-sync")),
        visible=every(seen("drbd1", connection="PausedSyncS"), seen("drbd2", connection="PausedSyncT")),
        heal=(drbdadm("drbd2", "resume-sync"), *CATCH_UP),
        expects=(
            Verdict(*PAIR, "WARNING", "paused"),
            *(Verdict(node, "drbd", "WARNING", "paused") for node in NODES),
        ),
        like="drbd-resync",
    ),
    Failure(
        "drbd-diskless",
        "drbd",
        "drbd2 lets go of its disk, as after an I/O error",
        inject=(drbdadm("drbd2", "detach"),),
        visible=every(seen("drbd2", disk="Diskless"), seen("drbd1", peer_disk="Diskless")),
        heal=(drbdadm("drbd2", "attach"),),
        expects=(
            Verdict(*PAIR, "WARNING", "Diskless on drbd2"),
            Verdict("drbd2", "drbd", "CRITICAL", "Diskless"),
            Verdict("drbd1", "drbd", "WARNING", "Diskless"),
        ),
    ),
    Failure(
        "drbd-outdated",
        "drbd",
        "drbd2 is disconnected and knows that its data are old",
        inject=(drbdadm("drbd2", "disconnect"), drbdadm("drbd2", "outdate")),
        visible=seen("drbd2", connection="StandAlone", disk="Outdated"),
        heal=(drbdadm("drbd2", "connect"),),
        expects=(Verdict(*PAIR, "WARNING", "Outdated on drbd2"), Verdict("drbd2", "drbd", "CRITICAL", "Outdated")),
        allows=LONELY,
        like="drbd-diskless",
    ),
    Failure(
        "drbd-disconnected",
        "drbd",
        "an administrator disconnects drbd2 and forgets it",
        inject=(drbdadm("drbd2", "disconnect"),),
        visible=every(seen("drbd2", connection="StandAlone"), seen("drbd1", connection="WFConnection")),
        heal=(drbdadm("drbd2", "connect"),),
        expects=(Verdict(*PAIR, "WARNING", "data not diverged"), Verdict("drbd2", "drbd", "CRITICAL", "StandAlone")),
        allows=LONELY,
        like="drbd-link-cut",
    ),
    Failure(
        "drbd-verify-differs",
        "drbd",
        "blocks on drbd2's disk rot below DRBD; a verify finds them",
        inject=(
            shell(
                "drbd2",
                "overwrite blocks below DRBD",
                f"dd if=/dev/urandom of={DEVICE} bs=4k seek=14000 count=10 conv=notrunc,fsync status=none",
            ),
            drbdadm("drbd1", "verify"),
            wait(seen("drbd1", connection="Connected")),
        ),
        visible=differing("drbd1"),
        heal=(drbdadm("drbd2", "disconnect"), drbdadm("drbd2", "connect"), TOGETHER),
        expects=(
            Verdict(*PAIR, "WARNING", "differ between the nodes"),
            *(Verdict(node, "drbd", "WARNING", "a verify found them") for node in NODES),
        ),
    ),
    Failure(
        "drbd-power-loss",
        "drbd",
        "the Secondary loses power",
        inject=(power_off("drbd2"),),
        visible=every(unpowered("drbd2"), seen("drbd1", connection="WFConnection")),
        heal=(power_on("drbd2"),),
        expects=(
            Verdict("drbd2", "", "DOWN"),
            Verdict(*PAIR, "WARNING", "up to date only on drbd1"),
            Verdict("drbd1", "drbd", "WARNING", "no connection"),
        ),
        allows=tuple(Verdict("drbd2", name, "CRITICAL") for name in ("nrpe", "drbd", "drbd_node")),
    ),
    Failure(
        "drbd-primary-power-loss",
        "drbd_stack",
        "the Primary loses power and nobody promotes the other node: the service is gone",
        inject=(power_off("drbd1"),),
        visible=every(unpowered("drbd1"), seen("drbd2", connection="WFConnection", role="Secondary")),
        heal=(power_on("drbd1"), take_stack("drbd1")),
        expects=(Verdict("drbd1", "", "DOWN"), Verdict(*STACKED, "CRITICAL", "Primary on no node that answers")),
        allows=(
            Verdict(*PAIR, "WARNING"),
            Verdict("drbd2", "drbd", "WARNING"),
            *(Verdict("drbd1", name, "CRITICAL") for name in ("nrpe", "drbd", "drbd_node")),
        ),
    ),
    Failure(
        "stack-service-dead",
        "drbd_stack",
        "MariaDB dies on the Primary; storage, mount and address stay",
        inject=(kill("drbd1", STACK.service),),
        visible=stack_at(runs=""),
        heal=(start_database("drbd1"),),
        expects=(Verdict(*STACKED, "CRITICAL", "mariadbd is not running on drbd1"), WHOLE_STACK),
    ),
    Failure(
        "stack-unmounted",
        "drbd_stack",
        "the file system is gone from the Primary, and MariaDB with it",
        inject=(stop("drbd1", STACK.service), shell("drbd1", "umount", f"umount {STACK.mount}")),
        visible=stack_at(mounted="", runs=""),
        heal=(shell("drbd1", "mount", f"mount /dev/drbd0 {STACK.mount}"), start_database("drbd1")),
        expects=(Verdict(*STACKED, "CRITICAL", "is not mounted on drbd1"), WHOLE_STACK),
        like="stack-service-dead",
    ),
    Failure(
        "stack-address-elsewhere",
        "drbd_stack",
        "the address is on the node that has not the storage",
        inject=(address("drbd1", False), address("drbd2", True)),
        visible=stack_at(held="drbd2"),
        heal=(address("drbd2", False), address("drbd1", True)),
        expects=(
            Verdict(*STACKED, "CRITICAL", "is held on drbd2"),
            WHOLE_STACK,
            Verdict("drbd2", "drbd_node", "CRITICAL"),
        ),
    ),
    Failure(
        "stack-failover",
        "drbd_stack",
        "the whole stack is moved to the other node, properly, and back",
        inject=(move_stack("drbd1", "drbd2"),),
        visible=stack_at(*("drbd2",) * 4),
        heal=(move_stack("drbd2", "drbd1"),),
        # the seconds on the way can be a hard state where checks run every few
        allows=(Verdict(*STACKED, "CRITICAL"), *(Verdict(node, "drbd_node", "CRITICAL") for node in NODES)),
    ),
    Failure(
        "drbd-reconnect",
        "drbd",
        "a short disconnection and the resync after it",
        inject=(drbdadm("drbd2", "disconnect"), write("drbd1", 1), drbdadm("drbd2", "connect"), TOGETHER),
        visible=seen("drbd2", connection="Connected", disk="UpToDate"),
        heal=(),
        allows=(Verdict("drbd1", "drbd", "WARNING"), Verdict("drbd2", "drbd", "CRITICAL")),
    ),
)
