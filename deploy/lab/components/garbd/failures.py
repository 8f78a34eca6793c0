"""Ways to break a Galera pair with an arbitrator."""

from hamon.lab.components.galera.steps import wsrep
from hamon.lab.failure import Failure, Verdict
from hamon.lab.steps import MEND, every, gone, isolate, kill, start, wait

PAIR = "galera.cluster", "galera_cluster"
AT_RISK = Verdict(*PAIR, "CRITICAL", "one more loss stops all writes")
DB2 = Verdict("db2", "galera", "CRITICAL")
TWO_LEFT = every(wsrep("db1", "cluster_size", "2"), wsrep("db2", "cluster_size", "2"))

IN_ARBITER = (
    Failure(
        "arbiter-data-node-killed",
        "garbd",
        "one of two data nodes dies by SIGKILL: the other one serves on with the arbitrator's vote",
        inject=(kill("db2", "galera"),),
        visible=every(gone("db2", "galera"), wsrep("db1", "cluster_size", "2"), wsrep("db1", "ready", "ON")),
        heal=(start("db2", "galera"),),
        expects=(
            DB2,
            AT_RISK._replace(words="1 of 2 members in the Primary component {db1} with an arbitrator, db2: "),
        ),
    ),
    Failure(
        "arbiter-killed",
        "garbd",
        "the arbitrator dies by SIGKILL: both data nodes serve, and the next loss stops all writes",
        inject=(kill("arb1", "garbd"),),
        visible=every(gone("arb1", "garbd"), TWO_LEFT),
        heal=(start("arb1", "garbd"),),
        expects=(AT_RISK._replace(words="0 of 1 arbitrator (garbd) in the Primary component, one more loss"),),
    ),
    Failure(
        "arbiter-node-cut-off",
        "garbd",
        "one data node is cut off from the other and from the arbitrator: it stops, and the other one serves on",
        inject=(isolate("db2"),),
        visible=every(wsrep("db2", "cluster_status", "non-Primary"), wsrep("db1", "cluster_size", "2")),
        heal=(MEND,),
        expects=(DB2, AT_RISK._replace(words="{db1} with an arbitrator, db2 is non-Primary")),
        like="arbiter-data-node-killed",
    ),
    Failure(
        "arbiter-and-data-node-killed",
        "garbd",
        "the arbitrator dies, and then a data node: the last one has no majority and stops",
        inject=(kill("arb1", "garbd"), wait(TWO_LEFT), kill("db2", "galera")),
        visible=every(gone("db2", "galera"), wsrep("db1", "cluster_status", "non-Primary")),
        heal=(start("db2", "galera"), start("arb1", "garbd")),
        expects=(DB2, Verdict("db1", "galera", "CRITICAL", "non-Primary"), Verdict(*PAIR, "CRITICAL", "no Primary")),
        like="arbiter-killed",
    ),
)
FAILURES = {"arbiter": IN_ARBITER}
