"""Galera: is this node a synced member of the Primary component, and are all members in one and the same?

Sources: MariaDB and Galera documentation of the wsrep_* status variables; every state judged here was seen on MariaDB 10.11
with Galera 26.4. A user with only USAGE can read all of it, on broken nodes too.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hamon import take
from hamon.check import Check, Example, Limit, OnMembers, Option, Options
from hamon.checks.galera import flow, versions
from hamon.checks.galera.runbook import NODE
from hamon.checks.mysql.session import OPTIONS, in_list, mapping, server
from hamon.errors import ProbeError
from hamon.plugin import plugin
from hamon.probe import Ask
from hamon.probe.sql import Rows
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding
from hamon.words import duration, lasting, percent

STATUS = (
    "wsrep_cluster_status", "wsrep_local_state_comment", "wsrep_ready", "wsrep_connected", "wsrep_cluster_size",
    "wsrep_incoming_addresses", "wsrep_local_index", "wsrep_cluster_state_uuid", "wsrep_cluster_conf_id",
    "wsrep_last_committed", "wsrep_flow_control_paused_ns", "wsrep_flow_control_active", "wsrep_flow_control_requested",
    "wsrep_local_recv_queue", "wsrep_local_send_queue", "wsrep_local_cert_failures", "wsrep_local_bf_aborts",
    "wsrep_flow_control_status", "wsrep_provider_version", "Threads_connected", "Uptime",
)  # fmt: skip
VARIABLES = (
    "wsrep_on",
    "wsrep_desync",
    "wsrep_reject_queries",
    "wsrep_node_name",
    "wsrep_node_address",
    "pxc_maint_mode",
    "version",
    "max_connections",
)

# SHOW is a read: with wsrep_sync_wait it would wait for the applier and hang exactly when it is needed.
NO_WAIT = "SET SESSION wsrep_sync_wait=0"
SHOW_STATUS = f"SHOW GLOBAL STATUS WHERE Variable_name IN {in_list(STATUS)}"
SHOW_VARIABLES = f"SHOW GLOBAL VARIABLES WHERE Variable_name IN {in_list(VARIABLES)}"


JOINING = ("Join", "SST", "Waiting")  # how the states of a member begin that receives a state transfer
IN_SERVICE, OUT_OF_SERVICE = "DISABLED", ("MAINTENANCE", "SHUTDOWN")  # words of pxc_maint_mode


class Facts(NamedTuple):
    """One node as it sees itself. Times in seconds, ``flow_paused`` and ``connections_used`` as fractions of 1."""

    node: str
    address: str
    wsrep: bool  # False: a server without Galera
    status: str  # Primary, non-Primary, Disconnected; empty when it was not reported
    state: str  # Synced, Donor/Desynced, Joined, Joining..., Initialized, Inconsistent; old ones: Donor, SST..., Waiting...
    ready: bool | None
    connected: bool | None
    size: int | None
    view: tuple[str, ...]  # the members' client addresses as this node lists them, sorted
    local_index: int | None
    cluster_uuid: str
    conf_id: int | None
    last_committed: int | None
    reject_queries: str  # NONE where the version has no such variable; empty when it was not reported
    desync: bool | None
    flow_stalled: bool  # replication stands still right now
    flow_requested: bool  # and this node asked for it
    flow_paused: float | None  # of the time since the last run
    recv_queue: int | None
    send_queue: int | None
    conflicts: float | None  # certification failures and brute-force aborts a second
    connections_used: float | None
    state_seconds: float  # for how long it has been in this state, as far as the runs saw
    uptime: int | None
    maintenance: str = ""  # pxc_maint_mode, unless it is DISABLED or not known to the server
    maintenance_seconds: float = 0.0
    flow_doubt: str = ""  # why it is not known whether flow control is active


def probe(ask: Ask, options: Options) -> Facts:
    """The node's facts. When flow control is active, the status is read again a second later: a moment of it is normal."""
    where = server(options)
    _, status_rows, variable_rows = ask.together(Rows(where, (NO_WAIT, SHOW_STATUS, SHOW_VARIABLES)))
    status, variables = mapping(status_rows), mapping(variable_rows)
    later = None
    if flow.active(status):
        ask.wait(flow.SECOND_LOOK)
        later = mapping(ask.together(Rows(where, (NO_WAIT, SHOW_STATUS)))[1])
    facts = parse(status, variables, later)
    memory = ask.memory
    counters = {**status, **(later or {})}
    paused = memory.per_second("flow_paused_ns", take.whole(counters.get("wsrep_flow_control_paused_ns")))
    failures = take.whole(status.get("wsrep_local_cert_failures"))
    aborts = take.whole(status.get("wsrep_local_bf_aborts"))
    return facts._replace(
        flow_paused=None if paused is None else min(1.0, paused / 1e9),
        conflicts=None if failures is None or aborts is None else memory.per_second("conflicts", failures + aborts),
        state_seconds=memory.seconds_in("state", facts.state),
        maintenance_seconds=memory.seconds_in("maintenance", facts.maintenance) if facts.maintenance else 0.0,
    )


