"""Plain text tables that fit the terminal."""

import shutil
from collections.abc import Sequence

WIDEST = 200


def table(head: Sequence[str], rows: Sequence[Sequence[str]], width: int | None = None, whole: bool = False) -> str:
    """``rows`` below ``head`` in columns. Unless they are wanted ``whole``, to be copied or searched, lines fit ``width``
    (default: the terminal): the widest column is cut.
    """
    widths = [max(len(str(row[i])) for row in (head, *rows)) for i in range(len(head))]
    if not whole:
        width = width or min(WIDEST, shutil.get_terminal_size((160, 24)).columns)
        widest = max(range(len(head)), key=widths.__getitem__)
        excess = sum(widths) + 2 * (len(head) - 1) - width
        widths[widest] = max(20, widths[widest] - max(0, excess))

    def line(row: Sequence[str]) -> str:
        cells = (
            text if len(text := str(cell)) <= size else text[: size - 3] + "..."
            for cell, size in zip(row, widths, strict=True)
        )
        return "  ".join(cell.ljust(size) for cell, size in zip(cells, widths, strict=True)).rstrip()

    return "\n".join([line(head), line(["-" * size for size in widths]), *map(line, rows)])
