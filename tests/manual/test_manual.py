"""Manual pages: whole, without a warning from any formatter, and in step with the statements."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hamon import __version__, catalogue
from hamon.check import Check
from hamon.cli import main
from hamon.commands import commands
from hamon.commands.man import pages
from hamon.manual import roff
from tests.programs import needs

PAGES = dict(pages("2026-01-02"))
NAMES = sorted(PAGES)


def shown(path: str, where: Path) -> str:
    """A page as a person reads it, 500 columns wide, its words with one space between them."""
    (where / "page").write_text(PAGES[path])
    argv = [needs("mandoc"), "-Tutf8", "-O", "width=500", str(where / "page")]
    text = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    return " ".join(re.sub(r".\x08", "", text).split())


def test_there_is_one_for_hamon_and_for_each_check() -> None:
    assert sorted(["man1/hamon.1", *(f"man8/{check.program}.8" for check in catalogue.checks().values())]) == NAMES


@pytest.mark.parametrize("path", NAMES)
def test_no_formatter_warns(path: str, tmp_path: Path) -> None:
    (tmp_path / "page").write_text(PAGES[path], encoding="ascii")
    for argv in (
        ["groff", "-ww", "-man", "-Tutf8", "-z"],
        ["man", "--warnings", "-l"],
        ["mandoc", "-Tlint", "-Wstyle"],
    ):
        ran = subprocess.run(
            [needs(argv[0]), *argv[1:], str(tmp_path / "page")], capture_output=True, text=True, check=False,
            env={"PATH": "/usr/bin:/bin", "MANWIDTH": "80", "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        words = ran.stderr + (ran.stdout if argv[0] == "mandoc" else "")
        assert (words, ran.returncode) == ("", 0), argv


@pytest.mark.parametrize("path", NAMES)
def test_its_name_can_be_searched(path: str, tmp_path: Path) -> None:
    (tmp_path / "page").write_text(PAGES[path])
    ran = subprocess.run([needs("lexgrog"), str(tmp_path / "page")], capture_output=True, text=True, check=True)
    assert f': "{Path(path).stem} - ' in ran.stdout


@pytest.mark.parametrize("check", catalogue.checks().values(), ids=lambda check: check.name)
def test_the_page_of_a_check_has_all_that_it_states(check: Check[Any], tmp_path: Path) -> None:
    text = shown(f"man8/{check.program}.8", tmp_path)
    for stated in (
        check.title, *(flag for option in check.options for flag in option.flags), *(limit.help for limit in check.limits),
        *(step.command for advice in check.runbook.values() for step in advice.do if "{" not in step.command),
        *(advice.never for advice in check.runbook.values()), *([check.example.line] if check.example else ()),
        "3 (UNKNOWN)", f"hamon {__version__}", "2026-01-02",
    ):  # fmt: skip
        assert " ".join(stated.replace("`", "").split()) in text


def test_the_page_of_hamon_has_every_command_and_its_exit_codes(tmp_path: Path) -> None:
    text = shown("man1/hamon.1", tmp_path)
    for command in commands().values():
        assert f"hamon {command.name} [OPTION]..." in text
        assert command.help in text.replace(command.help[0].upper() + command.help[1:], command.help)
        for code, meaning in command.exits:
            assert f"{code}: {meaning.replace('`', '')}" in text


def test_what_is_typed_pastes_as_it_stands() -> None:
    assert roff.prose("do `a -b 'c'` ~now^") == r"do \fBa \-b \(aqc\(aq\fR \(tinow\(ha"
    assert roff.verbatim([".x", "a\\b", "…"])[3:6] == ["\\&.x", "a\\eb", "\\[u2026]"]


def test_one_page_is_printed_and_all_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["man", "--write", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"{len(PAGES)} manual pages in {tmp_path}\n"
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.glob("*/*")) == NAMES
    assert main(["man", "check_galera"]) == 0
    assert capsys.readouterr().out.startswith(".TH CHECK_GALERA 8 ")
    assert main(["man", "galeera"]) == 3
    assert "no check is called 'galeera'; did you mean galera?" in capsys.readouterr().err


def test_pages_have_the_day_of_their_source(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert main(["man"]) == 0
    assert capsys.readouterr().out.startswith('.TH HAMON 1 1970-01-02 "hamon ')
