"""The pages: what each one shows, from a collection opened for reading."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from mirror.browse import books, evidence, history, witnessed
from mirror.browse import changes as found_changes
from mirror.browse.books import Contents
from mirror.browse.captures import MOST_CAPTURES, capture_at, captures_of
from mirror.browse.comparing import side_by_side
from mirror.browse.holdings import Holdings, NotHeldError, UnreadableError
from mirror.browse.moments import digits, instant
from mirror.browse.named import entries_named
from mirror.browse.overview import Overview
from mirror.browse.page import Page
from mirror.browse.places import shelf
from mirror.browse.reading import blocks
from mirror.diff.hunks import hunks
from mirror.errors import UsageError
from mirror.extraction.flags import FLAG_WORDS
from mirror.extraction.lines import has_boxes
from mirror.frontier.scope import Scope
from mirror.search import Filters, search
from mirror.search.query import is_as_written
from mirror.store.exported import entry_version
from mirror.store.structure import structure

#: A book with more headings than this is shown folded.
_UNFOLDED = 200
#: Hits on a page of a search, and pages that can be turned.
HITS = 20
MOST_PAGES = 500
#: Libraries, books, places and decades a search is narrowed by, at most.
_FACETS = 30
_FACET_KINDS = ("libraries", "books", "places", "decades")
#: If more entries wait to be indexed, a search leaves them out, and says so: its reader waits for it.
MOST_WAITING = 1_000
_YEARS = re.compile(r"(-?[0-9]{1,4})(?:-(-?[0-9]{1,4}))?", re.ASCII)
_DAY = re.compile(r"[0-9]{4}(?:-[0-9]{2}){0,2}|[0-9]{4,20}", re.ASCII)
#: Headings beside an entry that its page shows at most.
_BESIDE = 60


def home(holdings: Holdings) -> Page:
    """The collections of the home; of one that cannot be read, why."""
    found: list[dict[str, Any]] = []
    for name in holdings.names():
        try:
            overview = holdings.overview(name)
        except UnreadableError as error:
            found.append({"name": name, "problem": str(error)})
            continue
        places = [{key: value for key, value in group.items() if key != "libraries"} for group in overview.places]
        found.append({"name": name, "as_of": overview.as_of, **_brief(overview), "places": places})
    return Page("home.html", "/", {"collections": found})


def examples(holdings: Holdings) -> dict[str, str | int]:
    """Values of the parameters of an address, under which there is something; none if nothing is held."""
    for name in holdings.names():
        with suppress(UnreadableError), holdings.reading(name) as db:
            row = db.execute(
                "SELECT e.library, e.book, e.rec, v.last_seen, w.name, c.offset FROM entry AS e "
                "JOIN version AS v ON v.id = e.newest JOIN capture AS c ON c.id = v.capture "
                "JOIN warc AS w ON w.id = c.warc_id ORDER BY e.id LIMIT 1"
            ).fetchone()
            if row is not None:
                code, number, rec, seen, warc, offset = row
                found: dict[str, str | int] = {"name": name, "code": code, "number": number, "rec": rec}
                return {**found, "digits": digits(seen), "warc": warc, "offset": offset, "old": 1, "new": 1}
    return {}


def _brief(overview: Overview) -> dict[str, Any]:
    facts = {name: value for name, value in overview.facts.items() if name not in ("crawls", "unanswered")}
    crawls = overview.facts["crawls"]
    return {**facts, "newest_crawl": crawls[0] if crawls else None}


def about() -> Page:
    """What this is, and how to read and trust it."""
    return Page("about.html", "/about", {"about": "https://www.rfc-editor.org/rfc/rfc7089"})


def collection(holdings: Holdings, name: str) -> Page:
    """The libraries of a collection, by place and kind."""
    overview = holdings.overview(name)
    facts = {"collection": name, "as_of": overview.as_of, **overview.facts, "places": overview.places}
    return Page("collection.html", f"/c/{name}/", facts, collection=name)


def coverage(holdings: Holdings, name: str) -> Page:
    """What is expected, held and missing, library by library and book by book."""
    overview = holdings.overview(name)
    libraries = [
        {**overview.libraries[code], "books": found, "book_count": len(found)}
        for code, found in sorted(overview.books.items())
    ]
    facts = {"collection": name, "as_of": overview.as_of, **overview.facts, "libraries": libraries}
    return Page("coverage.html", f"/coverage/{name}", facts, collection=name)


def library(holdings: Holdings, name: str, code: str) -> Page:
    """The books of a library."""
    overview = holdings.overview(name)
    if code not in overview.libraries:
        raise NotHeldError("没有这个资料库 / there is no such library")
    stands = shelf(code)
    facts = {
        "collection": name,
        "as_of": overview.as_of,
        "library": overview.libraries[code],
        "place": {"zh": stands.place[0], "en": stands.place[1], "inferred": stands.inferred},
        "kind": {"zh": stands.kind[0], "en": stands.kind[1]},
        "books": overview.books[code],
    }
    return Page("library.html", f"/c/{name}/{code}/", facts, collection=name)


def book(db: sqlite3.Connection, name: str, code: str, number: int) -> Page:
    """A book: its heading tree, and how every entry stands."""
    contents = _contents(db, code, number)
    stands = books.standing(db, code, number)
    failed = books.failures(db, code, number)
    headings = list(contents.tree)
    listed = {heading.rec for heading in headings}
    held = {rec for rec, state in stands.items() if state in ("held", "empty")}
    facts: dict[str, Any] = {
        "collection": name,
        "library": {"code": code, "title": contents.library_title},
        "book": {"number": number, "title": contents.title},
        "contents_seen": contents.seen,
        "contents_complete": contents.complete,
        "expected": len(listed) if contents.seen else None,
        "captured": len(listed & held),
        "missing": sorted(listed - stands.keys()),
        "failed": failed,
        "unlisted": sorted(held - listed),
        "headings": [
            {
                "rec": heading.rec,
                "title": heading.title,
                "code": heading.code,
                "depth": heading.depth,
                "state": stands.get(heading.rec, "missing"),
            }
            for heading in headings
        ],
    }
    shown = {"headings": headings, "states": stands, "unfolded": len(listed) <= _UNFOLDED}
    return Page("book.html", f"/c/{name}/{code}/{number}/", facts, shown, collection=name)


def _contents(db: sqlite3.Connection, code: str, number: int) -> Contents:
    contents = books.read_contents(db, code, number)
    if contents is None:
        raise NotHeldError("没有这部书 / there is no such book")
    return contents


def entry(
    db: sqlite3.Connection,
    name: str,
    place: tuple[str, int, int],
    at: str | None = None,
    contents: Contents | None = None,
) -> Page:
    """An entry, as it is now or as it was at an instant given in digits.

    Args:
        db: The collection, opened for reading.
        name: Its name.
        place: Library, book and number.
        at: The instant; None for now.
        contents: Of the entry's book, if they have been read already.
    """
    code, number, rec = place
    contents = contents or _contents(db, code, number)
    versions = history.versions(db, *place)
    if not versions:
        return _absent(db, name, place, contents)
    version, seen = _chosen(db, place, versions, at)
    found = entry_version(db, version.id)
    assert found is not None, "a version that was just read"
    captured = _captures(db, place, versions)
    before, after = contents.around(rec)
    above, under = contents.above(rec), contents.children(rec)
    found["path"] = found["path"] or [heading.title for heading in above]
    said = structure(found)
    facts: dict[str, Any] = {
        "collection": name,
        "entry": found,
        "version": version.as_dict(),
        "versions": [each.as_dict() for each in versions],
        "as_of": seen,
        "is_newest": version.id == _newest(versions).id,
        "previous": _brief_heading(before),
        "next": _brief_heading(after),
        "above": [_brief_heading(heading) for heading in above],
        "under": [_brief_heading(heading) for heading in under],
        "captures": captured,
        "covers": said["covers"]["entry"],
        "years": said["years"],
        "places": said["places"],
        "flags": _flags(db, version.id),
        "witnesses": witnessed.of_entry(db, Scope(*place), versions, version.number),
    }
    before_it, after_it = contents.beside(rec, _BESIDE)
    shown = {
        "blocks": blocks(found["text"]),
        "boxes": has_boxes(found["raw_text"]),
        "above": above,
        "before": before_it,
        "this": contents.heading(rec),
        "under": under,
        "after": after_it,
        "years": _by_span(said["years"]),
        "doubts": [FLAG_WORDS.get(flag, (flag, flag)) for flag in facts["flags"]],
        "characters": len("".join(found["text"].split())),
        "digits": digits(seen),
        "at": at,
    }
    path = f"/c/{name}/{code}/{number}/{rec}" + (f"@{digits(seen)}" if at else "")
    memento = seen if at else None
    return Page("entry.html", path, facts, shown, collection=name, memento=memento, original=found["capture"]["url"])


def _flags(db: sqlite3.Connection, version: int) -> list[str]:
    """What the reading of a text was unsure of; that a short one took the width of its book is no doubt."""
    (flags,) = db.execute("SELECT flags FROM version WHERE id = ?", (version,)).fetchone()
    return [flag for flag in json.loads(flags) if flag != "width-of-book"]


def _by_span(years: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Years a text names, each span once, in order of time, with the words that name it."""
    found: dict[tuple[int, int], dict[str, None]] = {}
    for one in years:
        found.setdefault((one["from"], one["to"]), {})[one["words"]] = None
    spans = []
    for first, last in sorted(found):
        words = list(found[first, last])
        plain = f"{first}年" if first == last else f"{first}–{last}"
        # A year that the text writes as a year needs no explanation; one of a reign does.
        spans.append({"from": first, "to": last, "text": plain, "words": [word for word in words if word != plain]})
    return spans


