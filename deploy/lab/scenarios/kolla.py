"""Ways to break a cloud in containers: what must be named there as elsewhere, by way of what kolla-ansible deploys."""

from hamon.lab.components.galera.failures import NODE_KILLED
from hamon.lab.components.haproxy.failures import BACKEND_DOWN
from hamon.lab.components.pacemaker.steps import node
from hamon.lab.failure import Failure, Verdict
from hamon.lab.scenarios.controller import (
    BALANCERS,
    CONTROLLERS,
    VIRTUAL,
)
from hamon.lab.steps import every, gone, kill, start, vip_on, wait

IN_KOLLA = (
    NODE_KILLED._replace(
        name="kolla-galera-node-killed", text="mariadbd on ctl3 dies by SIGKILL, and its container with it"
    ),
    BACKEND_DOWN._replace(
        name="kolla-haproxy-backend-down",
        text="all API servers answer 503: seen on the statistics page, for the socket is in a volume",
    ),
    Failure(
        "kolla-pacemaker-killed",
        "pacemaker",
        "Pacemaker on ctl3 dies by SIGKILL, and its container with it; Corosync goes on beside it",
        inject=(kill("ctl3", "pacemaker"),),
        visible=every(gone("ctl3", "pacemaker"), node("ctl1", "ctl3", online="false")),
        heal=(start("ctl3", "pacemaker"),),
        expects=(
            Verdict("pacemaker.cluster", "pacemaker_cluster", "CRITICAL", "ctl3"),
            Verdict("ctl3", "pacemaker", "CRITICAL", "Pacemaker is not running on this node, corosync is"),
        ),
        allows=(
            # the others hold it to be UNCLEAN, and nobody can fence it
            *(Verdict(host, "fencing", "CRITICAL") for host in CONTROLLERS),
            *(Verdict(host, "pacemaker", "CRITICAL") for host in ("ctl1", "ctl2")),
        ),
    ),
    Failure(
        "kolla-keepalived-killed",
        "keepalived",
        "keepalived on the master dies by SIGKILL, while that of a Neutron router on the same host goes on",
        inject=(kill("ctl1", "keepalived"),),
        visible=every(gone("ctl1", "keepalived"), vip_on(*BALANCERS)),
        heal=(start("ctl1", "keepalived"), wait(vip_on("ctl1"))),
        expects=(
            Verdict(*VIRTUAL, "CRITICAL"),
            Verdict("ctl1", "keepalived", "CRITICAL", "stale holder: keepalived is dead"),
        ),
        like="kolla-galera-node-killed",
    ),
)
FAILURES = {"kolla": IN_KOLLA}
