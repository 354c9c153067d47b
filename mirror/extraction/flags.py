"""What the reading of a text was unsure of, in words."""

from __future__ import annotations

#: For each flag (`Content.flags`), Chinese and English.
FLAG_WORDS: dict[str, tuple[str, str]] = {
    "no-width": ("有断行之象而无行宽可据，未接", "lines look cut but show no width; left"),
    "width-of-book": ("本条太短，用本书行宽", "too short to show a width; the book's is used"),
    "width-guessed": ("本书亦无行宽，推测", "no width in the book either; guessed"),
    "width-unlike-book": ("行宽与本书不同", "a width that the book does not have"),
    "narrowed-punctuation": ("标点曾被改为半角，按全角计", "punctuation was made narrow (NFKC); counted as wide"),
    "uneven-line": ("有略短之行被接上", "a line somewhat short of full was joined"),
    "full-stop-at-edge": ("无缩进而满行恰以句号收尾，已接", "no indents, and a full line ends a sentence; joined"),
    "full-line-before-indent": ("满行之后为缩进行，未接", "a full line before an indented one; left"),
    "indented-block": ("缩进段落被接上", "equally indented lines were joined"),
    "table-unread": ("有竖线而不成表，未读", "lines with bars that make no table were left as they are"),
    "columns-unread": (
        "有行似以空格分栏的表，未读",
        "lines look like a table set with blanks; unsure, left",
    ),
    "joined-over-blank": ("句中空行视为换页，已接", "an empty line in mid sentence was taken for a page break"),
    "break-in-sentence": ("句中有空行，未接", "an empty line in mid sentence; left"),
    "page-number": ("有一行似是页码，未接", "a line looks like a page number; left"),
    "private-use-mapped": ("私用区字符已改为统一码", "private-use characters mapped to Unicode (in text only)"),
}
