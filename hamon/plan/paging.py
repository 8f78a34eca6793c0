"""Who pages for a lost host: it takes a member of every cluster on it along, and one dead controller is one page."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from hamon.check import Check
from hamon.plan.clusters import Cluster
from hamon.plan.model import Place, PlannedCheck
from hamon.runs import Majority, OnCluster


def pagers(
    clusters: Sequence[Cluster], pages: Callable[[Cluster, Check[Any]], bool]
) -> dict[frozenset[str], tuple[str, str]]:
    """For each set of hosts the one verdict (cluster, check), of all those over the same hosts, that pages.

    The verdict whose cluster is the first to be at risk (``Majority``) stands for the others; they page for everything
    else, and for the outage when it comes to that. ``pages`` says which verdicts page at all.
    """
    verdicts: dict[frozenset[str], tuple[str, str]] = {}
    able = [(counts, c, check) for c in clusters for check in c.checks if (counts := majority(check))]
    for _, cluster, check in sorted(able, key=lambda row: (row[0], row[1].name)):
        if pages(cluster, check):
            verdicts.setdefault(hosts_of(cluster), (cluster.name, check.name))
    return verdicts


def majority(check: Check[Any]) -> Majority | None:
    """What the check's cluster counts its majority of; None for a check that does not page for a lost host."""
    return check.runs.majority if isinstance(check.runs, OnCluster) else None


def hosts_of(cluster: Cluster) -> frozenset[str]:
    """The names of its members."""
    return frozenset(host.name for host in cluster.members)


def paged(clusters: Iterable[Cluster], central: Iterable[PlannedCheck]) -> frozenset[str]:
    """The names of the hosts that a cluster verdict which pages counts: their own death is a ticket."""
    paging = {check.host for check in central if check.where is Place.CLUSTER and check.tier == "page"}
    return frozenset(name for cluster in clusters if cluster.name in paging for name in hosts_of(cluster))
