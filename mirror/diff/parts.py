"""Entries that were cut in two, and entries that were put together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from mirror.diff.match import Pair
from mirror.diff.near import covered, shingles
from mirror.diff.state import Held

#: Share of a part's shingles that the whole must hold, and of the whole's that the parts must.
_WITHIN = 0.8
#: A part that others hold already, by this share, is none, for repeated phrases make short texts look like parts;
#: unless it is just what was still wanting of the whole, and that is more than this many shingles.
_OWN = 0.8
_REST = 8
#: A part shorter than this (characters) proves nothing.
_LEAST = 40
#: Only one shingle in so many is looked up to find where a part may belong.
_SAMPLED = 8
#: Wholes, those with most in common, that a part is compared with.
_LOOKED_AT = 5


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
        here = [whole for whole, _ in hits.most_common() if part.book_place in _places(whole, partner)]
        shares = [(covered(numbers, shingles(text(whole))), -place) for place, whole in enumerate(here[:_LOOKED_AT])]
        if shares and (best := max(shares))[0] >= _WITHIN:
            wanted[here[-best[1]]].append(part)
    found = []
    for whole, parts in wanted.items():
        numbers = shingles(text(whole))
        if (rest := partner.get(whole)) is not None:
            pieces[rest] = shingles(part_text(rest))
            if covered(pieces[rest], numbers) < _WITHIN:
                continue
            parts.append(rest)
        chosen, together = _chosen(parts, pieces, numbers)
        if len(chosen) > 1 and covered(numbers, together) >= _WITHIN:
            found.append((whole, tuple(sorted(chosen, key=lambda held: (held.library, held.book, held.rec)))))
    return found


def _places(whole: Held, partner: dict[Held, Held]) -> set[tuple[str, int]]:
    """The books in which parts of an entry are looked for."""
    return {whole.book_place, partner.get(whole, whole).book_place}


def _chosen(parts: Sequence[Held], pieces: dict[Held, set[int]], whole: set[int]) -> tuple[list[Held], set[int]]:
    """The parts that each bring something of their own, the largest first, and all their shingles."""
    chosen, together = list[Held](), set[int]()
    for part in sorted(parts, key=lambda held: -len(pieces[held])):
        left = whole - together
        if covered(pieces[part], together) < _OWN or (len(left) >= _REST and covered(left, pieces[part]) >= _WITHIN):
            chosen.append(part)
            together |= pieces[part]
    return chosen, together


def partners(pairs: Sequence[Pair], *, backwards: bool = False) -> dict[Held, Held]:
    """The other half of each entry of a pair."""
    return {now: held for held, now in pairs} if backwards else dict(pairs)
