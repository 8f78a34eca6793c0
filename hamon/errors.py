"""hamon's own errors; the text of each is one clear line that names the place and the fix.

HamonError
+-- ProbeError      the outside did not answer as it should (carries the state it deserves)
+-- UsageError      the call itself is wrong: options, thresholds, files given to us (exit 3)
"""

from hamon.verdict import State


class HamonError(Exception):
    """Base of hamon's own errors; the text is one clear line that names the place and the fix."""


class ProbeError(HamonError):
    """A probe could not get its facts; ``state`` is the verdict that this deserves by itself."""

    def __init__(self, state: State, text: str, about: str = "") -> None:
        super().__init__(text)
        self.state = state
        self.text = text
        self.about = about


class UsageError(HamonError):
    """The call is wrong (option, threshold, file): exit 3, nothing done."""
