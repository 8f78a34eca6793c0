"""``hamon plan``: what would be watched, as a table or as JSON, before anything is written."""

import argparse
import json
import shlex
import sys
import textwrap

from hamon.commands import Command
from hamon.inventory import load
from hamon.plan import Plan, make_plan
from hamon.table import WIDEST, table
from hamon.words import counted


def inventory_options(parser: argparse.ArgumentParser, required: bool = True) -> None:
    """Add the options by which every planning command reads its inventory, which some can do without."""
    parser.add_argument(
        "-i",
        "--inventory",
        required=required,
        action="append",
        metavar="SOURCE",
        help="inventory file, directory or script, or - for a listing on stdin; several are joined as Ansible does",
    )
    parser.add_argument(
        "--globals",
        metavar="FILE",
        help="kolla-ansible's globals.yml or openstack-ansible's user_variables.yml, when it is not beside the inventory",
    )
    parser.add_argument("--settings", metavar="FILE", help="further settings, as in the inventory's hamon section")
    parser.add_argument("--ansible-inventory", action="store_true", help="let Ansible read the inventory, not hamon")


def read_plan(args: argparse.Namespace, via: str = "") -> Plan:
    """The plan that the options of ``inventory_options`` ask for; its findings go to stderr."""
    from hamon.catalogue import components

    switches = {component.name: component.switch for component in components()}
    inventory = load(args.inventory, args.globals, args.settings, args.ansible_inventory, switches)
    plan = make_plan(inventory, components(), via)
    for finding in plan.findings:
        print(note(finding), file=sys.stderr)
    return plan


def note(text: str) -> str:
    """A finding for people: a long one, a list of groups say, in several lines."""
    return textwrap.fill(
        f"note: {text}", WIDEST, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def _options(parser: argparse.ArgumentParser) -> None:
    inventory_options(parser)
    parser.add_argument("--json", action="store_true", help="the whole plan as JSON")


def _run(args: argparse.Namespace) -> int:
    plan = read_plan(args)
    print(as_json(plan) if args.json else as_table(plan))
    return 0


def as_json(plan: Plan) -> str:
    """The plan as JSON, items in the plan's order."""
    checks = [
        {
            "host": check.host,
            "check": check.check,
            "component": check.component,
            "where": check.where,
            "tier": check.tier,
            **check.timing._asdict(),
            "argv": check.argv,
            "depends": ["/".join(pair) for pair in check.depends],
            "title": check.title,
        }
        for check in plan.checks
    ]
    facts = [{"host": fact.host, "command": fact.command, "argv": fact.argv} for fact in plan.facts]
    document = {
        "source": plan.source,
        "plan": plan.digest,
        "hosts": [host._asdict() for host in plan.hosts],
        "checks": checks,
        "facts": facts,
        "findings": plan.findings,
        "groups_without_checks": plan.unwatched_groups,
    }
    return json.dumps(document, indent=2)


def as_table(plan: Plan) -> str:
    """The plan as text: one line for each item, then the sums."""
    rows = [
        (check.host, check.check, check.where, check.tier, f"{check.timing.interval:g}s", shlex.join(check.argv))
        for check in plan.checks
    ]
    pseudo = sum(host.kind != "host" for host in plan.hosts)
    sums = (
        f"{counted(len(plan.checks), 'check')} on {counted(len(plan.hosts) - pseudo, 'host')} "
        f"and {counted(pseudo, 'pseudo-host')}; plan {plan.digest}"
    )
    return f"{table(('host', 'check', 'where', 'tier', 'every', 'command'), rows, whole=True)}\n\n{sums}"


COMMAND = Command("plan", "show what would be watched, before anything is written", _options, _run)
