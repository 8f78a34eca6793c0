"""What to do about each finding on RabbitMQ queues. Data of the rabbitmq component."""

from hamon.checks.rabbitmq.runbook import API
from hamon.verdict import Advice

RUNBOOK = {
    **API,
    "down": Advice(
        "The queue lives on a node that is gone and has no copy elsewhere; nobody can use it until that node is back.",
        ("rabbitmqctl cluster_status (which node is missing?)", "start that node", "rabbitmqctl list_queues -p VHOST name type state policy --formatter pretty_table"),
        "do not delete the queue as long as the node can come back: its durable messages come with it.",
    ),
    "no_quorum": Advice(
        "Most members of the queue are offline: it accepts nothing and gives nothing, although its state says running.",
        ("rabbitmqctl cluster_status (which nodes are missing?)", "start the missing nodes", "rabbitmq-queues quorum_status -p VHOST QUEUE"),
        "do not delete_member nodes that can come back: that makes the loss final.",
    ),
    "leaderless": Advice(
        "The members are online and cannot agree on a leader: clients of the queue hang.",
        ("rabbitmq-queues quorum_status -p VHOST QUEUE", "grep QUEUE /var/log/rabbitmq/rabbit@*.log", "rabbitmqctl list_queues -p VHOST name leader members online"),
        "do not restart all members at once.",
    ),
    "offline": Advice(
        "A member of the queue is offline; the others carry on. It catches up when its node is back.",
        ("rabbitmqctl cluster_status", "rabbitmq-queues quorum_status -p VHOST QUEUE"),
    ),
    "foreign": Advice(
        "A node was replaced or forgotten and its members stayed: they count against the majority and never come back.",
        ("rabbitmq-queues quorum_status -p VHOST QUEUE", "rabbitmq-queues delete_member -p VHOST QUEUE rabbit@OLD", "rabbitmq-queues add_member -p VHOST QUEUE rabbit@NEW"),
    ),
    "few_members": Advice(
        "The queue was declared while nodes were missing, or a node was replaced: new nodes do not become members by themselves.",
        ("rabbitmq-queues grow rabbit@NODE all", "rabbitmq-queues quorum_status -p VHOST QUEUE"),
    ),
    "unmirrored": Advice(
        "A mirror is missing or not synchronised: when the leader's node goes, messages go with it.",
        ("rabbitmqctl list_queues -p VHOST name slave_pids synchronised_slave_pids", "rabbitmqctl sync_queue -p VHOST QUEUE (blocks the queue while it runs)"),
        "do not stop the node of the leader now.",
    ),
    "untold": Advice("A replicated queue tells no members, so nothing is known about it.", ("rabbitmqctl list_queues -p VHOST name members online",)),
    "unconsumed": Advice(
        "Somebody publishes and nobody reads: the service that should is down, or nobody ever will (notifications without a consumer).",
        ("rabbitmqctl list_consumers -p VHOST", "check the service that the queue is named after", "rabbitmqctl list_bindings -p VHOST | grep QUEUE (who publishes?)"),
        "do not purge an RPC queue of a living service: its callers wait for the answers.",
    ),
    "ready": Advice(
        "More messages wait than the limit for this queue allows: its consumers are too slow or stuck.",
        ("rabbitmqctl list_queues -p VHOST name consumers messages_ready messages_unacknowledged consumer_utilisation", "check the service that the queue is named after"),
    ),
    "empty": Advice(
        "Without the tag monitoring, or in the wrong vhosts, the API answers with an empty list instead of an error.",
        ("rabbitmqctl list_users", "rabbitmqctl list_user_permissions hamon", "rabbitmqctl list_queues -p VHOST name | head"),
    ),
    "statless": Advice(
        "Queues are listed without their messages: statistics are disabled, or the management agent does not work.",
        ("rabbitmq-diagnostics environment | grep -e disable_stats -e disable_metrics", "rabbitmq-plugins list -e"),
    ),
    "slow": Advice(
        "The API is too slow for so many queues in the time that this check has.",
        ("time curl -u USER 'http://ADDRESS:15672/api/queues?page=1&page_size=500'", "raise -t for this check", "rabbitmq-diagnostics observer (is the management database busy?)"),
    ),
}  # fmt: skip
