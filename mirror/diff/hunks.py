"""What changed inside a text, character by character, numbers and words and table cells kept whole.

Lines are aligned first, then sentences, then the pieces of `tokens` between them, so that a text of 100,000
characters costs as much as what changed in it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from fast_diff_match_patch import diff

from mirror.diff.beside import revised
from mirror.diff.patience import Span, gaps
from mirror.diff.tokens import tokens

Op = Literal["insert", "delete", "replace"]

#: Pieces of a gap, both sides together, up to which it is compared at once: the cost is the square of what differs
#: (Myers 1986). Larger gaps are first cut where a piece stands once on both sides.
_ALWAYS = 3_000
#: And beyond which what is still one gap is told as one replacement, for it would take seconds.
_NEVER = 24_000
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
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
    """The changes that make `old` into `new`, in order; [] if they are equal.

    None touches the next, but for lines that are gone or come whole before a line that begins with another change.

    The same pair of texts gives the same hunks on any machine: no time limit decides.
    """
    if old == new:
        return []
    found = _differing(old, new, (0, len(old), 0, len(new)), (_LINE, _SENTENCE))
    kept = _words_kept(old, new, list(_merged(old, new, found)))
    return [_hunk(old, new, span) for span in _brackets_kept(old, new, list(kept))]


def apply(old: str, changes: Sequence[Hunk]) -> str:
    """The new text. Raises ValueError if the hunks are not of this text."""
    parts, at = [], 0
    for hunk in changes:
        if hunk.old_at < at or old[hunk.old_at : hunk.old_at + len(hunk.old)] != hunk.old:
            raise ValueError(f"the hunk at character {hunk.old_at} is of another text")
        parts += [old[at : hunk.old_at], hunk.new]
        at = hunk.old_at + len(hunk.old)
    return "".join([*parts, old[at:]])


def _differing(old: str, new: str, span: Span, levels: Sequence[re.Pattern[str]]) -> list[Span]:
    """What differs inside a span, as spans of characters: by lines, in them by sentences, in them by pieces."""
    if not levels:
        return list(_pieces(old, new, span))
    units, others = levels[0].findall(old[span[0] : span[1]]), levels[0].findall(new[span[2] : span[3]])
    starts, starts_new = _starts(units, span[0]), _starts(others, span[2])

    def within(a: int, b: int, c: int, d: int) -> list[Span]:
        return _differing(old, new, (starts[a], starts[b], starts_new[c], starts_new[d]), levels[1:])

    found: list[Span] = []
    for a, b, c, d in gaps(units, others):
        told = within(a, b, c, d)
        if a < b and c < d and any(_crosses(starts, e, f) or _crosses(starts_new, g, h) for e, f, g, h in told):
            # Unless more would be told so: where lines were only broken elsewhere, none is a revision of another.
            parts = revised(units[a:b], others[c:d])
            beside = [one for e, f, g, h in parts for one in within(a + e, a + f, c + g, c + h)]
            told = beside if _size(beside) <= 1.1 * _size(told) else told
        found += told
    return found


def _crosses(starts: Sequence[int], at: int, end: int) -> bool:
    """Whether a change goes over the end of a unit, and is not of whole units."""
    place = bisect_right(starts, at)
    is_whole = starts[place - 1] == at and starts[bisect_left(starts, end)] == end
    return place < len(starts) and starts[place] <= end and not is_whole


def _size(spans: Sequence[Span]) -> int:
    return sum(b - a + d - c for a, b, c, d in spans)


def _starts(units: Sequence[str], at: int) -> list[int]:
    starts = [at]
    for unit in units:
        starts.append(starts[-1] + len(unit))
    return starts


def _pieces(old: str, new: str, span: Span) -> Iterator[Span]:
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


def _compared(pieces: Sequence[str], others: Sequence[str]) -> Iterator[Span]:
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


def _merged(old: str, new: str, spans: Sequence[Span]) -> Iterator[Span]:
    """Spans that touch on both sides made one; lines gone or come whole stay apart from a change behind them."""
    held: Span | None = None
    for span in spans:
        if held and held[1] == span[0] and held[3] == span[2] and not _apart(old, new, held, span):
            held = held[0], span[1], held[2], span[3]
            continue
        if held:
            yield held
        held = span
    if held:
        yield held


def _apart(old: str, new: str, lines: Span, span: Span) -> bool:
    a, b, c, d = lines
    text, start, end = (old, a, b) if c == d else (new, c, d)
    is_whole = (a == b or c == d) and text[end - 1] == "\n" and (not start or text[start - 1] == "\n")
    return is_whole and "\n" not in old[span[0] : span[1]] + new[span[2] : span[3]]


def _words_kept(old: str, new: str, spans: Sequence[Span]) -> Iterator[Span]:
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


#: Characters between two hunks over which a bracket and its partner hold them together.
_NEAR = 8
_BRACKETS = (
    ("（", "）"),
    ("(", ")"),
    ("《", "》"),
    ("〈", "〉"),
    ("【", "】"),
    ("「", "」"),
    ("『", "』"),
    ("“", "”"),
    ("‘", "’"),
    ("〔", "〕"),
)


def _brackets_kept(old: str, new: str, spans: Sequence[Span]) -> Iterator[Span]:
    """Where one hunk opens a bracket and the next, close by, closes it, they are one: each alone reads as a slip."""
    held: Span | None = None
    for span in spans:
        if held:
            a, b, c, d = held
            e, f, g, h = span
            between = old[b:e]
            if (
                len(between) <= _NEAR
                and "\n" not in between
                and (_belong(old[a:b], old[e:f]) or _belong(new[c:d], new[g:h]))
            ):
                held = a, f, c, h
                continue
            yield held
        held = span
    if held:
        yield held


def _belong(text: str, later: str) -> bool:
    return any(
        text.count(opening) > text.count(closing) and later.count(closing) > later.count(opening)
        for opening, closing in _BRACKETS
    )


def _hunk(old: str, new: str, span: Span) -> Hunk:
    a, b, c, d = span
    # Blanks that fill a cell on both sides are no part of what changed in it.
    while a < b and c < d and old[b - 1] == new[d - 1] == " ":
        b, d = b - 1, d - 1
    while a < b and c < d and old[a] == new[c] == " ":
        a, c = a + 1, c + 1
    op: Op = "insert" if a == b else "delete" if c == d else "replace"
    return Hunk(op, old[a:b], new[c:d], a, c)
