"""Captures of a DRBD pair as recordings.

A folder for each state, with ``NODE.proc_drbd.txt``, ``NODE.drbdsetup_events2_--now_all.txt``, ``NODE.drbdadm_sh-resources.txt`` and, where
they were taken, ``NODE.drbdsetup_get-gi_MINOR.txt`` and ``NODE.drbdsetup_show_RES.txt``; each command's output ends with ``[exit N]``. From
them: check_drbd for every node, check_drbd_cluster over both. A node without files in a state was off.

``events2`` was captured without ``--statistics``; what that adds (out-of-sync) is in /proc/drbd as well.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hamon.checks.drbd import node as drbd
from hamon.options import parse
from hamon.probe import Ask, Deadline
from hamon.probe.tape import Player
from hamon.wire import to_json

CLOCK = 1795354139.0
ADDRESSES = {"drbd1": "10.78.1.1", "drbd2": "10.78.1.2"}
EXIT = re.compile(r"\n?\[exit (\d+)\]\n?$")


def ran(path: Path) -> list[Any]:
    """A captured command: exit code and output."""
    text = path.read_text()
    code = EXIT.search(text)
    return [int(code[1]) if code else 0, EXIT.sub("\n", text), ""]


def node(folder: Path, name: str) -> dict[str, Any]:
    """check_drbd on one node."""
    asked = {
        "command drbdadm sh-resources": "drbdadm_sh-resources",
        "command drbdsetup events2 --now --statistics all": "drbdsetup_events2_--now_all",
    }
    answers: list[dict[str, Any]] = [
        {"ask": ask, "answer": ran(folder / f"{name}.{file}.txt")} for ask, file in asked.items()
    ]
    answers.insert(1, {"ask": "file /proc/drbd", "answer": [(folder / f"{name}.proc_drbd.txt").read_text(), CLOCK]})
    for path in sorted([*folder.glob(f"{name}.drbdsetup_get-gi_*.txt"), *folder.glob(f"{name}.drbdsetup_show_*.txt")]):
        _, command, argument = path.stem.partition(".")[2].split("_", 2)
        answers.append({"ask": f"command drbdsetup {command} {argument}", "answer": ran(path)})
    return {"hamon_recording": 1, "check": "drbd", "args": [], "clock": CLOCK, "memory": {}, "answers": answers}


def reported(recording: dict[str, Any]) -> dict[str, Any]:
    """What the node's ``facts_check_drbd`` would have reported."""
    facts = drbd.probe(Ask(Deadline(5), tape=Player(recording, "capture")), parse(drbd.CHECK, []))
    return {"facts": json.loads(json.dumps(to_json(facts)))}


def recordings(source: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every recording that the captures below ``source`` make: (file name, recording)."""
    for folder in sorted(path for path in source.iterdir() if path.is_dir()):
        found = {
            path.name.partition(".")[0]: node(folder, path.name.partition(".")[0])
            for path in sorted(folder.glob("*.drbdsetup_events2_--now_all.txt"))
        }
        if not found:
            continue
        for name, recording in found.items():
            yield f"{folder.name}__{name}.json", recording
        nodes = sorted({*ADDRESSES, *found})
        answers = {
            name: reported(found[name])
            if name in found
            else {"unreachable": "its agent said: connect to address port 5666: No route to host"}
            for name in nodes
        }
        yield (
            f"{folder.name}__cluster.json",
            {
                "hamon_recording": 1,
                "check": "drbd_cluster",
                "args": ["--members", ",".join(f"{name}={ADDRESSES.get(name, name)}" for name in nodes)],
                "clock": CLOCK,
                "memory": {},
                "answers": [{"ask": f"member {name}", "answer": answer} for name, answer in answers.items()],
            },
        )
