"""Ways to break the virtual address."""

from hamon.lab.components.keepalived.steps import LOSE_VRRP, track
from hamon.lab.failure import Failure, Passing, Verdict
from hamon.lab.scenarios.controller import BALANCERS, THROUGH, VIRTUAL
from hamon.lab.steps import MEND, every, gone, kill, start, stop, unready, vip_on, wait

IN_CONTROLLER = (
    Failure(
        "vip-dual-master",
        "keepalived",
        "the VRRP adverts are lost: both nodes hold the virtual address",
        inject=(LOSE_VRRP,),
        visible=vip_on(*BALANCERS),
        heal=(MEND, wait(vip_on("ctl1"))),
        expects=(Verdict(*VIRTUAL, "CRITICAL", "SPLIT-BRAIN"),),
        # packets of one conversation may reach both
        allows=(THROUGH,),
    ),
    Failure(
        "vip-none",
        "keepalived",
        "keepalived is in FAULT on both nodes: nobody holds the virtual address",
        inject=(track(-1, *BALANCERS),),
        visible=vip_on(),
        heal=(track(0, *BALANCERS), wait(vip_on("ctl1"))),
        expects=(
            Verdict(*VIRTUAL, "CRITICAL", "none"),
            THROUGH,
            *(Verdict(host, "keepalived", "CRITICAL") for host in BALANCERS),
        ),
    ),
    Failure(
        "vip-stale-holder",
        "keepalived",
        "keepalived on the master dies by SIGKILL: the address stays there while the other node takes it too",
        inject=(kill("ctl1", "keepalived"),),
        visible=every(gone("ctl1", "keepalived"), vip_on(*BALANCERS)),
        heal=(start("ctl1", "keepalived"), wait(vip_on("ctl1"))),
        expects=(Verdict(*VIRTUAL, "CRITICAL"), Verdict("ctl1", "keepalived", "CRITICAL")),
        allows=(THROUGH,),
    ),
    Failure(
        "vip-failover",
        "keepalived",
        "keepalived on the master is stopped properly: the address moves, nothing is wrong with it",
        inject=(stop("ctl1", "keepalived"), wait(vip_on("ctl2")), start("ctl1", "keepalived")),
        visible=vip_on("ctl1"),
        heal=(),
        passing=(
            Passing(vip_on(), (Verdict(*VIRTUAL, "CRITICAL"), THROUGH)),
            Passing(unready("ctl1", "keepalived"), (Verdict("ctl1", "keepalived", "CRITICAL"),)),
        ),
    ),
)
FAILURES = {"controller": IN_CONTROLLER}
