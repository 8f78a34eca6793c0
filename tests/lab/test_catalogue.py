"""Nothing of the lab is listed by hand: what a folder forgets to state is named here, a test for each way of forgetting."""

import sys
from pathlib import Path

import pytest

from hamon.catalogue import checks
from hamon.errors import UsageError
from hamon.lab import catalogue, prerequisites
from hamon.lab.catalogue import Component, components, in_order, scenarios
from hamon.lab.components.nagios.generator import inventory
from hamon.lab.failure import Failure
from hamon.lab.host.hosts import Host, Profile
from hamon.lab.mistakes import mistakes
from hamon.lab.profiles import CONTROLLER, PROFILES
from hamon.lab.service import Service
from hamon.lab.site import Site
from hamon.lab.steps import HEALTHY

CACHE = Service(
    name="cache",
    text="a cache",
    role="cache",
    argv=lambda _site, _host: ["env", "A=b", "cached"],
    ready=lambda _cloud, _host: True,
    programs={"cached": "cache-server"},
)
FULL = Failure("cache-full", "cache", "it is full", (), HEALTHY, ())
SMALL = Profile("small", "one host", (Host("one", "192.0.2.1", frozenset({"cache"})),))
OTHER_ROLE = Profile("other", "one host", (Host("one", "192.0.2.1", frozenset({"cache", "lonely"})),))


def folder(*services: Service, name: str = "cache", **failures: tuple[Failure, ...]) -> Component:
    return Component(name, services, failures)


def test_this_lab_forgot_nothing() -> None:
    assert list(mistakes(components(), scenarios(), PROFILES)) == []


def test_every_folder_and_scenario_is_there() -> None:
    lab = Path(catalogue.__file__).parent
    folders = {path.parent.name for path in (lab / "components").glob("*/__init__.py")}
    stating = {path.stem for path in (lab / "scenarios").glob("*.py") if "\nFAILURES" in path.read_text()}

    assert {component.name for component in components()} == folders
    assert {scenario.name for scenario in scenarios()} == stating == {"host", "kolla"}


@pytest.mark.parametrize(
    ("stated", "profile", "expected"),
    [
        ([folder(CACHE, small=(FULL,))], SMALL, []),
        ([folder(small=(FULL,))], SMALL, ["cache: no service (SERVICES in service.py)", "profile small: no service has the role cache"]),
        (
            [folder(CACHE._replace(programs={}))],
            SMALL,
            ["cache: cache does not say which package brings cached (programs)"],
        ),
        ([folder(CACHE._replace(programs={}, argv=lambda _site, _host: [sys.executable, "cached.py"]))], SMALL, []),
        (
            [folder(CACHE._replace(programs={}, argv=lambda _site, _host: ["sh", "-c", "cached"]))],
            SMALL,
            ["cache: cache does not say which package brings sh (programs)"],
        ),
        (
            [folder(CACHE, CACHE._replace(name="second", role="cash"))],
            SMALL,
            ["cache: no host of any profile has the role cash of second"],
        ),
        ([folder(CACHE)], OTHER_ROLE, ["profile other: no service has the role lonely"]),
        ([folder(CACHE), folder(CACHE, name="copy")], SMALL, ["two services are called cache"]),
        (
            [folder(CACHE._replace(after=("catche",)))],
            SMALL,
            ["cache: cache is started after catche, which is not a service"],
        ),
        (
            [folder(CACHE._replace(after=("second",)), CACHE._replace(name="second", after=("cache",)))],
            SMALL,
            ["services wait for each other: cache after second after cache"],
        ),
        ([folder(CACHE, smal=(FULL,))], SMALL, ["cache: failures of an unknown profile, smal"]),
        (
            [folder(CACHE, small=(FULL._replace(like="other"),))],
            SMALL,
            ["cache: no core failure in the profile small, so `make test` breaks it never"],
        ),
        ([folder(CACHE, small=(FULL, FULL))], SMALL, ["two failures are called cache-full"]),
        (
            [folder(CACHE, small=(FULL._replace(component="cash"),))],
            SMALL,
            ["cache: the failure cache-full says that it is of cash"],
        ),
    ],
)  # fmt: skip
def test_what_was_forgotten_is_named(stated: list[Component], profile: Profile, expected: list[str]) -> None:
    assert list(mistakes(stated, [], {profile.name: profile})) == expected


