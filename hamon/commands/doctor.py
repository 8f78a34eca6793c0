"""``hamon doctor``: what is planned and cannot work, with the cure, on a node or on the Nagios server.

Exit codes: 0 nothing wrong, 1 problems, 3 usage.
"""

import argparse
import shlex
from collections.abc import Iterator

from hamon import catalogue
from hamon.commands import Command
from hamon.commands.plan import inventory_options, read_plan
from hamon.doctor import node, server
from hamon.doctor.finding import Finding, State, ordered
from hamon.doctor.machine import Here, Machine
from hamon.doctor.nrpe_cfg import MAIN
from hamon.doctor.show import as_json, as_table
from hamon.errors import UsageError
from hamon.nagios_objects.machine import main_file
from hamon.options import seconds

AGENTS = 60.0  # seconds for all agents together


def _options(parser: argparse.ArgumentParser) -> None:
    inventory_options(parser, required=False)
    parser.add_argument(
        "--nrpe-cfg", default=MAIN, metavar="FILE", help=f"on a node: NRPE's configuration (default {MAIN})"
    )
    parser.add_argument(
        "--nagios-cfg", metavar="FILE", help="on the server: Nagios' (default: where distributions have it)"
    )
    parser.add_argument(
        "-o", "--output", default="", metavar="DIR", help="on the server: gen-objects' (default: found by nagios.cfg)"
    )
    parser.add_argument(
        "-t", "--timeout", type=seconds, default=AGENTS, metavar="SECONDS", help=f"for all agents (default {AGENTS:g})"
    )
    parser.add_argument("--json", action="store_true", help="all findings as JSON")
    parser.add_argument("-v", "--verbose", action="store_true", help="show what is well, too")


def examined(args: argparse.Namespace, machine: Machine) -> Iterator[Finding]:
    """The findings: with an inventory about the Nagios server, without one about this node."""
    if not args.inventory:
        if args.globals or args.settings or args.ansible_inventory:
            raise UsageError("-i INVENTORY is missing")
        return node.examine(machine, args.nrpe_cfg, catalogue.checks())
    words = [f"-i {shlex.quote(source)}" for source in args.inventory]
    words += [
        f"--{key} {shlex.quote(value)}" for key in ("globals", "settings") if (value := getattr(args, key)) is not None
    ]
    words += ["--ansible-inventory"] if args.ansible_inventory else []
    what = server.Server(
        read_plan(args), args.nagios_cfg or main_file() or "", args.output.rstrip("/"), args.timeout, " ".join(words)
    )
    return server.examine(machine, what, catalogue.checks())


def _run(args: argparse.Namespace) -> int:
    findings = ordered(examined(args, Here()))
    print(as_json(findings) if args.json else as_table(findings, args.verbose))
    return int(any(finding.state is State.PROBLEM for finding in findings))


COMMAND = Command("doctor", "find what is planned and cannot work, with the cure for each", _options, _run)
