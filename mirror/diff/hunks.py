"""What changed inside a text, character by character, numbers and words and table cells kept whole.

Paragraphs are aligned first, then sentences, then the pieces of `tokens` between them, so that a text of
100,000 characters costs as much as what changed in it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from fast_diff_match_patch import diff

from mirror.diff.patience import gaps
from mirror.diff.tokens import tokens

Op = Literal["insert", "delete", "replace"]

#: Pieces of a gap, both sides together, up to which it is compared at once: the cost is the square of what differs
#: (Myers 1986). Larger gaps are first cut where a piece stands once on both sides.
_ALWAYS = 3_000
#: And beyond which what is still one gap is told as one replacement, for it would take seconds.
_NEVER = 24_000
_SENTENCE = re.compile(r"[^。！？；!?;\n]*[。！？；!?;\n]*[”’」』）)]*")


@dataclass(frozen=True, slots=True)
class Hunk:
    """One change: `old` stood at character `old_at` (from 0), `new` stands at `new_at`; "" for nothing."""

    op: Op
    old: str
    new: str
    old_at: int
    new_at: int


def hunks(old: str, new: str) -> list[Hunk]:
    """The changes that make `old` into `new`, in order, none touching the next; [] if they are equal.

    The same pair of texts gives the same hunks on any machine: no time limit decides.
    """
    if old == new:
        return []
    lines, lines_new = _lines(old), _lines(new)
    found: list[tuple[int, int, int, int]] = []
    for one in _within(lines, lines_new, (0, 0)):
        sentences, sentences_new = _SENTENCE.findall(old[one[0] : one[1]]), _SENTENCE.findall(new[one[2] : one[3]])
        for two in _within(sentences, sentences_new, (one[0], one[2])):
            found += _pieces(old, new, two)
    return [_hunk(old, new, span) for span in _words_kept(old, new, list(_merged(found)))]


def apply(old: str, changes: Sequence[Hunk]) -> str:
    """The new text. Raises ValueError if the hunks are not of this text."""
    parts, at = [], 0
    for hunk in changes:
        if hunk.old_at < at or old[hunk.old_at : hunk.old_at + len(hunk.old)] != hunk.old:
            raise ValueError(f"the hunk at character {hunk.old_at} is of another text")
        parts += [old[at : hunk.old_at], hunk.new]
        at = hunk.old_at + len(hunk.old)
    return "".join([*parts, old[at:]])


def _lines(text: str) -> list[str]:
    return [line + "\n" for line in text.split("\n")[:-1]] + [text.rpartition("\n")[2]]


def _within(units: Sequence[str], others: Sequence[str], at: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    """Gaps between aligned units as spans of characters, the units standing at `at` in their texts."""
    starts, starts_new = _starts(units, at[0]), _starts(others, at[1])
    for a, b, c, d in gaps(units, others):
        yield starts[a], starts[b], starts_new[c], starts_new[d]


def _starts(units: Sequence[str], at: int) -> list[int]:
    starts = [at]
    for unit in units:
        starts.append(starts[-1] + len(unit))
    return starts


def _pieces(old: str, new: str, span: tuple[int, int, int, int]) -> Iterator[tuple[int, int, int, int]]:
    a, b, c, d = span
    pieces, others = list(tokens(old[a:b])), list(tokens(new[c:d]))
    total = len(pieces) + len(others)
    if not pieces or not others or (total > _ALWAYS and _unlike(pieces, others)):
        yield span
        return
    starts, starts_new = _starts(pieces, a), _starts(others, c)
    parts = [(0, len(pieces), 0, len(others))] if total <= _ALWAYS else gaps(pieces, others)
    for one, end, other, end_new in parts:
        for i, j, k, m in _compared(pieces[one:end], others[other:end_new]):
            yield starts[one + i], starts[one + j], starts_new[other + k], starts_new[other + m]


def _compared(pieces: Sequence[str], others: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """What differs between two runs of pieces, as places in them."""
    if not pieces or not others or len(pieces) + len(others) > _NEVER:
        yield 0, len(pieces), 0, len(others)
        return
    numbers: dict[str, str] = {}
    coded, coded_new = _coded(pieces, numbers), _coded(others, numbers)
    at = there = 0
    for op, count in diff(coded, coded_new, timelimit=0, checklines=False, cleanup="Semantic"):
        if op == "=":
            at, there = at + count, there + count
        elif op == "-":
            yield at, at + count, there, there
            at += count
        else:
            yield at, at, there, there + count
            there += count


def _coded(pieces: Sequence[str], numbers: dict[str, str]) -> str:
    """Pieces as single characters, equal ones as the same; surrogates are left out, they are no characters."""
    return "".join(
        numbers.setdefault(piece, chr(len(numbers) + (0x100 if len(numbers) < 0xD700 else 0x900))) for piece in pieces
    )


def _unlike(pieces: Sequence[str], others: Sequence[str]) -> bool:
    common = (Counter(pieces) & Counter(others)).total()
    return 2 * common < 0.5 * (len(pieces) + len(others))


def _merged(spans: Sequence[tuple[int, int, int, int]]) -> Iterator[tuple[int, int, int, int]]:
    """Spans that touch on both sides made one."""
    held: tuple[int, int, int, int] | None = None
    for span in spans:
        if held and held[1] == span[0] and held[3] == span[2]:
            held = held[0], span[1], held[2], span[3]
            continue
        if held:
            yield held
        held = span
    if held:
        yield held


def _words_kept(
    old: str, new: str, spans: Sequence[tuple[int, int, int, int]]
) -> Iterator[tuple[int, int, int, int]]:
    """Where a word seems to have moved over blanks (总 则 → 总则), the blanks are what moved: the word stays."""
    at = 0
    while at < len(spans):
        a, b, c, d = spans[at]
        at += 1
        if at < len(spans):
            e, f, g, h = spans[at]
            blanks = old[b:e]
            if blanks and not blanks.strip():
                if c == d and e == f and old[a:b] == new[g:h]:
                    yield from ((a, a, c, g), (b, e, h, h))
                    at += 1
                    continue
                if a == b and g == h and new[c:d] == old[e:f]:
                    yield from ((a, e, c, c), (f, f, d, g))
                    at += 1
                    continue
        yield a, b, c, d


def _hunk(old: str, new: str, span: tuple[int, int, int, int]) -> Hunk:
    a, b, c, d = span
    # Blanks that fill a cell on both sides are no part of what changed in it.
    while a < b and c < d and old[b - 1] == new[d - 1] == " ":
        b, d = b - 1, d - 1
    while a < b and c < d and old[a] == new[c] == " ":
        a, c = a + 1, c + 1
    op: Op = "insert" if a == b else "delete" if c == d else "replace"
    return Hunk(op, old[a:b], new[c:d], a, c)
