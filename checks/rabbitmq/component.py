"""The rabbitmq component: its checks and the inventory groups of its members."""

from hamon.checks.rabbitmq.amqp import CHECK as AMQP
from hamon.checks.rabbitmq.amqp import VIP as AMQP_VIP
from hamon.checks.rabbitmq.cluster import CLUSTER
from hamon.checks.rabbitmq.node import CHECK
from hamon.checks.rabbitmq.queues import CHECK as QUEUES
from hamon.component import Component

COMPONENT = Component(
    "rabbitmq",
    "RabbitMQ message broker",
    (
        "rabbitmq",
        "rabbitmq_all",
        "rabbitmq_cluster",
        "rabbitmq_server",
        "rabbitmq-server",
        "rabbit",
        "rabbit_all",
        "rabbit_mq_container",
    ),
    (CHECK, CLUSTER, QUEUES, AMQP, AMQP_VIP),
)
