"""Whether flow control holds the cluster's writes up, from two looks at a node's status. Pure."""

from collections.abc import Mapping

from hamon import take
from hamon.checks.galera.versions import reports_flow_control

FLOW_FLAGS = ("wsrep_flow_control_active", "wsrep_flow_control_status")  # of Galera, and of Percona XtraDB Cluster
SECOND_LOOK = 1.0  # seconds between two looks when flow control is found active
STALLED = 0.5  # fraction of that second for which replication has to be paused to call it stopped


def active(status: Mapping[str, str]) -> bool | None:
    """Whether flow control is active, by any of ``FLOW_FLAGS``; None when none of them says so in a word we know."""
    flags = [take.flag(status.get(name)) for name in FLOW_FLAGS]
    return True if True in flags else False if False in flags else None


def doubt(status: Mapping[str, str], later: Mapping[str, str] | None) -> str:
    """Why it is not known whether flow control is active; empty when it is known, or this version need not report it."""
    looks = (status,) if later is None else (status, later)
    for look in looks:
        for name in FLOW_FLAGS:
            if name in look and take.flag(look[name]) is None:
                return f"{name} is {look[name][:20] or 'empty'}"
    owes = later is not None or reports_flow_control(status.get("wsrep_provider_version", ""))
    if owes and any(active(look) is None for look in looks):
        return f"{FLOW_FLAGS[0]} was not reported"
    paused = status.get("wsrep_flow_control_paused_ns", "0")
    return "" if take.count(paused) is not None else f"wsrep_flow_control_paused_ns is {paused[:20] or 'empty'}"


def stalled(status: Mapping[str, str], later: Mapping[str, str] | None) -> bool:
    """Whether flow control stops replication: active at both looks, and paused for most of the time between them.

    A counter that did not move is not evidence against it: some versions add to it only after the pause.
    """
    if not later or not active(status) or not active(later):
        return False
    before = take.whole(status.get("wsrep_flow_control_paused_ns"))
    after = take.whole(later.get("wsrep_flow_control_paused_ns"))
    return before is None or after is None or after == before or after - before >= STALLED * SECOND_LOOK * 1e9
