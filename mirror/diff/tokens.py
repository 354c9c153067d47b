"""A text in the pieces that a reader takes for one: numbers, words, cells of a table, else single characters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mirror.diff.fold import has_frame

#: In order: 1,234.5 and 12.5 in either width; 一九八六, 三百二十; Latin words; any character with its marks
#: and variation selectors.
_TOKEN = re.compile(
    r"\d{1,3}(?:[,，]\d{3})+(?:[.．]\d+)?(?!\d)|\d+(?:[.．]\d+)*"
    r"|[〇○零一二三四五六七八九十百千万亿]{2,}"
    r"|[A-Za-z\u00c0-\u024f]+(?:['’-][A-Za-z\u00c0-\u024f]+)*"
    r"|.[\u0300-\u036f\ufe00-\ufe0f\U000e0100-\U000e01ef]*",
    re.DOTALL,
)
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_CELL = re.compile(r"[│┃|]|[^│┃|]+")
_UPRIGHT = re.compile(r"[│┃]")


def tokens(text: str) -> Iterator[str]:
    """The text in pieces; joined, they are the text again. A cell is one piece, with the blanks that fill it."""
    for line in _LINE.findall(text):
        if has_frame(line):
            body = line.rstrip("\n")
            yield from _CELL.findall(body) if _UPRIGHT.search(body) else [body]
            yield from line[len(body) :]
        else:
            yield from _TOKEN.findall(line)
