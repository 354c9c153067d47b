"""Box-drawn tables to rows.

A table is a block of lines drawn with `┏━┯┓┃┠┨┗┷┛│─┼` and their kin. Between two ruled lines stands a band:
one row whose cells wrap over several lines, or, where a table has no lines between its rows, a row a line.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mirror.extraction.lines import BLANKS, SLIP, columns, columns_of_all, indent_of, is_table_line, table_lines
from mirror.extraction.page import Table

_BARS = "\u2502\u2503\u2551"
_BAR = re.compile("[\u2502\u2503\u2551]")
#: Where a horizontal line meets, crosses or ends at a vertical one.
_KNOT = re.compile("[\u250c-\u254b\u2552-\u256c]")
_HORIZONTAL = re.compile("[\u2500\u2501\u2504\u2505\u2508\u2509\u2550\u254c\u254d]")
_DRAWN_FIRST = frozenset("\u2500\u2501\u2504\u2505\u2508\u2509\u2550\u254c\u254d")
#: A piece of a line that is drawn instead of written, blanks at its ends taken off.
_DRAWN = re.compile("[\u2500\u2501\u2504\u2505\u2508\u2509\u2550\u254c\u254d \t\u3000\xa0]+\\Z")
_RULED = re.compile("[ \t\u3000\xa0]*[\u2500-\u257f]+[ \t\u3000\xa0]*\\Z")
_FIGURE = re.compile(r"[-－—+]?[0-9][0-9.,，．%％]*\Z|[〃″]+\Z|[-—－─…]{1,3}\Z")
#: A corner, or, where a table has no sides, a ruled line with tees on one side alone.
_TOP = re.compile(
    "[ \t\u3000\xa0]*(?:[\u250c-\u250f\u2552-\u2554]"
    "|[\u2500\u2501]+(?:[\u252c-\u2533][\u2500\u2501]*)+[ \t\u3000\xa0]*\\Z)"
)
_BOTTOM = re.compile(
    "[ \t\u3000\xa0]*(?:[\u2514-\u2517\u2558-\u255a]"
    "|[\u2500\u2501]+(?:[\u2534-\u253b][\u2500\u2501]*)+[ \t\u3000\xa0]*\\Z)"
)
_NUMBER_LINE = re.compile(
    "[ \t\u3000\xa0]*(?:续?附?表|续)\\s*[0-9一二三四五六七八九十]*(?:[-—－·.．][0-9]+)*(?![\\w，。])"
)
_UNIT = re.compile("(?:\\A|(?<=[ \t\u3000\xa0]))[（(]?(?:计量)?单位\\s*[：:].*\\Z")
_TITLE_ENDS = ("表", "情况", "统计", "一览", "名录", "名单")
_SENTENCE_END = frozenset("。！？；，、：")

_SIDES = frozenset("\u2502\u2503\u2551\u250c\u250f\u251c\u2520\u2523\u2514\u2517")
_OUTSIDE = BLANKS + "\u2500\u2501"
_LONGEST_LINE = 600  #: nobody drew a wider one

#: A caption takes no more lines than this, and none wider than this is one.
_CAPTION_LINES = 3
_CAPTION_COLUMNS = 100
_CENTERED = 6  #: a line so far indented is centered


@dataclass(frozen=True, slots=True)
class TableBlock:
    """Where a table stands among the lines of a text."""

    first: int
    end: int  #: line after the last
    table: Table
    unit: str | None = None  #: as 「单位：亩」 above the table says


def read_tables(lines: Sequence[str], drawn: Sequence[bool] | None = None) -> list[TableBlock]:
    """The tables among the lines of a text, in order. Missing ends are tolerated.

    Args:
        lines: The lines.
        drawn: Which of them `table_lines` says are drawn, if it was asked before.
    """
    found: list[TableBlock] = []
    at, floor = 0, 0
    if drawn is None:
        drawn = table_lines(lines)
    while at < len(lines):
        if not drawn[at]:
            at += 1
            continue
        first = at
        at += 1
        while at < len(lines) and not _BOTTOM.match(lines[at - 1]):
            if drawn[at] and not _TOP.match(lines[at]):
                at += 1
            elif (
                not lines[at].strip(BLANKS)
                and at + 1 < len(lines)
                and drawn[at + 1]
                and not _TOP.match(lines[at + 1])
            ):
                at += 1  # an empty line by mistake
            else:
                break
        while not lines[at - 1].strip(BLANKS):
            at -= 1
        rows = _read_rows(lines[first:at])
        if rows:
            found.append(
                TableBlock(first, at, Table(read_caption(lines, floor, first), rows), read_unit(lines, floor, first))
            )
        floor = at
    return found


def read_caption(lines: Sequence[str], floor: int, first: int) -> str | None:
    """The lines above a table that name it: its number, its title; not its unit, not a sentence."""
    parts: list[str] = []
    blank = False
    numbered = False
    for at in range(first - 1, max(floor, first - 1 - 2 * _CAPTION_LINES) - 1, -1):
        line = lines[at].strip(BLANKS)
        if not line:
            if blank or parts:
                break
            blank = True
            continue
        if "单位" in line:
            line = _UNIT.sub("", lines[at]).strip(BLANKS)
            if not line:
                continue
        if line[-1] in _SENTENCE_END or columns(line) > _CAPTION_COLUMNS or is_table_line(line):
            break
        is_number = _NUMBER_LINE.match(line) is not None
        centered = (indent := indent_of(lines[at])) >= _CENTERED
        if is_number:
            if numbered:
                break
            numbered = True
        elif not (centered or line.endswith(_TITLE_ENDS) or (not parts and indent != 4 and columns(line) <= 60)):
            break
        parts.append(line)
        if len(parts) == _CAPTION_LINES:
            break
    return " ".join(reversed(parts)) or None


def read_unit(lines: Sequence[str], floor: int, first: int) -> str | None:
    """The unit said above a table, in one of the lines that may be its caption."""
    for at in range(first - 1, max(floor, first - 1 - 2 * _CAPTION_LINES) - 1, -1):
        said = _UNIT.search(lines[at]) if "单位" in lines[at] else None
        if said:
            return said[0].partition("：" if "：" in said[0] else ":")[2].strip(BLANKS + "）)") or None
        line = lines[at].strip(BLANKS)
        if line and (line[-1] in _SENTENCE_END or columns(line) > _CAPTION_COLUMNS):
            break
    return None


def _read_rows(lines: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The rows of one table. Every row has as many cells as the table has columns; a cell merged over
    several columns or rows stands in the first of them, the others are empty."""
    ruled = [_RULED.match(line) is not None for line in lines]
    grid = _find_grid(lines, ruled)
    if grid is None:
        return ()
    bands: list[list[str]] = [[]]
    for line, drawn in zip(lines, ruled, strict=True):
        if drawn:
            if bands[-1] and _HORIZONTAL.search(line):
                bands.append([])
        elif line.strip(BLANKS):
            bands[-1].append(line)
    if not bands[-1]:
        bands.pop()
    rows: list[tuple[str, ...]] = []
    for number, band in enumerate(bands):
        split = [_split(line, grid) for line in band]
        if len(band) == 1 and not split[0].drawn:
            if any(split[0].cells):
                rows.append(tuple(split[0].cells))
            continue
        header = number == 0 and len(bands) > 1
        rows += _read_band(split, wrapped=header or (len(bands) >= 3 and not _has_columns_of_figures(split)))
    return tuple(rows)


