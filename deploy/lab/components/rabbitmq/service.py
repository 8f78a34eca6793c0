"""RabbitMQ and the Erlang port mapper it needs: their statements, and how to ask a node itself.

A node is asked as an Erlang node asks another (`erl_call`, some milliseconds), not over the management API that the checks
use: the API answers from a cache, and `rabbitmqctl` takes a second of a processor.
"""

import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hamon.lab import inside, passwords, poll
from hamon.lab.commands import run
from hamon.lab.errors import CommandError
from hamon.lab.host.hosts import Host
from hamon.lab.service import Service
from hamon.lab.site import Site, render

if TYPE_CHECKING:
    from hamon.lab.cloud import Cloud

SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"
"""Not the wrapper in /usr/sbin, which gives up uid 0 and has one log directory for all."""
AMQP, MANAGEMENT, EPMD_PORT, DISTRIBUTION = 5672, 15672, 4369, 25672
USER = "hamon"
"""RabbitMQ user of the checks, tag `monitoring`."""
JOIN = 120.0
TIMEOUT = 4
"""Whole seconds a node has for an answer."""
ERLANG = "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none -kernel net_ticktime 4"
"""One scheduler that does not spin while it waits; a peer is dead after four seconds without a word from it."""
QUEUES = ("notifications.info", "reply.pocket")
"""A quorum queue and a classic one, with a few messages each."""
MESSAGES = 3
OWN, WRITE = "^hamon[.]check[.]", "^amq[.]default$"
"""What that user may: queues of its own, and to send to them."""
FURNISH = f"""
rabbit_auth_backend_internal:set_permissions(<<"{USER}">>, <<"/">>, <<"{OWN}">>, <<"{WRITE}">>, <<"{OWN}">>, <<"lab">>),
Declare = fun(Name, Type) ->
    Arguments = [{{<<"x-queue-type">>, longstr, Type}}],
    rabbit_amqqueue:declare(rabbit_misc:r(<<"/">>, queue, Name), true, false, Arguments, none, <<"lab">>)
end,
Declare(<<"{QUEUES[0]}">>, <<"quorum">>),
Declare(<<"{QUEUES[1]}">>, <<"classic">>)"""


def directory(site: Site, host: Host) -> Path:
    """The directory of the node's cookie, configuration and database: $HOME to Erlang."""
    return site.host_dir(host) / "rabbitmq"


def evaluate(cloud: "Cloud", host: Host, expression: str, timeout: int = TIMEOUT) -> str:
    """The value of an Erlang expression in that node, as text.

    Raises CommandError when the node cannot be reached, is silent for `timeout` whole seconds, or fails over it.
    """
    home = directory(cloud.site, host)
    argv = ["env", f"HOME={home}", "erl_call", "-r", "-sname", "rabbit", "-timeout", str(timeout), "-e"]
    answer = run([*cloud.enter(host), *argv], timeout + 1, stdin=f"{expression}.\n").strip()
    if not answer.startswith("{ok, "):
        raise CommandError(f"rabbitmq on {host.name}: {answer}")
    return answer.removeprefix("{ok, ").removesuffix("}")


def holds(cloud: "Cloud", host: Host, expression: str) -> bool:
    """Whether an Erlang expression is true in that node."""
    return evaluate(cloud, host, expression) == "true"


def serves(cloud: "Cloud", host: Host) -> bool:
    """Whether the broker runs and takes clients."""
    return cloud.listens(host, AMQP) and cloud.listens(host, MANAGEMENT) and holds(cloud, host, "rabbit:is_running()")


def whole(cloud: "Cloud") -> bool:
    """Whether every node sees all the others, knows of no partition and no alarm, and has its share of the quorum queue."""
    members = cloud.site.profile.having("rabbitmq")
    expression = (
        f"length(rabbit_nodes:all_running()) == {len(members)} andalso rabbit_node_monitor:partitions() == []"
        " andalso rabbit_alarm:get_alarms() == []"
    )
    return all(holds(cloud, host, expression) for host in members)


