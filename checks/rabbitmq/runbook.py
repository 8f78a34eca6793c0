"""What to do about each RabbitMQ finding. Data of the rabbitmq component."""

from hamon.verdict import Advice

PARTITION = Advice(
    "Parts of the cluster ran without each other and took messages apart. They do not merge: one side must be given up.",
    (
        "rabbitmqctl cluster_status on every node (who sees whom)",
        "ping and `nc -z PEER 25672` between the nodes (is the link back?)",
        "on each node of the side to give up: rabbitmqctl stop_app, then rabbitmqctl start_app",
        "restart the OpenStack services that were connected to it",
    ),
    "do not restart all nodes at once, and do not start_app on both sides together: messages on the side that is restarted are lost.",
)

API = {
    "refused": Advice(
        "RabbitMQ is not running, or its management plugin is not listening there.",
        ("systemctl status rabbitmq-server", "rabbitmq-diagnostics -q ping", "rabbitmq-plugins list -e", "journalctl -u rabbitmq-server -n 50"),
        "do not run rabbitmqctl reset or force_boot because one node is down: the others have its queues.",
    ),
    "app_stopped": Advice(
        "The Erlang node runs but the broker in it does not: stop_app, a pause because it is in the minority, or a start that waits for its peers.",
        ("rabbitmq-diagnostics -q check_running", "tail -50 /var/log/rabbitmq/rabbit@HOST.log", "rabbitmqctl start_app (when nobody stopped it on purpose)"),
        "do not force_boot a paused node: it waits for the majority, and resumes by itself.",
    ),
    "starting": Advice(
        "The node is half-way up: its peers count it in, it has opened no door yet. Seconds are a start, minutes many messages to load, "
        "or a start that hangs, as RabbitMQ's can after a pause or a partition.",
        ("tail -50 /var/log/rabbitmq/rabbit@HOST.log (does it go on?)", "rabbitmq-diagnostics -t 10 maybe_stuck",
         "when it stands still: kill -9 the node's beam.smp, systemctl start rabbitmq-server"),
        "do not restart the other nodes: they serve.",
    ),
    "timeout": Advice(
        "The port accepts and nobody answers: the node is overloaded, stopped (SIGSTOP) or waiting for a peer that hangs.",
        ("rabbitmq-diagnostics -t 10 -q ping", "top -H -p $(pidof beam.smp)", "rabbitmq-diagnostics maybe_stuck"),
        "do not restart before looking: queues on it become unavailable.",
    ),
    "rights": Advice(
        "The API lives; the monitoring user may not ask it.",
        ("rabbitmqctl list_users", "rabbitmqctl set_user_tags hamon monitoring", "stat -c '%a %U %G' CREDENTIALS-FILE"),
        "do not make it an administrator.",
    ),
    "garbage": Advice("Something else answers on that port, or a proxy in between.", ("ss -ltnp", "curl -i http://ADDRESS:15672/api/overview")),
    "missing": Advice("The answer lacks what proves health; that is no proof of trouble either.", ("curl -u USER http://ADDRESS:15672/api/nodes", "check_rabbitmq --facts")),
}  # fmt: skip

ALARM = Advice(
    "A resource alarm is in effect: RabbitMQ reads nothing more from publishers, on all nodes. Services hang in their RPC calls.",
    ("rabbitmq-diagnostics alarms", "check_rabbitmq_queues (which queues hold the messages?)", "rabbitmqctl list_connections name state | grep block"),
    "do not raise the limit before you know what fills it.",
)  # fmt: skip

