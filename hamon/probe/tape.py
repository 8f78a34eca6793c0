"""Recording and replay of everything a check was answered.

A recording is one JSON file: the check, its arguments, the clock, what it remembered, and every answer by its question, in
order. Secrets are redacted before anything is written. Replaying runs the same probe code on the same answers.
"""

import json
import os
import re
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hamon.errors import ProbeError, UsageError
from hamon.files import write_atomically
from hamon.memory import Memory
from hamon.verdict import UNKNOWN, State

FORMAT = 1
HIDDEN = "***"

# Values that follow these names in any answer are secrets: keepalived dumps carry the VRRP password, process lists and
# configuration files theirs. Applied to text, so that it holds for JSON inside strings as well. Each alternative begins with
# fixed words or at a line's begin, and what repeats takes no other's characters: the time grows as the text does.
NAMES = r"""(?:passw(?:or)?d|passphrase|auth_pass|auth_data|secret(?:[_-]?key)?|token|(?:private|api|access)[_-]?key|psk|cookie
    |wsrep_sst_auth)"""
SECRET = re.compile(
    rf"""(?imx)
    ( {NAMES} (?: \\?["']? \s*+ [=:] \s*+ | \\?["'] \s++ value \s*+ = \s*+ | \s*+ > )   # name = value, XML attributes, elements
    | ^ [^\S\n]*+ [\w.-]* (?:passw(?:or)?d|auth_pass|secret) \s++ (?! [=:] )              # name value
    | authorization \\?["']? \s*+ [=:] \s*+ \\?["']? (?:basic|bearer|digest|negotiate) \s++
    | -----BEGIN [ ] [A-Z ]{{0,30}} PRIVATE [ ] KEY----- )
    ( (?<= -----) (?: [A-Za-z0-9+/=\s] | \\[nr] )++
    | (?<= >) [^<]++
    | \\"(?:.*?)\\" | "(?:[^"\\]|\\.)*+" | '(?:[^'\\]|\\.)*+'
    | (?! [\[{{] \s*+ \\?["'\[{{\]}}] ) [^\s,;&"'}}\])\\]++ )"""
)
URL = re.compile(r"""(://[^\s/:@"'\\]*+:)[^\s/@"'\\]++(?=@)""")  # ://user:password@
NAME = re.compile(rf"(?ix) [\w.-]*? {NAMES} | (?:set-cookie|authorization)")


def redact(text: str, secrets: Sequence[str] = ()) -> str:
    """``text`` with known secrets, and values that follow the name of a secret, replaced by ``***``."""
    for secret in secrets:
        if len(secret) > 3:
            text = text.replace(secret, HIDDEN)
    return URL.sub(rf"\1{HIDDEN}", SECRET.sub(_hide, text))


def _hide(match: "re.Match[str]") -> str:
    quote = next((mark for mark in ('\\"', '"', "'") if match[2].startswith(mark)), "")
    if not quote and match[1].rstrip().endswith(":"):  # a number after a quoted name: JSON stays JSON
        name = match[1].rstrip()[:-1].rstrip()
        quote = next((mark for mark in ('\\"', '"') if name.endswith(mark)), "")
    return f"{match[1]}{quote}{HIDDEN}{quote}"


def _redacted(value: Any, secrets: Sequence[str]) -> Any:
    if isinstance(value, str):
        return redact(value, secrets)
    if isinstance(value, list | tuple):
        if len(value) == 2 and _is_name(value[0]) and isinstance(value[1], str):  # a row of SHOW VARIABLES
            return [value[0], HIDDEN]
        return [_redacted(item, secrets) for item in value]
    if isinstance(value, dict):
        return {
            key: HIDDEN if _is_name(key) and isinstance(item, str) else _redacted(item, secrets)
            for key, item in value.items()
        }
    return value


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and len(value) < 100 and NAME.fullmatch(value) is not None


