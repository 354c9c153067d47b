"""Tables set with blanks alone: columns of figures under each other, where there can be no doubt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mirror.extraction.lines import BLANKS, columns, is_table_line

_CELL = re.compile(r"[^ \t\u3000\xa0]+(?: [^ \t\u3000\xa0]+)*")
_FIGURE = re.compile(r"[-－—+]?[0-9][0-9.,，．%％]*\Z|[〃″—－-]+\Z")
_LEAST_ROWS = 3
_LEAST_CELLS = 3


@dataclass(frozen=True, slots=True)
class Aligned:
    """A table without lines."""

    first: int  #: its first line
    end: int  #: the line after its last
    rows: tuple[tuple[str, ...], ...]


def read_aligned(lines: Sequence[str]) -> list[Aligned]:
    """The tables set with blanks: at least three lines together with as many cells, at least three, each standing

    under the one above, and at least two columns of nothing but figures below the first line.
    """
    found: list[Aligned] = []
    at = 0
    while at < len(lines):
        cells = _cells(lines[at])
        end = at + 1
        if len(cells) >= _LEAST_CELLS:
            while end < len(lines) and _stand_under(cells, _cells(lines[end])):
                end += 1
        if end - at >= _LEAST_ROWS:
            rows = tuple(tuple(word for word, _, _ in _cells(line)) for line in lines[at:end])
            figures = sum(all(_FIGURE.match(row[column]) for row in rows[1:]) for column in range(len(cells)))
            if figures >= 2:
                found.append(Aligned(at, end, rows))
        at = end
    return found


def _cells(line: str) -> list[tuple[str, int, int]]:
    """Words set apart by two columns of blank or more, with the columns they begin and end at."""
    if is_table_line(line) or not line.strip(BLANKS):
        return []
    return [
        (match[0], columns(line[: match.start()]), columns(line[: match.end()])) for match in _CELL.finditer(line)
    ]


def _stand_under(above: list[tuple[str, int, int]], below: list[tuple[str, int, int]]) -> bool:
    """Whether each cell of one line overlaps just the cell of its column in the other."""
    if len(above) != len(below):
        return False
    for column, (_, start, end) in enumerate(below):
        for other, (_, left, right) in enumerate(above):
            if (start < right and left < end) != (column == other):
                return False
    return True
