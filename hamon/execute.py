"""One way to run a check: ``execute(check, argv) -> Outcome``. Re-entrant; no signals, no process-wide state.

The plugin's process (``main``), ``hamon run``, ``hamon replay`` and the tests all call it.
"""

import hashlib
import os
import sys
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn

from hamon.check import Check, Options
from hamon.judge import judge, outcome, plain
from hamon.options import NOT_IDENTITY, Printed, parse
from hamon.probe import Ask, Deadline
from hamon.state import Memory, directory, load, save
from hamon.verdict import OK, UNKNOWN, Finding, Outcome, ProbeError, UsageError

GRACE = 0.7  # seconds after the deadline at which the process ends whatever happens; the promise is deadline + 1 s


class _Call(NamedTuple):
    """One parsed call and where its answers come from."""

    check: Check
    options: Options
    ask: Ask
    recorder: Any
    memory_file: Any


def execute(check: Check, argv: Sequence[str]) -> Outcome:
    """Run ``check`` with ``argv`` and return its verdict. Raises nothing: every trouble is an UNKNOWN in one line."""
    label = check.name.upper()
    verbose = "-v" in argv or "--verbose" in argv
    try:
        return _execute(check, argv)
    except Printed as printed:
        return Outcome(OK, label, "", raw=str(printed))
    except UsageError as error:
        return Outcome(UNKNOWN, label, plain(str(error)))
    except Exception as error:  # a plugin that dies with a traceback would exit 1 = WARNING
        import traceback

        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.filename.rpartition('/')[2]}:{place.lineno}"
        text = f"{check.program} itself failed: {type(error).__name__}: {error} ({where})"
        return Outcome(
            UNKNOWN, label, plain(text)[:180], long=traceback.format_exc().replace("|", "¦") if verbose else ""
        )


def _execute(check: Check, argv: Sequence[str]) -> Outcome:
    call = _prepare(check, argv)
    options = call.options
    extra: list[Finding] = []
    error: ProbeError | None = None
    facts = None
    try:
        facts = check.probe(call.ask, options)
    except ProbeError as caught:
        error = caught
    finally:
        if call.recorder:
            call.recorder.write(options.record)
    # A run that had nothing to remember still has to take out what is no longer so; one that failed keeps it all.
    if error is None and call.memory_file and (call.ask.remembered or os.path.exists(call.memory_file)):
        try:
            if call.ask.memory.worth_saving:
                save(call.memory_file, call.ask.memory)
        except ProbeError as trouble:
            extra.append(Finding(trouble.state, trouble.text, trouble.about))
    if options.facts:
        from hamon.facts import line, to_json

        told = {"error": [int(error.state), error.text, error.about]} if error else {"facts": to_json(facts)}
        return Outcome(OK, check.name.upper(), "", raw=line(check.name, told))
    if error:
        return outcome(check, [Finding(error.state, error.text, error.about), *extra], "")
    return judge(check, facts, options, extra)


def _prepare(check: Check, argv: Sequence[str]) -> _Call:
    """Parse the call and decide where its answers come from: the outside, recorded or not, or a recording."""
    replay = _value_of("--replay", argv)
    if replay is not None:
        from hamon.probe.tape import Player, read

        recording = read(replay)
        if recording["check"] != check.name:
            raise UsageError(f"recording {replay} is of check_{recording['check']}, not of {check.program}")
        # The recorded call's arguments come first, so that the ones given now (other thresholds, say) win.
        options = parse(check, [*recording["args"], *argv])
        if hasattr(options, "credentials"):
            options.credentials = None  # nobody is asked, and the file is elsewhere
        player = Player(recording, replay)
        return _Call(check, options, Ask(Deadline(options.timeout), lambda _: player.memory, player), None, None)
    options = parse(check, argv)
    file = os.path.join(directory(), f"{check.name}-{_identity(options)}.json")

    def recall(now: float) -> Memory:
        return load(file, now)

    if not options.record:
        return _Call(check, options, Ask(Deadline(options.timeout), recall), None, file)
    import time

    from hamon.probe.tape import Recorder

    now = time.time()
    recorder = Recorder(check.name, _without_record(argv), now, load(file, now).before)
    return _Call(check, options, Ask(Deadline(options.timeout), recall, recorder), recorder, file)


def _identity(options: Options) -> str:
    """A short name for what is asked: the options that change the question."""
    asked = sorted((key, repr(value)) for key, value in vars(options).items() if key not in NOT_IDENTITY)
    return hashlib.sha256(repr(asked).encode()).hexdigest()[:16]


def _value_of(flag: str, argv: Sequence[str]) -> str | None:
    for index, word in enumerate(argv):
        if word == flag and index + 1 < len(argv):
            return argv[index + 1]
        if word.startswith(flag + "="):
            return word[len(flag) + 1 :]
    return None


def _without_record(argv: Sequence[str]) -> list[str]:
    """The arguments that a replay repeats: all but ``--record FILE``."""
    kept: list[str] = []
    words = iter(argv)
    for word in words:
        if word == "--record":
            next(words, None)
        elif not word.startswith("--record="):
            kept.append(word)
    return kept


def main(check: Check) -> NoReturn:
    """The plugin's process: run, print, and leave with the exit code; end by force if even the deadline was not kept."""
    argv = sys.argv[1:]
    timer = threading.Timer(_seconds(argv) + GRACE, _give_up, (check, _seconds(argv)))
    timer.daemon = True
    timer.start()
    told = execute(check, argv)
    timer.cancel()
    _print(told.render())
    # Everything is written; taking the interpreter down in order would cost a sixth of the whole run.
    os._exit(int(told.state))


def _print(text: str) -> None:
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.buffer.flush()


def _seconds(argv: Sequence[str]) -> float:
    """The deadline before the options are parsed; a wrong one is reported by the parser later."""
    for flag in ("-t", "--timeout"):
        try:
            return min(float(_value_of(flag, argv) or ""), 86400.0)
        except ValueError:
            continue
    return 10.0


def _give_up(check: Check, seconds: float) -> None:
    """The last resort, e.g. when a name server hangs inside the C library: a verdict, then out."""
    _print(
        f"{check.name.upper()} UNKNOWN - no verdict within {seconds:g} s: the system itself does not answer (DNS? disk?)"
    )
    os._exit(int(UNKNOWN))
