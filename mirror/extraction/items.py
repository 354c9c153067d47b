"""【…】 items of a yearbook entry."""

from __future__ import annotations

import re

from mirror.extraction.lines import BLANKS
from mirror.extraction.page import Item

#: An item begins a paragraph; 【…】 within a sentence is a quotation.
_HEAD = re.compile("^[ \t\u3000\xa0]*【([^【】\n]{1,60})】", re.MULTILINE)


def read_items(text: str, end: int | None = None) -> tuple[Item, ...]:
    """The items of a reading text, in order; what stands before the first one belongs to none.

    Args:
        text: The text with its paragraphs joined.
        end: Where signatures begin; the last item ends there.
    """
    heads = list(_HEAD.finditer(text)) if "【" in text else []
    if not heads:
        return ()
    ends = [head.start() for head in heads[1:]] + [len(text) if end is None else end]
    return tuple(
        Item(head[1].strip(BLANKS), text[head.end() : max(head.end(), stop)].strip(BLANKS + "\n"))
        for head, stop in zip(heads, ends, strict=True)
    )
