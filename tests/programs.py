"""Programs of the distribution that a test calls: it is skipped where they are not, and fails on the build machine."""

import os
import shutil

import pytest

from hamon.lab.prerequisites import OF_TESTS, PATH


def needs(program: str, *others: str) -> str:
    """The path of a program, or of another one of the same. Skips where there is none; fails where `prepare.sh packages` had
    to install it.
    """
    path = next(filter(None, (shutil.which(name, path=PATH) for name in (program, *others))), None)
    if path is None:
        reason = f"{program} is not here: apt-get install {OF_TESTS.get(program, program)}"
        if os.environ.get("CI") == "true" and os.geteuid() == 0:
            pytest.fail(reason)
        pytest.skip(reason)
    return path
