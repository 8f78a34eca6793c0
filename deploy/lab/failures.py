"""Everything that can be broken on purpose. Data only; the words are in steps.py.

`visible` is the raw truth at the service itself, so that nobody can mistake a failure that never happened for a check
that did not see it. `expects` and `allows` are what Nagios must and may say of it.
"""

import signal
from typing import NamedTuple

from hamon.lab.errors import UnknownNameError
from hamon.lab.steps import (
    HEALTHY,
    ISOLATE_EVERYONE,
    LOSE_VRRP,
    MEND,
    Step,
    Truth,
    answers,
    different_rows,
    end,
    every,
    execute,
    gone,
    idle,
    isolate,
    kill,
    power_off,
    power_on,
    refuses_queries,
    rejoin_empty,
    rising,
    send,
    server,
    session,
    session_limit,
    slow_clients,
    start,
    stop,
    tell_haproxy,
    track,
    unpowered,
    vip_on,
    wait,
    writer,
    wsrep,
)


class Verdict(NamedTuple):
    """What Nagios says of one service. The host may be a pseudo-host: a cluster or a virtual address."""

    host: str
    service: str
    """Empty: the host itself."""
    state: str
    words: str = ""
    """What the output has to contain, when the failure must be caught by name."""


class Failure(NamedTuple):
    """One way to break the cloud, and back."""

    name: str
    component: str
    text: str
    inject: tuple[Step, ...]
    visible: Truth
    heal: tuple[Step, ...]
    expects: tuple[Verdict, ...] = ()
    """What must be said of it, as a hard state. Nothing means: benign, it must alarm nobody."""
    allows: tuple[Verdict, ...] = ()
    """What may be said besides, as a consequence; the state is the worst one allowed."""
    healed: Truth = HEALTHY
    visible_within: float = 30.0
    healed_within: float = 60.0

    @property
    def benign(self) -> bool:
        """A change that must alarm nobody."""
        return not self.expects


INSERT = "INSERT INTO pocket.t (told_by) VALUES (@@wsrep_node_name)"
CONTROLLERS = ("ctl1", "ctl2", "ctl3")
BALANCERS = ("ctl1", "ctl2")

CLUSTER = "galera.cluster", "galera_cluster"
VIRTUAL = "vip.internal", "vip"
PROXIES = "haproxy.cluster", "haproxy_cluster"
SERVER_DOWN = tuple(Verdict(host, "haproxy", "WARNING") for host in BALANCERS)
ONE_LEFT = Verdict(*CLUSTER, "CRITICAL", "one more loss")
CTL3_GALERA = Verdict("ctl3", "galera", "CRITICAL")

