"""One lab for the whole session: it takes a quarter of a minute to come up."""

import os
from collections.abc import Callable, Iterator

import pytest

from hamon.lab import Lab, prerequisites
from hamon.lab.errors import MissingError


def needed(monitored: bool = True) -> None:
    """Skip where no lab can start, and say why; where one must start (root on the build machine), fail."""
    try:
        prerequisites.require(monitored)
    except MissingError as missing:
        if os.environ.get("CI") == "true" and os.geteuid() == 0:
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def cloud() -> Iterator[Lab]:
    needed()
    with Lab(tell=print) as lab:
        yield lab


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
