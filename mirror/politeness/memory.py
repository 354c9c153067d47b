"""Politeness that outlives the process: what each day has cost the source, and until when a host wants rest."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

from mirror.store.database import Database


def page_bytes(db: sqlite3.Connection) -> float:
    """What a request has cost on the average of all days, in bytes; 0 if none was made."""
    requests, size_bytes = db.execute("SELECT total(requests), total(bytes) FROM spent").fetchone()
    return float(size_bytes / requests) if requests else 0.0


class Memory:
    """The rows of tables `spent` and `host`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._db = database.connection

    def spent(self, day: str) -> tuple[int, int]:
        """Requests and bytes of one day, `YYYY-MM-DD`."""
        row = self._db.execute("SELECT requests, bytes FROM spent WHERE day = ?", (day,)).fetchone()
        return (row[0], row[1]) if row else (0, 0)

    def spend(self, day: str, requests: int, size_bytes: int) -> None:
        """Add to what a day has cost the source."""
        with self._database.transaction() as db:
            db.execute(
                "INSERT INTO spent VALUES (?, ?, ?) ON CONFLICT (day) DO UPDATE SET "
                "requests = requests + excluded.requests, bytes = bytes + excluded.bytes",
                (day, requests, size_bytes),
            )

    def not_before(self, host: str) -> datetime | None:
        """The instant before which a host asked not to be asked (Retry-After)."""
        row = self._db.execute("SELECT not_before FROM host WHERE host = ?", (host,)).fetchone()
        return datetime.fromisoformat(row[0]) if row and row[0] else None

    def stop_host(self, host: str, until: datetime) -> None:
        """The host is not to be asked before that instant; never sooner than it asked for before."""
        with self._database.transaction() as db:
            db.execute(
                "INSERT INTO host VALUES (?, ?) ON CONFLICT (host) DO UPDATE SET "
                "not_before = max(coalesce(not_before, ''), excluded.not_before)",
                (host, until.astimezone(UTC).isoformat(timespec="microseconds")),
            )
