"""A fence agent for the lab: asks the supervisor, in the part of the hosts' management controllers, to power a host off.

Run by pacemaker-fenced as every agent is (Fence Agent API of ClusterLabs): `name=value` lines on stdin, the verdict is the
exit code. Stand-alone and with the standard library alone; `controller` is the path of the lab's control socket.
"""

import json
import socket
import sys
from typing import TextIO

METADATA = """<?xml version="1.0" ?>
<resource-agent name="fence_legacy" shortdesc="Fence agent for the hosts of a pocket lab">
<longdesc>Asks the lab's supervisor to power a host off.</longdesc>
<vendor-url></vendor-url>
<parameters>
<parameter name="action" required="1"><content type="string" default="off"/><shortdesc>what to do</shortdesc></parameter>
<parameter name="nodename" required="0"><content type="string"/><shortdesc>the host</shortdesc></parameter>
<parameter name="controller" required="1"><content type="string"/><shortdesc>control socket</shortdesc></parameter>
</parameters>
<actions>
<action name="on"/><action name="off"/><action name="reboot"/><action name="status"/><action name="list"/>
<action name="monitor"/><action name="metadata"/>
</actions>
</resource-agent>
"""
PATIENCE = 8.0
"""Seconds the management controller may take."""
OFF = 2
"""Exit code of `status` for a host that is off."""


def options(lines: TextIO) -> dict[str, str]:
    """The `name=value` lines; comments and empty lines are skipped."""
    pairs = (line.strip().partition("=") for line in lines)
    return {name: value for name, equals, value in pairs if equals and not name.startswith("#")}


def ask(controller: str, action: str, host: str) -> bool:
    """Whether the host has power after that action: `off`, `status`, or `monitor` for the controller itself.

    Raises OSError when there is no answer, RuntimeError with the controller's words when it refuses.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(PATIENCE)
        connection.connect(controller)
        connection.sendall(json.dumps({"do": "power", "action": action, "host": host}).encode() + b"\n")
        with connection.makefile(encoding="utf-8") as lines:
            answer = json.loads(lines.readline() or '{"error": "no answer"}')
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return bool(answer["value"])


def main(given: dict[str, str]) -> int:
    """The exit code for one call."""
    action, host = given.get("action", "off"), given.get("nodename", "")
    # a host of the lab is powered on by its operator alone
    action = "off" if action == "reboot" else action
    if action == "metadata":
        print(METADATA)
        return 0
    if action in ("on", "list"):
        return 0
    try:
        powered = ask(given["controller"], action, host)
    except (OSError, RuntimeError, KeyError) as error:
        print(f"{action} {host}: {error}", file=sys.stderr)
        return 1
    if action == "off":
        return int(powered)
    return 0 if powered else OFF


if __name__ == "__main__":
    sys.exit(main(options(sys.stdin)))
