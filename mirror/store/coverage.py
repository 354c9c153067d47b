"""Coverage: what the source's own tables of contents list, and what of it is held."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class FailedEntry:
    rec: int
    url: str
    reason: str


@dataclass(slots=True)
class BookCoverage:
    """One book. `expected` is None as long as its table of contents is not held.

    `missing` was never asked with an answer; `failed` was, and did not get one. `gaps` are numbers that the
    contents leave out between 1 and their last; `unlisted` are entries held that the contents do not list.
    """

    number: int
    title: str | None
    expected: int | None
    captured: int
    missing: list[int] = field(default_factory=list)
    failed: list[FailedEntry] = field(default_factory=list)
    empty: list[int] = field(default_factory=list)
    gaps: list[int] = field(default_factory=list)
    unlisted: list[int] = field(default_factory=list)
    contents_complete: bool = False

    @property
    def complete(self) -> bool:
        return (
            self.expected is not None
            and self.contents_complete
            and not self.missing
            and not self.failed
            and self.captured >= self.expected
        )


@dataclass(slots=True)
class LibraryCoverage:
    code: str
    title: str | None
    books: list[BookCoverage]

    @property
    def complete(self) -> bool:
        return bool(self.books) and all(book.complete for book in self.books)


@dataclass(slots=True)
class Coverage:
    """The whole collection. Complete only if every list is held, every book's contents, and every entry."""

    libraries: list[LibraryCoverage]
    unanswered: list[dict[str, str]]  #: home, library and list pages that could not be had
    waiting: int  #: questions found and not yet asked

    @property
    def complete(self) -> bool:
        return (
            bool(self.libraries)
            and not self.unanswered
            and not self.waiting
            and all(library.complete for library in self.libraries)
        )

    def as_dict(self) -> dict[str, Any]:
        """As `mirror status --json` gives it (CONTRACT)."""
        return {"complete": self.complete, **asdict(self)}


def coverage(db: sqlite3.Connection) -> Coverage:
    """Coverage of the collection as the ledger and the newest tables of contents show it."""
    libraries = {
        code: LibraryCoverage(code, title, [])
        for code, title in db.execute("SELECT code, title FROM library ORDER BY code")
    }
    books = db.execute(
        "SELECT b.library, b.number, b.title, b.contents, c.complete FROM book AS b "
        "LEFT JOIN contents AS c ON c.id = b.contents ORDER BY b.library, b.number"
    ).fetchall()
    for library, number, title, contents, complete in books:
        book = _book(db, library, number, title, contents)
        book.contents_complete = bool(complete)
        libraries[library].books.append(book)
    unanswered = [
        {"url": url, "kind": kind, "reason": reason or state}
        for url, kind, reason, state in db.execute(
            "SELECT url, kind, reason, state FROM url WHERE kind IN ('home', 'sitemap', 'library', 'list') "
            "AND (state IN ('failed', 'refused') OR (state = 'gone' AND kind NOT IN ('home', 'sitemap', 'library') "
            "AND EXISTS (SELECT 1 FROM book WHERE book.library = url.library AND book.number = url.book))) "
            "ORDER BY id"
        )
    ]
    (waiting,) = db.execute(
        "SELECT count(*) FROM url WHERE state IN ('found', 'leased') "
        "AND kind IN ('home', 'sitemap', 'library', 'list', 'entry')"
    ).fetchone()
    return Coverage(list(libraries.values()), unanswered, waiting)


def _book(db: sqlite3.Connection, library: str, number: int, title: str | None, contents: int | None) -> BookCoverage:
    held = {
        rec: bool(has_text)
        for rec, has_text in db.execute(
            "SELECT e.rec, v.text <> '' FROM entry AS e JOIN version AS v ON v.id = e.newest "
            "WHERE e.library = ? AND e.book = ?",
            (library, number),
        )
    }
    empty = sorted(rec for rec, has_text in held.items() if not has_text)
    if contents is None:
        return BookCoverage(number, title, None, len(held), empty=empty, unlisted=sorted(held))
    listed = {row[0] for row in db.execute("SELECT rec FROM heading WHERE contents = ?", (contents,))}
    lacking = listed - held.keys()
    reasons = {
        rec: FailedEntry(rec, url, reason or state)
        for rec, url, reason, state in db.execute(
            "SELECT rec, coalesce(hop, url), reason, state FROM url WHERE library = ? AND book = ? "
            "AND kind = 'entry' AND state IN ('failed', 'gone', 'refused')",
            (library, number),
        )
        if rec in lacking
    }
    return BookCoverage(
        number=number,
        title=title,
        expected=len(listed),
        captured=len(listed & held.keys()),
        missing=sorted(lacking - reasons.keys()),
        failed=[reasons[rec] for rec in sorted(reasons)],
        empty=[rec for rec in empty if rec in listed],
        gaps=sorted(set(range(1, max(listed, default=0))) - listed),
        unlisted=sorted(held.keys() - listed),
    )
