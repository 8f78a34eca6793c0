"""memcached: does it answer, with room for clients, and does it forget what it should keep?

Source: the protocol descriptions (protocol.txt, BinaryProtocolRevamped); seen on memcached 1.6. A stopped process accepts
connections (the kernel does) and says nothing, so that only an answer counts. A server that wants a login, TLS or the binary
protocol runs: that is UNKNOWN. Rejections, evictions and hits are growth between two runs.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

from hamon import take
from hamon.check import Check, Example, Limit, OnMembers, Option, Options
from hamon.credentials import credentials
from hamon.errors import ProbeError
from hamon.memory import Memory
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.probe.tcp import Tcp, Tls
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Advice, Finding, Step
from hamon.words import duration, percent

REQUEST, END = "stats\r\n", "END\r\n"
REFUSALS = ("ERROR", "CLIENT_ERROR", "SERVER_ERROR")
# A server of the binary protocol waits for a header of 24 bytes, and closes when it gets something else: with this it need not wait.
QUIT = "quit\r\n" * 3
# version and quit in the binary protocol: request, command, and nothing else. It answers to them without a login, too.
BINARY = "".join(f"\udc80{command}" + "\0" * 22 for command in ("\x0b", "\x07"))
RECENT = 600.0  # seconds for which a restart, and with it an empty cache, is worth a word
FEW = 100  # lookups between two runs below which a hit ratio means nothing


class Facts(NamedTuple):
    """One server. Ratios as fractions of 1; rates a second, since the last run."""

    version: str
    uptime: int | None
    restarted: bool  # since the last run
    accepting: bool  # takes new connections
    connections: int | None
    connections_used: float | None  # of those it accepts: what it keeps for itself is taken off
    rejected: float | None  # connections turned away since the last run
    paused: float | None  # times it stopped accepting since the last run
    memory_used: float | None
    evictions: float | None
    hit_ratio: float | None
    gets: float | None
    items: int | None


def probe(ask: Ask, options: Options) -> Facts:
    """The facts from ``stats``, with growth since the last run. Raises ProbeError."""
    place = f"{options.host}:{options.port}"
    stats = parse(answer(ask, options, place), place)
    memory = ask.memory
    uptime, before = take.count(stats.get("uptime")), memory.last("uptime")
    memory.change("uptime", uptime)
    restarted = uptime is not None and before is not None and uptime < before
    hits = memory.change("hits", take.count(stats.get("get_hits")))
    misses = memory.change("misses", take.count(stats.get("get_misses")))
    lookups = None if hits is None or misses is None else hits + misses
    current, most = take.count(stats.get("curr_connections")), take.count(stats.get("max_connections"))
    usable = None if most is None else most - 1 - (take.count(stats.get("reserved_fds")) or 0)
    used = take.ratio(current, usable)
    rejected, paused = take.count(stats.get("rejected_connections")), take.count(stats.get("listen_disabled_num"))
    return Facts(
        version=stats.get("version", ""),
        uptime=uptime,
        restarted=restarted,
        accepting=stats.get("accepting_conns", "1") != "0",
        connections=current,
        connections_used=None if used is None else min(1.0, used),
        rejected=memory.change("rejected", rejected),
        paused=memory.change("paused", paused),
        memory_used=take.ratio(stats.get("bytes"), stats.get("limit_maxbytes")),
        evictions=rate(memory, "evictions", stats.get("evictions")),
        hit_ratio=None if lookups is None or hits is None or lookups < FEW else hits / lookups,
        gets=rate(memory, "gets", stats.get("cmd_get")),
        items=take.count(stats.get("curr_items")),
    )


def rate(memory: Memory, name: str, value: str | None) -> float | None:
    """Growth of a counter for each second since the last run: None when there was none, NaN when the server did not report it."""
    counter = take.count(value)
    return math.nan if counter is None else memory.per_second(name, counter)


def answer(ask: Ask, options: Options, place: str) -> str:
    """The server's answer to ``stats``. Raises ProbeError, with the cure where it expects another protocol than plain text."""
    account = credentials(options.credentials)
    value = f"{account.user} {account.password}"
    login = f"set login 0 0 {len(value.encode())}\r\n{value}\r\n" if account.user else ""
    try:
        text = ask(Tcp(options.host, options.port, REQUEST, END, REFUSALS, login, QUIT))
    except ProbeError as error:
        if not error.text.endswith("by the server"):  # reset or closed: it runs
            raise
        raise other_protocol(ask, options, place) or error from error
    if not text:
        silence = ProbeError(CRITICAL, f"{place} closed the connection without an answer", "garbage")
        raise other_protocol(ask, options, place) or silence
    return text