def _brief_heading(heading: books.Heading | None) -> dict[str, Any] | None:
    return None if heading is None else {"rec": heading.rec, "title": heading.title, "code": heading.code}


def _captures(
    db: sqlite3.Connection, place: tuple[str, int, int], versions: list[history.Version]
) -> list[dict[str, Any]]:
    numbers = {version.id: version.number for version in versions}
    return [capture.as_dict(numbers) for capture in captures_of(db, *place)]


def _newest(versions: list[history.Version]) -> history.Version:
    return max(versions, key=lambda version: version.last_seen)


def entry_as_of(db: sqlite3.Connection, place: tuple[str, int, int], at: str | None) -> dict[str, Any]:
    """An entry as the jsonl export has it, as it is now or was at an instant. Raises NotHeldError."""
    versions = history.versions(db, *place)
    found = entry_version(db, _chosen(db, place, versions, at)[0].id) if versions else None
    if found is None:
        raise NotHeldError("没有存得这个条目 / this entry is not held")
    return found


def _chosen(
    db: sqlite3.Connection, place: tuple[str, int, int], versions: list[history.Version], at: str | None
) -> tuple[history.Version, str]:
    """The version to show, and the time of the capture that brought it."""
    if at is None:
        newest = _newest(versions)
        return newest, newest.last_seen
    moment = instant(at)
    if moment is None:
        raise NotHeldError("@ 之后应是时间 / after @ stands a time, such as 20261124 or 20261124203428")
    found = history.version_at(db, *place, moment)
    by_id = {version.id: version for version in versions}
    if found is None or found[0] not in by_id:
        oldest = versions[0]
        return oldest, oldest.first_seen
    return by_id[found[0]], found[1]


