"""Finding: from a query to hits in order, with snippets and counts.

What the index does not have yet is read entry by entry and held against the same query, so that an answer is
whole while a crawl writes. One read transaction: index, waiting list and texts are of the same instant.

The newest texts have one index and earlier ones another, so that those who ask for the newest pay for no others.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

from mirror.frontier.scope import Scope, places_in
from mirror.search import snippet
from mirror.search.facts import as_expression, decade_of, facts, has_one, of_place, of_years, place_name
from mirror.search.fold import BOUNDARY, stream
from mirror.search.index import CURRENT, Searched, parts
from mirror.search.match import expression, is_match, single
from mirror.search.query import Node, Term, parse, terms
from mirror.search.snippet import Snippet
from mirror.search.weigh import weigh

#: More hits than these are not weighed against each other: they come in the order of their books.
MOST_WEIGHED = 2_000

#: No more than these are weighed by reading them: that takes longer than to have the index do it.
MOST_READ = 40

#: Of no more hits than these places and decades are counted.
MOST_COUNTED = 500

#: Nor are more titles than these; one that is the query and nothing else comes first all the same.
MOST_TITLES = 200

#: Added to the number of a block, makes it of eight digits.
_EIGHT_DIGITS = 10**7

#: Library, book, rec, and the version if it is not the newest, else 0.
Place = tuple[str, int, int, int]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a hit must belong to besides; each empty value lets everything through.

    Attributes:
        scopes: Libraries, books or entries: any of them.
        years: First and last year; an entry is of the years it names (`mirror.search.facts`).
        place: County or city, by name or GB/T 2260 code.
        at: A WARC-Date: of each entry the text it had then, as `mirror show --at` gives it, not the newest.
        all_versions: Every text an entry ever had, each a hit of its own.
    """

    scopes: Sequence[Scope] = ()
    years: tuple[int, int] | None = None
    place: str | None = None
    at: str | None = None
    all_versions: bool = False

    def facts(self) -> list[list[str]]:
        """Tokens; an entry must have one of each list. Raises UsageError for a place or years there are not."""
        found = [] if self.years is None else [of_years(*self.years)]
        return found if self.place is None else [*found, of_place(self.place)]


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
    newest: bool  #: False: the entry has another text now
    first_seen: str  #: of this text
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
            "witness": None,
            "newest": self.newest,
            "first_seen": self.first_seen,
            "last_seen": self.last_seen,
        }


@dataclass(frozen=True, slots=True)
class Facet:
    """How many of all hits belong to one library, book, place or decade."""

    value: str  #: `K`, `K/A`, the name of a place, or the first year of a decade
    title: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Found:
    """An answer: one page of hits, and how many there are in all."""

    total: int
    hits: list[Hit]
    libraries: list[Facet] = field(default_factory=list)  #: most hits first; only if facets were asked for
    books: list[Facet] = field(default_factory=list)
    places: list[Facet] = field(default_factory=list)  #: only if there are no more hits than MOST_COUNTED
    decades: list[Facet] = field(default_factory=list)  #: likewise, the earliest first
    unindexed: int = 0  #: entries that were read one by one
    unread: int = 0  #: entries that wait for the index and were left out, being too many to read


def search(
    db: sqlite3.Connection,
    text: str,
    filters: Filters | None = None,
    *,
    limit: int = 20,
    offset: int = 0,
    facets: bool = False,
    most_waiting: int | None = None,
) -> Found:
    """Entries that have what a query asks for (`mirror.search.query`) in their title, text, items or tables.

    Hits in titles come first, the closest first; then by BM25, or in the order of the books if there are more
    than MOST_WEIGHED, or than MOST_READ that have single characters.

    Args:
        db: The store.
        text: The query.
        filters: What a hit must belong to besides.
        limit: Hits on a page.
        offset: Hits before it.
        facets: Whether to count libraries, books, places and decades.
        most_waiting: If more entries than this wait to be indexed, they are left out and counted in `Found.unread`,
            for a reader who cannot wait; None reads them all.

    Raises:
        UsageError: The query asks for nothing, or a filter for a place or years there are not.
    """
    query = parse(text)
    with _one_instant(db):
        return _Search(db, query, filters or Filters(), most_waiting).answer(limit, offset, facets)


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


