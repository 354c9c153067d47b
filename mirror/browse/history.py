"""The texts an entry has had, and which of them stood at an instant."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from mirror.browse.moments import digits


@dataclass(frozen=True, slots=True)
class Version:
    """One text of an entry. `number` counts from the oldest, 1."""

    number: int
    id: int
    text_digest: str
    first_seen: str
    last_seen: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "text_digest": self.text_digest,
            "first_seen": self.first_seen,
            "last_seen": self.last_seen,
            "at": digits(self.last_seen),
        }


def versions(db: sqlite3.Connection, library: str, book: int, rec: int) -> list[Version]:
    """The versions of an entry, oldest first; [] if it is not held."""
    rows = db.execute(
        "SELECT v.id, v.text_digest, v.first_seen, v.last_seen FROM entry AS e JOIN version AS v ON v.entry = e.id "
        "WHERE e.library = ? AND e.book = ? AND e.rec = ? ORDER BY v.first_seen, v.id",
        (library, book, rec),
    )
    return [Version(number, *row) for number, row in enumerate(rows, 1)]


def version_at(db: sqlite3.Connection, library: str, book: int, rec: int, at: str) -> tuple[int, str] | None:
    """The text that stood at an instant: the version of the last good capture by then, and that capture's time.

    Before the first one, the first (RFC 7089, 4.5.3: the nearest there is). None if no capture holds a text.
    """
    select = (
        "SELECT coalesce(c.version, o.version), c.timestamp FROM url AS u JOIN capture AS c ON c.url_id = u.id "
        "LEFT JOIN capture AS o ON o.id = c.original WHERE u.library = ? AND u.book = ? AND u.rec = ? "
        "AND u.kind = 'entry' AND coalesce(c.version, o.version) IS NOT NULL "
    )
    place = (library, book, rec)
    row = db.execute(select + "AND c.timestamp <= ? ORDER BY c.timestamp DESC LIMIT 1", (*place, at)).fetchone()
    row = row or db.execute(select + "ORDER BY c.timestamp LIMIT 1", place).fetchone()
    return (row[0], row[1]) if row else None