def test_services_start_behind_those_they_need() -> None:
    names = [service.name for service in catalogue.services()]

    assert names.index("rsyslog") < names.index("haproxy")
    assert names.index("epmd") < names.index("rabbitmq")
    assert names.index("corosync") < names.index("pacemaker")
    assert names.index("vrrp-helper") < names.index("keepalived")
    first = CACHE._replace(name="z")
    assert [s.name for s in in_order([folder(CACHE._replace(after=("z",)), first)])] == ["z", "cache"]


def test_a_bare_lab_has_no_watchers() -> None:
    watchers = {service.name for service in catalogue.services()} - {s.name for s in catalogue.services(False)}
    assert watchers == {"nrpe", "nagios"}


def test_every_verdict_is_of_a_check_and_a_host_that_exist() -> None:
    for profile, failures in catalogue.failures().items():
        hosts = {host.name for host in PROFILES[profile].hosts}
        for failure in failures:
            for verdict in (*failure.expects, *failure.allows):
                assert verdict.service in {"", "nrpe", *checks()}, (failure.name, verdict)
                assert verdict.host in hosts or "." in verdict.host, (failure.name, verdict)


def test_unknown_failure_is_named_with_the_nearest_ones() -> None:
    with pytest.raises(
        UsageError, match="unknown failure of the controller profile 'vip-dual'; did you mean vip-dual-master"
    ):
        catalogue.find("vip-dual", CONTROLLER)
    with pytest.raises(UsageError, match="unknown failure 'drbd-lnk-cut'; did you mean drbd-link-cut"):
        catalogue.profile_of("drbd-lnk-cut")
    assert catalogue.profile_of("drbd-link-cut") == "drbd"


def test_packages_are_asked_from_the_services() -> None:
    controller = prerequisites.programs(PROFILES["controller"])
    bare = prerequisites.programs(PROFILES["controller"], monitored=False)

    assert controller["mariadbd"] == "mariadb-server"
    assert set(controller) - set(bare) == {
        "nrpe",
        "nagios4",
        "openssl",
        "/usr/lib/nagios/plugins/check_nrpe",
        "/usr/lib/nagios/plugins/check_ping",
    }
    assert "linux.uml" not in controller
    assert "linux.uml" in prerequisites.programs(PROFILES["drbd"])


def test_a_program_that_is_not_there_names_its_package() -> None:
    wanted = {"no-such-program": "b", "/no/such/library.so": "a", "sh": "c", __file__: "d", "no-such-either": "b"}
    assert prerequisites.missing(wanted) == ["a", "b"]


def test_the_inventory_says_what_services_and_profile_say_of_checks(tmp_path: Path) -> None:
    hamon = inventory(Site(tmp_path, PROFILES["drbd"]), catalogue.services())["all"]["vars"]["hamon"]

    stack = "resource=r0,mount=/srv,vip=10.79.0.100,service=mariadbd"
    assert hamon["checks"]["drbd_node"] == {"args": ["--stack", stack], "retry_interval": 2}
    assert hamon["checks"]["drbd"] == {"retry_interval": 2}
    assert "keepalived" not in hamon["checks"]


def test_every_failure_says_what_it_does() -> None:
    for failure in (failure for of_profile in catalogue.failures().values() for failure in of_profile):
        assert failure.text
        assert failure.inject
        assert failure.visible.text
        assert not failure.like or not catalogue.failure_named(failure.like).like
