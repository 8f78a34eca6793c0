"""Everything that can be broken on purpose. Data only, a module for each component; the words are in hamon.lab.steps."""

from hamon.lab.errors import UnknownNameError
from hamon.lab.failure import Failure
from hamon.lab.failures import (
    chrony,
    corosync,
    drbd,
    galera,
    haproxy,
    host,
    keepalived,
    memcached,
    pacemaker,
    rabbitmq,
)
from hamon.lab.hosts import Profile

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
