"""One failure that does not heal ruins no other row of the matrix."""

from typing import Self

import pytest

from hamon.lab.errors import NotYetError
from hamon.lab.failure import Failure
from hamon.lab.proof import matrix
from hamon.lab.proof.measure import Measured
from hamon.lab.steps import HEALTHY

FAILURES = [Failure(name, "galera", "x", (), HEALTHY, ()) for name in ("first", "incurable", "lost", "last")]


class Clouds:
    """Labs that count themselves; one in which `incurable` was injected does not heal."""

    made = 0

    def __init__(self, _profile: str) -> None:
        Clouds.made += 1
        self.number = Clouds.made
        self.ill = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing runs."""

    def heal(self) -> None:
        if self.ill:
            raise NotYetError("waited in vain")


def measure(lab: Clouds, failure: Failure) -> Measured:
    """`incurable` and `lost` do not happen as they should."""
    lab.ill |= failure.name == "incurable"
    if failure.name in ("incurable", "lost"):
        raise NotYetError(f"{failure.name} was not seen")
    return Measured(failure.name, "galera", "x", float(lab.number), (), (), (), 0.0, 0.0)


def test_a_cloud_that_does_not_heal_is_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Clouds, "made", 0)
    monkeypatch.setattr(matrix, "Lab", Clouds)
    monkeypatch.setattr(matrix, "measure", measure)
    monkeypatch.setattr(matrix, "await_calm", lambda _lab: 0.0)
    lines: list[str] = []
    rows = matrix.run("controller", FAILURES, lines.append)

    assert [(row.name, row.visible, row.error) for row in rows] == [
        ("first", 1.0, ""),
        ("incurable", 0.0, "incurable was not seen"),
        ("lost", 0.0, "lost was not seen"),
        ("last", 2.0, ""),
    ]
    assert [line[:4] for line in lines] == ["pass", "FAIL", "this", "FAIL", "pass"]
