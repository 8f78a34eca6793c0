"""``hamon lab``: the pocket cloud (the same as ``python -m hamon.lab``)."""

import argparse

from hamon.commands import Command


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "words",
        nargs=argparse.REMAINDER,
        metavar="VERB ...",
        help="up, break, heal, status, exec, failures, down, ...; VERB --help has more",
    )


def _run(args: argparse.Namespace) -> int:
    from hamon.lab.__main__ import main

    return main(args.words)


def _below() -> argparse.ArgumentParser:
    from hamon.lab.__main__ import parser

    return parser()


COMMAND = Command(
    "lab",
    "a real highly available cloud in a pocket, and everything that can be broken in it",
    _options,
    _run,
    ((0, "done"), (1, "failed; `hamon lab status`: something is broken"), (3, "asked for what does not exist")),
    _below,
)
