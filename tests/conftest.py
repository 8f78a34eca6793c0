"""What all tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The build machine tries the same examples every time: what it finds is the change's. Everywhere else they are new ones.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI") == "true":
    settings.load_profile("ci")


@pytest.fixture(autouse=True)
def private_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test remembers what another did, or anything of this machine's real checks."""
    monkeypatch.setenv("HAMON_STATE_DIR", str(tmp_path / "memory"))
    monkeypatch.delenv("HAMON_USER", raising=False)
    monkeypatch.delenv("HAMON_PASSWORD", raising=False)
