"""The report of one crawl: what was asked, what came, how politely, and what is still lacking."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

from mirror.store.coverage import Coverage


def crawl_report(db: sqlite3.Connection, number: int, found: Coverage) -> dict[str, Any]:
    """Everything the ledger knows of a crawl, and how coverage stands now. Raises KeyError if there is none."""
    row = db.execute("SELECT began, ended, outcome, scope FROM crawl WHERE number = ?", (number,)).fetchone()
    if row is None:
        raise KeyError(number)
    began, ended, outcome, scope = row
    totals = found.totals()
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
        "expected": totals["expected"],
        "captured": totals["captured"],
        "totals": totals,
        "unanswered": found.unanswered,
        "waiting": found.waiting,
    }


def changed_since(folder: Path, totals: dict[str, int]) -> dict[str, int] | None:
    """How coverage has changed since the crawl before the newest one ended, by the names of its totals.

    Returns:
        Differences, and under `crawl` the number of the crawl compared with; None if there was no earlier one.
    """
    reports = sorted(folder.glob("crawl-*.json"))
    if len(reports) < 2:
        return None
    try:
        earlier = json.loads(reports[-2].read_text("utf-8"))
        before, number = earlier["totals"], int(earlier["crawl"])
        return {"crawl": number, **{name: value - int(before.get(name, 0)) for name, value in totals.items()}}
    except (OSError, ValueError, KeyError, TypeError):
        return None  # a report of an earlier version, or one that was touched: nothing to compare with


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
