"""Lines as they stand on the page: how wide they are, how far indented, what belongs to a table."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: Blanks a line may be indented with.
BLANKS = " \t\u3000\xa0"

_BOX_START = re.compile("[ \t\u3000\xa0]*(?:[\u2500\u2501]+[\u252c-\u254b]|[\u2502\u2503\u250c-\u254b\u2550-\u257f])")
_BOX_BARS = re.compile("[\u2502\u2503][^\u2502\u2503]*[\u2502\u2503]")
_BAR = re.compile("[\u2502\u2503\u2551]")
#: A ruled line with a single tee or crossing, and no corners: of two columns without sides.
_OPEN_RULE = re.compile("[ \t\u3000\xa0]*[\u2500\u2501]+([\u252c-\u254b])[\u2500\u2501]+[ \t\u3000\xa0]*\\Z")
_RULE_LINE = re.compile("[ \t\u3000\xa0]*[\u2500\u2501\u2550\\-=_—－]{4,}[ \t\u3000\xa0]*\\Z")
#: What a ruled line may end with.
RULE_ENDS = frozenset("\u2500\u2501\u2550-=_—－ \t\u3000\xa0")
#: How far a bar may stand beside its column: tables were typed by hand.
SLIP = 2
_BLANKS = frozenset(BLANKS)
_WIDE_BLANK = re.compile("[\u3000\t]")


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
    return len(blank) + (len(_WIDE_BLANK.findall(blank)) if not blank.isascii() or "\t" in blank else 0)


def has_boxes(text: str) -> bool:
    """Whether any box-drawing character (U+2500 to U+257F) occurs."""
    # They are E2 94 .. and E2 95 .. in UTF-8, which is many times faster to look through.
    if text.isascii():
        return False
    data = text.encode("utf-8", "surrogatepass")
    return b"\xe2\x94" in data or b"\xe2\x95" in data


def is_table_line(line: str) -> bool:
    """Whether a line is drawn: it begins with a corner, tee or bar, is ruled up to a tee, or holds two bars.

    A lone `─` or `──` in prose is a dash and makes no table.
    """
    first = line[:1]
    if ("\u2500" <= first <= "\u257f" or first in _BLANKS) and _BOX_START.match(line):
        return True
    return ("\u2502" in line or "\u2503" in line) and _BOX_BARS.search(line) is not None


def table_lines(lines: Sequence[str]) -> list[bool]:
    """Which lines of a text are drawn: those that are by themselves, and the rows of two columns without sides.

    Such a row has one bar, as a note in the margin may have; it counts only between two ruled lines with one tee
    each, every line between them having its bar under the tee.
    """
    drawn = [is_table_line(line) for line in lines]
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
