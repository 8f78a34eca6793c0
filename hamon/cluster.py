"""Verdicts over all members: gather every member's facts in parallel, then judge them side by side.

No single node can recognise a split-brain; every side looks healthy from inside. A cluster check runs on the Nagios server and
asks each expected member for the facts of its node check: through NRPE (``facts_check_<name>``), through any other
command (``--via``), or directly where the component is reachable from there (``--direct``). A member that gives no facts
stays in the count as Unreachable with its reason.
"""

import shlex
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from hamon import __version__
from hamon.check import Check, Example, Limit, Option, Options
from hamon.errors import ProbeError, UsageError
from hamon.members import Members
from hamon.nrpe import Nrpe, fill, via
from hamon.probe import Ask, Deadline
from hamon.runs import Majority, OnCluster
from hamon.typed import MistypedError, typed
from hamon.verdict import CRITICAL, UNKNOWN, WARNING, Advice, Finding, Member, State, Unreachable
from hamon.wire import read, to_json
from hamon.wording import plain

MOST = 1024 * 1024  # bytes of a member's line; hamon packs what is longer than 16 KB
AT_ONCE = 64  # members asked at the same time
MARGIN = 0.5  # seconds kept back for judging after the members had theirs


F = TypeVar("F")  # the facts of the members


def member_list(text: str) -> tuple[tuple[str, str], ...]:
    """``ctl1=10.0.0.11,ctl2=10.0.0.12`` as pairs; a name alone is its own address (option type)."""
    pairs = []
    for part in text.split(","):
        name, _, address = part.strip().partition("=")
        if not name:
            raise ValueError(text)
        pairs.append((name, address or name))
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError(text)
    return tuple(pairs)


def at_risk(text: str) -> str:
    """``warning`` or ``critical`` (type of ``--at-risk`` and ``--lost-host``)."""
    if text not in ("warning", "critical"):
        raise ValueError(text)
    return text


OPTIONS = (
    Option(("--members",), "all members the cluster should have (from the inventory)", member_list, metavar="NAME=ADDRESS,..."),
    Option(("--via",), "command that makes a member report its facts; {address} {name} {command} {timeout} are filled in",
           default=via(Nrpe()), metavar="COMMAND"),
    Option(("--direct",), "ask the members' service from here with the member check's options ARGS, not their agents",
           metavar="ARGS"),
)  # fmt: skip


LOST_HOST = ("--lost-host", "{lost_host}")


def _risk(what: str) -> tuple[Option, Option]:
    return (
        Option(("--at-risk",), f"state when one more loss would {what}: warning or critical", at_risk, "critical", "STATE"),
        Option(("--lost-host",), "the same when the members are missing with their hosts, whose agents are silent, too (as --at-risk; "
               "the plan gives warning where another cluster on the same hosts pages for them)", at_risk, metavar="STATE"),
    )  # fmt: skip


def at_stake(options: Options, lost: Sequence[Any]) -> State:
    """The state for a cluster that one more loss would stop, by the facts or the silence of the members that are missing."""
    whole = bool(lost) and all(isinstance(member, Unreachable) and not member.service_down for member in lost)
    return State[((whole and options.lost_host) or options.at_risk).upper()]


def cluster_check(
    name: str,
    title: str,
    *,
    of: Check[F],
    consensus: Callable[[Members[F], Options], Iterator[Finding]],
    summary: Callable[[Members[F], Options], str],
    figures: Callable[[Members[F], Options], NamedTuple],
    options: Sequence[Option] = (),
    limits: Sequence[Limit] = (),
    runbook: Mapping[str, Advice],
    argv_if: Sequence[tuple[str, ...]] = (),
    beside: Sequence[str] = (),
    asks: str = "",
    example: Example | None = None,
    risk: str = "",
    majority: Majority | None = None,
    probe: Callable[[Ask, Options], Members[F]] | None = None,
) -> Check[Members[F]]:
    """A Check whose facts are all members' facts of the node check ``of``. ``consensus`` sees every member.

    ``risk`` says what one more loss would do: with it the check has the options that ``at_stake`` reads. ``majority`` says
    what the cluster counts its majority of.
    """

    def gather_all(ask: Ask, options: Options) -> Members[F]:
        return gather(ask, of, options)

    return Check(
        name=name,
        title=title,
        facts=Members,
        probe=probe or gather_all,
        evaluate=consensus,
        summary=summary,
        figures=figures,
        options=(*OPTIONS, *(_risk(risk) if risk else ()), *options),
        limits=tuple(limits),
        runbook=runbook,
        runs=OnCluster(
            of=of,
            argv=("--members", "{members}", "--via", "{via}"),
            argv_if=(*argv_if, *([LOST_HOST] if majority else [])),
            beside=tuple(beside),
            majority=majority,
        ),
        tier="page",
        uses=("command",),
        asks=asks or f"`facts_{of.program}` of every member, in parallel, through NRPE (or `--via`, `--direct`)",
        rights="may ask the members' NRPE (allowed_hosts, client certificate)",
        example=example,
    )


def gather(ask: Ask, of: Check[F], options: Options, others: Sequence[tuple[str, str]] | None = None) -> Members[F]:
    """Every expected member with its facts of check ``of``, or why there are none.

    ``others`` names members of another component (and ``of`` is then its check); default: the call's ``--members``.
    """
    if not options.members:
        raise UsageError("--members is missing: name all members the cluster should have, NAME=ADDRESS,...")
    return ask.together(
        _FactsOf(of, options, "member", options.members) if others is None else _FactsOf(of, options, of.name, others)
    )


