"""Coverage: what the source's own tables of contents list, and what of it is held."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mirror.store.damage import Damage, damage
from mirror.store.entries import text_digest
from mirror.store.headings import Listed, headings_of, outdated
from mirror.store.listing import is_named, newest_listing
from mirror.store.lost import lost_files
from mirror.store.odd import OddPages, odd_pages

_EMPTY = text_digest("")


@dataclass(slots=True)
class FailedEntry:
    rec: int
    url: str
    reason: str


@dataclass(slots=True)
class OddEntry:
    """An entry that is held and does not look as it should; `what` says in which way."""

    rec: int
    what: str


@dataclass(slots=True)
class GoneEntry:
    """An entry that is held and that the source no longer lists: when it was last seen, and what was answered since.

    `answer` is what the source last said of it, "not asked since" if it was not.
    """

    rec: int
    last_seen: str
    absent_since: str
    answer: str
    answered: str | None


@dataclass(slots=True)
class HeadingCoverage:
    """A heading of the top of the contents with all that stands below it."""

    rec: int
    title: str
    expected: int
    captured: int


@dataclass(slots=True)
class BookCoverage:
    """One book. `expected` is None as long as its table of contents is not held.

    `missing` was never asked with an answer; `failed` was, and did not get one. `outdated`, part of these, are
    numbers that are held, and belong to another heading since: what stands there now was not had. `gaps` are numbers
    that the contents leave out between 1 and their last; `unlisted` are entries held that the contents do not list.
    `short` texts stand under a heading with nothing below it; `duplicates` are entries of one and the same text.
    `contents_missing`: pages of the contents that the last crawl of them did not get; then `expected` is what its
    other pages list, and what was listed when the contents were last whole.
    `gone_since`: the source no longer names the book; then what its last contents listed is what is expected.
    """

    number: int
    title: str | None
    expected: int | None
    captured: int
    missing: list[int] = field(default_factory=list)
    failed: list[FailedEntry] = field(default_factory=list)
    empty: list[int] = field(default_factory=list)
    outdated: list[int] = field(default_factory=list)
    short: list[int] = field(default_factory=list)
    odd: list[OddEntry] = field(default_factory=list)
    duplicates: list[list[int]] = field(default_factory=list)
    gaps: list[int] = field(default_factory=list)
    unlisted: list[int] = field(default_factory=list)
    gone: list[GoneEntry] = field(default_factory=list)
    gone_since: str | None = None
    headings: list[HeadingCoverage] = field(default_factory=list)
    contents_complete: bool = False
    contents_missing: list[str] = field(default_factory=list)

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
    """The whole collection. Complete only if every list is held, every book's contents, and every entry.

    With damage or a lost file it is not: what was lost may have been a newer list, or a newer text.
    """

    libraries: list[LibraryCoverage]
    unanswered: list[dict[str, str]]  #: home, library and list pages that could not be had
    waiting: int  #: questions found and not yet asked
    odd_pages: list[OddPages] = field(default_factory=list)  #: pages that do not look as they should
    damage: list[Damage] = field(default_factory=list)  #: what of the WARC files could not be read
    lost_files: list[str] = field(default_factory=list)  #: WARC files that are gone or shorter than they were

    @property
    def complete(self) -> bool:
        return (
            bool(self.libraries)
            and not self.unanswered
            and not self.waiting
            and not self.damage
            and not self.lost_files
            and all(library.complete for library in self.libraries)
        )

    def totals(self) -> dict[str, int]:
        """Sums over all books, by the names of their fields; `unknown` are books whose contents are not held."""
        books = [book for library in self.libraries for book in library.books]
        return {
            "books": len(books),
            "unknown": sum(book.expected is None for book in books),
            "expected": sum(book.expected or 0 for book in books),
            "captured": sum(book.captured for book in books),
            "missing": sum(len(book.missing) for book in books),
            "failed": sum(len(book.failed) for book in books),
            "empty": sum(len(book.empty) for book in books),
            "outdated": sum(len(book.outdated) for book in books),
            "short": sum(len(book.short) for book in books),
            "odd": sum(len(book.odd) for book in books),
            "duplicates": sum(len(group) for book in books for group in book.duplicates),
            "gaps": sum(len(book.gaps) for book in books),
            "gone": sum(len(book.gone) for book in books),
        }

    def as_dict(self) -> dict[str, Any]:
        """As `mirror status --json` gives it (CONTRACT)."""
        return {"complete": self.complete, **asdict(self)}


def coverage(db: sqlite3.Connection, archive: Path) -> Coverage:
    """Coverage of the collection as the ledger and the newest tables of contents show it, and its files."""
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
        if contents is not None and not complete:
            book.contents_missing = _missing_pages(db, library, number)
        libraries[library].books.append(book)
    unanswered = [
        {"url": url, "kind": kind, "reason": reason or state}
        for url, kind, reason, state, library, number in db.execute(
            "SELECT url, kind, reason, state, library, book FROM url "
            "WHERE kind IN ('home', 'sitemap', 'library', 'list') AND (state IN ('failed', 'refused') "
            "OR (state = 'gone' AND kind = 'list' AND key = (SELECT min(key) FROM url AS page "
            "WHERE page.kind = 'list' AND (page.library, page.book) = (url.library, url.book) AND page.rec IS NULL) "
            "AND EXISTS (SELECT 1 FROM book WHERE book.library = url.library AND book.number = url.book))) "
            "ORDER BY id"
        )
        if not (kind == "list" and state == "gone" and _is_taken_away(db, library, number))
    ]
    (waiting,) = db.execute(
        "SELECT count(*) FROM url WHERE state IN ('found', 'leased') "
        "AND kind IN ('home', 'sitemap', 'library', 'list', 'entry')"
    ).fetchone()
    return Coverage(list(libraries.values()), unanswered, waiting, odd_pages(db), damage(db), lost_files(db, archive))


def failed_questions(db: sqlite3.Connection) -> int:
    """How many questions of contents and entries failed when last asked, though an earlier answer may be held."""
    (failed,) = db.execute(
        "SELECT count(*) FROM url WHERE state = 'failed' AND kind IN ('home', 'library', 'list', 'entry')"
    ).fetchone()
    return int(failed)


def contents_captures(db: sqlite3.Connection, library: str, number: int) -> list[int]:
    """The captures that what is expected of a book rests on, one of each page of its contents, in their order.

    Where the last crawl of the contents did not get all pages, those of the contents that were last whole come first.
    """
    row = db.execute(
        "SELECT k.id, k.complete FROM book AS b JOIN contents AS k ON k.id = b.contents "
        "WHERE (b.library, b.number) = (?, ?)",
        (library, number),
    ).fetchone()
    if row is None:
        return []
    if row[1]:
        return _captures_of(db, row[0])
    base = db.execute(
        "SELECT id FROM contents WHERE (library, book) = (?, ?) AND complete "
        "ORDER BY last_seen DESC, id DESC LIMIT 1",
        (library, number),
    ).fetchone()
    return [*(_captures_of(db, base[0]) if base else ()), *_captures_of(db, row[0])]


def _captures_of(db: sqlite3.Connection, contents: int) -> list[int]:
    """The newest captures that show certain contents: of one page, or of each page of a chain."""
    single = db.execute(
        "SELECT c.id, c.timestamp FROM contents AS k JOIN url AS u ON u.library = k.library AND u.rec IS NULL "
        "AND (u.book = k.book OR u.book IS NULL) JOIN capture AS c ON c.url_id = u.id AND c.contents = k.id "
        "WHERE k.id = ? ORDER BY c.timestamp DESC LIMIT 1",
        (contents,),
    ).fetchone()
    chain = db.execute(
        "SELECT id, until FROM chain WHERE book > 0 AND list = ? ORDER BY until DESC LIMIT 1", (contents,)
    ).fetchone()
    if chain is None or (single is not None and single[1] > chain[1]):
        return [single[0]] if single else []
    rows = db.execute(
        "SELECT capture FROM chain_page WHERE chain = ? AND capture IS NOT NULL ORDER BY place", (chain[0],)
    )
    return [capture for (capture,) in rows]


def _missing_pages(db: sqlite3.Connection, library: str, number: int) -> list[str]:
    """Addresses of the pages of a book's contents that were not had when they were last asked for."""
    rows = db.execute(
        "SELECT coalesce(u.url, p.key) FROM chain_page AS p LEFT JOIN url AS u ON u.key = p.key "
        "WHERE p.capture IS NULL AND p.chain = (SELECT id FROM chain WHERE (library, book) = (?, ?) "
        "ORDER BY until DESC LIMIT 1) ORDER BY p.place",
        (library, number),
    )
    return [url for (url,) in rows]