@dataclass(frozen=True, slots=True)
class Apart:
    """A hit that is not in the index of newest texts: one that waits for it, or an earlier text."""

    place: Place
    title: str
    facts: list[str]  #: of earlier texts only where they are asked for


class _Search:
    def __init__(
        self, db: sqlite3.Connection, query: Node, filters: Filters, most_waiting: int | None = None
    ) -> None:
        self._db = db
        self._query = query
        self._blocks: dict[int, tuple[str, int, int]] = {}
        self._filters = filters
        self._facts = filters.facts()
        self._where, self._values = _inside(filters.scopes, self._facts)
        self._table = "search_character" if single(query) else "search_text"
        self._match = expression(query, of_characters=single(query))
        self._unindexed = db.execute("SELECT count(*) FROM search_waiting").fetchone()[0]
        if self._unindexed:
            self._where += f" AND rowid NOT IN ({_STALE})"
        if filters.at is not None:
            self._where += f" AND rowid NOT IN ({_LATER})"
            self._values.append(filters.at)
        self._unread = 0
        if most_waiting is not None and self._unindexed > most_waiting:
            self._unread, self._unindexed = self._unindexed, 0

    def answer(self, limit: int, offset: int, facets: bool) -> Found:
        waiting = list(self._read_waiting()) if self._unindexed else []
        if self._filters.all_versions or self._filters.at is not None:
            waiting += self._read_earlier(facets)
        numbers = [row[0] for row in self._rows(self._table, "rowid", "LIMIT ?", MOST_WEIGHED + 1)]
        indexed, blocks = self._count(numbers, facets)
        places = self._in_order(numbers, indexed, waiting, limit, offset)
        found = snippet.pattern(list(terms(self._query)))
        hits = [hit for place in places if (hit := _hit(self._db, place, found)) is not None]
        counts = self._facets(numbers, blocks, waiting) if facets else {}
        return Found(indexed + len(waiting), hits, unindexed=self._unindexed, unread=self._unread, **counts)

    def _count(self, numbers: list[int], facets: bool) -> tuple[int, Counter[int]]:
        """All hits; and those of each block, if there are few, or facets asked for."""
        if len(numbers) <= MOST_WEIGHED:
            return len(numbers), Counter(number >> 10 for number in numbers)
        blocks = self._counted() or (self._count_blocks() if facets else Counter[int]())
        return blocks.total() or self._rows(self._table, "count(*)")[0][0], blocks

    def _counted(self) -> Counter[int]:
        """Hits by block as the index knows them: of one character, if nothing is filtered; else none."""
        if self._where != "1" or not isinstance(self._query, Term) or len(self._query.text) > 1:
            return Counter()
        rows = self._db.execute(
            "SELECT b.id, c.count FROM search_block AS b CROSS JOIN search_count AS c "
            "ON (c.block, c.character) = (b.id, ?)",
            (self._query.text,),
        )
        return Counter(dict(rows))

    def _count_blocks(self) -> Counter[int]:
        """Hits by block. Grouped by SQLite they would all be sorted; they come sorted, so their runs are measured."""
        # Eight digits are a word of an array; with the first digit as its highest byte, words sort as numbers do.
        ((digits,),) = self._rows(self._table, f"CAST(group_concat((rowid >> 10) + {_EIGHT_DIGITS}, '') AS BLOB)")
        words = array("Q", digits)
        if sys.byteorder == "little":
            words.byteswap()
        at, found = 0, Counter[int]()
        while at < len(words):
            end = bisect_right(words, words[at], at, min(at + 1024, len(words)))
            found[int(digits[8 * at : 8 * at + 8]) - _EIGHT_DIGITS] = end - at
            at = end
        return found

    def _rows(self, table: str, columns: str, rest: str = "", *values: int) -> list[Any]:
        match = self._match if table == self._table else expression(self._query)
        return self._db.execute(
            f"SELECT {columns} FROM {table} WHERE {table} MATCH ? AND {self._where} {rest}",
            (match, *self._values, *values),
        ).fetchall()

    # -- order ---------------------------------------------------------------------------------------------

    def _in_order(
        self, numbers: list[int], indexed: int, waiting: list[Apart], limit: int, offset: int
    ) -> list[Place]:
        """One page of places: titles, then what is not indexed yet, then texts."""
        wanted = offset + limit
        titled = self._titled(waiting)
        first = [place for place, _ in titled]
        known = set(first)
        first += [one.place for one in waiting if one.place not in known]
        if len(first) < min(wanted, indexed + len(waiting)):
            known.update(first)
            for place in self._weighed(numbers) if indexed <= MOST_WEIGHED else self._by_book():
                if place not in known:
                    first.append(place)
                    if len(first) >= wanted:
                        break
        return first[offset:wanted]

    def _titled(self, waiting: list[Apart]) -> list[tuple[Place, str]]:
        exact = self._query.text if isinstance(self._query, Term) else ""
        whole = expression(Term(BOUNDARY + exact + BOUNDARY))
        found = [
            (self._place(number), title)
            for match in ([whole] if exact else []) + [expression(self._query)]
            for number, title in self._db.execute(
                f"SELECT id, title FROM search_document WHERE id IN "
                f"(SELECT rowid FROM search_title WHERE search_title MATCH ? AND {self._where} LIMIT ?)",
                (match, *self._values, MOST_TITLES),
            )
        ]
        found += [(one.place, one.title) for one in waiting if is_match(self._query, stream(one.title))]
        # Only a title about as long can be the query and nothing else.
        longest = 3 * len(exact)
        keys = {
            place: (not (len(title) <= longest and stream(title) == exact), len(title), place)
            for place, title in found
        }
        return sorted(dict(found).items(), key=lambda one: keys[one[0]])

    def _weighed(self, numbers: list[int]) -> Iterator[Place]:
        if len(numbers) < 2:
            return iter([self._place(number) for number in numbers])
        if (isinstance(self._query, Term) or single(self._query)) and len(numbers) <= MOST_READ:
            rows = sorted(weigh(self._db, list(terms(self._query)), numbers))
        elif single(self._query):
            # Only the large index knows how often a character occurs, and would go through all pairs it begins.
            return iter(sorted(map(self._place, numbers)))
        else:
            rows = sorted(self._rows("search_text", "rank, rowid"))
        alike = (of_rank for _, of_rank in groupby(rows, key=itemgetter(0)))
        # The order of the numbers is not the same in every rebuilt index; that of the places is.
        return chain.from_iterable(sorted(self._place(number) for _, number in one) for one in alike)

    def _by_book(self) -> Iterator[Place]:
        inside, values = _blocks_of(self._filters.scopes)
        blocks = self._db.execute(f"SELECT id FROM search_block WHERE {inside} ORDER BY library, book, part", values)
        for (block,) in blocks:
            for row in self._rows(self._table, "rowid", "AND rowid BETWEEN ? AND ?", block << 10, block << 10 | 1023):
                yield self._place(row[0])

    def _place(self, number: int) -> Place:
        library, book, part = self._block(number >> 10)
        return library, book, part << 10 | number & 1023, 0

    def _block(self, number: int) -> tuple[str, int, int]:
        if number not in self._blocks:
            self._blocks[number] = self._db.execute(
                "SELECT library, book, part FROM search_block WHERE id = ?", (number,)
            ).fetchone()
        return self._blocks[number]

    # -- what is not indexed yet ---------------------------------------------------------------------------

    def _read_waiting(self) -> Iterator[Apart]:
        """The hits among the entries that wait, in the order of their books."""
        where, values = places_in(self._filters.scopes, "e.")
        if self._filters.at is not None:
            where, values = f"{where} AND v.first_seen <= ?", [*values, self._filters.at]
        cursor = self._db.cursor().execute(
            CURRENT.format(source="search_waiting AS w JOIN entry AS e ON e.id = w.entry")
            + f" WHERE {where} ORDER BY e.library, e.book, e.rec",
            values,
        )
        for row in cursor:
            one = Searched(*row)
            if is_match(self._query, BOUNDARY.join(one.parts())):
                found = one.facts()
                if all(has_one(found, wanted) for wanted in self._facts):
                    yield Apart((one.library, one.book, one.rec, 0), one.title, found)

    # -- earlier texts -------------------------------------------------------------------------------------

    def _read_earlier(self, facets: bool) -> Iterator[Apart]:
        """The hits among texts that are not the newest, by entry, the latest first."""
        where, values = places_in(self._filters.scopes, "e.")
        if self._filters.at is not None:
            where, values = f"{where} AND {_AS_OF}", [*values, self._filters.at, self._filters.at]
        rows = self._db.execute(
            "SELECT e.library, e.book, e.rec, v.id, coalesce(v.title, '') FROM version AS v "
            "JOIN entry AS e ON e.id = v.entry WHERE v.id IN (SELECT rowid FROM search_earlier WHERE search_earlier "
            "MATCH ? UNION SELECT version FROM search_earlier_waiting) AND e.newest IS NOT v.id "
            f"AND {where} ORDER BY e.library, e.book, e.rec, v.last_seen DESC, v.id DESC",
            (expression(self._query), *values),
        ).fetchall()
        unindexed = {row[0] for row in self._db.execute("SELECT version FROM search_earlier_waiting")}
        for *place, version, title in rows:
            if version in unindexed and not self._is_match(version):
                continue
            found = self._facts_of(version) if self._facts or facets else []
            if all(has_one(found, wanted) for wanted in self._facts):
                library, book, rec = place
                yield Apart((library, book, rec, version), title, found)

    def _is_match(self, version: int) -> bool:
        said = self._db.execute(
            "SELECT coalesce(title, ''), text, items, tables FROM version WHERE id = ?", (version,)
        ).fetchone()
        return is_match(self._query, BOUNDARY.join(parts(*said)))

    def _facts_of(self, version: int) -> list[str]:
        title, path, text, book, library = self._db.execute(
            "SELECT coalesce(v.title, ''), coalesce(v.path, '[]'), v.text, b.title, l.title "
            "FROM version AS v JOIN entry AS e ON e.id = v.entry LEFT JOIN library AS l ON l.code = e.library "
            "LEFT JOIN book AS b ON (b.library, b.number) = (e.library, e.book) WHERE v.id = ?",
            (version,),
        ).fetchone()
        return facts(title, json.loads(path), text, book, library)

    # -- counts --------------------------------------------------------------------------------------------

    def _facets(self, numbers: list[int], blocks: Counter[int], waiting: list[Apart]) -> dict[str, list[Facet]]:
        books: Counter[tuple[str, int]] = Counter(
            (library, book) for library, book, *_ in (one.place for one in waiting)
        )
        if len(blocks) > len(self._blocks):
            rows = self._db.execute("SELECT id, library, book, part FROM search_block")
            self._blocks = {number: (library, book, part) for number, library, book, part in rows}
        for number, count in blocks.items():
            library, book, _ = self._block(number)
            books[library, book] += count
        libraries: Counter[str] = Counter()
        for (library, _), count in books.items():
            libraries[library] += count
        titles = dict(self._db.execute("SELECT code, title FROM library"))
        rows = self._db.execute("SELECT library, number, title FROM book")
        names = {(library, book): title for library, book, title in rows}
        places, decades = (
            self._count_facts(numbers, waiting) if books.total() <= MOST_COUNTED else (Counter(), Counter())
        )
        return {
            "libraries": [Facet(code, titles.get(code), count) for code, count in _most_first(libraries)],
            "books": [Facet(f"{key[0]}/{key[1]}", names.get(key), count) for key, count in _most_first(books)],
            "places": [Facet(name, name, count) for name, count in _most_first(places)],
            "decades": [Facet(year, f"{year}年代", decades[year]) for year in sorted(decades, key=int)],
        }

    def _count_facts(self, numbers: list[int], waiting: list[Apart]) -> tuple[Counter[str], Counter[str]]:
        places: Counter[str | None] = Counter()
        decades: Counter[str | None] = Counter()
        rows = self._db.execute(
            "SELECT facts FROM search_document WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(numbers),)
        )
        for tokens in (*(row[0].split() for row in rows), *(one.facts for one in waiting)):
            # An entry of ten years of a decade is one of the decade.
            places.update(set(map(place_name, tokens)))
            decades.update(set(map(decade_of, tokens)))
        return _named(places), _named(decades)


