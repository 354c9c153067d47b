"""One entry over all crawls: followed through whatever number it had, back to when it was first seen."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import pairwise

from mirror.diff.changes import Change, Comparison
from mirror.diff.compare import compare
from mirror.diff.moments import moment_of_crawl
from mirror.diff.state import Moment, State, doubted_crawls
from mirror.errors import MirrorError
from mirror.frontier.scope import Scope


def history(
    db: sqlite3.Connection, name: str, place: Scope, since: Moment | None = None, until: Moment | None = None
) -> Comparison:
    """The changes of one entry, newest crawl to oldest walked, oldest change first.

    Args:
        db: Of the collection.
        name: Of the collection.
        place: The entry, by the number it has at the end of the time looked at (or had last).
        since: Changes up to here are left out.
        until: Changes after this are left out.

    Raises:
        MirrorError: The entry was never captured by then.
    """
    doubted = doubted_crawls(db)
    states = [State(db, moment, doubted, name) for moment in _moments(db, place, since, until)]
    book = place.library, place.book or 0
    if not states or not any(place.rec in _ever(state, book) for state in states):
        raise MirrorError(
            f"entry {place} was not captured in {name!r} in that time. "
            f"`mirror crawl {name} --scope {place}` asks for it"
        )
    current, found = str(place), list[Change]()
    unchanged = unseen = 0
    for old, new in reversed(list(pairwise(states))):
        compared = compare(old, new, [book])
        change = _of(compared, current)
        if change is None:
            before, after = (state.book(*book).answers for state in (old, new))
            rec = int(current.rpartition("/")[2])
            if rec in before and rec in after:
                unseen += before[rec].capture == after[rec].capture
                unchanged += before[rec].capture != after[rec].capture
            continue
        found.append(change)
        if change.old:
            current = change.old[0].id
    return Comparison(states[0], states[-1], found[::-1], unchanged, unseen, entry=str(place))


def _moments(db: sqlite3.Connection, place: Scope, since: Moment | None, until: Moment | None) -> Sequence[Moment]:
    """Ends of the crawls that asked anything of the book."""
    numbers = db.execute(
        "SELECT DISTINCT c.crawl FROM url AS u JOIN capture AS c ON c.url_id = u.id "
        "WHERE u.library = ? AND u.book = ? ORDER BY c.crawl",
        (place.library, place.book),
    ).fetchall()
    moments = [moment_of_crawl(db, number) for (number,) in numbers]
    if until is not None:
        moments = [one for one in moments if _by(one, until)]
    if since is not None:
        before = [one for one in moments if _by(one, since)]
        moments = moments[max(0, len(before) - 1) :]
    return moments


def _by(one: Moment, other: Moment) -> bool:
    if one.crawl is not None and other.crawl is not None:
        return one.crawl <= other.crawl
    return one.instant <= other.instant


def _ever(state: State, book: tuple[str, int]) -> set[int]:
    found = state.book(*book)
    return {*found.answers, *(rec for rec, _ in found.departed)}


def _of(compared: Comparison, entry: str) -> Change | None:
    """What became of the entry that has this number after; of the one that had it before, if it went."""
    for change in compared.changes:
        if any(held.id == entry for held in change.new):
            return change
    return next(
        (change for change in compared.changes if not change.new and any(held.id == entry for held in change.old)),
        None,
    )
