"""Entries by the years and places they name, without a word to look for."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from mirror.frontier.scope import Scope
from mirror.search import Filters, Found, Hit, Snippet
from mirror.search.facts import as_expression

#: Characters of a text that stand for it in a list.
_SNIPPET = 80

_COUNT = """
SELECT count(*) FROM search_fact AS f JOIN search_block AS b ON b.id = f.rowid >> 10
WHERE f.search_fact MATCH ? AND {scope}
"""
_HITS = """
SELECT b.library, b.book, (b.part << 10) | (f.rowid & 1023), d.title, l.title, k.title,
       coalesce(h.path, v.path, '[]'), substr(v.text, 1, ?), v.first_seen, v.last_seen
FROM search_fact AS f JOIN search_block AS b ON b.id = f.rowid >> 10
JOIN search_document AS d ON d.id = f.rowid JOIN version AS v ON v.id = d.version
LEFT JOIN library AS l ON l.code = b.library LEFT JOIN book AS k ON k.library = b.library AND k.number = b.book
LEFT JOIN heading AS h ON h.contents = k.contents AND h.rec = (b.part << 10) | (f.rowid & 1023)
WHERE f.search_fact MATCH ? AND {scope} ORDER BY f.rowid LIMIT ? OFFSET ?
"""


def entries_named(db: sqlite3.Connection, filters: Filters, limit: int, offset: int) -> Found:
    """Entries of years, of a place, or of both, book by book (`mirror.search.facts` says what counts).

    Args:
        db: The store, opened for reading.
        filters: Years or a place; one scope at most.
        limit: Hits on a page.
        offset: Hits before it.

    Raises:
        UsageError: There is no such place, or there are no such years.
    """
    match = " AND ".join(as_expression(wanted) for wanted in filters.facts())
    scope, values = _inside(filters.scopes)
    (total,) = db.execute(_COUNT.format(scope=scope), (match, *values)).fetchone()
    rows = db.execute(_HITS.format(scope=scope), (4 * _SNIPPET, match, *values, limit, offset))
    (waiting,) = db.execute("SELECT count(*) FROM search_waiting").fetchone()
    return Found(total, [_hit(row) for row in rows], unread=waiting)


def _inside(scopes: Sequence[Scope]) -> tuple[str, list[Any]]:
    if not scopes:
        return "1", []
    place = scopes[0]
    found = [("b.library", place.library), ("b.book", place.book)]
    known = [(column, value) for column, value in found if value is not None]
    return " AND ".join(f"{column} = ?" for column, _ in known), [value for _, value in known]


def _hit(row: tuple[Any, ...]) -> Hit:
    library, book, rec, title, library_title, book_title, path, text, *seen = row
    begins = " ".join(text.split())
    snippet = Snippet(begins[:_SNIPPET] + ("…" if len(begins) > _SNIPPET else ""), ())
    where = (library, library_title, book, book_title, rec, tuple(json.loads(path)))
    return Hit(f"{library}/{book}/{rec}", title, (), snippet, *where, True, *seen)
