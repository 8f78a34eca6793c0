"""One way to run a check: ``execute(check, argv) -> Outcome``. Re-entrant; no signals, no process-wide state.

The plugin's process (``hamon.plugin``), ``hamon run``, ``hamon replay`` and the tests all call it.
"""

import os
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from hamon import __version__
from hamon.check import Check, F, Options
from hamon.errors import ProbeError, UsageError
from hamon.limits import judge_limit
from hamon.memory import Memory, directory, load, save
from hamon.options import NOT_IDENTITY, Printed, parse, without_record
from hamon.probe import Ask, Deadline
from hamon.verdict import OK, UNKNOWN, Finding, Outcome
from hamon.wording import outcome, plain

if TYPE_CHECKING:
    from hamon.probe.tape import Recorder


class _Call(NamedTuple):
    """One parsed call and where its answers come from."""

    options: Options
    ask: Ask
    recorder: "Recorder | None" = None
    memory_file: str = ""


def execute(check: Check[Any], argv: Sequence[str], watch: Callable[[float], None] | None = None) -> Outcome:
    """Run ``check`` with ``argv`` and return its verdict. Raises nothing: every trouble is an UNKNOWN in one line.

    ``watch`` is called with the deadline in seconds as soon as it is known, before anything is asked.
    """
    label = check.name.upper()
    verbose = False
    try:
        options = parse(check, argv)
        verbose = options.verbose
        if watch:
            watch(options.timeout)
        return _judged(check, _prepare(check, options, argv))
    except Printed as printed:
        return Outcome(OK, label, "", raw=str(printed))
    except UsageError as error:
        return Outcome(UNKNOWN, label, plain(str(error)))
    except MemoryError:
        return Outcome(UNKNOWN, label, "the answers do not fit into the memory that a check may use")
    except Exception as error:  # a plugin that dies with a traceback would exit 1 = WARNING
        import traceback

        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.filename.rpartition('/')[2]}:{place.lineno}"
        text = f"{check.program} itself failed: {type(error).__name__}: {error} ({where})"
        long = traceback.format_exc().replace("|", "/") if verbose else ""
        return Outcome(UNKNOWN, label, plain(text)[:180], long=long)


def _judged(check: Check[Any], call: _Call) -> Outcome:
    options = call.options
    extra: list[Finding] = []
    error: ProbeError | None = None
    facts = None
    try:
        facts = check.probe(call.ask, options)
    except ProbeError as caught:
        error = caught
    finally:
        if call.recorder and options.record:
            call.recorder.write(options.record)
    # A run that had nothing to remember still has to take out what is no longer so; one that failed keeps it all.
    if error is None and call.memory_file and (call.ask.remembered or os.path.exists(call.memory_file)):
        try:
            if call.ask.memory.worth_saving:
                save(call.memory_file, call.ask.memory)
        except ProbeError as trouble:
            extra.append(Finding(trouble.state, trouble.text, trouble.about))
    if options.facts:
        from hamon.wire import line, to_json

        answer = {"error": [int(error.state), error.text, error.about]} if error else {"facts": to_json(facts)}
        about = {"hamon": __version__, "time": round(call.ask.now(), 3)}
        return Outcome(OK, check.name.upper(), "", raw=line(check.name, {**about, **answer}))
    if error:
        return outcome(check, [Finding(error.state, error.text, error.about), *extra], "", names=vars(options))
    return judge_some(check, facts, options, extra)


def judge_some(check: Check[F], facts: F, options: Options, extra: Sequence[Finding] = ()) -> Outcome:
    """``judge``; when that fails, once more without each of the members in turn, whose facts may be what it fails on."""
    try:
        return judge(check, facts, options, extra)
    except Exception:
        for others in getattr(facts, "without_each", tuple)():
            with suppress(Exception):
                return judge(check, others, options, extra)
        raise


def judge(check: Check[F], facts: F, options: Options, extra: Sequence[Finding] = ()) -> Outcome:
    """The outcome for facts: the component's own findings and the limits', worst first, with the runbook of the worst.

    ``extra`` are findings of the core itself, such as a memory that cannot be written.
    """
    figures = check.figures(facts, options) if check.figures else facts
    findings = [*check.evaluate(facts, options), *extra]
    perfdata: list[str] = []
    for limit in options.limits:
        for judged in judge_limit(limit, figures):
            if isinstance(judged, Finding):
                findings.append(judged)
            else:
                perfdata.append(judged)
    return outcome(check, findings, check.summary(facts, options), perfdata, vars(options))


def _prepare(check: Check[Any], options: Options, argv: Sequence[str]) -> _Call:
    """Decide where the answers come from: the outside, recorded or not, or a recording."""
    place = options.replay
    if place is not None:
        from hamon.probe.tape import Player, read

        recording = read(place)
        if recording["check"] != check.name:
            raise UsageError(f"recording {place} is of check_{recording['check']}, not of {check.program}")
        # The recorded call's arguments come first, so that the ones given now (other thresholds, say) win.
        options = parse(check, [*recording["args"], *argv])
        given = vars(options)
        if "credentials" in given:
            given["credentials"] = None  # nothing is asked, and the file is elsewhere
        player = Player(recording, place)
        return _Call(options, Ask(Deadline(options.timeout), lambda _: player.memory, player))
    file = os.path.join(directory(), f"{check.name}-{_identity(options)}.json")

    def recall(now: float) -> Memory:
        return load(file, now)

    if not options.record:
        return _Call(options, Ask(Deadline(options.timeout), recall), memory_file=file)
    import time

    from hamon.probe.tape import Recorder, refuse_special

    refuse_special(options.record)  # before anything is asked
    now = time.time()
    recorder = Recorder(check.name, without_record(argv), now, load(file, now).before)
    return _Call(options, Ask(Deadline(options.timeout), recall, recorder), recorder, file)


def _identity(options: Options) -> str:
    """A short name for what is asked: the options that change the question.

    Two checksums (CRC-32 forwards and backwards) and not a hash: loading hashlib would cost every start a twentieth, and two
    calls that met by chance would only share what they remember.
    """
    asked = repr(sorted((key, repr(value)) for key, value in vars(options).items() if key not in NOT_IDENTITY)).encode()
    return f"{zlib.crc32(asked):08x}{zlib.crc32(asked[::-1]):08x}"
