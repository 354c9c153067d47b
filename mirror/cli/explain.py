"""`mirror show --explain`: how the lines of an entry became its text, choice by choice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import click

from mirror.extraction.entry import explain
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
_FLAGS = {
    "no-width": "有断行之象而无行宽可据，未接 lines look cut but show no width; left",
    "width-of-book": "本条太短，用本书行宽 too short to show a width; the book's is used",
    "width-guessed": "本书亦无行宽，推测 no width in the book either; guessed",
    "width-unlike-book": "行宽与本书不同 a width that the book does not have",
    "narrowed-punctuation": "标点曾被改为半角，按全角计 punctuation was made narrow (NFKC); counted as wide",
    "uneven-line": "有略短之行被接上 a line somewhat short of full was joined",
    "full-stop-at-edge": "无缩进而满行恰以句号收尾，已接 no indents, and a full line ends a sentence; joined",
    "full-line-before-indent": "满行之后为缩进行，未接 a full line before an indented one; left",
    "indented-block": "缩进段落被接上 equally indented lines were joined",
    "table-unread": "有竖线而不成表，未读 lines with bars that make no table were left as they are",
    "columns-unread": "有行似以空格分栏的表，不能确定，未读 lines look like a table set with blanks; not sure, left",
    "joined-over-blank": "句中空行视为换页，已接 an empty line in mid sentence was taken for a page break",
    "break-in-sentence": "句中有空行，未接 an empty line in mid sentence; left",
    "page-number": "有一行似是页码，未接 a line looks like a page number; left",
    "private-use-mapped": "私用区字符已改为统一码 private-use characters mapped to Unicode (in text only)",
}


def explained(db: sqlite3.Connection, place: Scope, raw_text: str) -> Iterator[str]:
    """Lines that tell, for each line of the source, its width and whether and why it was joined."""
    book = widths_of(db, place.library, place.book or 0)
    lines, read = explain(raw_text, book)
    yield f"本书行宽 widths of the book: {', '.join(map(_width, book)) or '未知 none known'}"
    yield f"本条所用 width used: {'无 none' if read.width is None else read.width} GBK 字节 bytes"
    for flag in read.flags:
        yield f"存疑 flag: {flag}: {_FLAGS.get(flag, '')}"
    yield ""
    for line, why in zip(lines, read.whys, strict=True):
        mark = "+" if why in JOINED else "¶" if line.strip() else " "
        yield f"{columns(line.rstrip()):4d} {mark} {line.rstrip()}"
        if line.strip() and why != "first":
            yield click.style(f"       ↑ {'接 joined' if why in JOINED else '另起 left'}: {_WHYS[why]}", dim=True)


def _width(width: Width) -> str:
    rule = "硬切 hard cut" if width.hard_cut else "标点悬挂 punctuation hangs"
    return f"{width.columns} ({rule}; {width.full_lines} 条 entries)"
