"""What to do about each RabbitMQ finding. Data of the rabbitmq component."""

from hamon.tls import expired
from hamon.verdict import Advice, Step, other_check

CLUSTER_STATUS = Step("rabbitmqctl cluster_status")
UNIT = Step("systemctl status rabbitmq-server")
JOURNAL = Step("journalctl -u rabbitmq-server -n 50")
LOG = Step("tail -n 50 /var/log/rabbitmq/rabbit@*.log")
PLUGINS = Step("rabbitmq-plugins list -e")
OTHERS_SERVE = other_check("/rabbitmq_cluster", "do the other nodes serve?")
QUEUES = other_check("/rabbitmq_queues", "which queues hold the messages?")
SPACE = (Step("df -h /var/lib/rabbitmq"), Step("du -xsh /var/log /var/lib/rabbitmq"))
MEMORY = Step("rabbitmq-diagnostics memory_breakdown --unit MB")
CONNECTIONS = Step("rabbitmqctl list_connections user peer_host state", "who has so many?")
FILES = Step("systemctl show rabbitmq-server -p LimitNOFILE")

PARTITION = Advice(
    "Parts of the cluster ran without each other and took messages apart. They do not merge: one side must be given up.",
    (
        Step(CLUSTER_STATUS.command, "on every node: who sees whom, and on which side are the clients?"),
        Step("nc -z PEER 25672", "between the nodes, both ways: is the link back?"),
        Step("rabbitmqctl list_queues name messages", "on the side to give up: these messages will be lost"),
        Step("rabbitmqctl stop_app", "on each node of the side to give up"),
        Step("rabbitmqctl start_app", "on the same nodes, one after the other"),
        Step(remark="restart the OpenStack services that were connected to that side"),
    ),
    "do not restart all nodes at once or both sides together. A node that could not be asked belongs to one of the sides: find out to which first.",
)

TLS = Advice(
    "The server is there and TLS does not fit: a plain question to a port of TLS, TLS to a plain one, a certificate that another CA signed, or "
    "one that is for other names.",
    never="do not switch verification off in the services: ask with the CA and the name that they use.",
)
EXPIRED = expired(
    Step("openssl s_client -connect {host}:5671 <<< Q", "NotAfter of the certificate, and of the CA's"),
    Step(
        "rabbitmqctl eval 'ssl:clear_pem_cache().'",
        "when the new certificate is in its place: RabbitMQ reads it without a restart",
    ),
)

API = {
    "plugin_off": Advice(
        "The broker answers AMQP and its management API does not listen there: the plugin is off, or it has another port. Clients are "
        "served, this check is blind.",
        (
            PLUGINS,
            Step("rabbitmq-plugins enable rabbitmq_management", "when rabbitmq_management is not in that list"),
            Step("rabbitmq-diagnostics listeners", "on {host}: which port has HTTP API? Give it with -p, and --https when it speaks TLS"),
        ),
        "do not restart the broker: it works.",
    ),
    "tls": TLS._replace(
        do=(
            Step("rabbitmq-diagnostics listeners", "on {host}: does the HTTP API speak TLS, and at which port?"),
            Step("curl -vk -o /dev/null https://{host}:15671/", "who signed it, and for which names?"),
            Step(remark="give --https, --ca FILE for a CA that the system does not know (hamon.site.rabbitmq_management_ca), --server-name NAME when asked by address"),
        ),
    ),
    "expired": EXPIRED,
    "refused": Advice(
        "RabbitMQ is not running, or its management plugin is not listening there.",
        (UNIT, Step("rabbitmq-diagnostics -q ping"), PLUGINS, JOURNAL),
        "do not run rabbitmqctl reset or force_boot because one node is down: the others have its queues.",
    ),
    "app_stopped": Advice(
        "The Erlang node runs, the broker in it does not: stop_app, a pause because it is in the minority, or a start that waits for its peers.",
        (
            Step("rabbitmq-diagnostics -q check_running"),
            LOG,
            OTHERS_SERVE,
            Step("rabbitmqctl start_app", "when somebody stopped it and the work is done"),
        ),
        "do not force_boot a paused node: it waits for the majority, and resumes by itself.",
    ),
    "starting": Advice(
        "The node is half-way up: its peers count it in, and none of its ports is open yet. Seconds are a start, minutes many messages to load, "
        "or a start that hangs, as RabbitMQ's can after a pause or a partition.",
        (
            LOG,
            Step("rabbitmq-diagnostics -t 10 maybe_stuck", "twice, a minute apart: does it go on?"),
            OTHERS_SERVE,
            Step("systemctl kill --signal=SIGKILL rabbitmq-server", "when it stands still and the others serve"),
            Step("systemctl start rabbitmq-server"),
        ),
        "do not restart the other nodes, they serve. Do not kill this one when it is the last that has the messages.",
    ),
    "timeout": Advice(
        "The port accepts connections and does not answer: the node is overloaded, stopped (SIGSTOP) or waiting for a peer that hangs.",
        (
            Step("rabbitmq-diagnostics -t 10 -q ping"),
            Step("ps -C beam.smp -o pid,stat,pcpu,etime,args"),
            Step("rabbitmq-diagnostics -t 10 maybe_stuck"),
        ),
        "do not restart before looking: queues on it become unavailable.",
    ),
    "rights": Advice(
        "The API answers, and the monitoring user may not ask it.",
        (
            Step("rabbitmqctl list_users"),
            Step("rabbitmqctl set_user_tags hamon monitoring"),
            Step("stat -c '%a %U %G' {credentials}", "the agent's user must be able to read it"),
        ),
        "do not make it an administrator.",
    ),
    "garbage": Advice(
        "Something else answers on that port, or a proxy in between.",
        (Step("ss -ltnp"), Step("curl -i http://{host}:15672/api/overview")),
    ),
    "missing": Advice(
        "The answer lacks what proves health. It does not prove trouble either.",
        (Step("curl -u USER http://{host}:15672/api/nodes"), Step("check_rabbitmq -H {host} --credentials {credentials} --facts")),
    ),
    "tool": Advice("The name of the host cannot be resolved here. Nothing is known about RabbitMQ.", (Step("getent hosts {host}"),)),
}  # fmt: skip

