"""Finding: from a query to hits in order, with snippets and counts.

What the index does not have yet is read entry by entry and held against the same query, so that an answer is
whole while a crawl writes. One read transaction: index, waiting list and texts are of the same instant.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

from mirror.frontier.scope import Scope, places_in
from mirror.search import snippet
from mirror.search.fold import BOUNDARY, stream
from mirror.search.index import CURRENT, Searched
from mirror.search.match import expression, is_match, single
from mirror.search.query import Node, Term, parse, terms
from mirror.search.snippet import Snippet

#: More hits than these are not weighed against each other: they come in the order of their books.
MOST_WEIGHED = 2_000

Place = tuple[str, int, int]  # library, book, rec


@dataclass(frozen=True, slots=True)
class Filters:
    """What a hit must belong to besides; each empty value lets everything through.

    Attributes:
        scopes: Libraries, books or entries: any of them.
    """

    scopes: Sequence[Scope] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """One entry found. Marks are pairs [start, end) of offsets into the text they belong to."""

    id: str
    title: str
    title_marks: tuple[tuple[int, int], ...]
    snippet: Snippet
    library: str
    library_title: str | None
    book: int
    book_title: str | None
    rec: int
    path: tuple[str, ...]
    last_seen: str

    def as_dict(self) -> dict[str, Any]:
        """As `mirror search --json` gives it (CONTRACT)."""
        return {
            "id": self.id,
            "title": self.title,
            "title_marks": self.title_marks,
            "snippet": self.snippet.text,
            "marks": self.snippet.marks,
            "library": {"code": self.library, "title": self.library_title},
            "book": {"number": self.book, "title": self.book_title},
            "path": self.path,
            "last_seen": self.last_seen,
        }


@dataclass(frozen=True, slots=True)
class Facet:
    """How many of all hits belong to one library or book."""

    value: str  #: `K` or `K/A`
    title: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Found:
    """An answer: one page of hits, and how many there are in all."""

    total: int
    hits: list[Hit]
    libraries: list[Facet] = field(default_factory=list)  #: most hits first; only if facets were asked for
    books: list[Facet] = field(default_factory=list)
    unindexed: int = 0  #: entries that were read one by one


def search(
    db: sqlite3.Connection,
    text: str,
    filters: Filters | None = None,
    *,
    limit: int = 20,
    offset: int = 0,
    facets: bool = False,
) -> Found:
    """Entries whose newest text, title, items or tables have what a query asks for (`mirror.search.query`).

    Hits in titles come first, the closest first; then by BM25, or in the order of the books if there are more
    than MOST_WEIGHED.

    Raises:
        UsageError: The query asks for nothing.
    """
    query = parse(text)
    with _one_instant(db):
        return _Search(db, query, filters or Filters()).answer(limit, offset, facets)


@contextmanager
def _one_instant(db: sqlite3.Connection) -> Iterator[None]:
    if db.in_transaction:
        yield
        return
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.execute("ROLLBACK")


class _Search:
    def __init__(self, db: sqlite3.Connection, query: Node, filters: Filters) -> None:
        self._db = db
        self._query = query
        self._blocks: dict[int, Place] = {}
        self._filters = filters
        self._where, self._values = _inside(filters)
        self._table = "search_character" if single(query) else "search_text"
        self._match = expression(query, of_characters=single(query))
        self._unindexed = db.execute("SELECT count(*) FROM search_waiting").fetchone()[0]
        if self._unindexed:
            self._where += f" AND rowid NOT IN ({_STALE})"

    def answer(self, limit: int, offset: int, facets: bool) -> Found:
        waiting = list(self._read_waiting()) if self._unindexed else []
        blocks: Counter[int] = Counter()
        if facets:
            blocks.update(dict(self._rows(self._table, "rowid >> 10, count(*)", "GROUP BY 1")))
            indexed = blocks.total()
        else:
            indexed = self._rows(self._table, "count(*)")[0][0]
        places = self._in_order(indexed, waiting, limit, offset)
        found = snippet.pattern(list(terms(self._query)))
        return Found(
            indexed + len(waiting),
            [hit for place in places if (hit := _hit(self._db, place, found)) is not None],
            *(self._facets(blocks, [place for place, _ in waiting]) if facets else ([], [])),
            unindexed=self._unindexed,
        )

    def _rows(self, table: str, columns: str, rest: str = "", *values: int) -> list[Any]:
        match = self._match if table == self._table else expression(self._query)
        return self._db.execute(
            f"SELECT {columns} FROM {table} WHERE {table} MATCH ? AND {self._where} {rest}",
            (match, *self._values, *values),
        ).fetchall()

    # -- order ---------------------------------------------------------------------------------------------

    def _in_order(self, indexed: int, waiting: list[tuple[Place, str]], limit: int, offset: int) -> list[Place]:
        """One page of places: titles, then what is not indexed yet, then texts."""
        wanted = offset + limit
        titled = self._titled(waiting)
        first = [place for place, _ in titled]
        known = set(first)
        first += [place for place, _ in waiting if place not in known]
        if len(first) < min(wanted, indexed + len(waiting)):
            known.update(first)
            for place in self._weighed() if 1 < indexed <= MOST_WEIGHED else self._by_book():
                if place not in known:
                    first.append(place)
                    if len(first) >= wanted:
                        break
        return first[offset:wanted]

    def _titled(self, waiting: list[tuple[Place, str]]) -> list[tuple[Place, str]]:
        rows = self._rows("search_title", "rowid", "LIMIT ?", MOST_WEIGHED)
        numbers = [row[0] for row in rows]
        titles = dict(
            self._db.execute(
                "SELECT id, title FROM search_document WHERE id IN (SELECT value FROM json_each(?))",
                (json.dumps(numbers),),
            )
        )
        found = [(self._place(number), titles[number]) for number in numbers]
        found += [(place, title) for place, title in waiting if is_match(self._query, stream(title))]
        exact = self._query.text if isinstance(self._query, Term) else ""
        return sorted(found, key=lambda one: (stream(one[1]) != exact, len(one[1]), one[0]))

    def _weighed(self) -> Iterator[Place]:
        # Single characters are weighed by the large index, which knows how often they occur.
        rows = sorted(self._rows("search_text", "rank, rowid"))
        for _, alike in groupby(rows, key=itemgetter(0)):
            # The order of the numbers is not the same in every rebuilt index; that of the places is.
            yield from sorted(self._place(number) for _, number in alike)

    def _by_book(self) -> Iterator[Place]:
        blocks = self._db.execute("SELECT id FROM search_block ORDER BY library, book, part").fetchall()
        for (block,) in blocks:
            for row in self._rows(self._table, "rowid", "AND rowid BETWEEN ? AND ?", block << 10, block << 10 | 1023):
                yield self._place(row[0])

    def _place(self, number: int) -> Place:
        library, book, part = self._block(number >> 10)
        return library, book, part << 10 | number & 1023

    def _block(self, number: int) -> Place:
        if number not in self._blocks:
            self._blocks[number] = self._db.execute(
                "SELECT library, book, part FROM search_block WHERE id = ?", (number,)
            ).fetchone()
        return self._blocks[number]

    # -- what is not indexed yet ---------------------------------------------------------------------------

    def _read_waiting(self) -> Iterator[tuple[Place, str]]:
        """Places and titles of the hits among the entries that wait, in the order of their books."""
        where, values = places_in(self._filters.scopes, "e.")
        cursor = self._db.cursor().execute(
            CURRENT.format(source="search_waiting AS w JOIN entry AS e ON e.id = w.entry")
            + f" WHERE {where} ORDER BY e.library, e.book, e.rec",
            values,
        )
        for row in cursor:
            one = Searched(*row)
            if is_match(self._query, BOUNDARY.join(one.parts())):
                yield (one.library, one.book, one.rec), one.title

    # -- counts --------------------------------------------------------------------------------------------

    def _facets(self, blocks: Counter[int], waiting: list[Place]) -> tuple[list[Facet], list[Facet]]:
        books: Counter[tuple[str, int]] = Counter((library, book) for library, book, _ in waiting)
        for number, count in blocks.items():
            library, book, _ = self._block(number)
            books[library, book] += count
        libraries: Counter[str] = Counter()
        for (library, _), count in books.items():
            libraries[library] += count
        titles = dict(self._db.execute("SELECT code, title FROM library"))
        names = {
            (library, book): title
            for library, book, title in self._db.execute("SELECT library, number, title FROM book")
        }
        return (
            [Facet(code, titles.get(code), count) for code, count in _most_first(libraries)],
            [Facet(f"{key[0]}/{key[1]}", names.get(key), count) for key, count in _most_first(books)],
        )


def _most_first(counts: Counter[Any]) -> list[tuple[Any, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


#: Documents in the index that an entry waiting to be indexed will replace.
_STALE = """
SELECT (b.id << 10) | (e.rec & 1023) FROM search_waiting AS w JOIN entry AS e ON e.id = w.entry
JOIN search_block AS b ON b.library = e.library AND b.book = e.book AND b.part = e.rec >> 10
"""


def _inside(filters: Filters) -> tuple[str, list[Any]]:
    """SQL over `rowid` for the documents that the filters let through."""
    conditions, values = [], list[Any]()
    for scope in filters.scopes:
        inner = "SELECT id FROM search_block WHERE library = ?"
        values.append(scope.library)
        if scope.book is not None:
            inner += " AND book = ?"
            values.append(scope.book)
        condition = f"rowid >> 10 IN ({inner})"
        if scope.rec is not None:
            condition = f"rowid >> 10 IN ({inner} AND part = ?) AND rowid & 1023 = ?"
            values += [scope.rec >> 10, scope.rec & 1023]
        conditions.append(f"({condition})")
    return (f"({' OR '.join(conditions)})" if conditions else "1"), values


def _hit(db: sqlite3.Connection, place: Place, found: Any) -> Hit | None:
    row = db.execute(
        "SELECT coalesce(h.title, v.title, ''), coalesce(h.path, v.path, '[]'), v.text, v.items, v.tables, "
        "v.last_seen, l.title, b.title FROM entry AS e JOIN version AS v ON v.id = e.newest "
        "LEFT JOIN library AS l ON l.code = e.library "
        "LEFT JOIN book AS b ON b.library = e.library AND b.number = e.book "
        "LEFT JOIN heading AS h ON h.contents = b.contents AND h.rec = e.rec "
        "WHERE (e.library, e.book, e.rec) = (?, ?, ?)",
        place,
    ).fetchone()
    if row is None:
        return None
    title, path, text, items, tables, last_seen, library_title, book_title = row
    piece = snippet.cut(text, found)
    if piece is None:
        cells = "  ".join(cell for _, rows in json.loads(tables) for line in rows for cell in line)
        inner = "  ".join(text for item in json.loads(items) for text in item)
        piece = snippet.cut(cells, found) or snippet.cut(inner, found) or snippet.opening(text)
    library, book, rec = place
    return Hit(
        id=f"{library}/{book}/{rec}",
        title=title,
        title_marks=snippet.mark(title, found),
        snippet=piece,
        library=library,
        library_title=library_title,
        book=book,
        book_title=book_title,
        rec=rec,
        path=tuple(json.loads(path)),
        last_seen=last_seen,
    )
