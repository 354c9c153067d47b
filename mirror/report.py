"""The report of one crawl: what was asked, what came, how politely, and what is still lacking."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

from mirror.store.coverage import coverage


def crawl_report(db: sqlite3.Connection, number: int) -> dict[str, Any]:
    """Everything the ledger knows of a crawl. Raises KeyError if there is no such crawl."""
    row = db.execute("SELECT began, ended, outcome, scope FROM crawl WHERE number = ?", (number,)).fetchone()
    if row is None:
        raise KeyError(number)
    began, ended, outcome, scope = row
    found = coverage(db)
    books = [book for library in found.libraries for book in library.books]
    return {
        "crawl": number,
        "began": began,
        "ended": ended,
        "outcome": outcome,
        "scope": json.loads(scope),
        "captures": _count(db, "type", number),
        "statuses": _count(db, "coalesce(status, 'none')", number),
        "verdicts": _count(db, "verdict", number),
        "failures": dict(
            db.execute(
                "SELECT reason, count(*) FROM url WHERE state = 'failed' GROUP BY reason ORDER BY 2 DESC LIMIT 50"
            ).fetchall()
        ),
        "complete": found.complete,
        "expected": sum(book.expected or 0 for book in books),
        "captured": sum(book.captured for book in books),
        "unanswered": found.unanswered,
        "waiting": found.waiting,
    }


def _count(db: sqlite3.Connection, column: str, number: int) -> dict[str, int]:
    return {
        str(value): count
        for value, count in db.execute(
            f"SELECT {column}, count(*) FROM capture WHERE crawl = ? GROUP BY 1 ORDER BY 1", (number,)
        )
    }


def write_report(folder: Path, report: dict[str, Any]) -> Path:
    """Write it as `crawl-00001.json`; a crawl that was gone on with has its report written anew."""
    path = folder / f"crawl-{report['crawl']:05d}.json"
    partial = path.with_suffix(".part")
    with partial.open("w", encoding="utf-8") as file:
        json.dump(report, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    return path
