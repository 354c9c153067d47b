"""Entries that were cut in two, and entries that were put together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from mirror.diff.match import Pair
from mirror.diff.near import covered, shingles
from mirror.diff.state import Held

#: Share of a part's shingles that the whole must hold, and of the whole's that the parts must.
_WITHIN = 0.8
#: A part shorter than this (characters) proves nothing.
_LEAST = 40
#: Only one shingle in so many is looked up to find where a part may belong.
_SAMPLED = 8


def find_parts(
    wholes: Sequence[Held],
    loose: Sequence[Held],
    partner: dict[Held, Held],
    text: Callable[[Held], str],
    part_text: Callable[[Held], str],
) -> list[tuple[Held, tuple[Held, ...]]]:
    """Wholes whose text stands, nearly all of it, in two entries or more of the other state.

    Args:
        wholes: Entries of the one state that are gone, or are paired with another text.
        loose: Entries of the other state that are paired with none.
        partner: The other half of the wholes that have one.
        text: Folded text of a whole.
        part_text: Folded text of a part.

    Returns:
        Each whole with its parts in order; a part belongs to one whole only.
    """
    pieces = {held: shingles(part_text(held)) for held in loose if held.size >= _LEAST}
    if not pieces:
        return []
    holders: dict[int, list[Held]] = defaultdict(list)
    for whole in wholes:
        if whole.size >= 2 * _LEAST:
            for number in shingles(text(whole)):
                if number % _SAMPLED == 0:
                    holders[number].append(whole)
    wanted: dict[Held, list[Held]] = defaultdict(list)
    for part, numbers in pieces.items():
        hits: Counter[Held] = Counter()
        for number in numbers:
            if number % _SAMPLED == 0:
                hits.update(holders.get(number, ()))
        for whole, _ in hits.most_common(3):
            if covered(numbers, shingles(text(whole))) >= _WITHIN:
                wanted[whole].append(part)
                break
    found = []
    for whole, parts in wanted.items():
        numbers = shingles(text(whole))
        if (rest := partner.get(whole)) is not None:
            own = shingles(part_text(rest))
            if rest.size >= _LEAST and covered(own, numbers) < _WITHIN:
                continue
            pieces[rest] = own
            parts.append(rest)
        together = set[int]().union(*(pieces[part] for part in parts))
        largest = max(len(pieces[part]) for part in parts)
        if len(parts) > 1 and covered(numbers, together) >= _WITHIN and largest < 0.95 * len(numbers):
            found.append((whole, tuple(sorted(parts, key=lambda held: (held.library, held.book, held.rec)))))
    return found


def partners(pairs: Sequence[Pair], *, backwards: bool = False) -> dict[Held, Held]:
    """The other half of each entry of a pair."""
    return {now: held for held, now in pairs} if backwards else dict(pairs)
