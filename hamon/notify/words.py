"""Where the plugin's words come from: never from a command line, which a shell reads.

Nagios gives them in the environment (``enable_environment_macros=1``) and writes them to its status file, which is at
most ``status_update_interval`` older (10 s as shipped).
"""

import time
from collections.abc import Iterable, Iterator, Mapping

from hamon.notify.notice import Event, Words, unescaped

WAIT = 20.0  # seconds for the status file; Nagios ends a notification command after 30
PAUSE = 0.5

_STATES = {"service": ("OK", "WARNING", "CRITICAL", "UNKNOWN"), "host": ("UP", "DOWN", "UNREACHABLE")}
MISSING = "the words of the plugin are not known here: set enable_environment_macros=1 in nagios.cfg"


def words(event: Event, environment: Mapping[str, str], status_file: str, wait: float = WAIT) -> Words:
    """The plugin's words for ``event``; when they cannot be had, the cure stands in their place."""
    kind = "SERVICE" if event.service else "HOST"
    if f"NAGIOS_{kind}OUTPUT" in environment:
        return Words(environment[f"NAGIOS_{kind}OUTPUT"], unescaped(environment.get(f"NAGIOS_LONG{kind}OUTPUT", "")))
    end = time.monotonic() + (wait if status_file else 0)
    while not (block := of_event(status_file, event)):
        if time.monotonic() >= end:
            return Words(MISSING)
        time.sleep(PAUSE)
    return Words(block.get("plugin_output", ""), unescaped(block.get("long_plugin_output", "")))


def of_event(status_file: str, event: Event) -> dict[str, str]:
    """The status of the event's host or service; empty while the file does not have the event's check and state yet."""
    kind = "service" if event.service else "host"
    try:
        with open(status_file, encoding="utf-8", errors="replace", newline="\n") as file:
            for block in _blocks(file, f"{kind}status {{"):
                if block.get("host_name") == event.host and block.get("service_description", "") == event.service:
                    return block if _is_of(block, event, _STATES[kind]) else {}
    except OSError:
        pass
    return {}


def _is_of(block: Mapping[str, str], event: Event, states: tuple[str, ...]) -> bool:
    """Whether a status is of the event's check: an older one would have the words of what was before."""
    state, checked = block.get("current_state", ""), block.get("last_check", "")
    if not (state.isdigit() and int(state) < len(states) and checked.isdigit()):
        return False
    same = states[int(state)] == event.state or {states[int(state)], event.state} == {"DOWN", "UNREACHABLE"}
    return same and int(checked) >= event.last_check


def _blocks(lines: Iterable[str], begin: str) -> Iterator[dict[str, str]]:
    """The blocks that begin with the line ``begin``, as fields. A value ends with its line, whatever stands in it."""
    block: dict[str, str] | None = None
    for line in lines:
        text = line.strip()
        if block is None:
            block = {} if text == begin else None
        elif text == "}":
            yield block
            block = None
        else:
            key, _, value = text.partition("=")
            block[key] = value
