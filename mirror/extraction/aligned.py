"""Tables set with blanks alone: rows of words under each other, read where there can be no doubt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mirror.extraction.lines import BLANKS, SLIP, columns, is_table_line

#: Two columns of blank behind a word. A blank comes first, for few characters are one.
_GAP = re.compile("[ \t\u3000\xa0](?<=[^ \t\u3000\xa0\n].)(?:(?<=[\t\u3000])|(?=[ \t\u3000\xa0]))")
#: A word and those that one column of blank sets apart from it.
_CELL = re.compile("[^ \t\u3000\xa0]+(?:[ \xa0][^ \t\u3000\xa0]+)*")
_FIGURE = re.compile(r"[-－—+]?[0-9][0-9.,，．%％]*\Z|[〃″—－-]+\Z")
_LEAST_ROWS = 3
_LEAST_CELLS = 3


class Cell(NamedTuple):
    """A cell of a line, with the columns it begins and ends at."""

    words: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Aligned:
    """A table without lines."""

    first: int  #: its first line
    end: int  #: the line after its last
    rows: tuple[tuple[str, ...], ...]


def has_gap(text: str) -> bool:
    """Whether blanks set any words of a text apart."""
    return _GAP.search(text) is not None


def spaced_lines(lines: Sequence[str], drawn: Sequence[bool] | None = None) -> dict[int, list[Cell]]:
    """The lines that look like rows set with blanks, by place: two or more together, each of three cells or more.

    Letter-spaced titles, whose words are all of one character, do not.

    Args:
        lines: The lines, without blanks at their ends.
        drawn: Which of them belong to drawn tables, if that is known; these do not count.
    """
    likely = (
        [at for at, line in enumerate(lines) if _GAP.search(line)]
        if drawn is None
        else [at for at, line in enumerate(lines) if not drawn[at] and _GAP.search(line)]
    )
    found: dict[int, list[Cell]] = {}
    if len(likely) < 2:
        return found
    for at in likely:
        cells = _cells(lines[at])
        if len(cells) >= _LEAST_CELLS and any(len(cell.words) > 1 for cell in cells):
            found[at] = cells
    return {at: cells for at, cells in found.items() if at - 1 in found or at + 1 in found}


def aligned_lines(spaced: dict[int, list[Cell]]) -> set[int]:
    """Which of `spaced_lines` stand so under or above another that they are rows, and no lines of prose.

    A row may lack a cell; those it has stand under cells of the other.
    """
    found: set[int] = set()
    for at, cells in spaced.items():
        if below := spaced.get(at + 1):
            fewer, more = sorted((cells, below), key=len)
            if all(any(_in_column(one, other) for other in more) for one in fewer[1:]):
                found.update((at, at + 1))
    return found


def has_unread(lines: Sequence[str]) -> bool:
    """Whether lines look like rows set with blanks, and are neither a caption nor what `read_aligned` is sure of."""
    spaced = {at for at in spaced_lines(lines) if "单位" not in lines[at]}
    return bool(spaced) and not spaced <= {
        at for table in read_aligned(lines) for at in range(table.first, table.end)
    }


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
            rows = tuple(tuple(cell.words for cell in _cells(line)) for line in lines[at:end])
            figures = sum(all(_FIGURE.match(row[column]) for row in rows[1:]) for column in range(len(cells)))
            if figures >= 2:
                found.append(Aligned(at, end, rows))
        at = end
    return found


def _cells(line: str) -> list[Cell]:
    """Words set apart by two columns of blank or more."""
    if is_table_line(line) or not line.strip(BLANKS):
        return []
    return [
        Cell(found[0], columns(line[: found.start()]), columns(line[: found.end()])) for found in _CELL.finditer(line)
    ]


def _in_column(above: Cell, below: Cell) -> bool:
    """Whether two cells begin or end in one column."""
    return abs(above.start - below.start) <= SLIP or abs(above.end - below.end) <= SLIP


def _stand_under(above: list[Cell], below: list[Cell]) -> bool:
    """Whether each cell of one line overlaps just the cell of its column in the other."""
    if len(above) != len(below):
        return False
    for column, (_, start, end) in enumerate(below):
        for other, (_, left, right) in enumerate(above):
            if (start < right and left < end) != (column == other):
                return False
    return True
