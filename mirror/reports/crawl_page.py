"""The page of one crawl: everything its report says, for a person."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from mirror.collection import Collection
from mirror.diff.changelog import changelog
from mirror.diff.words import KIND_WORDS
from mirror.reports import charts
from mirror.reports.page import minute, render, write
from mirror.reports.rhythm import Rhythm, rhythm_of
from mirror.store.coverage import Coverage

#: So many changes of each kind, reasons and examples are shown; `mirror diff` and `mirror status --json` have all.
_CHANGES, _REASONS, _EXAMPLES = 100, 20, 3
#: Changes that leave the text as it was.
_QUIET = ("moved", "cosmetic")


def write_page(collection: Collection, number: int, found: Coverage) -> Path:
    """Write `reports/crawl-00001.html` beside the report of a crawl.

    Coverage is as it is found now, so the page belongs to the newest crawl. Raises OSError if it cannot be written.
    """
    path = collection.reports / f"crawl-{number:05d}.html"
    facts = json.loads(path.with_suffix(".json").read_text("utf-8"))
    config = collection.config()
    with closing(collection.database()) as database:
        db = database.connection
        rhythm = rhythm_of(db, collection.archive, number, ZoneInfo(config.politeness.time_zone))
        values = {
            "name": collection.name,
            "kinds": KIND_WORDS,
            "config": config,
            "facts": facts,
            "coverage": found,
            "totals": found.totals(),
            "before": _earlier(collection.reports, number),
            "rhythm": rhythm,
            "failures": _failures(db),
            "sizes": _sizes(db, number),
            "archive_bytes": sum(path.stat().st_size for path in collection.warcs()),
            "changes": _changes(db, collection.name, number),
            "charts": _charts(collection.reports, number, found, rhythm),
        }
    write(path, render("crawl.html", **values))
    return path


def _earlier(folder: Path, number: int) -> dict[str, int] | None:
    """Totals of the crawl before; None if it has no report that says them."""
    reports = [path for path in sorted(folder.glob("crawl-*.json")) if path.stem < f"crawl-{number:05d}"]
    found = _totals(reports[-1]) if reports else None
    return None if found is None else {name: int(value) for name, value in found["totals"].items()}


def _totals(path: Path) -> dict[str, Any] | None:
    try:
        report = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return report if isinstance(report, dict) and isinstance(report.get("totals"), dict) else None


def _failures(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """What could not be had, by reason, with records that prove it."""
    reasons = db.execute(
        "SELECT reason, count(*) FROM url WHERE state IN ('failed', 'refused') "
        "GROUP BY reason ORDER BY 2 DESC, 1 LIMIT ?",
        (_REASONS,),
    ).fetchall()
    names = ("url", "timestamp", "status", "record_id", "warc", "offset")
    return [
        {
            "reason": reason or "–",
            "count": count,
            "examples": [
                dict(zip(names, row, strict=True))
                for row in db.execute(
                    "SELECT coalesce(u.hop, u.url), c.timestamp, c.status, c.record_id, w.name, c.offset "
                    "FROM url AS u LEFT JOIN capture AS c ON c.id = u.newest LEFT JOIN warc AS w ON w.id = c.warc_id "
                    "WHERE u.state IN ('failed', 'refused') AND u.reason IS ? ORDER BY u.id LIMIT ?",
                    (reason, _EXAMPLES),
                )
            ],
        }
        for reason, count in reasons
    ]


def _sizes(db: sqlite3.Connection, number: int) -> dict[str, dict[str, int]]:
    """Records and bytes in the archive, by type."""
    rows = db.execute("SELECT type, count(*), sum(length) FROM capture WHERE crawl = ? GROUP BY type", (number,))
    return {kind: {"records": records, "bytes": size} for kind, records, size in rows}


def _changes(db: sqlite3.Connection, name: str, number: int) -> dict[str, Any] | None:
    """What changed since the crawl before; None for the first."""
    found = changelog(db, name, number, _CHANGES)
    if found is None:
        return None
    return {
        "since": found["from"],
        "summary": found["summary"],
        "books": found["books"],
        "telling": [change for change in found["changes"] if change["kind"] not in _QUIET],
        "quiet": [change for change in found["changes"] if change["kind"] in _QUIET],
        "left_out": found["left_out"],
    }


def _charts(folder: Path, number: int, found: Coverage, rhythm: Rhythm) -> dict[str, Any]:
    rows = [
        (
            f"{library.code} {library.title or ''}",
            sum(book.captured for book in library.books),
            sum(book.expected or 0 for book in library.books),
        )
        for library in found.libraries
    ]
    reports = [
        report
        for path in sorted(folder.glob("crawl-*.json"))
        if path.stem <= f"crawl-{number:05d}" and (report := _totals(path)) is not None
    ]
    points = [
        (f"{one.get('crawl', '?')}", int(one["totals"]["captured"]), int(one["totals"]["expected"]))
        for one in reports[-60:]
    ]
    return {
        "libraries": charts.parts(rows[:60], "已存与应有 held and expected, by library"),
        "history": charts.history(points, "历次抓取 held and expected, crawl by crawl") if len(points) > 1 else None,
        "requests": charts.columns(
            rhythm.bars,
            (
                minute(rhythm.first.isoformat()) if rhythm.first else "",
                minute(rhythm.last.isoformat()) if rhythm.last else "",
            ),
            "请求数 requests over time",
        ),
    }
