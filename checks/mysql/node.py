"""A plain MySQL or MariaDB server, e.g. on DRBD behind a virtual address: does it answer, and may it be written to?

Source: MariaDB and MySQL reference of the named status and system variables. A Galera node has a check of its own: whether it may
serve is decided by its cluster, which this check does not see.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hamon import take
from hamon.check import Check, Example, Limit, OnMembers, Option, Options
from hamon.checks.mysql.replica import ADVICE, Channel, channels, question, troubles
from hamon.checks.mysql.session import LOG, OPTIONS, RUNBOOK, in_list, mapping, server
from hamon.errors import UsageError
from hamon.memory import Memory
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.probe.sql import Rows
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Advice, Finding, Step, other_check
from hamon.words import duration, percent

STATUS = ("Threads_connected", "Threads_running", "Aborted_connects", "Aborted_clients", "Uptime")
VARIABLES = ("version", "hostname", "read_only", "super_read_only", "innodb_read_only", "innodb_force_recovery",
             "max_connections", "wsrep_on", "wsrep_provider")  # fmt: skip
NO_WAIT = "SET SESSION wsrep_sync_wait=0"  # on a Galera node SHOW could wait for the applier; others do not know it
SHOW_STATUS = f"SHOW GLOBAL STATUS WHERE Variable_name IN {in_list(STATUS)}"
SHOW_VARIABLES = f"SHOW GLOBAL VARIABLES WHERE Variable_name IN {in_list(VARIABLES)}"

# What newer MariaDB answers beside ON and OFF.
LOCKED = ("no_lock", "no_lock_no_admin")

JITTER = 5.0  # seconds by which the start time of one and the same process may seem to move: Uptime is a whole number
RECENT = 3600  # seconds for which a restart is worth a note


class Facts(NamedTuple):
    """One server. Rates a second, ``connections_used`` a fraction of 1, times in seconds."""

    version: str
    host: str
    read_only: bool | None
    engine_read_only: bool  # InnoDB itself: read-only medium, or recovery forced
    force_recovery: int
    wsrep: bool
    connections_used: float | None
    threads_running: int | None
    aborted_connects: float | None
    aborted_clients: float | None
    uptime: int | None
    restarted: bool  # while these runs watched, within the hour
    replica: tuple[Channel, ...] | None  # None: not asked for


def probe(ask: Ask, options: Options) -> Facts:
    """The server's facts; ``--replica`` takes a second question, because its words depend on the version."""
    if options.writable and options.read_only:
        raise UsageError("--writable and --read-only exclude each other")
    where = server(options)
    _, status_rows, variable_rows = ask.together(Rows(where, (NO_WAIT, SHOW_STATUS, SHOW_VARIABLES)))
    status, variables = mapping(status_rows), mapping(variable_rows)
    facts = parse(status, variables)
    if options.replica:
        asked = question(facts.version)
        facts = facts._replace(replica=channels(ask.together(Rows(where, (asked,)))[0], asked, ask.memory))
    return facts._replace(
        aborted_connects=ask.memory.per_second("aborted_connects", take.whole(status.get("aborted_connects"))),
        aborted_clients=ask.memory.per_second("aborted_clients", take.whole(status.get("aborted_clients"))),
        restarted=restarted(facts.uptime, ask.memory),
    )


def parse(status: Mapping[str, str], variables: Mapping[str, str]) -> Facts:
    """Facts from ``SHOW GLOBAL STATUS`` and ``VARIABLES`` (names in lower case)."""
    return Facts(
        version=variables.get("version", ""),
        host=variables.get("hostname", ""),
        read_only=read_only(variables),
        engine_read_only=bool(take.flag(variables.get("innodb_read_only"))),
        force_recovery=take.whole(variables.get("innodb_force_recovery")) or 0,
        # Builds with Galera's patch say wsrep_on=ON without a provider, too: plain servers.
        wsrep=bool(take.flag(variables.get("wsrep_on"))) and variables.get("wsrep_provider", "").lower() != "none",
        connections_used=take.ratio(status.get("threads_connected"), variables.get("max_connections")),
        threads_running=take.whole(status.get("threads_running")),
        aborted_connects=None,
        aborted_clients=None,
        uptime=take.whole(status.get("uptime")),
        restarted=False,
        replica=None,
    )


