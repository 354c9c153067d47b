"""Lines or sentences of two texts put beside each other, each beside the one of which it is a revision.

In a table of which a new year changes every row, no two rows are equal, and yet a reader sees which belong together
and which one is new.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from mirror.diff.fold import fold, plain_widths
from mirror.diff.patience import Span, pairs
from mirror.diff.tokens import tokens

#: Part of their pieces that two units must share to be one and its revision.
_ALIKE = 0.5
#: Pairs of units that are looked at, each with each; where more is left, nothing is told.
_MOST = 1_600
_NUMBER = re.compile(r"\d+|[〇○零一二三四五六七八九十百千万亿]+")


def revised(old: Sequence[str], new: Sequence[str]) -> Iterator[Span]:
    """Units beside their revisions, and between them what has none on the other side; in order, equal ones left out.

    Those belong together that differ in numbers and blanks alone, then those that share at least half of their
    pieces, aligned so that most is shared.
    """
    at = there = 0
    for one, other in [*pairs([_skeleton(unit) for unit in old], [_skeleton(unit) for unit in new]), (-1, -1)]:
        end, end_new = (one, other) if one >= 0 else (len(old), len(new))
        for a, b, c, d in _alike(old[at:end], new[there:end_new]):
            yield at + a, at + b, there + c, there + d
        if one >= 0 and old[one] != new[other]:
            yield one, one + 1, other, other + 1
        at, there = end + 1, end_new + 1


def _skeleton(unit: str) -> str:
    return _NUMBER.sub("0", fold(unit))


def _alike(old: Sequence[str], new: Sequence[str]) -> Iterator[Span]:
    """Units beside their revisions, by the alignment in which most is shared."""
    if not old and not new:
        return
    if not 1 < len(old) * len(new) <= _MOST:
        yield 0, len(old), 0, len(new)
        return
    shares = _shares(old, new)
    # best[i][j]: what is shared by old[i:] and new[j:] at most.
    best = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            share = shares[i][j]
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + share if share else 0)
    i = j = at = there = 0
    while i < len(old) and j < len(new):
        if shares[i][j] and best[i][j] == best[i + 1][j + 1] + shares[i][j]:
            if (at, there) != (i, j):
                yield at, i, there, j
            yield i, i + 1, j, j + 1
            i, j = i + 1, j + 1
            at, there = i, j
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    if at < len(old) or there < len(new):
        yield at, len(old), there, len(new)


def _shares(old: Sequence[str], new: Sequence[str]) -> list[list[int]]:
    """Pieces that each two units share; 0 where they are too few to mean anything."""
    pieces, others = [_pieces(unit) for unit in old], [_pieces(unit) for unit in new]
    return [[_share(one, other) for other in others] for one in pieces]


def _pieces(unit: str) -> Counter[str]:
    return Counter(token for token in tokens(plain_widths(unit)) if not token.isspace())


def _share(pieces: Counter[str], others: Counter[str]) -> int:
    size, size_new = pieces.total(), others.total()
    if 2 * min(size, size_new) < _ALIKE * (size + size_new):
        return 0
    common = (pieces & others).total()
    return common if 2 * common >= _ALIKE * (size + size_new) else 0
