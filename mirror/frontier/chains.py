"""Lists that the source shows in several pages, put together: the contents of a book, the books of a library.

A chain begins with the first page, and holds every page that one of its pages leads to. Only if all of them were
captured in one and the same crawl is the list known, and can lack something; before, it proves presence, never
absence: what was listed when the contents were last whole stays expected. What the pages of two crawls would list
together, the source has never said.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mirror.extraction.contents import paths_by_code, paths_by_depth
from mirror.extraction.page import Contents, Heading
from mirror.frontier.shrinkage import Shrinkage, shrinkage
from mirror.store import entries, listing

ListKind = Literal["library", "list"]

_NUMBER = re.compile(r"([0-9]+)")

#: Good answers to the pages of one list in one crawl. The order of columns is `_Page`'s.
_CAPTURED = """
SELECT u.key, c.id, c.timestamp, c.contents, c.verdict = 'ok', coalesce(k.complete, p.pages IS NULL), p.pages, p.names
FROM url AS u JOIN capture AS c ON c.url_id = u.id LEFT JOIN paged AS p ON p.capture = c.id
LEFT JOIN contents AS k ON k.id = c.contents
WHERE u.library = ?1 AND u.book IS ?2 AND u.rec IS NULL AND u.kind = ?3 AND c.crawl = ?4 AND (
    ?2 IS NOT NULL AND (k.library, k.book) = (?1, ?2)
    OR ?2 IS NULL AND (p.names IS NOT NULL OR EXISTS (SELECT 1 FROM capture_listing WHERE capture = c.id)))
ORDER BY c.timestamp, c.id
"""

#: A line of contents as it is stored: rec, title, code, indent, path (JSON).
_Line = tuple[int, str, str | None, int, str]


@dataclass(frozen=True, slots=True)
class List:
    """The contents of a book, or (`book` None) the books of a library."""

    library: str
    book: int | None

    @property
    def kind(self) -> ListKind:
        return "library" if self.book is None else "list"

    @property
    def name(self) -> str:
        return self.library if self.book is None else f"{self.library}/{self.book}"


@dataclass(frozen=True, slots=True)
class _Page:
    key: str
    capture: int
    timestamp: str
    contents: int | None
    fine: bool  #: nothing about it is odd; what broke off is
    complete: bool  #: it is the whole list by itself
    pages: str | None
    names: str | None

    @property
    def leads_to(self) -> list[str]:
        return json.loads(self.pages) if self.pages else []

    @property
    def whole(self) -> bool:
        return self.complete or (self.fine and self.pages is not None)


def note_page(db: sqlite3.Connection, capture: int, pages: Sequence[str], names: Iterable[int] | None) -> None:
    """Keep what a captured page of a list says of the others."""
    db.execute(
        "INSERT INTO paged VALUES (?, ?, ?)",
        (capture, entries.dumps(pages), None if names is None else entries.dumps(sorted(names))),
    )


def touch_page(db: sqlite3.Connection, capture: int, original: int) -> None:
    """A page was the same as in an earlier capture."""
    db.execute("INSERT INTO paged SELECT ?, pages, names FROM paged WHERE capture = ?", (capture, original))


def put_together(db: sqlite3.Connection, crawl: int, place: List, most_shrinkage: float | None) -> Shrinkage | None:
    """Make a list out of what a crawl has captured of its pages by now, and say how its questions stand for it.

    Args:
        db: An open transaction.
        crawl: Number of the crawl.
        place: Which list.
        most_shrinkage: A whole list that lacks more than this part of what it listed before is not believed;
            None: it is.

    Returns:
        What it lost, if it is not believed.
    """
    first = _first_key(db, place)
    captured = _captured(db, crawl, place)
    if first is None or not captured:
        return None
    chain = _follow(first, captured)
    whole = _is_whole(chain, captured)
    short = None
    if len(chain) == 1 and whole:
        _take_single(db, crawl, place, captured[first])
    else:
        pages = [captured.get(key) for key in chain]
        # A page that nothing leads to (any longer) can still show that something is there.
        others = [] if whole else [captured[key] for key in sorted(captured.keys() - set(chain), key=_natural)]
        had = [page for page in (*pages, *others) if page is not None]
        since, until = min(page.timestamp for page in had), max(page.timestamp for page in had)
        number: int | None
        if place.book is None:
            number, short = _put_listing(db, place, had, since, until, most_shrinkage) if whole else (None, None)
        else:
            number, short = _put_contents(db, place, had, whole, since, until, most_shrinkage)
        _keep(db, crawl, place, whole, since, until, number, zip(chain, pages, strict=True))
    _settle_questions(db, place, chain, whole, short)
    return short


def misjudged(db: sqlite3.Connection) -> Iterator[str]:
    """Lists that are not what the captures of their pages make of them: for `mirror verify`."""
    for chain, crawl, library, number, whole, made in db.execute(
        "SELECT id, crawl, library, book, whole, list FROM chain ORDER BY library, book, crawl"
    ).fetchall():
        place = List(library, number or None)
        captured = _captured(db, crawl, place)
        keys = _follow(_first_key(db, place) or "", captured)
        noted = db.execute("SELECT key, capture FROM chain_page WHERE chain = ? ORDER BY place", (chain,)).fetchall()
        right = noted == [(key, captured[key].capture if key in captured else None) for key in keys]
        right = right and bool(whole) == _is_whole(keys, captured)
        if right and whole and made is not None and place.book is not None:
            headings = tuple(_with_paths(list(_union(db, [captured[key] for key in keys]).values())))
            right = entries.is_kept(db, made, Contents(library, place.book, headings))
        if not right:
            yield f"{place.name}, crawl {crawl}: the list in several pages is not what its pages show"
    for library, number in db.execute(
        "SELECT b.library, b.number FROM book AS b JOIN contents AS k ON k.id = b.contents WHERE k.complete "
        "AND NOT EXISTS (SELECT 1 FROM chain WHERE list = k.id AND book = b.number AND whole) "
        "AND NOT EXISTS (SELECT 1 FROM url AS u JOIN capture AS c ON c.url_id = u.id WHERE u.library = b.library "
        "AND (u.book = b.number OR u.book IS NULL) AND u.rec IS NULL AND c.contents = k.id)"
    ):
        yield f"{library}/{number}: its contents are called complete, and no capture shows them"


def _captured(db: sqlite3.Connection, crawl: int, place: List) -> dict[str, _Page]:
    """The newest capture of each page of a list in a crawl; one that is whole before one that is not."""
    found: dict[str, _Page] = {}
    for row in db.execute(_CAPTURED, (place.library, place.book, place.kind, crawl)):
        key, capture, timestamp, contents, fine, complete, pages, names = row
        page = _Page(key, capture, timestamp, contents, bool(fine), bool(complete), pages, names)
        if page.whole or key not in found or not found[key].whole:
            found[key] = page
    return found


def _is_whole(chain: Iterable[str], captured: Mapping[str, _Page]) -> bool:
    return all(key in captured and captured[key].whole for key in chain)


def _first_key(db: sqlite3.Connection, place: List) -> str | None:
    """The question for the first page: its key is the beginning of the others'."""
    row = db.execute(
        "SELECT min(key) FROM url WHERE library = ? AND book IS ? AND rec IS NULL AND kind = ?",
        (place.library, place.book, place.kind),
    ).fetchone()
    key: str | None = row[0]
    return key