def _absent(db: sqlite3.Connection, name: str, place: tuple[str, int, int], contents: Contents) -> Page:
    """An entry that is listed, or was asked for, and is not held: said plainly, with what is known."""
    code, number, rec = place
    captured = _captures(db, place, [])
    heading = contents.heading(rec)
    if heading is None and not captured:
        raise NotHeldError("没有这个条目 / there is no such entry")
    before, after = contents.around(rec)
    facts = {
        "collection": name,
        "id": f"{code}/{number}/{rec}",
        "library": {"code": code, "title": contents.library_title},
        "book": {"number": number, "title": contents.title},
        "rec": rec,
        "title": heading.title if heading else None,
        "held": False,
        "status": 404,
        "message": "没有存得这个条目 / this entry is not held",
        "state": books.standing(db, code, number).get(rec, "missing"),
        "previous": _brief_heading(before),
        "next": _brief_heading(after),
        "captures": captured,
        "witnesses": witnessed.of_entry(db, Scope(*place), [], None),
    }
    return Page("absent.html", f"/c/{name}/{code}/{number}/{rec}", facts, collection=name, status=404)


def entry_history(db: sqlite3.Connection, name: str, place: tuple[str, int, int]) -> Page:
    """All captures of an entry, and the texts they brought."""
    code, number, rec = place
    contents = _contents(db, code, number)
    versions = history.versions(db, *place)
    captured = _captures(db, place, versions)
    if not captured and not versions:
        raise NotHeldError("没有这个条目 / there is no such entry")
    heading = contents.heading(rec)
    facts = {
        "collection": name,
        "id": f"{code}/{number}/{rec}",
        "library": {"code": code, "title": contents.library_title},
        "book": {"number": number, "title": contents.title},
        "title": heading.title if heading else f"{rec}",
        "versions": [version.as_dict() for version in versions],
        "captures": captured,
    }
    path = f"/history/{name}/{code}/{number}/{rec}"
    return Page("history.html", path, facts, {"most": MOST_CAPTURES}, collection=name)


