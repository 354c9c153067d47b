"""Drawn tables with all that is said of them: number, caption, unit, and which table goes on in which."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mirror.extraction.tables import read_tables

_NUMBER = re.compile(
    r"(?P<again>续?)附?表[ \u3000]*(?P<number>[0-9一二三四五六七八九十]+(?:[-—－·.．][0-9]+)*)?(?![\w，。])"
)
_AGAIN = re.compile(r"\A[（(]?续(?:表|上表|前表)?")


@dataclass(frozen=True, slots=True)
class DrawnTable:
    """A box-drawn table."""

    first: int  #: its first line
    end: int  #: the line after its last
    number: str | None  #: such as 1-1-1
    caption: str | None  #: all that names it
    unit: str | None
    rows: tuple[tuple[str, ...], ...]
    continues: int | None  #: place of the table that goes on here


def number_of(caption: str | None) -> str | None:
    """The number of a table as its caption says it."""
    named = _NUMBER.search(caption) if caption else None
    return named["number"] if named else None


def read_drawn(lines: Sequence[str]) -> list[DrawnTable]:
    """The tables of a text in order. One that says it continues another (续表), with as many columns, does."""
    found: list[DrawnTable] = []
    for block in read_tables(lines):
        caption, rows = block.table.caption, block.table.rows
        number = number_of(caption)
        continues = None
        if caption and _AGAIN.match(caption):
            for place in range(len(found) - 1, -1, -1):
                earlier = found[place]
                if number in (None, earlier.number):
                    if len(earlier.rows[0]) == len(rows[0]):
                        continues = place
                        number = number or earlier.number
                    break
        found.append(DrawnTable(block.first, block.end, number, caption, block.unit, rows, continues))
    return found
