"""Memento (RFC 7089): which captures there are of an entry, and the one nearest to an instant.

The entry's page is the TimeGate's answer; its original resource is the entry's address at the source, and each
good capture is a memento under the entry's permanent link.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from mirror.browse.moments import digits, http_date

#: Mementos a TimeMap lists at most, the newest.
MOST_MEMENTOS = 10_000


def mementos(db: sqlite3.Connection, library: str, book: int, rec: int) -> list[tuple[str, str]]:
    """Good captures of an entry, oldest first: WARC-Date, and the address at the source."""
    rows = db.execute(
        "SELECT c.timestamp, c.target FROM url AS u JOIN capture AS c ON c.url_id = u.id "
        "LEFT JOIN capture AS o ON o.id = c.original WHERE u.library = ? AND u.book = ? AND u.rec = ? "
        "AND u.kind = 'entry' AND coalesce(c.version, o.version) IS NOT NULL ORDER BY c.timestamp DESC LIMIT ?",
        (library, book, rec, MOST_MEMENTOS),
    ).fetchall()
    return rows[::-1]


def nearest(found: Sequence[tuple[str, str]], at: str) -> str:
    """The memento of an instant: the last one by then, or the first of all (4.5.3). `found` must not be empty."""
    return next((timestamp for timestamp, _ in reversed(found) if timestamp <= at), found[0][0])


def link(address: str, relation: str, **more: str) -> str:
    """One link of a Link field or TimeMap (RFC 8288)."""
    extra = "".join(f'; {name}="{value}"' for name, value in more.items())
    return f'<{address}>; rel="{relation}"{extra}'


def timemap(found: Sequence[tuple[str, str]], original: str, self_: str, timegate: str, entry: str) -> Iterator[str]:
    """The lines of a TimeMap in application/link-format (5)."""
    yield link(original, "original")
    yield link(
        self_,
        "self",
        type="application/link-format",
        **{"from": http_date(found[0][0]), "until": http_date(found[-1][0])},
    )
    yield link(timegate, "timegate")
    last = len(found) - 1
    for at, (timestamp, _) in enumerate(found):
        relation = " ".join(filter(None, ("first" if at == 0 else "", "last" if at == last else "", "memento")))
        yield link(f"{entry}@{digits(timestamp)}", relation, datetime=http_date(timestamp))
