"""A book: its table of contents as a tree, and how each of its entries stands."""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, overload

from mirror.store.entries import text_digest
from mirror.store.headings import outdated

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


class Tree(Sequence[Heading]):
    """The headings of a book, in page order, and the ways through them.

    Kept in columns, since hundreds of thousands of headings may be in memory; each is made when it is asked for.

    Args:
        rows: Number, title, code and path (JSON) of each. The heading above one is the nearest before it that ends
            the path it names.
    """

    def __init__(self, rows: Iterable[tuple[int, str, str | None, str]]) -> None:
        self._recs, self._depths, self._parents = array("q"), array("i"), array("i")
        self._paths: list[tuple[str, ...]] = []
        titles: list[str] = []
        self._codes: list[str | None] = []
        paths: dict[str, tuple[str, ...]] = {}  # headings side by side share theirs
        open_at: list[int] = []  # index of the open heading on each level
        for at, (rec, title, code, text) in enumerate(rows):
            path = paths.get(text)
            if path is None:
                path = paths[text] = tuple(json.loads(text))
            del open_at[len(path) :]
            self._recs.append(rec)
            self._depths.append(len(open_at))  # a level that names no heading of its own is not shown
            self._parents.append(open_at[-1] if open_at else _TOP)
            self._paths.append(path)
            self._codes.append(code)
            titles.append(title)
            open_at.append(at)
        self._titles = "".join(titles)
        self._ends = array("i", accumulate(map(len, titles)))

    def __len__(self) -> int:
        return len(self._recs)

    @overload
    def __getitem__(self, at: int) -> Heading: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Heading]: ...
    def __getitem__(self, at: int | slice) -> Heading | Sequence[Heading]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        parent = self._parents[at]
        return Heading(
            self._recs[at],
            self._titles[self._ends[at - 1] if at else 0 : self._ends[at]],
            self._codes[at],
            self._depths[at],
            self._paths[at],
            None if parent == _TOP else parent,
        )

    def find(self, rec: int) -> int | None:
        """Where an entry is listed; None if it is not."""
        try:
            return self._recs.index(rec)
        except ValueError:
            return None

    def under(self, parent: int | None) -> list[int]:
        """Indexes of the headings right under the one at an index; at the top for None."""
        above = _TOP if parent is None else parent
        return [at for at, one in enumerate(self._parents) if one == above]


#: Stands for the heading above those at the top.
_TOP = -1


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

    def heading(self, rec: int) -> Heading | None:
        """The heading of an entry; None if the contents do not list it."""
        at = self.tree.find(rec)
        return None if at is None else self.tree[at]

    def around(self, rec: int) -> tuple[Heading | None, Heading | None]:
        """The headings before and after, in page order."""
        at = self.tree.find(rec)
        if at is None:
            return None, None
        before = self.tree[at - 1] if at else None
        after = self.tree[at + 1] if at + 1 < len(self.tree) else None
        return before, after

    def above(self, rec: int) -> list[Heading]:
        """The headings an entry stands under, outermost first."""
        found: list[Heading] = []
        heading = self.heading(rec)
        while heading is not None and heading.parent is not None:
            heading = self.tree[heading.parent]
            found.append(heading)
        return found[::-1]

    def children(self, rec: int) -> Sequence[Heading]:
        """The headings right under one."""
        at = self.tree.find(rec)
        return () if at is None else [self.tree[one] for one in self.tree.under(at)]

    def beside(self, rec: int, most: int) -> tuple[Sequence[Heading], Sequence[Heading]]:
        """The headings on the same level under the same one, before one and after it: the nearest `most`."""
        at = self.tree.find(rec)
        if at is None:
            return (), ()
        level = self.tree.under(self.tree[at].parent)
        here = level.index(at)
        first = max(0, min(here - most // 2, len(level) - most))
        before, after = level[first:here], level[here + 1 : first + most]
        return [self.tree[one] for one in before], [self.tree[one] for one in after]


#: Trees of headings that are kept of one collection; one of 640 headings takes about 50 KB.
_MOST_TREES = 500


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
        found = self.trees.pop(contents, None) or Tree(self.execute(_HEADINGS, (contents,)))
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
        tree = db.tree(contents) if isinstance(db, Reading) else Tree(db.execute(_HEADINGS, (contents,)))
    else:
        rows = db.execute(
            "SELECT e.rec, coalesce(v.title, ''), v.code, coalesce(v.path, '[]') FROM entry AS e "
            "JOIN version AS v ON v.id = e.newest WHERE e.library = ? AND e.book = ? ORDER BY e.rec",
            (library, number),
        )
        tree = Tree(rows)
    return Contents(library, library_title, number, title, seen, bool(complete), tree)


def standing(db: sqlite3.Connection, library: str, number: int) -> dict[int, str]:
    """How each known entry of a book stands: held, empty, failed, gone or refused; the others are missing.

    A number that belongs to another heading since its text was captured is none that is held.
    """
    others = outdated(db, library, number)
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
        if rec not in others:
            found[rec] = "empty" if digest == EMPTY else "held"
    return found


def failures(db: sqlite3.Connection, library: str, number: int) -> list[dict[str, Any]]:
    """Entries that were asked for in vain: number, address, what was said."""
    others = json.dumps(sorted(outdated(db, library, number)))
    return [
        {"rec": rec, "url": url, "state": state, "reason": reason}
        for rec, url, state, reason in db.execute(
            "SELECT u.rec, coalesce(u.hop, u.url), u.state, u.reason FROM url AS u "
            "WHERE u.library = ?1 AND u.book = ?2 AND u.kind = 'entry' "
            "AND u.state IN ('failed', 'gone', 'refused') "
            "AND (u.rec IN (SELECT value FROM json_each(?3)) OR NOT EXISTS "
            "(SELECT 1 FROM entry AS e WHERE e.library = u.library AND e.book = u.book AND e.rec = u.rec)) "
            "ORDER BY u.rec LIMIT 2000",
            (library, number, others),
        )
    ]
