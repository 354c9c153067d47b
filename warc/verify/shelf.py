"""Where facts about records are put while they are checked: an SQLite file, so that memory stays flat."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from warc.verify.finding import Finding

_SCHEMA = """
CREATE TABLE record (file INTEGER, offset INTEGER, length INTEGER, type TEXT, id TEXT, date TEXT, target TEXT,
    digest TEXT, size INTEGER);
CREATE TABLE revisit (file INTEGER, offset INTEGER, id TEXT, date TEXT, profile TEXT, refers_to TEXT,
    refers_target TEXT, refers_date TEXT, digest TEXT, wire_size INTEGER, ours INTEGER);
CREATE TABLE named (file INTEGER, offset INTEGER, id TEXT, name TEXT, ours INTEGER);
CREATE TABLE segment (file INTEGER, offset INTEGER, id TEXT, origin TEXT, number INTEGER, total INTEGER, size INTEGER,
    ours INTEGER);
CREATE TABLE line (cdxj TEXT, file INTEGER, offset INTEGER, id TEXT);
CREATE TABLE finding (rule TEXT, severity TEXT, file TEXT, offset INTEGER, id TEXT, message TEXT);
"""
TABLES = ("record", "revisit", "named", "segment", "line", "finding")
_MARKS = {"record": 9, "revisit": 11, "named": 5, "segment": 8, "line": 4, "finding": 6}
_BATCH = 2000


class Shelf:
    """Rows on their way into one file. Everything is thrown away with it: nothing here must survive a crash."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -16000", "temp_store = FILE"):
            self.connection.execute(f"PRAGMA {pragma}")
        self.connection.executescript(_SCHEMA)
        self._waiting: dict[str, list[tuple[Any, ...]]] = {table: [] for table in TABLES}

    def put(self, table: str, row: tuple[Any, ...]) -> None:
        rows = self._waiting[table]
        rows.append(row)
        if len(rows) >= _BATCH:
            self._write(table, rows)

    def tell(self, found: Finding | None) -> None:
        """Keep a finding; None is none."""
        if found is not None:
            self.put(
                "finding",
                (found.rule, found.severity, found.file, found.offset, found.record_id, found.message),
            )

    def flush(self) -> None:
        for table, rows in self._waiting.items():
            if rows:
                self._write(table, rows)

    def _write(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        self.connection.execute("BEGIN")
        marks = ", ".join("?" * _MARKS[table])
        self.connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        self.connection.execute("COMMIT")
        rows.clear()

    def take(self, paths: Iterable[Path]) -> None:
        """Take in other shelves and remove their files."""
        for path in paths:
            self.connection.execute("ATTACH ? AS other", (str(path),))
            for table in TABLES:
                self.connection.execute(f"INSERT INTO {table} SELECT * FROM other.{table}")
            self.connection.execute("DETACH other")
            path.unlink()

    def findings(self) -> Iterable[Finding]:
        """All findings, by file and place."""
        self.flush()
        cursor = self.connection.cursor()
        rows = cursor.execute(
            "SELECT rule, severity, file, offset, id, message FROM finding ORDER BY file, offset, rowid"
        )
        return (Finding(*row) for row in rows)

    def close(self) -> None:
        self.flush()
        self.connection.close()