ALARM = Advice(
    "A resource alarm is in effect: RabbitMQ reads nothing more from publishers, on all nodes. Services hang in their RPC calls.",
    (
        Step("rabbitmq-diagnostics alarms"),
        QUEUES,
        Step("rabbitmqctl list_connections name state", "state: blocked, blocking"),
    ),
    "do not raise the limit before you know what fills it.",
)

NODE = {
    **API,
    "alarm": ALARM,
    "memory_alarm": ALARM._replace(do=(MEMORY, *ALARM.do)),
    "disk_alarm": ALARM._replace(do=(*SPACE, *ALARM.do)),
    "partition": PARTITION,
    "not_running": Advice(
        "The node lists itself as not running: it is starting or stopping.",
        (Step("rabbitmq-diagnostics -q check_running"), CLUSTER_STATUS),
    ),
    "vhost": Advice(
        "The message store of a virtual host stopped (disk error, corruption). Its queues on this node do not work.",
        (
            Step("rabbitmqctl list_vhosts name cluster_state"),
            Step("journalctl -u rabbitmq-server -n 100", "why did it stop?"),
            Step("rabbitmqctl restart_vhost -p VHOST", "when the cause is repaired"),
        ),
    ),
    "draining": Advice(
        "Somebody put the node into maintenance mode (rabbitmq-upgrade drain) and it stayed there: no clients, no leaders on it.",
        (CLUSTER_STATUS, Step("rabbitmq-upgrade revive", "when the work is done")),
    ),
    "closed": Advice(
        "The broker runs as its peers see it, and its management API refuses: this check and all statistics miss that node. "
        "`rabbitmq-upgrade drain` does that on purpose, and closes AMQP too.",
        (
            Step(CLUSTER_STATUS.command, "look at: Maintenance status"),
            Step("rabbitmq-upgrade revive", "when the work is done"),
            Step("rabbitmq-plugins enable rabbitmq_management", "when the plugin is off"),
        ),
    ),
    "figures": Advice(
        "The node gives no statistics: its management agent does not work, so room and limits are not watched.",
        (PLUGINS, Step("rabbitmqctl eval 'application:stop(rabbitmq_management_agent), application:start(rabbitmq_management_agent).'")),
    ),
    "memory_used": Advice(
        "Memory nears the watermark. Above it all publishers of the cluster are blocked.",
        (MEMORY, QUEUES),
    ),
    "disk_room": Advice(
        "Free disk space nears the limit. Below it all publishers of the cluster are blocked.",
        SPACE,
    ),
    "files_used": Advice(
        "File descriptors run out. Then no new connection is accepted.",
        (Step("rabbitmq-diagnostics status"), CONNECTIONS, FILES),
    ),
    "sockets_used": Advice("Sockets run out. Then no new connection is accepted.", (CONNECTIONS, FILES)),
    "processes_used": Advice(
        "Erlang processes run out, and the node stops when none is left: every connection, channel and queue takes some.",
        (Step("rabbitmqctl list_connections user peer_host channels", "who has so many?"), Step("rabbitmq-diagnostics observer")),
    ),
}  # fmt: skip

