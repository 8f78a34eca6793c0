"""Every failure, injected for real: seen at the service, named by Nagios, nothing else alarmed, all well after healing."""

import functools
from collections.abc import Callable

import pytest

from hamon.lab import Lab
from hamon.lab.failures import FAILURES
from hamon.lab.matrix import line
from hamon.lab.measure import Measured, await_calm, measure

pytestmark = pytest.mark.lab


def test_a_healthy_cloud_alarms_nobody(cloud: Lab) -> None:
    await_calm(cloud)

    assert {service.state for service in cloud.nagios().services} == {"OK"}


@pytest.fixture(scope="session")
def outcome(cloud: Lab) -> Callable[[str], Measured]:
    """What a failure looked like; each is injected once in a session."""

    @functools.cache
    def of(name: str) -> Measured:
        try:
            return measure(cloud, FAILURES[name])
        except BaseException:
            cloud.heal()  # the next failure wants a healthy cloud
            raise

    return of


@pytest.mark.parametrize("name", FAILURES)
def test_failure_is_visible_named_and_healed(cloud: Lab, outcome: Callable[[str], Measured], name: str) -> None:
    measured = outcome(name)

    assert measured.passed, line(measured)
    assert not cloud.status()["broken"]


@pytest.mark.parametrize(
    ("name", "pages"),
    [
        ("galera-split-brain", ("galera.cluster/galera_cluster",)),
        ("vip-dual-master", ("vip.internal/vip",)),
        ("host-power-loss", ("galera.cluster/galera_cluster",)),
        ("haproxy-backend-down", ("haproxy.cluster/haproxy_cluster",)),
        ("haproxy-server-down", ()),
        ("haproxy-maint", ()),
        ("galera-desync", ()),
        ("vip-failover", ()),
    ],
)
def test_one_incident_is_one_page(outcome: Callable[[str], Measured], name: str, pages: tuple[str, ...]) -> None:
    assert outcome(name).pages == pages