def compare(db: sqlite3.Connection, name: str, place: tuple[str, int, int], old: int, new: int) -> Page:
    """Two versions of an entry side by side, by their numbers."""
    code, number, rec = place
    contents = _contents(db, code, number)
    versions = {version.number: version for version in history.versions(db, *place)}
    if old not in versions or new not in versions:
        raise NotHeldError("没有这个版本 / there is no such version")
    sides = [entry_version(db, versions[each].id) for each in (old, new)]
    texts = [side["text"] if side else "" for side in sides]
    heading = contents.heading(rec)
    facts = {
        "collection": name,
        "id": f"{code}/{number}/{rec}",
        "library": {"code": code, "title": contents.library_title},
        "book": {"number": number, "title": contents.title},
        "title": heading.title if heading else f"{rec}",
        "old": versions[old].as_dict(),
        "new": versions[new].as_dict(),
        "hunks": [asdict(hunk) for hunk in hunks(*texts)],
    }
    path = f"/compare/{name}/{code}/{number}/{rec}/{old}/{new}"
    return Page("compare.html", path, facts, {"rows": side_by_side(*texts)}, collection=name)


def witness(db: sqlite3.Connection, name: str, number: int) -> Page:
    """A text that somebody copied out of the source, beside the entry it corresponds to, if that is known."""
    found = witnessed.read(db, number)
    if found is None:
        raise NotHeldError("没有这份见证文本 / there is no such witness")
    shown = {"rows": side_by_side(found.raw_text, found.text) if found.text is not None else None}
    return Page(
        "witness.html", f"/witness/{name}/{number}", found.as_dict() | {"collection": name}, shown, collection=name
    )


