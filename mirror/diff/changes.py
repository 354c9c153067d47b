"""What became of entries: kinds of change, one change, and all of a comparison."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mirror.diff.hunks import Hunk, hunks
from mirror.diff.state import Held, State

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
        unknown: Witnesses of which it cannot be told what entry they are (`diff.witnesses`).
        entry: The one entry whose history this is; then the changes are in order of time, and counts are of crawls.
    """

    old: State
    new: State
    changes: Sequence[Change]
    unchanged: int = 0
    unseen: int = 0
    unknown: int = 0
    entry: str | None = None

    def summary(self) -> dict[str, int]:
        """Counts by kind (CONTRACT): the six kinds and `unchanged` always, others where they are not 0.

        `template_only` counts cosmetic changes of which only the page around the entry differs.
        """
        counts = Counter[str](change.kind for change in self.changes)
        counts["template_only"] = sum(change.detail == "template" for change in self.changes)
        found: dict[str, int] = {kind: counts[kind] for kind in KINDS[:6]}
        found["unchanged"] = self.unchanged
        others = {kind: counts[kind] for kind in (*KINDS[6:], "template_only")} | {
            "unseen": self.unseen,
            "unknown": self.unknown,
        }
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
