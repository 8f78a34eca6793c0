"""AMQP: does a message sent to the broker come back, and how fast?

The whole path of a client: connect, log in, declare a queue of its own (exclusive, auto-delete), publish with confirm, get
it back. A broker with an alarm, a full disk or a dead metadata store still accepts connections; this round trip fails.
"""

import os
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hamon import take
from hamon.check import Check, Example, Limit, OnMembers, Option, Options
from hamon.checks.rabbitmq.runbook import CLUSTER_STATUS, EXPIRED, JOURNAL, NODE, OTHERS_SERVE, SPACE
from hamon.checks.rabbitmq.runbook import TLS as TLS_ADVICE
from hamon.cluster import member_list
from hamon.credentials import OPTION as CREDENTIALS
from hamon.credentials import credentials
from hamon.errors import ProbeError
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.probe.amqp import Broker, RoundTrip
from hamon.probe.sockets import NO_TLS
from hamon.runs import ThroughVip
from hamon.tls import OPTIONS as TLS_OPTIONS
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Advice, Finding, Step, other_check

SESSION = (
    "one AMQP 0-9-1 session: a queue `hamon.check.<random>` (exclusive, auto-delete), one message with confirm, one get"
)
RIGHTS = r"a user with configure and read on `^hamon\.check\.` and write on `^amq\.default$` in the vhost"
STEPS = ("connect", "declare", "confirm", "get")


class Facts(NamedTuple):
    """One round trip. Times in milliseconds: ``connect`` with the login, then the steps, ``total`` of all."""

    place: str
    server: str
    cluster: str
    connect_ms: float
    declare_ms: float
    confirm_ms: float
    get_ms: float
    total_ms: float


def probe(ask: Ask, options: Options) -> Facts:
    """The facts of one round trip. Raises ProbeError when it fails."""
    login = credentials(options.credentials, "hamon")
    port = options.port or (5671 if options.ca else 5672)
    broker = Broker(options.host, port, options.vhost, login.user, login.password, options.ca, options.server_name)
    try:
        answer = ask(RoundTrip(broker, f"hamon.check.{os.urandom(6).hex()}"))
    except ProbeError as error:
        raise explained(misspoken(error, ask, broker), ask, options) from error
    return parse(answer, broker.place)


def misspoken(error: ProbeError, ask: Ask, broker: Broker) -> ProbeError:
    """``error``; with the cure when TLS met a plain port, or plain AMQP a port of TLS (which is UNKNOWN, too)."""
    if error.text.endswith(NO_TLS):
        return ProbeError(UNKNOWN, f"{error.text}: leave out --ca, or name the port of TLS with -p", "tls")
    if broker.ca or error.about not in ("garbage", "closed"):
        return error
    from hamon.probe.tcp import Tls

    try:
        speaks = ask(Tls(broker.host, broker.port))
    except ProbeError:
        return error
    return ProbeError(UNKNOWN, f"{broker.place} speaks TLS: add --ca FILE", "tls") if speaks else error


def explained(error: ProbeError, ask: Ask, options: Options) -> ProbeError:
    """``error``; milder when the port is refused because the node is in maintenance mode, as a peer's management API reports.

    RabbitMQ 3.10 does not report it: a node that runs, as its peer sees it, and refuses its management port too, looks just so. For
    how long that may last is check_rabbitmq's question.
    """
    from hamon.checks.rabbitmq.api import REFUSED, TLS, WHO, Api, Door  # a node that answers pays for none of it

    if not options.members or not error.text.endswith(REFUSED):
        return error
    port, https = options.management_port, options.management_https or options.management_port == TLS
    ca = options.management_ca or (options.ca if https else None)
    api = Api(ask, Door(options.host, port, https, options.credentials, ca, server_name=options.server_name))
    try:
        peer = api.peer_of_closed(error, options.members)
    except ProbeError as starting:
        return starting
    if peer is None:
        return error
    if peer.draining:
        text = f"takes no clients: {peer.node} is in maintenance mode (drained), as {peer.name} reports"
        return ProbeError(OK, text, "drained")
    try:
        api.answer(WHO, list)
    except ProbeError as other:
        if other.text.endswith(REFUSED):
            text = f"{error.text}, all doors of {peer.node} are closed, though it runs: in maintenance mode (drained)?"
            return ProbeError(WARNING, text, "drained")
    return error


