"""Saving what a page says: libraries, books, tables of contents, entries and their versions.

Functions over an open transaction; `frontier.ledger` calls them in the one that marks the capture, so that a
text is known exactly when the capture it came from is.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from mirror.extraction.page import Book, Contents, Entry, Heading, Library, Text

#: A text of fewer characters, its own title and blanks aside, is called short.
SHORT = 20


# Made once: `json.dumps` makes an encoder at every call that asks for anything unusual.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def dumps(value: Any) -> str:
    """JSON as it is kept in columns: compact, Chinese as itself."""
    return _ENCODER.encode(value)


def save_libraries(db: sqlite3.Connection, libraries: Iterable[Library], *, only_unknown: bool = False) -> None:
    """A title once known is only replaced by another title, never by its absence; by none if `only_unknown`."""
    db.executemany(
        "INSERT INTO library VALUES (?, ?) ON CONFLICT (code) DO UPDATE SET title = excluded.title "
        f"WHERE excluded.title IS NOT NULL{_UNKNOWN if only_unknown else ''}",
        [(library.code, library.title) for library in libraries],
    )


_UNKNOWN = " AND title IS NULL"


def save_books(db: sqlite3.Connection, books: Iterable[Book], *, only_unknown: bool = False) -> None:
    """Books by library and number; a book makes its library known too."""
    for book in books:
        db.execute("INSERT OR IGNORE INTO library (code) VALUES (?)", (book.library,))
        db.execute(
            "INSERT INTO book (library, number, title) VALUES (?, ?, ?) ON CONFLICT DO UPDATE "
            f"SET title = excluded.title WHERE excluded.title IS NOT NULL{_UNKNOWN if only_unknown else ''}",
            (book.library, book.number, book.title),
        )


def save_contents(db: sqlite3.Connection, contents: Contents, seen: str, pages: Sequence[str] = ()) -> int:
    """What a page shows of a table of contents, kept once however often it is seen again.

    Args:
        db: An open transaction.
        contents: As the page showed it.
        seen: WARC-Date of the capture.
        pages: Keys of the other pages of the same contents that it leads to.

    Returns:
        The number of this table of contents in the store.
    """
    rows, digest = contents_rows(contents, pages)
    save_books(db, [Book(contents.library, contents.book, None)])
    number = _keep_contents(db, (contents.library, contents.book, digest), rows, contents.complete, seen, seen)
    if contents.complete:
        _make_newest_contents(db, number)
    return number


def keep_contents(
    db: sqlite3.Connection,
    library: str,
    book: int,
    headings: Sequence[Heading],
    complete: bool,
    since: str,
    until: str,
) -> int:
    """A table of contents that was put together out of several pages (`frontier.chains`), seen over a time."""
    contents = Contents(library, book, tuple(headings), complete)
    rows, digest = contents_rows(contents)
    number = _keep_contents(db, (library, book, digest), rows, complete, since, until)
    _make_newest_contents(db, number)
    return number


def is_kept(db: sqlite3.Connection, number: int, contents: Contents) -> bool:
    """Whether certain contents are kept under a number, to the letter."""
    rows, digest = contents_rows(contents)
    place = (contents.library, contents.book, digest, contents.complete)
    stored = db.execute("SELECT library, book, digest, complete FROM contents WHERE id = ?", (number,)).fetchone()
    held = db.execute(
        "SELECT place, rec, title, code, indent, path FROM heading WHERE contents = ? ORDER BY place", (number,)
    ).fetchall()
    return stored == place and held == rows


def drop_contents(db: sqlite3.Connection, number: int) -> None:
    """Forget contents that were put together while pages were still lacking, if nothing else rests on them."""
    row = db.execute(
        "SELECT EXISTS (SELECT 1 FROM chain WHERE book > 0 AND list = ?1) "
        "OR EXISTS (SELECT 1 FROM book WHERE contents = ?1)",
        (number,),
    ).fetchone()
    if not row[0]:
        db.execute("DELETE FROM heading WHERE contents = ?", (number,))
        db.execute("DELETE FROM contents WHERE id = ?", (number,))


def _keep_contents(
    db: sqlite3.Connection,
    place: tuple[str, int, str],
    rows: list[tuple[Any, ...]],
    complete: bool,
    since: str,
    until: str,
) -> int:
    found = db.execute("SELECT id FROM contents WHERE (library, book, digest) = (?, ?, ?)", place).fetchone()
    if found:
        number: int = found[0]
        _date_contents(db, number, since, until)
        return number
    number = db.execute(
        "INSERT INTO contents (library, book, digest, complete, first_seen, last_seen) "
        "VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
        (*place, complete, since, until),
    ).fetchone()[0]
    # A number listed twice keeps its first line: the page order decides, as a reader's eye would.
    db.executemany(
        "INSERT OR IGNORE INTO heading (contents, place, rec, title, code, indent, path) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(number, *row) for row in rows],
    )
    return number


def contents_rows(contents: Contents, pages: Sequence[str] = ()) -> tuple[list[tuple[Any, ...]], str]:
    """A table of contents as it is kept: its rows, and the digest that tells it from others.

    What a page shows of contents that have more pages is told by these, too: it is no table of contents by itself.
    """
    rows = [
        (place, heading.rec, heading.title, heading.code, heading.indent, dumps(heading.path))
        for place, heading in enumerate(contents.headings)
    ]
    told = [contents.complete, rows, *([list(pages)] if pages else [])]
    return rows, hashlib.sha256(dumps(told).encode()).hexdigest()


def touch_contents(db: sqlite3.Connection, number: int, seen: str) -> None:
    """The source still showed this table of contents at `seen`."""
    if _date_contents(db, number, seen, seen):
        _make_newest_contents(db, number)


def _date_contents(db: sqlite3.Connection, number: int, since: str, until: str) -> bool:
    """Note when contents were seen. Returns whether they are complete."""
    row = db.execute(
        "UPDATE contents SET first_seen = min(first_seen, ?), last_seen = max(last_seen, ?) WHERE id = ? "
        "RETURNING complete",
        (since, until, number),
    ).fetchone()
    return bool(row[0])


def _make_newest_contents(db: sqlite3.Connection, number: int) -> None:
    db.execute(
        "UPDATE book SET contents = ?1 FROM contents AS new WHERE new.id = ?1 "
        "AND book.library = new.library AND book.number = new.book AND new.last_seen >= "
        "coalesce((SELECT last_seen FROM contents WHERE id = book.contents), '')",
        (number,),
    )


def text_digest(text: str) -> str:
    """`sha256:` and hex, over the reading text in UTF-8 (CONTRACT)."""
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _digest(values: tuple[str | int | None, ...]) -> bytes:
    """SHA-256 over values, each marked off by its length. `repr` of a long text would take as long as storing it."""
    sha256 = hashlib.sha256()
    for value in values:
        octets = b"" if value is None else str(value).encode("utf-8", "surrogatepass")
        sha256.update(b"%d:" % (-1 if value is None else len(octets)))
        sha256.update(octets)
    return sha256.digest()


def save_entry(db: sqlite3.Connection, entry: Entry, capture: int, seen: str) -> int:
    """A version of an entry, tied to its capture; the same text again only moves its dates.

    What tells versions apart is what the source says, not how we read it: a reading may change when the widths
    of the book are settled (`store.widths`).

    Returns:
        The number of the version.
    """
    content = entry.content
    said = as_said(entry)
    digest = _digest(said)
    place = (entry.library, entry.book, entry.rec)
    row = db.execute(
        "INSERT INTO entry (library, book, rec) VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING id", place
    ).fetchone()
    known = None
    if row is None:
        row = db.execute("SELECT id FROM entry WHERE (library, book, rec) = (?, ?, ?)", place).fetchone()
        known = db.execute("SELECT id FROM version WHERE entry = ? AND digest = ?", (row[0], digest)).fetchone()
    if known:
        version: int = known[0]
        touch_version(db, version, capture, seen)
        return version
    version = db.execute(
        "INSERT INTO version (entry, digest, title, code, path, charset, raw_text, text, text_digest, items, tables, "
        "signatures, width, flags, proven, proven_cut, first_seen, last_seen, capture) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            row[0],
            digest,
            *said,
            *as_read(content),
            content.proven_width,
            content.hard_cut,
            seen,
            seen,
            capture,
        ),
    ).fetchone()[0]
    if 0 < len(content.text) < 200:
        characters = len("".join(content.text.replace(entry.title or "", "", 1).split()))
        if characters < SHORT:
            db.execute("INSERT INTO short_version VALUES (?, ?)", (version, characters))
    _make_newest_version(db, version)
    return version


def as_said(entry: Entry) -> tuple[str | None, ...]:
    """What the source says, as it is kept: `title, code, path, charset, raw_text`."""
    return (
        entry.title,
        entry.code,
        None if entry.path is None else dumps(entry.path),
        dumps([entry.charset.declared, entry.charset.used, entry.charset.undecodable, entry.charset.private_use]),
        entry.content.raw_text,
    )


def as_read(content: Text) -> tuple[Any, ...]:
    """A reading as it is kept: `text, text_digest, items, tables, signatures, width, flags`."""
    return (
        content.text,
        text_digest(content.text),
        dumps([[item.heading, item.text] for item in content.items]),
        dumps([[table.caption, table.rows] for table in content.tables]),
        dumps(content.signatures),
        content.width,
        dumps(content.flags),
    )


def touch_version(db: sqlite3.Connection, version: int, capture: int, seen: str) -> None:
    """The source still showed this text at `seen`, in `capture`."""
    db.execute(
        "UPDATE version SET capture = CASE WHEN ?1 >= last_seen THEN ?2 ELSE capture END, "
        "first_seen = min(first_seen, ?1), last_seen = max(last_seen, ?1) WHERE id = ?3",
        (seen, capture, version),
    )
    _make_newest_version(db, version)


def _make_newest_version(db: sqlite3.Connection, version: int) -> None:
    db.execute(
        "UPDATE entry SET newest = ?1 FROM version AS new WHERE new.id = ?1 AND entry.id = new.entry "
        "AND new.last_seen >= coalesce((SELECT last_seen FROM version WHERE id = entry.newest), '')",
        (version,),
    )
