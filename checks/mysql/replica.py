"""Replication of a MySQL or MariaDB server, by the rows of ``SHOW REPLICA STATUS``. Part of the mysql component.

The rows come without their column names. The first 38 columns have kept their places from MySQL 5.5 to 8.4 and in all MariaDB
versions (new ones are added behind them); MariaDB's ``SHOW ALL SLAVES STATUS`` puts two before them. What stands in the columns of
the two threads is verified, so that another order would be noticed.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hamon import take
from hamon.checks.mysql.session import DISKS, LOG, PROCESSES
from hamon.errors import ProbeError
from hamon.memory import Memory
from hamon.names import joined
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Advice, Finding, Step
from hamon.words import duration

ALL = "SHOW ALL SLAVES STATUS"  # MariaDB: every named channel
HOST, PORT, IO, SQL, BEHIND, IO_ERROR, SQL_ERROR = 1, 3, 10, 11, 32, 35, 37
CHANNEL, DELAY, DELAY_MARIADB = 55, 42, 47  # columns that only newer versions have, and each vendor at another place
RUNNING = ("Yes", "No", "Connecting", "Preparing")
PATIENCE = 300.0  # seconds for which a channel may try to connect before it counts as stopped


class Channel(NamedTuple):
    """One replication channel."""

    name: str  # of the channel; the source where it has none
    source: str  # HOST:PORT
    io: str  # Yes, No, Connecting, Preparing: the thread that fetches
    sql: str  # Yes, No: the thread that applies
    seconds_behind: int | None
    error: str
    seconds: float  # in this state, as far as the runs saw
    delay: int = 0  # seconds that it is meant to be behind (SQL_Delay); not counted in seconds_behind


def question(version: str) -> str:
    """The statement that asks a server of this version for its channels."""
    if "mariadb" in version.lower():
        return ALL
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:3])
    return "SHOW REPLICA STATUS" if numbers >= (8, 0, 22) else "SHOW SLAVE STATUS"


def channels(rows: Sequence[Sequence[str | None]], asked: str, memory: Memory) -> tuple[Channel, ...]:
    """The channels in the answer to ``asked``. Raises ProbeError (UNKNOWN) when the columns are not where they should be."""
    before = 2 if asked == ALL else 0
    name, delay = (0, before + DELAY_MARIADB) if before else (CHANNEL, DELAY)
    return tuple(channel(row[before:], cell(row, name), take.count(cell(row, delay)) or 0, memory) for row in rows)


def cell(row: Sequence[str | None], column: int) -> str:
    """The value of a column; empty where this version has none."""
    return (row[column] or "") if column < len(row) else ""


def channel(row: Sequence[str | None], name: str, delay: int, memory: Memory) -> Channel:
    """One channel from one row, ``delay`` seconds behind on purpose."""
    if len(row) <= SQL_ERROR or row[IO] not in RUNNING or row[SQL] not in RUNNING:
        raise ProbeError(UNKNOWN, "the server's replication status has an unknown form", "missing")
    source, behind = joined(str(row[HOST]), row[PORT]), take.count(row[BEHIND])
    return Channel(
        name or source, source, str(row[IO]), str(row[SQL]), None if behind is None else max(0, behind - delay),
        row[SQL_ERROR] or row[IO_ERROR] or "", memory.seconds_in(f"replica {name or source}", [row[IO], row[SQL]]), delay,
    )  # fmt: skip


def troubles(replica: Sequence[Channel]) -> Iterator[Finding]:
    """The findings of channels that do not run, or are delayed on purpose."""
    if not replica:
        yield Finding(CRITICAL, "no replication is configured on this server", "replica")
    for channel in replica:
        why = f": {channel.error[:80]}" if channel.error else ""
        if "No" in (channel.io, channel.sql):
            threads = " and ".join(word for word, state in (("IO", channel.io), ("SQL", channel.sql)) if state == "No")
            yield Finding(CRITICAL, f"replication from {channel.source} stopped ({threads} thread){why}", "replica")
        elif channel.io != "Yes":
            state = CRITICAL if channel.seconds > PATIENCE else WARNING
            yield Finding(
                state,
                f"replication from {channel.source} has been trying to connect for {duration(channel.seconds)}{why}",
                "replica",
            )
        elif channel.seconds_behind is None:
            yield Finding(UNKNOWN, f"replication from {channel.source} does not report how far it is behind", "missing")
        elif channel.delay:
            yield Finding(OK, f"replication from {channel.source} is delayed by {duration(channel.delay)} on purpose")


ADVICE = {
    "replica": Advice(
        "This server does not follow its source any more. Its data grow old.",
        (
            Step("mariadb -E -e 'SHOW REPLICA STATUS'", "which thread, which error?"),
            LOG,
            Step("mariadb -e 'START REPLICA'", "when the cause is repaired"),
        ),
        "do not skip events (sql_slave_skip_counter) without knowing what they hold: compare the data first.",
    ),
    "seconds_behind": Advice(
        "The replica applies more slowly than the source writes, or one big transaction holds it up.",
        (PROCESSES, DISKS),
        "do not fail over to it before it has caught up.",
    ),
}
