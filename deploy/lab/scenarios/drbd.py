"""Names and verdicts that the failures of the drbd profile share."""

from hamon.lab.failure import Verdict

NODES = ("drbd1", "drbd2")
PAIR = "drbd.cluster", "drbd_cluster"
STACKED = "drbd_stack.cluster", "drbd_stack"
LONELY = tuple(Verdict(node, "drbd", "WARNING", "no connection") for node in NODES)
SPLIT_STACK = Verdict(*STACKED, "CRITICAL", "is Primary on drbd1 and drbd2")
TWO_MOUNTS = Verdict("drbd2", "drbd_node", "CRITICAL")
WHOLE_STACK = Verdict("drbd1", "drbd_node", "CRITICAL")