def read_only(variables: Mapping[str, str]) -> bool | None:
    """Whether clients may not write; None when it is missing or a word that no version is known to use.

    MySQL has ``super_read_only`` beside it.
    """
    word = variables.get("read_only", "").lower()
    if take.flag(variables.get("super_read_only")) or word in LOCKED:
        return True
    return take.flag(word)


def restarted(uptime: int | None, memory: Memory) -> bool:
    """Whether the server restarted between two runs of this check, within the last hour."""
    if uptime is None:
        return False
    started, known, count = memory.now - uptime, memory.last("started"), memory.last("restarts") or 0
    if known is not None and abs(started - known) > JITTER:
        count += 1
    memory.change("started", known if known is not None and abs(started - known) <= JITTER else started)
    memory.change("restarts", count)
    return bool(count) and uptime < RECENT


def evaluate(facts: Facts, options: Options) -> Iterator[Finding]:
    """The findings of one server."""
    if not facts.version or facts.uptime is None:
        yield Finding(UNKNOWN, "the server reported neither version nor uptime", "missing")
    if facts.wsrep:
        # OK would be a claim about the cluster, which was not looked at: a non-Primary node answers all of this too.
        yield Finding(
            WARNING, "this is a Galera node (wsrep_on): use check_galera, it knows whether the node may serve", "wsrep"
        )
    if facts.force_recovery:
        yield Finding(
            CRITICAL,
            f"runs with innodb_force_recovery={facts.force_recovery}: a rescue mode, not for service",
            "recovery",
        )
    yield from writing(facts, options)
    if facts.replica is not None:
        yield from troubles(facts.replica)
    if facts.restarted:
        yield Finding(OK, f"restarted {duration(facts.uptime or 0)} ago")


def writing(facts: Facts, options: Options) -> Iterator[Finding]:
    """The finding that the server takes writes and should not, or the reverse."""
    name = facts.host or options.host
    if not options.writable and not options.read_only:
        return
    if facts.read_only is None:
        yield Finding(UNKNOWN, f"{name} did not report read_only", "missing")
    elif options.writable and (facts.read_only or facts.engine_read_only):
        what = "read_only is set" if facts.read_only else "innodb_read_only is set"
        yield Finding(CRITICAL, f"{name} refuses writes: {what}", "not_writable")
    elif options.read_only and not facts.read_only:
        yield Finding(CRITICAL, f"{name} takes writes, but should be read-only: read_only is OFF", "writable")


def summary(facts: Facts, options: Options) -> str:  # noqa: ARG001
    """The evidence for OK."""
    mode = {None: "", True: ", read-only", False: ", writable"}[facts.read_only]
    copies = "" if facts.replica is None else f", {len(facts.replica)} replication channel(s) running"
    return f"{facts.version} up for {duration(facts.uptime or 0)}{mode}{copies}"


class Figures(NamedTuple):
    """The facts in numbers."""

    connections_used: float | None
    threads_running: int | None
    aborted_connects: float | None
    aborted_clients: float | None
    uptime: int | None
    channels: tuple[Channel, ...]


def figures(facts: Facts, options: Options) -> Figures:  # noqa: ARG001
    """The facts in numbers."""
    return Figures(
        facts.connections_used,
        facts.threads_running,
        facts.aborted_connects,
        facts.aborted_clients,
        facts.uptime,
        facts.replica or (),
    )


LIMITS = (
    Limit("connections_used", "connected threads as a fraction of max_connections", "0.8", "0.95",
          say="{value} of max_connections are in use", minimum=0, maximum=1, show=percent),
    Limit("threads_running", "threads that do not sleep", optional=True, minimum=0),
    Limit("aborted_connects", "attempts to connect that failed, a second (TCP checks of a balancer count)", "10",
          say="{value} attempts to connect fail a second", optional=True, minimum=0),
    Limit("aborted_clients", "connections that broke off, a second", optional=True, minimum=0),
    Limit("uptime", "seconds since the server started", uom="s", optional=True, minimum=0),
    Limit("seconds_behind", "seconds that a replication channel is behind its source", "60", "600", each="channels",
          say="replication from {one.source} is {value} behind", uom="s", optional=True, minimum=0, show=duration),
)  # fmt: skip

