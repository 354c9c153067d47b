"""Imported revisits whose originals are not known yet: they may lie in a file that is imported later."""

from __future__ import annotations

from collections.abc import Iterable

from mirror.frontier.files import Files
from mirror.store.database import Database


class Awaited:
    """The rows of table `awaiting`.

    Args:
        database: Of the collection.
        files: Its WARC files, as the ledger numbers them.
    """

    def __init__(self, database: Database, files: Files) -> None:
        self._database = database
        self._db = database.connection
        self._files = files

    def add(self, name: str, crawl: int, offsets: Iterable[int]) -> None:
        """Revisits of an imported file, that are to be tied to their originals when all those are known."""
        with self._database.transaction() as db:
            warc = self._files.number(name)
            db.executemany("INSERT OR IGNORE INTO awaiting VALUES (?, ?, ?)", [(warc, one, crawl) for one in offsets])

    def waiting(self) -> list[tuple[str, int, int]]:
        """File, import and offset of imported revisits that have no original yet."""
        return self._db.execute(
            "SELECT w.name, a.crawl, a.offset FROM awaiting AS a JOIN warc AS w ON w.id = a.warc_id "
            "ORDER BY w.name, a.offset"
        ).fetchall()

    def forget(self, name: str, offset: int) -> None:
        """The revisit has found its original, or is of no interest."""
        self._db.execute(
            "DELETE FROM awaiting WHERE warc_id = (SELECT id FROM warc WHERE name = ?) AND offset = ?", (name, offset)
        )
