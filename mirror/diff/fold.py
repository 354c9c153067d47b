"""Texts brought to the form in which only their words count: no blanks, no frames, one width of punctuation."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: Full-width forms of ASCII and of a few signs (Unicode block FF00), each to its plain form. Not NFKC: that would
#: make ① and 1, ㎡ and m2 the same, and those are edits.
_WIDTHS = {0xFF01 + step: 0x21 + step for step in range(0x5E)} | dict(
    zip(map(ord, "￠￡￢￣￤￥￦｡｢｣､･"), "¢£¬¯¦¥₩。「」、・", strict=True)
)
_BLANKS = re.compile(r"[\s\u3000\xa0\u200b-\u200d\u2060\ufeff]+")
_FRAME = re.compile("[\u2500-\u257f]")


def fold(text: str) -> str:
    """The text without blanks and line ends, full-width forms made plain."""
    return _BLANKS.sub("", text).translate(_WIDTHS)


def plain_widths(text: str) -> str:
    """The text with full-width forms made plain; as long as it was."""
    return text.translate(_WIDTHS)


def has_frame(line: str) -> bool:
    """Whether a line belongs to a table drawn in characters."""
    return _FRAME.search(line) is not None


def fold_body(text: str, title: str | None, tables: Sequence[Sequence[Sequence[str]]] = ()) -> str:
    """What an entry says, however it is set: folded, its own title at the head left out, tables by cell.

    Args:
        text: Reading text.
        title: The entry's title; a first line that says the same is no part of the body.
        tables: Rows of the tables that were read from the text. Their frames and the way cells were broken over
            lines then do not count; drawn lines that gave no table count as they stand.
    """
    lines = text.split("\n")
    if title and (wanted := fold(title)):
        first = next((place for place, line in enumerate(lines) if line.strip()), None)
        if first is not None and fold(lines[first]) == wanted:
            del lines[: first + 1]
    if not tables:
        return fold("".join(lines))
    words = fold("".join(line for line in lines if not has_frame(line)))
    cells = "\x1d".join("\x1e".join("\x1f".join(map(fold, row)) for row in table) for table in tables)
    return f"{words}\x1c{cells}"
