"""Moments as people name them: a crawl's number, a date, a time; and the states of a collection at them."""

from __future__ import annotations

import sqlite3

from mirror.diff.state import Moment, State, doubted_crawls
from mirror.errors import UsageError
from mirror.instants import instant


def moment_of_crawl(db: sqlite3.Connection, number: int) -> Moment:
    """The end of a crawl: the instant of its last capture.

    Raises:
        UsageError: There is no such crawl.
    """
    row = db.execute("SELECT began, outcome FROM crawl WHERE number = ?", (number,)).fetchone()
    if row is None:
        known = ", ".join(str(one) for (one,) in db.execute("SELECT number FROM crawl ORDER BY number DESC LIMIT 9"))
        raise UsageError(
            f"there is no crawl {number} (newest first: {known or 'none'}). Write one of these, or a date"
        )
    (last,) = db.execute("SELECT max(timestamp) FROM capture WHERE crawl = ?", (number,)).fetchone()
    # What was imported is older than its number: it stands where its dates put it.
    return Moment(last or row[0], None if row[1] == "import" else number)


def parse_moment(db: sqlite3.Connection, text: str) -> Moment:
    """A crawl's number, a date (its last moment, UTC), or an RFC 3339 time. Raises UsageError."""
    if text.isascii() and text.isdigit():
        return moment_of_crawl(db, int(text[:18]))
    return Moment(instant(text))


def last_crawls(db: sqlite3.Connection, count: int) -> list[int]:
    """Numbers of the newest crawls that have captures, oldest first; imports are none."""
    rows = db.execute(
        "SELECT number FROM crawl AS k WHERE outcome IS NOT 'import' "
        "AND EXISTS (SELECT 1 FROM capture WHERE crawl = k.number) ORDER BY number DESC LIMIT ?",
        (count,),
    ).fetchall()
    return [row[0] for row in reversed(rows)]


def two_states(db: sqlite3.Connection, name: str, since: str | None, until: str | None) -> tuple[State, State]:
    """The states to compare: those given, else at the ends of the last two crawls.

    Raises:
        UsageError: A moment cannot be read, or there are not two crawls.
    """
    last = last_crawls(db, 2)
    if since is None and len(last) < 2:
        raise UsageError(
            f"{name!r} has {len(last)} crawl{'' if len(last) == 1 else 's'} with captures, and two are compared. "
            f"Crawl it again, or name two times"
        )
    before = moment_of_crawl(db, last[0]) if since is None else parse_moment(db, since)
    after = newest(db) if until is None else parse_moment(db, until)
    doubted = doubted_crawls(db)
    return State(db, before, doubted, name), State(db, after, doubted, name)


def newest(db: sqlite3.Connection) -> Moment:
    """The end of the last crawl. Raises UsageError if there is none."""
    last = last_crawls(db, 1)
    if not last:
        raise UsageError("nothing was captured yet: crawl first")
    return moment_of_crawl(db, last[0])
