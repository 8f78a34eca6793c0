"""``hamon checks``: the catalogue; one check's page; or all pages written as documentation."""

import argparse
from pathlib import Path

from hamon import catalogue
from hamon.commands import Command
from hamon.pages import page
from hamon.plan.model import place
from hamon.table import table
from hamon.verdict import OK


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="CHECK", help="one check: its page instead of the list")
    parser.add_argument("--write", type=Path, metavar="DIR", help="write every check's page into DIR")


def _run(args: argparse.Namespace) -> int:
    if args.name:
        check = catalogue.check_named(args.name)
        print(page(check, catalogue.component_of(check)), end="")
        return int(OK)
    every = [(check, component) for component in catalogue.components() for check in component.checks]
    if args.write:
        args.write.mkdir(parents=True, exist_ok=True)
        for check, component in every:
            (args.write / f"{check.program}.md").write_text(page(check, component), encoding="utf-8")
        print(f"{len(every)} pages in {args.write}")
    else:
        print(
            table(
                ("check", "component", "where", "tier", "question"),
                [(c.program, k.name, place(c), c.tier, c.title) for c, k in every],
            )
        )
        print("\nhamon checks NAME prints a check's page, with a real call and what it answered")
    return int(OK)


COMMAND = Command("checks", "the checks there are, and their pages", _options, _run)
