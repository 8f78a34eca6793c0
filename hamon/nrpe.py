"""Asking a host through NRPE, or through a command that stands for it (``--via``): command lines, and times within times."""

import shlex
from typing import NamedTuple

from hamon.errors import UsageError

SUDO = ("/usr/bin/sudo", "-n")

# A plugin ends before check_nrpe gives up on it, and check_nrpe before Nagios: otherwise a slow answer reads as a dead agent.
PLUGIN_HEADROOM = 3  # seconds that a plugin must be done before check_nrpe gives up on it
CENTRAL_HEADROOM = 2  # seconds that a cluster check gets beyond one check_nrpe call
SERVICE_CHECK_TIMEOUT = 60  # seconds, Nagios' default: what runs longer there is killed
GRACE = 3  # seconds that check_nrpe, or what --via names, may be late before it is killed


class Nrpe(NamedTuple):
    """How the Nagios server asks NRPE. ``timeout`` in seconds is check_nrpe's; plugins get less, Nagios waits longer.

    ``sudo`` is what stands before checks that need root, empty where NRPE's ``user`` has the rights itself.
    """

    program: str = "/usr/lib/nagios/plugins/check_nrpe"
    port: int = 5666
    timeout: int = 15
    ca: str = ""
    cert: str = ""
    key: str = ""
    sudo: tuple[str, ...] = SUDO
    user: str = "nagios"


def connection(nrpe: Nrpe, timeout: str = "") -> tuple[str, ...]:
    """check_nrpe's options but for the host and the command to ask for.

    ``timeout`` is by default that of the settings, after which a silent agent is UNKNOWN, not CRITICAL.
    """
    certificates = (("-C", nrpe.cert), ("-K", nrpe.key), ("-A", nrpe.ca))
    tls = (word for flag, file in certificates if file for word in (flag, file))
    return ("-p", str(nrpe.port), "-u", "-t", timeout or f"{nrpe.timeout}:UNKNOWN", *tls)


def asking(nrpe: Nrpe, address: str, command: str = "") -> tuple[str, ...]:
    """The command line that asks a host's agent for ``command``, or only whether it answers."""
    return (nrpe.program, "-H", address, *connection(nrpe), *(("-c", command) if command else ()))


def via(nrpe: Nrpe) -> str:
    """The command line by which a cluster check asks a member; ``{address}``, ``{timeout}`` and ``{command}`` stay in it."""
    words = (nrpe.program, "-H", "{address}", *connection(nrpe, "{timeout}"), "-c", "{command}")
    return " ".join(word if word.startswith("{") else shlex.quote(word) for word in words)


def fill(template: str, address: str, name: str, command: str, seconds: float) -> list[str]:
    """The words of a ``--via`` command for one host, which gets ``seconds``. Raises UsageError when it is not a template."""
    try:
        words = [
            word.format(address=address, name=name, command=command, timeout=max(1, int(seconds)))
            for word in shlex.split(template)
        ]
    except KeyError as missing:
        raise UsageError(
            f"--via {template!r}: {{{missing.args[0]}}} is unknown; there are {{address}} {{name}} {{command}} {{timeout}}"
        ) from None
    except (ValueError, IndexError, AttributeError) as error:
        raise UsageError(f"--via {template!r}: {error}") from None
    if not words:
        raise UsageError("--via is empty: give the command that asks a host, such as: ssh {address} {command}")
    return words
