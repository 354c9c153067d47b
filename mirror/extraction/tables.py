"""Box-drawn tables to rows.

A table is a block of lines drawn with `┏━┯┓┃┠┨┗┷┛│─┼` and their kin. Between two ruled lines stands a band:
one row whose cells wrap over several lines, or, where a table has no lines between its rows, a row a line.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from mirror.extraction.lines import BLANKS, SLIP, columns, indent_of, is_table_line, table_lines
from mirror.extraction.page import Table

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


def read_tables(lines: Sequence[str]) -> list[TableBlock]:
    """The tables among the lines of a text, in order. Missing ends are tolerated."""
    found: list[TableBlock] = []
    at, floor = 0, 0
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
                TableBlock(
                    first, at, Table(_read_caption(lines, floor, first), rows), _read_unit(lines, floor, first)
                )
            )
        floor = at
    return found


def _read_caption(lines: Sequence[str], floor: int, first: int) -> str | None:
    """The lines above a table that name it: its number, its title; not its unit, not a sentence."""
    parts: list[str] = []
    blank = False
    numbered = False
    for at in range(first - 1, max(floor, first - 1 - 2 * _CAPTION_LINES) - 1, -1):
        indent = indent_of(lines[at])
        line = _UNIT.sub("", lines[at]).strip(BLANKS)
        if not line:
            if not lines[at].strip(BLANKS):
                if blank or parts:
                    break
                blank = True
            continue
        if line[-1] in _SENTENCE_END or columns(line) > _CAPTION_COLUMNS or is_table_line(line):
            break
        is_number = _NUMBER_LINE.match(line) is not None
        centered = indent >= _CENTERED
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


def _read_unit(lines: Sequence[str], floor: int, first: int) -> str | None:
    """The unit said above a table, in one of the lines that may be its caption."""
    for at in range(first - 1, max(floor, first - 1 - 2 * _CAPTION_LINES) - 1, -1):
        said = _UNIT.search(lines[at])
        if said:
            return said[0].partition("：" if "：" in said[0] else ":")[2].strip(BLANKS + "）)") or None
        line = lines[at].strip(BLANKS)
        if line and (line[-1] in _SENTENCE_END or columns(line) > _CAPTION_COLUMNS):
            break
    return None


def _read_rows(lines: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The rows of one table. Every row has as many cells as the table has columns; a cell merged over
    several columns or rows stands in the first of them, the others are empty."""
    grid = _find_grid(lines)
    if grid is None:
        return ()
    bands: list[list[str]] = [[]]
    for line in lines:
        if _RULED.match(line):
            if _HORIZONTAL.search(line) and bands[-1]:
                bands.append([])
        elif line.strip(BLANKS):
            bands[-1].append(line)
    if not bands[-1]:
        bands.pop()
    ruled = len(bands) >= 3
    rows: list[tuple[str, ...]] = []
    for number, band in enumerate(bands):
        header = number == 0 and len(bands) > 1
        split = [_split(line, grid) for line in band]
        _read_band(split, len(grid) + 1, header or (ruled and not _has_columns_of_figures(split)), rows)
    return tuple(rows)


def _has_columns_of_figures(band: Sequence[Sequence[tuple[int, str, bool]]]) -> bool:
    """Whether figures stand under figures: then each line is a row, for a figure hardly ever wraps."""
    seen: set[int] = set()
    for pieces in band:
        for index, piece, _ in pieces:
            if index and _FIGURE.match(piece):
                if index in seen:
                    return True
                seen.add(index)
    return False


def _find_grid(lines: Sequence[str]) -> list[int] | None:
    """Columns at which the cells begin, the first one left out; None if there is no bar at all.

    The richest line tells the number of cells; lines with merged cells have fewer bars.
    """
    best: list[int] = []
    for line in dict.fromkeys(lines):
        pattern = _KNOT if _RULED.match(line) else _BAR
        # Columns are dear to count, so only those of a line that is richer than all before it are.
        if len(line) >= _LONGEST_LINE:
            continue
        if pattern is _BAR and line.count("\u2502") + line.count("\u2503") + line.count("\u2551") <= len(best):
            continue
        if len(pattern.findall(line)) > len(best):
            best = [columns(line[: found.start()]) for found in pattern.finditer(line)]
    if len(best) == 1 and _is_open(best, lines) and not _closes(best, lines):
        return best  # two columns without sides
    if len(best) >= 2:
        inner = best if _is_open(best, lines) else best[1:]
        return inner[:-1] if _closes(best, lines) else inner
    return [] if best else None


