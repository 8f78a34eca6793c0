"""One lab for all tests of a profile: it takes a quarter of a minute to come up."""

import os
from collections.abc import Callable, Iterator

import pytest

from hamon.lab import Lab, prerequisites
from hamon.lab.errors import MissingError
from hamon.lab.profiles import PROFILES


def needed(profile: str = "controller", monitored: bool = True) -> None:
    """Skip where no lab can start, and say why; where one must start (root on the build machine), fail."""
    try:
        prerequisites.require(PROFILES[profile], monitored)
    except MissingError as missing:
        if os.environ.get("CI") == "true" and os.geteuid() == 0:
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def lab_of() -> Iterator[Callable[..., Lab]]:
    """The lab of a profile. One runs at a time: asking for another one, or for it anew, ends it."""
    running: dict[str, Lab] = {}

    def ask(profile: str, anew: bool = False) -> Lab:
        if anew or profile not in running:
            while running:
                running.popitem()[1].down()
            needed(profile)
            lab = Lab(profile, tell=print)
            lab.up(tied=True)
            running[profile] = lab
        return running[profile]

    yield ask
    for lab in running.values():
        lab.down()


@pytest.fixture
def cloud(lab_of: Callable[..., Lab]) -> Lab:
    """The controllers."""
    return lab_of("controller")


@pytest.fixture
def bare() -> Iterator[Callable[..., Lab]]:
    """Labs without monitoring that a test starts itself, and may break beyond repair."""
    needed(monitored=False)
    started: list[Lab] = []

    def start(**options: object) -> Lab:
        lab = Lab(monitored=False, **options)  # type: ignore[arg-type]
        started.append(lab)
        return lab

    yield start
    for lab in started:
        lab.down()
