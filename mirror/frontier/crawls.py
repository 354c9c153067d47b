"""Crawls and imports of a collection: their numbers, and which one is to be gone on with."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence

from mirror.frontier import plan as plans
from mirror.frontier.plan import Plan
from mirror.frontier.rank import RANK
from mirror.frontier.scope import Scope, questions_in
from mirror.store import entries
from mirror.store.database import Database

log = logging.getLogger(__name__)


class Crawls:
    """The rows of table `crawl`. One writer at a time (`Collection.locked`)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._db = database.connection

    def begin(self, scopes: Sequence[Scope], now: str, plan: Plan = "all") -> int:
        """The number of the crawl to work on: the unfinished one of the same scope and plan, or a new one.

        A new crawl asks the questions of its plan again; an unfinished one goes on where it stopped.
        """
        written = entries.dumps([str(scope) for scope in scopes])
        last = self._db.execute(
            "SELECT number, scope, outcome, coalesce((SELECT plan FROM plan WHERE crawl = number), 'all') "
            "FROM crawl WHERE outcome IS NOT 'import' ORDER BY number DESC LIMIT 1"
        ).fetchone()
        self._mind_the_clock(now)
        where, inside = questions_in(scopes)
        with self._database.transaction() as db:
            db.execute("UPDATE url SET state = 'found' WHERE state = 'leased'")
            # What only an import answered, the source itself has not been asked.
            db.execute(
                "UPDATE url SET state = 'found' WHERE crawl IN (SELECT number FROM crawl WHERE outcome = 'import') "
                f"AND {where}",
                inside,
            )
            same = last is not None and (last[1], last[3]) == (written, plan)
            resumed = same and last[2] != "finished" and self._has_work(scopes)
            if resumed:
                db.execute("UPDATE crawl SET ended = NULL, outcome = NULL WHERE number = ?", (last[0],))
                number: int = last[0]
            else:
                number = self.next_number()
                db.execute("INSERT INTO crawl (number, began, scope) VALUES (?, ?, ?)", (number, now, written))
                db.execute("INSERT INTO plan VALUES (?, ?)", (number, plan))
                plans.free_questions(db, plan, scopes)
            # What failed in the run before is asked again in this one; robots.txt always (RFC 9309, 2.4). In a crawl
            # that goes on, entries that failed come last (`Ledger.ask_failed_again`): a stretch of dead ones must
            # not stop every run at the same place.
            first = f"AND rank < {RANK['entry']}" if resumed else ""
            db.execute(f"UPDATE url SET state = 'found' WHERE state = 'refused' OR (state = 'failed' {first})")
            db.execute("UPDATE url SET passes = 0 WHERE passes > 0")
            db.execute("UPDATE url SET state = 'found', hop = NULL, hops = 0 WHERE kind = 'robots'")
        return number

    def _mind_the_clock(self, now: str) -> None:
        number, began = self._db.execute(
            "SELECT number, max(began) FROM crawl WHERE outcome IS NOT 'import'"
        ).fetchone()
        if began is not None and began > now:
            log.warning(
                "the clock says %s, and crawl %d began at %s: what is found now will pass for older than "
                "what is held. Set the clock, then crawl again",
                now,
                number,
                began,
            )

    def _has_work(self, scopes: Sequence[Scope]) -> bool:
        where, values = questions_in(scopes)
        row = self._db.execute(
            f"SELECT EXISTS (SELECT 1 FROM url WHERE state = 'found' AND kind <> 'robots' AND {where})", values
        )
        return bool(row.fetchone()[0])

    def unfinished(self) -> tuple[list[Scope], Plan] | None:
        """Scope and plan of the newest crawl, if it was stopped before its end; None if it was not."""
        row = self._db.execute(
            "SELECT scope, outcome, coalesce((SELECT plan FROM plan WHERE crawl = number), 'all') "
            "FROM crawl WHERE outcome IS NOT 'import' ORDER BY number DESC LIMIT 1"
        ).fetchone()
        if row is None or row[1] == "finished":
            return None
        scopes = [Scope.parse(text) for text in json.loads(row[0])]
        return (scopes, row[2]) if self._has_work(scopes) else None

    def next_number(self) -> int:
        """The number the next crawl or import gets."""
        row = self._db.execute("SELECT coalesce(max(number), 0) + 1 FROM crawl").fetchone()
        number: int = row[0]
        return number

    def note_import(self, number: int, first: str | None, last: str | None, now: str) -> None:
        """Make an import known: a crawl with the outcome `import`, that lasted from its first to its last capture.

        Args:
            number: Of the import.
            first: WARC-Date of the oldest capture of a file; None if it holds none.
            last: WARC-Date of the newest.
            now: When it was imported; stands in for both if there is no capture.
        """
        self._db.execute(
            "INSERT INTO crawl (number, began, ended, outcome) VALUES (?, ?, ?, 'import') "
            "ON CONFLICT (number) DO UPDATE SET outcome = 'import', "
            "began = min(began, excluded.began), ended = max(ended, excluded.ended)",
            (number, first or now, last or now),
        )

    def note(self, number: int, began: str, scope: str, plan: str = "all") -> None:
        """Make a crawl known that a WARC names (`mirror rebuild`). Its outcome is not known."""
        self._db.execute("INSERT OR IGNORE INTO plan VALUES (?, ?)", (number, plan))
        self._db.execute(
            "INSERT INTO crawl (number, began, scope) VALUES (?, ?, ?) ON CONFLICT (number) DO UPDATE "
            "SET began = min(began, excluded.began)",
            (number, began, scope),
        )

    def end(self, number: int, outcome: str, now: str) -> None:
        """The crawl is over: finished, or why it was not."""
        with self._database.transaction() as db:
            db.execute("UPDATE url SET state = 'found' WHERE state = 'leased'")
            db.execute("UPDATE crawl SET ended = ?, outcome = ? WHERE number = ?", (now, outcome, number))
