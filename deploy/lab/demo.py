"""The story in three minutes: a healthy cloud, three incidents that checks of single nodes cannot name, three recoveries."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from hamon.lab.client import Lab
from hamon.lab.errors import LabError
from hamon.lab.failure import Failure
from hamon.lab.failures import FAILURES
from hamon.lab.measure import CALM, CAUGHT, await_calm, calm, missed
from hamon.lab.nagios_status import Alert
from hamon.lab.protocol import Tell

STORY = ("galera-split-brain", "vip-dual-master", "haproxy-backend-down")
TICK = 0.25
WIDTH = 118


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
    """One state change, live."""
    kind = "" if alert.hard else " (soft)"
    who = f"{alert.host} {alert.service or 'host'}"
    return clip(f"  {max(0.0, alert.at - begin):4.0f} s  nagios  {alert.state + kind:15} {who:30} {gist(alert.output)}")


def table(lab: Lab) -> Iterator[str]:
    """Everything Nagios watches, a line each."""
    for service in lab.nagios().services:
        yield clip(f"  {service.state:8} {service.host:15} {service.name:15} {gist(service.output)}")


class Watcher:
    """Tells Nagios' state changes as they come."""

    def __init__(self, lab: Lab, tell: Tell) -> None:
        self.lab = lab
        self.tell = tell
        self.begin = time.time()
        self._position = lab.log_position()
        self._told = 0

    def look(self) -> None:
        """Tell what is new."""
        alerts = self.lab.alerts(self._position)
        for alert in alerts[self._told :]:
            self.tell(alert_line(alert, self.begin))
        self._told = len(alerts)

    def until_done(self, work: "Future[float]") -> float:
        """Tell what comes until some work is done; its result."""
        while not work.done():
            self.look()
            time.sleep(TICK)
        return work.result()

    def until(self, holds: Callable[[], bool], deadline: float) -> bool:
        """Tell what comes until something holds; whether it did within `deadline` seconds."""
        end = time.time() + deadline
        while not (held := holds()) and time.time() < end:
            self.look()
            time.sleep(TICK)
        self.look()
        return held

    def named(self, failure: Failure) -> float | None:
        """Tell what comes until Nagios has said all of a failure; seconds since the begin, by its own clock."""
        if not self.until(lambda: not missed(failure, self.lab.alerts(self._position)), CAUGHT):
            return None
        wanted = {(verdict.host, verdict.service) for verdict in failure.expects}
        alerts = self.lab.alerts(self._position)
        said = [alert.at for alert in alerts if alert.hard and (alert.host, alert.service) in wanted]
        return max(0.0, max(said) - self.begin)


def play(lab: Lab, failure: Failure, tell: Tell) -> Scene:
    """One incident, live. Raises LabError if it did not happen or did not heal."""
    tell("")
    tell(f"== {failure.name}: {failure.text}")
    lab.tell = lambda text: tell(clip(f"          lab     {text}"))
    with ThreadPoolExecutor(1) as pool:
        watcher = Watcher(lab, tell)
        watcher.until_done(pool.submit(lab.break_, failure.name))
        named = watcher.named(failure)
        tell(f"  NAMED after {named:.0f} s" if named is not None else "  NOT NAMED")
        watcher = Watcher(lab, tell)
        watcher.until_done(pool.submit(lab.heal))
        watcher.until(lambda: calm(lab.nagios()), CALM)
    await_calm(lab)
    recovered = time.time() - watcher.begin
    tell(f"  RECOVERED after {recovered:.0f} s: Nagios finds everything OK")
    return Scene(failure, named, recovered)


def summary(scenes: Sequence[Scene], seconds: float) -> Iterator[str]:
    """The end of the story."""
    yield ""
    yield f"  {'incident':24} {'named after':>12} {'recovered after':>16}   what Nagios was expected to say"
    for scene in scenes:
        named = f"{scene.named:.0f} s" if scene.named is not None else "never"
        verdict = scene.failure.expects[0]
        words = f" “{verdict.words}”" if verdict.words else ""
        expected = f"{verdict.host} {verdict.service} {verdict.state}{words}"
        yield f"  {scene.failure.name:24} {named:>12} {scene.healed:14.0f} s   {expected}"
    yield f"  the whole story took {seconds:.0f} s"


def run(lab: Lab, tell: Tell) -> int:
    """The story, in a lab of its own; 0 when every incident was named."""
    begin = time.monotonic()
    tell(
        "== A highly available cloud in a pocket: real Galera, HAProxy and keepalived on three hosts, real Nagios and NRPE"
    )
    lab.tell = lambda text: tell(f"  {text}")
    with lab:
        await_calm(lab)
        for line in table(lab):
            tell(line)
        scenes = [play(lab, FAILURES[name], tell) for name in STORY]
    for line in summary(scenes, time.monotonic() - begin):
        tell(line)
    return 0 if all(scene.named is not None for scene in scenes) else 1


def main(argv: Sequence[str] = ()) -> int:
    """The demo as a program of its own; one line for what cannot be."""
    argparse.ArgumentParser(prog="hamon demo", description=__doc__).parse_args(argv)
    try:
        return run(Lab(), lambda text: print(text, flush=True))
    except LabError as error:
        print(f"hamon demo: {error}", file=sys.stderr)
        return 1
