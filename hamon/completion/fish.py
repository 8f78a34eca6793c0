"""The completion script for fish: one ``complete`` for each option, with the command line that it belongs to."""

from collections.abc import Iterator, Sequence

from hamon.completion.lines import Kind, Line, Value

WALK = """\
function __hamon_at
    set -l words (commandline -opc)
    set -l line (string replace -r '.*/' '' -- $words[1])
    for word in $words[2..]
        contains -- "$line $word" $__hamon_lines; and set line "$line $word"
    end
    test "$line" = "$argv[1]"
end

"""


def script(lines: Sequence[Line]) -> str:
    """The whole script. ``hamon completion fish | source``, or a file in a folder of ``fish_complete_path``."""
    known = " ".join(_quoted(line.name) for line in lines)
    return "".join([
        "# Completion of hamon and its checks in fish, made by: hamon completion fish\n\n",
        f"set -g __hamon_lines {known}\n{WALK}",
        *(f"{text}\n" for line in lines for text in _of_line(line)),
    ])  # fmt: skip


def _of_line(line: Line) -> Iterator[str]:
    command = line.name.split()[0]
    start = f"complete -c {command} -n " + _quoted(f'__hamon_at "{line.name}"')
    files = not line.below and line.value and line.value.kind in (Kind.FILE, Kind.DIRECTORY)
    yield start if files else f"{start} -f"
    for name, text in line.below:
        yield f"{start} -a {name} -d {_quoted(text)}"
    if line.value and line.value.words:
        yield f"{start} -a {_quoted(' '.join(line.value.words))}"
    for flag in line.flags:
        names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in flag.names)
        yield f"{start} {names}{_taken(flag.value)} -d {_quoted(flag.help)}"


def _taken(value: Value | None) -> str:
    if value is None:
        return ""
    if value.kind is Kind.DIRECTORY:
        return " -x -a '(__fish_complete_directories)'"
    return " -r -F" if value.kind is Kind.FILE else f" -x -a {_quoted(' '.join(value.words))}"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
