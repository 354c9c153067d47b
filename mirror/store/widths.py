"""The line widths of each book, and the entries that are read with them.

A short entry shows no width of its own; it borrows its book's. Which widths a book has is known only when its
entries are, so it is settled at the end of a crawl, of a rebuild and of an import: from all entries of the book,
whatever the order they came in. What was read at another width is then read again, from its `raw_text`.
"""

from __future__ import annotations

import json
import sqlite3

from mirror.extraction.entry import PART_FLAGS, assemble, join
from mirror.extraction.reflow import Width, settle_widths
from mirror.search.index import forget
from mirror.store.database import Database
from mirror.store.entries import as_read, dumps


def settle(database: Database) -> int:
    """Settle the widths of every book with texts new since this was last done; one transaction a book.

    Interrupted, it is done again from where it began; that changes nothing.

    Returns:
        How many texts came out otherwise than they were.
    """
    connection = database.connection
    (until,) = connection.execute("SELECT version FROM settled").fetchone()
    (newest,) = connection.execute("SELECT coalesce(max(id), 0) FROM version").fetchone()
    if newest == until:
        return 0
    books = connection.execute(
        "SELECT DISTINCT e.library, e.book FROM version AS v JOIN entry AS e ON e.id = v.entry "
        "WHERE v.id > ? ORDER BY e.library, e.book",
        (until,),
    ).fetchall()
    changed = 0
    for library, book in books:
        with database.transaction() as db:
            changed += _settle_book(db, library, book, until)
    with database.transaction() as db:
        db.execute("UPDATE settled SET version = ?", (newest,))
    return changed


def widths_of(db: sqlite3.Connection, library: str, book: int) -> tuple[Width, ...]:
    """The settled widths of a book, likeliest first; () if its entries prove none."""
    return tuple(
        Width(columns, entries, bool(hard_cut))
        for columns, entries, hard_cut in db.execute(
            "SELECT width, entries, hard_cut FROM book_width WHERE (library, book) = (?, ?) ORDER BY place",
            (library, book),
        )
    )


def _settle_book(db: sqlite3.Connection, library: str, book: int, until: int) -> int:
    place = (library, book)
    before = widths_of(db, library, book)
    now = settle_widths(
        {
            (columns, bool(hard_cut)): count
            for columns, hard_cut, count in db.execute(
                "SELECT v.proven, v.proven_cut, count(*) FROM entry AS e JOIN version AS v ON v.entry = e.id "
                "WHERE (e.library, e.book) = (?, ?) AND v.proven IS NOT NULL GROUP BY v.proven, v.proven_cut",
                place,
            )
        }
    )
    if now != before:
        db.execute("DELETE FROM book_width WHERE (library, book) = (?, ?)", place)
        db.executemany(
            "INSERT INTO book_width VALUES (?, ?, ?, ?, ?, ?)",
            [(*place, at, width.columns, width.hard_cut, width.full_lines) for at, width in enumerate(now)],
        )
    # How many entries prove a width only orders them; what a text is read with is the list itself.
    same = [(width.columns, width.hard_cut) for width in now] == [(w.columns, w.hard_cut) for w in before]
    proven_by_book = {width.columns for width in now}
    proven_before = {width.columns for width in before}
    rows = db.execute(
        "SELECT v.id, v.proven FROM entry AS e JOIN version AS v ON v.entry = e.id "
        "WHERE (e.library, e.book) = (?, ?) AND v.id > ?",
        (*place, until if same else 0),
    ).fetchall()
    changed = 0
    for version, proven in rows:
        # A text that proves a width of its book reads the same without the book.
        own = proven in proven_by_book and (version > until or proven in proven_before)
        if not own and (now or before):
            changed += _read_again(db, version, now)
    return changed


def _read_again(db: sqlite3.Connection, version: int, widths: tuple[Width, ...]) -> bool:
    """Read a text at the widths of its book. Returns whether its lines were joined otherwise than before."""
    raw_text, text, width, flags = db.execute(
        "SELECT raw_text, text, width, flags FROM version WHERE id = ?", (version,)
    ).fetchone()
    joined = join(raw_text, widths)
    if joined.text == text:
        of_parts = [flag for flag in json.loads(flags) if flag in PART_FLAGS]
        said = dumps([*joined.flags, *of_parts])
        if (joined.width, said) != (width, flags):
            db.execute("UPDATE version SET (width, flags) = (?, ?) WHERE id = ?", (joined.width, said, version))
        return False
    forget(db, version)
    db.execute(
        "UPDATE version SET (text, text_digest, items, tables, signatures, width, flags) = (?, ?, ?, ?, ?, ?, ?) "
        "WHERE id = ?",
        (*as_read(assemble(raw_text, widths)), version),
    )
    return True
