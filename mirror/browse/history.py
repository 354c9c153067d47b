"""What an entry has been through: its captures, the texts they brought, and which text stood at an instant."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict, dataclass
from typing import Any

from mirror.browse.moments import digits

#: Captures of one entry that a page shows at most, newest first.
MOST_CAPTURES = 500


@dataclass(frozen=True, slots=True)
class Capture:
    """One capture of an entry, as the ledger has it."""

    url: str
    timestamp: str
    type: str
    status: int | None
    verdict: str
    reason: str | None
    truncated: str | None
    crawl: int
    record_id: str
    payload_digest: str | None
    warc: str
    offset: int
    length: int
    refers_to_date: str | None
    version: int | None  #: the version it holds, as counted for readers: 1 is the oldest

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


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


def captures(db: sqlite3.Connection, library: str, book: int, rec: int, known: list[Version]) -> list[Capture]:
    """Captures of an entry and attempts that failed, newest first, at most MOST_CAPTURES of them.

    A revisit holds the text of the response it refers to.
    """
    numbers = {version.id: version.number for version in known}
    rows = db.execute(
        "SELECT c.target, c.timestamp, c.type, c.status, c.verdict, c.reason, c.truncated, c.crawl, c.record_id, "
        "c.payload_digest, w.name, c.offset, c.length, o.timestamp, coalesce(c.version, o.version) "
        "FROM url AS u JOIN capture AS c ON c.url_id = u.id JOIN warc AS w ON w.id = c.warc_id "
        "LEFT JOIN capture AS o ON o.id = c.original "
        "WHERE u.library = ? AND u.book = ? AND u.rec = ? AND u.kind = 'entry' "
        "ORDER BY c.timestamp DESC, c.id DESC LIMIT ?",
        (library, book, rec, MOST_CAPTURES),
    )
    return [Capture(*(*row[:-1], numbers.get(row[-1]))) for row in rows]


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
