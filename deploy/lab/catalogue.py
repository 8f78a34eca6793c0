"""What runs in the lab and everything that can be broken in it on purpose."""

from hamon.lab.components.api.service import API
from hamon.lab.components.chrony import failures as chrony
from hamon.lab.components.chrony.service import CHRONY, REFERENCE
from hamon.lab.components.corosync import failures as corosync
from hamon.lab.components.corosync.service import COROSYNC
from hamon.lab.components.drbd import failures as drbd
from hamon.lab.components.drbd.service import DRBD
from hamon.lab.components.galera import failures as galera
from hamon.lab.components.galera.service import GALERA
from hamon.lab.components.haproxy import failures as haproxy
from hamon.lab.components.haproxy.service import HAPROXY
from hamon.lab.components.keepalived import failures as keepalived
from hamon.lab.components.keepalived.service import KEEPALIVED, VRRP_HELPER
from hamon.lab.components.memcached import failures as memcached
from hamon.lab.components.memcached.service import MEMCACHED
from hamon.lab.components.pacemaker import failures as pacemaker
from hamon.lab.components.pacemaker.service import PACEMAKER
from hamon.lab.components.rabbitmq import failures as rabbitmq
from hamon.lab.components.rabbitmq.service import EPMD, RABBITMQ
from hamon.lab.components.rsyslog.service import RSYSLOG
from hamon.lab.errors import UnknownNameError
from hamon.lab.failure import Failure
from hamon.lab.host.hosts import Profile
from hamon.lab.scenarios import host

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
OF_PROFILE: dict[str, tuple[Failure, ...]] = {
    "controller": (
        *galera.FAILURES,
        *rabbitmq.FAILURES,
        *memcached.FAILURES,
        *haproxy.FAILURES,
        *keepalived.FAILURES,
        *host.FAILURES,
    ),
    "cluster": (*corosync.FAILURES, *pacemaker.FAILURES, *chrony.FAILURES),
    "drbd": drbd.FAILURES,
}
FAILURES = {failure.name: failure for failures in OF_PROFILE.values() for failure in failures}


def profile_of(name: str) -> str:
    """In which profile that failure can happen; UnknownNameError with the nearest ones."""
    for profile, failures in OF_PROFILE.items():
        if name in {failure.name for failure in failures}:
            return profile
    raise UnknownNameError("failure", name, FAILURES)


def find(name: str, profile: Profile) -> Failure:
    """The failure of that name in that profile; UnknownNameError with the nearest ones."""
    known = {failure.name: failure for failure in OF_PROFILE[profile.name]}
    if name not in known:
        raise UnknownNameError(f"failure of the {profile.name} profile", name, known)
    return known[name]
