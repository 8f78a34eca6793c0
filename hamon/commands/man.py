"""``hamon man``: the manual pages, hamon(1) and check_NAME(8); one on standard output, or all in a folder of MANPATH."""

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path

from hamon import catalogue
from hamon.catalogue import check_named
from hamon.commands import Command, commands
from hamon.commands.completion import every_line
from hamon.manual import check as of_check
from hamon.manual import command as of_command


def _date() -> str:
    """Today, or the day of $SOURCE_DATE_EPOCH: two builds of one source have the same pages."""
    return time.strftime("%Y-%m-%d", time.gmtime(float(os.environ.get("SOURCE_DATE_EPOCH") or time.time())))


def of_hamon(date: str) -> str:
    """hamon(1)."""
    programs = sorted(check.program for check in catalogue.checks().values())
    return of_command.page(tuple(commands().values()), every_line(), programs, date)


def pages(date: str) -> Iterator[tuple[str, str]]:
    """(path below a folder of MANPATH, text) of every page."""
    yield f"man{of_command.SECTION}/hamon.{of_command.SECTION}", of_hamon(date)
    for component in catalogue.components():
        for check in component.checks:
            path = f"man{of_check.SECTION}/{check.program}.{of_check.SECTION}"
            yield path, of_check.page(check, component, date)


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="CHECK", help="one check: its page instead of hamon(1)")
    parser.add_argument("--write", type=Path, metavar="DIR", help="write all pages into DIR/man1 and DIR/man8")


def _run(args: argparse.Namespace) -> int:
    date = _date()
    if args.write:
        every = dict(pages(date))
        for path, text in every.items():
            (args.write / path).parent.mkdir(parents=True, exist_ok=True)
            (args.write / path).write_text(text, encoding="ascii")
        print(f"{len(every)} manual pages in {args.write}")
    elif args.name:
        check = check_named(args.name)
        print(of_check.page(check, catalogue.component_of(check), date), end="")
    else:
        print(of_hamon(date), end="")
    return 0


COMMAND = Command("man", "print a manual page (hamon man | man -l -), or write all of them", _options, _run)
