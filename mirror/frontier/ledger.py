"""The ledger: every question, how it stands, and the captures that answered it.

The rule (docs/design.md): a record is written, its file is synced, and then one transaction marks the
question answered, with file, offset, digest and what the page says. Nothing counts before.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from mirror.extraction.page import Link, Page, PageKind
from mirror.frontier import plan as plans
from mirror.frontier.chains import List, note_page, put_together, touch_page
from mirror.frontier.crawls import Crawls
from mirror.frontier.due import DuePolicy
from mirror.frontier.files import Files
from mirror.frontier.lease import Earlier, Lease
from mirror.frontier.rank import RANK
from mirror.frontier.scope import Scope, questions_in
from mirror.frontier.shrinkage import Shrinkage, find_shrinkage, listed_by
from mirror.store import entries, listing
from mirror.store.database import Database
from warc.record import Written, warc_date

log = logging.getLogger(__name__)

State = Literal["found", "leased", "done", "failed", "gone", "refused"]

#: Traps: pages of these kinds can be endless, so only so many of them are ever asked in one collection.
MOST: dict[PageKind, int] = {"search": 2_000, "other": 2_000, "asset": 50_000, "sitemap": 10_000}

_ADD = "INSERT OR IGNORE INTO url (key, url, kind, library, book, rec, rank) VALUES (?, ?, ?, ?, ?, ?, ?)"

#: Redirects followed for one question before it counts as a loop (RFC 9110, 15.4, leaves the number to us).
MOST_HOPS = 5

#: Pages of these kinds are answers even where they do not look as expected.
_MAY_BE_ODD: frozenset[PageKind] = frozenset(("robots", "asset", "search", "other"))

#: A source that sends its reader elsewhere for these has moved: nothing was answered.
_MUST_BE_HERE: frozenset[PageKind] = frozenset(("home", "library", "list", "entry"))

#: A question that failed is asked once more when everything else has been asked.
MOST_PASSES = 2


@dataclass(frozen=True, slots=True)
class Reading:
    """One stored record and what it says. `page` is None for a revisit: it says what its original said."""

    lease: Lease
    target: str
    written: Written
    page: Page | None
    truncated: str | None = None
    failure: str | None = None  #: why there was no answer at all
    original: int | None = None  #: capture a revisit refers to
    etag: str | None = None
    modified: str | None = None
    size_bytes: int = 0  #: of the payload
    final: bool = True  #: False for an attempt that was followed by another
    imported: bool = False  #: from a WARC of somebody else: it may be older than what is known


@dataclass(frozen=True, slots=True)
class Standing:
    """How the ledger stands: questions by state."""

    found: int
    leased: int
    done: int
    failed: int
    gone: int
    refused: int


def standing_of(page: Page | None, truncated: str | None, failure: str | None) -> tuple[State, str | None]:
    """What an answer makes of its question, and why. A revisit (no page, no failure) is an answer."""
    if failure is not None:
        return "failed", failure
    if page is None:
        return "done", None
    if truncated:
        return "failed", f"answer cut short ({truncated})"
    match page.verdict:
        case "redirect" if not page.links and page.kind in _MUST_BE_HERE:
            return "failed", page.reason
        case "ok" | "redirect":
            return "done", None
        case "gone":
            return "gone", page.reason or "the source says it does not exist"
        case "odd" if page.kind in _MAY_BE_ODD:
            return "done", page.reason
        case verdict:
            return "failed", f"{verdict}: {page.reason}" if page.reason else verdict


class Ledger:
    """Questions and captures of one collection. One writer at a time (`Collection.locked`).

    Attributes:
        most_shrinkage: A page that lists less than before by more than this part is not believed; None: it is.
        short: Pages that were not believed in this run, by their key.
        crawls: Crawls and imports, by number.
        files: The WARC files, by name.
    """

    def __init__(self, database: Database, most_shrinkage: float | None = None) -> None:
        self.database = database
        self.most_shrinkage = most_shrinkage
        self.short: dict[str, Shrinkage] = {}
        self._db = database.connection
        self.crawls = Crawls(database)
        self.files = Files(database)
        self._recent: dict[str, None] = {}  # keys lately added, so that they need not be tried again
        self._counts: dict[PageKind, int] = {}  # of the kinds that are bounded
        self._full: set[PageKind] = set()

    # -- questions ---------------------------------------------------------------------------------------

    def add(self, links: Iterable[Link]) -> None:
        """Put questions into the frontier; those it knows are left as they are."""
        try:
            with self.database.transaction():
                self._add(links)
        except sqlite3.Error:
            self._forget()
            raise

    def _forget(self) -> None:
        """A transaction was undone (the disk is full): what it had added is not there after all."""
        self._recent.clear()
        self._counts.clear()
        self.files.forget()

    def _add(self, links: Iterable[Link]) -> None:
        recent, rows = self._recent, []
        for link in links:
            if link.key in recent:
                continue
            recent[link.key] = None
            if len(recent) > 20_000:
                del recent[next(iter(recent))]
            row = (link.key, link.url, link.kind, link.library, link.book, link.rec, RANK[link.kind])
            if link.kind in MOST:
                self._add_bounded(link.kind, row)
            else:
                rows.append(row)
        if rows:
            self._db.executemany(_ADD, rows)

    def _add_bounded(self, kind: PageKind, row: tuple[Any, ...]) -> None:
        count = self._counts.get(kind)
        if count is None:
            (count,) = self._db.execute("SELECT count(*) FROM url WHERE kind = ?", (kind,)).fetchone()
        if count >= MOST[kind]:
            if kind not in self._full:
                self._full.add(kind)
                log.warning(
                    "more than %d pages of kind %r: the source may make them without end; no further ones are asked",
                    MOST[kind],
                    kind,
                )
            return
        self._counts[kind] = count + self._db.execute(_ADD, row).rowcount

    @property
    def bounded(self) -> list[PageKind]:
        """Kinds of pages of which there were more than are ever asked: perhaps a trap."""
        return sorted(self._full)

    def lease(self, count: int, scopes: Sequence[Scope], *, entries_too: bool = True) -> list[Lease]:
        """Hand out up to `count` questions of the scope, in order of asking.

        Args:
            count: The most to hand out.
            scopes: Which ones; all if empty.
            entries_too: False once as many entries as wanted have been asked.

        An earlier answer dated later than now, by a clock since set back, is no base: a revisit refers to an earlier
        record (WARC 1.1, 6.7.2).
        """
        where, values = questions_in(scopes)
        if not entries_too:
            where += f" AND rank < {RANK['entry']}"
        with self.database.transaction() as db:
            rows = db.execute(
                "SELECT u.id, coalesce(u.hop, u.url), u.key, u.kind, u.library, u.book, u.rec, u.hops, u.passes, "
                "c.id, c.target, c.timestamp, c.record_id, c.payload_digest, c.etag, c.modified "
                "FROM url AS u LEFT JOIN capture AS c ON c.id = u.original AND c.timestamp <= ? WHERE u.id IN "
                f"(SELECT id FROM url WHERE state = 'found' AND {where} ORDER BY rank, id LIMIT ?) "
                "ORDER BY u.rank, u.id",
                (warc_date(datetime.now(UTC)), *values, count),
            ).fetchall()
            db.executemany("UPDATE url SET state = 'leased' WHERE id = ?", [(row[0],) for row in rows])
        return [Lease(*row[:9], *_earlier(row[9:])) for row in rows]

    def lease_for(self, link: Link) -> Lease:
        """The lease a stored record was written under, as far as it can be told from its URI."""
        row = self._db.execute(
            "SELECT id, url, key, kind, library, book, rec, hops, passes FROM url WHERE key = ?", (link.key,)
        ).fetchone()
        if row is None:
            self._add([link])
            self._recent.pop(link.key, None)
            row = self._db.execute(
                "SELECT id, url, key, kind, library, book, rec, hops, passes FROM url WHERE key = ?", (link.key,)
            ).fetchone()
        if row is None:  # a kind of page of which there are too many; what is archived is never too much
            row = self._db.execute(
                f"{_ADD} RETURNING id, url, key, kind, library, book, rec, hops, passes",
                (link.key, link.url, link.kind, link.library, link.book, link.rec, RANK[link.kind]),
            ).fetchone()
        return Lease(*row)

    def give_back(self, leases: Iterable[Lease]) -> None:
        """Leases that were not used are free again."""
        with self.database.transaction() as db:
            db.executemany(
                "UPDATE url SET state = 'found' WHERE id = ? AND state = 'leased'",
                [(lease.id,) for lease in leases],
            )

    def refuse(self, lease: Lease, reason: str) -> None:
        """A question we may not ask (robots.txt)."""
        with self.database.transaction() as db:
            db.execute("UPDATE url SET state = 'refused', reason = ? WHERE id = ?", (reason, lease.id))

    def free_due(
        self, crawl: int, scopes: Sequence[Scope], important: Sequence[Scope], policy: DuePolicy, most: int | None
    ) -> int:
        """Free what is due (`frontier.due`), the most urgent first. Returns how many questions that makes."""
        numbers = plans.due_questions(self._db, crawl, scopes, important, policy, datetime.now(UTC), most)
        with self.database.transaction() as db:
            db.executemany(
                "UPDATE url SET state = 'found', hop = NULL, hops = 0, passes = 0 WHERE id = ?",
                [(number,) for number in numbers],
            )
        return len(numbers)

    def is_expected(self, lease: Lease) -> bool:
        """Whether the source itself names what is asked for: then that it does not exist is no plain answer."""
        if lease.kind == "home":
            return True
        if lease.library is None:
            return False
        if lease.kind == "library":
            return listing.newest_listing(self._db, lease.library) is not None
        if lease.book is None or not listing.is_named(self._db, lease.library, lease.book):
            return False
        if lease.kind != "entry":
            return True
        row = self._db.execute(
            "SELECT EXISTS (SELECT 1 FROM book AS b JOIN heading AS h ON h.contents = b.contents "
            "WHERE (b.library, b.number, h.rec) = (?, ?, ?))",
            (lease.library, lease.book, lease.rec),
        )
        return bool(row.fetchone()[0])

    def entries_listed(self) -> int:
        """Entries that the newest contents of all books list."""
        row = self._db.execute("SELECT count(*) FROM heading WHERE contents IN (SELECT contents FROM book)")
        count: int = row.fetchone()[0]
        return count

    def ask_failed_again(self, scopes: Sequence[Scope]) -> int:
        """Free what failed, once everything else was asked. Returns how many questions that makes."""
        where, values = questions_in(scopes)
        with self.database.transaction() as db:
            return db.execute(
                f"UPDATE url SET state = 'found' WHERE state = 'failed' AND passes < {MOST_PASSES} AND {where}",
                values,
            ).rowcount

    def standing(self, scopes: Sequence[Scope] = ()) -> Standing:
        where, values = questions_in(scopes)
        counts = dict(
            self._db.execute(f"SELECT state, count(*) FROM url WHERE {where} GROUP BY state", values).fetchall()
        )
        return Standing(**{name: counts.get(name, 0) for name in Standing.__slots__})

    def books_known(self) -> list[tuple[str, int, str | None, int, int]]:
        """Library, number, title, entries listed and entries held of every book whose contents are held."""
        return self._db.execute(
            "SELECT b.library, b.number, b.title, (SELECT count(*) FROM heading WHERE contents = b.contents), "
            "(SELECT count(*) FROM entry AS e WHERE e.library = b.library AND e.book = b.number) "
            "FROM book AS b WHERE b.contents IS NOT NULL ORDER BY b.library, b.number"
        ).fetchall()

    def held(self, library: str, book: int) -> int:
        """Entries of a book that are held."""
        row = self._db.execute("SELECT count(*) FROM entry WHERE (library, book) = (?, ?)", (library, book))
        count: int = row.fetchone()[0]
        return count

    # -- captures ----------------------------------------------------------------------------------------

    def settle(self, crawl: int, readings: Sequence[Reading]) -> None:
        """Mark what durable records answered, and keep what they say: one transaction.

        The records must be on disk and synced before. A page whose text cannot be stored never keeps the
        others from being marked: it is marked too, as odd, and read again by `mirror rebuild`.
        """
        try:
            with self.database.transaction() as db:
                for reading in readings:
                    self._settle(db, crawl, reading)
                self._put_together(db, crawl, readings)
        except (sqlite3.IntegrityError, sqlite3.DataError, UnicodeError, ValueError, OverflowError):
            log.exception("a page could not be stored as a whole batch; storing one by one")
            self._forget()
            for reading in readings:
                self._settle_alone(crawl, reading)
            with self.database.transaction() as db:
                self._put_together(db, crawl, readings)
        except sqlite3.Error:
            self._forget()
            raise

    def _put_together(self, db: sqlite3.Connection, crawl: int, readings: Sequence[Reading]) -> None:
        """Lists whose pages were among the answers."""
        imported: dict[List, bool] = {}
        for reading in readings:
            lease = reading.lease
            if lease.kind in ("library", "list") and lease.library and reading.final:
                imported[List(lease.library, lease.book)] = reading.imported
        for place, from_import in imported.items():
            short = put_together(db, crawl, place, None if from_import else self.most_shrinkage)
            if short is not None:
                self.short[place.name] = short

    def _settle_alone(self, crawl: int, reading: Reading) -> None:
        try:
            with self.database.transaction() as db:
                self._settle(db, crawl, reading)
        except (sqlite3.IntegrityError, sqlite3.DataError, UnicodeError, ValueError, OverflowError) as error:
            page = Page(reading.lease.kind, "odd", f"archived, but what it says could not be stored: {error!r:.200}")
            failure = reading.failure and "no answer, for a reason that could not be stored"
            with self.database.transaction() as db:
                self._settle(db, crawl, replace(reading, page=page, failure=failure, original=None))
            log.warning("%s: %s", reading.target, page.reason)

    def _settle(self, db: sqlite3.Connection, crawl: int, reading: Reading) -> None:
        lease, written, page = reading.lease, reading.written, reading.page
        state, reason = standing_of(page, reading.truncated, reading.failure)
        short = None
        if page is not None and lease.kind in ("home", "library", "list") and not reading.imported:
            short = self._find_shrinkage(db, lease, page)
        if short is not None:
            state, reason = "failed", str(short)
        elif (state == "gone" or _leads_away(lease, page)) and self.is_expected(lease):
            state, reason = "failed", f"listed by the source, and yet {reason or (page and page.reason)}"
        verdict = "failed" if reading.failure else page.verdict if page else "ok"
        if page is None and reading.original is not None and state == "done":
            verdict, reason = db.execute(
                "SELECT verdict, reason FROM capture WHERE id = ?", (reading.original,)
            ).fetchone()
            if verdict == "odd" and lease.kind not in _MAY_BE_ODD:
                state = "failed"  # the same odd page once more
        warc = self.files.number(written.filename)
        capture: int = db.execute(
            "INSERT INTO capture (url_id, crawl, target, timestamp, type, status, mime, record_id, payload_digest, "
            "warc_id, offset, length, original, truncated, verdict, reason, oddities, etag, modified) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (
                lease.id,
                crawl,
                reading.target,
                written.timestamp,
                written.type,
                written.status,
                written.mime,
                written.record_id,
                written.payload_digest,
                warc,
                written.offset,
                written.length,
                reading.original,
                reading.truncated,
                verdict,
                reason,
                entries.dumps(page.oddities) if page and page.oddities else None,
                reading.etag,
                reading.modified,
            ),
        ).fetchone()[0]
        if written.cdxj:
            db.execute("INSERT INTO cdx VALUES (?, ?)", (warc, written.cdxj))
        if not reading.final:
            db.execute("UPDATE url SET newest = ? WHERE id = ?", (capture, lease.id))
            return
        original = capture if verdict in ("ok", "odd") and written.status == 200 and not reading.truncated else None
        if page is None and reading.original is not None:
            original = reading.original
            self._touch(db, capture, reading.original, written.timestamp)
        elif short is not None:
            original = None  # the next answer must be read anew, even if it is the same
        elif page is not None:
            listed = listed_by(lease, page)
            if listed is not None and state == "done":
                listing.save_listing(db, *listed, capture, written.timestamp)
            if page.pages and lease.kind in ("library", "list") and page.verdict in ("ok", "odd"):
                names = [book.number for book in page.books if book.library == lease.library]
                note_page(db, capture, page.pages, names if lease.kind == "library" else None)
            if page.verdict in ("ok", "odd"):  # the title of a block page names no library
                self._learn(db, page, capture, written.timestamp, whole=state == "done", imported=reading.imported)
            self._add(page.links)
            hop = next(
                (link.url for link in page.links if link.key == lease.key and link.url != reading.target), None
            )
            if hop is not None and page.verdict in ("redirect", "blocked") and not reading.imported:
                # The same question at another address: a device in front that wants COLLCC, a slash, https.
                if lease.hops < MOST_HOPS:
                    db.execute(
                        "UPDATE url SET state = 'found', hop = ?, hops = hops + 1, newest = ? WHERE id = ?",
                        (hop, capture, lease.id),
                    )
                    return
                state, reason = "failed", f"sent in a circle: more than {MOST_HOPS} redirects"
        if reading.imported:
            if page is None or page.verdict != "redirect":
                self._stand_imported(db, lease.id, capture, written.timestamp, crawl, state, reason)
            return
        db.execute(
            "UPDATE url SET state = ?, reason = ?, crawl = ?, newest = ?, original = coalesce(?, original), "
            "passes = passes + ? WHERE id = ?",
            (state, reason, crawl, capture, original, state == "failed", lease.id),
        )

    def _stand_imported(
        self,
        db: sqlite3.Connection,
        question: int,
        capture: int,
        timestamp: str,
        crawl: int,
        state: State,
        reason: str | None,
    ) -> None:
        """How a question stands after an imported answer: only an answer newer than all others can change it.

        It is never the base of conditional requests and revisits: its digest and its ETag are somebody else's word.
        """
        db.execute(
            "UPDATE url SET state = ?, reason = ?, crawl = ?, newest = ? WHERE id = ? "
            "AND ? >= coalesce((SELECT timestamp FROM capture WHERE id = url.newest), '')",
            (state, reason, crawl, capture, question, timestamp),
        )

    def _learn(
        self, db: sqlite3.Connection, page: Page, capture: int, seen: str, *, whole: bool, imported: bool
    ) -> None:
        """Keep what a page says; of a page that broke off all but its entry, which may lack its end.

        Of a page that was imported, titles count only where there are none.
        """
        if page.libraries:
            entries.save_libraries(db, page.libraries, only_unknown=imported)
        if page.books:
            entries.save_books(db, page.books, only_unknown=imported)
        if page.contents:
            contents = entries.save_contents(db, page.contents, seen, page.pages)
            db.execute("UPDATE capture SET contents = ? WHERE id = ?", (contents, capture))
        if page.entry and whole:
            version = entries.save_entry(db, page.entry, capture, seen)
            db.execute("UPDATE capture SET version = ? WHERE id = ?", (version, capture))
            if page.template is not None:
                db.execute("INSERT INTO template VALUES (?, ?)", (capture, page.template))

    def _find_shrinkage(self, db: sqlite3.Connection, lease: Lease, page: Page) -> Shrinkage | None:
        if self.most_shrinkage is None:
            return None
        short = find_shrinkage(db, lease, page, self.most_shrinkage)
        if short is not None:
            self.short[lease.key] = short
        return short

    def _touch(self, db: sqlite3.Connection, capture: int, original: int, seen: str) -> None:
        version, contents = db.execute(
            "UPDATE capture SET (version, contents) = (SELECT version, contents FROM capture WHERE id = ?) "
            "WHERE id = ? RETURNING version, contents",
            (original, capture),
        ).fetchone()
        if version is not None:
            entries.touch_version(db, version, capture, seen)
        if contents is not None:
            entries.touch_contents(db, contents, seen)
        listing.touch_listing(db, capture, original, seen)
        touch_page(db, capture, original)


def _leads_away(lease: Lease, page: Page | None) -> bool:
    """An entry's page sends its reader to something else: to the entrance, or to where one has to log in."""
    return (
        lease.kind == "entry"
        and page is not None
        and page.verdict == "redirect"
        and all(link.key != lease.key for link in page.links)
    )


def _earlier(columns: tuple[Any, ...]) -> list[Earlier]:
    """The base of conditional requests, if there is one."""
    return [Earlier(*columns)] if columns[0] is not None else []
