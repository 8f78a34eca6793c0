"""What runs on the hosts of a lab. One module for each service: its statement, and how to ask it."""

from hamon.lab.services.api import API
from hamon.lab.services.chrony import CHRONY, REFERENCE
from hamon.lab.services.corosync import COROSYNC
from hamon.lab.services.drbd import DRBD
from hamon.lab.services.galera import GALERA
from hamon.lab.services.haproxy import HAPROXY
from hamon.lab.services.keepalived import KEEPALIVED, VRRP_HELPER
from hamon.lab.services.memcached import MEMCACHED
from hamon.lab.services.pacemaker import PACEMAKER
from hamon.lab.services.rabbitmq import EPMD, RABBITMQ
from hamon.lab.services.rsyslog import RSYSLOG

CLOUD = (
    RSYSLOG,
    GALERA,
    EPMD,
    RABBITMQ,
    MEMCACHED,
    API,
    HAPROXY,
    VRRP_HELPER,
    KEEPALIVED,
    REFERENCE,
    CHRONY,
    COROSYNC,
    PACEMAKER,
    DRBD,
)
"""The watched services of all profiles, in the order they are started on a host."""
