"""What a collection holds and lacks, in numbers, library by library and book by book."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mirror.browse.places import shelf
from mirror.store.coverage import BookCoverage, LibraryCoverage, coverage


@dataclass(frozen=True, slots=True)
class Overview:
    """Counts of one collection, as of an instant.

    Attributes:
        as_of: When what is counted was last written to, RFC 3339.
        facts: Plain values, as the JSON has them.
        places: The libraries by place and kind.
        books: Books by library code.
    """

    as_of: str
    facts: dict[str, Any]
    places: list[dict[str, Any]]
    books: dict[str, list[dict[str, Any]]]
    libraries: dict[str, dict[str, Any]]


def overview(db: sqlite3.Connection, archive: Path, as_of: str) -> Overview:
    """Count everything; takes about a second for 100,000 entries."""
    found = coverage(db, archive)
    books = {library.code: [_book(book) for book in library.books] for library in found.libraries}
    libraries = {library.code: _library(library, books[library.code]) for library in found.libraries}
    crawls = [
        {"number": number, "began": began, "ended": ended, "outcome": outcome}
        for number, began, ended, outcome in db.execute(
            "SELECT number, began, ended, outcome FROM crawl ORDER BY number DESC LIMIT 200"
        )
    ]
    (captures,) = db.execute("SELECT count(*) FROM capture").fetchone()
    (several,) = db.execute(
        "SELECT count(*) FROM (SELECT 1 FROM version GROUP BY entry HAVING count(*) > 1)"
    ).fetchone()
    warcs, size = db.execute("SELECT count(*), coalesce(sum(size), 0) FROM warc").fetchone()
    totals = _sum(libraries.values())
    facts = {
        "complete": found.complete,
        "libraries": len(libraries),
        **totals,
        "waiting": found.waiting,
        "unanswered": found.unanswered,
        "lost": [*found.lost_files, *map(str, found.damage)],
        "captures": captures,
        "entries_with_versions": several,
        "warcs": warcs,
        "warc_bytes": size,
        "crawls": crawls,
    }
    return Overview(as_of, facts, _by_place(libraries), books, libraries)


def _book(book: BookCoverage) -> dict[str, Any]:
    return {
        "number": book.number,
        "title": book.title,
        "expected": book.expected,
        "captured": book.captured,
        "missing": len(book.missing),
        "failed": len(book.failed),
        "empty": len(book.empty),
        "gaps": len(book.gaps),
        "unlisted": len(book.unlisted),
        "contents_complete": book.contents_complete,
        "complete": book.complete,
    }


_SUMMED = ("captured", "missing", "failed", "empty", "gaps", "unlisted")


def _library(library: LibraryCoverage, books: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "code": library.code,
        "title": library.title,
        "books": len(books),
        "expected": sum(book["expected"] or 0 for book in books),
        **{name: sum(book[name] for book in books) for name in _SUMMED},
        "unknown": sum(book["expected"] is None for book in books),
        "complete": library.complete,
    }


def _sum(libraries: Any) -> dict[str, int]:
    totals = dict.fromkeys(("books", "expected", *_SUMMED, "unknown"), 0)
    for library in libraries:
        for name in totals:
            totals[name] += library[name]
    return totals


def _by_place(libraries: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    groups: dict[tuple[Any, ...], dict[str, Any]] = {}
    for code, library in sorted(libraries.items()):
        stands = shelf(code)
        key = (stands.order, stands.place, stands.kind)
        group = groups.setdefault(
            key,
            {
                "kind": {"zh": stands.kind[0], "en": stands.kind[1]},
                "place": {"zh": stands.place[0], "en": stands.place[1]},
                "inferred": stands.inferred,
                "libraries": [],
            },
        )
        group["libraries"].append(library)
    ordered = [groups[key] for key in sorted(groups, key=lambda key: key[0])]
    for group in ordered:
        group |= _sum(group["libraries"])
    return ordered
