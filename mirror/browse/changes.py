"""What changed between two crawls, kept for the readers who come next."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mirror.diff.changes import KINDS, Change
from mirror.diff.compare import compare
from mirror.diff.hunks import hunks
from mirror.diff.moments import last_crawls, two_states

#: Changes on one page, and hunks shown of each.
PAGE = 40
_HUNKS = 6
#: Characters shown of a hunk.
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Changed:
    """One change, as little as it takes to tell of it."""

    kind: str
    id: str
    old_id: str | None
    title: str | None
    old_title: str | None
    detail: str
    book: str  #: `K/A`
    old_version: int | None
    new_version: int | None


@dataclass(frozen=True, slots=True)
class Changes:
    """A comparison of two crawls."""

    old: int
    new: int
    old_time: str
    new_time: str
    summary: dict[str, int]
    changes: tuple[Changed, ...]

    def of_kind(self, kind: str | None) -> Sequence[Changed]:
        return self.changes if kind is None else [change for change in self.changes if change.kind == kind]


def read_changes(db: sqlite3.Connection, name: str, old: int, new: int) -> Changes:
    """Compare the states at the ends of two crawls. Raises UsageError if there is no such crawl."""
    found = compare(*two_states(db, name, str(old), str(new)))
    return Changes(
        old,
        new,
        found.old.moment.instant,
        found.new.moment.instant,
        found.summary(),
        tuple(_brief(change) for change in found.changes),
    )


def _brief(change: Change) -> Changed:
    old, new = (change.old or (None,))[0], (change.new or (None,))[0]
    now = new or old
    assert now is not None, "a change has a side"
    return Changed(
        change.kind,
        now.id,
        old.id if old else None,
        now.title,
        old.title if old else None,
        change.detail,
        f"{now.library}/{now.book}",
        old.version if old else None,
        new.version if new else None,
    )


def crawls(db: sqlite3.Connection, count: int = 50) -> list[dict[str, Any]]:
    """Crawls that have captures, newest first."""
    numbers = last_crawls(db, count)
    rows = db.execute(
        "SELECT number, began, ended, outcome FROM crawl WHERE number >= ? ORDER BY number DESC",
        (min(numbers, default=0),),
    )
    return [
        {"number": number, "began": began, "ended": ended, "outcome": outcome}
        for number, began, ended, outcome in rows
        if number in numbers
    ]


def told(db: sqlite3.Connection, change: Changed) -> dict[str, Any]:
    """A change with its first hunks, and its versions as readers count them, where both are of one entry."""
    found = asdict(change) | {"hunks": [], "more": 0, "old_number": None, "new_number": None}
    del found["old_version"], found["new_version"]
    if change.old_version is None or change.new_version is None:
        return found
    both = (change.old_version, change.new_version)
    texts = dict(db.execute("SELECT id, text FROM version WHERE id IN (?, ?)", both).fetchall())
    if change.kind in ("edited", "retitled", "returned"):
        changed = hunks(texts[change.old_version], texts[change.new_version])
        found["hunks"] = [{"old": hunk.old[:_LONGEST], "new": hunk.new[:_LONGEST]} for hunk in changed[:_HUNKS]]
        found["more"] = max(0, len(changed) - _HUNKS)
    if change.old_id == change.id:
        numbers = dict(
            db.execute(
                "SELECT v.id, row_number() OVER (ORDER BY v.first_seen, v.id) FROM version AS v "
                "WHERE v.entry = (SELECT entry FROM version WHERE id = ?)",
                (change.new_version,),
            ).fetchall()
        )
        found["old_number"], found["new_number"] = numbers[change.old_version], numbers[change.new_version]
    return found


__all__ = ["KINDS", "PAGE", "Changed", "Changes", "crawls", "read_changes", "told"]