GALERA = (
    Failure(
        "galera-node-killed",
        "galera",
        "mariadbd on ctl3 dies by SIGKILL",
        inject=(kill("ctl3", "galera"),),
        visible=every(gone("ctl3", "galera"), wsrep("ctl1", "cluster_size", "2")),
        heal=(start("ctl3", "galera"),),
        expects=(CTL3_GALERA, ONE_LEFT, *SERVER_DOWN),
    ),
    Failure(
        "galera-node-frozen",
        "galera",
        "mariadbd on ctl3 hangs (SIGSTOP): it accepts connections and answers nothing",
        inject=(send("ctl3", "galera", signal.SIGSTOP),),
        visible=wsrep("ctl1", "cluster_size", "2"),
        heal=(send("ctl3", "galera", signal.SIGCONT),),
        expects=(CTL3_GALERA, ONE_LEFT, *SERVER_DOWN),
    ),
    Failure(
        "galera-partition",
        "galera",
        "ctl3 is cut off from the other controllers and loses quorum",
        inject=(isolate("ctl3"),),
        visible=every(wsrep("ctl3", "cluster_status", "non-Primary"), wsrep("ctl1", "cluster_size", "2")),
        heal=(MEND,),
        expects=(CTL3_GALERA, ONE_LEFT, *SERVER_DOWN),
    ),
    Failure(
        "galera-full-partition",
        "galera",
        "no controller reaches another: no primary component anywhere (and two holders of the virtual address)",
        inject=(ISOLATE_EVERYONE,),
        visible=every(*(wsrep(host, "cluster_status", "non-Primary") for host in CONTROLLERS)),
        heal=(MEND,),
        expects=(
            Verdict(*CLUSTER, "CRITICAL", "no Primary component"),
            *(Verdict(host, "galera", "CRITICAL") for host in CONTROLLERS),
            Verdict(*VIRTUAL, "CRITICAL", "SPLIT-BRAIN"),
            *SERVER_DOWN,
        ),
    ),
    Failure(
        "galera-split-brain",
        "galera",
        "ctl3 is cut off, somebody bootstraps it, and both sides take writes",
        inject=(
            isolate("ctl3"),
            wait(every(wsrep("ctl3", "cluster_status", "non-Primary"), wsrep("ctl1", "cluster_size", "2"))),
            execute("ctl3", "SET GLOBAL wsrep_provider_options='pc.bootstrap=YES'"),
            wait(wsrep("ctl3", "cluster_status", "Primary")),
            execute("ctl1", INSERT),
            execute("ctl3", INSERT),
        ),
        visible=every(
            wsrep("ctl1", "cluster_status", "Primary"),
            wsrep("ctl3", "cluster_status", "Primary"),
            different_rows("ctl1", "ctl3"),
        ),
        # in this order: two primary components that meet again make a node abort instead of merging
        heal=(end("ctl3", "galera"), MEND, rejoin_empty("ctl3")),
        expects=(Verdict(*CLUSTER, "CRITICAL", "SPLIT-BRAIN"), *SERVER_DOWN),
        # before somebody bootstraps it, ctl3 is a node without quorum
        allows=(CTL3_GALERA,),
    ),
    Failure(
        "galera-desync",
        "galera",
        "ctl3 is taken out of flow control (wsrep_desync=ON), as a donor or a backup does",
        inject=(execute("ctl3", "SET GLOBAL wsrep_desync=ON"),),
        visible=wsrep("ctl3", "local_state_comment", "Donor/Desynced"),
        heal=(execute("ctl3", "SET GLOBAL wsrep_desync=OFF"),),
    ),
    Failure(
        "galera-reject-queries",
        "galera",
        "ctl3 refuses every query (wsrep_reject_queries=ALL) and still says Synced",
        inject=(execute("ctl3", "SET GLOBAL wsrep_reject_queries=ALL"),),
        visible=every(refuses_queries("ctl3"), wsrep("ctl3", "local_state_comment", "Synced")),
        heal=(execute("ctl3", "SET GLOBAL wsrep_reject_queries=NONE"),),
        expects=(CTL3_GALERA, Verdict(*CLUSTER, "WARNING", "rejects")),
    ),
    Failure(
        "galera-flow-control",
        "galera",
        "a lock on ctl3 stops its applier; its queue fills and flow control stops the writes of the whole cluster",
        inject=(
            execute("ctl3", "SET GLOBAL wsrep_provider_options='gcs.fc_limit=4'"),
            session("ctl3", "locker", "LOCK TABLES pocket.t READ"),
            writer("ctl1", "writer", INSERT),
        ),
        visible=every(wsrep("ctl1", "flow_control_active", "true"), rising("ctl1", "flow_control_paused_ns")),
        heal=(
            end("ctl1", "writer"),
            end("ctl3", "locker"),
            execute("ctl3", "SET GLOBAL wsrep_provider_options='gcs.fc_limit=16'"),
        ),
        expects=(CTL3_GALERA, Verdict(*CLUSTER, "CRITICAL", "flow control")),
        allows=tuple(Verdict(host, "galera", "CRITICAL") for host in CONTROLLERS),
    ),
)

