"""Names and verdicts that the failures of the controller profile share."""

from hamon.lab.failure import Verdict

CONTROLLERS = ("ctl1", "ctl2", "ctl3")
BALANCERS = ("ctl1", "ctl2")

CLUSTER = "galera.cluster", "galera_cluster"
VIRTUAL = "vip.internal", "vip"
PROXIES = "haproxy.cluster", "haproxy_cluster"
SERVER_DOWN = tuple(Verdict(host, "haproxy", "WARNING") for host in BALANCERS)
ONE_LEFT = Verdict(*CLUSTER, "CRITICAL", "one more loss")
CTL3_GALERA = Verdict("ctl3", "galera", "CRITICAL")

BROKER = "rabbitmq.cluster", "rabbitmq_cluster"
AT_RISK = Verdict(*BROKER, "CRITICAL", "one more loss")
THROUGH = Verdict("vip.internal", "amqp_vip", "CRITICAL")
"""No message comes back through the virtual address."""
QUEUES = "rabbitmq.cluster", "rabbitmq_queues"
WITHOUT_MEMBERS = Verdict(*QUEUES, "WARNING", "members offline")


def broker(host: str) -> tuple[Verdict, ...]:
    """What is said of a node that serves no client."""
    return Verdict(host, "rabbitmq", "CRITICAL"), Verdict(host, "amqp", "CRITICAL")


CTL3_BROKER = broker("ctl3")
CALLS_HANG = (*broker("ctl1"), *broker("ctl2"), THROUGH)
"""Until net_ticktime is over no node knows that ctl3 is lost, and those that ask for what it has wait for its answer."""
BROKER_WITHOUT_CTL3 = (AT_RISK, *CTL3_BROKER, WITHOUT_MEMBERS)
"""RabbitMQ on ctl3 is dead, hangs, or paused itself because it was cut off."""
