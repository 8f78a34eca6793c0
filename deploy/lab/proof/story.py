"""The demo's story without a cloud: what real checks were answered while the lab was broken, judged again by the same checks.

``python -m hamon.lab.proof.story DIR`` records it anew from a live lab; ``hamon demo --replay`` plays the recordings that ship with
hamon. Nothing in it is written by hand: every answer was given by a real service in the state that the chapter names.
"""

import importlib.resources
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from hamon.catalogue import check_named
from hamon.execute import execute
from hamon.lab import poll
from hamon.lab.client import Lab
from hamon.lab.components.nagios import generator
from hamon.probe.tape import dump, read
from hamon.verdict import Outcome

SEEN = 40.0  # seconds within which a check must see what the lab has broken


class Look(NamedTuple):
    """One check asked at one place, and the state it has to find there."""

    host: str
    check: str
    state: str


class Chapter(NamedTuple):
    """One scene. ``failure`` is the lab's name of what is broken in it, None for the healthy cloud."""

    title: str
    failure: str | None
    looks: tuple[Look, ...]


CHAPTERS = (
    Chapter(
        "A healthy cloud",
        None,
        (
            Look("galera.cluster", "galera_cluster", "OK"),
            Look("vip.internal", "vip", "OK"),
            Look("ctl1", "haproxy", "OK"),
        ),
    ),
    Chapter(
        "Galera split-brain: ctl3 is cut off, somebody bootstraps it, both sides take writes. Each node alone looks healthy",
        "galera-split-brain",
        (
            Look("ctl1", "galera", "OK"),
            Look("ctl3", "galera", "OK"),
            Look("galera.cluster", "galera_cluster", "CRITICAL"),
        ),
    ),
    Chapter(
        "Dual master: VRRP adverts are lost, two nodes hold the virtual address. Each keepalived alone is right",
        "vip-dual-master",
        (Look("ctl1", "keepalived", "OK"), Look("ctl2", "keepalived", "OK"), Look("vip.internal", "vip", "CRITICAL")),
    ),
    Chapter(
        "A dead HAProxy backend: every API server answers 503",
        "haproxy-backend-down",
        (Look("ctl1", "haproxy", "CRITICAL"),),
    ),
    Chapter(
        "Healed",
        None,
        (
            Look("galera.cluster", "galera_cluster", "OK"),
            Look("vip.internal", "vip", "OK"),
            Look("ctl1", "haproxy", "OK"),
        ),
    ),
)


class Scene(NamedTuple):
    """One look of the story as it was recorded."""

    chapter: Chapter
    look: Look
    outcome: Outcome


def file_name(number: int, look: Look) -> str:
    """Where a look's recording is kept."""
    return f"{number}_{look.host}_{look.check}.json"


def play() -> Iterator[Scene]:
    """Judge every recording of the story, in order."""
    with importlib.resources.as_file(importlib.resources.files("hamon.lab.proof").joinpath("recordings")) as folder:
        for number, chapter in enumerate(CHAPTERS, 1):
            for look in chapter.looks:
                path = folder / file_name(number, look)
                yield Scene(chapter, look, execute(check_named(look.check), ["--replay", str(path)]))


def planned(lab: Lab) -> dict[tuple[str, str], tuple[str, list[str]]]:
    """By host and check: where the plan runs it (a host of the lab), and its command line."""
    plan = lab.exec("mon", [sys.executable, "-m", "hamon", "plan", *generator.planning(lab.site), "--json"])
    checks = json.loads(plan.stdout)["checks"]
    return {
        (entry["host"], entry["check"]): (entry["host"] if entry["where"] == "node" else "mon", entry["argv"])
        for entry in checks
    }


def record_look(lab: Lab, look: Look, path: Path) -> None:
    """Ask until the check finds what it has to find, and keep that recording, without the lab's own paths in it."""
    place, argv = planned(lab)[look.host, look.check]
    head = f"{look.check.upper()} {look.state} "
    poll.until(
        lambda: lab.exec(place, [*argv, "--record", str(path)]).stdout.startswith(head), f"{head}on {look.host}", SEEN
    )
    recording = read(str(path))
    recording["args"] = portable(recording["args"])
    path.write_text(dump(recording))
    outcome = execute(check_named(look.check), ["--replay", str(path)])
    recording["expect"] = {"exit": int(outcome.state), "output": outcome.render().splitlines()[0]}
    path.write_text(dump(recording))
    path.chmod(0o644)


def portable(args: list[str]) -> list[str]:
    """Arguments that mean something elsewhere: not where this lab kept its certificates and credentials."""
    kept: list[str] = []
    words = iter(args)
    for word in words:
        if word in ("--via", "--credentials"):
            next(words, None)
        else:
            kept.append(word)
    return kept


def record(folder: Path) -> None:
    """Start a lab, play the story in it, and write its recordings into ``folder``."""
    folder = folder.absolute()  # the hosts of the lab are elsewhere
    folder.mkdir(parents=True, exist_ok=True)
    with Lab(tell=print) as lab:
        for number, chapter in enumerate(CHAPTERS, 1):
            print(f"== {chapter.title}", flush=True)
            if chapter.failure:
                lab.break_(chapter.failure)
            for look in chapter.looks:
                record_look(lab, look, folder / file_name(number, look))
                print("  ", file_name(number, look), flush=True)
            if chapter.failure:
                lab.heal()


if __name__ == "__main__":
    record(Path(sys.argv[1]))
