"""Ways to break a whole host."""

from hamon.lab.components.galera.steps import wsrep
from hamon.lab.failure import Failure, Verdict
from hamon.lab.scenarios.controller import (
    AT_RISK,
    CALLS_HANG,
    CTL3_BROKER,
    CTL3_GALERA,
    ONE_LEFT,
    SERVER_DOWN,
    WITHOUT_MEMBERS,
)
from hamon.lab.steps import every, power_off, power_on, unpowered

IN_CONTROLLER = (
    Failure(
        "host-power-loss",
        "host",
        "ctl3 loses power",
        inject=(power_off("ctl3"),),
        visible=every(unpowered("ctl3"), wsrep("ctl1", "cluster_size", "2")),
        heal=(power_on("ctl3"),),
        expects=(
            Verdict("ctl3", "", "DOWN"),
            ONE_LEFT._replace(state="WARNING"),
            AT_RISK,
            WITHOUT_MEMBERS,
            *SERVER_DOWN,
        ),
        # nothing answers for them
        allows=(
            CTL3_GALERA,
            *CTL3_BROKER,
            *CALLS_HANG,
            *(Verdict("ctl3", service, "CRITICAL") for service in ("memcached", "nrpe")),
        ),
    ),
)
FAILURES = {"controller": IN_CONTROLLER}
