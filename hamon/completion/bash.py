"""The completion script for bash: tables of what may stand where, and one function that reads them."""

from collections.abc import Iterator, Sequence

from hamon.completion.lines import Flag, Kind, Line, Value

HEAD = """\
# Completion of hamon and its checks in bash, made by: hamon completion bash

# Of the command line $1: its options, and what a word there may be. Fails when there is no such line.
_hamon_line() {
  flags= words= kind=any
  case $1 in
"""
BETWEEN = """\
  *) return 1 ;;
  esac
}

# What follows the option $2 of the command line $1. Fails when it takes nothing.
_hamon_value() {
  words= kind=any
  case "$1 $2" in
"""
TAIL = """\
  *) return 1 ;;
  esac
}

_hamon() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} line=${COMP_WORDS[0]##*/}
  local flags words kind index joined=
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    _hamon_line "$line ${COMP_WORDS[index]}" && line+=" ${COMP_WORDS[index]}"
  done
  # bash takes an equals sign for a word of its own
  if [[ $current == '=' ]]; then
    current= joined=yes
  elif [[ $before == '=' ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]} joined=yes
  fi
  if ! _hamon_value "$line" "$before"; then
    [[ -n $joined ]] && return
    _hamon_line "$line" || return
    [[ $current == -* || $kind$words == any ]] && words=$flags kind=word
  fi
  case $kind in
  file) compopt -o filenames && mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
  directory) compopt -o filenames && mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
  word) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current") ;;
  part) compopt -o nospace && mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current") ;;
  esac
}

"""


def script(lines: Sequence[Line]) -> str:
    """The whole script. ``source <(hamon completion bash)``, or a file below bash-completion's folder."""
    names = sorted({line.name.split()[0] for line in lines})
    return "".join([
        HEAD, *map(_of_line, lines), BETWEEN, *(arm for line in lines for arm in _of_values(line)),
        TAIL, f"complete -F _hamon {' '.join(names)}\n",
    ])  # fmt: skip


def _of_line(line: Line) -> str:
    flags = " ".join(name for flag in line.flags for name in flag.names)
    words = _assigned(Value("", Kind.WORD, tuple(name for name, _ in line.below)) if line.below else line.value)
    return f"  '{line.name}') flags='{flags}'{f' {words}' if words else ''} ;;\n"


def _of_values(line: Line) -> Iterator[str]:
    """One arm for all options of a line that take the same."""
    taking: dict[tuple[Kind, tuple[str, ...]], list[Flag]] = {}
    for flag in line.flags:
        if flag.value:
            taking.setdefault((flag.value.kind, flag.value.words), []).append(flag)
    for flags in taking.values():
        pattern = " | ".join(f"'{line.name} {name}'" for flag in flags for name in flag.names)
        yield f"  {pattern}) {_assigned(flags[0].value)} ;;\n"


def _assigned(value: Value | None) -> str:
    """``kind`` and ``words`` of a value. Words are names of commands, checks and thresholds: nothing a shell would read."""
    if value is None:
        return ""
    return f"kind={value.kind.value}" + (f" words='{' '.join(value.words)}'" if value.words else "")
