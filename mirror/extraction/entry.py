"""The text of one entry, put together from what the lines, items, tables and signatures say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mirror.extraction.aligned import has_unread
from mirror.extraction.items import read_items
from mirror.extraction.lines import has_boxes
from mirror.extraction.page import Text
from mirror.extraction.private_use import map_private_use
from mirror.extraction.reflow import Reflowed, Width, reflow
from mirror.extraction.signatures import read_signatures
from mirror.extraction.tables import TableBlock, read_tables

#: Flags that tell of tables; what `join` gives, which reads none, is without them.
PART_FLAGS = frozenset(("table-unread", "columns-unread"))
#: Blank lines around the text belong to the page; an indent before the first word belongs to the text.
_LINE_BLANKS = " \t\u3000\xa0\n"


def assemble(raw_text: str, book: Sequence[Width] = ()) -> Text:
    """Read the text of one entry.

    Args:
        raw_text: The text as laid out by the source, lines ended by LF.
        book: Widths of the book's lines, likeliest first, where they are known from other entries.
    """
    flowed = join(raw_text, book)
    lines = flowed.text.split("\n")
    drawn = flowed.drawn
    tables = read_tables(lines, drawn) if drawn else []
    prose = _without(lines, tables) if tables else lines
    flags = flowed.flags
    if drawn is not None and any("\u2502" in line or "\u2503" in line for line in prose):
        flags = (*flags, "table-unread")
    if flowed.spaced and has_unread(lines):
        flags = (*flags, "columns-unread")
    signed = read_signatures(prose)
    end = None
    if signed.lines and not (tables and tables[-1].end > len(lines) - signed.lines):
        end = len(flowed.text) - sum(len(line) + 1 for line in lines[len(lines) - signed.lines :])
    return Text(
        raw_text=raw_text,
        text=flowed.text,
        items=read_items(flowed.text, end),
        tables=tuple(block.table for block in tables),
        signatures=signed.names,
        width=flowed.width,
        flags=flags,
        hard_cut=flowed.hard_cut,
    )


def join(raw_text: str, book: Sequence[Width] = ()) -> Reflowed:
    """The text as `assemble` joins it, its parts not read."""
    mapped, moved = map_private_use(raw_text)
    flowed = reflow(trim(mapped), book, tables=has_boxes(mapped))
    return replace(flowed, flags=(*flowed.flags, "private-use-mapped")) if moved else flowed


def explain(raw_text: str, book: Sequence[Width] = ()) -> tuple[list[str], Reflowed]:
    """The lines as `assemble` joins them, why each was joined or left, and all it was unsure of."""
    flowed = replace(join(raw_text, book), flags=assemble(raw_text, book).flags)
    return trim(map_private_use(raw_text)[0]).split("\n"), flowed


def trim(text: str) -> str:
    """The text without the blank lines before and after it; its first indent stays."""
    text = text.rstrip(_LINE_BLANKS)
    if text[:1] not in _LINE_BLANKS:
        return text
    cut = text.rfind("\n", 0, len(text) - len(text.lstrip(_LINE_BLANKS)))
    return text[cut + 1 :] if cut >= 0 else text


def _without(lines: list[str], tables: list[TableBlock]) -> list[str]:
    kept: list[str] = []
    at = 0
    for block in tables:
        kept += lines[at : block.first]
        at = block.end
    return kept + lines[at:]
