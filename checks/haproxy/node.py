"""HAProxy: does every backend have servers to send to, and every frontend room for clients?

Source: HAProxy management guide (``show stat``, ``show info``); every state judged here was seen on HAProxy 2.6. Figures are
live ones or growth between two runs; ``smax``, ``qmax`` and the totals since start say nothing about the present.
"""

from collections.abc import Iterator, Mapping, Sequence

from hamon import take
from hamon.check import Check, Example, Limit, OnMembers, Option, Options
from hamon.checks.haproxy.facts import Backend, Facts, Frontend, Server, figures
from hamon.checks.haproxy.findings import evaluate, summary
from hamon.checks.haproxy.rows import UNRESOLVED, Group, Row, frontends, groups, info, names, spare, table
from hamon.checks.haproxy.runbook import RUNBOOK
from hamon.credentials import credentials
from hamon.errors import ProbeError
from hamon.memory import Memory
from hamon.names import host_and_port
from hamon.options import pattern
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.probe.unix import Unix
from hamon.tls import SERVER_NAME
from hamon.verdict import CRITICAL, UNKNOWN
from hamon.words import percent

MANY = 400  # servers; above that the facts leave out the addresses of the healthy ones, to stay small
FEW = 20  # responses between two runs below which a ratio of errors means nothing
RESPONSES = ("hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other")


def probe(ask: Ask, options: Options) -> Facts:
    """The facts, asked of the socket or the statistics page, with growth since the last run. Raises ProbeError."""
    if options.url:
        place = options.url.split(";")[0]
        return parse(table(fetched(ask, options, place), place, ended=False), {}, options, ask.memory, place, {})
    place = options.socket
    rows = table(ask(Unix(place, "show stat")), place)
    about = ask(Unix(place, "show info"))
    process = info(about)
    resolved = names(resolutions(ask, place)) if any(row.status == UNRESOLVED for row in rows) else {}
    facts = parse(rows, process, options, ask.memory, place, resolved)
    return facts if "Version" in process else facts._replace(no_info=about.strip().partition("\n")[0][:60] or "nothing")


def resolutions(ask: Ask, place: str) -> str:
    """``show servers state``, which explains why a server has no address; empty where it is not answered."""
    try:
        return ask(Unix(place, "show servers state"))
    except ProbeError:
        return ""


def fetched(ask: Ask, options: Options, place: str) -> str:
    """The CSV of the statistics page. Raises ProbeError for every other answer."""
    from hamon.probe.http import Basic, Get  # most are asked over the socket

    url = options.url if ";csv" in options.url else f"{options.url};csv"
    account = credentials(options.credentials)
    login = Basic(account.user, account.password) if account.user else None
    page = ask(Get(url, login, ca=options.ca, server_name=options.server_name))
    if page.status in (401, 403):
        raise ProbeError(UNKNOWN, f"{place} refuses our user and password (HTTP {page.status})", "rights")
    if page.status >= 500:
        raise ProbeError(CRITICAL, f"{place} answers HTTP {page.status} instead of statistics", "refused")
    if page.status != 200:
        raise ProbeError(UNKNOWN, f"{place} answers HTTP {page.status}: no statistics there", "garbage")
    return page.body


