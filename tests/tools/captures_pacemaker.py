"""Captures of Pacemaker clusters (a folder for each state, ``<node>.<tool>`` in it) as recordings.

For each node: check_pacemaker and check_corosync; of each state's first node check_fencing; of each state check_pacemaker_cluster over
all nodes of the capture set (a node without files in a state was not asked and is recorded as silent). Not in the captures and
supplied here: the constraints (none of these clusters had leftovers of a move or ban; those are tested in test_pacemaker.py),
the process table (nothing ran where no tool could connect). Which devices are registered was not asked: that answer is an error.
crm_mon's list of operations is left out: nothing reads it.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hamon.checks.corosync import node as corosync
from hamon.checks.pacemaker import fencing
from hamon.checks.pacemaker import node as pacemaker
from hamon.execute import execute
from hamon.times import moment
from hamon.verdict import State

EXIT = re.compile(r"\[exit (\d+)\]\s*$")
CRM_MON = "command crm_mon --output-as=xml"
QUORUM, CONFIG, STATS, RINGS = (
    "command " + " ".join(argv) for argv in (corosync.QUORUM, corosync.CONFIG, corosync.STATS, corosync.RINGS)
)
VERIFY = "command " + " ".join(fencing.VERIFY)
KEPT = {CONFIG: corosync.CONFIG[1:], STATS: corosync.STATS[3:]}  # the keys that the check asks for by prefix


def answer(question: str, value: Any) -> dict[str, Any]:
    return {"ask": question, "answer": value}


def ran(path: Path, question: str = "") -> list[Any]:
    """``[rc, out, err]`` of one captured tool. It wrote both streams into one: errors are what came with a failure."""
    if not path.exists():
        return [1, "", "not in this capture"]
    text = path.read_text()
    code = EXIT.search(text)
    rc = int(code[1]) if code else 1
    lines = EXIT.sub("", text).splitlines()[1:]
    if question in KEPT:
        lines = [line for line in lines if line.startswith(KEPT[question])] if not rc else lines
    body = "\n".join(lines) + "\n" if lines else ""
    return [rc, body, ""] if rc in (0, 2) else [rc, "", body]


def crm_mon(path: Path) -> list[Any]:
    text = re.sub(r"^\s*<operation_history .*/>\n", "", path.read_text(), flags=re.MULTILINE)
    return [int(Path(f"{path}.rc").read_text()), text, ""]


def clock(folder: Path) -> float:
    """When the state was captured, in epoch seconds: by pacemakerd's own word, else by the neighbouring states' day."""
    times = []
    for path in sorted(folder.glob("*.crm_mon.xml")):
        for text in re.findall(r'<pacemakerd [^>]*last_updated="([^"]+)"', path.read_text()):
            then = moment(text)
            if then and then.zoned:
                times.append(then.seconds)
    return max(times, default=1795354320.0)


def recording(check: str, args: list[str], when: float, answers: list[dict[str, Any]]) -> dict[str, Any]:
    return {"hamon_recording": 1, "check": check, "args": args, "clock": when, "memory": {}, "answers": answers}


def node_recordings(folder: Path, node: str, when: float) -> dict[str, dict[str, Any]]:
    """The three node checks' recordings by check."""
    status = crm_mon(folder / f"{node}.crm_mon.xml")
    quorum = ran(folder / f"{node}.quorumtool-s.txt")
    alive = quorum[0] in (0, 2)
    processes = [
        answer(f"processes {name}", [[100 + number, when - 600]] if running else [])
        for number, (name, running) in enumerate((("corosync", alive), ("pacemakerd", status[0] != 102)))
    ]
    constraints = answer("command " + " ".join(pacemaker.CONSTRAINTS), [0, "<constraints/>", ""])
    verify = answer(VERIFY, ran(folder / f"{node}.crm_verify.txt"))
    devices = answer("command " + " ".join(fencing.REGISTERED), [1, "", "not in this capture"])
    keys = answer(CONFIG, ran(folder / f"{node}.cmapctl.txt", CONFIG))
    stats = answer(STATS, ran(folder / f"{node}.cmapctl-stats.txt", STATS))
    return {
        "pacemaker": recording("pacemaker", [], when, [answer(CRM_MON, status), constraints, *processes]),
        "fencing": recording("fencing", [], when, [answer(CRM_MON, status), verify, devices, *processes]),
        "corosync": recording(
            "corosync",
            [],
            when,
            [answer(QUORUM, quorum), keys, stats, answer(RINGS, ran(folder / f"{node}.cfgtool-s.txt")), *processes],
        ),
    }


def reported(made: dict[str, Any], scratch: Path) -> dict[str, Any]:
    """What the node's ``facts_check_pacemaker`` would have reported."""
    scratch.write_text(json.dumps(made))
    outcome = execute(pacemaker.CHECK, ["--replay", str(scratch), "--facts"])
    assert outcome.state is State.OK, outcome.text
    return {key: value for key, value in json.loads(outcome.render()).items() if key in ("facts", "error")}


def recordings(source: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every recording that the captures below ``source`` make: (file name, recording)."""
    import tempfile

    with tempfile.TemporaryDirectory() as scratch:
        for folder in sorted(path for path in source.iterdir() if list(path.glob("*.crm_mon.xml"))):
            nodes = sorted(path.name.split(".")[0] for path in folder.glob("*.crm_mon.xml"))
            known = ["pcmk1", "pcmk2"] if folder.name.startswith("2n-") else ["pcmk1", "pcmk2", "pcmk3"]
            when = clock(folder)
            answers = {node: {"unreachable": "not asked in this capture"} for node in known}
            for node in nodes:
                made = node_recordings(folder, node, when)
                answers[node] = reported(made["pacemaker"], Path(scratch) / "recording.json")
                yield f"{folder.name}__{node}.json", made["pacemaker"]
                yield f"{folder.name}__{node}_corosync.json", made["corosync"]
                if node == nodes[0]:
                    yield f"{folder.name}__{node}_fencing.json", made["fencing"]
            members = ",".join(f"{node}=10.77.1.{node[-1]}" for node in answers)
            asked = [answer(f"member {node}", answers[node]) for node in answers]
            yield f"{folder.name}__cluster.json", recording("pacemaker_cluster", ["--members", members], when, asked)