def _follow(first: str, captured: Mapping[str, _Page]) -> list[str]:
    """Keys of the pages of a chain, in the order of their numbers."""
    found, left = {first}, [first]
    while left:
        page = captured.get(left.pop())
        for key in page.leads_to if page else ():
            if key not in found:
                found.add(key)
                left.append(key)
    return sorted(found, key=_natural)


def _natural(key: str) -> tuple[object, ...]:
    """`…page=10` comes behind `…page=9`; the first page, which has no number, before all."""
    return tuple(int(part) if place % 2 else part for place, part in enumerate(_NUMBER.split(key)))


# -- contents --------------------------------------------------------------------------------------------------


def _put_contents(
    db: sqlite3.Connection,
    place: List,
    pages: Sequence[_Page],
    whole: bool,
    since: str,
    until: str,
    most: float | None,
) -> tuple[int | None, Shrinkage | None]:
    assert place.book is not None
    base = db.execute(
        "SELECT id FROM contents WHERE (library, book) = (?, ?) AND complete AND last_seen < ? "
        "ORDER BY last_seen DESC, id DESC LIMIT 1",
        (place.library, place.book, since),
    ).fetchone()
    before = _lines(db, base[0]) if base else {}
    lines = _union(db, pages)
    if whole:
        short = None if most is None else shrinkage(place.name, "entries", before, lines, most)
        if short is not None:
            return None, short
        listed = list(lines.values())
    else:
        listed = sorted({**before, **lines}.values())
    headings = _with_paths(listed)
    return entries.keep_contents(db, place.library, place.book, headings, whole, since, until), None


def _union(db: sqlite3.Connection, pages: Iterable[_Page]) -> dict[int, _Line]:
    lines: dict[int, _Line] = {}
    for page in pages:
        for rec, line in _lines(db, page.contents).items():
            lines.setdefault(rec, line)  # an entry that moved on while we asked stands on two pages
    return lines