NODE = {
    **RUNBOOK,
    **ADVICE,
    "missing": Advice(
        "The server did not report what it should.",
        (Step("mariadb -e STATUS"), Step("mariadb -e \"SHOW GLOBAL VARIABLES LIKE 'read_only'\"")),
    ),
    "wsrep": Advice(
        "A Galera node answers plain questions even when it is cut off from its cluster.",
        (
            Step("check_galera -H {host} --credentials {credentials}"),
            Step(remark="put the host into a galera group of the inventory"),
        ),
    ),
    "recovery": Advice(
        "InnoDB was started in a rescue mode. From level 4 on it damages data that are written to.",
        (
            Step("grep -rn innodb_force_recovery /etc/mysql"),
            Step("mariadb-dump --all-databases --result-file=/root/rescue.sql", "what can be read, then rebuild the server"),
        ),
        "do not let clients write to it.",
    ),
    "not_writable": Advice(
        "Clients are sent to a server that refuses their writes: a failover that stopped half-way, or a replica behind the VIP.",
        (
            Step("mariadb -e \"SHOW GLOBAL VARIABLES LIKE '%read_only'\"", "on every server: does another one take writes?"),
            other_check("/vip", "which host should serve?"),
            other_check("/drbd", "with DRBD: which host has the data?"),
            Step("mariadb -e 'SET GLOBAL read_only=OFF'", "on the right one, when no other server takes writes"),
        ),
        "do not make it writable while another server takes writes, or cannot be asked: that makes a split-brain.",
    ),
    "writable": Advice(
        "A replica takes writes. What is written there is on no other server, and replication will break on it.",
        (Step("mariadb -e 'SHOW PROCESSLIST'", "who writes here?"), Step("mariadb -e 'SET GLOBAL read_only=ON'")),
        "do not close it when it is the server that clients are meant to use.",
    ),
    "connections_used": RUNBOOK["connections"],
    "aborted_connects": Advice(
        "Many clients fail to log in: wrong passwords, a health check without a user, or a full connection table.",
        (Step("mariadb -e \"SHOW GLOBAL STATUS LIKE 'Connection_errors%'\""), LOG),
    ),
}  # fmt: skip

CHECK = Check(
    name="mysql",
    title="Does this MySQL or MariaDB server answer, and does it take writes where it should?",
    facts=Facts,
    probe=probe,
    evaluate=evaluate,
    summary=summary,
    figures=figures,
    options=(
        *OPTIONS,
        Option(("--writable",), "CRITICAL when the server is read-only (through the VIP: always)", switch=True),
        Option(("--read-only",), "CRITICAL when the server takes writes (a replica)", switch=True),
        Option(("--replica",), "its replication must run (needs REPLICATION CLIENT; MariaDB: REPLICA MONITOR)", switch=True),
    ),
    limits=LIMITS,
    runbook=NODE,
    runs=OnMembers(("-H", "{address}", "--credentials", "{credentials}"), (("-p", "{database_port}"),)),
    uses=("sql",),
    asks="`SHOW GLOBAL STATUS` and `SHOW GLOBAL VARIABLES` (14 rows) in one session; `SHOW REPLICA STATUS` with `--replica`",
    rights="a database user with USAGE; REPLICATION CLIENT (MariaDB: REPLICA MONITOR) for `--replica`",
    example=Example(
        "-H 127.0.0.1 -p 33061 --credentials mysql.cnf",
        "MYSQL OK - 10.11.19-MariaDB-0+deb12u1-log up for 3 s, writable, restarted 3 s ago",
    ),
)  # fmt: skip

# Not "mysql": TripleO calls its Galera nodes so.

main = plugin(CHECK)
