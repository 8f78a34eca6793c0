"""Ways to break RabbitMQ."""

import signal

from hamon.lab.components.rabbitmq.profile import PROFILE
from hamon.lab.components.rabbitmq.steps import (
    DRAIN,
    REVIVE,
    START_APP,
    STOP_APP,
    alarmed,
    disk_limit,
    down,
    drained,
    erlang,
    handling,
    memory_watermark,
    messages,
    partition,
    partitioned,
    publisher,
    purge,
    restart_together,
    sees,
)
from hamon.lab.failure import Failure, Passing, Verdict
from hamon.lab.scenarios.controller import (
    AT_RISK,
    BROKER,
    BROKER_WITHOUT_CTL3,
    CALLS_HANG,
    CONTROLLERS,
    CTL3_BROKER,
    QUEUES,
    THROUGH,
    WITHOUT_MEMBERS,
    broker,
)
from hamon.lab.steps import MEND, end, every, gone, kill, send, start, stop, unready, wait

WITHOUT_CTL3 = every(sees("ctl1", "ctl1", "ctl2"), sees("ctl2", "ctl1", "ctl2"))
EACH_SIDE_ALONE = every(WITHOUT_CTL3, sees("ctl3", "ctl3"))
RECORDED = every(partitioned("ctl3", "ctl1", "ctl2"), partitioned("ctl1", "ctl3"))
NODES_SAY = tuple(Verdict(host, "rabbitmq", "CRITICAL", "partition") for host in CONTROLLERS)
BLOCKED = tuple(Verdict(host, "amqp", "CRITICAL", "blocks publishers") for host in CONTROLLERS)
INFO = "notifications.info"

