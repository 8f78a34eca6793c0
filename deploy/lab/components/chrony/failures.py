"""Ways to lose the time."""

from hamon.lab.components.chrony.steps import unreached
from hamon.lab.failure import Failure, Verdict
from hamon.lab.scenarios.cluster import THREE, of
from hamon.lab.steps import every, gone, kill, start

CLUSTER = "chrony.cluster", "chrony_cluster"

IN_CLUSTER = (
    Failure(
        "chrony-killed",
        "chrony",
        "chronyd on pcm3 dies: its clock drifts freely",
        inject=(kill("pcm3", "chrony"),),
        visible=gone("pcm3", "chrony"),
        heal=(start("pcm3", "chrony"),),
        expects=(
            Verdict("pcm3", "chrony", "CRITICAL", "chronyd does not run"),
            Verdict(*CLUSTER, "WARNING", "1 of 3 members follow no time source, pcm3"),
        ),
    ),
    Failure(
        "chrony-source-lost",
        "chrony",
        "the time server dies: no member follows anything, the clocks run on as they last ran",
        inject=(kill("mon", "reference"),),
        visible=every(*(unreached(host) for host in THREE)),
        heal=(start("mon", "reference"),),
        expects=(
            *of("chrony", "WARNING", *THREE, words="follows no source"),
            Verdict(*CLUSTER, "WARNING", "3 of 3 members follow no time source"),
        ),
    ),
)
FAILURES = {"cluster": IN_CLUSTER}
