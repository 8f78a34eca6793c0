"""Ways to break Galera."""

import signal

from hamon.lab.components.galera.steps import (
    different_rows,
    execute,
    provider,
    refuses_queries,
    rejoin_empty,
    rising,
    session,
    writer,
    wsrep,
)
from hamon.lab.components.haproxy.steps import server
from hamon.lab.failure import Failure, Passing, Verdict
from hamon.lab.scenarios.controller import (
    BALANCERS,
    BROKER,
    BROKER_WITHOUT_CTL3,
    CALLS_HANG,
    CLUSTER,
    CONTROLLERS,
    CTL3_GALERA,
    ONE_LEFT,
    QUEUES,
    SERVER_DOWN,
    THROUGH,
    VIRTUAL,
    broker,
)
from hamon.lab.steps import (
    ISOLATE_EVERYONE,
    MEND,
    end,
    every,
    gone,
    isolate,
    kill,
    otherwise,
    send,
    some,
    start,
    stop,
    unready,
    wait,
)

INSERT = "INSERT INTO pocket.t (told_by) VALUES (@@wsrep_node_name)"
NODE_KILLED = Failure(
    "galera-node-killed",
    "galera",
    "mariadbd on ctl3 dies by SIGKILL",
    inject=(kill("ctl3", "galera"),),
    visible=every(gone("ctl3", "galera"), wsrep("ctl1", "cluster_size", "2")),
    heal=(start("ctl3", "galera"),),
    expects=(CTL3_GALERA, ONE_LEFT, *SERVER_DOWN),
)
IN_CONTROLLER = (
    NODE_KILLED,
    Failure(
        "galera-node-frozen",
        "galera",
        "mariadbd on ctl3 hangs (SIGSTOP): it accepts connections and answers nothing",
        inject=(send("ctl3", "galera", signal.SIGSTOP),),
        visible=wsrep("ctl1", "cluster_size", "2"),
        heal=(send("ctl3", "galera", signal.SIGCONT),),
        expects=(CTL3_GALERA, ONE_LEFT, *SERVER_DOWN),
        like="galera-node-killed",
    ),
    Failure(
        "galera-partition",
        "galera",
        "ctl3 is cut off from the other controllers and loses quorum",
        inject=(isolate("ctl3"),),
        visible=every(wsrep("ctl3", "cluster_status", "non-Primary"), wsrep("ctl1", "cluster_size", "2")),
        heal=(MEND,),
        expects=(CTL3_GALERA, ONE_LEFT, *SERVER_DOWN),
        # RabbitMQ notices a little later, and pauses
        allows=(*BROKER_WITHOUT_CTL3, *CALLS_HANG),
        like="galera-full-partition",
    ),
    Failure(
        "galera-full-partition",
        "galera",
        "no controller reaches another: no primary component anywhere (and two holders of the virtual address)",
        inject=(ISOLATE_EVERYONE,),
        visible=every(*(wsrep(host, "cluster_status", "non-Primary") for host in CONTROLLERS)),
        heal=(MEND,),
        expects=(
            Verdict(*CLUSTER, "CRITICAL", "no Primary component"),
            *(Verdict(host, "galera", "CRITICAL") for host in CONTROLLERS),
            Verdict(*VIRTUAL, "CRITICAL", "SPLIT-BRAIN"),
            *SERVER_DOWN,
        ),
        # every node of RabbitMQ is a minority, and pauses
        allows=(
            Verdict(*BROKER, "CRITICAL"),
            Verdict(*QUEUES, "CRITICAL"),
            THROUGH,
            *(verdict for host in CONTROLLERS for verdict in broker(host)),
        ),
    ),
    Failure(
        "galera-split-brain",
        "galera",
        "ctl3 is cut off, somebody bootstraps it, and both sides take writes",
        inject=(
            isolate("ctl3"),
            wait(every(wsrep("ctl3", "cluster_status", "non-Primary"), wsrep("ctl1", "cluster_size", "2"))),
            provider("ctl3", "pc.bootstrap", "ON"),
            wait(wsrep("ctl3", "cluster_status", "Primary")),
            execute("ctl1", INSERT),
            execute("ctl3", INSERT),
        ),
        visible=every(
            wsrep("ctl1", "cluster_status", "Primary"),
            wsrep("ctl3", "cluster_status", "Primary"),
            different_rows("ctl1", "ctl3"),
        ),
        # in this order: two primary components that meet again make a node abort instead of merging
        heal=(end("ctl3", "galera"), MEND, rejoin_empty("ctl3")),
        expects=(Verdict(*CLUSTER, "CRITICAL", "SPLIT-BRAIN"), *SERVER_DOWN),
        # before it is bootstrapped, ctl3 is a node without quorum
        allows=(CTL3_GALERA, *BROKER_WITHOUT_CTL3, *CALLS_HANG),
    ),
    Failure(
        "galera-desync",
        "galera",
        "ctl3 is taken out of flow control (wsrep_desync=ON), as a donor or a backup does",
        inject=(execute("ctl3", "SET GLOBAL wsrep_desync=ON"),),
        visible=wsrep("ctl3", "local_state_comment", "Donor/Desynced"),
        heal=(execute("ctl3", "SET GLOBAL wsrep_desync=OFF"),),
    ),
    Failure(
        "galera-reject-queries",
        "galera",
        "ctl3 refuses every query (wsrep_reject_queries=ALL) and still says Synced",
        inject=(execute("ctl3", "SET GLOBAL wsrep_reject_queries=ALL"),),
        visible=every(refuses_queries("ctl3"), wsrep("ctl3", "local_state_comment", "Synced")),
        heal=(execute("ctl3", "SET GLOBAL wsrep_reject_queries=NONE"),),
        expects=(CTL3_GALERA, Verdict(*CLUSTER, "WARNING", "rejects")),
    ),
    Failure(
        "galera-flow-control",
        "galera",
        "a lock on ctl3 stops its applier; its queue fills and flow control stops the writes of the whole cluster",
        inject=(
            provider("ctl3", "gcs.fc_limit", "4"),
            session("ctl3", "locker", "LOCK TABLES pocket.t READ"),
            writer("ctl1", "writer", INSERT),
        ),
        visible=every(wsrep("ctl1", "flow_control_active", "true"), rising("ctl1", "flow_control_paused_ns")),
        heal=(
            end("ctl1", "writer"),
            end("ctl3", "locker"),
            provider("ctl3", "gcs.fc_limit", "16"),
        ),
        expects=(CTL3_GALERA, Verdict(*CLUSTER, "CRITICAL", "flow control")),
        allows=tuple(Verdict(host, "galera", "CRITICAL") for host in CONTROLLERS),
    ),
    Failure(
        "galera-rolling-restart",
        "galera",
        "mariadbd on ctl3 is stopped properly and rejoins at once",
        inject=(stop("ctl3", "galera"), start("ctl3", "galera")),
        visible=wsrep("ctl1", "cluster_size", "3"),
        heal=(),
        passing=(
            Passing(unready("ctl3", "galera"), (CTL3_GALERA, Verdict(*CLUSTER, "CRITICAL"))),
            Passing(
                some(*(otherwise(server(host, "galera", "ctl3", "UP")) for host in BALANCERS)),
                SERVER_DOWN,
            ),
        ),
    ),
)
FAILURES = {"controller": IN_CONTROLLER}