def _is_taken_away(db: sqlite3.Connection, library: str, number: int) -> bool:
    """The source no longer names a book whose contents are held."""
    row = db.execute("SELECT contents FROM book WHERE (library, number) = (?, ?)", (library, number)).fetchone()
    return row is not None and row[0] is not None and not is_named(db, library, number)


def _book(db: sqlite3.Connection, library: str, number: int, title: str | None, contents: int | None) -> BookCoverage:
    held = _held(db, library, number)
    empty = [rec for rec, one in held.items() if one.empty]
    if contents is None:
        return BookCoverage(number, title, None, len(held), empty=empty, unlisted=list(held))
    listed = headings_of(db, contents)
    unlisted = [rec for rec in held if rec not in listed]
    others = outdated(db, library, number)
    held = {rec: one for rec, one in held.items() if rec not in others}
    lacking = listed.keys() - held.keys()
    failed = _failed(db, library, number)
    gone_since = None
    if not is_named(db, library, number):
        listing = newest_listing(db, library)
        gone_since = listing[1] if listing else None
    return BookCoverage(
        number=number,
        title=title,
        expected=len(listed),
        captured=len(listed) - len(lacking),
        missing=sorted(lacking - failed.keys()),
        failed=[failed[rec] for rec in sorted(lacking & failed.keys())],
        empty=[rec for rec in empty if rec in listed and rec in held],
        outdated=sorted(others),
        short=[rec for rec, one in held.items() if one.short and rec in listed and listed[rec].is_leaf],
        odd=[OddEntry(rec, one.oddities) for rec, one in held.items() if one.oddities],
        duplicates=_duplicates(held),
        gaps=sorted(set(range(1, max(listed, default=0))) - listed.keys()),
        unlisted=unlisted,
        gone=_gone(db, library, number, contents, list(held) if gone_since else unlisted, gone_since),
        gone_since=gone_since,
        headings=_by_heading(listed, held),
    )