class _Line(NamedTuple):
    """A line of a table, split into its cells."""

    cells: list[str]
    drawn: list[int]  #: which of them are drawn instead of written


def _has_columns_of_figures(band: Sequence[_Line]) -> bool:
    """Whether figures stand under figures: then each line is a row, for a figure hardly ever wraps."""
    seen: set[int] = set()
    for line in band:
        for index, words in enumerate(line.cells):
            if index and words and _FIGURE.match(words):
                if index in seen:
                    return True
                seen.add(index)
    return False


def _find_grid(lines: Sequence[str], ruled: Sequence[bool]) -> list[int] | None:
    """Columns at which the cells begin, the first one left out; None if there is no bar at all.

    The richest line tells the number of cells; lines with merged cells have fewer bars.

    Args:
        lines: Those of the table.
        ruled: Which of them are ruled all through.
    """
    richest, most = "", 0
    pattern = _BAR
    for line, drawn in dict(zip(lines, ruled, strict=True)).items():
        if len(line) >= _LONGEST_LINE:
            continue
        marks = len(_KNOT.findall(line)) if drawn else sum(map(line.count, _BARS))
        if marks > most:
            richest, most, pattern = line, marks, _KNOT if drawn else _BAR
    best = [columns(richest[: found.start()]) for found in pattern.finditer(richest)]
    if len(best) == 1 and _is_open(best, lines) and not _closes(best, lines):
        return best  # two columns without sides
    if len(best) >= 2:
        inner = best if _is_open(best, lines) else best[1:]
        return inner[:-1] if _closes(best, lines) else inner
    return [] if best else None