def parse(status: Mapping[str, str], variables: Mapping[str, str], later: Mapping[str, str] | None = None) -> Facts:
    """Facts from ``SHOW GLOBAL STATUS`` and ``VARIABLES`` (names in lower case); ``later`` is the second look.

    Raises ProbeError (UNKNOWN) when the server lists no variables at all.
    """
    if not variables:
        raise ProbeError(UNKNOWN, "the server listed none of its variables (a proxy in between?)", "missing")
    size = take.whole(status.get("wsrep_cluster_size"))
    provider = status.get("wsrep_provider_version", "")
    maintenance = variables.get("pxc_maint_mode", "").upper()
    return Facts(
        node=variables.get("wsrep_node_name", ""),
        address=variables.get("wsrep_node_address", ""),
        # A server without wsrep reports neither the variable nor the status.
        wsrep=take.flag(variables.get("wsrep_on")) is not False
        and ("wsrep_on" in variables or "wsrep_cluster_status" in status),
        status=status.get("wsrep_cluster_status", ""),
        state=status.get("wsrep_local_state_comment", "").partition(" (")[0],  # Galera 1 and 2: "Synced (6)"
        ready=take.flag(status.get("wsrep_ready")),
        connected=take.flag(status.get("wsrep_connected")),
        size=size,
        view=view(status.get("wsrep_incoming_addresses"), size),
        local_index=take.whole(status.get("wsrep_local_index")),
        cluster_uuid=status.get("wsrep_cluster_state_uuid", ""),
        conf_id=take.whole(status.get("wsrep_cluster_conf_id")),
        last_committed=take.whole(status.get("wsrep_last_committed")),
        reject_queries=variables.get("wsrep_reject_queries")
        or ("" if versions.rejects_queries(variables.get("version", ""), provider) else "NONE"),
        desync=take.flag(variables.get("wsrep_desync")),
        flow_stalled=flow.stalled(status, later),
        flow_requested=bool(take.flag((later or status).get("wsrep_flow_control_requested"))),
        flow_paused=None,
        recv_queue=take.whole(status.get("wsrep_local_recv_queue")),
        send_queue=take.whole(status.get("wsrep_local_send_queue")),
        conflicts=None,
        connections_used=take.ratio(status.get("threads_connected"), variables.get("max_connections")),
        state_seconds=0.0,
        uptime=take.whole(status.get("uptime")),
        maintenance="" if maintenance == IN_SERVICE else maintenance,
        flow_doubt=flow.doubt(status, later),
    )


def view(addresses: str | None, size: int | None) -> tuple[str, ...]:
    """The entries of ``wsrep_incoming_addresses``, sorted; an empty entry is an arbitrator or a member without an address.

    Empty when there is no such row, or when it is empty although the component is said to have several members.
    """
    if not addresses and (addresses is None or size != 1):
        return ()
    return tuple(sorted(part.strip() for part in addresses.split(",")))


def evaluate(facts: Facts, options: Options) -> Iterator[Finding]:
    """The findings of one node."""
    if not facts.wsrep:
        yield Finding(CRITICAL, "this server is not a Galera node: wsrep is off", "no_wsrep")
        return
    yield from membership(facts, options)
    if facts.reject_queries.upper() not in ("NONE", ""):
        state, why = (WARNING, f" (maintenance: {options.maintenance})") if options.maintenance else (CRITICAL, "")
        yield Finding(state, f"rejects all clients: wsrep_reject_queries={facts.reject_queries}{why}", "reject_queries")
    elif not facts.reject_queries:
        yield Finding(UNKNOWN, "wsrep_reject_queries was not reported", "missing")
    yield from maintenance(facts, options)
    if facts.flow_stalled:
        asked_by = (
            f"this node asked for it (receive queue {facts.recv_queue})"
            if facts.flow_requested
            else "another member asked for it"
        )
        yield Finding(CRITICAL, f"flow control stops all writes of the cluster; {asked_by}", "flow")
    elif facts.flow_doubt:
        yield Finding(UNKNOWN, f"flow control is not known: {facts.flow_doubt}", "missing")


