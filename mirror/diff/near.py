"""How alike two texts are, without comparing them: sketches of their four-character shingles.

A sketch keeps the smallest hashes of a text's shingles (bottom-k MinHash, Broder 1997): two sketches tell the
part of shingles the texts share, exactly for short texts, within a few per cent for long ones.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import TypeVar
from zlib import crc32

K = TypeVar("K", bound=Hashable)

Sketch = tuple[int, ...]  #: ascending

_SIZE = 128
_SHINGLE = 4


def shingles(folded: str) -> set[int]:
    """Hashes of all runs of four characters; the whole text if it is shorter; none of an empty one."""
    coded = memoryview(folded.encode("utf-32-le", "surrogatepass"))
    width = 4 * _SHINGLE
    if len(coded) <= width:
        return {crc32(coded)} if coded else set()
    return {crc32(coded[at : at + width]) for at in range(0, len(coded) - width + 1, 4)}


def sketch(folded: str) -> Sketch:
    """The sketch of a folded text; () of an empty one."""
    return tuple(sorted(shingles(folded))[:_SIZE])


def likeness(one: Sketch, other: Sketch) -> float:
    """The part of shingles that two texts share, 0 to 1; 0 if one is empty."""
    if not one or not other:
        return 0.0
    left, right = set(one), set(other)
    # The smallest of both together are a fair sample of both together.
    sample = sorted(left | right)[:_SIZE]
    return sum(1 for number in sample if number in left and number in right) / len(sample)


def nearest(
    old: Mapping[K, Sketch], new: Mapping[K, Sketch], least: float, most_common: int = 200
) -> Iterator[tuple[float, K, K]]:
    """Pairs at least so much alike, the most alike first; ties in the order given. Not every pair is looked at.

    Args:
        old: Sketches of one side.
        new: Of the other.
        least: The likeness from which a pair counts.
        most_common: Shingles that more texts have than this are no hint.
    """
    holders: dict[int, list[K]] = defaultdict(list)
    for key, numbers in old.items():
        for number in numbers:
            holders[number].append(key)
    found: list[tuple[float, int, K, K]] = []
    for key, numbers in new.items():
        shared: Counter[K] = Counter()
        for number in numbers:
            having = holders.get(number, ())
            if len(having) <= most_common:
                shared.update(having)
        for other, _ in shared.most_common(8):
            alike = likeness(old[other], numbers)
            if alike >= least:
                found.append((alike, len(found), other, key))
    for alike, _, one, other in sorted(found, key=lambda item: (-item[0], item[1])):
        yield alike, one, other


def covered(part: set[int], whole: set[int]) -> float:
    """The share of `part` that lies in `whole`; 0 if `part` is empty."""
    return len(part & whole) / len(part) if part else 0.0


def title_likeness(one: str, other: str) -> float:
    """How alike two folded titles are, 0 to 1: characters in common (Dice)."""
    if not one or not other:
        return 0.0
    common = (Counter(one) & Counter(other)).total()
    return 2 * common / (len(one) + len(other))


def in_order(scores: Sequence[Sequence[float]], least: float) -> list[tuple[int, int]]:
    """The pairing that keeps both orders and has the greatest sum of scores, pairs below `least` left out."""
    rows, columns = len(scores), len(scores[0]) if scores else 0
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for row in reversed(range(rows)):
        for column in reversed(range(columns)):
            score = scores[row][column]
            paired = score + best[row + 1][column + 1] if score >= least else 0.0
            best[row][column] = max(paired, best[row + 1][column], best[row][column + 1])
    found, row, column = [], 0, 0
    while row < rows and column < columns:
        score = scores[row][column]
        if score >= least and best[row][column] == score + best[row + 1][column + 1]:
            found.append((row, column))
            row, column = row + 1, column + 1
        elif best[row][column] == best[row + 1][column]:
            row += 1
        else:
            column += 1
    return found
