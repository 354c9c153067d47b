"""The piece of a text around what was found, with marks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mirror.search.fold import LINE, fold

#: Characters of a snippet, and how many of them stand before what was found.
WIDTH = 90
BEFORE = 24
#: Finds in one piece of a text that are looked at when the best place is chosen, and the length of a piece.
_MOST = 100
_STEP = 1000
#: Terms that are marked, the longest; each costs a little at every character of a text.
_MOST_TERMS = 50

_RUBBISH = re.compile(r"[\s\u2500-\u257f]+")


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of text on one line; `marks` are the parts of it that were found, as [start, end)."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()


def pattern(terms: Sequence[str]) -> re.Pattern[str]:
    """Finds streams in folded text; the group that matched tells which term it was."""
    marked = sorted(set(terms), key=lambda one: (-len(one), one))[:_MOST_TERMS]
    return re.compile("|".join(f"({_spaced(term)})" for term in marked))


def _spaced(term: str) -> str:
    parts = []
    for character in term:
        if character == " ":
            parts.append(" +")
        elif character == LINE:
            parts.append("[ \u2500-\u257f]*[\u2500-\u257f][ \u2500-\u257f]*")
        else:
            parts.append(re.escape(character) + " *")
    # Blanks are let through between characters, not after the last one.
    return "".join(parts).removesuffix(" *")


def mark(text: str, found: re.Pattern[str]) -> tuple[tuple[int, int], ...]:
    """Where in a text, such as a title, the terms stand."""
    return tuple(match.span() for match in found.finditer(fold(text)) if match.end() > match.start())


def cut(text: str, found: re.Pattern[str]) -> Snippet | None:
    """The piece of the text with most of the terms; None if there is none of them in it.

    A text is looked through from its beginning, and only until a piece has them all: some are very long.
    """
    best: tuple[int, int] | None = None  # how many terms, less where: the most, and then the first
    spans: list[tuple[int, int, int]] = []
    # A term may have a blank after each of its characters, and must not be missed where two pieces meet.
    overlap = max(200, len(found.pattern))
    for at in range(0, len(text), _STEP):
        here = [
            (at + match.start(), at + match.end(), match.lastindex or 0)
            for match in found.finditer(fold(text[at : at + _STEP + overlap]))
            if match.start() < _STEP
        ]
        for place, (start, _, _) in enumerate(here[:_MOST]):
            count = len(
                {which for first, last, which in here[place : place + _MOST] if last <= start + WIDTH - BEFORE}
            )
            if best is None or count > best[0]:
                best, spans = (count, start), here
        if best is not None and best[0] >= found.groups:
            break
    if best is None:
        return None
    start = max(0, best[1] - BEFORE)
    end = min(len(text), start + WIDTH)
    marks = [(max(start, first), min(end, last)) for first, last, _ in spans if first < end and last > start]
    return _tidy(text, start, end, marks)


def opening(text: str) -> Snippet:
    """The beginning of a text, for a hit in its title alone."""
    return _tidy(text, 0, min(len(text), WIDTH), [])


def _tidy(text: str, start: int, end: int, marks: list[tuple[int, int]]) -> Snippet:
    """On one line: blanks and table lines become one blank each, and the marks move along."""
    out = "…" if start > 0 else ""
    moved = [len(out)] * (end - start + 1)
    at = start
    for gap in [*_RUBBISH.finditer(text, start, end), None]:
        stop = gap.start() if gap else end
        for offset in range(at, stop):
            moved[offset - start] = len(out) + offset - at
        out += text[at:stop]
        if gap:
            for offset in range(gap.start(), gap.end()):
                moved[offset - start] = len(out)
            if out not in ("", "…"):
                out += " "
            at = gap.end()
    moved[end - start] = len(out)
    if end < len(text):
        out += "…"
    spans = tuple((moved[first - start], moved[last - start]) for first, last in marks)
    return Snippet(out, tuple(span for span in spans if span[1] > span[0]))
