"""Keeping the index: what has changed is noted by triggers in the transaction that stores it, and indexed later.

Until then a search reads it as it stands (`mirror.search.find`), so an answer is always whole. A crawl indexes
in its pauses and at its end; `mirror rebuild` at its end.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mirror.search.facts import facts
from mirror.search.fold import stream
from mirror.search.match import characters, document
from mirror.store.database import Database

#: Documents in one transaction: at the end of a crawl, and in its pauses.
BATCH = 500
BATCH_IN_PAUSE = 64
#: A query asks every piece of an index: more than these are merged to one, or if so large a part of it is new.
MOST_PIECES = 16
MUCH = 0.2
#: Pages of 4 KiB that are merged in one transaction.
_MERGE = 2000
#: So many new entries are left to be read one by one before a crawl stops to index some of them.
ENOUGH = 256
#: Of its time, a crawl spends at most this part on the index before its end.
SHARE = 0.1

_PART_BITS = 10

#: How many documents more, or fewer, of each block have a character.
_Counts = defaultdict[int, Counter[str]]

CURRENT = """
SELECT e.id, e.library, e.book, e.rec, v.id, coalesce(h.title, v.title, ''), v.text, v.items, v.tables,
       coalesce(h.path, v.path, '[]'), b.title, l.title
FROM {source} JOIN version AS v ON v.id = e.newest
LEFT JOIN library AS l ON l.code = e.library
LEFT JOIN book AS b ON b.library = e.library AND b.number = e.book
LEFT JOIN heading AS h ON h.contents = b.contents AND h.rec = e.rec
"""


@dataclass(frozen=True, slots=True)
class Searched:
    """One entry as a search sees it."""

    entry: int
    library: str
    book: int
    rec: int
    version: int
    title: str
    text: str
    items: str  #: as in the column of `version`
    tables: str
    path: str
    book_title: str | None
    library_title: str | None

    def facts(self) -> list[str]:
        """Tokens of its years and places."""
        return facts(self.title, json.loads(self.path), self.text, self.book_title, self.library_title)

    def parts(self) -> list[str]:
        """Streams of the title, of the text, and of what of items and table cells is not in that as it stands."""
        return parts(self.title, self.text, self.items, self.tables)


def parts(title: str, text: str, items: str, tables: str) -> list[str]:
    """Streams of what can be found in an entry: title, text, and cells and items that the text has not whole."""
    whole = stream(text)
    found = [stream(title), whole]
    for one in _pieces(items, tables):
        piece = stream(one)
        if piece and piece not in whole:
            found.append(piece)
    return found


def _pieces(items: str, tables: str) -> Iterator[str]:
    if items != "[]":
        for heading, text in json.loads(items):
            yield heading
            yield text
    if tables != "[]":
        for caption, rows in json.loads(tables):
            yield caption or ""
            for row in rows:
                yield from row


def waiting(db: sqlite3.Connection) -> int:
    """How many entries, and earlier versions of entries, are not in the index yet."""
    count: int = db.execute(
        "SELECT (SELECT count(*) FROM search_waiting) + (SELECT count(*) FROM search_earlier_waiting)"
    ).fetchone()[0]
    return count


def catch_up(
    database: Database, seconds: float | None = None, progress: Callable[[int], None] = lambda left: None
) -> int:
    """Index what waits, for so many seconds or to the end. Returns how many entries that made.

    Args:
        database: Whose lock the caller holds.
        seconds: None for no limit.
        progress: Told how many are left, now and then.
    """
    until = None if seconds is None else time.monotonic() + seconds
    batch = BATCH if seconds is None else BATCH_IN_PAUSE
    done = 0
    while until is None or time.monotonic() < until:
        with database.transaction() as db:
            count = _index(db, batch) or _index_earlier(db, batch)
        if not count:
            break
        done += count
        progress(waiting(database.connection))
    if done and seconds is None:
        _merge(database, done)
    return done


def _merge(database: Database, done: int) -> None:
    """Make few pieces of many; broken off, it is gone on with after the next crawl, and every state is whole."""
    db = database.connection
    (documents,) = db.execute("SELECT count(*) FROM search_document").fetchone()
    for table in ("search_text", "search_title", "search_character", "search_fact", "search_earlier"):
        (pieces,) = db.execute(f"SELECT count(DISTINCT segid) FROM {table}_idx").fetchone()
        # To FTS5, a negative number begins a merge of all; others go on with it, or merge four of a size.
        pages = -_MERGE if pieces > MOST_PIECES or (pieces > 1 and done > documents * MUCH) else _MERGE
        changes = 2
        while changes > 1:
            before = db.total_changes
            with database.transaction():
                db.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('merge', ?)", (pages,))
            changes = db.total_changes - before
            pages = _MERGE


class Pauses:
    """Indexes now and then during a crawl, for a tenth of its time at most."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._last = time.monotonic()

    def use(self) -> None:
        """Index for a while, if it is worth it."""
        now = time.monotonic()
        if waiting(self._database.connection) >= ENOUGH:
            catch_up(self._database, (now - self._last) * SHARE)
            self._last = now


def _index(db: sqlite3.Connection, most: int) -> int:
    source = "(SELECT entry FROM search_waiting ORDER BY entry LIMIT ?) AS w JOIN entry AS e ON e.id = w.entry"
    found = [Searched(*row) for row in db.execute(CURRENT.format(source=source), (most,))]
    numbered = sorted(((document_number(db, one), one) for one in found), key=lambda pair: pair[0])
    counts = _Counts(Counter)
    for number, one in numbered:
        _replace(db, number, one, counts)
    _save_counts(db, counts)
    db.executemany("DELETE FROM search_waiting WHERE entry = ?", [(one.entry,) for one in found])
    return len(found)


