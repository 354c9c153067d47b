"""A source that suddenly lists much less than before: not believed before a person has looked.

A database that is half loaded, a query that failed, a new template: all of them show short lists with status 200.
Such a page is archived like any other; but it fails, so that what it no longer lists is not taken for removed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from mirror.extraction.page import Page
from mirror.frontier.lease import Lease
from mirror.store.listing import newest_listing

Things = Literal["libraries", "books", "entries"]

#: Fewer losses than these are never called a shrinkage: parts of small numbers mean nothing.
LEAST: dict[Things, int] = {"libraries": 1, "books": 3, "entries": 10}

#: So many short pages end the crawl, however small each is.
MOST_SHORT_PAGES = 3


@dataclass(frozen=True, slots=True)
class Shrinkage:
    """One page that lists too little."""

    place: str  #: of the list: /… for a home page, a library, or K/A
    things: Things
    before: int
    now: int
    lost: int  #: of those listed before

    def __str__(self) -> str:
        where = {"libraries": "首页 home page", "books": "库 library", "entries": "书 book"}[self.things]
        return (
            f"{where} {self.place} lists {self.now} {self.things} where it listed {self.before}; {self.lost} are gone"
        )


def shrinkage(
    place: str, things: Things, before: Collection[object], now: Collection[object], most: float
) -> Shrinkage | None:
    """What a list lost, if that is more than the part `most` of what it listed before; a library is always too much.

    Args:
        place: Whose list.
        things: What it lists.
        before: What it listed when last believed.
        now: What it lists now.
        most: The part, 0 to 1, that may go at once.
    """
    listed = set(now)
    lost = sum(name not in listed for name in before)
    bound = 0.0 if things == "libraries" else most * len(before)
    if lost < LEAST[things] or lost <= bound:
        return None
    return Shrinkage(place, things, len(before), len(listed), lost)


def reason_to_stop(short: Iterable[Shrinkage], entries_known: int, most: float) -> str | None:
    """Why the crawl must not go on, None if it may: libraries gone, several short lists, or a large part of all.

    Args:
        short: Short pages of this crawl, each once.
        entries_known: Entries that all contents list.
        most: The part of all entries that may go at once.
    """
    found = list(short)
    lost = sum(one.lost for one in found if one.things == "entries")
    grave = [one for one in found if one.things == "libraries"]
    if not grave and len(found) < MOST_SHORT_PAGES and lost <= most * entries_known:
        return None
    shown = "; ".join(str(one) for one in (grave or found)[:3])
    return (
        f"the source shrank: {shown}. Nothing is counted as removed. Look at it in a browser; if it is so for good, "
        f"run `mirror crawl` with --accept-shrinkage"
    )


def find_shrinkage(db: sqlite3.Connection, lease: Lease, page: Page, most: float) -> Shrinkage | None:
    """Whether a page lists much less than the one last believed."""
    if page.contents is not None and page.contents.complete:
        place = (page.contents.library, page.contents.book)
        before = [
            row[0]
            for row in db.execute(
                # Not the newest of all: one that broke off says nothing of what was listed before.
                "SELECT rec FROM heading WHERE contents = (SELECT id FROM contents WHERE (library, book) = (?, ?) "
                "AND complete ORDER BY last_seen DESC, id DESC LIMIT 1)",
                place,
            )
        ]
        now = [heading.rec for heading in page.contents.headings]
        found = shrinkage(f"{place[0]}/{place[1]}", "entries", before, now, most)
        if found:
            return found
    listed = listed_by(lease, page)
    if listed is None:
        return None
    earlier = newest_listing(db, listed[0])
    things: Things = "libraries" if lease.kind == "home" else "books"
    return shrinkage(listed[0], things, earlier[0], listed[1], most) if earlier else None


def listed_by(lease: Lease, page: Page) -> tuple[str, list[str | int]] | None:
    """Place and names of what a home or library page lists; None if it is no such page, or shows nothing.

    One of several pages of a list lists nothing by itself (`frontier.chains`).
    """
    if page.verdict != "ok" or page.pages:
        return None
    if lease.kind == "home" and page.libraries:
        return f"/{lease.key}", sorted({library.code for library in page.libraries})
    if lease.kind == "library" and lease.library:
        numbers = sorted({book.number for book in page.books if book.library == lease.library})
        return (lease.library, list(numbers)) if numbers else None
    return None
