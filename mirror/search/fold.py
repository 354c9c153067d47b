"""What counts as the same in a search: width, case, traditional and simplified, blanks and box lines.

Two steps. `fold` puts another character in the place of each, so that an offset in the folded text is one in the
text itself. `stream` then leaves out the blanks that typesetting put between Chinese characters, so that
`沂水县` is found in `沂 水 县` and over a line end. What is stored is never folded.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib import resources

#: Between the parts of one indexed entry (title, text, cells): stands in no stream.
BOUNDARY = "\u2029"

#: A run of box-drawing characters, with the blanks around it, is one line between two cells.
LINE = "│"

_BOXES = re.compile("[ \u2500-\u257f]*[\u2500-\u257f][ \u2500-\u257f]*")
#: A blank says something only between two words of letters or digits.
_IDLE_BLANKS = re.compile("(?<![!-\u24ff]) +| +(?![!-\u24ff])")
_BLANKS = re.compile("  +")

_ALIKE = (
    "‐‑‒–—―−﹘﹣－-",
    "•‧・･∙⋅·",
    "〜∼～~",
    '“”„‟〝〞＂″"',
    "‘’‚‛＇′'",
    "○◯〇",
)


class _Table(dict[int, str]):
    """Fills itself in as characters come by."""

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        self[code] = folded
        return folded


def _fold_character(character: str) -> str:
    # Variation selectors choose a shape of the character before them, and are no characters themselves.
    selects = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    if selects or unicodedata.category(character) in ("Zs", "Zl", "Zp", "Cc", "Cf", "Cs"):
        return " "
    character = _alike().get(character, character)
    wide = unicodedata.normalize("NFKC", character)
    if len(wide) == 1:
        character = _alike().get(wide, wide)
    lower = character.lower()
    if len(lower) == 1:
        character = lower
    return " " if character.isspace() else _variants().get(character, character)


@lru_cache(maxsize=1)
def _variants() -> dict[str, str]:
    lines = (resources.files("mirror.search") / "variants.txt").read_text("utf-8").split()
    return {line[0]: line[1] for line in lines}


@lru_cache(maxsize=1)
def _alike() -> dict[str, str]:
    return {one: group[-1] for group in _ALIKE for one in group}


_TABLE = _Table()


def fold(text: str) -> str:
    """The text with each character as it is searched; as long as the text, every blank U+0020."""
    return text.translate(_TABLE)


def stream(text: str) -> str:
    """The text as it is searched: folded, without blanks that say nothing.

    A piece of the text gives a piece of its stream, wherever it is cut.
    """
    text = fold(text)
    if _BOXES.search(text):
        text = _BOXES.sub(LINE, text)
    return _BLANKS.sub(" ", _IDLE_BLANKS.sub("", text))
