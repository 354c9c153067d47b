"""Lines as they stand on the page: how wide they are, how far indented, what belongs to a table."""

from __future__ import annotations

import re

#: Blanks a line may be indented with.
BLANKS = " \t\u3000\xa0"

_BOX = re.compile("[\u2500-\u257f]")
_BOX_START = re.compile("[ \t\u3000\xa0]*(?:[\u2500\u2501]+[\u252c-\u254b]|[\u2502\u2503\u250c-\u254b\u2550-\u257f])")
_BOX_BARS = re.compile("[\u2502\u2503][^\u2502\u2503]*[\u2502\u2503]")
_RULE_LINE = re.compile("[ \t\u3000\xa0]*[\u2500\u2501\u2550\\-=_—－]{4,}[ \t\u3000\xa0]*\\Z")
_RULE_ENDS = frozenset("\u2500\u2501\u2550-=_—－ \t\u3000\xa0")
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


def indent_of(line: str) -> int:
    """Columns of blank before the first character."""
    first = line[:1]
    if first not in BLANKS or not first:
        return 0
    blank = line[: len(line) - len(line.lstrip(BLANKS))]
    return len(blank) + (len(_WIDE_BLANK.findall(blank)) if not blank.isascii() or "\t" in blank else 0)


def has_boxes(text: str) -> bool:
    """Whether any box-drawing character (U+2500 to U+257F) occurs."""
    return _BOX.search(text) is not None


def is_table_line(line: str) -> bool:
    """Whether a line is drawn: it begins with a corner, tee or bar, is ruled up to a tee, or holds two bars.

    A lone `─` or `──` in prose is a dash and makes no table.
    """
    return _BOX_START.match(line) is not None or _BOX_BARS.search(line) is not None


def is_rule(line: str) -> bool:
    """Whether a line is nothing but a ruled line."""
    return line[-1:] in _RULE_ENDS and _RULE_LINE.match(line) is not None
