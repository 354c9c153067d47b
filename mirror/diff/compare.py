"""Two states compared: what became of every entry.

Book by book, entries that are the same on both sides are only counted; what is left is matched (`match`), and each
pair gets the strongest kind that holds. Texts are read when they are needed, so memory goes by what changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mirror.diff import parts
from mirror.diff.fold import fold
from mirror.diff.hunks import Hunk, hunks
from mirror.diff.match import TELLING, Pair, Place, Side, match
from mirror.diff.state import Answer, BookState, Held, State

#: added, removed: at the source. captured: held now and not before, though the source may have had it all along.
#: edited: another text. retitled: another title, same text. moved: same text under another number.
#: cosmetic: same words; only layout, width or template differ. split, merged: one entry of several, several of one.
#: returned: gone before, and there again.
Kind = Literal[
    "added", "removed", "edited", "moved", "retitled", "cosmetic", "split", "merged", "returned", "captured"
]
Detail = Literal["layout", "width", "template", ""]

#: In the order of the summary; the first six are always in it (CONTRACT).
KINDS: tuple[Kind, ...] = (
    "added",
    "removed",
    "edited",
    "moved",
    "retitled",
    "cosmetic",
    "split",
    "merged",
    "returned",
    "captured",
)


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one entry; of several, where it was split or merged.

    Attributes:
        kind: The strongest that holds: an entry edited and moved is edited.
        old: Entries of the earlier state; () if there is none.
        new: Of the later state.
        detail: Of a cosmetic change, what differs.
    """

    kind: Kind
    old: tuple[Held, ...]
    new: tuple[Held, ...]
    detail: Detail = ""

    @property
    def place(self) -> tuple[str, int, int]:
        """Where it stands in the order of changes: by its new number, by the old one if it has none."""
        held = (self.new or self.old)[0]
        return held.library, held.book, held.rec


@dataclass(frozen=True)
class Comparison:
    """What changed from `old` to `new`.

    Attributes:
        old: The earlier state.
        new: The later one.
        changes: In order of library, book and number.
        unchanged: Entries seen again with the same text and title under the same number.
        unseen: Entries taken to be as before, for the source was not asked again, or gave no telling answer.
    """

    old: State
    new: State
    changes: Sequence[Change]
    unchanged: int = 0
    unseen: int = 0

    def summary(self) -> dict[str, int]:
        """Counts by kind (CONTRACT): the six kinds and `unchanged` always, others where they are not 0.

        `template_only` counts cosmetic changes of which only the page around the entry differs.
        """
        counts = Counter[str](change.kind for change in self.changes)
        counts["template_only"] = sum(change.detail == "template" for change in self.changes)
        found: dict[str, int] = {kind: counts[kind] for kind in KINDS[:6]}
        found["unchanged"] = self.unchanged
        others = {kind: counts[kind] for kind in (*KINDS[6:], "template_only")} | {"unseen": self.unseen}
        return found | {kind: count for kind, count in others.items() if count}

    def texts(self, change: Change) -> tuple[str, str]:
        """Reading texts of both sides; several entries' joined by a line feed, "" where there is none."""
        return (
            "\n".join(self.old.reading(held).text for held in change.old),
            "\n".join(self.new.reading(held).text for held in change.new),
        )

    def hunks(self, change: Change) -> list[Hunk]:
        """What changed inside the text; [] for what has but one side."""
        return hunks(*self.texts(change)) if change.old and change.new else []


def compare(old: State, new: State) -> Comparison:
    """What changed from one state to another; of one collection, or of two."""
    found = _Comparing(old, new)
    for place in sorted({*old.books(), *new.books()}):
        found.take_book(place)
    return found.conclude()


class _Comparing:
    def __init__(self, old: State, new: State) -> None:
        self.old, self.new = old, new
        self.same_store = old.db is new.db
        self.left_old: list[Held] = []
        self.left_new: list[Held] = []
        self.unmoved: dict[Place, list[int]] = {}
        self.before: dict[Place, BookState] = {}  # of books with anything left
        self.departed: dict[Place, list[Held]] = {}
        self.changes: list[Change] = []
        self.unchanged = self.unseen = 0

    def take_book(self, place: Place) -> None:
        """Count what is the same under its number; keep the rest to be matched."""
        before, after = self.old.book(*place), self.new.book(*place)
        common = before.answers.keys() & after.answers.keys()
        same = self._same(before, after, sorted(common))
        left_old, left_new = sorted(before.answers.keys() - same), sorted(after.answers.keys() - same)
        if left_old or left_new:
            self.left_old += self.old.held(before, left_old)
            self.left_new += self.new.held(after, left_new)
            self.unmoved[place] = sorted(same)
            if left_new:
                self.before[place] = before

    def _same(self, before: BookState, after: BookState, common: list[int]) -> set[int]:
        """Numbers under which the same version stands with the same title; template changes are noted."""
        if not self.same_store:
            return set()
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
        self.changes += [Change("removed", (held,), ()) for held in gone]
        for now in come:
            self.changes.append(self._name_new(now))
        self.changes.sort(key=lambda change: (change.place, change.kind))
        return Comparison(old, new, self.changes, self.unchanged, self.unseen)

    def _name(self, held: Held, now: Held) -> None:
        """The strongest kind that holds of a pair, if any does."""
        text_differs = held.text_digest != now.text_digest
        if text_differs and self.old.words(held) != self.new.words(now):
            self.changes.append(Change("edited", (held,), (now,)))
        elif _titles_differ(held, now):
            self.changes.append(Change("retitled", (held,), (now,)))
        elif held.id != now.id:
            self.changes.append(Change("moved", (held,), (now,)))
        elif detail := self._cosmetic(held, now):
            self.changes.append(Change("cosmetic", (held,), (now,), detail))
        elif self.same_store and held.capture == now.capture:
            self.unseen += 1
        else:
            self.unchanged += 1

    def _cosmetic(self, held: Held, now: Held) -> Detail:
        one, other = self.old.reading(held), self.new.reading(now)
        if "".join(one.text.split()) != "".join(other.text.split()) and not (one.tables or other.tables):
            return "width"
        if one.raw_text != other.raw_text or one.text != other.text or held.title != now.title:
            return "layout"
        return ""

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
        if self.old.is_new(before, now.title, now.path, now.rec):
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


def _titles_differ(held: Held, now: Held) -> bool:
    """Blanks and width aside; a title that is not known differs from none."""
    return held.title is not None and now.title is not None and fold(held.title) != fold(now.title)


def _same_heading(held: Held, now: Held) -> bool:
    return held.title is not None and held.path == now.path and fold(held.title) == fold(now.title or "")
