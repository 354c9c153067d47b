"""Group commit: many records, one sync of the WARC, one transaction of the ledger.

Order is everything: a question is never marked answered before its record is on the disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mirror.frontier.ledger import Ledger, Reading
from mirror.search.index import Pauses
from warc.writer import Writer

#: Commit when this many readings wait …
MOST_READINGS = 200
#: … or when the first of them has waited this long.
MOST_SECONDS = 1.0


class Committer:
    """Collects readings and makes them count.

    Args:
        crawl: Number of the crawl they belong to.
        writer: Wrote their records.
        ledger: Will mark them.
        on_commit: Told the readings that have just become durable.
        live: Index for search in the pauses.
    """

    def __init__(
        self,
        crawl: int,
        writer: Writer,
        ledger: Ledger,
        on_commit: Callable[[list[Reading]], None],
        *,
        live: bool = True,
    ) -> None:
        self._crawl = crawl
        self._writer = writer
        self._ledger = ledger
        self._on_commit = on_commit
        self._pauses = Pauses(ledger.database) if live else None
        self._waiting: list[Reading] = []
        self._timer: asyncio.TimerHandle | None = None

    def add(self, readings: list[Reading], on_error: Callable[[Exception], None]) -> None:
        """Take readings of records already written; `on_error` is told if a later, timed commit fails."""
        self._waiting += readings
        if len(self._waiting) >= MOST_READINGS:
            self.commit()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(MOST_SECONDS, self._commit_timed, on_error)

    def _commit_timed(self, on_error: Callable[[Exception], None]) -> None:
        try:
            self.commit()
        except Exception as error:
            on_error(error)

    def commit(self) -> None:
        """Sync, then mark. Raises ArchiveWriteError or sqlite3.Error; then nothing is marked, and the records

        that were written are found again when the collection is next opened (`frontier.reconcile`).
        """
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._waiting:
            return
        self._writer.sync()
        self._ledger.settle(self._crawl, self._waiting)
        done, self._waiting = self._waiting, []
        self._on_commit(done)
        if self._pauses is not None:
            self._pauses.use()
