"""SQL over the MySQL protocol: a few SHOW statements in one session.

``pymysql.connect`` builds a TLS context on every connect unless TLS is off or a CA is named (+20 ms CPU), so TLS is used
when a CA is given and only then.
"""

import os
import struct
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from hamon.errors import ProbeError, UsageError
from hamon.probe.sockets import bounded, trouble, without_tls
from hamon.verdict import CRITICAL, UNKNOWN

if TYPE_CHECKING:
    from hamon.probe.deadline import Deadline


MOST = 8 * 1024 * 1024  # bytes of a session


class Server(NamedTuple):
    """Where and as whom. ``socket`` (a path) outranks host and port; ``ca`` turns TLS on; ``password`` may be empty."""

    host: str
    port: int
    user: str
    password: str
    socket: str | None = None
    ca: str | None = None

    @property
    def place(self) -> str:
        """``host:port`` or the socket's path, for texts and recordings."""
        return self.socket or f"{self.host}:{self.port}"


class Rows(NamedTuple):
    """Run ``queries`` in one session: for each its rows, every value as text or None."""

    server: Server
    queries: Sequence[str]

    @property
    def keys(self) -> tuple[str, ...]:
        """A key for each query."""
        return tuple(f"sql {self.server.place} {query}" for query in self.queries)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The password."""
        return (self.server.password,)

    def put(self, deadline: "Deadline") -> dict[str, Any]:
        """Rows by key."""
        return dict(zip(self.keys, rows(self.server, self.queries, deadline), strict=True))

    def read(self, answers: Mapping[str, Any]) -> list[list[list[str | None]]]:
        """Rows in the order of the queries. Raises the ProbeError of the first that has one."""
        for key in self.keys:
            if isinstance(answers[key], ProbeError):
                raise answers[key]
        return [answers[key] for key in self.keys]


# What the server says when it refuses us: (state, words, about). Everything else is CRITICAL in its own words.
UNKNOWN_VARIABLE = 1193
REFUSALS = {
    1040: (CRITICAL, "too many connections", "connections"),
    1044: (UNKNOWN, "access denied for user {user}: grant it USAGE", "rights"),
    1045: (UNKNOWN, "access denied for user {user}: check the credentials file and the grants", "rights"),
    1047: (CRITICAL, "refuses queries: WSREP has not yet prepared this node for application use", "not_ready"),
    1129: (CRITICAL, "this host is blocked after many connection errors (FLUSH HOSTS)", "refused"),
    1130: (UNKNOWN, "this host is not allowed to connect: grant {user} access from here", "rights"),
    1227: (UNKNOWN, "user {user} lacks a privilege for this query", "rights"),
    1698: (UNKNOWN, "access denied for user {user}: check the credentials file and the grants", "rights"),
}


# What pymysql's parser raises when it meets something that is not the protocol, e.g. an HTTP server on that port: it
# indexes, unpacks and even reads unbound variables (found by feeding it random greetings).
GARBAGE = (ValueError, LookupError, AssertionError, struct.error, NameError, TypeError, AttributeError)


def rows(server: Server, queries: Sequence[str], deadline: "Deadline") -> list[list[list[str | None]]]:
    """Run ``queries`` in one session and return each one's rows as text. Raises ProbeError."""
    if server.ca:
        if not os.access(server.ca, os.R_OK):
            raise UsageError(f"CA file {server.ca} does not exist or cannot be read by this user")
        import ssl  # noqa: F401  # before pymysql looks for it
    with without_tls():
        import pymysql

    try:
        session = pymysql.connect(
            host=server.host,
            port=server.port,
            user=server.user,
            password=server.password,
            unix_socket=server.socket,
            connect_timeout=max(1, min(deadline.left(), 31536000)),
            read_timeout=deadline.left(),
            write_timeout=deadline.left(),
            charset="utf8mb4",
            conv={},  # no decoders: every value stays the text the server sent
            ssl_ca=server.ca,
            ssl_verify_cert=bool(server.ca) or None,  # without it a CA is loaded and nothing is verified
            ssl_disabled=not server.ca,
            autocommit=None,  # nothing is written; leave the session as the server starts it
            defer_connect=True,
        )
        return _talk(session, queries, deadline)
    except pymysql.err.MySQLError as error:
        raise refusal(server, error, deadline) from error
    except (OSError, EOFError) as error:
        raise trouble(server.place, error, deadline) from error
    except (
        RuntimeError
    ) as error:  # pymysql refuses what the server wants of it: a local file, a login by another library
        raise ProbeError(UNKNOWN, f"{server.place} wants what this client does not do: {error}", "rights") from error
    except GARBAGE as error:
        raise ProbeError(CRITICAL, f"{server.place} does not speak the MySQL protocol", "garbage") from error


def _talk(session: Any, queries: Sequence[str], deadline: "Deadline") -> list[list[list[str | None]]]:
    import socket

    import pymysql

    if session.unix_socket:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(deadline.left())
        try:
            sock.connect(session.unix_socket)
        except OSError:
            sock.close()
            raise
    else:
        # As bytes: a str would load the IDNA codec, 1 ms for names that are ASCII anyway.
        host = session.host.encode() if session.host.isascii() else session.host
        sock = socket.create_connection((host, session.port), deadline.left())
    # The handshake has to end by the deadline too, so the socket is ours and bounded before pymysql reads from it.
    with sock, bounded(sock, deadline):
        sock.settimeout(deadline.left())
        _budgeted(session)
        session.connect(sock)
        got: list[list[list[str | None]]] = []
        with session.cursor() as cursor:
            for query in queries:
                try:
                    cursor.execute(query)
                except session.OperationalError as error:
                    if error.args[0] == UNKNOWN_VARIABLE:  # a SET that this server has no use for
                        got.append([])
                        continue
                    raise
                got.append([[None if value is None else str(value) for value in row] for row in cursor.fetchall()])
        with suppress(pymysql.err.Error, OSError):
            session.close()  # COM_QUIT: without it the server counts every run as an aborted client
        return got


def _budgeted(session: Any) -> None:
    """Let the session read ``MOST`` bytes in all. Asked before each read: one packet may announce 16 MB."""
    read, got = session._read_bytes, 0

    def counted(size: int) -> Any:
        nonlocal got
        got += size
        if got > MOST:
            raise ProbeError(UNKNOWN, f"{session.host}:{session.port} sent more than {MOST} bytes", "garbage")
        return read(size)

    session._read_bytes = counted


def refusal(server: Server, error: Exception, deadline: "Deadline") -> ProbeError:
    """The ProbeError for what the server (or pymysql about the server) said."""
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    words = str(error.args[1]) if len(error.args) > 1 else str(error)
    if deadline.over or isinstance(error.__cause__, TimeoutError) or "timed out" in words:
        return ProbeError(CRITICAL, f"{server.place} did not answer within {deadline.seconds:.3g} s", "timeout")
    if number in REFUSALS:
        state, text, about = REFUSALS[number]
        return ProbeError(state, f"{server.place}: {text.format(user=server.user)}", about)
    if number in (2003, 2006, 2013, 0):
        cause = error.__context__ if isinstance(error.__context__, OSError) else None
        if cause:
            return trouble(server.place, cause, deadline)
    return ProbeError(CRITICAL, f"{server.place}: {words}", "refused")
