"""Captures as the ledger has them: of an entry, at a place in a WARC file, nearest to an instant."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

#: Captures of one entry that a page shows at most, newest first.
MOST_CAPTURES = 500


@dataclass(frozen=True, slots=True)
class Capture:
    """One capture, and of a revisit the response it refers to."""

    url: str  #: the URI asked, as in the record
    timestamp: str
    type: str
    status: int | None
    mime: str | None
    verdict: str
    reason: str | None
    truncated: str | None
    oddities: str | None
    crawl: int
    record_id: str
    payload_digest: str | None
    warc: str
    offset: int
    length: int
    library: str | None
    book: int | None
    rec: int | None
    kind: str
    refers_to_date: str | None
    original_warc: str | None
    original_offset: int | None
    version: int | None  #: the text it holds, a revisit that of its response; its number in the store

    def as_dict(self, numbers: Mapping[int, int]) -> dict[str, Any]:
        """Plain values, with the version as readers count it.

        Args:
            numbers: Of the versions of its entry, by their number in the store.
        """
        found = {name: getattr(self, name) for name in _FIELDS}
        found["version"] = None if self.version is None else numbers.get(self.version)
        return found

    @property
    def bytes_at(self) -> tuple[str, int]:
        """WARC file and offset of the record that has the payload: of a revisit, that of its response."""
        if self.type == "revisit" and self.original_warc is not None and self.original_offset is not None:
            return self.original_warc, self.original_offset
        return self.warc, self.offset


_FIELDS = [field.name for field in fields(Capture)]

_SELECT = """
SELECT c.target, c.timestamp, c.type, c.status, c.mime, c.verdict, c.reason, c.truncated, c.oddities, c.crawl,
       c.record_id, c.payload_digest, w.name, c.offset, c.length, u.library, u.book, u.rec, u.kind,
       o.timestamp, ow.name, o.offset, coalesce(c.version, o.version)
FROM url AS u JOIN capture AS c ON c.url_id = u.id JOIN warc AS w ON w.id = c.warc_id
LEFT JOIN capture AS o ON o.id = c.original LEFT JOIN warc AS ow ON ow.id = o.warc_id
"""


def captures_of(db: sqlite3.Connection, library: str, book: int, rec: int) -> list[Capture]:
    """Captures of an entry and attempts that failed, newest first, at most MOST_CAPTURES of them."""
    rows = db.execute(
        f"{_SELECT} WHERE u.library = ? AND u.book = ? AND u.rec = ? AND u.kind = 'entry' "
        "ORDER BY c.timestamp DESC, c.id DESC LIMIT ?",
        (library, book, rec, MOST_CAPTURES),
    )
    return [Capture(*row) for row in rows]


def capture_at(db: sqlite3.Connection, warc: str, offset: int) -> Capture | None:
    """The capture whose record begins there, by the ledger."""
    row = db.execute(f"{_SELECT} WHERE w.name = ? AND c.offset = ?", (warc, offset)).fetchone()
    return Capture(*row) if row else None


def capture_nearest(db: sqlite3.Connection, key: str, at: str) -> Capture | None:
    """The answer to a question that is nearest to an instant, the older one of two; failed attempts are none."""
    order = "AND c.type IN ('response', 'revisit') AND c.timestamp {} ? ORDER BY c.timestamp {} LIMIT 1"
    before = db.execute(f"{_SELECT} WHERE u.key = ? {order.format('<=', 'DESC')}", (key, at)).fetchone()
    row = before or db.execute(f"{_SELECT} WHERE u.key = ? {order.format('>', 'ASC')}", (key, at)).fetchone()
    return Capture(*row) if row else None
