"""Titles as a reader would write them, and a text's repetition of its own."""

from __future__ import annotations

import re
from functools import lru_cache

from mirror.extraction.lines import BLANKS

_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_BLANK = re.compile("[ \t\u3000\xa0]+")


def plain(title: str) -> str:
    """A title with its letter-spacing closed up: `概　述` is 概述, `第一编  区域  环境` is 第一编 区域 环境.

    Single characters set apart are letter-spaced; words of two and more stay apart by one blank.
    """
    words = _BLANK.split(title.strip(BLANKS))
    closed: list[str] = []
    spaced = ""
    for word in words:
        if len(word) == 1 and re.match(f"[{_HAN}]", word):
            spaced += word
            continue
        if spaced:
            closed.append(spaced)
            spaced = ""
        closed.append(word)
    if spaced:
        closed.append(spaced)
    return " ".join(closed)


@lru_cache(maxsize=1024)
def _bare(title: str) -> str:
    return _BLANK.sub("", title).translate(_ALIKE)


#: Characters typed for one another in titles: dashes for 「一」, brackets of both widths.
_ALIKE = str.maketrans("—―－一（）()", "----()()")


def own_title_end(text: str, title: str) -> int:
    """Where a text goes on after repeating its own title as its first line or lines; 0 if it does not."""
    wanted = _bare(title)
    if not wanted:
        return 0
    seen, at = "", 0
    for _ in range(3):
        stop = text.find("\n", at)
        line = text[at:] if stop < 0 else text[at:stop]
        seen += _bare(line)
        at = len(text) if stop < 0 else stop + 1
        if seen == wanted:
            return at
        if not wanted.startswith(seen) or stop < 0:
            return 0
    return 0