NODE = {
    **API,
    "alarm": ALARM,
    "memory_alarm": ALARM._replace(do=("rabbitmq-diagnostics memory_breakdown --unit MB", *ALARM.do)),
    "disk_alarm": ALARM._replace(do=("df -h /var/lib/rabbitmq", "du -xsh /var/log/* /var/lib/rabbitmq/*", *ALARM.do)),
    "partition": PARTITION,
    "not_running": Advice("The node lists itself as not running: it is starting or stopping.", ("rabbitmq-diagnostics -q check_running", "rabbitmqctl cluster_status")),
    "vhost": Advice(
        "The message store of a virtual host stopped (disk error, corruption): its queues on this node do not work.",
        ("rabbitmqctl list_vhosts name cluster_state", "rabbitmqctl restart_vhost -p VHOST", "journalctl -u rabbitmq-server -n 100"),
    ),
    "draining": Advice(
        "Somebody put the node into maintenance mode (rabbitmq-upgrade drain) and it stayed there: no clients, no leaders on it.",
        ("rabbitmqctl cluster_status", "rabbitmq-upgrade revive"),
    ),
    "closed": Advice(
        "The broker runs as its peers see it, but its management API refuses: statistics and this watch are blind there. "
        "`rabbitmq-upgrade drain` does that on purpose, and closes AMQP too.",
        (
            "rabbitmqctl cluster_status (Maintenance status)",
            "rabbitmq-upgrade revive (when the work is done)",
            "rabbitmq-plugins enable rabbitmq_management (when the plugin is off)",
        ),
    ),
    "figures": Advice(
        "The node gives no statistics: its management agent does not work, so room and limits are not watched.",
        ("rabbitmq-plugins list -e", "rabbitmqctl eval 'application:stop(rabbitmq_management_agent), application:start(rabbitmq_management_agent).'"),
    ),
    "memory_used": Advice(
        "Memory nears the watermark; above it all publishers of the cluster are blocked.",
        ("rabbitmq-diagnostics memory_breakdown --unit MB", "check_rabbitmq_queues (backlogs?)"),
    ),
    "disk_room": Advice(
        "Free disk space nears the limit; below it all publishers of the cluster are blocked.",
        ("df -h /var/lib/rabbitmq", "du -xsh /var/log/* /var/lib/rabbitmq/*"),
    ),
    "files_used": Advice(
        "File descriptors run out; then no new connection is accepted.",
        ("rabbitmq-diagnostics status", "rabbitmqctl list_connections user peer_host | sort | uniq -c | sort -n | tail", "systemctl show rabbitmq-server -p LimitNOFILE"),
    ),
    "sockets_used": Advice(
        "Sockets run out; then no new connection is accepted.",
        ("rabbitmqctl list_connections user peer_host | sort | uniq -c | sort -n | tail", "systemctl show rabbitmq-server -p LimitNOFILE"),
    ),
    "processes_used": Advice(
        "Erlang processes run out, and with them the node: every connection, channel and queue takes some.",
        ("rabbitmqctl list_connections | wc -l", "rabbitmqctl list_channels | wc -l", "rabbitmq-diagnostics observer"),
    ),
}  # fmt: skip

CLUSTER = {
    "split_brain": PARTITION._replace(
        means="Nodes that are all alive do not count each other in: each side is a broker of its own, takes messages and loses the other's."
    ),
    "partition": PARTITION,
    "misses": Advice(
        "A running node is not counted in by another for longer than a restart takes: half of a partition, or a node that joined nothing.",
        ("rabbitmqctl cluster_status on both", "nc -z PEER 25672 (both ways)", "nc -z PEER 4369"),
    ),
    "separate": Advice(
        "Nodes of one inventory form clusters of their own: one was installed or reset alone and never joined.",
        ("rabbitmqctl cluster_status on each", "on the lonely one: rabbitmqctl stop_app, reset, join_cluster rabbit@OTHER, start_app"),
        "do not reset the one that has the queues.",
    ),
    "twice": Advice(
        "Two members were asked and one and the same node answered: an address of the inventory leads to a VIP or to the wrong host.",
        ("check_rabbitmq -H ADDRESS --facts for each member",),
    ),
    "none": Advice(
        "No node serves. Start the one that went down last first: the others wait for it.",
        ("systemctl status rabbitmq-server on all", "journalctl -u rabbitmq-server -n 50", "systemctl start rabbitmq-server (the last one that stopped first)"),
        "do not force_boot before you know that the last node is lost: its messages are.",
    ),
    "degraded": Advice(
        "A node is missing. Without a majority quorum queues stop, and with pause_minority the rest pauses too.",
        ("systemctl status rabbitmq-server on the missing node", "journalctl -u rabbitmq-server -n 50", "check_rabbitmq_queues"),
        "do not take another node down for maintenance now, and do not forget_cluster_node one that will come back.",
    ),
    "api": NODE["closed"],
    "strangers": Advice(
        "The cluster knows nodes that the inventory does not: a replaced node was never forgotten, or the inventory is old.",
        ("rabbitmqctl cluster_status", "rabbitmqctl forget_cluster_node rabbit@OLD (only when it never comes back)"),
    ),
    "quorum_critical": Advice(
        "All nodes run, yet some quorum queues have so few members online that the next loss stops them.",
        ("rabbitmq-diagnostics check_if_node_is_quorum_critical", "check_rabbitmq_queues", "rabbitmq-queues grow rabbit@NODE all"),
    ),
    "alarm": ALARM,
    "vhost": NODE["vhost"],
    "missing": NODE["missing"],
    "draining": NODE["draining"],
    "unreachable": Advice(
        "No agent could be asked, so nothing is known about the cluster.",
        ("check_nrpe -H MEMBER", "check_rabbitmq_cluster --members ... --direct '--credentials FILE'"),
    ),
}  # fmt: skip
