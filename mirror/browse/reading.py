"""A reading text as blocks to set on a page: paragraphs, items, tables, lines that stand alone.

Only how it looks is decided here; every character of the text is in the blocks, but for the lines that drew a
table (its cells are there instead) and empty lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from mirror.extraction.lines import BLANKS, indent_of
from mirror.extraction.tables import read_tables

_ITEM = re.compile("【([^【】\n]{1,60})】")
#: A line indented further than a paragraph is centred or set to the right by hand.
_FARTHEST_PARAGRAPH = 6
#: Columns of a line and of the blank before it, twice, if it is centred on one of 74, 80 or 110, a little off or not.
_CENTRED = (*range(70, 85), *range(106, 115))
_RIGHT = 24


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a page."""

    kind: Literal["paragraph", "item", "line", "centred", "right", "table"]
    text: str = ""
    heading: str = ""
    number: int = 0  #: of an item or a table, from 1
    caption: str | None = None
    rows: tuple[tuple[str, ...], ...] = ()


def blocks(text: str) -> list[Block]:
    """The blocks of a reading text, in order."""
    lines = text.split("\n")
    found: list[Block] = []
    at = items = 0
    for number, table in enumerate(read_tables(lines) if "│" in text or "┃" in text or "║" in text else (), 1):
        above, items = _lines(_without_caption(lines[at : table.first], table.table.caption), items)
        found += above
        found.append(Block("table", number=number, caption=table.table.caption, rows=table.table.rows))
        at = table.end
    below, _ = _lines(lines[at:], items)
    return found + below


def _without_caption(lines: list[str], caption: str | None) -> list[str]:
    """The lines before a table, without those its caption was read from, if they say no more than it does."""
    if not caption:
        return lines
    end = len(lines)
    while end and not lines[end - 1].strip(BLANKS):
        end -= 1
    parts: list[str] = []
    for at in range(end - 1, max(-1, end - 4), -1):
        parts.insert(0, lines[at].strip(BLANKS))
        if " ".join(part for part in parts if part) == caption:
            return lines[:at]
    return lines


def _lines(lines: list[str], items: int) -> tuple[list[Block], int]:
    found: list[Block] = []
    for line in lines:
        text = line.strip(BLANKS)
        if not text:
            continue
        indent = indent_of(line)
        item = _ITEM.match(text)
        if item:
            items += 1
            found.append(Block("item", text=text[item.end() :], heading=item[1], number=items))
        elif indent > _FARTHEST_PARAGRAPH:
            right = indent >= _RIGHT and len(text) <= 40 and 2 * indent + _columns(text) not in _CENTRED
            found.append(Block("right" if right else "centred", text=text))
        elif indent:
            found.append(Block("paragraph", text=text))
        else:
            found.append(Block("line", text=text))
    return found, items


def _columns(text: str) -> int:
    return sum(1 if one.isascii() else 2 for one in text)
