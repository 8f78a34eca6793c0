"""HAProxy's answers: the CSV of ``show stat`` and the lines of ``show info``. Pure. Not a component of its own.

Source: HAProxy management guide, chapter 9.1 (columns), and src/stats.c (status texts). Columns are found by their names: each
version appends some, and the statistics page leaves some out.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from hamon import take
from hamon.errors import ProbeError
from hamon.verdict import UNKNOWN

FRONTEND, BACKEND, SERVER = "0", "1", "2"  # column ``type``; 3 is a listener of ``option socket-stats``
NEEDED = ("pxname", "svname", "status", "type", "act", "bck", "scur", "slim", "qcur")
COUNTERS = (
    "dreq",
    "ereq",
    "econ",
    "wretr",
    "wredis",
    "hrsp_1xx",
    "hrsp_2xx",
    "hrsp_3xx",
    "hrsp_4xx",
    "hrsp_5xx",
    "hrsp_other",
)
WANTED = (
    *NEEDED,
    "weight",
    "lastchg",
    "check_status",
    "check_code",
    "last_chk",
    "check_desc",
    "agent_status",
    "last_agt",
    "addr",
    *COUNTERS,
)

# The first word of a status -> what it means for new sessions. A number behind it ("UP 1/3") is a transition under way.
USABLE = {"UP": True, "no": True, "DOWN": False, "MAINT": False, "DRAIN": False, "NOLB": False}
PLANNED = ("MAINT", "DRAIN", "NOLB")
UNRESOLVED = "MAINT (resolution)"  # not planned: its name has no address


class Row(NamedTuple):
    """One line of the table, as far as it is used; figures are None where the column is empty."""

    proxy: str
    name: str
    kind: str
    status: str
    active: int | None
    backup: int | None
    sessions: int | None
    limit: int | None
    queue: int | None
    weight: int | None
    seconds: int | None  # since the last change of state
    why: str
    address: str
    counters: tuple[int | None, ...]  # in the order of COUNTERS
    agent: str = ""  # what its agent check says
    checked: bool = False  # whether a health check ever ran

    def counter(self, name: str) -> int | None:
        """One counter since the start of the process."""
        return self.counters[COUNTERS.index(name)]

    @property
    def usable(self) -> bool:
        """Whether a server gets new sessions. The ``act`` column stays 1 on a server that is DOWN."""
        return USABLE.get(self.status.split(" ")[0], False) and self.weight != 0

    @property
    def planned(self) -> bool:
        """Whether a server was taken out by a person, not by a health check."""
        return self.parked or (self.status.startswith(PLANNED) and self.status != UNRESOLVED)

    @property
    def parked(self) -> bool:
        """Whether a server is UP with weight 0, which is how a configuration keeps one aside for good."""
        return self.weight == 0 and self.status.split(" ")[0] in ("UP", "no")


def table(text: str, place: str, ended: bool = True) -> list[Row]:
    """The rows of a CSV. Raises ProbeError (UNKNOWN) for anything that is not a whole one: missing rows would look like health.

    ``ended`` says that the answer has to end with an empty line, as it does on the socket.
    """
    if not text.strip():
        raise ProbeError(UNKNOWN, f"{place} gave an empty answer", "garbage")
    head, _, rest = text.partition("\n")
    if head.startswith("Permission denied"):
        raise ProbeError(UNKNOWN, f"{place} does not give statistics at this level (Permission denied)", "rights")
    if not head.startswith("# "):
        shown = "HTML" if head.lstrip().lower().startswith(("<html", "<!doctype")) else repr(head[:40])
        raise ProbeError(UNKNOWN, f"{place} gave {shown} instead of statistics in CSV", "garbage")
    columns = head[2:].strip().split(",")
    absent = [name for name in NEEDED if name not in columns]
    if absent:
        raise ProbeError(UNKNOWN, f"{place}: the CSV has no column {' '.join(absent)}", "garbage")
    if not rest.endswith("\n\n" if ended else "\n"):
        raise ProbeError(UNKNOWN, f"{place}: the CSV is cut off", "garbage")
    at = {name: columns.index(name) for name in WANTED if name in columns}
    try:
        made = [row(line, at, len(columns), place) for line in csv.reader(rest.split("\n")) if line]
    except csv.Error as error:
        raise ProbeError(UNKNOWN, f"{place}: the CSV is damaged ({error})", "garbage") from error
    if not made:
        raise ProbeError(UNKNOWN, f"{place}: the CSV has no rows", "garbage")
    return made


def row(line: Sequence[str], at: Mapping[str, int], width: int, place: str) -> Row:
    """One row. Raises ProbeError when it is shorter than the head."""
    # The head ends with a comma and most rows do: the empty last field may be absent.
    if len(line) < width - 1:
        raise ProbeError(UNKNOWN, f"{place}: the CSV is cut off at {'/'.join(line[:2])}", "garbage")

    def text(name: str) -> str:
        return line[at[name]] if name in at and at[name] < len(line) else ""

    def figure(name: str) -> int | None:
        return take.whole(text(name))

    if not text("pxname") or not text("svname"):
        raise ProbeError(UNKNOWN, f"{place}: the CSV has a row without a name", "garbage")
    return Row(
        text("pxname"), text("svname"), text("type"), text("status"), figure("act"), figure("bck"), figure("scur"), figure("slim"),
        figure("qcur"), figure("weight"), figure("lastchg"), reason(text), text("addr"), tuple(figure(name) for name in COUNTERS),
        text("agent_status"), text("check_status") not in ("", "INI"),
    )  # fmt: skip


def reason(text: Callable[[str], str]) -> str:
    """Why a check failed: ``L7STS 503 Service Unavailable``. An asterisk before it means that a check is running."""
    if text("agent_status") and "agent" in text("status"):
        return " ".join(f"agent {text('agent_status')} {text('last_agt')}".split())
    if text("status") == UNRESOLVED:
        return "its name has no address"
    detail = text("last_chk") or text("check_desc")
    return " ".join(f"{text('check_status').removeprefix('* ')} {text('check_code')} {detail}".split())


class Group(NamedTuple):
    """One backend: its own row and its servers' rows."""

    row: Row
    servers: tuple[Row, ...]


