"""Witnesses against captures: what somebody copied out of the source, beside what the mirror holds of it.

A witness stands for the entry it corresponds to (`witness.match`), and for nothing where that cannot be told: such
ones are counted. What a witness has and the mirror has not reads as removed; what only the mirror has is not asked
after, for nobody says that a dump is whole.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mirror.diff.changes import Change, Comparison
from mirror.diff.compare import kind_of
from mirror.diff.state import Held, Moment, Reading, State, condense, doubted_crawls
from mirror.errors import UsageError
from mirror.extraction.entry import assemble
from mirror.frontier.scope import Scope
from mirror.store.entries import text_digest
from mirror.store.widths import widths_of
from mirror.witness.match import entry_of, same_title
from mirror.witness.store import Witness, witness_at, witnesses


@dataclass(frozen=True)
class Witnesses(State):
    """The texts of witnesses, as a side of a comparison; version and capture of a `Held` are the witness's number."""

    def same_store(self, other: State) -> bool:
        return False

    def take(self, witness: Witness, place: Scope, title: str | None) -> Held:
        """A witness as the entry it stands for; `title` is the mirror's, which counts where it says the same."""
        book, rec = place.book or 0, place.rec or 0
        reading = self._text(witness, place.library, book)
        shown = title if title is not None and same_title(title, witness.title) else witness.title
        return Held(
            place.library,
            book,
            rec,
            witness.id,
            witness.id,
            text_digest(reading.text),
            len("".join(reading.text.split())),
            shown,
            witness.path,
        )

    def reading(self, held: Held) -> Reading:
        witness = witness_at(self.db, held.version)
        assert witness is not None, "it was read in the same snapshot"
        return self._text(witness, held.library, held.book)

    def _text(self, witness: Witness, library: str, book: int) -> Reading:
        text = assemble(witness.raw_text, widths_of(self.db, library, book))
        return Reading(text.text, witness.raw_text, tuple(table.rows for table in text.tables))

    def words(self, held: Held) -> bytes:
        return condense(self.reading(held), held.title)

    def capture(self, number: int) -> dict[str, Any]:
        """Where a witness lies: its dump and the file in it; `timestamp` is when it was imported."""
        row = self.db.execute(
            "SELECT s.given, w.file, w.url, w.said, s.imported FROM witness AS w "
            "JOIN witness_source AS s ON s.id = w.source WHERE w.id = ?",
            (number,),
        ).fetchone()
        source, file, url, said, imported = row
        return {
            "witness": number,
            "captured": False,
            "source": source,
            "file": file,
            "url": url,
            "said": said,
            "timestamp": imported,
        }


def compare_witnesses(
    db: sqlite3.Connection, name: str, moment: Moment, source: str | None = None, only: Scope | None = None
) -> Comparison:
    """What witnesses say beside what the mirror held at a moment; the witnesses are the old side.

    Args:
        db: Of the collection.
        name: Of the collection.
        moment: Of the mirror.
        source: The dump, as it was given; all if None.
        only: One entry; all if None.

    Raises:
        UsageError: There is no such dump, or none at all.
    """
    dumps = db.execute("SELECT id, given, imported FROM witness_source ORDER BY name").fetchall()
    chosen = [dump for dump in dumps if source in (None, dump[1])]
    if not chosen:
        known = ", ".join(dump[1] for dump in dumps)
        raise UsageError(
            f"there is no witness {source!r}; there are: {known}"
            if known
            else f"{name!r} has no witnesses: `mirror import {name} FILE` takes text dumps in"
        )
    given = tuple(dict.fromkeys(dump[1] for dump in chosen))
    old = Witnesses(db, Moment(max(dump[2] for dump in chosen)), name=name, given=given)
    new = State(db, moment, doubted_crawls(db), name)
    book = lru_cache(maxsize=8)(new.book)
    changes: list[Change] = []
    unchanged = unknown = 0
    for witness in witnesses(db):
        if witness.source not in given:
            continue
        found = entry_of(db, witness)
        if found is None:
            unknown += only is None
            continue
        place = found.place
        if only is not None and place != only:
            continue
        there = book(place.library, place.book or 0)
        now = new.held(there, [place.rec])[0] if place.rec in there.answers else None
        held = old.take(witness, place, now.title if now else None)
        if now is None:
            changes.append(Change("removed", (held,), ()))
        elif kind := kind_of(old, new, held, now):
            changes.append(Change(kind[0], (held,), (now,), kind[1]))
        else:
            unchanged += 1
    changes.sort(key=lambda change: (change.place, change.kind))
    return Comparison(old, new, changes, unchanged, unknown=unknown)
