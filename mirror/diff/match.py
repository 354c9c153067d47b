"""Which entry of one state is which entry of the other.

A number is no identity over time: the source inserts an entry, and all behind it move on by one. So the text is asked
first, with number, title and place to tell equal texts apart; then its words, however they are set; then the slot
between neighbours that are matched; then title and path; and nearness last, among what is left.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from mirror.diff import near, patience
from mirror.diff.fold import fold
from mirror.diff.near import Sketch
from mirror.diff.state import Held

Place = tuple[str, int]  #: library and book
Pair = tuple[Held, Held]
Key = Callable[[Held], Hashable]

#: A text shorter than this (characters) says too little to be known by: headings that stand over others have none.
TELLING = 24
#: Likeness (Jaccard, of shingles) from which texts count as one, edited: in one slot, with one title, anywhere.
IN_SLOT, SAME_TITLE, ANYWHERE = 0.4, 0.4, 0.6
#: Of titles, where there is no text to go by.
TITLE = 0.5
#: Entries of a slot, old times new, that are compared each with each.
_MOST_COMPARED = 2_500


@dataclass(frozen=True, slots=True)
class Matching:
    """Pairs of entries that are one, and what has no other half."""

    pairs: list[Pair]
    old: list[Held]
    new: list[Held]


@dataclass(frozen=True, slots=True)
class Side:
    """What matching asks of the texts of one state; both are asked only of what is left by then."""

    words: Callable[[Held], bytes]
    sketch: Callable[[Held], Sketch]


def match(
    old: Sequence[Held], new: Sequence[Held], unmoved: Mapping[Place, Sequence[int]], one: Side, other: Side
) -> Matching:
    """Match what is left of two states after equal entries of equal number were taken out.

    Args:
        old: Entries of the earlier state, by library, book and number.
        new: Entries of the later one, likewise.
        unmoved: Numbers of those taken out, ascending, by book: neighbours to go by.
        one: Texts of the earlier state.
        other: Texts of the later one.
    """
    work = _Work(list(old), list(new), one, other)
    for key in _EXACT:
        work.join(key, key)
    work.join_same_place()
    for key in _TELLING:
        work.join(key, key, telling=True)
    work.join(
        lambda held: (one.words(held), _title(held)), lambda held: (other.words(held), _title(held)), telling=True
    )
    work.join(one.words, other.words, telling=True)
    work.fill_slots(unmoved)
    work.join_near(SAME_TITLE, lambda held: (held.path, _title(held)))
    work.join_near(ANYWHERE, None)
    return Matching(work.pairs, work.old, work.new)


def _title(held: Held) -> str:
    return fold(held.title or "")


#: Exact keys, from the surest to the least sure.
_EXACT: tuple[Key, ...] = (
    lambda held: (held.id, held.text_digest, _title(held), held.path),
    lambda held: (held.book_place, held.text_digest, _title(held), held.path),
    lambda held: (held.id, held.text_digest, _title(held)),
    lambda held: (held.book_place, held.text_digest, _title(held)),
)
#: For texts long enough to be known by.
_TELLING: tuple[Key, ...] = (
    lambda held: (held.text_digest, _title(held), held.path),
    lambda held: (held.text_digest, _title(held)),
    lambda held: (held.id, held.text_digest),
    lambda held: (held.book_place, held.text_digest),
    lambda held: held.text_digest,
)


class _Work:
    """Pairs found so far, and what is left."""

    def __init__(self, old: list[Held], new: list[Held], one: Side, other: Side) -> None:
        self.old, self.new = old, new
        self.one, self.other = one, other
        self.pairs: list[Pair] = []

    def join(self, key: Key, other_key: Key, *, telling: bool = False) -> None:
        """Pair entries of equal keys, of several with one key first with first; only telling texts, if so wanted."""
        if not self.old or not self.new:
            return
        waiting: dict[Hashable, list[Held]] = defaultdict(list)
        for held in reversed(self.old):
            if not telling or held.size >= TELLING:
                waiting[key(held)].append(held)
        self._take(
            [
                (having.pop(), held)
                for held in self.new
                if (not telling or held.size >= TELLING) and (having := waiting.get(other_key(held)))
            ]
        )

    def join_same_place(self) -> None:
        """Pair entries of one number that have one title and say the same, however it is set."""
        here = {held.id: held for held in self.old}
        both = [(held, now) for now in self.new if (held := here.get(now.id)) and _title(held) == _title(now)]
        self._take([pair for pair in both if self.one.words(pair[0]) == self.other.words(pair[1])])

    def join_near(self, least: float, key: Key | None) -> None:
        """Pair entries whose texts are alike, the most alike first; with a key, only those of equal keys."""
        old = {held: self.one.sketch(held) for held in self.old if held.size >= TELLING}
        new = {held: self.other.sketch(held) for held in self.new if held.size >= TELLING}
        if not old or not new:
            return
        used: set[tuple[int, Held]] = set()
        found = []
        for _, held, now in near.nearest(old, new, least):
            if key is not None and key(held) != key(now):
                continue
            if (0, held) not in used and (1, now) not in used:
                used |= {(0, held), (1, now)}
                found.append((held, now))
        self._take(found)

    def _take(self, found: Sequence[Pair]) -> None:
        if not found:
            return
        self.pairs += found
        gone, come = {held for held, _ in found}, {held for _, held in found}
        self.old = [held for held in self.old if held not in gone]
        self.new = [held for held in self.new if held not in come]

    # -- slots -----------------------------------------------------------------------------------------------

    def fill_slots(self, unmoved: Mapping[Place, Sequence[int]]) -> None:
        """Pair what stands between the same matched neighbours, where titles or texts are alike.

        A book that got another number is compared with the book that most of its entries went to.
        """
        anchors: dict[tuple[Place, Place], list[tuple[int, int]]] = defaultdict(list)
        for place, recs in unmoved.items():
            anchors[place, place] = [(rec, rec) for rec in recs]
        for held, now in self.pairs:
            anchors[held.book_place, now.book_place].append((held.rec, now.rec))
        for place in {held.book_place for held in self.old}:
            anchors.setdefault((place, place), [])
        for (place, other), known in sorted(anchors.items(), key=lambda item: (-len(item[1]), item[0])):
            left = [held for held in self.old if held.book_place == place] if self.old else []
            come = [held for held in self.new if held.book_place == other] if left else []
            if left and come:
                self._take(self._between(left, come, known))

    def _between(self, left: Sequence[Held], come: Sequence[Held], known: Iterable[tuple[int, int]]) -> list[Pair]:
        ordered = sorted(known)
        rising = [ordered[place] for place in patience.longest_rise([now for _, now in ordered])]
        before, after = [rec for rec, _ in rising], [rec for _, rec in rising]
        slots: dict[int, tuple[list[Held], list[Held]]] = defaultdict(lambda: ([], []))
        for held in left:
            slots[bisect_left(before, held.rec)][0].append(held)
        for held in come:
            slots[bisect_left(after, held.rec)][1].append(held)
        return [pair for old, new in slots.values() if old and new for pair in self._slot(old, new)]

    def _slot(self, old: list[Held], new: list[Held]) -> list[Pair]:
        titles, titles_new = [_title(held) for held in old], [_title(held) for held in new]
        found: list[Pair] = []
        for place, other in patience.pairs(titles, titles_new):
            if titles[place] and self._may_be_one(old[place], new[other]):
                found.append((old[place], new[other]))
        taken = {id(held) for pair in found for held in pair}
        old = [held for held in old if id(held) not in taken]
        new = [held for held in new if id(held) not in taken]
        if old and new and len(old) * len(new) <= _MOST_COMPARED:
            scores = [[self._score(held, now) for now in new] for held in old]
            found += [(old[row], new[column]) for row, column in near.in_order(scores, 0.01)]
        return found

    def _may_be_one(self, held: Held, now: Held) -> bool:
        """Of entries with the same title in the same slot."""
        if held.path == now.path or held.size < TELLING or now.size < TELLING:
            return True
        return self._likeness(held, now) >= IN_SLOT / 2

    def _score(self, held: Held, now: Held) -> float:
        """How alike two entries of one slot are; 0 if they are not one."""
        if held.size >= TELLING and now.size >= TELLING:
            alike = self._likeness(held, now)
            return alike if alike >= IN_SLOT else 0.0
        if held.size < TELLING and now.size < TELLING:
            alike = near.title_likeness(_title(held), _title(now))
            return alike if alike >= TITLE else 0.0
        return 0.0

    def _likeness(self, held: Held, now: Held) -> float:
        return near.likeness(self.one.sketch(held), self.other.sketch(now))