def _is_open(marks: Sequence[int], lines: Sequence[str]) -> bool:
    """Whether the table has no left border: something other than blanks stands before the first mark."""
    for line in lines:
        bar = _BAR.search(line) if line[:1] not in _SIDES else None
        before = line[: bar.start()] if bar else ""
        if before.strip(_OUTSIDE) and columns(before) > marks[0] - 2 - SLIP:
            return True
    return False


def _closes(marks: Sequence[int], lines: Sequence[str]) -> bool:
    """Whether the last mark is the right border: nothing but blanks follows it anywhere."""
    return all(columns(line.rstrip(BLANKS)) <= marks[-1] + 2 + SLIP for line in lines)


def _read_band(
    band: Sequence[Sequence[tuple[int, str, bool]]], width: int, wrapped: bool, rows: list[tuple[str, ...]]
) -> None:
    """Add the rows of one band.

    Args:
        band: Its lines, none of them ruled all through, split into pieces.
        width: How many cells a row has.
        wrapped: Whether the lines of the band are one row.
        rows: Where to add them.
    """
    cells: list[list[str]] = [[] for _ in range(width)]
    ended = [False] * len(cells)  #: cells under which a partial line was drawn
    begun = False

    def flush() -> None:
        nonlocal cells, begun
        if begun:
            rows.append(tuple("".join(parts) for parts in cells))
        cells = [[] for _ in cells]
        begun = False

    for pieces in band:
        partial = [index for index, piece, drawn in pieces if drawn]
        if partial and begun:
            for index in partial:
                ended[index] = True
        text = [(index, piece) for index, piece, drawn in pieces if not drawn and piece]
        if partial:
            # Text beside a partial line goes on in a cell merged over rows; below it a new row begins.
            for index, piece in text:
                cells[index].append(piece)
                begun = True
            continue
        if any(ended) and any(ended[index] for index, _ in text):
            flush()
            ended = [False] * len(ended)
        elif begun and not wrapped and _begins_row(text, cells):
            flush()
        for index, piece in text:
            cells[index].append(piece)
            begun = True
    flush()


def _begins_row(text: Sequence[tuple[int, str]], cells: Sequence[Sequence[str]]) -> bool:
    """Whether a line is a row of its own: its first cell and half of its cells are filled."""
    if not text:
        return False
    filled = sum(1 for parts in cells if parts)
    return text[0][0] == 0 and len(text) * 2 >= min(filled, len(cells))


def _split(line: str, grid: Sequence[int]) -> list[tuple[int, str, bool]]:
    """The pieces of a line: the column each stands in, its text, and whether it is drawn instead."""
    parts = _BORDER.split(line)
    if len(parts) == len(grid) + 3 and not parts[0].strip(BLANKS) and not parts[-1].strip(BLANKS):
        # Every border is there, so each piece is a cell, however far the borders have slipped.
        return [_piece(index, part.strip(BLANKS)) for index, part in enumerate(parts[1:-1])]
    pieces: list[tuple[int, str, bool]] = []
    start = 0
    at = 0
    taken = -1
    ends = [(found.start(), found.end()) for found in _BORDER.finditer(line)]
    if ends and not line[: ends[0][0]].strip(BLANKS):
        start = ends[0][1]
        at = columns(line[:start])
        ends = ends[1:]
    for stop, after in [*ends, (len(line), len(line))]:
        piece = line[start:stop].strip(BLANKS)
        if stop < len(line) or piece:
            index = max(bisect_right(grid, at + SLIP - 2), taken + 1)
            index = min(index, len(grid))
            taken = index
            pieces.append(_piece(index, piece))
        at += columns(line[start:after])
        start = after
    return pieces


def _piece(index: int, words: str) -> tuple[int, str, bool]:
    return (index, "", True) if words[:1] in _DRAWN_FIRST and _DRAWN.match(words) else (index, words, False)


_BORDER = re.compile("[\u2502\u2503\u2551\u250c-\u254b\u2552-\u256c]")
