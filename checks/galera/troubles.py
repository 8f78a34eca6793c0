"""What single members of a Galera cluster say that concerns all: flow control, refusals, donors. Pure."""

from collections.abc import Iterator, Mapping

from hamon.checks.galera.node import JOINING, Facts
from hamon.checks.galera.outage import alive
from hamon.checks.galera.sides import primaries
from hamon.members import Members
from hamon.verdict import CRITICAL, OK, UNKNOWN, WARNING, Finding
from hamon.words import listed


def troubles(members: Members[Facts]) -> Iterator[Finding]:
    """The findings of single members that concern all: flow control, refusals, donors."""
    reported = members.reported
    yield from flow(reported)
    yield from usable(members)
    for name, facts in sorted(reported.items()):
        names = {"member": name}
        if not facts.wsrep:
            yield Finding(CRITICAL, f"{name} runs without wsrep: a plain server beside the cluster", "no_wsrep", names)
        elif facts.state == "Inconsistent":
            yield Finding(CRITICAL, f"{name} was voted out: its data differ (Inconsistent)", "inconsistent", names)
        elif rejects(facts):
            yield Finding(
                WARNING,
                f"{name} rejects all clients (wsrep_reject_queries={facts.reject_queries})",
                "reject_queries",
                names,
            )
        elif facts.maintenance:
            yield Finding(OK, f"{name} is in maintenance (pxc_maint_mode={facts.maintenance})", "maintenance", names)
        elif facts.state.startswith("Donor"):
            yield Finding(OK, f"{name} is donor or desynced", "donor")
        elif facts.state.startswith(JOINING):
            yield Finding(OK, f"{name} is joining ({facts.state})", "joining")


def flow(reported: Mapping[str, Facts]) -> Iterator[Finding]:
    """The finding about flow control, which stops the whole cluster: one member that reports it is enough. That no member
    can report it is not evidence of its absence.
    """
    asking = [
        f"{name} (receive queue {facts.recv_queue})" for name, facts in sorted(reported.items()) if facts.flow_requested
    ]
    doubts = [f"{name}: {facts.flow_doubt}" for name, facts in sorted(reported.items()) if facts.flow_doubt]
    if any(facts.flow_stalled for facts in reported.values()):
        slow = next((name for name, facts in sorted(reported.items()) if facts.flow_requested), "")
        askers = listed(asking) or "a member that gave no facts"
        yield Finding(CRITICAL, f"flow control stops all writes; asked for by {askers}", "flow", {"member": slow})
    elif doubts and len(doubts) == len(reported):
        yield Finding(UNKNOWN, f"flow control is not known: {'; '.join(doubts)}", "missing", {"member": min(reported)})


def rejects(facts: Facts) -> bool:
    """Whether the member reports that it refuses all queries on purpose."""
    return facts.reject_queries.upper() not in ("NONE", "")


def usable(members: Members[Facts]) -> Iterator[Finding]:
    """The finding that no member takes queries. It needs the report of every member that might take them."""
    able = primaries(members)
    if able and not members.silent and all(facts.maintenance for facts in able.values()):
        text = "all members are in maintenance (pxc_maint_mode): balancers that read it send clients nowhere"
        yield Finding(WARNING, text, "maintenance")
    if not able or any(facts.ready is not False and not rejects(facts) for facts in able.values()):
        return
    rest, names = alive(members), {"member": next(iter(able))}
    if rest:
        text = f"no member that reported takes queries; {members.apologies(rest)}"
        yield Finding(WARNING, text, "reject_queries", names)
    else:
        yield Finding(CRITICAL, "no member of the Primary component takes queries", "reject_queries", names)
