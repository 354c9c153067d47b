"""Captures by their question, their instant, or their record."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any


def captures_of(db: sqlite3.Connection, key: str) -> list[dict[str, Any]]:
    """Every capture and failed attempt of one question, by its identity; `[]` if there is none."""
    names = (
        "url",
        "timestamp",
        "type",
        "status",
        "mime",
        "verdict",
        "reason",
        "truncated",
        "crawl",
        "record_id",
        "payload_digest",
        "warc",
        "offset",
        "length",
        "refers_to",
        "refers_to_date",
    )
    rows = db.execute(
        "SELECT c.target, c.timestamp, c.type, c.status, c.mime, c.verdict, c.reason, c.truncated, c.crawl, "
        "c.record_id, c.payload_digest, w.name, c.offset, c.length, o.record_id, o.timestamp "
        "FROM url AS u JOIN capture AS c ON c.url_id = u.id JOIN warc AS w ON w.id = c.warc_id "
        "LEFT JOIN capture AS o ON o.id = c.original WHERE u.key = ? ORDER BY c.timestamp, c.id",
        (key,),
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


def original_of(
    db: sqlite3.Connection, key: str, record_id: str | None, digest: str | None, before: str
) -> int | None:
    """The response a revisit speaks of without saying of when: by its record id, else by its payload.

    Args:
        key: The question.
        record_id: WARC-Refers-To.
        digest: WARC-Payload-Digest.
        before: WARC-Date of the revisit; the newest response up to then is taken.
    """
    row = db.execute(
        "SELECT c.id FROM url AS u JOIN capture AS c ON c.url_id = u.id WHERE u.key = ? AND c.type = 'response' "
        "AND (c.record_id = ? OR (c.payload_digest = ? AND c.timestamp <= ?)) "
        "ORDER BY c.record_id = ? DESC, c.timestamp DESC LIMIT 1",
        (key, record_id, digest, before, record_id),
    ).fetchone()
    return row[0] if row else None


def response_at(db: sqlite3.Connection, key: str, timestamp: str) -> int | None:
    """The response to a question at an instant (WARC-Date); None if there is none."""
    row = db.execute(
        "SELECT c.id FROM url AS u JOIN capture AS c ON c.url_id = u.id "
        "WHERE u.key = ? AND c.timestamp = ? AND c.type = 'response'",
        (key, timestamp),
    ).fetchone()
    return row[0] if row else None


def held_records(db: sqlite3.Connection, record_ids: Iterable[str]) -> set[str]:
    """Those of some record ids under which a capture is known; memory stays flat but for the result."""
    db.execute("CREATE TEMP TABLE IF NOT EXISTS sought (id TEXT PRIMARY KEY) WITHOUT ROWID")
    db.execute("DELETE FROM sought")
    db.executemany("INSERT OR IGNORE INTO sought VALUES (?)", ((one,) for one in record_ids))
    rows = db.execute("SELECT record_id FROM capture WHERE record_id IN (SELECT id FROM sought)").fetchall()
    db.execute("DELETE FROM sought")
    return {row[0] for row in rows}
