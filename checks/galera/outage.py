"""Judge a cluster without a Primary component: what the members that answered prove, and from which to start. Pure."""

from collections.abc import Mapping

from hamon.checks.galera.node import Facts
from hamon.members import Members
from hamon.verdict import CRITICAL, UNKNOWN, Finding
from hamon.words import listed

HUNG = "timeout"  # what a member's silence is about when its server accepts connections and does not answer
# How a server that does not run refuses; other refusals are of a running one.
REFUSED = ("connection refused", "no such socket")


def stopped(members: Members[Facts]) -> list[str]:
    """Members proven to be stopped: their own host refuses the connection. A joiner's port is closed, too."""
    return [
        name
        for name, silence in members.silent.items()
        if silence.service_down and any(word in silence.reason for word in REFUSED)
    ]


def alive(members: Members[Facts]) -> list[str]:
    """Silent members that may be alive, and Primary: they could not be asked, hang, or have no connection left for us."""
    return [name for name in members.silent if name not in stopped(members)]


def no_primary(members: Members[Facts]) -> Finding:
    """The finding that no member that answered is in a Primary component; if it is proven for all, with the node to bootstrap."""
    reported = members.reported
    unclear = [name for name, facts in reported.items() if facts.wsrep and not facts.status]
    rest, down = alive(members), stopped(members)
    states = listed(f"{name} {position(facts)}" for name, facts in sorted(reported.items()))
    gone = "".join(f"; {name}: {members.why(name)}" for name in down)
    if not rest and not unclear:
        text = f"no Primary component, no writes anywhere: {states}{gone}{'' if down else hint(reported)}"
        return Finding(CRITICAL, text, "no_primary")
    asked = f"; {members.apologies(rest) if len(rest) == 1 else f'{listed(rest)} could not be asked'}" if rest else ""
    state = UNKNOWN if len(unclear) == len(reported) and not down else CRITICAL
    return Finding(
        state, f"no Primary seen: {states}{gone}{asked}", "no_primary_seen", {"member": [*rest, *unclear][0]}
    )


def position(facts: Facts) -> str:
    """Where a member says it stands."""
    if not facts.wsrep:
        return "without wsrep"
    return "Inconsistent" if facts.state == "Inconsistent" else facts.status or "without status"


def hint(reported: Mapping[str, Facts]) -> str:
    """The most advanced member, when all have reported and can be compared; else nothing.

    One that was voted out has transactions that no other has, whatever its number says. Numbers of another history, or
    of an earlier view, do not compare.
    """
    able = {name: facts for name, facts in reported.items() if facts.wsrep and facts.state != "Inconsistent"}
    seqnos = {name: facts.last_committed for name, facts in able.items() if facts.last_committed is not None}
    if not seqnos or len(seqnos) < len(able) or len({facts.cluster_uuid for facts in able.values()}) > 1:
        return ""
    best = max(seqnos, key=lambda name: (able[name].conf_id or 0, seqnos[name], name))
    return f"; most advanced: {best} (seqno {seqnos[best]})"
