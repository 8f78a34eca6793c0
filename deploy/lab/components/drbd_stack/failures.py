"""Ways to break the service on a DRBD pair."""

from hamon.lab.components.drbd.steps import seen, shell
from hamon.lab.components.drbd_stack.service import STACK
from hamon.lab.components.drbd_stack.steps import address, move_stack, stack_at, start_database, take_stack
from hamon.lab.failure import Failure, Passing, Verdict
from hamon.lab.scenarios.drbd import NODES, PAIR, STACKED, WHOLE_STACK
from hamon.lab.steps import every, kill, otherwise, power_off, power_on, stop, unpowered

IN_DRBD = (
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
        passing=(
            Passing(
                every(*(otherwise(stack_at(*(node,) * 4)) for node in NODES)),
                (Verdict(*STACKED, "CRITICAL"), *(Verdict(node, "drbd_node", "CRITICAL") for node in NODES)),
            ),
        ),
    ),
)
FAILURES = {"drbd": IN_DRBD}