def parse(
    rows: Sequence[Row],
    process: Mapping[str, str],
    options: Options,
    memory: Memory,
    place: str,
    resolved: Mapping[tuple[str, str], str],
) -> Facts:
    """Facts from the table, ``show info`` and the names that servers are ``resolved`` from; ``memory`` gives growth and ages."""

    def wanted(*names: str) -> bool:
        return not any(pattern.search("/".join(names)) for pattern in options.ignore)

    fronts = [row for row in frontends(rows) if wanted(row.proxy)]
    configured = [
        Group(group.row, tuple(row for row in group.servers if wanted(row.proxy, row.name)))
        for group in groups(rows, place)
        if wanted(group.row.proxy)
    ]
    crowded = sum(len(group.servers) for group in configured) > MANY
    return Facts(
        version=process.get("Version", ""),
        node=process.get("node", ""),
        uptime=take.count(process.get("Uptime_sec")),
        stopping=process.get("Stopping", "0") != "0",
        processes=take.count(process.get("Nbproc")) or 1,
        connections_used=take.ratio(process.get("CurrConns"), process.get("Maxconn")),
        denied=memory.per_second("denied", total(rows, "dreq")),
        request_errors=memory.per_second("request_errors", total(fronts, "ereq")),
        retries=memory.per_second("retries", total([group.row for group in configured], "wretr")),
        frontends=tuple(frontend(row, memory) for row in fronts),
        backends=tuple(backend(group, memory, crowded) for group in configured if group.servers),
        servers=tuple(
            server(row, memory, row.name in places)
            for group in configured
            for places in [spare(group, resolved)]
            for row in group.servers
            if row.parked or row.status not in ("UP", "no check")
        ),
        absent=tuple(absent(configured, options.expect)),
    )


def backend(group: Group, memory: Memory, crowded: bool) -> Backend:
    """One backend with its growth since the last run."""
    own, usable = group.row, [row for row in group.servers if row.usable]
    failed = memory.change(f"5xx {own.proxy}", own.counter("hrsp_5xx"))
    counts = [own.counter(name) for name in RESPONSES]
    responses = memory.change(f"responses {own.proxy}", None if None in counts else sum(count or 0 for count in counts))
    return Backend(
        name=own.proxy,
        status=own.status,
        active=own.active,
        backup=own.backup,
        usable=len(usable),
        servers=len(group.servers),
        spares=sum(1 for row in group.servers if row.backup),
        unchecked=sum(1 for row in group.servers if row.status == "no check"),
        up=() if crowded else tuple(f"{row.name}={row.address}" for row in usable),
        queue=own.queue,
        errors_5xx=None if failed is None or responses is None or responses < FEW else min(1.0, failed / responses),
        connect_errors=memory.per_second(f"econ {own.proxy}", own.counter("econ")),
    )


def frontend(row: Row, memory: Memory) -> Frontend:
    """One frontend; HAProxy does not report since when it has not been OPEN."""
    seconds = 0.0 if row.status == "OPEN" else memory.seconds_in(f"frontend {row.proxy}", row.status)
    return Frontend(row.proxy, row.status, take.ratio(row.sessions, row.limit), seconds)


def server(row: Row, memory: Memory, place: bool) -> Server:
    """A server that is not plainly UP. Its age is the longer of HAProxy's (reset by a reload) and ours (since the first look)."""
    seen = memory.seconds_in(f"{row.proxy}/{row.name}", row.status.split(" ")[0])
    status = f"{row.status}, weight 0{' by its agent' if row.agent else ''}" if row.parked else row.status
    return Server(
        row.proxy, row.name, row.address, status, row.usable, row.planned or place, row.why, max(seen, row.seconds or 0), place
    )  # fmt: skip


def absent(configured: Sequence[Group], expected: Sequence[tuple[str, Sequence[str]]]) -> Iterator[str]:
    """What is expected and not configured. A server counts by its name or by the host part of its address."""
    known = {
        group.row.proxy: {name for row in group.servers for name in (row.name, host_and_port(row.address).host)}
        for group in configured
    }
    for name, servers in expected:
        if name not in known:
            yield name
        else:
            yield from (f"{name}/{server}" for server in servers if server not in known[name])


def total(rows: Sequence[Row], name: str) -> int | None:
    """A counter over rows; None when none has it."""
    values = [value for value in (row.counter(name) for row in rows) if value is not None]
    return sum(values) if values else None


def expected(text: str) -> tuple[str, tuple[str, ...]]:
    """``galera=ctl1,ctl2`` (option type)."""
    name, equals, servers = text.partition("=")
    if not name or not equals or not all(servers.split(",")):
        raise ValueError(text)
    return name, tuple(servers.split(","))


