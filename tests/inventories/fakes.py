"""Components that nobody has: planning and rendering must not depend on the real checks."""

from typing import Any

from hamon.check import Check, Limit, OnMembers, Option
from hamon.component import Component
from hamon.runs import OnCluster, ThroughVip
from hamon.verdict import Advice


def never(*_: Any) -> Any:
    raise AssertionError("planning must not run a check")


def check(name: str, title: str, **more: Any) -> Check[Any]:
    return Check(name, title, tuple, never, never, never, **more)


NOTE = Option(("--note",), "any text", many=True)

STORE = check(
    "store",
    "Is this store in sync?",
    options=(Option(("-H", "--host"), "where"), Option(("--donor-max",), "how long", int), NOTE),
    runs=OnMembers(argv=("-H", "{address}", "--credentials", "{credentials}")),
    limits=(Limit("lag", "seconds behind", "1", "5"), Limit("flow_paused", "share of time paused", "0.1", "0.5")),
    runbook={"behind": Advice("The store is behind; reads are old. Do not restart it.")},
)
STORE_CLUSTER = check(
    "store_cluster",
    "Do all stores agree?",
    runs=OnCluster(STORE, ("--members", "{members}", "--quorum", "{quorum}/{size}", "--via", "{via}")),
    tier="page",
    limits=(Limit("missing", "members missing", "0", "1"),),
    runbook={"split": Advice("Two halves take writes.")},
)
PROXY = check(
    "proxy",
    "Has every backend a server?",
    options=(NOTE,),
    runs=OnMembers(("--socket", "/run/haproxy admin.sock"), sudo=True),
)
HOLDS = check("holds", "Which addresses has this host?")
FLOAT = check(
    "float",
    "Is the virtual address held once?",
    runs=ThroughVip(HOLDS, ("--vip", "{vip_name}={vip}", "--members", "{members}", "--via", "{via}")),
    tier="page",
    interval=30,
)

COMPONENTS = (
    Component("floater", "Virtual addresses", ("keepalived",), (HOLDS, FLOAT), vip_holders=True),
    Component("proxy", "Load balancer", ("haproxy",), (PROXY,)),
    Component("store", "Replicated store", ("galera", "mariadb"), (STORE, STORE_CLUSTER)),
)
