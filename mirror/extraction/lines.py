"""Lines as they stand on the page: how wide they are, how far indented, what belongs to a table."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: Blanks a line may be indented with.
BLANKS = " \t\u3000\xa0"

_BOX = re.compile("[\u2500-\u257f]")
_BOX_START = re.compile("[ \t\u3000\xa0]*(?:[\u2500\u2501]+[\u252c-\u254b]|[\u2502\u2503\u250c-\u254b\u2550-\u257f])")
_BAR = re.compile("[\u2502\u2503\u2551]")
#: A ruled line with a single tee or crossing, and no corners: of two columns without sides.
_OPEN_RULE = re.compile("[ \t\u3000\xa0]*[\u2500\u2501]+([\u252c-\u254b])[\u2500\u2501]+[ \t\u3000\xa0]*\\Z")
_RULE_LINE = re.compile("[ \t\u3000\xa0]*[\u2500\u2501\u2550\\-=_—－]{4,}[ \t\u3000\xa0]*\\Z")
#: What a ruled line may end with.
RULE_ENDS = frozenset("\u2500\u2501\u2550-=_—－ \t\u3000\xa0")
#: How far a bar may stand beside its column: tables were typed by hand.
SLIP = 2
_BLANKS = frozenset(BLANKS)


def columns(text: str) -> int:
    """How many columns a text takes: one for ASCII, two for all else, as its bytes in GBK would be.

    A no-break space is the blank it was typed for; zero-width characters take nothing.
    """
    count = 2 * len(text) - len(text.encode("ascii", "ignore"))
    if "\xa0" in text:
        count -= text.count("\xa0")
    if "\u200b" in text or "\ufeff" in text:
        count -= 2 * (text.count("\u200b") + text.count("\ufeff"))
    return count


def columns_of_all(text: str, lines: Sequence[str]) -> list[int]:
    """The `columns` of each line of a text.

    Args:
        text: The text.
        lines: Its lines, split at LF.
    """
    if "\xa0" in text or "\u200b" in text or "\ufeff" in text:
        return [columns(line) for line in lines]
    narrow = text.encode("ascii", "ignore").split(b"\n")
    return [2 * len(line) - len(ascii_) for line, ascii_ in zip(lines, narrow, strict=True)]


def indent_of(line: str) -> int:
    """Columns of blank before the first character."""
    if line[:1] not in _BLANKS:
        return 0
    blank = line[: len(line) - len(line.lstrip(BLANKS))]
    return len(blank) + blank.count("\u3000") + blank.count("\t")


def has_boxes(text: str) -> bool:
    """Whether any box-drawing character (U+2500 to U+257F) occurs."""
    return not text.isascii() and _BOX.search(text) is not None


def is_table_line(line: str) -> bool:
    """Whether a line is drawn: it begins with a corner, tee or bar, is ruled up to a tee, or holds two bars.

    A lone `─` or `──` in prose is a dash and makes no table.
    """
    if "\u2500" <= line.lstrip(BLANKS)[:1] <= "\u257f" and _BOX_START.match(line):
        return True
    return line.count("\u2502") + line.count("\u2503") >= 2


def table_lines(lines: Sequence[str]) -> list[bool]:
    """Which lines of a text are drawn: those that are by themselves, and the rows of two columns without sides.

    Such a row has one bar, as a note in the margin may have; it counts only between two ruled lines with one tee
    each, every line between them having its bar under the tee.
    """
    heads = [line.lstrip(BLANKS)[:1] for line in lines]
    drawn = [
        ("\u2500" <= head <= "\u257f" and _BOX_START.match(line) is not None)
        or line.count("\u2502") + line.count("\u2503") >= 2
        for head, line in zip(heads, lines, strict=True)
    ]
    if "\u2500" not in heads and "\u2501" not in heads:
        return drawn
    above = None  #: the last ruled line of two columns, if nothing but their rows came since
    for at, line in enumerate(lines):
        tee = _OPEN_RULE.match(line) if drawn[at] else None
        if tee:
            column = columns(line[: tee.start(1)])
            if above is not None and abs(above[1] - column) <= SLIP:
                drawn[above[0] : at] = [True] * (at - above[0])
            above = (at, column)
        elif above is not None:
            bars = _BAR.findall(line)
            if len(bars) != 1 or abs(columns(line[: line.index(bars[0])]) - above[1]) > SLIP:
                above = None
    return drawn


def is_rule(line: str) -> bool:
    """Whether a line is nothing but a ruled line."""
    return line[-1:] in RULE_ENDS and _RULE_LINE.match(line) is not None