@dataclass(frozen=True, slots=True)
class _Held:
    text_digest: str
    empty: bool
    short: bool
    oddities: str  #: "" if it looks as it should


def _held(db: sqlite3.Connection, library: str, number: int) -> dict[int, _Held]:
    """Entries of a book that are held, in order of their numbers. Reads no texts."""
    rows = db.execute(
        "SELECT e.rec, v.text_digest, EXISTS (SELECT 1 FROM short_version WHERE version = v.id), "
        "coalesce(c.oddities, o.oddities, '') FROM entry AS e JOIN version AS v ON v.id = e.newest "
        "LEFT JOIN capture AS c ON c.id = v.capture LEFT JOIN capture AS o ON o.id = c.original "
        "WHERE (e.library, e.book) = (?, ?) ORDER BY e.rec",
        (library, number),
    )
    return {rec: _Held(digest, digest == _EMPTY, bool(short), oddities) for rec, digest, short, oddities in rows}


def _failed(db: sqlite3.Connection, library: str, number: int) -> dict[int, FailedEntry]:
    rows = db.execute(
        "SELECT rec, coalesce(hop, url), reason, state FROM url WHERE library = ? AND book = ? "
        "AND kind = 'entry' AND state IN ('failed', 'gone', 'refused')",
        (library, number),
    )
    return {rec: FailedEntry(rec, url, reason or state) for rec, url, reason, state in rows}


def _duplicates(held: Mapping[int, _Held]) -> list[list[int]]:
    """Numbers that hold the same text, where it is more than a word or two: perhaps the source mixed them up."""
    alike: dict[str, list[int]] = {}
    for rec, one in held.items():
        if not one.empty and not one.short:
            alike.setdefault(one.text_digest, []).append(rec)
    return [group for group in alike.values() if len(group) > 1]


def _by_heading(listed: Mapping[int, Listed], held: Mapping[int, _Held]) -> list[HeadingCoverage]:
    found: list[HeadingCoverage] = []
    for rec, heading in listed.items():
        if heading.depth == 0 or not found:
            found.append(HeadingCoverage(rec, heading.title, 0, 0))
        found[-1].expected += 1
        found[-1].captured += rec in held
    return found


def _gone(
    db: sqlite3.Connection, library: str, number: int, contents: int, recs: list[int], gone_since: str | None
) -> list[GoneEntry]:
    """What became of entries that are held and no longer listed."""
    (absent_since,) = db.execute("SELECT first_seen FROM contents WHERE id = ?", (contents,)).fetchone()
    found = []
    for rec in recs:
        last_seen, status, verdict, reason, answered = db.execute(
            "SELECT v.last_seen, c.status, c.verdict, c.reason, c.timestamp FROM entry AS e "
            "JOIN version AS v ON v.id = e.newest LEFT JOIN url AS u ON u.kind = 'entry' "
            "AND (u.library, u.book, u.rec) = (e.library, e.book, e.rec) LEFT JOIN capture AS c ON c.id = u.newest "
            "WHERE (e.library, e.book, e.rec) = (?, ?, ?)",
            (library, number, rec),
        ).fetchone()
        since = gone_since or absent_since
        if answered is None or answered <= since:
            found.append(GoneEntry(rec, last_seen, since, "not asked since", None))
        else:
            said = reason or ("still answered" if verdict == "ok" else verdict)
            found.append(GoneEntry(rec, last_seen, since, f"{status or 'no status'}: {said}", answered))
    return found
