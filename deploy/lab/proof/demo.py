"""The story in three minutes: a healthy cloud, three incidents that checks of single nodes cannot name, three recoveries."""

import argparse
import re
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

from hamon.lab.catalogue import failure_named
from hamon.lab.client import Lab
from hamon.lab.components.nagios.status import Alert
from hamon.lab.errors import LabError
from hamon.lab.failure import Failure
from hamon.lab.proof.measure import CALM, CAUGHT, await_calm, calm, missed, says
from hamon.lab.proof.watch import Watch
from hamon.lab.protocol import Tell
from hamon.table import table

STORY = ("galera-split-brain", "vip-dual-master", "haproxy-backend-down")
WIDTH = 118
NUMBER = re.compile(r"\b\d+(\.\d+)?")
"""Not the one in ctl1."""


class Scene(NamedTuple):
    """How one incident went. Seconds."""

    failure: Failure
    named: float | None
    """From the injection until Nagios said all of it; None if it did not."""
    healed: float
    """From the first step of healing until Nagios found everything OK."""


def clip(text: str) -> str:
    """A line that fits a terminal."""
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"


def gist(output: str) -> str:
    """A verdict without the name and state in front, which stand beside it."""
    return output.partition(" - ")[2] or output


def alert_line(alert: Alert, begin: float) -> str:
    """The line of one state change."""
    kind = "" if alert.hard else " (soft)"
    place = f"{alert.host} {alert.service or 'host'}"
    return clip(
        f"  {max(0.0, alert.at - begin):4.0f} s  nagios  {alert.state + kind:15} {place:30} {gist(alert.output)}"
    )


def watched(lab: Lab) -> list[str]:
    """Everything Nagios watches, a line each."""
    rows = [(service.state, service.host, service.name, gist(service.output)) for service in lab.nagios().services]
    return table(("state", "host", "check", "what it found"), rows, WIDTH).splitlines()


def watching(lab: Lab, tell: Tell) -> Watch:
    """A watch that reports what Nagios says as it comes; the same with other numbers ("for 4 s") is not new."""
    begin, last = time.time(), dict[tuple[str, str], tuple[str, bool, str]]()

    def new(alert: Alert) -> None:
        place, news = (alert.host, alert.service), (alert.state, alert.hard, NUMBER.sub("#", alert.output))
        if last.get(place) != news:
            last[place] = news
            tell(alert_line(alert, begin))

    return Watch(lab, new)


def named(watch: Watch, failure: Failure) -> float | None:
    """Wait until Nagios has said all of a failure; seconds from the begin, by its own clock. None if it does not."""
    if not watch.until(lambda _status: not missed(failure, watch.alerts), CAUGHT):
        return None
    firsts = [min(alert.at for alert in watch.alerts if says(alert, verdict)) for verdict in failure.expects]
    return max(0.0, max(firsts) - watch.begin)


def play(lab: Lab, failure: Failure, tell: Tell) -> Scene:
    """Play one incident, live. Raises LabError if it did not happen or did not heal."""
    tell("")
    tell(f"== {failure.name}: {failure.text}")
    lab.tell = lambda text: tell(clip(f"          lab     {text}"))
    watch = watching(lab, tell)
    watch.during(lambda: lab.break_(failure.name))
    after = named(watch, failure)
    tell(f"  NAMED after {after:.0f} s" if after is not None else "  NOT NAMED")
    watch = watching(lab, tell)
    watch.during(lab.heal)
    watch.until(calm, CALM)
    await_calm(lab)
    recovered = time.time() - watch.begin
    tell(f"  RECOVERED after {recovered:.0f} s: Nagios finds everything OK")
    return Scene(failure, after, recovered)


def summary(scenes: Sequence[Scene], seconds: float) -> list[str]:
    """The last lines of the story."""
    rows = []
    for scene in scenes:
        named = f"{scene.named:.0f} s" if scene.named is not None else "never"
        verdict = scene.failure.expects[0]
        words = f" “{verdict.words}”" if verdict.words else ""
        expected = f"{verdict.host} {verdict.service} {verdict.state}{words}"
        rows.append((scene.failure.name, named, f"{scene.healed:.0f} s", expected))
    head = ("incident", "named after", "recovered after", "what Nagios was expected to say")
    return ["", *table(head, rows, WIDTH).splitlines(), f"the whole story took {seconds:.0f} s"]


def run(lab: Lab, tell: Tell) -> int:
    """The story, in a lab of its own; 0 when every incident was named."""
    begin = time.monotonic()
    tell(
        "== A highly available cloud in a pocket: real Galera, HAProxy and keepalived on three hosts, real Nagios and NRPE"
    )
    lab.tell = lambda text: tell(f"  {text}")
    with lab:
        await_calm(lab)
        for line in watched(lab):
            tell(f"  {line}")
        scenes = [play(lab, failure_named(name), tell) for name in STORY]
    for line in summary(scenes, time.monotonic() - begin):
        tell(f"  {line}" if line else "")
    return 0 if all(scene.named is not None for scene in scenes) else 1


def main(argv: Sequence[str] = ()) -> int:
    """The demo as a program of its own; one line for what cannot be."""
    argparse.ArgumentParser(prog="hamon demo", description=__doc__).parse_args(argv)
    try:
        return run(Lab(), lambda text: print(text, flush=True))
    except LabError as error:
        print(f"hamon demo: {error}", file=sys.stderr)
        return 1
