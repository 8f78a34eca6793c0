"""All queues of one node as its management API lists them, page by page, and what it leaves out. No component of its own."""

import re
from typing import NamedTuple

from hamon import take
from hamon.check import Options
from hamon.checks.rabbitmq.api import WHO, Api, names
from hamon.checks.rabbitmq.queue_rows import COLUMNS, Cluster, Ready, Tally
from hamon.errors import ProbeError
from hamon.verdict import CRITICAL, UNKNOWN

PAGE = 500  # queues in one answer, the most the API gives
MOST_PAGES = 400  # 200,000 queues; a larger number is not believed
QUEUES = f"queues?page={{}}&page_size={PAGE}&columns=" + ",".join(COLUMNS)
# With statistics off rows have no messages; these parameters give them (since 3.8.10), and older versions ignore them.
TOTALS = "&disable_stats=true&enable_queue_totals=true"
STATISTICS = "overview?columns=disable_stats"
PARTITIONS = "nodes?columns=name,partitions"
VHOSTS = "vhosts?columns=name"
MOST_VHOSTS = 10  # virtual hosts without a visible queue that are looked into


class Answer(NamedTuple):
    """All queues of one node, folded; ``statistics``: whether the server keeps any, ``hidden``: virtual hosts closed to our user."""

    place: str
    tally: Tally
    claimed: int | None
    statistics: bool
    nodes: int
    hidden: tuple[str, ...]


def read(api: Api, options: Options) -> Answer:
    """All pages of one node, folded. Raises ProbeError."""
    node_rows = take.mappings(api.answer(WHO, list))
    nodes = frozenset(take.text(row.get("name")) for row in node_rows) - {""}
    stopped = frozenset(take.text(row.get("name")) for row in node_rows if take.flag(row.get("running")) is False)
    running = nodes - (stopped if stopped and whole(api) else frozenset())
    draining = frozenset(take.text(row.get("name")) for row in node_rows if take.flag(row.get("being_drained")))
    ready = (*options.ready, Ready(re.compile(""), options.ready_warning, options.ready_critical))
    cluster = Cluster(nodes, running, options.replicas, draining)
    tally = Tally(cluster, options.include, options.exclude, ready, options.worst)
    statistics, asked = True, QUEUES
    page, pages, claimed = 1, 1, None
    while page <= pages:
        rows, pages, claimed = one_page(api, asked, page, pages, claimed)
        if page == 1 and rows and all(take.count(row.get("messages_ready")) is None for row in rows) and disabled(api):
            statistics, asked = False, QUEUES + TOTALS
            tally = Tally(cluster, options.include, options.exclude, ready, options.worst, statistics=False)
            rows, pages, claimed = one_page(api, asked, page, pages, claimed)
        for row in rows:
            tally.add(row)
        if not rows:
            break
        page += 1
    return Answer(api.place, tally, claimed, statistics, len(nodes), closed(api, tally.vhosts, options))


def whole(api: Api) -> bool:
    """Whether no partition is recorded. After one, ``running`` comes from the metadata store, which waits until an operator gives up
    one side, while members of quorum queues may be back in touch: then their own lists count. False when it cannot be asked.
    """
    try:
        return not any(names(row.get("partitions")) for row in take.mappings(api.answer(PARTITIONS, list)))
    except ProbeError:
        return False


def one_page(
    api: Api, asked: str, page: int, pages: int, claimed: int | None
) -> tuple[list[dict[str, object]], int, int | None]:
    """The rows of one page, how many pages there are, and how many queues the API counts. Raises ProbeError."""
    try:
        status, answer = api.get(asked.format(page))
    except ProbeError as error:
        if page == 1 or error.about != "timeout":
            raise
        text = f"read only {page - 1} of {pages} pages of queues in time: {error.text}"
        raise ProbeError(UNKNOWN, text, "slow") from error
    if status == 400 and page > 1:
        return [], pages, claimed  # queues went away meanwhile, and the last page with them
    if status == 200 and isinstance(answer, list):  # before 3.6.0 there are no pages
        return take.mappings(answer), 1, len(answer)
    page_of_queues = take.mapping(answer)
    rows = page_of_queues.get("items") if status == 200 else None
    if not isinstance(rows, list):
        raise ProbeError(CRITICAL, f"{api.place} is not a RabbitMQ management API: /api/queues has no pages", "garbage")
    pages = take.count(page_of_queues.get("page_count")) or 0
    if pages > MOST_PAGES:
        text = f"{api.place} claims {pages} pages of queues: more than {MOST_PAGES * PAGE} queues"
        raise ProbeError(UNKNOWN, text, "slow")
    return take.mappings(rows), pages, take.count(page_of_queues.get("total_count"))


def disabled(api: Api) -> bool:
    """Whether the server says that its statistics are disabled; False when it cannot be asked."""
    try:
        return take.flag(api.answer(STATISTICS, dict).get("disable_stats")) is True
    except ProbeError:
        return False


def closed(api: Api, seen: set[str], options: Options) -> tuple[str, ...]:
    """Virtual hosts whose queues our user may not see; excluded ones do not count. They are left out of every list without a word."""
    try:
        every = names(api.answer(VHOSTS, list)) or ()
    except ProbeError:
        return ()  # evidence beside the rest, as far as it can be had
    from urllib.parse import quote

    unseen = [vhost for vhost in every if vhost not in seen]
    wanted = [
        vhost for vhost in unseen if not any(pattern.search(f"{vhost.rstrip('/')}/") for pattern in options.exclude)
    ]
    hidden = []
    for vhost in wanted[:MOST_VHOSTS]:
        try:
            api.get(f"queues/{quote(vhost, safe='')}?page=1&page_size=1&columns=name")
        except ProbeError as error:
            if error.about == "rights":
                hidden.append(vhost)
    return tuple(hidden)