CLUSTER = {
    "split_brain": PARTITION._replace(
        means="Nodes that are all alive do not count each other in: each side is a broker of its own, takes messages and loses the other's."
    ),
    "partition": PARTITION,
    "misses": Advice(
        "A running node is not counted in by another for longer than a restart takes: half of a partition, or a node that joined nothing.",
        (
            Step(CLUSTER_STATUS.command, "on {node} and on {peer}"),
            Step("nc -z {peer} 25672", "on {node}, and the other way"),
            Step("nc -z {peer} 4369", "on {node}, and the other way"),
        ),
    ),
    "separate": Advice(
        "Nodes of one inventory form clusters of their own: one was installed or reset alone and never joined.",
        (
            Step(CLUSTER_STATUS.command, "on each node"),
            Step("rabbitmqctl list_queues name messages", "on each side: go on with the one that has no queues, whose data are lost"),
            Step("rabbitmqctl stop_app", "on the empty one"),
            Step("rabbitmqctl reset", "on the empty one"),
            Step("rabbitmqctl join_cluster rabbit@OTHER", "on the empty one"),
            Step("rabbitmqctl start_app", "on the empty one"),
        ),
        "do not reset the one that has the queues, and none while a node that could not be asked may belong to its side.",
    ),
    "twice": Advice(
        "Two members were asked and the same node answered: an address of the inventory leads to a VIP or to the wrong host.",
        (Step("check_rabbitmq -H ADDRESS --credentials FILE --facts", "for each member: which node answers?"),),
    ),
    "none": Advice(
        "No node serves. Start the one first that went down last: the others wait for it.",
        (
            Step(UNIT.command, "on every node: which one stopped last?"),
            JOURNAL,
            Step("systemctl start rabbitmq-server", "on the one that stopped last, then on the others"),
        ),
        "do not force_boot before you know that the last node is lost: its messages are lost with it. One that could not be asked may serve.",
    ),
    "degraded": Advice(
        "A node is missing. Without a majority quorum queues stop, and with pause_minority the rest pauses too.",
        (
            Step(UNIT.command, "on {node}"),
            Step(JOURNAL.command, "on {node}"),
            other_check("/rabbitmq_queues", "which queues have lost members?"),
        ),
        "do not take another node down now, and do not forget_cluster_node one that will come back.",
    ),
    "api": NODE["closed"],
    "strangers": Advice(
        "The cluster knows nodes that the inventory does not: a replaced node was never forgotten, or the inventory is old.",
        (
            Step(CLUSTER_STATUS.command, "does it run, or is it a disk node that is gone?"),
            Step("ping -c 3 {node}", "is its host gone for good?"),
            other_check("/rabbitmq_queues", "has a queue its members there?"),
            Step("rabbitmqctl forget_cluster_node rabbit@{node}", "only when it is proven gone and never comes back"),
        ),
        "do not forget a node because it does not answer: one that comes back afterwards is a cluster of its own, and its messages are lost.",
    ),
    "quorum_critical": Advice(
        "All nodes run, and some quorum queues have so few members online that the next loss stops them.",
        (
            Step("rabbitmq-diagnostics check_if_node_is_quorum_critical", "on {node}"),
            QUEUES,
            Step("rabbitmq-queues grow rabbit@NODE all", "the node that shall have more members"),
        ),
        "do not restart that node.",
    ),
    "alarm": ALARM,
    "vhost": NODE["vhost"],
    "left": Advice(
        "The node is not one of the cluster's any more: somebody took it out (forget_cluster_node), it was reset, or it never joined.",
        (
            Step(CLUSTER_STATUS.command, "on another node: is {node} listed?"),
            Step(CLUSTER_STATUS.command, "on {node}: is it a cluster of its own?"),
            Step("rabbitmqctl list_queues name messages", "on {node}: what would be lost when it joins again"),
            Step("rabbitmqctl stop_app", "on {node}"),
            Step("rabbitmqctl reset", "on {node}: its messages are lost"),
            Step("rabbitmqctl join_cluster rabbit@OTHER", "on {node}"),
            Step("rabbitmqctl start_app", "on {node}"),
        ),
        "do not reset the side that has the queues. When the node left on purpose, take it out of the inventory.",
    ),
    "hangs": Advice(
        "The port accepts and nothing answers: the node is stopped (SIGSTOP) or overloaded, or only its management API is. Peers drop a node "
        "that hangs after about a minute, clients on it wait until then.",
        (
            Step("rabbitmq-diagnostics -t 10 -q ping", "on {node}"),
            Step("ps -C beam.smp -o pid,stat,pcpu,etime,args", "on {node}: T is a stopped process"),
            Step("rabbitmq-diagnostics -t 10 maybe_stuck", "on {node}, twice, a minute apart"),
            OTHERS_SERVE,
        ),
        "do not restart the other nodes, and do not forget_cluster_node the one that hangs.",
    ),
    "cut_off": Advice(
        "The node could not be asked, and those that answer do not count it in: its host is down, or it is cut off and may go on serving "
        "the clients on its side.",
        (
            Step("ping -c 3 {node}", "from another node and from the Nagios server"),
            Step("nc -z {node} 25672", "from another node: does only its agent not answer?"),
            Step(CLUSTER_STATUS.command, "on {node}, by its console: whom does it count in?"),
        ),
        "do not forget_cluster_node, reset or force_boot anything before its host is proven down: two sides that both serve do not merge.",
    ),
    "app_stopped": NODE["app_stopped"],
    "missing": Advice("No node reports what a verdict needs.", (OTHERS_SERVE, Step("rabbitmq-diagnostics alarms"))),
    "draining": NODE["draining"],
    "unreachable": Advice(
        "No agent could be asked. Nothing is known about the cluster: it may serve.",
        (
            Step("ping -c 3 {member}"),
            Step("systemctl status nagios-nrpe-server", "on {member}"),
            Step("check_nrpe -H {member}", "on the Nagios server"),
        ),
        "do not restart a broker because its agent is silent.",
    ),
}  # fmt: skip
