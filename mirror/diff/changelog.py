"""What one crawl changed, beside the crawl before: for its report."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from typing import Any

from mirror.diff.as_json import change_as_dict, head
from mirror.diff.changes import Change, Comparison
from mirror.diff.compare import compare
from mirror.diff.moments import moment_of_crawl
from mirror.diff.state import State, doubted_crawls
from mirror.diff.words import WITH_HUNKS, in_place, readable


def changelog(db: sqlite3.Connection, name: str, crawl: int, most: int = 100) -> dict[str, Any] | None:
    """The changes of a crawl against the one before; None if it was the first.

    Args:
        db: Of the collection.
        name: Of the collection.
        crawl: Its number.
        most: Changes of each kind that are told; all are counted.

    Returns:
        As `mirror diff --format json` gives it, each change with `lines` for a reader (mark and text of each piece),
        and with `books`: counts by kind of every book in which anything changed, `[{"library", "number", "title",
        "counts"}]`; and `left_out`: how many changes are not told.
    """
    before = db.execute(
        "SELECT max(number) FROM crawl AS k WHERE number < ? AND outcome IS NOT 'import' AND EXISTS "
        "(SELECT 1 FROM capture WHERE crawl = k.number)",
        (crawl,),
    ).fetchone()[0]
    if before is None:
        return None
    doubted = doubted_crawls(db)
    old, new = (State(db, moment_of_crawl(db, number), doubted, name) for number in (before, crawl))
    found = compare(old, new)
    told: Counter[str] = Counter()
    counts: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    changes = []
    for change in found.changes:
        counts[change.place[:2]][change.kind] += 1
        told[change.kind] += 1
        if told[change.kind] <= most:
            changes.append(change_as_dict(found, change) | {"lines": _lines(found, change)})
    titles = {
        (library, number): title for library, number, title in db.execute("SELECT library, number, title FROM book")
    }
    return head(found) | {
        "books": [
            {"library": place[0], "number": place[1], "title": titles.get(place), "counts": dict(counted)}
            for place, counted in sorted(counts.items())
        ],
        "changes": changes,
        "left_out": len(found.changes) - len(changes),
    }


def _lines(comparison: Comparison, change: Change) -> list[list[tuple[str, str]]]:
    """Hunks in the words around them, as a terminal shows them."""
    found = readable(comparison.hunks(change)) if change.kind in WITH_HUNKS else []
    lines = in_place(comparison.texts(change)[0], found) if found else ()
    return [[(piece.mark, piece.text) for piece in line] for line in lines]
