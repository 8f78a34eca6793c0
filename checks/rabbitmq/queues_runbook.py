"""What to do about each finding on RabbitMQ queues. Data of the rabbitmq component."""

from hamon.checks.rabbitmq.runbook import API
from hamon.verdict import Advice, Step

STATUS = Step("rabbitmqctl cluster_status", "which nodes are missing?")
MEMBERS = Step("rabbitmq-queues quorum_status -p {vhost} {queue}")
SERVICE = Step(remark="look at the service that the queue is named after: does it run, what does its log say?")

RUNBOOK = {
    **API,
    "down": Advice(
        "The queue is on a node that is gone and has no copy elsewhere. Nobody can use it until that node is back.",
        (
            STATUS,
            Step("systemctl start rabbitmq-server", "on the missing node"),
            Step("rabbitmqctl list_queues -p {vhost} name type state policy"),
        ),
        "do not delete the queue as long as the node can come back: its durable messages come with it.",
    ),
    "no_quorum": Advice(
        "Most members of the queue are offline: it accepts nothing and gives nothing, although its state says running.",
        (STATUS, Step("systemctl start rabbitmq-server", "on the missing nodes"), MEMBERS),
        "do not delete_member nodes that can come back, or that merely do not answer: that makes the loss final.",
    ),
    "leaderless": Advice(
        "The members are online and cannot agree on a leader. Clients of the queue hang.",
        (
            MEMBERS,
            Step("grep {queue} /var/log/rabbitmq/rabbit@*.log", "on its members"),
            Step("rabbitmqctl list_queues -p {vhost} name leader members online"),
        ),
        "do not restart all members at once.",
    ),
    "offline": Advice(
        "A member of the queue is offline. The others carry on, and it catches up when its node is back.",
        (STATUS, MEMBERS),
    ),
    "foreign": Advice(
        "A node was replaced or forgotten and its members stayed: they count against the majority and never come back.",
        (
            STATUS,
            MEMBERS,
            Step("rabbitmq-queues add_member -p {vhost} {queue} rabbit@NEW", "first the new member, while there is a majority"),
            Step("rabbitmq-queues delete_member -p {vhost} {queue} rabbit@OLD", "only a node that is not in the cluster any more"),
        ),
        "do not delete the member of a node that can come back, or that merely does not answer.",
    ),
    "few_members": Advice(
        "The queue was declared while nodes were missing, or a node was replaced: new nodes do not become members by themselves.",
        (MEMBERS, Step("rabbitmq-queues grow rabbit@NODE all", "a node without members")),
    ),
    "unmirrored": Advice(
        "A mirror is missing or not synchronised: when the leader's node goes, messages go with it.",
        (
            Step("rabbitmqctl list_queues -p {vhost} name slave_pids synchronised_slave_pids"),
            Step("rabbitmqctl sync_queue -p {vhost} {queue}", "blocks the queue while it runs"),
        ),
        "do not stop the node of the leader now.",
    ),
    "untold": Advice(
        "A replicated queue reports no members, so nothing is known about it.",
        (Step("rabbitmqctl list_queues -p {vhost} name members online"),),
    ),
    "unconsumed": Advice(
        "Messages are published and not read: the service that should read them is down, or none ever will (notifications without a consumer).",
        (
            Step("rabbitmqctl list_consumers -p {vhost}"),
            SERVICE,
            Step("rabbitmqctl list_bindings -p {vhost}", "look for {queue}: who publishes?"),
        ),
        "do not purge an RPC queue of a living service: its callers wait for the answers.",
    ),
    "ready": Advice(
        "More messages wait than the limit for this queue allows: its consumers are too slow or stuck.",
        (
            Step("rabbitmqctl list_queues -p {vhost} name consumers messages_ready messages_unacknowledged consumer_utilisation"),
            SERVICE,
        ),
    ),
    "empty": Advice(
        "Without the tag monitoring, or in the wrong vhosts, the API answers with an empty list instead of an error.",
        (
            Step("rabbitmqctl list_users"),
            Step("rabbitmqctl list_user_permissions hamon"),
            Step("rabbitmqctl list_vhosts name"),
            Step("rabbitmqctl list_queues -p VHOST name", "for each vhost"),
        ),
    ),
    "hidden": Advice(
        "The API leaves out what a user may not see, without an error. Nothing is known about the queues of that virtual host.",
        (
            Step("rabbitmqctl list_user_permissions hamon"),
            Step("rabbitmqctl set_permissions -p {vhost} hamon '^hamon[.]check[.]' '^hamon[.]check[.]' '^hamon[.]check[.]'", "to look, and no queue of others"),
            Step(remark="or leave it out: --exclude '^{vhost}/'"),
        ),
    ),
    "statless": Advice(
        "Queues are listed without their messages: statistics are disabled, or the management agent does not work.",
        (Step("rabbitmq-diagnostics environment", "look for: disable_stats, disable_metrics"), Step("rabbitmq-plugins list -e")),
    ),
    "slow": Advice(
        "The API is too slow for so many queues in the time that this check has.",
        (
            Step("curl -u USER -o /dev/null 'http://{host}:15672/api/queues?page=1'", "how long does it take for 100 queues?"),
            Step("rabbitmq-diagnostics observer", "is the management database busy?"),
            Step(remark="raise -t for this check"),
        ),
    ),
}  # fmt: skip
