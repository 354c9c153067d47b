"""`mirror show --explain`: how the lines of an entry became its text, choice by choice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import click

from mirror.extraction.entry import explain
from mirror.extraction.flags import FLAG_WORDS
from mirror.extraction.lines import columns
from mirror.extraction.reflow import JOINED, Why, Width
from mirror.frontier.scope import Scope
from mirror.store.widths import widths_of

_WHYS: dict[Why, str] = {
    "first": "首行 the first line",
    "full": "上行已满 the line before reaches the width",
    "no-room": "上行容不下 what begins this line had no room in the one before",
    "uneven": "上行略短，句未完 the line before is a little short, in mid sentence",
    "block": "两行同缩进，句未完 both are indented alike, in mid sentence",
    "over-blank": "空行为换页所致 an empty line left by a page break",
    "short": "上行未满 the line before ends before the edge",
    "blank": "空行 an empty line",
    "table": "表格 drawn",
    "columns": "以空格分栏 set in columns with blanks",
    "ruled": "横线 a ruled line",
    "indent": "有缩进 it is indented",
    "head": "条目或编号起头 it begins an item or a number",
    "page-number": "页码 the number of a page",
    "no-width": "行宽未知 no width is known",
}


def explained(db: sqlite3.Connection, place: Scope, raw_text: str) -> Iterator[str]:
    """Lines that tell, for each line of the source, its width and whether and why it was joined."""
    book = widths_of(db, place.library, place.book or 0)
    lines, read = explain(raw_text, book)
    yield f"本书行宽 widths of the book: {', '.join(map(_width, book)) or '未知 none known'}"
    yield f"本条所用 width used: {'无 none' if read.width is None else read.width} GBK 字节 bytes"
    for flag in read.flags:
        yield f"存疑 flag: {flag}: {' '.join(FLAG_WORDS.get(flag, ()))}"
    yield ""
    for line, why in zip(lines, read.whys, strict=True):
        mark = "+" if why in JOINED else "¶" if line.strip() else " "
        yield f"{columns(line.rstrip()):4d} {mark} {line.rstrip()}"
        if line.strip() and why != "first":
            yield click.style(f"       ↑ {'接 joined' if why in JOINED else '另起 left'}: {_WHYS[why]}", dim=True)


def _width(width: Width) -> str:
    rule = "硬切 hard cut" if width.hard_cut else "标点悬挂 punctuation hangs"
    return f"{width.columns} ({rule}; {width.full_lines} 条 entries)"