def other_protocol(ask: Ask, options: Options, place: str) -> ProbeError | None:
    """The error that says why a running server closes on plain text; None when it does not answer otherwise either."""
    try:
        if ask(Tls(options.host, options.port)):
            return ProbeError(UNKNOWN, f"{place} speaks TLS, this check plain text: it needs a notls: listener", "tls")
        if ask(Tcp(options.host, options.port, "", after=BINARY)).startswith("\\x81"):
            text = f"{place} speaks the binary protocol only (SASL, or -B binary), this check cannot ask it"
            return ProbeError(UNKNOWN, text, "binary")
    except ProbeError:
        pass
    return None


def parse(text: str, place: str) -> dict[str, str]:
    """The ``STAT name value`` lines. Raises ProbeError for anything that is not a whole answer."""
    text = text.removeprefix("STORED\r\n")  # the answer to a login
    lines = text.splitlines() or [""]
    if lines[-1].startswith("CLIENT_ERROR authentication failure"):
        raise ProbeError(UNKNOWN, f"{place} refuses our user and password", "rights")
    if "unauthenticated" in text:
        raise ProbeError(UNKNOWN, f"{place} wants a login (ASCII authentication): give --credentials", "rights")
    if "Too many open connections" in text:
        raise ProbeError(CRITICAL, f"{place} turns clients away: its connection limit is reached", "connections_used")
    if text.startswith("SERVER_ERROR"):
        raise ProbeError(CRITICAL, f"{place} cannot answer: {lines[0][:80]}", "garbage")
    if not text.startswith("STAT "):
        raise ProbeError(
            CRITICAL, f"{place} does not speak the memcached protocol (it answered {lines[0][:40]!r})", "garbage"
        )
    if lines[-1] != "END":
        raise ProbeError(CRITICAL, f"{place} began its statistics and did not end them", "timeout")
    stats = {}
    for line in lines[:-1]:
        word, _, rest = line.partition(" ")
        name, _, value = rest.partition(" ")
        if word == "STAT":
            stats[name] = value
    return stats


