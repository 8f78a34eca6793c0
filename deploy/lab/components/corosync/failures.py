"""Ways to break Corosync."""

from hamon.lab.components.corosync.steps import link_down, members
from hamon.lab.failure import Failure
from hamon.lab.scenarios.cluster import of
from hamon.lab.steps import MEND, every, isolate

FAILURES = (
    Failure(
        "corosync-link-down",
        "corosync",
        "the first of two links is cut: the membership holds on the second one",
        inject=(isolate("two1", links=(0,)),),
        visible=every(link_down("two1", 2, 0), link_down("two2", 1, 0), members("two1", 2)),
        heal=(MEND,),
        expects=of("corosync", "WARNING", "two1", "two2", words="link 0"),
    ),
)
