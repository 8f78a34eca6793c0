"""What one RabbitMQ node reports through its management API, as plain data. Pure; versions 3.6 to 4.x."""

from collections.abc import Mapping
from typing import NamedTuple

from hamon import take
from hamon.checks.rabbitmq.api import figured, names
from hamon.verdict import OK, UNKNOWN, Finding

FIGURES = (
    "mem_used", "mem_limit", "mem_alarm", "disk_free", "disk_free_limit", "disk_free_alarm", "fd_used", "fd_total",
    "sockets_used", "sockets_total", "proc_used", "proc_total", "run_queue", "uptime", "being_drained",
)  # fmt: skip
# What every version reports of a node that has statistics; sockets and descriptors are gone in 4.x.
ALWAYS = (
    ("memory", ("mem_used", "mem_limit")),
    ("disk space", ("disk_free", "disk_free_limit")),
    ("Erlang processes", ("proc_used", "proc_total")),
)
NODES = "nodes?columns=" + ",".join(("name", "running", "partitions", *FIGURES))
OVERVIEW = "overview?columns=node,cluster_name,rabbitmq_version,product_version,disable_stats,object_totals"
KHEPRI = 4  # since this release the metadata store may be Khepri, which knows no partitions to record

SETTLE = 120.0  # seconds for which a node may be without figures: they come with its first statistics

Health = Mapping[str, object] | None  # a health check's answer; None where the node does not have it


class View(NamedTuple):
    """What this node thinks of a node of the cluster. ``partitions``: from whom it was cut off without resolving it; None: not
    reported.
    """

    name: str
    running: bool | None
    partitions: tuple[str, ...] | None = ()


class Alarm(NamedTuple):
    """A resource alarm on a node: ``memory``, ``disk space`` or ``file_descriptor_limit``. Each blocks all publishers."""

    node: str
    resource: str


class Facts(NamedTuple):
    """One node as its management API reports it. Ratios as fractions of 1, times in seconds."""

    node: str
    cluster: str
    version: str
    nodes: tuple[View, ...]
    alarms: tuple[Alarm, ...] | None  # of the whole cluster; None: not reported
    quorum_critical: int | None  # quorum queues that lose their majority when this node goes
    vhosts_down: str  # why this node has a virtual host that does not run; empty when all do
    draining: bool | None  # put into maintenance mode by an operator
    draining_seconds: float
    figures: bool  # whether the figures below were reported
    figures_off: bool  # statistics are disabled on purpose
    figureless_seconds: float
    uptime: float | None
    memory_used: float | None  # of the watermark at which the alarm goes off
    files_used: float | None
    sockets_used: float | None
    processes_used: float | None
    disk_free: int | None  # bytes
    disk_room: float | None  # free bytes as a multiple of the limit at which the alarm goes off
    run_queue: int | None
    connections: int | None  # of the whole cluster, as the two below
    consumers: int | None
    queues: int | None
    unreported: tuple[str, ...] = ()  # figures that this version has and the node did not report
    told_by: str = ""  # the peer that reported all this, when the node itself has closed its ports for maintenance

    @property
    def running(self) -> bool | None:
        """Whether the node counts itself as running; None when it does not say."""
        return next((view.running for view in self.nodes if view.name == self.node), None)

    @property
    def release(self) -> int:
        """The first number of the version; 0 when it is not reported."""
        return take.count(self.version.partition(".")[0]) or 0

    @property
    def partitions_untold(self) -> Finding | None:
        """The finding when the node does not report whether it recorded a partition, else None."""
        if any(view.partitions is not None for view in self.nodes if view.name == self.node):
            return None
        words = "recorded partitions are not reported"
        if self.figures_off:
            return Finding(OK, f"{words}: statistics are disabled")
        if self.figures and self.release >= KHEPRI:
            return Finding(OK, f"{words} by RabbitMQ {self.version}")
        if self.figures or self.figureless_seconds > SETTLE:
            return Finding(UNKNOWN, words, "missing")
        return Finding(OK, f"{words} yet")


def parse(overview: Mapping[str, object], nodes: object, alarms: Health, quorum: Health, vhosts: Health) -> Facts:
    """Facts from the API's answers; those of health checks that the node does not have are None."""
    rows = take.mappings(nodes)
    node = take.text(overview.get("node"))
    own: dict[str, object] = next((row for row in rows if take.text(row.get("name")) == node), {})
    uptime, totals = take.amount(own.get("uptime")), take.mapping(overview.get("object_totals"))
    return Facts(
        node=node,
        cluster=take.text(overview.get("cluster_name")),
        version=take.text(overview.get("product_version")) or take.text(overview.get("rabbitmq_version")),
        nodes=tuple(
            View(take.text(row.get("name")), take.flag(row.get("running")), names(row.get("partitions")))
            for row in rows
            if take.text(row.get("name"))
        ),
        alarms=alarmed(rows, alarms),
        quorum_critical=None
        if quorum is None
        else len(take.mappings(quorum.get("queues")))
        if quorum.get("status") == "failed"
        else 0,
        vhosts_down=(take.text(vhosts.get("reason")) or "a virtual host is down")
        if vhosts and vhosts.get("status") == "failed"
        else "",
        draining=take.flag(own.get("being_drained")),
        draining_seconds=0.0,
        figures=figured(own) and uptime is not None,
        figures_off=take.flag(overview.get("disable_stats")) is True,
        figureless_seconds=0.0,
        uptime=None if uptime is None else round(uptime / 1000, 1),
        memory_used=take.ratio(own.get("mem_used"), own.get("mem_limit")),
        files_used=take.ratio(own.get("fd_used"), own.get("fd_total")),
        sockets_used=take.ratio(own.get("sockets_used"), own.get("sockets_total")),
        processes_used=take.ratio(own.get("proc_used"), own.get("proc_total")),
        disk_free=take.count(own.get("disk_free")),
        disk_room=take.ratio(own.get("disk_free"), own.get("disk_free_limit")),
        run_queue=take.count(own.get("run_queue")),
        connections=take.count(totals.get("connections")),
        consumers=take.count(totals.get("consumers")),
        queues=take.count(totals.get("queues")),
        unreported=tuple(name for name, keys in ALWAYS if any(take.amount(own.get(key)) is None for key in keys)),
    )


def alarmed(rows: list[dict[str, object]], health: Health) -> tuple[Alarm, ...] | None:
    """The alarms in effect: from the health check, else from the nodes' flags; None when neither reports any."""
    if health is not None:
        alarms = tuple(
            Alarm(take.text(row.get("node")), take.text(row.get("resource")))
            for row in take.mappings(health.get("alarms"))
        )
        return alarms or (() if health.get("status") == "ok" else (Alarm("", "unnamed"),))
    flags = [
        (take.text(row.get("name")), resource, take.flag(row.get(key)))
        for row in rows
        for key, resource in (("mem_alarm", "memory"), ("disk_free_alarm", "disk space"))
    ]
    if all(value is None for _, _, value in flags):
        return None
    return tuple(Alarm(name, resource) for name, resource, value in flags if value)