class _FactsOf(NamedTuple):
    """The facts of check ``of`` of every (name, address) in ``asked``. ``kind`` begins the keys in recordings."""

    of: Check[Any]
    options: Options
    kind: str
    asked: Sequence[tuple[str, str]]

    @property
    def keys(self) -> tuple[str, ...]:
        """A key for each member."""
        return tuple(f"{self.kind} {name}" for name, _ in self.asked)

    def put(self, deadline: Deadline) -> dict[str, Any]:
        """Every member's answer, from all at once, with time left for judging."""
        shorter = Deadline(max(0.1, deadline.left() - MARGIN))
        places = dict(zip(self.keys, self.asked, strict=True))
        way = _through if self.options.direct is None else _directly
        return way(shorter, self.of, self.options, places)

    def read(self, answers: Mapping[str, Any]) -> Members[Any]:
        """The members in the order given."""
        pairs = zip(self.asked, (answers[key] for key in self.keys), strict=True)
        return Members(tuple(Member(name, _facts(self.of, answer), *_times(answer)) for (name, _), answer in pairs))


def _times(answer: Any) -> tuple[float, float]:
    """When one member was asked and when it answered; zeros where the answer does not say."""
    began, ended = answer.get("at", (0.0, 0.0)) if isinstance(answer, dict) else (0.0, 0.0)
    return float(began), float(ended)


def _facts(of: Check[F], answer: Any) -> F | Unreachable:
    """Facts or Unreachable from one member's answer, whatever it says: it is another machine's word."""
    if isinstance(answer, ProbeError):
        return Unreachable(answer.text)
    if not isinstance(answer, dict):
        return Unreachable("no answer")
    try:
        if "facts" in answer:
            facts: F = typed(of.facts, answer["facts"])
            return facts
        if "error" in answer:
            return _refusal(answer["error"])
    except MistypedError as error:
        return Unreachable(f"its facts cannot be read{_foreign(answer.get('hamon'))}: {error}", about="version")
    return Unreachable(plain(str(answer.get("unreachable", "no answer"))))


def _refusal(error: Any) -> Unreachable:
    """A member's own trouble: ``[state, text, about]``."""
    state, text, about = typed(tuple[int, str, str], error, "error")
    if state not in (WARNING, CRITICAL, UNKNOWN):
        raise MistypedError("error[0] is not a state of trouble")
    return Unreachable(plain(text), service_down=state == CRITICAL, about=about)


def _foreign(version: Any) -> str:
    """`` (of hamon 0.2.0, not 0.1.0)`` when the member's is another."""
    same = not isinstance(version, str) or version == __version__
    return "" if same else f" (of hamon {plain(version)[:20]}, not {__version__})"


def _through(
    deadline: Deadline, of: Check[Any], options: Options, keys: Mapping[str, tuple[str, str]]
) -> dict[str, Any]:
    """Ask every member by the ``--via`` command."""
    from hamon.probe.command import run_many

    commands = {
        key: fill(options.via, address, name, f"facts_{of.program}", deadline.seconds)
        for key, (name, address) in keys.items()
    }
    return {key: _answer_of(of, ran) for key, ran in run_many(commands, deadline, most=MOST).items()}


def _answer_of(of: Check[Any], ran: "list[Any] | ProbeError") -> Any:
    """What a member's ``--facts`` command printed, as the recordable answer."""
    if isinstance(ran, ProbeError):
        if ran.about == "not asked":
            return {"unreachable": "not asked in time"}
        if ran.state is UNKNOWN:
            raise UsageError(ran.text)  # our own command is missing: no fact about any member
        return {"unreachable": f"its agent did not answer in time ({ran.text})"}
    rc, out, err, *at = ran
    try:
        answer = read(out)
        if answer["check"] != of.name or len({"facts", "error"} & answer.keys()) != 1:
            raise ValueError(f"not facts of check_{of.name}")
    except (ValueError, KeyError) as error:
        if out.lstrip().startswith("{"):
            return {"unreachable": f"its answer cannot be read: {error}"[:160]}
        # check_nrpe reports an unreachable host in two lines that mean the same
        first = (out.strip() or err.strip() or f"nothing (exit code {rc})").splitlines()[0]
        words = " ".join(first.split())
        return {"unreachable": f"its agent said: {words[:120]}"}
    kept = {key: answer[key] for key in ("facts", "error") if key in answer}
    foreign = {"hamon": answer["hamon"]} if answer.get("hamon", __version__) != __version__ else {}
    return {**kept, **foreign, "at": [round(moment, 3) for moment in at]}


def _directly(
    deadline: Deadline, of: Check[Any], options: Options, keys: Mapping[str, tuple[str, str]]
) -> dict[str, Any]:
    """Probe every member's service from here, in threads."""
    from concurrent.futures import ThreadPoolExecutor

    from hamon.options import parse
    from hamon.probe.sockets import NO_WAY

    begin = time.monotonic()

    def ask_member(address: str) -> Any:
        asked = parse(of, ["-H", address, *shlex.split(options.direct)])
        began = time.monotonic() - begin
        try:
            facts = to_json(of.probe(Ask(deadline), asked))
            return {"facts": facts, "at": [round(began, 3), round(time.monotonic() - begin, 3)]}
        except ProbeError as error:
            # From afar neither proves that the service is dead: the way there may be cut.
            cut = error.about == "timeout" or any(words in error.text for words in NO_WAY)
            return {"unreachable": error.text} if cut else {"error": [int(error.state), error.text, error.about]}

    def in_turn(address: str) -> Any:
        return {"unreachable": "not asked in time"} if deadline.over else ask_member(address)

    with ThreadPoolExecutor(min(AT_ONCE, len(keys))) as pool:
        return dict(zip(keys, pool.map(in_turn, [address for _, address in keys.values()]), strict=True))


def majority(size: int) -> int:
    """How many of ``size`` members are a quorum."""
    return size // 2 + 1