def _lines(db: sqlite3.Connection, contents: int | None) -> dict[int, _Line]:
    return {
        row[0]: row
        for row in db.execute(
            "SELECT rec, title, code, indent, path FROM heading WHERE contents = ? ORDER BY place", (contents,)
        )
    }


def _with_paths(lines: Sequence[_Line]) -> list[Heading]:
    """Headings as they stand to each other over all pages: what is above a line may be on the page before."""
    codes = [code for _, _, code, _, _ in lines if code]
    if len(codes) == len(lines):
        paths = paths_by_code([(code or "", title) for _, title, code, _, _ in lines])
    elif any(indent for _, _, _, indent, _ in lines):
        paths = paths_by_depth([(indent, title) for _, title, _, indent, _ in lines])
    else:
        paths = [tuple(json.loads(path)) for *_, path in lines]
    return [
        Heading(rec, title, code, indent, path)
        for (rec, title, code, indent, _), path in zip(lines, paths, strict=True)
    ]


def _put_listing(
    db: sqlite3.Connection, place: List, pages: Sequence[_Page], since: str, until: str, most: float | None
) -> tuple[int | None, Shrinkage | None]:
    names: set[int] = set()
    for page in pages:
        names.update(json.loads(page.names or "[]"))
    earlier = listing.newest_listing(db, place.library)
    if most is not None and earlier is not None:
        short = shrinkage(place.library, "books", earlier[0], names, most)
        if short is not None:
            return None, short
    return listing.keep_listing(db, place.library, sorted(names), since, until), None


# -- the chain, and the questions of its pages -----------------------------------------------------------------


def _keep(
    db: sqlite3.Connection,
    crawl: int,
    place: List,
    whole: bool,
    since: str,
    until: str,
    number: int | None,
    pages: Iterable[tuple[str, _Page | None]],
) -> None:
    old = _remove(db, crawl, place)
    chain: int = db.execute(
        "INSERT INTO chain (crawl, library, book, whole, since, until, list) VALUES (?, ?, ?, ?, ?, ?, ?) "
        "RETURNING id",
        (crawl, place.library, place.book or 0, whole, since, until, number),
    ).fetchone()[0]
    db.executemany(
        "INSERT INTO chain_page VALUES (?, ?, ?, ?)",
        [(chain, at, key, page.capture if page else None) for at, (key, page) in enumerate(pages)],
    )
    if old is not None and old != number:
        entries.drop_contents(db, old)


def _take_single(db: sqlite3.Connection, crawl: int, place: List, page: _Page) -> None:
    """The first page is the whole list by itself, and stored as such. What others made of it before goes."""
    old = _remove(db, crawl, place)
    if old is not None:
        db.execute(
            "UPDATE book SET contents = ? WHERE (library, number, contents) = (?, ?, ?)",
            (page.contents, place.library, place.book, old),
        )
        entries.drop_contents(db, old)


def _remove(db: sqlite3.Connection, crawl: int, place: List) -> int | None:
    """Take out what is known of a chain. Returns the contents it made of pages that were not all there."""
    row = db.execute(
        "SELECT id, list, whole FROM chain WHERE (crawl, library, book) = (?, ?, ?)",
        (crawl, place.library, place.book or 0),
    ).fetchone()
    if row is None:
        return None
    db.execute("DELETE FROM chain_page WHERE chain = ?", (row[0],))
    db.execute("DELETE FROM chain WHERE id = ?", (row[0],))
    contents: int | None = row[1]
    return None if place.book is None or row[2] else contents


def _settle_questions(
    db: sqlite3.Connection, place: List, chain: Sequence[str], whole: bool, short: Shrinkage | None
) -> None:
    """What the chain makes of the questions for its pages, and for those that are none of its pages any longer."""
    if short is not None:
        db.execute("UPDATE url SET state = 'failed', reason = ? WHERE key = ?", (str(short), chain[0]))
    others = db.execute(
        "SELECT id, key, state FROM url WHERE library = ? AND book IS ? AND rec IS NULL AND kind = ? "
        "AND state IN ('failed', 'gone') AND key <> ?",
        (place.library, place.book, place.kind, chain[0]),
    ).fetchall()
    known = set(chain)
    for question, key, state in others:
        if key in known and state == "gone":
            db.execute(
                "UPDATE url SET state = 'failed', reason = 'a page of the list leads to it, and yet ' || reason "
                "WHERE id = ?",
                (question,),
            )
        elif key not in known and state == "failed" and whole:
            db.execute(
                "UPDATE url SET state = 'gone', reason = 'no page of the list leads to it any longer' WHERE id = ?",
                (question,),
            )
