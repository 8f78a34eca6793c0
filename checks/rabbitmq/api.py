"""RabbitMQ's management API: options, questions, and JSON that is taken apart without trust. No component of its own.

Source: the HTTP API reference of RabbitMQ 3.8 to 4.x. Answers were seen on 3.10.8 and 4.0.5; what other versions leave out (health
checks before 3.8.10, mirrors and sockets since 4.0) is absent here too.
"""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

from hamon import take
from hamon.check import Option, Options
from hamon.credentials import OPTION as CREDENTIALS
from hamon.credentials import credentials
from hamon.errors import ProbeError
from hamon.names import joined, matched
from hamon.probe import Ask
from hamon.probe.http import Basic, Get
from hamon.probe.sockets import NO_TLS
from hamon.probe.tcp import Tcp
from hamon.tls import OPTIONS as TLS_OPTIONS
from hamon.verdict import CRITICAL, UNKNOWN
from hamon.words import listed

PLAIN, TLS = 15672, 15671  # ports of the management API; the second never speaks anything but TLS
EPMD = 4369  # the Erlang port mapper: which Erlang nodes run on a host
NAMES = "\0\1n"  # its question for all names
REFUSED = "connection refused"
STOPPED = "Erlang node is up without the broker"
PAUSED = "paused by pause_minority"
CLOSED = "in maintenance mode (drained), or the plugin is off"
STARTING = "is starting, or hangs in its start"
HANGS = "did not answer within"
PLUGIN_OFF = "the management plugin is off, or listens on another port"
HELLO = "AMQP\0\0\0\0"  # no version: a broker answers with the one it speaks
ALERT = "\x15\x03"  # how a TLS server begins to answer what is not TLS
PLAIN_AMQP = 5672
AMQP_PORTS = (PLAIN_AMQP, 5671)
WHO = "nodes?columns=name,running,being_drained"
OTHERS = f"{WHO},mem_limit"

OPTIONS = (
    Option(("-H", "--host"), "address of the node", default="127.0.0.1", metavar="ADDRESS"),
    Option(
        ("-p", "--port"), "port of its management API (default 15672, with --https or --ca 15671)", int, None, "PORT"
    ),
    Option(("--https",), "speak TLS, verified with --ca, or with the CAs that this system trusts", switch=True),
    *TLS_OPTIONS,
    Option(
        ("--amqp-port",),
        "port of AMQP, asked when that of the management API is refused (default 5672, then 5671)",
        int,
        None,
        "PORT",
    ),
    CREDENTIALS,
)

# What the cloud's deployment says about its management APIs.
SITE = (
    ("-p", "{rabbitmq_management_port}"),
    ("--ca", "{rabbitmq_management_ca}"),
    ("--amqp-port", "{rabbitmq_port}"),
)

T = TypeVar("T")


class Door(NamedTuple):
    """Where and as whom to ask a management API: what the options above say, for a check that has other ones."""

    host: str
    port: int | None
    https: bool
    credentials: str | None
    ca: str | None = None
    amqp_port: int | None = None
    server_name: str | None = None


