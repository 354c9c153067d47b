"""A book: its table of contents as a tree, and how each of its entries stands."""

from __future__ import annotations

import json
import sqlite3
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mirror.store.entries import text_digest

#: Digest of no text at all: tells an empty entry without reading its columns.
EMPTY = text_digest("")


@dataclass(frozen=True, slots=True)
class Heading:
    """One line of a table of contents, in page order."""

    rec: int
    title: str
    code: str | None
    depth: int
    path: tuple[str, ...]
    parent: int | None  #: index of the heading above, None at the top


@dataclass(frozen=True, slots=True)
class Tree:
    """The headings of a book, and the ways through them."""

    headings: tuple[Heading, ...]
    place: dict[int, int]  #: index of each number
    under: dict[int | None, tuple[Heading, ...]]  #: headings right under the one at an index; None: at the top


@dataclass(frozen=True, slots=True)
class Contents:
    """The newest table of contents of a book; without one, the entries that are held, by number."""

    library: str
    library_title: str | None
    number: int
    title: str | None
    seen: str | None  #: when the source last showed it
    complete: bool
    tree: Tree

    @property
    def headings(self) -> tuple[Heading, ...]:
        return self.tree.headings

    @property
    def place(self) -> dict[int, int]:
        return self.tree.place

    def heading(self, rec: int) -> Heading | None:
        """The heading of an entry; None if the contents do not list it."""
        at = self.place.get(rec)
        return None if at is None else self.headings[at]

    def around(self, rec: int) -> tuple[Heading | None, Heading | None]:
        """The headings before and after, in page order."""
        at = self.place.get(rec)
        if at is None:
            return None, None
        before = self.headings[at - 1] if at else None
        after = self.headings[at + 1] if at + 1 < len(self.headings) else None
        return before, after

    def above(self, rec: int) -> list[Heading]:
        """The headings an entry stands under, outermost first."""
        found: list[Heading] = []
        at = self.place.get(rec)
        while at is not None:
            parent = self.headings[at].parent
            if parent is None:
                break
            found.append(self.headings[parent])
            at = parent
        return found[::-1]

    def children(self, rec: int) -> Sequence[Heading]:
        """The headings right under one."""
        at = self.place.get(rec)
        return () if at is None else self.tree.under.get(at, ())

    def beside(self, rec: int) -> Sequence[Heading]:
        """The headings on the same level under the same one, itself among them."""
        heading = self.heading(rec)
        return () if heading is None else self.tree.under[heading.parent]


#: Trees of headings that are kept of one collection; one of 640 headings takes about 200 KB.
_MOST_TREES = 100


class Reading(sqlite3.Connection):
    """A reader's connection, which keeps the trees it has read: a table of contents, once stored, stays as it is.

    Attributes:
        trees: Kept trees, the one longest unread first; all connections to one file may share them.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.trees: OrderedDict[int, Tree] = OrderedDict()

    def tree(self, contents: int) -> Tree:
        """The headings of a table of contents, by its number in the store."""
        found = self.trees.pop(contents, None) or _tree(self.execute(_HEADINGS, (contents,)).fetchall())
        self.trees[contents] = found
        if len(self.trees) > _MOST_TREES:
            self.trees.popitem(last=False)
        return found


_HEADINGS = "SELECT rec, title, code, path FROM heading WHERE contents = ? ORDER BY place"


def read_contents(db: sqlite3.Connection, library: str, number: int) -> Contents | None:
    """The contents of a book; None if the book is not known."""
    row = db.execute(
        "SELECT l.title, b.title, b.contents, c.complete, c.last_seen FROM book AS b "
        "LEFT JOIN library AS l ON l.code = b.library LEFT JOIN contents AS c ON c.id = b.contents "
        "WHERE b.library = ? AND b.number = ?",
        (library, number),
    ).fetchone()
    if row is None:
        return None
    library_title, title, contents, complete, seen = row
    if contents is not None:
        tree = db.tree(contents) if isinstance(db, Reading) else _tree(db.execute(_HEADINGS, (contents,)).fetchall())
    else:
        rows = db.execute(
            "SELECT e.rec, coalesce(v.title, ''), v.code, coalesce(v.path, '[]') FROM entry AS e "
            "JOIN version AS v ON v.id = e.newest WHERE e.library = ? AND e.book = ? ORDER BY e.rec",
            (library, number),
        )
        tree = _tree(rows.fetchall())
    return Contents(library, library_title, number, title, seen, bool(complete), tree)


def _tree(rows: list[tuple[int, str, str | None, str]]) -> Tree:
    """Headings with the one above each: the nearest before it that ends the path it names."""
    headings: list[Heading] = []
    paths: dict[str, tuple[str, ...]] = {}  # headings side by side share theirs
    open_at: list[int] = []  # index of the open heading on each level
    for at, (rec, title, code, text) in enumerate(rows):
        path = paths.get(text)
        if path is None:
            path = paths[text] = tuple(json.loads(text))
        del open_at[len(path) :]
        depth = len(open_at)  # a level that names no heading of its own is not shown
        headings.append(Heading(rec, title, code, depth, path, open_at[-1] if open_at else None))
        open_at.append(at)
    under: dict[int | None, list[Heading]] = {}
    for heading in headings:
        under.setdefault(heading.parent, []).append(heading)
    return Tree(
        tuple(headings),
        {heading.rec: at for at, heading in enumerate(headings)},
        {at: tuple(found) for at, found in under.items()},
    )


def standing(db: sqlite3.Connection, library: str, number: int) -> dict[int, str]:
    """How each known entry of a book stands: held, empty, failed, gone or refused; the others are missing."""
    found = {
        rec: "failed" if state == "failed" else state
        for rec, state in db.execute(
            "SELECT rec, state FROM url WHERE library = ? AND book = ? AND kind = 'entry' "
            "AND state IN ('failed', 'gone', 'refused') AND rec IS NOT NULL",
            (library, number),
        )
    }
    for rec, digest in db.execute(
        "SELECT e.rec, v.text_digest FROM entry AS e JOIN version AS v ON v.id = e.newest "
        "WHERE e.library = ? AND e.book = ?",
        (library, number),
    ):
        found[rec] = "empty" if digest == EMPTY else "held"
    return found


def failures(db: sqlite3.Connection, library: str, number: int) -> list[dict[str, Any]]:
    """Entries that were asked for in vain: number, address, what was said."""
    return [
        {"rec": rec, "url": url, "state": state, "reason": reason}
        for rec, url, state, reason in db.execute(
            "SELECT u.rec, coalesce(u.hop, u.url), u.state, u.reason FROM url AS u "
            "WHERE u.library = ? AND u.book = ? AND u.kind = 'entry' "
            "AND u.state IN ('failed', 'gone', 'refused') AND NOT EXISTS "
            "(SELECT 1 FROM entry AS e WHERE e.library = u.library AND e.book = u.book AND e.rec = u.rec) "
            "ORDER BY u.rec LIMIT 2000",
            (library, number),
        )
    ]
