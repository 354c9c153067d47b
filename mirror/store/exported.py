"""One entry as it leaves the program: the fields of CONTRACT.md, in its order."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from mirror.frontier.scope import Scope, places_in
from mirror.store.headings import heading_then

_SELECT = """
SELECT e.library, l.title, e.book, b.title, e.rec,
       coalesce(v.code, h.code), coalesce(h.path, v.path, '[]'), coalesce(h.title, v.title, ''),
       v.raw_text, v.text, v.items, v.tables, v.signatures, v.charset, v.text_digest,
       (SELECT min(first_seen) FROM version WHERE entry = e.id AND text_digest = v.text_digest),
       (SELECT max(last_seen) FROM version WHERE entry = e.id AND text_digest = v.text_digest),
       (SELECT count(DISTINCT text_digest) FROM version WHERE entry = e.id),
       c.target, c.timestamp, c.status, c.record_id, c.payload_digest, w.name, c.offset, c.length
FROM entry AS e
JOIN version AS v ON v.id = {version}
JOIN capture AS c ON c.id = v.capture
JOIN warc AS w ON w.id = c.warc_id
LEFT JOIN library AS l ON l.code = e.library
LEFT JOIN book AS b ON b.library = e.library AND b.number = e.book
{heading}
"""


def _as_dict(row: tuple[Any, ...]) -> dict[str, Any]:
    (library, library_title, book, book_title, rec, code, path, title) = row[:8]
    (raw_text, text, items, tables, signatures, charset, text_digest) = row[8:15]
    (first_seen, last_seen, versions) = row[15:18]
    declared, used, undecodable, private_use = json.loads(charset)
    return {
        "id": f"{library}/{book}/{rec}",
        "library": {"code": library, "title": library_title},
        "book": {"number": book, "title": book_title},
        "rec": rec,
        "code": code,
        "path": json.loads(path),
        "title": title,
        "raw_text": raw_text,
        "text": text,
        "items": [{"heading": heading, "text": text} for heading, text in json.loads(items)],
        "tables": [{"caption": caption, "rows": rows} for caption, rows in json.loads(tables)],
        "signatures": json.loads(signatures),
        "charset": {
            "declared": declared,
            "used": used,
            "undecodable": undecodable,
            "private_use": private_use,
        },
        "text_digest": text_digest,
        "first_seen": first_seen,
        "last_seen": last_seen,
        "versions": versions,
        "capture": dict(
            zip(
                ("url", "timestamp", "status", "record_id", "payload_digest", "warc", "offset", "length"),
                row[18:],
                strict=True,
            )
        ),
    }


def every_entry(db: sqlite3.Connection, scopes: Sequence[Scope] = ()) -> Iterator[dict[str, Any]]:
    """Every entry with its newest text, in order of library, book and number; memory stays flat."""
    where, values = places_in(scopes, "e.")
    cursor = db.cursor()
    select = _SELECT.format(version="e.newest", heading=heading_then())
    cursor.execute(f"{select} WHERE {where} ORDER BY e.library, e.book, e.rec", values)
    for row in cursor:
        yield _as_dict(row)


def entry_at(db: sqlite3.Connection, place: Scope, at: str | None = None) -> dict[str, Any] | None:
    """One entry, as it was at an instant (the newest text first seen by then), or as it is now.

    Returns:
        None if the entry, or any text of it by then, is not in the store.
    """
    version, instant = "e.newest", "v.last_seen"
    values: list[Any] = [place.library, place.book, place.rec]
    if at is not None:
        version = "(SELECT id FROM version WHERE entry = e.id AND first_seen <= ?4 ORDER BY last_seen DESC LIMIT 1)"
        instant = "min(v.last_seen, ?4)"
        values.append(at)
    select = _SELECT.format(version=version, heading=heading_then(instant))
    row = db.execute(f"{select} WHERE (e.library, e.book, e.rec) = (?1, ?2, ?3)", values).fetchone()
    return _as_dict(row) if row else None


def entry_version(db: sqlite3.Connection, version: int) -> dict[str, Any] | None:
    """An entry with one of its texts, by the version's number in the store; None if there is no such version."""
    select = _SELECT.format(version="?", heading=heading_then())
    row = db.execute(f"{select} WHERE e.id = v.entry", (version,)).fetchone()
    return _as_dict(row) if row else None
