"""Witnesses beside an entry: texts that somebody copied out of the source. They are no captures, and are never shown
among them (`mirror.witness`)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from mirror.browse.history import Version
from mirror.frontier.scope import Scope
from mirror.witness import entry_of, witness_at, witnesses
from mirror.witness.match import says_the_same

#: Witnesses of one entry that its page shows at most.
_MOST = 50


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A witness, and the newest text of the entry it corresponds to."""

    number: int
    source: str
    file: str
    title: str
    path: tuple[str, ...]
    url: str | None
    said: str | None
    raw_text: str
    id: str | None  #: `K/A/REC` of the entry
    how: str | None  #: how it is known to correspond: url, title, text
    same: bool | None  #: whether it has the entry's words
    text: str | None  #: of the entry, if it is held

    def as_dict(self) -> dict[str, Any]:
        found = asdict(self)
        del found["text"]
        return {"is": "witness, not a capture", **found}


def of_entry(
    db: sqlite3.Connection, place: Scope, versions: Sequence[Version], shown: int | None
) -> list[dict[str, Any]]:
    """The witnesses whose own URL asks for an entry, in order of their dump and path.

    Args:
        db: The store, opened for reading.
        place: The entry.
        versions: Its texts, oldest first.
        shown: Number of the one that is shown; None if none is held.
    """
    found = []
    for one in islice(witnesses(db, [place]), _MOST):
        alike = [version.number for version in versions if says_the_same(one, _text(db, version.id))]
        found.append(
            {
                "number": one.id,
                "source": one.source,
                "file": one.file,
                "said": one.said,
                "same": None if shown is None else shown in alike,
                "versions": alike,
            }
        )
    return found


def _text(db: sqlite3.Connection, version: int) -> str:
    text: str = db.execute("SELECT text FROM version WHERE id = ?", (version,)).fetchone()[0]
    return text


def read(db: sqlite3.Connection, number: int) -> Witnessed | None:
    """One witness; None if there is none of that number."""
    one = witness_at(db, number)
    if one is None:
        return None
    found = entry_of(db, one)
    text = None
    if found is not None:
        row = db.execute(
            "SELECT v.text FROM entry AS e JOIN version AS v ON v.id = e.newest "
            "WHERE (e.library, e.book, e.rec) = (?, ?, ?)",
            (found.place.library, found.place.book, found.place.rec),
        ).fetchone()
        text = row[0] if row else None
    return Witnessed(
        one.id,
        one.source,
        one.file,
        one.title,
        one.path,
        one.url,
        one.said,
        one.raw_text,
        str(found.place) if found else None,
        found.how if found else None,
        found.same if found else None,
        text,
    )
