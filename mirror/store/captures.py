"""Captures of one question, oldest first."""

from __future__ import annotations

import sqlite3
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