def start_together(cloud: "Cloud", hosts: Sequence[Host]) -> None:
    """Start the nodes at once, for each waits for the others' tables; returns when all serve.

    One that ends is started again, as systemd would: nodes that boot at the same moment now and then fail over each other's
    feature flags (`incompatible_feature_flags`, RabbitMQ 3.10).
    """

    def serve() -> bool:
        for host in hosts:
            if not cloud.alive(host, "rabbitmq"):
                cloud.start(host, "rabbitmq")
        return all(serves(cloud, host) for host in hosts)

    poll.until(serve, f"rabbitmq on {', '.join(host.name for host in hosts)} to serve", JOIN)


def bring_up(cloud: "Cloud") -> None:
    """Start all nodes at once, which find each other; then give the user its rights and declare the queues."""
    members = cloud.site.profile.having("rabbitmq")
    passwords.make(cloud.site, "rabbitmq", USER)
    cookie = secrets.token_hex(20)
    for host in members:
        home = directory(cloud.site, host)
        home.mkdir(mode=0o700)
        (home / ".erlang.cookie").touch(mode=0o600)
        (home / ".erlang.cookie").write_text(cookie)
        (home / ".erlang.cookie").chmod(0o400)
    start_together(cloud, members)
    poll.until(lambda: whole(cloud), "one RabbitMQ cluster", JOIN)
    evaluate(cloud, members[0], FURNISH)
    for queue in QUEUES:
        cloud.ask(members[0], *publish(cloud.site, members[0], queue, MESSAGES, 0))


def publish(site: Site, host: Host, queue: str, count: int, milliseconds: int) -> list[str]:
    """The command line that publishes to a queue by way of the host's node, see publisher.py."""
    program = Path(inside.__file__).with_name("publisher.py")
    file = site.credentials / "rabbitmq.cnf"
    return [sys.executable, str(program), host.address, str(file), queue, str(count), str(milliseconds)]


def _argv(site: Site, host: Host) -> list[str]:
    home = directory(site, host)
    environment = {
        "HOME": home,
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_NODENAME": f"rabbit@{host.hostname}",
        "RABBITMQ_CONFIG_FILE": home / "rabbitmq",
        "RABBITMQ_ENABLED_PLUGINS_FILE": home / "enabled_plugins",
        "RABBITMQ_GENERATED_CONFIG_DIR": home / "generated",
        "RABBITMQ_MNESIA_BASE": home / "mnesia",
        "RABBITMQ_SCHEMA_DIR": home / "schema",
        "RABBITMQ_FEATURE_FLAGS_FILE": home / "feature_flags",
        "RABBITMQ_PID_FILE": "/run/rabbitmq/pid",
        "RABBITMQ_LOG_BASE": "/var/log/rabbitmq",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG,
    }
    return ["env", *(f"{name}={value}" for name, value in environment.items()), SERVER]


def _files(site: Site, host: Host) -> dict[Path, str]:
    home = directory(site, host)
    password = passwords.made(site, "rabbitmq")
    members = site.profile.having("rabbitmq")
    return {
        home / "rabbitmq.conf": render(
            "rabbitmq/rabbitmq.conf.j2", host=host, user=USER, password=password, members=members
        ),
        home / "enabled_plugins": "[rabbitmq_management].\n",
    }


EPMD = Service(
    name="epmd",
    text="gives Erlang nodes each other's ports",
    role="rabbitmq",
    argv=lambda _site, _host: ["epmd"],
    ready=lambda cloud, host: cloud.listens(host, EPMD_PORT),
    programs={"epmd": "erlang-base"},
)
RABBITMQ = Service(
    name="rabbitmq",
    text="RabbitMQ",
    role="rabbitmq",
    argv=_argv,
    files=_files,
    ready=serves,
    run=("rabbitmq",),
    bring_up=bring_up,
    whole=whole,
    programs={SERVER: "rabbitmq-server", "erl_call": "erlang-base"},
    after=("epmd",),
    versions={"RabbitMQ": ("/usr/lib/rabbitmq/bin/rabbitmqctl", "version")},
)
SERVICES = (EPMD, RABBITMQ)
