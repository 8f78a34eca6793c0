"""RabbitMQ with the names that openstack-ansible gives its containers: `_` and `-` in the inventory, only `-` in host names."""

from hamon.lab.host.hosts import Host, Profile

_BROKER = frozenset({"rabbitmq", "nrpe", "rsyslog"})

PROFILE = Profile(
    name="osa",
    text="three RabbitMQ nodes named as openstack-ansible names its containers, and a monitoring host",
    hosts=(
        Host("ctl1_rabbit_mq_container-1a2b3c4d", "10.83.0.11", _BROKER),
        Host("ctl2_rabbit_mq_container-5e6f7a8b", "10.83.0.12", _BROKER),
        Host("ctl3_rabbit_mq_container-9c0d1e2f", "10.83.0.13", _BROKER),
        Host("mon", "10.83.0.1", frozenset({"nagios", "nrpe", "rsyslog"})),
    ),
    interval=6,
    budget=120,
)
