"""What one can do to RabbitMQ and see at it: all of it asked in the node itself, as `rabbitmqctl` does."""

from collections.abc import Iterable

from hamon.lab.cloud import Cloud
from hamon.lab.components.rabbitmq import service as rabbitmq
from hamon.lab.host import network
from hamon.lab.host.hosts import hostname
from hamon.lab.steps import Step, Truth, end

CHANGE = 40
"""Seconds that a change may take, a start of the broker included."""
# What `rabbitmqctl` calls in the node.
STOP_APP = "rabbit:stop()"
START_APP = "rabbit:start(), rabbit:await_startup()"
# What `rabbitmq-upgrade` calls.
DRAIN = "rabbit_maintenance:drain()"
REVIVE = "rabbit_maintenance:revive()"


def erlang(host: str, expression: str, what: str = "") -> Step:
    """Evaluate an Erlang expression in a node; `what` says it in fewer words."""

    def do(cloud: Cloud) -> None:
        rabbitmq.evaluate(cloud, cloud.host(host), expression, CHANGE)

    return Step(f"rabbitmq on {host}: {what or expression}", do)


def restart_together(*hosts: str) -> Step:
    """Kill (-9) the nodes that run, and start all of them together."""

    def do(cloud: Cloud) -> None:
        for name in hosts:
            end(name, "rabbitmq").do(cloud)
        rabbitmq.start_together(cloud, [cloud.host(name) for name in hosts])

    return Step(f"restart rabbitmq on {', '.join(hosts)}", do)


def handling(mode: str, host: str = "ctl1") -> Step:
    """Switch cluster_partition_handling on the host's node and all it sees, until they are restarted."""
    return erlang(
        host,
        f"rpc:multicall(application, set_env, [rabbit, cluster_partition_handling, {mode}])",
        f"cluster_partition_handling = {mode} on all nodes",
    )


def memory_watermark(host: str, fraction: float) -> Step:
    """The fraction of memory above which the alarm goes off."""
    return erlang(host, f"vm_memory_monitor:set_vm_memory_high_watermark({fraction:f})", f"watermark {fraction:f}")


def disk_limit(host: str, limit: str) -> Step:
    """The free disk space below which the alarm goes off."""
    return erlang(host, f'rabbit_disk_monitor:set_disk_free_limit("{limit}")', f"disk_free_limit {limit}")


def partition(*hosts: str) -> Step:
    """Cut only RabbitMQ's own conversation between these hosts and the other members."""
    ports = (rabbitmq.DISTRIBUTION, rabbitmq.EPMD_PORT)
    return Step(
        f"cut {', '.join(hosts)} off for RabbitMQ",
        lambda cloud: network.cut(network.isolate_ports(cloud.site.profile, hosts, ports)),
    )


def publisher(host: str, queue: str, milliseconds: int) -> Step:
    """A client, `publisher`, that publishes a message every so many milliseconds until it is ended."""

    def do(cloud: Cloud) -> None:
        where = cloud.host(host)
        cloud.spawn(where, "publisher", rabbitmq.publish(cloud.site, where, queue, 0, milliseconds))

    return Step(f"publish to {queue} on {host} every {milliseconds} ms", do)


def purge(host: str, queue: str) -> Step:
    """Throw the messages of a queue away."""
    expression = (
        f'{{ok, Queue}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, <<"{queue}">>)), '
        "rabbit_amqqueue:purge(Queue)"
    )
    return erlang(host, expression, f"purge {queue}")


def _says(host: str, text: str, expression: str) -> Truth:
    return Truth(f"rabbitmq on {host}: {text}", lambda cloud: rabbitmq.holds(cloud, cloud.host(host), expression))


def _nodes(hosts: Iterable[str]) -> str:
    """The Erlang nodes of these hosts, as a sorted list of Erlang's."""
    return "[" + ", ".join(f"'rabbit@{hostname(name)}'" for name in sorted(hosts)) + "]"


def sees(host: str, *others: str) -> Truth:
    """Exactly these nodes run, as one of them sees it."""
    expression = f"lists:sort(rabbit_nodes:all_running()) == {_nodes(others)}"
    return _says(host, f"runs {' '.join(sorted(others))}", expression)


def down(host: str) -> Truth:
    """The Erlang node is up and the broker in it is not."""
    return _says(host, "broker down, Erlang node up", "not rabbit:is_running()")


def drained(host: str) -> Truth:
    """The node is in maintenance mode, as it sees it itself."""
    return _says(host, "in maintenance mode", "rabbit_maintenance:is_being_drained_local_read(node())")


def partitioned(host: str, *others: str) -> Truth:
    """The node recorded a partition from exactly these."""
    expression = f"lists:sort(rabbit_node_monitor:partitions()) == {_nodes(others)}"
    return _says(host, f"partitioned from {' '.join(sorted(others))}", expression)


def alarmed(host: str, resource: str) -> Truth:
    """That resource alarm is in effect on the host, as it sees it itself."""
    return _says(
        host,
        f"{resource} alarm",
        f"lists:any(fun({{{{resource_limit, R, N}}, _}}) -> R == {resource} andalso N == node(); (_) -> false end,"
        " rabbit_alarm:get_alarms())",
    )


def messages(host: str, queue: str, at_least: int) -> Truth:
    """The queue has at least that many messages ready."""
    return _says(
        host,
        f"{at_least} messages in {queue}",
        f'{{ok, Queue}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, <<"{queue}">>)), '
        f"element(2, rabbit_amqqueue:stat(Queue)) >= {at_least}",
    )
