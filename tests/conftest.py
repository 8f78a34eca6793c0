"""What all tests share."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def private_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test remembers what another did, or anything of this machine's real checks."""
    monkeypatch.setenv("HAMON_STATE_DIR", str(tmp_path / "memory"))
    monkeypatch.delenv("HAMON_USER", raising=False)
    monkeypatch.delenv("HAMON_PASSWORD", raising=False)
