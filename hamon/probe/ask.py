"""``ask(question)``: every answer that a check judges passes through here.

That is why any check can be recorded and replayed: with a ``Tape`` each question is a key and each answer plain JSON.
Without one the question goes straight out; recording costs nothing when unused. A question is a small value of its
transport's module (``Get(url)``, ``Command(argv)``, ``Rows(server, queries)``); this module knows none of them. All take
the time left of one deadline, so that a service which accepts and never answers ends in a verdict, not in a hang.

Errors: a question raises ProbeError with the state it deserves (a dead or refusing service is CRITICAL, our own trouble
such as a missing tool or permission is UNKNOWN).
"""

import math
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from hamon.budget import large
from hamon.memory import Memory
from hamon.probe.deadline import Deadline

if TYPE_CHECKING:
    from hamon.probe.tape import Tape

MARGIN = 1.0  # seconds that a second look leaves to the judging
Seen = TypeVar("Seen")
Read = TypeVar("Read", covariant=True)


class Question(Protocol[Read]):
    """One question to the outside.

    ``key`` names it in recordings and holds no secrets. ``put`` does all the I/O and returns plain JSON data, ``read`` makes
    of it (live or recorded) what the check gets, without I/O. A question that carries secrets has them in ``secrets``, a
    tuple of texts that no recording may hold.
    """

    @property
    def key(self) -> str: ...  # noqa: D102

    def put(self, deadline: Deadline) -> Any: ...  # noqa: D102

    def read(self, answer: Any) -> Read: ...  # noqa: D102


class Questions(Protocol[Read]):
    """Several questions that are put at once. ``put`` returns an answer, or the ProbeError, for each of ``keys``."""

    @property
    def keys(self) -> tuple[str, ...]: ...  # noqa: D102

    def put(self, deadline: Deadline) -> Mapping[str, Any]: ...  # noqa: D102

    def read(self, answers: Mapping[str, Any]) -> Read: ...  # noqa: D102


class Ask:
    """Questions of one run of one check.

    ``recall`` loads what the check remembers, called with the clock at the first use of ``memory``; ``remembered`` is that
    memory, or None when this run never asked for it.
    """

    def __init__(
        self, deadline: Deadline, recall: Callable[[float], Memory] = Memory.start, tape: "Tape | None" = None
    ) -> None:
        self.deadline = deadline
        self.tape = tape
        self._recall = recall
        self._now = tape.clock if tape else time.time()
        self.remembered: Memory | None = None

    def __call__(self, question: Question[Seen]) -> Seen:
        """Put one question. Raises ProbeError."""
        if self.tape is None:
            answer = question.put(self.deadline)
            large(answer)
            return question.read(answer)
        self.tape.hide(getattr(question, "secrets", ()))
        return question.read(self.tape.answer(question.key, lambda: question.put(self.deadline)))

    def together(self, questions: Questions[Seen]) -> Seen:
        """Put several questions at once."""
        if self.tape is None:
            return questions.read(questions.put(self.deadline))
        self.tape.hide(getattr(questions, "secrets", ()))
        return questions.read(self.tape.answer_many(questions.keys, lambda: questions.put(self.deadline)))

    def now(self) -> float:
        """The clock: epoch seconds at the start of this run, or of the recorded one."""
        return self._now

    @property
    def memory(self) -> Memory:
        """What this check remembers from its last run; loaded at the first use."""
        if self.remembered is None:
            self.remembered = self._recall(self._now)
        return self.remembered

    def share(self, among: int, most: float = math.inf) -> "Ask":
        """The same run with one of ``among`` equal shares of the time left, ``most`` seconds at most, and without its memory.

        For a question whose silence must leave time for the others.
        """
        return Ask(Deadline(min(most, self.deadline.left() / among)), tape=self.tape)

    def wait(self, seconds: float) -> None:
        """Let time pass between two looks; a replay does not wait."""
        if self.tape is None or not self.tape.replays:
            time.sleep(min(seconds, max(0.0, self.deadline.left() - 1.0)))

    def twice(
        self, look: "Callable[[], Seen]", doubtful: "Callable[[Seen], bool]", seconds: float
    ) -> "tuple[Seen, bool]":
        """Look; and once more ``seconds`` later when that was doubtful: what is on its way explains much, and passes.

        Not when the first look took so long that a second one would end in no answer at all. Returns what was seen last,
        and whether that was the second time. A replay does not wait.
        """
        before = self.deadline.left()
        seen = look()
        left = self.deadline.left()
        if not doubtful(seen) or left < (before - left) + seconds + MARGIN:
            return seen, False
        self.wait(seconds)
        return look(), True