class Tape:
    """Base of both directions: answers by question."""

    clock: float = 0.0
    replays = False

    def __init__(self) -> None:
        self.secrets: list[str] = []

    def hide(self, secrets: Sequence[str]) -> None:
        """Keep secrets that are in use out of any recording."""
        self.secrets += [secret for secret in secrets if secret]

    def answer(self, key: str, live: Callable[[], Any]) -> Any:
        """The answer to one question."""
        raise NotImplementedError

    def answer_many(self, keys: Sequence[str], live: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """The answers to several questions asked at once; an answer may be a ProbeError."""
        raise NotImplementedError


class Recorder(Tape):
    """Passes every question on and keeps question and answer."""

    def __init__(self, check: str, args: Sequence[str], clock: float, memory: Mapping[str, Any]) -> None:
        super().__init__()
        self.clock = clock
        self._head = {
            "hamon_recording": FORMAT,
            "check": check,
            "args": list(args),
            "clock": clock,
            "memory": dict(memory),
        }
        self._answers: list[dict[str, Any]] = []

    def _keep(self, key: str, answer: Any) -> None:
        entry = (
            {"error": [int(answer.state), answer.text, answer.about]}
            if isinstance(answer, ProbeError)
            else {"answer": answer}
        )
        self._answers.append({"ask": key, **entry})

    def answer(self, key: str, live: Callable[[], Any]) -> Any:
        """Ask for real and keep the answer or the error."""
        try:
            answer = live()
        except ProbeError as error:
            self._keep(key, error)
            raise
        self._keep(key, answer)
        return answer

    def answer_many(self, keys: Sequence[str], live: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Ask for real and keep every answer. An error before any answer came is kept as the answer to all."""
        try:
            got = live()
        except ProbeError as error:
            got = dict.fromkeys(keys, error)
        for key in keys:
            self._keep(key, got[key])
        return got

    def write(self, path: str) -> None:
        """Write the recording, redacted, mode 0600. Raises UsageError when the file cannot be written."""
        refuse_special(path)
        try:
            write_atomically(Path(path), dump(_redacted({**self._head, "answers": self._answers}, self.secrets)))
        except OSError as error:
            raise UsageError(f"recording {path} cannot be written: {error.strerror}") from error


def refuse_special(path: str) -> None:
    """Raise UsageError when ``path`` exists and is not a regular file: replacing a device or a link would take it away."""
    try:
        regular = stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:  # a new one, or one that writing will say more about
        return
    if not regular:
        raise UsageError(f"recording {path} cannot be written: it is not a regular file")


class Player(Tape):
    """Answers from a recording. A question asked again gets its next answer, then the last one once more."""

    replays = True

    def __init__(self, recording: Mapping[str, Any], path: str) -> None:
        super().__init__()
        self.path = path
        self.clock = float(recording["clock"])
        self.memory = Memory(self.clock, recording.get("memory") or None)
        self._answers: dict[str, list[Mapping[str, Any]]] = {}
        for entry in recording["answers"]:
            self._answers.setdefault(entry["ask"], []).append(entry)
        self._by_question = {without_names(ask): ask for ask in self._answers}

    def _next(self, key: str) -> Any:
        recorded = self._answers.get(key) or self._answers.get(self._by_question.get(without_names(key), ""))
        if not recorded:
            return ProbeError(UNKNOWN, f"the recording {self.path} has no answer to: {key}", "recording")
        entry = recorded.pop(0) if len(recorded) > 1 else recorded[0]
        if "error" in entry:
            state, text, about = entry["error"]
            return ProbeError(State(state), text, about)
        return entry["answer"]

    def answer(self, key: str, live: Callable[[], Any]) -> Any:  # noqa: ARG002  # nothing is asked for real
        """The recorded answer, or the recorded error raised."""
        got = self._next(key)
        if isinstance(got, ProbeError):
            raise got
        return got

    def answer_many(self, keys: Sequence[str], live: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:  # noqa: ARG002
        """The recorded answers and errors."""
        return {key: self._next(key) for key in keys}


def without_names(key: str) -> str:
    """A question without the list of names it ends in: a check that asks for more rows today still reads what was recorded
    when it asked for fewer.
    """
    return key.partition(" IN (")[0]


def dump(recording: Mapping[str, Any]) -> str:
    """A recording as text: one answer a line, so that people and diffs can read it."""
    head = {key: value for key, value in recording.items() if key != "answers"}
    lines = ",\n".join("  " + json.dumps(entry, ensure_ascii=False) for entry in recording["answers"])
    parts = [f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items()]
    return "{" + ",\n ".join(parts) + ',\n "answers": [\n' + lines + "\n ]}\n"


def read(path: str) -> dict[str, Any]:
    """A recording from a file. Raises UsageError that names the file and what is wrong with it."""
    try:
        recording = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"recording {path} does not exist") from None
    except OSError as error:
        raise UsageError(f"recording {path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{path} is not a recording: {error}") from None
    if not isinstance(recording, dict) or "hamon_recording" not in recording:
        raise UsageError(f"{path} is not a hamon recording (no 'hamon_recording' in it)")
    if recording["hamon_recording"] != FORMAT:
        raise UsageError(f"recording {path} has format {recording['hamon_recording']!r}, this hamon reads {FORMAT}")
    shapes: dict[str, tuple[type, ...]] = {"check": (str,), "args": (list,), "clock": (int, float), "answers": (list,)}
    for key, shape in shapes.items():
        if not isinstance(recording.get(key), shape):
            raise UsageError(f"recording {path}: {key!r} is missing or of the wrong kind")
    for entry in recording["answers"]:
        if not isinstance(entry, dict) or "ask" not in entry or not ({"answer", "error"} & entry.keys()):
            raise UsageError(f"recording {path}: an entry of 'answers' has no question or no answer")
    return recording
