"""Captures of RabbitMQ (``<state>/<node>/<api path>.json``: body, then ``<status> time=...``) as recordings.

One recording for each node (check_rabbitmq), one for each node's list of queues (check_rabbitmq_queues) and one for each
state (check_rabbitmq_cluster over all members; a node without a folder in a state was not asked and is recorded as
silent). Bodies are cut down to the columns that the check asks for, as the API itself does.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from hamon.checks.rabbitmq import api as rabbitmq_api
from hamon.checks.rabbitmq import facts as rabbitmq_facts
from hamon.checks.rabbitmq import queue_pages as rabbitmq_queues
from hamon.wire import to_json

NODES = {"ctl1": "10.77.0.11", "ctl2": "10.77.0.12", "ctl3": "10.77.0.13"}
CLOCK = 1795353300.0  # used when no log of a capture has a time
STAMP = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\+00:00", re.M)
HEALTH = ("alarms", "node-is-quorum-critical", "virtual-hosts")
DOWN = {
    # What epmd on the host said then is known from the logs: a stopped broker leaves its Erlang node up, a killed one does not.
    "06_stop_app_ctl3/ctl3": "\0\0\21\21name rabbit at port 25672\n",
}


def columns(row: Any, wanted: str) -> Any:
    """A row with only the columns that a query names (``a.b`` is a field of a field, or of every item of a list)."""
    kept: dict[str, Any] = {}
    for path in wanted.split(","):
        head, _, rest = path.partition(".")
        if head not in row:
            continue
        value = row[head]
        if rest and isinstance(value, dict):
            kept[head] = {**kept.get(head, {}), **columns(value, rest)}
        elif rest and isinstance(value, list):
            kept[head] = [columns(row, rest) for row in value]
        elif not rest:
            kept[head] = value
    return kept


def page(folder: Path, file: str) -> tuple[int, Any] | None:
    """Status and JSON of one captured answer; None when nobody listened."""
    text = (folder / f"{file}.json").read_text()
    status = int(re.findall(r"^(\d{3}) time=", text, re.M)[-1])
    return (status, json.JSONDecoder().raw_decode(text.lstrip())[0]) if status else None


def clock(folder: Path) -> float:
    """The last time in the node logs of a state."""
    stamps = [stamp for log in folder.glob("*log_*.log") for stamp in STAMP.findall(log.read_text())]
    return datetime.fromisoformat(max(stamps)).timestamp() + 1 if stamps else CLOCK


def asked(place: str, path: str, answer: tuple[int, Any]) -> dict[str, Any]:
    """One recorded question and its answer."""
    return {"ask": f"http GET http://{place}:15672/api/{path}", "answer": [answer[0], json.dumps(answer[1])]}


def refused(place: str, path: str) -> dict[str, Any]:
    """One recorded question that was refused."""
    return {
        "ask": f"http GET http://{place}:15672/api/{path}",
        "error": [2, f"{place}:15672: connection refused", "refused"],
    }


def recording(check: str, args: list[str], when: float, answers: list[dict[str, Any]]) -> dict[str, Any]:
    """One recording."""
    return {"hamon_recording": 1, "check": check, "args": args, "clock": when, "memory": {}, "answers": answers}


def answers_of(folder: Path) -> tuple[Any, ...] | None:
    """What the node check asks: overview, nodes and the health checks; None when the node refused."""
    overview, nodes = page(folder, "overview"), page(folder, "nodes")
    if overview is None or nodes is None:
        return None
    overview[1]["cluster_name"] = "rabbit@ctl1"  # it was named after the capturing machine
    wanted = rabbitmq_facts.OVERVIEW.partition("columns=")[2], rabbitmq_facts.NODES.partition("columns=")[2]
    health = [page(folder, f"health_checks_{name}") for name in HEALTH]
    return (200, columns(overview[1], wanted[0])), (200, [columns(row, wanted[1]) for row in nodes[1]]), *health


def node_recording(folder: Path, place: str, when: float) -> dict[str, Any]:
    """check_rabbitmq on this node."""
    answers = answers_of(folder)
    if answers is None:
        epmd = {"ask": f"tcp {place}:4369 {rabbitmq_names()}"}
        names = DOWN.get(f"{folder.parent.name}/{folder.name}", "\0\0\21\21")
        return recording(
            "rabbitmq", ["-H", place], when, [refused(place, rabbitmq_facts.OVERVIEW), {**epmd, "answer": names}]
        )
    paths = (rabbitmq_facts.OVERVIEW, rabbitmq_facts.NODES, *(f"health/checks/{name}" for name in HEALTH))
    return recording(
        "rabbitmq", ["-H", place], when, [asked(place, *question) for question in zip(paths, answers, strict=True)]
    )


def rabbitmq_names() -> str:
    """epmd's question as it stands in a recording."""
    from hamon.checks.rabbitmq.api import NAMES

    return NAMES.strip()


def member_answer(folder: Path, place: str) -> dict[str, Any]:
    """What the node's ``facts_check_rabbitmq`` would have reported."""
    answers = answers_of(folder)
    if answers is None:
        running = f"{folder.parent.name}/{folder.name}" in DOWN
        more = ", its Erlang node is up without the broker: stopped (stop_app), paused, or starting" if running else ""
        return {"error": [2, f"{place}:15672: connection refused{more}", "app_stopped" if running else "refused"]}
    return {"facts": json.loads(json.dumps(to_json(rabbitmq_facts.parse(*(answer[1] for answer in answers)))))}


def queues_recording(folder: Path, place: str, when: float) -> dict[str, Any]:
    """check_rabbitmq_queues asking this node."""
    nodes, queues = page(folder, "nodes"), page(folder, "queues")
    args = ["-H", place]
    if nodes is None or queues is None:
        return recording("rabbitmq_queues", args, when, [refused(place, rabbitmq_api.WHO)])
    path = rabbitmq_queues.QUEUES.format(1)
    rows = [columns(row, path.partition("columns=")[2]) for row in queues[1]]
    sheet = {"page": 1, "page_count": 1, "page_size": 500, "item_count": len(rows), "filtered_count": len(rows), "total_count": len(rows), "items": rows}  # fmt: skip
    known = [columns(row, rabbitmq_api.WHO.partition("columns=")[2]) for row in nodes[1]]
    answers = [asked(place, rabbitmq_api.WHO, (200, known)), asked(place, path, (200, sheet))]
    return recording("rabbitmq_queues", args, when, answers)


def recordings(source: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every recording that the captures below ``source`` make: (file name, recording)."""
    members = ",".join(f"{name}={place}" for name, place in NODES.items())
    for state in sorted(path for path in source.iterdir() if path.is_dir()):
        when = clock(state)
        folders = {name: state / name for name in NODES if (state / name / "nodes.json").exists()}
        if not folders:
            continue
        for name, folder in folders.items():
            yield f"{state.name}__{name}.json", node_recording(folder, NODES[name], when)
            yield f"{state.name}__{name}_queues.json", queues_recording(folder, NODES[name], when)
        answers = [
            {"ask": f"member {name}", "answer": member_answer(folders[name], place) if name in folders else {"unreachable": "not asked in this capture"}}
            for name, place in NODES.items()
        ]  # fmt: skip
        yield f"{state.name}__cluster.json", recording("rabbitmq_cluster", ["--members", members], when, answers)
