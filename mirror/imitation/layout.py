"""How the old database set its texts: hard lines at a book's width in GBK bytes, tables drawn in characters."""

from __future__ import annotations

from typing import Literal

#: hang: closing punctuation may stand beyond the edge; cut: a line ends as soon as the width is reached.
Rule = Literal["hang", "cut"]

_CLOSING = frozenset("，。、；：？！）》」』”’％%,.;:?!)")


def width_of(text: str) -> int:
    """Width in GBK bytes: ASCII 1, everything else 2."""
    return sum(1 if character < "\x80" else 2 for character in text)


def wrap(text: str, width: int, rule: Rule, indent: str) -> list[str]:
    """A paragraph as hard lines, the first one indented."""
    lines, line, used = [], indent, width_of(indent)
    for character in text:
        size = 1 if character < "\x80" else 2
        full = used + size > width if rule == "hang" else used >= width
        if full and not (rule == "hang" and character in _CLOSING and used + size <= width + 4):
            lines.append(line)
            line, used = "", 0
        line += character
        used += size
    return [*lines, line]


def centred(text: str, width: int) -> str:
    return " " * max(0, (width - width_of(text)) // 2) + text


def right_aligned(text: str, width: int) -> str:
    return " " * max(4, width - width_of(text) - 8) + text


def table(rows: tuple[tuple[str, ...], ...], cell_width: int = 12, *, ended: bool = True) -> list[str]:
    """A table in box-drawing characters; long cells go over several lines.

    Args:
        rows: All of one length.
        cell_width: GBK bytes of a cell, even.
        ended: False for one of those whose last line is missing.
    """
    columns, dash = len(rows[0]), cell_width // 2
    lines = ["┏" + "┯".join("━" * dash for _ in range(columns)) + "┓"]
    for number, row in enumerate(rows):
        if number:
            lines.append("┠" + "┼".join("─" * dash for _ in range(columns)) + "┨")
        cells = [_cell(cell, cell_width) for cell in row]
        for depth in range(max(map(len, cells))):
            parts = [cell[depth] if depth < len(cell) else " " * cell_width for cell in cells]
            lines.append("┃" + "│".join(parts) + "┃")
    if ended:
        lines.append("┗" + "┷".join("━" * dash for _ in range(columns)) + "┛")
    return lines


def _cell(text: str, width: int) -> list[str]:
    lines, line = [], ""
    for character in text:
        if width_of(line + character) > width:
            lines.append(line)
            line = ""
        line += character
    lines.append(line)
    return [part + " " * (width - width_of(part)) for part in lines]
