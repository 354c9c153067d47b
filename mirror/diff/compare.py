"""Two states compared: what became of every entry.

Book by book, entries that are the same on both sides are only counted; what is left is matched (`match`), and each
pair gets the strongest kind that holds. Texts are read when they are needed, so memory goes by what changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mirror.diff import parts
from mirror.diff.changes import Change, Comparison, Detail, Kind
from mirror.diff.fold import fold
from mirror.diff.match import TELLING, Pair, Place, Side, match
from mirror.diff.state import Answer, BookState, Held, State


def compare(old: State, new: State, books: Iterable[Place] | None = None) -> Comparison:
    """What changed from one state to another; of one collection, or of two.

    Args:
        old: The earlier state, or that of the one collection.
        new: The later state, or that of the other collection.
        books: Only these; all of both if None.
    """
    found = _Comparing(old, new)
    for place in sorted({*old.books(), *new.books()}) if books is None else books:
        found.take_book(place)
    return found.conclude()


class _Comparing:
    def __init__(self, old: State, new: State) -> None:
        self.old, self.new = old, new
        self.same_store = old.same_store(new)
        self.left_old: list[Held] = []
        self.left_new: list[Held] = []
        self.unmoved: dict[Place, list[int]] = {}
        self.before: dict[Place, BookState] = {}  # of books with anything left
        self.departed: dict[Place, list[Held]] = {}
        self.adrift: set[int] = set()  # captures of texts that may be there still, under a number not asked since
        self.silent: set[Place] = set()  # books whose contents did not answer when they were asked last
        self.changes: list[Change] = []
        self.unchanged = self.unseen = 0

    def take_book(self, place: Place) -> None:
        """Count what is the same under its number; keep the rest to be matched."""
        before, after = self.old.book(*place), self.new.book(*place)
        if self.same_store:
            same = self._same(before, after, sorted(before.answers.keys() & after.answers.keys()))
            left_old = self.old.held(before, sorted(before.answers.keys() - same))
            left_new = self.new.held(after, sorted(after.answers.keys() - same))
            left_old += self.old.adrift(before)
            known = {held.capture for held in left_old}
            self.adrift |= {answer.capture for _, answer, _ in after.adrift} & known
            if after.listing.silent:
                self.silent.add(place)
                self.adrift |= {held.capture for held in left_old}
            left_new += [held for held in self.new.adrift(after) if held.capture not in known]
        else:
            left_old = [*self.old.held(before, before.answers), *self.old.adrift(before)]
            left_new = [*self.new.held(after, after.answers), *self.new.adrift(after)]
            same = self._alike(left_old, left_new)
            left_old = [held for held in left_old if held.rec not in same]
            left_new = [held for held in left_new if held.rec not in same]
        if left_old or left_new:
            self.left_old += left_old
            self.left_new += left_new
            self.unmoved[place] = sorted(same)
            self.before[place] = before

    def _alike(self, old: Sequence[Held], new: Sequence[Held]) -> set[int]:
        """Numbers under which two collections have the same text with the same title."""
        there = {held.rec: held for held in old}
        same = {
            now.rec
            for now in new
            if (held := there.get(now.rec))
            and held.text_digest == now.text_digest
            and fold(held.title or "") == fold(now.title or "")
        }
        self.unchanged += len(same)
        return same

    def _same(self, before: BookState, after: BookState, common: list[int]) -> set[int]:
        """Numbers under which the same version stands with the same title; template changes are noted."""
        listed_alike = before.listing.contents == after.listing.contents
        old_headings = {} if listed_alike else self.old.headings(before.listing)
        new_headings = {} if listed_alike else self.new.headings(after.listing)
        same = set()
        for rec in common:
            was, now = before.answers[rec], after.answers[rec]
            if was.version != now.version:
                continue
            if not listed_alike:
                one, other = old_headings.get(rec), new_headings.get(rec)
                if one is not None and other is not None and one.title != other.title:
                    continue
            same.add(rec)
            self._count_same(before, after, rec, was, now)
        return same

    def _count_same(self, before: BookState, after: BookState, rec: int, was: Answer, now: Answer) -> None:
        if was.capture == now.capture:
            self.unseen += 1
        elif was.template != now.template and was.template and now.template:
            one, other = self.old.held(before, [rec]), self.new.held(after, [rec])
            self.changes.append(Change("cosmetic", tuple(one), tuple(other), "template"))
        else:
            self.unchanged += 1

    # -- what is left ----------------------------------------------------------------------------------------

    def conclude(self) -> Comparison:
        """Match what is left, and name every change."""
        old, new = self.old, self.new
        matched = match(
            self.left_old, self.left_new, self.unmoved, Side(old.words, old.sketch), Side(new.words, new.sketch)
        )
        pairs, gone, come = self._take_parts(matched.pairs, matched.old, matched.new)
        for held, now in pairs:
            self._name(held, now)
        self.unseen += sum(held.capture in self.adrift for held in gone)
        self.changes += [Change("removed", (held,), ()) for held in gone if held.capture not in self.adrift]
        for now in come:
            self.changes.append(self._name_new(now))
        self.changes.sort(key=lambda change: (change.place, change.kind))
        return Comparison(old, new, self.changes, self.unchanged, self.unseen)

    def _name(self, held: Held, now: Held) -> None:
        """The strongest kind that holds of a pair, if any does."""
        named = kind_of(self.old, self.new, held, now)
        if named:
            self.changes.append(Change(named[0], (held,), (now,), named[1]))
        elif self.same_store and held.capture == now.capture:
            self.unseen += 1
        else:
            self.unchanged += 1

    def _take_parts(
        self, pairs: list[Pair], gone: list[Held], come: list[Held]
    ) -> tuple[list[Pair], list[Held], list[Held]]:
        """Take out entries that were split, and those that were merged."""
        old, new = self.old, self.new
        edited = [pair for pair in pairs if pair[0].text_digest != pair[1].text_digest]
        splits = parts.find_parts(
            [*gone, *(held for held, _ in edited)], come, parts.partners(pairs), old.folded, new.folded
        )
        for whole, into in splits:
            self.changes.append(Change("split", (whole,), into))
        taken = {("old", whole) for whole, _ in splits} | {("new", one) for _, into in splits for one in into}
        gone = [held for held in gone if ("old", held) not in taken]
        come = [held for held in come if ("new", held) not in taken]
        pairs = [pair for pair in pairs if ("old", pair[0]) not in taken]
        edited = [pair for pair in edited if ("old", pair[0]) not in taken]
        merges = parts.find_parts(
            [*come, *(now for _, now in edited)], gone, parts.partners(pairs, backwards=True), new.folded, old.folded
        )
        for whole, of in merges:
            self.changes.append(Change("merged", of, (whole,)))
        taken = {("new", whole) for whole, _ in merges} | {("old", one) for _, of in merges for one in of}
        return (
            [pair for pair in pairs if ("new", pair[1]) not in taken],
            [held for held in gone if ("old", held) not in taken],
            [held for held in come if ("new", held) not in taken],
        )

    def _name_new(self, now: Held) -> Change:
        before = self.before[now.book_place]
        if (earlier := self._departed(before, now)) is not None:
            return Change("returned", (earlier,), (now,))
        if now.book_place in self.silent:
            return Change("captured", (), (now,))
        if not self.same_store or self.old.is_new(before, now.title, now.path, now.rec):
            return Change("added", (), (now,))
        return Change("captured", (), (now,))

    def _departed(self, before: BookState, now: Held) -> Held | None:
        """The newest text of the same book that is this one's, or had its title and place, and was gone by then."""
        if not self.same_store:
            return None
        if now.book_place not in self.departed:
            self.departed[now.book_place] = self.old.departed(before)
        gone = self.departed[now.book_place]
        for held in gone:
            same_text = held.text_digest == now.text_digest or self.old.words(held) == self.new.words(now)
            if same_text and (held.size >= TELLING or _same_heading(held, now)):
                return held
        return next((held for held in gone if held.rec not in before.answers and _same_heading(held, now)), None)


def kind_of(old: State, new: State, held: Held, now: Held) -> tuple[Kind, Detail] | None:
    """The strongest kind that holds of an entry as it stood on both sides; None if it is the same."""
    if held.text_digest != now.text_digest and old.words(held) != new.words(now):
        return "edited", ""
    if _titles_differ(held, now):
        return "retitled", ""
    if held.id != now.id:
        return "moved", ""
    one, other = old.reading(held), new.reading(now)
    if "".join(one.text.split()) != "".join(other.text.split()) and not (one.tables or other.tables):
        return "cosmetic", "width"
    # Two sources never lay a page out alike: between them only the reading text counts.
    same_store = old.same_store(new)
    if one.text != other.text or (same_store and (one.raw_text != other.raw_text or held.title != now.title)):
        return "cosmetic", "layout"
    return None


def _titles_differ(held: Held, now: Held) -> bool:
    """Blanks and width aside; a title that is not known differs from none."""
    return held.title is not None and now.title is not None and fold(held.title) != fold(now.title)


def _same_heading(held: Held, now: Held) -> bool:
    return held.title is not None and held.path == now.path and fold(held.title) == fold(now.title or "")
