"""The plan of a crawl: everything, what is due, or what is missing; and the choosing, over the ledger's tables."""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal, get_args

from mirror.frontier.due import DuePolicy, History
from mirror.frontier.scope import Scope, questions_in
from mirror.store.headings import OUTDATED

#: all: every question of the scope again; due: contents again, and entries by `frontier.due`;
#: missing: what the contents list and is not held, and what failed.
Plan = Literal["all", "due", "missing"]
PLANS: tuple[Plan, ...] = get_args(Plan)

#: Pages that say what is to be expected; every crawl but one for what is missing asks them all.
_DIRECTORY = "kind IN ('robots', 'home', 'sitemap', 'library', 'list')"

#: A list with several pages is known by the pages of one crawl alone: if one lacks, all are asked again.
_BROKEN = (
    "(kind = 'list' AND EXISTS (SELECT 1 FROM book AS b JOIN contents AS c ON c.id = b.contents "
    "WHERE (b.library, b.number) = (url.library, url.book) AND NOT c.complete)) "
    "OR (kind IN ('library', 'list') AND rec IS NULL AND EXISTS (SELECT 1 FROM url AS page "
    "WHERE page.state = 'failed' AND page.library = url.library AND page.book IS url.book AND page.rec IS NULL "
    "AND page.kind = url.kind))"
)

_LACKING = (
    f"{_BROKEN} OR state = 'failed' "
    "OR (kind IN ('home', 'library', 'list', 'sitemap') AND original IS NULL AND state <> 'gone') "
    "OR (kind = 'entry' AND NOT EXISTS (SELECT 1 FROM entry AS e "
    "WHERE (e.library, e.book, e.rec) = (url.library, url.book, url.rec)) "
    "AND (state <> 'gone' OR EXISTS (SELECT 1 FROM book AS b JOIN heading AS h ON h.contents = b.contents "
    "WHERE (b.library, b.number, h.rec) = (url.library, url.book, url.rec)))) "
    f"OR (kind = 'entry' AND EXISTS (SELECT 1 {OUTDATED} "
    "AND (e.library, e.book, e.rec) = (url.library, url.book, url.rec)))"
)


def free_questions(db: sqlite3.Connection, plan: Plan, scopes: Sequence[Scope]) -> None:
    """Make the questions of a new crawl free to be asked; of `due` only the contents, see `due_questions`."""
    where, values = questions_in(scopes)
    afresh = "state = 'found', hop = NULL, hops = 0, passes = 0"
    if plan == "all":
        db.execute(f"UPDATE url SET {afresh} WHERE {where}", values)
        return
    # What an unfinished crawl left to be asked again, and is held, waits for a crawl that asks everything.
    db.execute(f"UPDATE url SET state = 'done' WHERE state = 'found' AND original IS NOT NULL AND {where}", values)
    chosen = _DIRECTORY if plan == "due" else _LACKING
    db.execute(f"UPDATE url SET {afresh} WHERE ({chosen}) AND {where}", values)


def due_questions(
    db: sqlite3.Connection,
    crawl: int,
    scopes: Sequence[Scope],
    important: Sequence[Scope],
    policy: DuePolicy,
    now: datetime,
    most: int | None,
) -> list[int]:
    """Rows of the frontier that are due and were not asked in this crawl, the most urgent first.

    Args:
        db: The ledger's.
        crawl: Number of the crawl that will ask.
        scopes: Which ones; all if empty.
        important: Places whose changes count more.
        policy: Decides.
        now: The time, in UTC.
        most: So many at most (what is left of the daily budget); None for no limit.
    """
    where, values = questions_in(scopes)
    weighed = (
        (policy.urgency(history), -number) for number, history in _histories(db, crawl, where, values, important, now)
    )
    due = (one for one in weighed if one[0] > 0)
    chosen = sorted(due, reverse=True) if most is None else heapq.nlargest(most, due)
    return [-number for _, number in chosen]


def _histories(
    db: sqlite3.Connection,
    crawl: int,
    where: str,
    values: Sequence[str | int],
    important: Sequence[Scope],
    now: datetime,
) -> Iterator[tuple[int, History]]:
    """Every answered question but the contents, one by one, with what is known of it."""
    rows = db.cursor().execute(
        "SELECT u.id, u.library, u.book, u.rec, u.state, newest.timestamp, "
        "(SELECT timestamp FROM capture WHERE url_id = u.id ORDER BY id LIMIT 1), "
        "(SELECT count(*) FROM version WHERE entry = e.id), "
        "CASE WHEN c.complete AND h.rec IS NULL THEN c.first_seen END, "
        f"EXISTS (SELECT 1 {OUTDATED} AND (e.library, e.book, e.rec) = (u.library, u.book, u.rec)) "
        f"FROM (SELECT * FROM url WHERE state IN ('done', 'gone') AND NOT {_DIRECTORY} "
        f"AND crawl IS NOT ? AND {where}) AS u "
        "JOIN capture AS newest ON newest.id = u.newest "
        "LEFT JOIN entry AS e ON (e.library, e.book, e.rec) = (u.library, u.book, u.rec) "
        "LEFT JOIN book AS b ON u.kind = 'entry' AND (b.library, b.number) = (u.library, u.book) "
        "LEFT JOIN contents AS c ON c.id = b.contents "
        "LEFT JOIN heading AS h ON (h.contents, h.rec) = (b.contents, u.rec)",
        (crawl, *values),
    )
    for number, library, book, rec, state, newest, first, versions, absent, outdated in rows:
        age_s = _seconds(newest, now)
        yield (
            number,
            History(
                age_s=age_s,
                watched_s=_seconds(first, now) - age_s,
                changes=max(0, versions - 1),
                important=any(scope.holds(library, book, rec) for scope in important),
                gone=state == "gone",
                absent_s=None if absent is None else _seconds(absent, now),
                outdated=bool(outdated),
            ),
        )


def _seconds(timestamp: str, now: datetime) -> float:
    return (now - datetime.fromisoformat(timestamp)).total_seconds()
