"""Ways to break a DRBD pair."""

from hamon.lab.components.drbd.steps import differing, drbdadm, resync_rate, seen, shell, tool_is_silent
from hamon.lab.components.drbd_stack.steps import mount_and_write, throw_away, write
from hamon.lab.failure import Failure, Passing, Verdict
from hamon.lab.host.guests import DEVICE
from hamon.lab.scenarios.drbd import LONELY, NODES, PAIR, SPLIT_STACK, STACKED, TWO_MOUNTS
from hamon.lab.steps import MEND, every, isolate, otherwise, power_off, power_on, unpowered, wait

CUT = (isolate("drbd2"), wait(every(*(seen(node, connection="WFConnection") for node in NODES))))
EQUAL = every(*(seen(node, connection="Connected", disk="UpToDate", peer_disk="UpToDate") for node in NODES))
TOGETHER = wait(EQUAL)
BEHIND = (*CUT, write("drbd1", 9), *resync_rate("100k", *NODES), MEND)
"""drbd2 has missed data and gets them slowly."""
CATCH_UP = (*resync_rate("50M", *NODES), TOGETHER)

IN_DRBD = (
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
        allows=(
            Verdict(*STACKED, "WARNING", "is not known"),
            *(Verdict("drbd2", name, "CRITICAL") for name in ("nrpe", "drbd", "drbd_node")),
        ),
    ),
    Failure(
        "drbd-reconnect",
        "drbd",
        "a short disconnection and the resync after it",
        inject=(drbdadm("drbd2", "disconnect"), write("drbd1", 1), drbdadm("drbd2", "connect"), TOGETHER),
        visible=seen("drbd2", connection="Connected", disk="UpToDate"),
        heal=(),
        passing=(
            Passing(
                otherwise(EQUAL),
                (
                    Verdict("drbd1", "drbd", "WARNING"),
                    Verdict("drbd2", "drbd", "CRITICAL"),
                    Verdict(*PAIR, "WARNING"),
                ),
            ),
        ),
    ),
)
FAILURES = {"drbd": IN_DRBD}
