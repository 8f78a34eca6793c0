"""The completion script for zsh: one call of ``_arguments`` for each command line."""

import re
from collections.abc import Iterator, Sequence

from hamon.completion.lines import Flag, Kind, Line, Value

WALK = """\
_hamon() {{
  local line=${{words[1]:t}}
  local -a below
  while (( CURRENT > 2 )); do
    case "$line $words[2]" in
    ({deeper}) line="$line $words[2]"; shift words; (( CURRENT-- )) ;;
    (*) break ;;
    esac
  done
  case $line in
"""
TAIL = """\
  esac
}

if [[ $funcstack[1] == _hamon ]]; then
  _hamon "$@"
else
"""
ACTIONS = {Kind.ANY: " ", Kind.FILE: "_files", Kind.DIRECTORY: "_files -/"}


def script(lines: Sequence[Line]) -> str:
    """The whole script. ``source <(hamon completion zsh)``, or the file ``_hamon`` in a folder of ``fpath``."""
    names = " ".join(sorted({line.name.split()[0] for line in lines}))
    deeper = "|".join(_quoted(line.name) for line in lines if " " in line.name)
    return "".join([
        f"#compdef {names}\n# Completion of hamon and its checks in zsh, made by: hamon completion zsh\n\n",
        WALK.format(deeper=deeper), *map(_of_line, lines), TAIL, f"  compdef _hamon {names}\nfi\n",
    ])  # fmt: skip


def _of_line(line: Line) -> str:
    described = " ".join(_quoted(f"{name}:{text}") for name, text in line.below)
    below = f"    below=({described})\n" if line.below else ""
    specs = [*map(_of_flag, line.flags), *_of_places(line)]
    return f"  ({_quoted(line.name)})\n{below}    _arguments \\\n      " + " \\\n      ".join(specs) + " ;;\n"


def _of_places(line: Line) -> Iterator[str]:
    if line.below:
        yield _quoted("*: :{_describe command below}")
    elif line.value:
        yield _quoted(f"*{_taken(line.value)}")


def _of_flag(flag: Flag) -> str:
    """Names that exclude each other, their help, and what they take."""
    joined = [name + ("" if flag.value is None else "=" if name.startswith("--") else "+") for name in flag.names]
    spec = f"[{_escaped(flag.help, '[]:')}]" + (_taken(flag.value) if flag.value else "")
    before = "*" if flag.many else f"({' '.join(flag.names)})"
    names = "{" + ",".join(joined) + "}" if len(joined) > 1 else joined[0]
    return f"{_quoted(before)}{names}{_quoted(spec)}"


def _taken(value: Value) -> str:
    words = " ".join(value.words)
    actions = {**ACTIONS, Kind.WORD: f"({words})", Kind.PART: f'{{compadd -S "" -- {words}}}'}
    return f":{_escaped(value.name, ':')}:{actions[value.kind]}"


def _escaped(text: str, characters: str) -> str:
    return re.sub(f"[{re.escape(characters)}\\\\]", r"\\\g<0>", text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
