"""Command lines that hamon planned, taken apart: what stands before the program, the program, and what its check makes of the words."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from hamon import __version__
from hamon.check import Check, Option, Options
from hamon.doctor.nrpe_cfg import Config
from hamon.errors import UsageError
from hamon.options import Printed, parse


class Call(NamedTuple):
    """One planned command: ``place`` is where it stands, ``before`` what stands before the program (sudo), ``options`` what
    its check made of its words; None, and ``wrong`` says why, where it takes them not.
    """

    name: str
    place: str
    before: tuple[str, ...]
    program: str
    words: tuple[str, ...]
    check: Check[Any] | None
    options: Options | None
    wrong: str = ""

    @property
    def as_root(self) -> bool:
        """Whether it runs through sudo."""
        return bool(self.before) and self.before[0].rpartition("/")[2] == "sudo"


def call(name: str, place: str, argv: tuple[str, ...], checks: Mapping[str, Check[Any]]) -> Call:
    """The command line ``argv`` taken apart. The program is the first word that is called ``check_...``."""
    start = next((n for n, word in enumerate(argv) if word.rpartition("/")[2].startswith("check_")), 0)
    before, program, words = argv[:start], argv[start], argv[start + 1 :]
    known = checks.get(program.rpartition("/")[2].removeprefix("check_"))
    if known is None:
        return Call(name, place, before, program, words, None, None, "hamon has no check of that name")
    try:
        return Call(name, place, before, program, words, known, parse(known, words))
    except Printed:
        return Call(name, place, before, program, words, known, None, "its words print a text instead of a verdict")
    except UsageError as error:
        return Call(name, place, before, program, words, known, None, str(error))


def calls_of(config: Config, checks: Mapping[str, Check[Any]]) -> Iterator[Call]:
    """The commands that hamon generated in NRPE's configuration, by name."""
    for name, line in sorted(config.commands.items()):
        if line.file not in config.generated:
            continue
        try:
            argv = tuple(shlex.split(line.value.replace("$$", "$")))
        except ValueError as error:
            yield Call(name, line.place, (), "", (), None, None, f"is not a command line: {error}")
            continue
        yield call(name, line.place, argv, checks)


def install(program: str) -> str:
    """The command that puts this version of hamon where ``program`` is, in a virtual environment."""
    folder = shlex.quote(program.rpartition("/")[0])
    return f"{folder}/pip install --upgrade hamon-openstack=={__version__}"


def value_of(option: Option, options: Options) -> Any:
    """The value of an option in one call."""
    long = next((flag for flag in option.flags if flag.startswith("--")), option.flags[0])
    return getattr(options, option.dest or long.lstrip("-").replace("-", "_"), None)
