"""Ways to break Corosync."""

from hamon.lab.components.corosync.steps import link_down, members
from hamon.lab.components.pacemaker.steps import cleanup, option
from hamon.lab.failure import Failure, Verdict
from hamon.lab.scenarios.cluster import CLUSTER_3, GONE_3, NO_FENCING, SHORT, THREE, of
from hamon.lab.steps import MEND, end, every, gone, isolate, kill, start

FENCING_OFF, FENCING_ON = (option("pcm1", "stonith-enabled", value) for value in ("false", "true"))

IN_CLUSTER = (
    Failure(
        "corosync-link-down",
        "corosync",
        "the first of two links is cut: the membership holds on the second one",
        inject=(isolate("two1", links=(0,)),),
        visible=every(link_down("two1", 2, 0), link_down("two2", 1, 0), members("two1", 2)),
        heal=(MEND,),
        expects=of("corosync", "WARNING", "two1", "two2", words="link 0"),
    ),
    Failure(
        "corosync-killed",
        "corosync",
        "corosync on pcm3 dies by SIGKILL while fencing is off",
        inject=(FENCING_OFF, kill("pcm3", "corosync")),
        visible=every(gone("pcm3", "corosync"), members("pcm1", 2)),
        heal=(
            end("pcm3", "pacemaker"),
            start("pcm3", "corosync"),
            start("pcm3", "pacemaker"),
            FENCING_ON,
            cleanup("pcm1"),
        ),
        expects=(
            Verdict(*CLUSTER_3, "CRITICAL", "pcm3"),
            Verdict("pcm3", "corosync", "CRITICAL", "corosync is not running"),
            Verdict("pcm3", "pacemaker", "CRITICAL", "corosync is not running"),
            *NO_FENCING[:2],
            *GONE_3,
            *of(*SHORT, words="pcm3"),
        ),
        # until the membership's news is in the CIB, pcm3 counts as UNCLEAN
        allows=of("fencing", "CRITICAL", *THREE),
    ),
)
FAILURES = {"cluster": IN_CLUSTER}