def _is_open(marks: Sequence[int], lines: Sequence[str]) -> bool:
    """Whether the table has no left border: something other than blanks stands before the first mark."""
    for line in lines:
        if line[:1] in _SIDES or line.lstrip(BLANKS)[:1] in _SIDES:
            continue
        bar = _BAR.search(line)
        before = line[: bar.start()] if bar else ""
        if before.strip(_OUTSIDE) and columns(before) > marks[0] - 2 - SLIP:
            return True
    return False


def _closes(marks: Sequence[int], lines: Sequence[str]) -> bool:
    """Whether the last mark is the right border: nothing but blanks follows it anywhere."""
    bare = [line.rstrip(BLANKS) for line in lines]
    return max(columns_of_all("\n".join(bare), bare)) <= marks[-1] + 2 + SLIP


def _read_band(band: Sequence[_Line], *, wrapped: bool) -> list[tuple[str, ...]]:
    """The rows of one band.

    Args:
        band: Its lines, none of them ruled all through.
        wrapped: Whether they are one row, as far as no partial line divides them.
    """
    rows: list[tuple[str, ...]] = []
    row: list[str] = []  #: the one begun; empty until a word of it was seen
    ended: set[int] = set()  #: cells under which a partial line was drawn
    for line in band:
        cells = line.cells
        if line.drawn:
            # Text beside a partial line goes on in a cell merged over rows; below it a new row begins.
            if row:
                ended.update(line.drawn)
        elif not any(cells):
            continue
        elif ended and any(cells[index] for index in ended):
            rows.append(tuple(row))
            row = []
            ended.clear()
        elif row and not wrapped and _begins_row(cells, row):
            rows.append(tuple(row))
            row = []
        if row:
            row = [above + words for above, words in zip(row, cells, strict=True)]
        elif any(cells):
            row = cells
    if row:
        rows.append(tuple(row))
    return rows


def _begins_row(cells: Sequence[str], row: Sequence[str]) -> bool:
    """Whether a line is a row of its own: its first cell and half of its cells are filled."""
    return bool(cells[0]) and (len(cells) - cells.count("")) * 2 >= len(row) - row.count("")


def _split(line: str, grid: Sequence[int]) -> _Line:
    """A line split into as many cells as the table has columns."""
    parts = _BORDER.split(line)
    if len(parts) == len(grid) + 3 and not parts[0].strip(BLANKS) and not parts[-1].strip(BLANKS):
        # Every border is there, so each piece is a cell, however far the borders have slipped.
        cells = [part.strip(BLANKS) for part in parts[1:-1]]
        drawn = [index for index, words in enumerate(cells) if words[:1] in _DRAWN_FIRST and _DRAWN.match(words)]
        for index in drawn:
            cells[index] = ""
        return _Line(cells, drawn)
    cells = [""] * (len(grid) + 1)
    drawn = []
    start = at = 0
    taken = -1
    ends = [(found.start(), found.end()) for found in _BORDER.finditer(line)]
    if ends and not line[: ends[0][0]].strip(BLANKS):
        start = ends[0][1]
        at = columns(line[:start])
        ends = ends[1:]
    for stop, after in [*ends, (len(line), len(line))]:
        words = line[start:stop].strip(BLANKS)
        if stop < len(line) or words:
            taken = min(max(bisect_right(grid, at + SLIP - 2), taken + 1), len(grid))
            if words[:1] in _DRAWN_FIRST and _DRAWN.match(words):
                drawn.append(taken)
            else:
                cells[taken] += words
        at += columns(line[start:after])
        start = after
    return _Line(cells, drawn)


_BORDER = re.compile("[\u2502\u2503\u2551\u250c-\u254b\u2552-\u256c]")
