"""Listings: the libraries the home page names, and the books a library's page names, over time.

The table of books only grows, for what was once held stays; what the source names *now* stands here.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection

from mirror.store.entries import dumps

Name = str | int


def save_listing(db: sqlite3.Connection, place: str, names: Collection[Name], capture: int, seen: str) -> None:
    """Keep what a page lists, once however often it is seen again.

    Args:
        db: An open transaction.
        place: `/` and the key of a home page, or the code of a library.
        names: Codes of libraries, or numbers of books.
        capture: Of the page.
        seen: WARC-Date of the capture.
    """
    number = keep_listing(db, place, names, seen, seen)
    db.execute("INSERT INTO capture_listing VALUES (?, ?)", (capture, number))


def keep_listing(db: sqlite3.Connection, place: str, names: Collection[Name], since: str, until: str) -> int:
    """Keep what a place lists, be it on one page or on several, seen over a time. Returns its number."""
    number: int = db.execute(
        "INSERT INTO listing (place, names, first_seen, last_seen) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET "
        "first_seen = min(first_seen, ?3), last_seen = max(last_seen, ?4) RETURNING id",
        (place, dumps(sorted(names)), since, until),
    ).fetchone()[0]
    return number


def touch_listing(db: sqlite3.Connection, capture: int, original: int, seen: str) -> None:
    """A page was the same as in an earlier capture: what it listed then, it still lists at `seen`."""
    row = db.execute("SELECT listing FROM capture_listing WHERE capture = ?", (original,)).fetchone()
    if row is not None:
        db.execute("INSERT INTO capture_listing VALUES (?, ?)", (capture, row[0]))
        db.execute(
            "UPDATE listing SET first_seen = min(first_seen, ?1), last_seen = max(last_seen, ?1) WHERE id = ?2",
            (seen, row[0]),
        )


def newest_listing(db: sqlite3.Connection, place: str) -> tuple[frozenset[Name], str] | None:
    """What a place listed last, and when it first did so; None if no listing of it is held."""
    row = db.execute(
        "SELECT names, first_seen FROM listing WHERE place = ? ORDER BY last_seen DESC, id DESC LIMIT 1", (place,)
    ).fetchone()
    return (frozenset(json.loads(row[0])), row[1]) if row else None


def is_named(db: sqlite3.Connection, library: str, book: int) -> bool:
    """Whether the source still names a book. True where no listing says otherwise."""
    listing = newest_listing(db, library)
    return listing is None or book in listing[0]
