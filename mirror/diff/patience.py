"""Alignment of two sequences by what stands once in both (patience diff, Bram Cohen)."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence

#: How often what lies between is aligned anew: real texts take a handful; texts made to be slow must end too.
_DEEPEST = 32
#: `old[a:b]` and `new[c:d]`.
Span = tuple[int, int, int, int]


def longest_rise(numbers: Sequence[int]) -> list[int]:
    """Places of a longest strictly rising subsequence, in order."""
    tails: list[int] = []  # smallest last number of a rise of each length
    ends: list[int] = []  # and its place
    before: list[int] = []
    for place, number in enumerate(numbers):
        length = bisect_left(tails, number)
        before.append(ends[length - 1] if length else -1)
        if length == len(tails):
            tails.append(number)
            ends.append(place)
        else:
            tails[length], ends[length] = number, place
    found = []
    place = ends[-1] if ends else -1
    while place >= 0:
        found.append(place)
        place = before[place]
    return found[::-1]


def gaps(old: Sequence[Hashable], new: Sequence[Hashable]) -> Iterator[Span]:
    """What lies between equal runs: `old[a:b]` stands against `new[c:d]`, in order; one of them may be empty.

    Equal beginnings and ends are taken off, then units that stand once on both sides hold the two together, and
    the same again between them.
    """
    todo = [(0, len(old), 0, len(new), 0)]
    while todo:
        a, b, c, d, depth = todo.pop()
        while a < b and c < d and old[a] == new[c]:
            a, c = a + 1, c + 1
        while a < b and c < d and old[b - 1] == new[d - 1]:
            b, d = b - 1, d - 1
        if a == b and c == d:
            continue
        anchors = _anchors(old, new, a, b, c, d) if a < b and c < d and depth < _DEEPEST else []
        if not anchors:
            yield a, b, c, d
            continue
        parts, at, there = [], a, c
        for one, other in anchors:
            parts.append((at, one, there, other, depth + 1))
            at, there = one + 1, other + 1
        parts.append((at, b, there, d, depth + 1))
        todo += reversed(parts)


def pairs(old: Sequence[Hashable], new: Sequence[Hashable]) -> Iterator[tuple[int, int]]:
    """Places of equal units that the alignment puts beside each other, in order."""
    at = there = 0
    for a, b, c, d in [*gaps(old, new), (len(old), len(old), len(new), len(new))]:
        yield from zip(range(at, a), range(there, c), strict=True)
        at, there = b, d


def _anchors(
    old: Sequence[Hashable], new: Sequence[Hashable], a: int, b: int, c: int, d: int
) -> list[tuple[int, int]]:
    counted, counted_new = Counter(old[a:b]), Counter(new[c:d])
    places = {new[place]: place for place in range(c, d) if counted_new[new[place]] == 1}
    once = [(place, places[old[place]]) for place in range(a, b) if counted[old[place]] == 1 and old[place] in places]
    return [once[place] for place in longest_rise([other for _, other in once])]