LIMITS = (
    Limit("connections_used", "connections of the process as a fraction of its maxconn", "0.8", "0.95",
          say="the process uses {value} of its maxconn", optional=True, minimum=0, maximum=1, show=percent),
    Limit("servers_usable", "servers that take new sessions, in all backends", minimum=0),
    Limit("servers_down", "servers that do not and should", minimum=0),
    Limit("servers_planned", "servers in MAINT, DRAIN or NOLB", minimum=0),
    Limit("backends_down", "backends without a usable server", minimum=0),
    Limit("sessions_used", "sessions of a frontend as a fraction of its limit", "0.8", "0.95", each="frontends",
          say="{one.name} uses {value} of its session limit", optional=True, minimum=0, maximum=1, show=percent),
    Limit("queue", "requests of a backend that wait for a free server", "5", "50", each="backends",
          say="{value} requests wait for a free server of {one.name}", minimum=0),
    Limit("errors_5xx", "5xx responses of a backend since the last run as a fraction of all (from 20 on)", "0.05", "0.25",
          each="backends", say="{value} of the responses of {one.name} are errors (5xx)", optional=True, minimum=0, maximum=1, show=percent),
    Limit("connect_errors", "failed connections to a backend's servers a second", "1", "10", each="backends",
          say="{one.name}: {value} connections to its servers fail a second", optional=True, minimum=0),
    Limit("denied", "requests and responses denied by rules a second", optional=True, minimum=0),
    Limit("request_errors", "invalid client requests a second", optional=True, minimum=0),
    Limit("retries", "connections to servers that were tried again a second", optional=True, minimum=0),
    Limit("uptime", "seconds since this process started", uom="s", optional=True, minimum=0),
)  # fmt: skip

CHECK = Check(
    name="haproxy",
    title="Has every HAProxy backend servers to send to, and every frontend room for clients?",
    facts=Facts,
    probe=probe,
    evaluate=evaluate,
    summary=summary,
    figures=figures,
    options=(
        Option(("-S", "--socket"), "HAProxy's Unix socket (level user is enough)", default="/run/haproxy/admin.sock", metavar="PATH"),
        Option(("--url",), "ask the statistics page instead, http://HOST:PORT/;csv", metavar="URL"),
        Option(("--ca",), "CA file that an https page is verified with (default: the system's)", metavar="FILE"),
        SERVER_NAME,
        Option(("--credentials",), "file with user and password of the page (mode 640 or 600)", metavar="FILE"),
        Option(("--expect",), "servers that BACKEND must have, by name or address", expected, metavar="BACKEND=SERVER,...", many=True),
        Option(("--ignore",), "leave out proxies, and servers as BACKEND/SERVER, in which REGEX is found", pattern, metavar="REGEX", many=True),
        Option(("--maint-max",), "WARNING when a server has been in MAINT or DRAIN for longer; 0: never", float, 86400.0, "SECONDS"),
        Option(("--nolb-max",), "WARNING when a server has been in NOLB (its check answers 404, by design) for longer; 0: never", float, 0.0, "SECONDS"),
    ),
    limits=LIMITS,
    runbook=RUNBOOK,
    runs=OnMembers(
        argv_if=(
            ("--socket", "{haproxy_socket}"),
            ("--url", "http://{address}:{haproxy_stats_port}/;csv", "--credentials", "{credentials}"),
        )
    ),
    uses=("unix", "http"),
    asks="`show stat`, `show info` and, where a server has no address, `show servers state` on the Unix socket, or the statistics page as CSV",
    rights="may open the socket (its group, or a socket of `level user`), or a user of the statistics page",
    example=Example(
        "",
        "HAPROXY OK - 10 of 10 servers usable in 4 backends, 5 frontends OPEN",
    ),
)  # fmt: skip

main = plugin(CHECK)