class Api:
    """The management API of one node, ``host`` or the one of the options (or of a Door)."""

    def __init__(self, ask: Ask, options: "Options | Door", host: str = "") -> None:
        login = credentials(options.credentials, "hamon")
        self.ask, self.options, self.host = ask, options, host or options.host
        self.ca = options.ca
        tls = bool(options.https or self.ca or options.port == TLS)
        self.port = options.port or (TLS if tls else PLAIN)
        self.user, self.password = login.user, login.password
        self.scheme = "https" if tls else "http"
        self.place = joined(self.host, self.port)

    def get(self, path: str) -> tuple[int, object]:
        """Status and JSON of ``/api/<path>``. 503 is an answer (health checks), so are 400 and 404. Raises ProbeError."""
        try:
            url, login = f"{self.scheme}://{self.place}/api/{path}", Basic(self.user, self.password)
            page = self.ask(Get(url, login, ca=self.ca, server_name=self.options.server_name))
        except ProbeError as error:
            raise self.misspoken(error) from error
        try:
            answer = json.loads(page.body)
        except (ValueError, RecursionError):
            answer = None
        if page.status in (401, 403):
            why = take.text(take.mapping(answer).get("reason")) or f"HTTP {page.status}"
            raise ProbeError(UNKNOWN, f"{self.place} refuses user {self.user!r}: {why}", "rights")
        if page.status == 404:
            return 404, None
        if page.status >= 500 and not isinstance(answer, dict):
            raise ProbeError(CRITICAL, f"{self.place} answers HTTP {page.status} to /api/{bare(path)}", "refused")
        if page.status not in (200, 400, 503) or answer is None:
            what = f"HTTP {page.status} without JSON" if answer is None else f"HTTP {page.status}"
            raise ProbeError(
                CRITICAL, f"{self.place} is not a RabbitMQ management API: {what} to /api/{bare(path)}", "garbage"
            )
        return page.status, answer

    def answer(self, path: str, kind: type[T]) -> T:
        """The JSON of ``/api/<path>``, which must be a ``kind``. Raises ProbeError."""
        status, answer = self.get(path)
        if status == 503:
            raise ProbeError(
                CRITICAL,
                f"{self.place} answers HTTP 503: {take.text(take.mapping(answer).get('reason')) or 'not available'}",
                "refused",
            )
        if status != 200 or not isinstance(answer, kind):
            raise ProbeError(
                CRITICAL,
                f"{self.place} is not a RabbitMQ management API: /api/{bare(path)} is not what it should be",
                "garbage",
            )
        return answer

    def health(self, name: str) -> dict[str, object] | None:
        """A health check's answer (``status`` is ok or failed); None where this version does not have it, or our user may not ask."""
        try:
            status, answer = self.get(f"health/checks/{name}")
        except ProbeError as error:
            if error.about == "rights":  # other evidence stays: this question is not the only source
                return None
            raise
        health = take.mapping(answer)
        return health if status in (200, 503) and health.get("status") in ("ok", "failed") else None

    def health_in_time(self, name: str) -> dict[str, object] | None:
        """As ``health``, and None also of one that fails to answer in half of the time left.

        While a link is cut 4.0 takes 5 s for ``node-is-quorum-critical``, every time: nothing that hides the cut itself.
        """
        try:
            return Api(self.ask.share(2), self.options, self.host).health(name)
        except ProbeError:
            return None

    def misspoken(self, error: ProbeError) -> ProbeError:
        """``error``; with the cure when TLS met a plain port, or a plain question a port of TLS (which is UNKNOWN, too)."""
        if self.scheme == "http" and ALERT in error.text:
            return ProbeError(UNKNOWN, f"{self.place} speaks TLS: add --https", "tls")
        if error.text.endswith(NO_TLS):
            return ProbeError(UNKNOWN, f"{error.text}: leave out --https and --ca", "tls")
        return error

    def serves(self, error: ProbeError) -> ProbeError | None:
        """UNKNOWN instead of a refused management port (``error``) when the broker answers AMQP on this host; else None."""
        ports = (self.options.amqp_port,) if self.options.amqp_port else AMQP_PORTS
        for port in ports if error.text.endswith(REFUSED) else ():
            try:
                answer = self.ask.share(4, 1.5)(Tcp(self.host, port, HELLO, "AMQP"))
            except ProbeError as closed:
                # what a TLS listener says to the greeting may be lost in its reset; it is there all the same
                heard = port != PLAIN_AMQP and closed.text.endswith("reset by the server")
            else:
                heard = answer.startswith(("AMQP", ALERT))
            if not heard:
                continue
            return ProbeError(UNKNOWN, f"{error.text}, though AMQP answers on port {port}: {PLUGIN_OFF}", "plugin_off")
        return None

    def silence(self, error: ProbeError, members: Sequence[tuple[str, str]]) -> ProbeError:
        """``error`` of a refused port, in the words of what the port mappers of this host and of its peers know.

        A broker that paused itself leaves its Erlang node up, as one that was stopped does; but it has lost its peers.
        """
        if not error.text.endswith(REFUSED) or not self._erlang(self.host):
            return error
        peers = [(name, address) for name, address in members if address != self.host]
        mute = [name for name, address in peers if not self._erlang(address, len(peers))]
        if peers and len(mute) > len(peers) / 2:
            why = f"{PAUSED}, or waiting for its peers: no Erlang node to be reached on {listed(mute)}"
        else:
            why = "stopped (stop_app), paused, or starting"
        return ProbeError(CRITICAL, f"{error.text}, its {STOPPED}: {why}", "app_stopped")

    def peer_of_closed(
        self, error: ProbeError, members: Sequence[tuple[str, str]], path: str = OTHERS
    ) -> "Peer | None":
        """The first peer that says that this node, which refused us (``error``), runs; None when none does, or it reports no
        maintenance.

        A node in maintenance mode closes all its ports to clients, the management API among them: its Erlang node is up, and
        only its peers can report why. RabbitMQ 3.10 does not say ``being_drained``: it stays open then. ``path`` may ask for more
        columns than it takes. Raises ProbeError (CRITICAL) when the node is only on its way: a drained one goes on sending its
        figures to its peers, one that starts, or hangs in its start, has sent none (both seen on 3.10.8).
        """
        own = next((name for name, address in members if address == self.host), "")
        peers = [(name, address) for name, address in members if address != self.host]
        for name, address in peers if own and self._erlang(self.host) else ():
            # one hanging peer must not use up the time of the others
            peer = Api(self.ask.share(len(peers) + 1), self.options, address)
            try:
                rows = take.mappings(peer.answer(path, list))
            except ProbeError:
                continue
            named = {take.text(row.get("name")): row for row in rows}
            row = named.get(matched({pair[0]: pair for pair in members}, named).get(own, ""), {})
            draining = take.flag(row.get("being_drained"))
            if not take.flag(row.get("running")) or draining is False:
                return None
            if draining is None and not figured(row) and any(map(figured, rows)):
                starting = f"{take.text(row.get('name'))} {STARTING}: {name} counts it in, and it sends no figures"
                raise ProbeError(CRITICAL, f"{error.text}, {starting}", "starting") from error
            return Peer(name, take.text(row.get("name")), draining, peer, rows)
        return None

    def _erlang(self, host: str, among: int = 1) -> bool:
        """Whether the port mapper of ``host`` answers and knows an Erlang node besides command-line tools."""
        try:
            known = self.ask.share(among + 1, 1.5)(Tcp(host, EPMD, NAMES))
        except ProbeError:
            return False
        entries = [line.split() for line in known.splitlines() if "name " in line and " at port " in line]
        return any(
            not words[1].startswith(("rabbitmqcli", "rabbitmq_cli", "rabbitmqprelaunch"))
            for words in entries
            if len(words) > 1
        )


def bare(path: str) -> str:
    """A path without its query."""
    return path.partition("?")[0]


def names(value: object) -> tuple[str, ...] | None:
    """A list of names, or of objects with a name; None when it is missing or something else."""
    if not isinstance(value, list):
        return None
    return tuple(str(item.get("name") if isinstance(item, dict) else item) for item in value)


def figured(row: Mapping[str, object]) -> bool:
    """Whether a node's row has figures, which the node itself sends to the others every few seconds."""
    return take.amount(row.get("mem_limit")) is not None


class Peer(NamedTuple):
    """A member that reports on another member's node which refuses to; ``draining`` is None where the version does not say."""

    name: str
    node: str
    draining: bool | None
    api: Api
    rows: list[dict[str, object]]  # all nodes, as it reported them
