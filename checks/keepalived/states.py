"""What keepalived says of itself: state files of a notify script or FIFO reader, and its JSON dump. Not a component of its own.

Both remain after the daemon that wrote them has died, so that their age matters. Sources: keepalived.conf(5) (notify scripts get
TYPE NAME STATE PRIORITY), vrrp_json.c (SIGJSON). The dump holds the VRRP password; nothing but the named fields is taken from it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from hamon import take
from hamon.names import canonical
from hamon.probe.file import File

STATES: Mapping[int | None, str] = {0: "INIT", 1: "BACKUP", 2: "MASTER", 3: "FAULT"}  # vrrp.h
KNOWN = ("MASTER", "BACKUP", "FAULT", "STOP", "INIT")
CLOCKS = 2.0  # seconds by which process start times and notify times may differ: both are cut to whole ones
KEPT = (
    "iname", "state", "base_priority", "effective_priority", "last_transition", "vips", "evips", "ifp_ifname", "track_ifp",
)  # fmt: skip


class Instance(NamedTuple):
    """One VRRP instance (or sync group) as the daemon reported it."""

    name: str
    kind: str  # INSTANCE or GROUP
    state: str
    reported: float  # when that was, epoch seconds
    since: float  # when that state began, epoch seconds
    priority: int | None = None
    base_priority: int | None = None
    vips: tuple[str, ...] = ()
    takeovers: int | None = None  # how often it became MASTER since the daemon started
    interfaces: tuple[str, ...] = ()  # its own and those it tracks, as far as the source reports them


class Source(NamedTuple):
    """Where states were reported, or why they are not believed. ``about`` names the runbook entry."""

    place: str
    trouble: str = ""
    about: str = "stale"


def from_state(text: str, mtime: float) -> Instance | None:
    """An instance from a line ``INSTANCE VI_1 MASTER 150 1795354219``; the epoch may be missing. None when it is not such a line."""
    words = text.split()
    if len(words) < 3 or words[0] not in ("INSTANCE", "GROUP") or words[2] not in KNOWN:
        return None
    numbers = [take.count(word) for word in words[3:5]]
    priority, epoch = (*numbers, None, None)[:2]
    return Instance(words[1].strip('"'), words[0], words[2], float(epoch or mtime), float(epoch or mtime), priority)


def from_dump(text: str) -> list[dict[str, object]]:
    """The dumped instances, without anything that is not needed. Raises ValueError when it is not a dump.

    A list of ``{"data": ..., "stats": ...}``; with ``json_version 2`` that list is the field ``vrrp`` of an object.
    """
    document = json.loads(text)
    if isinstance(document, dict):
        document = document.get("vrrp")
    if not isinstance(document, list) or not all(isinstance(entry, dict) for entry in document):
        raise ValueError("no list of instances")
    return [kept(entry) for entry in document]


def kept(entry: Mapping[str, object]) -> dict[str, object]:
    """The fields of one dumped instance that are judged. Raises ValueError when the essential ones are missing."""
    data = entry.get("data", entry)
    if not isinstance(data, dict) or not isinstance(data.get("iname"), str):
        raise ValueError("an instance without name")  # noqa: TRY004  # to the caller all of this is one: no dump
    # A number by its type, too: with text in its place it is another program's dump.
    if type(data.get("state")) is not int or data["state"] not in STATES:
        raise ValueError("an instance without state")
    return {**{key: data[key] for key in KEPT if key in data}, "stats": take.mapping(entry.get("stats"))}


def instance(data: Mapping[str, object], mtime: float) -> Instance:
    """An instance from its dumped fields."""
    began = take.number(data.get("last_transition"))
    return Instance(
        name=str(data["iname"]),
        kind="INSTANCE",
        state=STATES[take.whole(data["state"])],
        reported=mtime,
        since=began if began and 0 < began <= mtime else mtime,
        priority=take.whole(data.get("effective_priority")),
        base_priority=take.whole(data.get("base_priority")),
        vips=tuple(addresses([*take.entries(data.get("vips")), *take.entries(data.get("evips"))])),
        takeovers=take.whole(take.mapping(data.get("stats")).get("become_master")),
        interfaces=tuple(interfaces([data.get("ifp_ifname"), *take.entries(data.get("track_ifp"))])),
    )


def addresses(lines: Iterable[object]) -> Iterator[str]:
    """The addresses of ``10.77.0.100 dev eth0 scope global label eth0:vip set``."""
    for line in lines:
        try:
            yield canonical(str(line).split(" ")[0])
        except ValueError:
            continue


def interfaces(names: Iterable[object]) -> Iterator[str]:
    """The names of interfaces, of ``eth1`` as of ``eth1 weight -20``."""
    yield from dict.fromkeys(words[0] for name in names if (words := take.text(name).split()))


def states(files: Mapping[str, File], started: float) -> tuple[list[Instance], list[Source]]:
    """Instances of the state files that the running daemon wrote, and what is wrong with the others.

    ``started`` is when the daemon started: an older line is from a daemon before it.
    """
    believed, troubles = [], []
    for name, file in files.items():
        instance = from_state(file.text, file.mtime)
        if instance is None:
            troubles.append(Source(name, "no line 'INSTANCE name state priority epoch'"))
        elif instance.reported < started - CLOCKS:
            troubles.append(Source(name, f"says {instance.state}, but is older than the running daemon"))
        else:
            believed.append(instance)
    return believed, troubles


def dump(file: File, place: str, started: float, now: float, oldest: float) -> tuple[list[Instance], Source]:
    """Instances of a dump, none of them when it is stale: older than the daemon or than ``oldest`` seconds."""
    try:
        instances = [instance(fields, file.mtime) for fields in from_dump(file.text)]
    except (ValueError, TypeError):
        return [], Source(place, "is not a dump of keepalived")
    if file.mtime < started - CLOCKS:
        return instances, Source(place, "is older than the running daemon")
    if now - file.mtime > oldest:
        return instances, Source(place, f"is {int(now - file.mtime)} s old")
    return instances, Source(place)
