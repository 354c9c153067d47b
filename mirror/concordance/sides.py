"""The two texts of each entry: of two databases in one collection, or of two collections."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mirror.frontier.scope import Scope, places_in
from mirror.store.headings import heading_then


@dataclass(frozen=True, slots=True)
class Said:
    """What one side says of one entry."""

    library: str
    book: int
    rec: int
    title: str | None
    text: str
    tables: list[list[list[str]]]


#: In which database a capture was made shows in its URL.
_OLD = "lower(c.target) LIKE '%/mse.exe?%'"

#: Of each entry, the newest text that a capture of that database shows; its title as that page has it.
_OF_DATABASE = """
SELECT e.library, e.book, e.rec, v.title, v.text, v.tables FROM (
    SELECT v.entry AS entry, c.version AS version, max(c.timestamp)
    FROM capture AS c JOIN version AS v ON v.id = c.version WHERE {database} GROUP BY v.entry
) AS newest JOIN version AS v ON v.id = newest.version JOIN entry AS e ON e.id = newest.entry
WHERE {where} ORDER BY e.library, e.book, e.rec
"""

_OF_COLLECTION = """
SELECT e.library, e.book, e.rec, coalesce(h.title, v.title), v.text, v.tables
FROM entry AS e JOIN version AS v ON v.id = e.newest
LEFT JOIN book AS b ON b.library = e.library AND b.number = e.book
{heading}
WHERE {where} ORDER BY e.library, e.book, e.rec
"""


def of_database(db: sqlite3.Connection, *, old: bool, scopes: Sequence[Scope] = ()) -> Iterator[Said]:
    """What the old CGI, or any other database than that, says in a collection that has captures of both."""
    where, values = places_in(scopes, "e.")
    sql = _OF_DATABASE.format(database=_OLD if old else f"NOT {_OLD}", where=where)
    yield from _said(db, sql, values)


def of_collection(db: sqlite3.Connection, scopes: Sequence[Scope] = ()) -> Iterator[Said]:
    """What a collection says, whatever it was captured from."""
    where, values = places_in(scopes, "e.")
    yield from _said(db, _OF_COLLECTION.format(where=where, heading=heading_then()), values)


def _said(db: sqlite3.Connection, sql: str, values: list[str | int]) -> Iterator[Said]:
    for library, book, rec, title, text, tables in db.cursor().execute(sql, values):
        rows = [rows for _, rows in json.loads(tables)]
        yield Said(library, book, rec, title, text, rows)
