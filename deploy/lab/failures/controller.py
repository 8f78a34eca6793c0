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
QUEUES = Verdict("rabbitmq.cluster", "rabbitmq_queues", "CRITICAL")


def broker(host: str) -> tuple[Verdict, ...]:
    """What is said of a node that serves nobody."""
    return Verdict(host, "rabbitmq", "CRITICAL"), Verdict(host, "amqp", "CRITICAL")


CTL3_BROKER = broker("ctl3")
