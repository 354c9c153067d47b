"""The pages of a package: entry points, and every entry with its title and text (WACZ 1.1.1; CONFORMANCE Z6)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mirror.export.catalogue import COMMON, Shard
from mirror.frontier.scope import Scope, places_in
from mirror.store.headings import heading_then

#: Pages a reader may begin at.
_ENTRANCES = {"home": "首页 home", "library": "", "list": ""}

# CROSS JOIN keeps SQLite to this order of the tables: else it sorts all captures, or all texts, in memory.
_NEWEST = """
SELECT u.kind, u.library, l.title, u.book, b.title, c.target, max(c.timestamp) FROM url AS u
CROSS JOIN capture AS c ON c.url_id = u.id JOIN warc AS w ON w.id = c.warc_id
LEFT JOIN library AS l ON l.code = u.library
LEFT JOIN book AS b ON b.library = u.library AND b.number = u.book
WHERE u.kind IN ('home', 'library', 'list') AND c.verdict = 'ok' AND c.type IN ('response', 'revisit')
AND w.name IN (SELECT value FROM json_each(?)) AND {where}
GROUP BY u.id ORDER BY u.kind <> 'home', u.kind <> 'library', u.library, u.book, u.id
"""

_VERSIONS = """
SELECT e.library, e.book, e.rec, coalesce(h.title, v.title, ''), v.text, c.target, c.timestamp
FROM entry AS e CROSS JOIN version AS v ON v.entry = e.id
JOIN capture AS c ON c.id = v.capture JOIN warc AS w ON w.id = c.warc_id
LEFT JOIN book AS b ON b.library = e.library AND b.number = e.book
{heading}
WHERE w.name IN (SELECT value FROM json_each(?)) AND {where}
ORDER BY e.library, e.book, e.rec, v.last_seen
"""


@dataclass(frozen=True, slots=True)
class Pages:
    """Pages of what was exported, from the store.

    Args:
        db: The store.
        warcs: Names of the files that are exported; captures in others are left out.
        scopes: What was asked for.
    """

    db: sqlite3.Connection
    warcs: Sequence[str]
    scopes: Sequence[Scope]

    def entrances(self, shard: Shard) -> Iterator[dict[str, Any]]:
        """Newest captures of the home page, of libraries and of tables of contents."""
        for part in shard.parts or (shard,):
            yield from self._entrances(part)

    def _entrances(self, shard: Shard) -> Iterator[dict[str, Any]]:
        where, values = self._where(shard, "u.")
        for kind, library, library_title, book, book_title, url, date in self.db.execute(
            _NEWEST.format(where=where), (json.dumps(self.warcs), *values)
        ):
            titles = [library_title or library, book_title or (f"{book}" if book else None)]
            title = " · ".join(one for one in titles if one) or _ENTRANCES[kind] or url
            yield {**_page(url, date, title), "seed": True}

    def entries(self, shard: Shard, longest_text: int | None = None) -> Iterator[dict[str, Any]]:
        """Every entry with every text it has had, in order of library, book, number and time.

        Args:
            longest_text: Characters of a text at most; None for all of it.
        """
        for part in shard.parts or (shard,):
            yield from self._entries(part, longest_text)

    def _entries(self, shard: Shard, longest_text: int | None) -> Iterator[dict[str, Any]]:
        where, values = self._where(shard, "e.")
        cursor = self.db.cursor()
        for _, _, _, title, text, url, date in cursor.execute(
            _VERSIONS.format(where=where, heading=heading_then()), (json.dumps(self.warcs), *values)
        ):
            if longest_text is not None and len(text) > longest_text:
                text = text[:longest_text] + "…"
            yield {**_page(url, date, title), "text": text}

    def text_bytes(self) -> tuple[int, int]:
        """Number of texts, and about how many octets they have as UTF-8."""
        where, values = places_in(self.scopes, "e.")
        count, size = self.db.execute(
            f"SELECT count(*), coalesce(sum(length(v.text)), 0) FROM entry AS e JOIN version AS v ON v.entry = e.id "
            f"WHERE {where}",
            values,
        ).fetchone()
        return count, 3 * size

    def _where(self, shard: Shard, table: str) -> tuple[str, list[str | int]]:
        """SQL for what is in a shard and in the scopes."""
        where, values = places_in(self.scopes, table)
        if shard.label == COMMON:
            # As `wacz` divides: a library without a book has no shard of its own.
            return f"{where} AND ifnull({table}library, '') NOT IN (SELECT library FROM book)", values
        if shard.library is not None:
            where += f" AND {table}library = ?"
            values = [*values, shard.library]
        if shard.book is not None:
            where += f" AND {table}book = ?"
            values = [*values, shard.book]
        elif shard.apart:
            where += f" AND {table}book IS NULL"
        return where, values


def _page(url: str, date: str, title: str) -> dict[str, Any]:
    # The index knows no more than the second, and a page must be found in it.
    moment = date[:19] + "Z"
    return {"id": f"{moment}/{url}", "url": url, "ts": moment, "title": title}


def lines(name: str, title: str, pages: Iterator[dict[str, Any]], *, has_text: bool) -> Iterator[bytes]:
    """A page list: first what it is, then a page a line."""
    head: dict[str, Any] = {"format": "json-pages-1.0", "id": name, "title": title}
    if has_text:
        head["hasText"] = True
    yield _line(head)
    for page in pages:
        yield _line(page)


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": ")).encode("utf-8", "replace") + b"\n"