def groups(rows: Sequence[Row], place: str) -> list[Group]:
    """The backends. Raises ProbeError (UNKNOWN) when servers have no backend row: the table ends too early."""
    own = {row.proxy: row for row in rows if row.kind == BACKEND}
    servers: dict[str, list[Row]] = {}
    for row in rows:
        if row.kind == SERVER:
            servers.setdefault(row.proxy, []).append(row)
    lost = [name for name in servers if name not in own]
    if lost:
        raise ProbeError(UNKNOWN, f"{place}: the CSV is cut off, {lost[0]} has no BACKEND row", "garbage")
    return [Group(row, tuple(servers.get(name, ()))) for name, row in own.items()]


def frontends(rows: Sequence[Row]) -> Iterator[Row]:
    """The frontends' rows."""
    return (row for row in rows if row.kind == FRONTEND)


def names(text: str) -> dict[tuple[str, str], str]:
    """The name that each (backend, server) is resolved from, by ``show servers state``: an SRV record or a host name.

    Servers without one are left out, and so are all of them when the text is anything else.
    """
    lines = [line.split() for line in text.splitlines()]
    head = next((line[1:] for line in lines if line[:1] == ["#"]), [])
    resolved = {}
    for line in lines:
        fields = dict(zip(head, line, strict=False))
        name = next((fields[key] for key in ("srvrecord", "srv_fqdn") if fields.get(key, "-") != "-"), "")
        if len(line) == len(head) and name:
            resolved[fields["be_name"], fields["srv_name"]] = name
    return resolved


def spare(group: Group, names: Mapping[tuple[str, str], str]) -> frozenset[str]:
    """The places of a server-template that have no address because its name has no more of them, while others are filled.

    Places are one template's when they are resolved from one name. Where no names are known (the statistics page) only a
    backend that is a template by all its rows counts: numbered from one prefix, each filled place checked, no other ever.
    """
    empty = [row for row in group.servers if row.status == UNRESOLVED]
    filled = [row for row in group.servers if row.status != UNRESOLVED]
    known = {row.name: names.get((row.proxy, row.name), "") for row in group.servers}
    if any(known.values()):
        living = {known[row.name] for row in filled}
        return frozenset(row.name for row in empty if known[row.name] and known[row.name] in living)
    checks = filled and all(row.checked for row in filled) and not any(row.checked for row in empty)
    return (
        frozenset(row.name for row in empty) if checks and len(empty) > 1 and numbered(group.servers) else frozenset()
    )


def numbered(servers: Sequence[Row]) -> bool:
    """Whether the names are one prefix with consecutive numbers, as ``server-template`` makes them."""
    prefix = servers[0].name.rstrip("0123456789")
    numbers = [take.count(row.name.removeprefix(prefix)) for row in servers if row.name.startswith(prefix)]
    first = numbers[0]
    return first is not None and numbers == list(range(first, first + len(servers)))


def info(text: str) -> dict[str, str]:
    """``show info`` as a mapping; empty for anything else."""
    return {key: value.strip() for key, colon, value in (line.partition(":") for line in text.splitlines()) if colon}