HAPROXY = (
    Failure(
        "haproxy-server-down",
        "haproxy",
        "one of three API servers answers 503",
        inject=(answers("503", ("ctl3",)),),
        visible=every(*(server(host, "nova_api", "ctl3", "DOWN") for host in BALANCERS)),
        heal=(answers("200", ("ctl3",)),),
        expects=SERVER_DOWN,
    ),
    Failure(
        "haproxy-backend-down",
        "haproxy",
        "all API servers answer 503: the backend has nobody left",
        inject=(answers("503", CONTROLLERS),),
        visible=every(*(server(host, "nova_api", "BACKEND", "DOWN") for host in BALANCERS)),
        heal=(answers("200", CONTROLLERS),),
        expects=(
            Verdict(*PROXIES, "CRITICAL", "nova_api"),
            *(Verdict(host, "haproxy", "CRITICAL", "nova_api") for host in BALANCERS),
        ),
    ),
    Failure(
        "haproxy-maint",
        "haproxy",
        "an administrator takes a server out (state maint)",
        inject=(tell_haproxy("set server nova_api/ctl3 state maint", *BALANCERS),),
        visible=every(*(server(host, "nova_api", "ctl3", "MAINT") for host in BALANCERS)),
        heal=(tell_haproxy("set server nova_api/ctl3 state ready", *BALANCERS),),
    ),
    Failure(
        "haproxy-session-limit",
        "haproxy",
        "slow requests fill the API frontend to its maxconn",
        inject=(slow_clients("mon", 30),),
        visible=session_limit("ctl1", "nova_api_front"),
        heal=(end("mon", "slow-clients"), wait(idle("ctl1", "nova_api_front"))),
        expects=(
            Verdict(*PROXIES, "CRITICAL", "session limit"),
            Verdict("ctl1", "haproxy", "CRITICAL", "session limit"),
        ),
    ),
    Failure(
        "haproxy-killed",
        "haproxy",
        "HAProxy on the holder of the virtual address dies; keepalived moves the address",
        inject=(kill("ctl1", "haproxy"),),
        visible=every(gone("ctl1", "haproxy"), vip_on("ctl2")),
        heal=(start("ctl1", "haproxy"), wait(vip_on("ctl1"))),
        expects=(Verdict("ctl1", "haproxy", "CRITICAL"), Verdict(*PROXIES, "WARNING", "ctl1")),
    ),
)

VIP = (
    Failure(
        "vip-dual-master",
        "keepalived",
        "the VRRP adverts are lost: both nodes hold the virtual address",
        inject=(LOSE_VRRP,),
        visible=vip_on(*BALANCERS),
        heal=(MEND, wait(vip_on("ctl1"))),
        expects=(Verdict(*VIRTUAL, "CRITICAL", "SPLIT-BRAIN"),),
    ),
    Failure(
        "vip-none",
        "keepalived",
        "keepalived is in FAULT on both nodes: nobody holds the virtual address",
        inject=(track(-1, *BALANCERS),),
        visible=vip_on(),
        heal=(track(0, *BALANCERS), wait(vip_on("ctl1"))),
        expects=(
            Verdict(*VIRTUAL, "CRITICAL", "none"),
            *(Verdict(host, "keepalived", "CRITICAL") for host in BALANCERS),
        ),
    ),
    Failure(
        "vip-stale-holder",
        "keepalived",
        "keepalived on the master dies by SIGKILL: the address stays there while the other node takes it too",
        inject=(kill("ctl1", "keepalived"),),
        visible=every(gone("ctl1", "keepalived"), vip_on(*BALANCERS)),
        heal=(start("ctl1", "keepalived"), wait(vip_on("ctl1"))),
        expects=(Verdict(*VIRTUAL, "CRITICAL"), Verdict("ctl1", "keepalived", "CRITICAL")),
    ),
)

HOST = (
    Failure(
        "host-power-loss",
        "host",
        "ctl3 loses power",
        inject=(power_off("ctl3"),),
        visible=every(unpowered("ctl3"), wsrep("ctl1", "cluster_size", "2")),
        heal=(power_on("ctl3"),),
        expects=(Verdict("ctl3", "", "DOWN"), ONE_LEFT, *SERVER_DOWN),
        # nobody answers for them
        allows=(CTL3_GALERA, Verdict("ctl3", "nrpe", "CRITICAL")),
    ),
)

BENIGN = (
    Failure(
        "vip-failover",
        "keepalived",
        "keepalived on the master is stopped properly: the address moves, nothing is wrong with it",
        inject=(stop("ctl1", "keepalived"), wait(vip_on("ctl2")), start("ctl1", "keepalived")),
        visible=vip_on("ctl1"),
        heal=(),
    ),
    Failure(
        "galera-rolling-restart",
        "galera",
        "mariadbd on ctl3 is stopped properly and rejoins at once",
        inject=(stop("ctl3", "galera"), start("ctl3", "galera")),
        visible=wsrep("ctl1", "cluster_size", "3"),
        heal=(),
        # seconds without a member are a hard state where a check runs every two
        allows=(CTL3_GALERA, Verdict(*CLUSTER, "CRITICAL"), *SERVER_DOWN),
    ),
)

FAILURES = {failure.name: failure for failure in (*GALERA, *HAPROXY, *VIP, *HOST, *BENIGN)}


def find(name: str) -> Failure:
    """The failure of that name; UnknownNameError with the nearest ones."""
    if name not in FAILURES:
        raise UnknownNameError("failure", name, FAILURES)
    return FAILURES[name]