IN_CONTROLLER = (
    Failure(
        "rabbitmq-node-killed",
        "rabbitmq",
        "RabbitMQ on ctl3 dies by SIGKILL",
        inject=(kill("ctl3", "rabbitmq"),),
        visible=every(gone("ctl3", "rabbitmq"), WITHOUT_CTL3),
        heal=(start("ctl3", "rabbitmq"),),
        expects=BROKER_WITHOUT_CTL3,
    ),
    Failure(
        "rabbitmq-node-frozen",
        "rabbitmq",
        "RabbitMQ on ctl3 hangs (SIGSTOP): it accepts connections and answers nothing",
        inject=(send("ctl3", "rabbitmq", signal.SIGSTOP),),
        visible=WITHOUT_CTL3,
        # woken up it would find itself partitioned, and stay so: what was seen, and what no partition handling resolves
        heal=(end("ctl3", "rabbitmq"), start("ctl3", "rabbitmq")),
        expects=BROKER_WITHOUT_CTL3,
        allows=CALLS_HANG,
        like="rabbitmq-node-killed",
    ),
    Failure(
        "rabbitmq-stop-app",
        "rabbitmq",
        "somebody stops the broker on ctl3 (stop_app); its Erlang node stays up",
        inject=(erlang("ctl3", STOP_APP, "stop_app"),),
        visible=every(down("ctl3"), WITHOUT_CTL3),
        heal=(erlang("ctl3", START_APP, "start_app"),),
        expects=(
            AT_RISK,
            Verdict("ctl3", "rabbitmq", "CRITICAL", "stop_app"),
            Verdict("ctl3", "amqp", "CRITICAL"),
            WITHOUT_MEMBERS,
        ),
        like="rabbitmq-pause-minority",
    ),
    Failure(
        "rabbitmq-pause-minority",
        "rabbitmq",
        "ctl3's RabbitMQ is cut off from its peers and pauses itself (pause_minority)",
        inject=(partition("ctl3"),),
        visible=every(down("ctl3"), WITHOUT_CTL3),
        heal=(MEND,),
        expects=(
            AT_RISK._replace(words="paused by pause_minority"),
            Verdict("ctl3", "rabbitmq", "CRITICAL", "paused by pause_minority"),
            Verdict("ctl3", "amqp", "CRITICAL"),
            WITHOUT_MEMBERS,
        ),
        allows=CALLS_HANG,
    ),
    Failure(
        "rabbitmq-split-brain",
        "rabbitmq",
        "ctl3's RabbitMQ is cut off and goes on (partition handling `ignore`): both sides take messages",
        inject=(handling("ignore"), partition("ctl3")),
        visible=EACH_SIDE_ALONE,
        # in this order: sides that meet again while both run record the partition
        heal=(end("ctl3", "rabbitmq"), MEND, start("ctl3", "rabbitmq"), handling("pause_minority")),
        expects=(Verdict(*BROKER, "CRITICAL", "SPLIT-BRAIN: {ctl1, ctl2} and {ctl3}"), WITHOUT_MEMBERS),
        allows=(*CALLS_HANG, *CTL3_BROKER),
    ),
    Failure(
        "rabbitmq-partition-mended",
        "rabbitmq",
        "the link is back after a split-brain: the nodes recorded the partition and stay apart until they are restarted",
        inject=(handling("ignore"), partition("ctl3"), wait(EACH_SIDE_ALONE), MEND),
        visible=RECORDED,
        # the smaller side alone would do, but then its Mnesia may wait a minute for the others' locks
        heal=(restart_together(*CONTROLLERS),),
        expects=(Verdict(*BROKER, "CRITICAL", "recorded by"), *NODES_SAY),
        # a queue led by ctl3 has no leader until the others have elected one
        allows=(*CALLS_HANG, *CTL3_BROKER, WITHOUT_MEMBERS, Verdict(*QUEUES, "CRITICAL", "no leader")),
    ),
    Failure(
        "rabbitmq-autoheal",
        "rabbitmq",
        "a short partition with `autoheal`: after the mend the smaller side restarts itself, and all is well",
        inject=(
            handling("autoheal"),
            partition("ctl3"),
            wait(EACH_SIDE_ALONE),
            MEND,
            wait(down("ctl3")),
            start("ctl3", "rabbitmq"),
        ),
        visible=sees("ctl3", *CONTROLLERS),
        heal=(handling("pause_minority"),),
        # it lasts for seconds, which are a hard state where a check runs every few
        allows=(Verdict(*BROKER, "CRITICAL"), *CALLS_HANG, *CTL3_BROKER, Verdict(*QUEUES, "CRITICAL")),
        like="rabbitmq-partition-mended",
        healed_within=120.0,  # 44 s on a quiet machine: the loser starts again, and its queues elect
    ),
    Failure(
        "rabbitmq-memory-alarm",
        "rabbitmq",
        "ctl2 is above its memory watermark: publishers are blocked on all nodes",
        inject=(memory_watermark("ctl2", 0.000001),),
        visible=alarmed("ctl2", "memory"),
        heal=(memory_watermark("ctl2", 0.4),),
        expects=(
            Verdict(*BROKER, "CRITICAL", "memory alarm on ctl2"),
            Verdict("ctl2", "rabbitmq", "CRITICAL", "memory alarm"),
            *BLOCKED,
            THROUGH._replace(words="blocks publishers"),
        ),
    ),
    Failure(
        "rabbitmq-disk-alarm",
        "rabbitmq",
        "ctl2 has less free disk space than its limit: publishers are blocked on all nodes",
        inject=(disk_limit("ctl2", "900000GB"),),
        visible=alarmed("ctl2", "disk"),
        heal=(disk_limit("ctl2", "50MB"),),
        expects=(
            Verdict(*BROKER, "CRITICAL", "disk space alarm on ctl2"),
            Verdict("ctl2", "rabbitmq", "CRITICAL", "disk space alarm"),
            *BLOCKED,
            THROUGH._replace(words="blocks publishers"),
        ),
        like="rabbitmq-memory-alarm",
    ),
    Failure(
        "rabbitmq-no-majority",
        "rabbitmq",
        "two of three nodes die and the last goes on (`ignore`): quorum queues stand still",
        inject=(handling("ignore"), kill("ctl2", "rabbitmq"), kill("ctl3", "rabbitmq")),
        visible=every(gone("ctl2", "rabbitmq"), gone("ctl3", "rabbitmq"), sees("ctl1", "ctl1")),
        heal=(restart_together("ctl2", "ctl3"), handling("pause_minority")),
        expects=(
            Verdict(*BROKER, "CRITICAL", "no majority"),
            Verdict(*QUEUES, "CRITICAL", "no majority online"),
            *broker("ctl2"),
            *CTL3_BROKER,
        ),
    ),
    Failure(
        "rabbitmq-backlog",
        "rabbitmq",
        "somebody publishes to a queue that nobody reads",
        inject=(publisher("ctl1", INFO, 50),),
        visible=messages("ctl1", INFO, 20),
        heal=(end("ctl1", "publisher"), purge("ctl1", INFO)),
        expects=(Verdict(*QUEUES, "WARNING", INFO),),
    ),
    Failure(
        "rabbitmq-maintenance",
        "rabbitmq",
        "ctl3's RabbitMQ is put into maintenance mode (drain), as planned: it closes all its doors",
        inject=(erlang("ctl3", DRAIN, "drain"),),
        visible=drained("ctl3"),
        heal=(erlang("ctl3", REVIVE, "revive"),),
        # this version's API does not say so
        expects=(
            Verdict("ctl3", "rabbitmq", "WARNING", "in maintenance mode (drained), or the plugin is off"),
            Verdict("ctl3", "amqp", "WARNING", "in maintenance mode (drained)?"),
            Verdict(*BROKER, "WARNING", "ctl3 runs, but its management API is closed"),
        ),
        allows=(WITHOUT_MEMBERS,),
    ),
    Failure(
        "rabbitmq-rolling-restart",
        "rabbitmq",
        "RabbitMQ on ctl3 is stopped properly and comes back at once",
        inject=(stop("ctl3", "rabbitmq"), start("ctl3", "rabbitmq")),
        visible=sees("ctl1", *CONTROLLERS),
        heal=(),
        passing=(Passing(unready("ctl3", "rabbitmq"), BROKER_WITHOUT_CTL3),),
    ),
)
OSA = tuple(host.name for host in PROFILE.having("rabbitmq"))
OSA_3 = OSA[2]
OSA_WITHOUT_3 = every(sees(OSA[0], *OSA[:2]), sees(OSA[1], *OSA[:2]))
IN_OSA = (
    Failure(
        "osa-rabbitmq-node-killed",
        "rabbitmq",
        "RabbitMQ in the third container dies by SIGKILL",
        inject=(kill(OSA_3, "rabbitmq"),),
        visible=every(gone(OSA_3, "rabbitmq"), OSA_WITHOUT_3),
        heal=(start(OSA_3, "rabbitmq"),),
        expects=(AT_RISK, WITHOUT_MEMBERS, *broker(OSA_3)),
    ),
    Failure(
        "osa-rabbitmq-split-brain",
        "rabbitmq",
        "the third container's RabbitMQ is cut off and goes on (partition handling `ignore`): both sides take messages",
        inject=(handling("ignore", OSA[0]), partition(OSA_3)),
        visible=every(OSA_WITHOUT_3, sees(OSA_3, OSA_3)),
        heal=(end(OSA_3, "rabbitmq"), MEND, start(OSA_3, "rabbitmq"), handling("pause_minority", OSA[0])),
        expects=(
            Verdict(*BROKER, "CRITICAL", f"SPLIT-BRAIN: {{{OSA[0]}, {OSA[1]}}} and {{{OSA_3}}}"),
            WITHOUT_MEMBERS,
        ),
        # until net_ticktime is over the nodes that ask for what the third has wait for its answer
        allows=tuple(verdict for host in OSA for verdict in broker(host)),
    ),
    Failure(
        "osa-rabbitmq-partition-mended",
        "rabbitmq",
        "the link is back after that split-brain: the nodes recorded the partition",
        inject=(
            handling("ignore", OSA[0]),
            partition(OSA_3),
            wait(every(OSA_WITHOUT_3, sees(OSA_3, OSA_3))),
            MEND,
        ),
        visible=every(partitioned(OSA_3, *OSA[:2]), partitioned(OSA[0], OSA_3)),
        heal=(restart_together(*OSA),),
        expects=(
            # names so long leave no room for who recorded it
            Verdict(*BROKER, "CRITICAL", f"{OSA[1]}}} and {{{OSA_3}}} run without each other"),
            *(Verdict(host, "rabbitmq", "CRITICAL", "partition") for host in OSA),
        ),
        allows=(*(verdict for host in OSA for verdict in broker(host)), WITHOUT_MEMBERS),
        like="osa-rabbitmq-split-brain",
    ),
)
FAILURES = {"controller": IN_CONTROLLER, "osa": IN_OSA}