def evaluate(facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG001
    """The findings of one server."""
    if not facts.accepting:
        yield Finding(CRITICAL, "takes no new connections: its connection limit is reached", "connections_used")
    if facts.uptime is None:
        yield Finding(UNKNOWN, "the server does not report its uptime", "missing")
    elif facts.restarted or facts.uptime < RECENT:
        yield Finding(OK, f"restarted {duration(facts.uptime)} ago, the cache is new")
    if facts.rejected:
        yield Finding(WARNING, f"{facts.rejected:.0f} connections rejected since the last run", "rejected")
    elif facts.paused:
        yield Finding(WARNING, f"stopped accepting connections {facts.paused:.0f} times since the last run", "rejected")


def summary(facts: Facts, options: Options) -> str:  # noqa: ARG001
    """The evidence for OK."""
    hits = "" if facts.hit_ratio is None else f", {percent(facts.hit_ratio)} hits"
    return f"memcached {facts.version} answers, {facts.connections} connections, {facts.items} items{hits}"


STATS = Step("nc -w 2 {host} {port} <<<stats")
CLIENTS = Advice(
    "Clients fill the connection limit. Above it they wait or are turned away. Services with many workers keep one each.",
    (
        Step("ss -Htn state established '( sport = :{port} )'", "one line for each client: who has so many?"),
        Step("systemctl cat memcached", "where are its options? Raise -c"),
        Step("systemctl restart memcached", "it only holds a cache"),
    ),
)

RUNBOOK = {
    "refused": Advice(
        "memcached is not running. Services lose their token and session cache: slow logins, Horizon sessions gone.",
        (
            Step("systemctl status memcached"),
            Step("journalctl -u memcached -n 50"),
            Step("systemctl start memcached"),
        ),
    ),
    "timeout": Advice(
        "The port accepts and nobody answers: the process hangs or is stopped. Clients wait for their own timeout at every request.",
        (
            Step("ps -o pid,stat,etime,args -C memcached"),
            Step("systemctl restart memcached", "it only holds a cache"),
        ),
    ),
    "garbage": Advice(
        "Something else answers on that port, or a proxy does in the place of memcached.", (Step("ss -ltnp"), STATS)
    ),
    "rights": Advice(
        "memcached runs and requires a login (option -Y) before it answers anything else. Nothing is known about its health.",
        (
            Step("systemctl cat memcached", "the option -Y names the file of its users"),
            Step(remark="add a user there, and give the check a file with user and password: --credentials FILE"),
        ),
        "do not restart it: it answers.",
    ),
    "tls": Advice(
        "memcached runs and requires TLS (option -Z) on this port. Nothing is known about its health.",
        (
            Step("systemctl cat memcached", "the options -Z and -l"),
            Step(remark="add a plain listener on loopback, -l notls:127.0.0.1:PORT, and give the check -H and -p"),
        ),
        "do not restart it: it answers.",
    ),
    "binary": Advice(
        "memcached runs and speaks only its binary protocol: with SASL (option -S), or with -B binary. Nothing is known about its health.",
        (
            Step("systemctl cat memcached", "the options -S and -B"),
            Step(
                remark="without SASL: take -B out. With SASL: use -Y (ASCII authentication) or no login behind a firewall"
            ),
        ),
        "do not restart it: it answers.",
    ),
    "missing": Advice("The statistics lack what they always have: a proxy or another server speaks there.", (STATS,)),
    "tool": Advice("The name of the host cannot be resolved here.", (Step("getent hosts {host}"),)),
    "connections_used": CLIENTS,
    "rejected": CLIENTS._replace(
        means="The connection limit was reached since the last run, and clients were turned away."
    ),
    "evictions": Advice(
        "The cache is too small: what is still valid (tokens, sessions) is thrown out to make room.",
        (
            STATS,
            Step("systemctl cat memcached", "where are its options? Raise -m"),
            Step("systemctl restart memcached", "it only holds a cache"),
        ),
    ),
}

CHECK = Check(
    name="memcached",
    title="Does memcached answer, with room for clients and for what it should keep?",
    facts=Facts,
    probe=probe,
    evaluate=evaluate,
    summary=summary,
    options=(
        Option(("-H", "--host"), "address of the server", default="127.0.0.1", metavar="ADDRESS"),
        Option(("-p", "--port"), "its port", int, 11211, "PORT"),
        Option(
            ("--credentials",),
            "file with user and password for ASCII authentication (mode 640 or 600); else $HAMON_USER, $HAMON_PASSWORD",
            metavar="FILE",
        ),
    ),
    limits=(
        Limit("connections_used", "connections as a fraction of those it accepts", "0.8", "0.95",
              say="{value} of the connections are in use", optional=True, minimum=0, maximum=1, show=percent),
        Limit("evictions", "items a second thrown out before their time, since the last run", "10",
              say="throws out {value} items a second before their time", optional=True, minimum=0),
        Limit("hit_ratio", "lookups that found something, of those since the last run", optional=True, minimum=0, maximum=1),
        Limit("memory_used", "memory used for items as a fraction of the limit", optional=True, minimum=0, maximum=1),
        Limit("rejected", "connections rejected since the last run", optional=True, minimum=0),
        Limit("gets", "lookups a second since the last run", optional=True, minimum=0),
        Limit("items", "items in the cache", optional=True, minimum=0),
        Limit("uptime", "seconds since it started", uom="s", optional=True, minimum=0),
    ),
    runbook=RUNBOOK,
    runs=OnMembers(("-H", "{address}"), (("-p", "{memcached_port}"),)),
    uses=("tcp",),
    asks="`stats` over TCP",
    rights="none; a user where memcached has ASCII authentication; with SASL, or TLS alone, it cannot be asked",
    example=Example(
        "-H 10.77.0.11",
        "MEMCACHED OK - memcached 1.6.18 answers, 1 connections, 0 items, restarted 2 min 42 s ago, the cache is new",
    ),
)  # fmt: skip

main = plugin(CHECK)