def changes(
    holdings: Holdings, name: str, old: int | None, new: int | None, kind: str | None = None, number: int = 1
) -> Page:
    """What changed between two crawls, the last two if none are named; one page of it."""
    with holdings.reading(name) as db:
        known = found_changes.crawls(db)
    facts: dict[str, Any] = {"collection": name, "crawls": known, "comparison": None}
    path = f"/changes/{name}"
    if old is None or new is None:
        if len(known) < 2:
            return Page("changes.html", path, facts, {"pages": 0}, collection=name)
        old, new = known[1]["number"], known[0]["number"]
    else:
        path += f"/{old}/{new}"
    try:
        found = holdings.changes(name, old, new)
    except UsageError as error:
        raise NotHeldError(f"没有这次抓取 / {error}") from error
    chosen = found.of_kind(kind)
    first = (number - 1) * found_changes.PAGE
    with holdings.reading(name) as db:
        shown = [found_changes.told(db, change) for change in chosen[first : first + found_changes.PAGE]]
    facts["comparison"] = {
        "from": old,
        "to": new,
        "from_time": found.old_time,
        "to_time": found.new_time,
        "summary": found.summary,
        "kind": kind,
        "page": number,
        "total": len(chosen),
        "changes": shown,
    }
    pages = -(-len(chosen) // found_changes.PAGE)
    asked = {"kind": kind, "page": number if number > 1 else None}
    return Page("changes.html", path, facts, {"pages": pages}, asked, collection=name)


def search_page(
    db: sqlite3.Connection,
    name: str,
    query: str,
    scope: str = "",
    number: int = 1,
    years: str = "",
    place: str = "",
    at: str = "",
) -> Page:
    """What a search finds; without words, the entries of years and a place; without any of these, how to ask.

    Args:
        db: The collection, opened for reading.
        name: Its name.
        query: As `mirror search` takes it.
        scope: `K` or `K/A`.
        number: Of the page.
        years: `1986` or `1986-1990`.
        place: A county or city.
        at: A day, or an instant in digits: of each entry the text it had then.
    """
    asked: dict[str, Any] = {"q": query, "scope": scope, "years": years, "place": place, "at": at}
    facts: dict[str, Any] = {
        "collection": name,
        "query": query,
        "scope": scope,
        "years": years,
        "place": place,
        "at": at,
        "page": number,
        "found": None,
    }
    path = f"/search/{name}"
    if not (query.strip() or years or place):
        return Page("search.html", path, facts, {"scoped": None, "asked": asked, "day": ""}, collection=name)
    scopes, span = [Scope.parse(scope)] if scope else [], parse_years(years)
    try:
        filters = Filters(scopes, span, place or None, parse_at(at))
        filters.facts()
    except UsageError as error:
        raise NotHeldError(f"没有这样的年代、地名或日期 / {error}") from error
    moment = filters.at
    first = (number - 1) * HITS
    if moment is not None and not query.strip():
        raise NotHeldError("当时的文本要连同文字一起检索 / the texts of a time are searched for words: give some")
    if query.strip():
        found = search(db, query, filters, limit=HITS, offset=first, facets=True, most_waiting=MOST_WAITING)
    else:
        found = entries_named(db, filters, limit=HITS, offset=first)
    facts["found"] = {
        "total": found.total,
        "hits": [hit.as_dict() for hit in found.hits],
        **{kind: [asdict(facet) for facet in getattr(found, kind)[:_FACETS]] for kind in _FACET_KINDS},
        "unindexed": found.unindexed,
        "unread": found.unread,
    }
    shown = {
        "hits": [
            {
                "hit": hit,
                "digits": None if hit.newest else digits(hit.last_seen),
                "title": _marked(hit.title, hit.title_marks),
                "snippet": _marked(hit.snippet.text, hit.snippet.marks),
            }
            for hit in found.hits
        ],
        "pages": min(MOST_PAGES, -(-found.total // HITS)),
        "as_written": is_as_written(query),
        "scoped": _scope_title(db, scope),
        "asked": asked,
        "day": moment[:10] if moment else "",
        "instant": f" {moment[11:19]} UTC" if moment and len(at) > len("2025-12-31") else "",
    }
    return Page("search.html", path, facts, shown, asked | {"page": number if number > 1 else None}, collection=name)


def parse_years(text: str) -> tuple[int, int] | None:
    """`1986` or `1986-1990`; None for nothing. Raises UsageError for anything else."""
    if not text:
        return None
    match = _YEARS.fullmatch(text)
    if match is None:
        raise UsageError(f"{text!r} 不是年份 / is no year, nor years such as 1986-1990")
    return int(match[1]), int(match[2] or match[1])


def parse_at(text: str) -> str | None:
    """`2025-12-31`, or an instant in digits as it stands in addresses; None for nothing.

    Raises UsageError for anything else.
    """
    if not text:
        return None
    moment = instant(text.replace("-", "")) if _DAY.fullmatch(text) else None
    if moment is None:
        raise UsageError(f"{text!r} 不是日期 / is no date such as 2025-12-31")
    return moment


def _marked(text: str, marks: Any) -> list[tuple[bool, str]]:
    """A text in pieces, each found or not."""
    pieces: list[tuple[bool, str]] = []
    at = 0
    for start, end in marks:
        pieces += [(False, text[at:start]), (True, text[start:end])]
        at = end
    return [piece for piece in (*pieces, (False, text[at:])) if piece[1]]


def _scope_title(db: sqlite3.Connection, scope: str) -> str | None:
    if not scope:
        return None
    place = Scope.parse(scope)
    if place.book is None:
        row = db.execute("SELECT title FROM library WHERE code = ?", (place.library,)).fetchone()
    else:
        row = db.execute(
            "SELECT title FROM book WHERE library = ? AND number = ?", (place.library, place.book)
        ).fetchone()
    return (row[0] if row else None) or scope


def record(holdings: Holdings, db: sqlite3.Connection, name: str, warc: str, offset: int) -> Page:
    """A capture's evidence, read from the WARC file at this moment."""
    held = capture_at(db, warc, offset)
    if held is None:
        raise NotHeldError("没有这条记录 / there is no such record")
    stored = evidence.stored_text(db, held)
    found = evidence.read_evidence(holdings.collection(name), holdings.site(name), held, stored)
    place = f"{held.library}/{held.book}/{held.rec}" if held.rec is not None and held.kind == "entry" else None
    shown = {"place": place, "digits": digits(held.timestamp)}
    return Page(
        "record.html",
        f"/record/{name}/{warc}/{offset}",
        {"collection": name, **found.as_dict()},
        shown,
        collection=name,
    )