def membership(facts: Facts, options: Options) -> Iterator[Finding]:
    """The finding about the node's place in the cluster: the worst reason only, the others follow from it."""
    if facts.state == "Inconsistent":
        yield Finding(
            CRITICAL, "voted out of the cluster: its data differ (Inconsistent)", "inconsistent", {"member": facts.node}
        )
    elif facts.status.lower() == "non-primary":
        yield Finding(
            CRITICAL,
            f"non-Primary: no quorum on this side, sees {facts.size if facts.size is not None else 'an unknown number of'} member(s): {' '.join(facts.view)}",
            "non_primary",
        )
    elif facts.status.lower() == "disconnected":
        yield Finding(CRITICAL, f"disconnected from the cluster (state {facts.state or 'unknown'})", "disconnected")
    elif facts.status.lower() != "primary":
        yield Finding(UNKNOWN, f"wsrep_cluster_status is {facts.status or 'missing'}", "missing")
    elif facts.connected is False:
        yield Finding(CRITICAL, "Primary, but wsrep_connected is OFF", "disconnected")
    elif facts.state.startswith("Donor"):
        yield from donor(facts, options)
    elif facts.state.startswith(JOINING):
        yield Finding(WARNING, f"joining, not yet synced: {facts.state} for {duration(facts.state_seconds)}", "joining")
    elif facts.state != "Synced":
        state = UNKNOWN if not facts.state else CRITICAL
        yield Finding(state, f"Primary, but its state is {facts.state or 'missing'}", "not_synced")
    elif facts.ready is not True:
        state = UNKNOWN if facts.ready is None else CRITICAL
        yield Finding(state, f"Synced, but wsrep_ready is {'missing' if facts.ready is None else 'OFF'}", "not_ready")
    elif not facts.size or not facts.view:
        yield Finding(UNKNOWN, "the cluster's size or member list is missing", "missing")


def maintenance(facts: Facts, options: Options) -> Iterator[Finding]:
    """The finding of Percona XtraDB Cluster's planned absence: the node serves, and balancers that read the variable send it no clients."""
    if not facts.maintenance:
        return
    if facts.maintenance not in OUT_OF_SERVICE:
        yield Finding(UNKNOWN, f"pxc_maint_mode is {facts.maintenance[:20]}", "missing")
        return
    text = f"in maintenance{lasting(facts.maintenance_seconds)} (pxc_maint_mode={facts.maintenance})"
    if 0 < options.maint_max < facts.maintenance_seconds:
        yield Finding(WARNING, f"{text}, longer than {duration(options.maint_max)}", "maintenance")
    else:
        yield Finding(OK, text, "maintenance")


def donor(facts: Facts, options: Options) -> Iterator[Finding]:
    """The finding of a donor or a node desynced on purpose: it works and is planned, up to ``--donor-max``."""
    why = "desynced by hand" if facts.desync else "donor of a state transfer or locked by a backup"
    text = f"Donor/Desynced for {duration(facts.state_seconds)} ({why})"
    if facts.state_seconds > options.donor_max:
        yield Finding(WARNING, f"{text}, longer than {duration(options.donor_max)}", "donor")
    else:
        yield Finding(OK, text, "donor")


def summary(facts: Facts, options: Options) -> str:  # noqa: ARG001
    """The evidence for OK."""
    return f"{facts.state}, {facts.status} component of {facts.size}"


LIMITS = (
    Limit("size", "members in this node's component", minimum=0, optional=True),
    Limit("flow_paused", "fraction of the time since the last run that replication was paused by flow control", "0.1", "0.5",
          say="flow control paused replication for {value} of the time", optional=True, minimum=0, maximum=1, show=percent),
    Limit("recv_queue", "write sets waiting to be applied here", optional=True, minimum=0),
    Limit("send_queue", "write sets waiting to be sent", optional=True, minimum=0),
    Limit("conflicts", "certification failures and brute-force aborts a second", optional=True, minimum=0),
    Limit("connections_used", "connected threads as a fraction of max_connections", "0.8", "0.95",
          say="{value} of max_connections are in use", optional=True, minimum=0, maximum=1, show=percent),
    Limit("state_seconds", "seconds in the present state, as far as the runs saw", uom="s", minimum=0),
)  # fmt: skip

CHECK = Check(
    name="galera",
    title="Is this node a synced member of the Primary component, and does it take writes?",
    facts=Facts,
    probe=probe,
    evaluate=evaluate,
    summary=summary,
    options=(
        *OPTIONS,
        Option(("--donor-max",), "WARNING when a node has been donor or desynced for longer", float, 1800.0, "SECONDS"),
        Option(("--maint-max",), "WARNING when pxc_maint_mode has kept the node out of service for longer; 0: never", float, 86400.0, "SECONDS"),
        Option(("--maintenance",), "the reason why wsrep_reject_queries is set on purpose: WARNING instead of CRITICAL", metavar="REASON"),
    ),
    limits=LIMITS,
    runbook=NODE,
    runs=OnMembers(("-H", "{address}", "--credentials", "{credentials}"), (("-p", "{database_port}"),)),
    uses=("sql",),
    asks="`SHOW GLOBAL STATUS` and `SHOW GLOBAL VARIABLES` (29 rows) in one session, `wsrep_sync_wait=0`",
    rights="a database user with USAGE",
    example=Example(
        "-H 10.77.0.11 --credentials galera.cnf",
        "GALERA OK - Synced, Primary component of 3",
    ),
)  # fmt: skip

main = plugin(CHECK)