def _index_earlier(db: sqlite3.Connection, most: int) -> int:
    rows = db.execute(
        "SELECT v.id, e.newest IS v.id, coalesce(v.title, ''), v.text, v.items, v.tables "
        "FROM (SELECT version FROM search_earlier_waiting ORDER BY version LIMIT ?) AS w "
        "JOIN version AS v ON v.id = w.version JOIN entry AS e ON e.id = v.entry ORDER BY v.id",
        (most,),
    ).fetchall()
    for version, newest, *said in rows:
        if not newest:  # one that is will be noted again when it no longer is
            db.execute("INSERT INTO search_earlier_document VALUES (?)", (version,))
            db.execute("INSERT INTO search_earlier (rowid, pairs) VALUES (?, ?)", (version, document(parts(*said))))
    db.executemany("DELETE FROM search_earlier_waiting WHERE version = ?", [(row[0],) for row in rows])
    return len(rows)


def _replace(db: sqlite3.Connection, number: int, one: Searched, counts: _Counts) -> None:
    new, found = one.parts(), " ".join(one.facts())
    row = db.execute("SELECT version, title, facts FROM search_document WHERE id = ?", (number,)).fetchone()
    if row is not None:
        version, title, known = row
        text = db.execute("SELECT text, items, tables FROM version WHERE id = ?", (version,)).fetchone()
        old = parts(title, *text)
        if (old, known) != (new, found):
            _take_out(db, number, old, known, counts)
            row = None
    if row is None:
        for table, column, tokens in _tokens(new, found):
            db.execute(f"INSERT INTO {table} (rowid, {column}) VALUES (?, ?)", (number, tokens))
        counts[number >> _PART_BITS].update(characters(new))
    db.execute("INSERT OR REPLACE INTO search_document VALUES (?, ?, ?, ?)", (number, one.version, one.title, found))


def _take_out(db: sqlite3.Connection, number: int, streams: list[str], found: str, counts: _Counts) -> None:
    for table, column, tokens in _tokens(streams, found):
        db.execute(f"INSERT INTO {table} ({table}, rowid, {column}) VALUES ('delete', ?, ?)", (number, tokens))
    counts[number >> _PART_BITS].subtract(characters(streams))


def _save_counts(db: sqlite3.Connection, counts: _Counts) -> None:
    for block, of_block in counts.items():
        db.executemany(
            "INSERT INTO search_count VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
            ((block, *one) for one in sorted(of_block.items()) if one[1]),
        )
        if min(of_block.values(), default=0) < 0:
            db.execute("DELETE FROM search_count WHERE block = ? AND count = 0", (block,))


def forget(db: sqlite3.Connection, version: int) -> None:
    """Take a text out of the index before it is changed, and note that it waits to be indexed again.

    Only the text that was indexed can be taken out: called after the change, this would damage the index.
    """
    _forget_earlier(db, version)
    row = db.execute(
        "SELECT e.id, b.id, e.rec FROM version AS v JOIN entry AS e ON e.id = v.entry LEFT JOIN search_block AS b "
        f"ON (b.library, b.book, b.part) = (e.library, e.book, e.rec >> {_PART_BITS}) WHERE v.id = ?",
        (version,),
    ).fetchone()
    if row is None or row[1] is None:
        return
    entry, block, rec = row
    number = block << _PART_BITS | rec & (1 << _PART_BITS) - 1
    indexed = db.execute(
        "SELECT d.facts, d.title, v.text, v.items, v.tables "
        "FROM search_document AS d JOIN version AS v ON v.id = d.version "
        "WHERE (d.id, d.version) = (?, ?)",
        (number, version),
    ).fetchone()
    if indexed is None:
        return
    counts = _Counts(Counter)
    _take_out(db, number, parts(*indexed[1:]), indexed[0], counts)
    _save_counts(db, counts)
    db.execute("DELETE FROM search_document WHERE id = ?", (number,))
    db.execute("INSERT OR IGNORE INTO search_waiting VALUES (?)", (entry,))


def _forget_earlier(db: sqlite3.Connection, version: int) -> None:
    if db.execute("DELETE FROM search_earlier_document WHERE version = ?", (version,)).rowcount:
        (*said,) = db.execute(
            "SELECT coalesce(title, ''), text, items, tables FROM version WHERE id = ?", (version,)
        ).fetchone()
        db.execute(
            "INSERT INTO search_earlier (search_earlier, rowid, pairs) VALUES ('delete', ?, ?)",
            (version, document(parts(*said))),
        )
        db.execute("INSERT INTO search_earlier_waiting VALUES (?)", (version,))


def _tokens(streams: list[str], found: str) -> list[tuple[str, str, str]]:
    return [
        ("search_title", "pairs", document(streams[:1])),
        ("search_text", "pairs", document(streams)),
        ("search_character", "characters", " ".join(characters(streams))),
        ("search_fact", "facts", found),
    ]


def document_number(db: sqlite3.Connection, one: Searched) -> int:
    """The number of an entry's document, made if need be. Entries of a book come in the order of `rec`."""
    place = (one.library, one.book, one.rec >> _PART_BITS)
    found = db.execute("SELECT id FROM search_block WHERE (library, book, part) = (?, ?, ?)", place).fetchone()
    if found is None:
        found = db.execute(
            "INSERT INTO search_block (library, book, part) VALUES (?, ?, ?) RETURNING id", place
        ).fetchone()
    block: int = found[0]
    return block << _PART_BITS | one.rec & (1 << _PART_BITS) - 1
