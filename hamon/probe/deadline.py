"""One deadline for a whole run: whatever hangs, a verdict comes in time."""

import time


class Deadline:
    """A point in time by which everything must have ended. Seconds, monotonic."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left; never below 1 ms, because 0 means "for ever" to sockets."""
        return max(0.001, self._end - time.monotonic())

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._end
