"""Ways to break Corosync."""

from hamon.lab.failure import Failure
from hamon.lab.failures.cluster import of
from hamon.lab.steps.basic import MEND, every, isolate
from hamon.lab.steps.corosync import link_down, members

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