def parse(answer: Mapping[str, object], place: str) -> Facts:
    """Facts from the transport's answer. Raises ProbeError when a step is missing: it did not happen."""
    steps = take.mapping(answer.get("steps"))
    times = [at for step in STEPS if (at := take.number(steps.get(step))) is not None]
    if len(times) < len(STEPS):
        raise ProbeError(CRITICAL, f"{place}: the message did not come back", "lost")
    server = answer.get("server")
    known: Mapping[str, object] = server if isinstance(server, Mapping) else {}
    connect, declare, confirm, get = (round(end - begin, 2) for begin, end in zip([0.0, *times], times, strict=False))
    return Facts(
        place,
        f"{known.get('product', 'AMQP')} {known.get('version', '')}".strip(),
        str(known.get("cluster_name", "")),
        connect,
        declare,
        confirm,
        get,
        times[-1],
    )


def evaluate(facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG001
    """Nothing beyond the limits: a trip that failed raised already."""
    yield from ()


def summary(facts: Facts, options: Options) -> str:  # noqa: ARG001
    """The evidence for OK."""
    return f"a message through {facts.place} ({facts.server}) and back in {facts.total_ms:.4g} ms, publish confirmed"


WHAT_IT_SAYS = Step("check_rabbitmq -H {host} --credentials {credentials}")

SLOW = Advice(
    "The broker works, but slowly: a loaded node, a slow disk under it, or a slow way to it.",
    (Step("rabbitmq-diagnostics -q status"), Step("iostat -x 1 3", "on the broker"), WHAT_IT_SAYS),
)

RUNBOOK = {
    "total_ms": SLOW,
    "refused": Advice(
        "Nobody listens there: the broker is down, or the proxy in front is.",
        (WHAT_IT_SAYS, OTHERS_SERVE, Step("rabbitmq-diagnostics listeners", "on {host}")),
        "do not force_boot or reset a broker because its port is closed: the others have its queues.",
    ),
    "starting": NODE["starting"],
    "drained": Advice(
        "Somebody put the node into maintenance mode (rabbitmq-upgrade drain): it closed its ports and gave its leaders away.",
        (CLUSTER_STATUS, Step("rabbitmq-upgrade revive", "when the work is done")),
    ),
    "timeout": Advice(
        "The port accepts and the conversation stops half-way: a hanging node, a partition in progress, or a proxy without a living server.",
        (OTHERS_SERVE, Step("rabbitmq-diagnostics -t 10 -q ping"), Step("rabbitmq-diagnostics alarms")),
        "do not restart the OpenStack services: they hang for the same reason.",
    ),
    "blocked": Advice(
        "A resource alarm is in effect somewhere in the cluster: the broker takes no messages, on any node.",
        (Step("rabbitmq-diagnostics alarms"), OTHERS_SERVE, *SPACE),
        "do not raise the limit before you know what fills it.",
    ),
    "rights": Advice(
        "The broker runs, and our user may not do what the check needs.",
        (
            Step("rabbitmqctl list_users"),
            Step("rabbitmqctl list_permissions -p {vhost}", "see the rights on the page of check_amqp"),
            Step(
                "rabbitmqctl set_permissions -p {vhost} hamon '^hamon[.]check[.]' '^amq[.]default' '^hamon[.]check[.]'"
            ),
            Step("ls -l {credentials}", "the agent's user must be able to read it"),
        ),
        "do not give it more than these.",
    ),
    "tls": TLS_ADVICE._replace(
        do=(
            Step("rabbitmq-diagnostics listeners", "on {host}: which port speaks TLS?"),
            Step("openssl s_client -connect {host}:5671 <<< Q", "who signed the certificate, and for which names?"),
            Step(
                remark="give --ca FILE with the CA that signed it (hamon.site.rabbitmq_ca), --server-name NAME when asked by address"
            ),
        )
    ),
    "expired": EXPIRED,
    "closed": Advice("The broker ended the conversation. Its reason is in the first line.", (JOURNAL, WHAT_IT_SAYS)),
    "nack": Advice("The broker could not store the message.", (JOURNAL, *SPACE)),
    "lost": Advice(
        "The broker confirmed a message and does not have it.",
        (JOURNAL, Step("rabbitmqctl list_policies -p {vhost}", "a TTL or a length of 0?")),
    ),
    "garbage": Advice(
        "Something else answers on that port, or a proxy closed the conversation at once: no living server behind it.",
        (Step("ss -ltnp", "on {host}"), other_check("/haproxy", "do the proxies have servers?")),
    ),
    "tool": Advice(
        "The check itself lacks something: the name cannot be resolved, or the CA file cannot be used.",
        (Step("getent hosts {host}"), Step("ls -l {ca}")),
    ),
}

# What the cloud's deployment says about its brokers.
SITE = (("-p", "{rabbitmq_port}"), ("--ca", "{rabbitmq_ca}"), ("--server-name", "{rabbitmq_server_name}"))

CHECK = Check(
    name="amqp",
    title="Does a message sent to the broker come back, and how fast?",
    facts=Facts,
    probe=probe,
    evaluate=evaluate,
    summary=summary,
    options=(
        Option(
            ("-H", "--host"), "address of the broker, or of the VIP in front", default="127.0.0.1", metavar="ADDRESS"
        ),
        Option(("-p", "--port"), "its port (default 5672, with --ca 5671)", int, None, "PORT"),
        Option(("--vhost",), "the virtual host", default="/", metavar="NAME"),
        CREDENTIALS,
        *TLS_OPTIONS,
        Option(
            ("--members",),
            "all nodes of the cluster: when the port is refused they are asked whether this one is in maintenance mode",
            member_list,
            metavar="NAME=ADDRESS,...",
        ),
        Option(
            ("--management-port",),
            "port of their management API (default 15672, with --management-ca 15671)",
            int,
            None,
            "PORT",
        ),
        Option(("--management-https",), "it speaks TLS, verified with --management-ca or --ca", switch=True),
        Option(("--management-ca",), "it speaks TLS, verified with this CA file, or with `system`", metavar="FILE"),
    ),
    limits=(
        Limit(
            "total_ms", "milliseconds for all of it", "1000", "3000", "ms", say="the round trip took {value}", minimum=0
        ),
        Limit("connect_ms", "milliseconds to connect and log in", uom="ms", minimum=0),
        Limit("declare_ms", "milliseconds to open a channel and declare the queue", uom="ms", minimum=0),
        Limit("confirm_ms", "milliseconds until the broker confirmed the message", uom="ms", minimum=0),
        Limit("get_ms", "milliseconds until the message was back", uom="ms", minimum=0),
    ),
    runbook=RUNBOOK,
    runs=OnMembers(
        ("-H", "{address}", "--members", "{members}", "--credentials", "{credentials}"),
        (
            *SITE,
            ("--management-port", "{rabbitmq_management_port}"),
            ("--management-ca", "{rabbitmq_management_ca}"),
        ),
    ),
    uses=("amqp", "http", "tcp"),
    asks=f"{SESSION}; when the port is refused, a peer's `/api/nodes`",
    rights=f"{RIGHTS}; the tag `monitoring` to distinguish maintenance from an outage",
    example=Example(
        "-H 10.77.0.11 --credentials rabbitmq.cnf",
        "AMQP OK - a message through 10.77.0.11:5672 (RabbitMQ 3.10.8) and back in 12.46 ms, publish confirmed",
    ),
)

# The same through the virtual address: one verdict for all nodes behind it.
VIP = CHECK._replace(
    name="amqp_vip",
    title="Does a message sent through the virtual address come back, and how fast?",
    runs=ThroughVip(argv=("-H", "{vip}", "--credentials", "{credentials}"), argv_if=SITE),
    tier="page",
    asks=SESSION,
    rights=RIGHTS,
    example=Example(
        "-H 10.77.0.100 --credentials rabbitmq.cnf",
        "AMQP_VIP OK - a message through 10.77.0.100:5672 (RabbitMQ 3.10.8) and back in 36.81 ms, publish confirmed",
    ),
)

main = plugin(CHECK)
vip_main = plugin(VIP)
