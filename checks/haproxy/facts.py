"""What is known of a HAProxy process, and its figures. Part of the haproxy component."""

from typing import NamedTuple

from hamon.check import Options

PROXIES = 32  # frontends and backends whose figures fit into one line of perfdata


class Frontend(NamedTuple):
    """One frontend. ``sessions_used`` is a fraction of its own limit."""

    name: str
    status: str  # OPEN, PAUSED, STOP, FULL
    sessions_used: float | None
    seconds: float = 0.0  # in this status when it is not OPEN, as far as the runs saw


class Backend(NamedTuple):
    """One backend: what its own row says, and the count over its servers' rows."""

    name: str
    status: str
    active: int | None  # usable servers as the backend says
    backup: int | None  # usable backup servers as it says
    usable: int  # usable servers by their own rows, backups included
    servers: int  # configured
    spares: int  # of those configured as backup
    unchecked: int  # servers without a health check: always "usable"
    up: tuple[str, ...]  # NAME=ADDRESS of the usable ones
    queue: int | None  # requests that wait for a free server right now
    errors_5xx: float | None  # fraction of the responses since the last run
    connect_errors: float | None  # a second


class Server(NamedTuple):
    """A server that is not plainly UP."""

    backend: str
    name: str
    address: str
    status: str
    usable: bool
    planned: bool
    why: str
    seconds: float  # in this state
    spare: bool = False  # an empty place of a server-template that has filled ones


class Facts(NamedTuple):
    """One HAProxy process. Rates a second, ``connections_used`` a fraction of 1."""

    version: str
    node: str
    uptime: int | None
    stopping: bool
    processes: int  # nbproc: each reports only its own figures
    connections_used: float | None
    denied: float | None
    request_errors: float | None
    retries: float | None
    frontends: tuple[Frontend, ...]
    backends: tuple[Backend, ...]
    servers: tuple[Server, ...]
    absent: tuple[str, ...]  # expected and not configured: BACKEND or BACKEND/SERVER
    no_info: str = ""  # what the socket answered instead of the process's own figures


class Figures(NamedTuple):
    """The facts in numbers."""

    connections_used: float | None
    servers_usable: int
    servers_down: int
    servers_planned: int
    backends_down: int
    denied: float | None
    request_errors: float | None
    retries: float | None
    uptime: int | None
    frontends: tuple[Frontend, ...]
    backends: tuple[Backend, ...]


def figures(facts: Facts, options: Options) -> Figures:  # noqa: ARG001
    """The facts in numbers."""
    return Figures(
        facts.connections_used,
        sum(backend.usable for backend in facts.backends),
        sum(1 for server in facts.servers if not server.usable and not server.planned),
        sum(1 for server in facts.servers if server.planned and not server.spare),
        sum(1 for backend in facts.backends if backend.servers and not (backend.active or backend.backup)),
        facts.denied,
        facts.request_errors,
        facts.retries,
        facts.uptime,
        tuple(frontend for frontend in facts.frontends if brief(facts) or frontend.sessions_used),
        tuple(
            backend
            for backend in facts.backends
            if backend.servers and (brief(facts) or backend.queue or backend.errors_5xx or backend.connect_errors)
        ),
    )


def brief(facts: Facts) -> bool:
    """Whether all proxies fit into the perfdata; of more, only those with something to show are in it."""
    return len(facts.frontends) + len(facts.backends) <= PROXIES