def _named(counts: Counter[str | None]) -> Counter[str]:
    return Counter({one: count for one, count in counts.items() if one is not None})


def _most_first(counts: Counter[Any]) -> list[tuple[Any, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


#: Documents in the index that an entry waiting to be indexed will replace.
_STALE = """
SELECT (b.id << 10) | (e.rec & 1023) FROM search_waiting AS w JOIN entry AS e ON e.id = w.entry
JOIN search_block AS b ON b.library = e.library AND b.book = e.book AND b.part = e.rec >> 10
"""


#: Documents whose text was first seen after an instant.
_LATER = """
SELECT (b.id << 10) | (e.rec & 1023) FROM version AS v JOIN entry AS e ON e.id = v.entry AND e.newest = v.id
JOIN search_block AS b ON b.library = e.library AND b.book = e.book AND b.part = e.rec >> 10 WHERE v.first_seen > ?
"""

#: An earlier text that its entry had at an instant, as `store.exported.entry_at` chooses it.
_AS_OF = """
(SELECT first_seen FROM version WHERE id = e.newest) > ? AND v.id =
(SELECT id FROM version WHERE entry = e.id AND first_seen <= ? ORDER BY last_seen DESC LIMIT 1)
"""


def _inside(scopes: Sequence[Scope], wanted: list[list[str]]) -> tuple[str, list[Any]]:
    """SQL over `rowid` for the documents that the filters let through."""
    conditions, values = [], list[Any]()
    for scope in scopes:
        blocks, place = _blocks_of([scope])
        condition = f"rowid >> 10 IN (SELECT id FROM search_block WHERE {blocks})"
        if scope.rec is not None:
            condition = (
                f"rowid >> 10 IN (SELECT id FROM search_block WHERE {blocks} AND part = ?) AND rowid & 1023 = ?"
            )
            place += [scope.rec >> 10, scope.rec & 1023]
        conditions.append(f"({condition})")
        values += place
    where = "1"
    if scopes:
        # FTS5 skips what is outside of the span; blocks are numbered as they come, so it may hold others too.
        blocks, place = _blocks_of(scopes)
        span = f"(SELECT {{}}(id) FROM search_block WHERE {blocks}) << 10"
        where = f"rowid BETWEEN {span.format('min')} AND {span.format('max')} | 1023 AND ({' OR '.join(conditions)})"
        values = [*place, *place, *values]
    if wanted:
        # The plus keeps SQLite from asking the query anew for each of these documents.
        where += " AND +rowid IN (SELECT rowid FROM search_fact WHERE search_fact MATCH ?)"
        values.append(" AND ".join(map(as_expression, wanted)))
    return where, values


def _blocks_of(scopes: Sequence[Scope]) -> tuple[str, list[Any]]:
    """SQL over `search_block` for those of libraries and books; all, if no scopes are given."""
    conditions, values = [], list[Any]()
    for scope in scopes:
        conditions.append("(library = ?)" if scope.book is None else "(library = ? AND book = ?)")
        values += [scope.library] if scope.book is None else [scope.library, scope.book]
    return f"({' OR '.join(conditions) or '1'})", values


def _hit(db: sqlite3.Connection, place: Place, found: Any) -> Hit | None:
    library, book, rec, version = place
    # The title of an earlier text is what that said: it is found by it.
    titles = "v.title, h.title" if version else "h.title, v.title"
    row = db.execute(
        f"SELECT coalesce({titles}, ''), coalesce(h.path, v.path, '[]'), v.text, v.items, v.tables, "
        "v.first_seen, v.last_seen, l.title, b.title "
        "FROM entry AS e JOIN version AS v ON v.id = coalesce(?, e.newest) "
        "LEFT JOIN library AS l ON l.code = e.library "
        "LEFT JOIN book AS b ON b.library = e.library AND b.number = e.book "
        "LEFT JOIN heading AS h ON h.contents = b.contents AND h.rec = e.rec "
        "WHERE (e.library, e.book, e.rec) = (?, ?, ?)",
        (version or None, library, book, rec),
    ).fetchone()
    if row is None:
        return None
    title, path, text, items, tables, first_seen, last_seen, library_title, book_title = row
    piece = snippet.cut(text, found)
    if piece is None:
        cells = "  ".join(cell for _, rows in json.loads(tables) for line in rows for cell in line)
        inner = "  ".join(text for item in json.loads(items) for text in item)
        piece = snippet.cut(cells, found) or snippet.cut(inner, found) or snippet.opening(text)
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
        newest=not version,
        first_seen=first_seen,
        last_seen=last_seen,
    )
