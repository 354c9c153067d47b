"""What a source held at a moment, as its own answers show it.

An entry is there if its newest telling answer by then was its text. It is not there if that answer was "there is no
such thing" (404, 410, the database's own notice) and the contents of its book do not list it, or if a later, complete
table of contents of its book does not list it, or if the source said later that there is no such book, and its
library does not name it. Contents list headings, and a number may get another one: a text whose heading they list
under a number that was not asked since, or list no longer while numbers with new headings were not asked, may stand
there, and is taken to be there still. Whatever else came (nothing asked, no answer, a block page, an answer cut
short, contents of which a page lacks, or shrunk out of belief) tells nothing: what was held before is taken to be
there still.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter
from typing import Any

from mirror.diff.fold import fold, fold_body
from mirror.diff.near import Sketch, sketch

#: A text without its blanks: a heading set in the middle of its line says no more than its words.
_BARE = reduce(lambda text, blank: f"replace({text}, char({ord(blank)}), '')", " \t\n\u3000\xa0", "text")


@dataclass(frozen=True, slots=True)
class Moment:
    """The end of a crawl, or an instant.

    Attributes:
        instant: WARC-Date; of a crawl, that of its last capture.
        crawl: Number of the crawl; None for an instant.
    """

    instant: str
    crawl: int | None = None

    def reached_by(self, capture: str) -> tuple[str, list[Any]]:
        """As SQL over the table of captures: those made by then."""
        if self.crawl is not None:
            return f"{capture}.crawl <= ?", [self.crawl]
        return f"{capture}.timestamp <= ?", [self.instant]

    def joined_by(self, chain: str) -> tuple[str, list[Any]]:
        """As SQL over the table of chains: lists in several pages whose last page was captured by then."""
        if self.crawl is not None:
            return f"{chain}.crawl <= ?", [self.crawl]
        return f"{chain}.until <= ?", [self.instant]


@dataclass(frozen=True, slots=True)
class Answer:
    """The newest telling answer of one entry."""

    capture: int
    version: int | None  #: None: the source said that it is not there
    timestamp: str
    template: int | None = None  #: what its page was built of


@dataclass(frozen=True, slots=True)
class Listing:
    """What the tables of contents of one book said by a moment.

    Attributes:
        since: WARC-Date of the answer that rules: complete contents, or that there is no such book. None if
            neither was had; then nothing is ruled out.
        contents: Tables of contents from that answer on, oldest first. Behind those that rule may come single pages
            of others that were not had as a whole.
        gone: The source said that there is no such book.
        asked: The question was asked by then, whatever came of it.
        earlier: Complete contents that ruled before, each with the WARC-Date from which on, oldest first.
        silent: WARC-Date of the first question since that got no contents: what numbers mean from then on is open.
    """

    since: str | None = None
    contents: tuple[int, ...] = ()
    gone: bool = False
    asked: bool = False
    earlier: tuple[tuple[str, int], ...] = ()
    silent: str | None = None

    def ruled_at(self, instant: str) -> tuple[int, ...]:
        """The contents that ruled at an instant; the first ones if none did yet."""
        by_then = [contents for since, contents in self.earlier if since <= instant]
        return (by_then[-1],) if by_then else tuple(contents for _, contents in self.earlier[:1])


@dataclass(frozen=True, slots=True)
class Heading:
    title: str | None
    path: tuple[str, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """What tells it from others, however it is set."""
        return tuple(map(fold, (*self.path, self.title or "")))


@dataclass(frozen=True, slots=True)
class Held:
    """One entry as it stood at a moment."""

    library: str
    book: int
    rec: int
    version: int
    capture: int
    text_digest: str
    size: int  #: characters of its reading text, blanks not counted
    title: str | None
    path: tuple[str, ...]

    @property
    def id(self) -> str:
        return f"{self.library}/{self.book}/{self.rec}"

    @property
    def book_place(self) -> tuple[str, int]:
        return self.library, self.book


@dataclass(frozen=True, slots=True)
class Reading:
    """The text of one version."""

    text: str
    raw_text: str
    tables: tuple[tuple[tuple[str, ...], ...], ...]


@dataclass(frozen=True, slots=True)
class BookState:
    """Entries of one book that were there, by number, and texts there had been before."""

    library: str
    number: int
    answers: dict[int, Answer]
    departed: list[tuple[int, Answer]]  #: with the number it stood under, oldest first
    listing: Listing
    #: Texts that may still be there under another number, not asked since; with number and heading they had.
    adrift: list[tuple[int, Answer, Heading]] = field(default_factory=list)


@dataclass(frozen=True)
class State:
    """A collection as it was at a moment. Reads, and never writes.

    Attributes:
        db: A connection to its `mirror.db`.
        moment: Up to when.
        doubted: Crawls whose "there is no such thing" proves nothing (see `doubted_crawls`).
        name: Of the collection.
        given: Of witnesses (`diff.witnesses`), the dumps they came in; () for captures.
    """

    db: sqlite3.Connection
    moment: Moment
    doubted: frozenset[int] = frozenset()
    name: str = ""
    given: tuple[str, ...] = ()
    _named: Callable[[str], frozenset[int] | None] = field(init=False, repr=False, compare=False)
    _headings: Callable[[tuple[int, ...]], Mapping[int, Heading]] = field(init=False, repr=False, compare=False)
    _reading: Callable[[int], Reading] = field(init=False, repr=False, compare=False)
    _words: Callable[[int, str | None], bytes] = field(init=False, repr=False, compare=False)
    _sketch: Callable[[int], Sketch] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_named", lru_cache(maxsize=None)(self._find_named))
        object.__setattr__(self, "_headings", lru_cache(maxsize=16)(self._list))
        object.__setattr__(self, "_reading", lru_cache(maxsize=256)(self._read))
        object.__setattr__(self, "_words", lru_cache(maxsize=1_000_000)(self._condense))
        object.__setattr__(self, "_sketch", lru_cache(maxsize=50_000)(self._draw))

    def same_store(self, other: State) -> bool:
        """Whether versions and captures of both are numbers in one database."""
        return self.db is other.db

    # -- books and entries -----------------------------------------------------------------------------------

    def books(self) -> list[tuple[str, int]]:
        """Every book ever asked for, in order."""
        return self.db.execute(
            "SELECT DISTINCT library, book FROM url WHERE library IS NOT NULL AND book IS NOT NULL "
            "ORDER BY library, book"
        ).fetchall()

    def book(self, library: str, number: int) -> BookState:
        """What was there of one book."""
        listing = self._listing(library, number)
        answers: dict[int, Answer] = {}
        departed: list[tuple[int, Answer]] = []
        displaced: list[tuple[int, Answer, Heading]] = []
        for rec, earlier, newest in self._answers(library, number):
            texts = earlier if newest.version is None else [*earlier, newest]
            there = newest.version is not None
            if listing.since is not None and texts and not (there and newest.timestamp >= listing.since):
                there = rec in self.headings(listing) and self._displaced(listing, rec, texts[-1]) is None
            if there and texts:
                answers[rec] = texts.pop()
            for one in texts:
                then = self._displaced(listing, rec, one)
                if then is None:
                    departed.append((rec, one))
                else:
                    displaced.append((rec, one, then))
        adrift = self._adrift(listing, answers, displaced)
        departed += [(rec, answer) for rec, answer, _ in displaced if answer not in adrift]
        kept = [one for one in displaced if one[1] in adrift]
        return BookState(library, number, answers, departed, listing, kept)

    def _displaced(self, listing: Listing, rec: int, answer: Answer) -> Heading | None:
        """The heading under which a text stood, if its number has another one, or none, in the contents that rule."""
        if listing.since is None or answer.timestamp >= listing.since:
            return None
        then, now = self._headings(listing.ruled_at(answer.timestamp)).get(rec), self.headings(listing).get(rec)
        return None if then is now or then is None or (now and now.words == then.words) else then

    def _adrift(
        self, listing: Listing, answers: Mapping[int, Answer], displaced: Sequence[tuple[int, Answer, Heading]]
    ) -> set[Answer]:
        """The displaced texts that may stand under another number now, which was not asked since."""
        if not displaced:
            return set()
        newest: dict[tuple[str, ...], Answer] = {}
        for _, answer, then in sorted(displaced, key=lambda one: one[1].timestamp):
            newest[then.words] = answer
        before = {one for _, one in listing.earlier if one not in listing.contents}
        known = {heading.words for one in before for heading in self._headings((one,)).values()}
        numbers: dict[tuple[str, ...], list[int]] = {}
        for rec, heading in self.headings(listing).items():
            numbers.setdefault(heading.words, []).append(rec)
        unasked = {words for words, recs in numbers.items() if not all(rec in answers for rec in recs)}
        # Behind a new heading that was not asked may stand any text whose own heading is no longer listed.
        any_new = not unasked <= known
        return {answer for words, answer in newest.items() if (words in unasked if words in numbers else any_new)}

    def _answers(self, library: str, number: int) -> Iterator[tuple[int, list[Answer], Answer]]:
        """Each entry's number, the texts it had before, oldest first, and its newest telling answer."""
        reached, values = self.moment.reached_by("c")
        rows = self.db.execute(
            "SELECT u.rec, c.id, c.version, c.timestamp, t.digest, c.crawl FROM url AS u "
            "JOIN capture AS c ON c.url_id = u.id LEFT JOIN template AS t ON t.capture = coalesce(c.original, c.id) "
            "WHERE u.library = ? AND u.book = ? AND u.kind = 'entry' AND (c.version IS NOT NULL OR "
            f"c.verdict = 'gone') AND {reached} ORDER BY u.rec, c.timestamp, c.id",
            (library, number, *values),
        )
        for rec, answers in groupby(rows, key=itemgetter(0)):
            earlier: list[Answer] = []
            newest: Answer | None = None
            for _, capture, version, timestamp, template, crawl in answers:
                if version is None and crawl in self.doubted:
                    continue
                if newest is not None and newest.version not in (None, version):
                    earlier.append(newest)
                newest = Answer(capture, version, timestamp, template)
            if newest is not None:
                yield rec, earlier, newest

    def _listing(self, library: str, number: int) -> Listing:
        reached, values = self.moment.reached_by("c")
        joined, chains = self.moment.joined_by("n")
        since: str | None = None
        contents: list[int] = []
        earlier: list[tuple[str, int]] = []
        silent: str | None = None
        gone = asked = False
        # Of contents in several pages each page shows a part; the last one makes them whole, as of the first.
        for timestamp, verdict, found, begin, crawl, _, is_first in self.db.execute(
            "SELECT c.timestamp, c.verdict, c.contents, iif(k.complete, c.timestamp, NULL), c.crawl, c.id, "
            "NOT EXISTS (SELECT 1 FROM url AS page WHERE page.library = u.library AND page.book = u.book "
            "AND page.rec IS NULL AND page.kind = 'list' AND page.key < u.key) "
            "FROM url AS u JOIN capture AS c ON c.url_id = u.id LEFT JOIN contents AS k ON k.id = c.contents "
            f"WHERE u.library = ? AND u.book = ? AND u.rec IS NULL AND u.kind = 'list' AND {reached} "
            "UNION ALL SELECT n.until, 'ok', n.list, n.since, n.crawl, 1 << 62, 1 FROM chain AS n "
            f"WHERE n.library = ? AND n.book = ? AND n.whole AND n.list IS NOT NULL AND {joined} ORDER BY 1, 6",
            (library, number, *values, library, number, *chains),
        ).fetchall():
            asked = True
            if found is not None and begin is not None:
                since, contents, gone, silent = begin, [found], False, None
                earlier.append((begin, found))
            elif found is not None:
                contents = [*(one for one in contents if one != found), found]
            elif verdict == "gone" and crawl not in self.doubted and not self._names(library, number):
                since, contents, gone, silent = timestamp, [], True, None
            elif not gone and (is_first or verdict != "gone"):  # a page behind the first may go: contents shrink
                silent = silent or timestamp
        return Listing(since, tuple(contents), gone, asked, tuple(earlier), silent)

    def listed(self, listing: Listing) -> set[int]:
        """Numbers of the entries a listing names."""
        return {
            rec
            for contents in listing.contents
            for (rec,) in self.db.execute("SELECT rec FROM heading WHERE contents = ?", (contents,))
        }

    def headings(self, listing: Listing) -> Mapping[int, Heading]:
        """Titles and what stands above them, by number; where pages overlap the newest says."""
        return self._headings(listing.contents)

    def _list(self, numbers: tuple[int, ...]) -> Mapping[int, Heading]:
        found: dict[int, Heading] = {}
        for contents in numbers:
            for rec, title, path in self.db.execute(
                "SELECT rec, title, path FROM heading WHERE contents = ?", (contents,)
            ):
                found[rec] = Heading(title, tuple(json.loads(path)))
        return found

    def held(self, book: BookState, recs: Iterable[int]) -> list[Held]:
        """Entries of a book with what is needed to match them, in the order given."""
        headings, silent = self.headings(book.listing), book.listing.silent
        return [
            self._held(book, rec, answer, None if silent and answer.timestamp >= silent else headings.get(rec))
            for rec in recs
            for answer in (book.answers[rec],)
        ]

    def adrift(self, book: BookState) -> list[Held]:
        """Texts of a book that may stand under another number now, with the number and heading they had."""
        return [self._held(book, rec, answer, heading) for rec, answer, heading in book.adrift]

    def departed(self, book: BookState) -> list[Held]:
        """Texts there had been before in a book, newest first, with the headings they had then."""
        texts = [
            self._held(book, rec, answer, self._earlier_heading(book, rec, answer))
            for rec, answer in sorted(book.departed, key=lambda item: item[1].timestamp, reverse=True)
        ]
        return [*texts, *self._departed_headings(book)]

    def _departed_headings(self, book: BookState) -> Iterator[Held]:
        """Headings listed no longer whose text, mostly none, stood under their number later as that of another."""
        listed = set(self.headings(book.listing).values())
        newest = {**dict(book.departed), **book.answers}
        rows = self.db.execute(
            "SELECT h.rec, h.title, h.path, c.version FROM contents AS k JOIN heading AS h ON h.contents = k.id "
            "JOIN url AS u ON u.kind = 'entry' AND (u.library, u.book, u.rec) = (k.library, k.book, h.rec) "
            "JOIN capture AS c ON c.url_id = u.id AND c.timestamp BETWEEN k.first_seen AND ? "
            "WHERE k.library = ? AND k.book = ? AND k.first_seen < ? "
            "GROUP BY 1, 2, 3, 4 ORDER BY max(k.first_seen) DESC",
            (book.listing.since or "", book.library, book.number, self.moment.instant),
        )
        for rec, title, path, version in rows.fetchall():
            heading, now = Heading(title, tuple(json.loads(path))), newest.get(rec)
            if now is not None and now.version == version and heading not in listed:
                yield self._held(book, rec, now, heading)

    def _held(self, book: BookState, rec: int, answer: Answer, heading: Heading | None) -> Held:
        digest, size, title, path = self.db.execute(
            f"SELECT text_digest, length({_BARE}), title, path FROM version WHERE id = ?", (answer.version,)
        ).fetchone()
        if heading is None:
            heading = Heading(title, tuple(json.loads(path or "[]")))
        place = book.library, book.number, rec
        return Held(*place, answer.version or 0, answer.capture, digest, size, heading.title, heading.path)

    def _earlier_heading(self, book: BookState, rec: int, answer: Answer) -> Heading | None:
        """What the contents last seen before an answer call its number, for what is listed no longer."""
        row = self.db.execute(
            "SELECT h.title, h.path FROM heading AS h JOIN contents AS k ON k.id = h.contents WHERE k.library = ? "
            "AND k.book = ? AND h.rec = ? AND k.first_seen <= ? ORDER BY k.first_seen DESC LIMIT 1",
            (book.library, book.number, rec, answer.timestamp),
        ).fetchone()
        return Heading(row[0], tuple(json.loads(row[1]))) if row else None

    # -- texts and captures ----------------------------------------------------------------------------------

    def reading(self, held: Held) -> Reading:
        return self._reading(held.version)

    def _read(self, version: int) -> Reading:
        text, raw_text, tables = self.db.execute(
            "SELECT text, raw_text, tables FROM version WHERE id = ?", (version,)
        ).fetchone()
        rows = tuple(tuple(tuple(row) for row in table) for _, table in json.loads(tables))
        return Reading(text, raw_text, rows)

    def folded(self, held: Held) -> str:
        """What the entry says, its title left out and however it is set."""
        reading = self.reading(held)
        return fold_body(reading.text, held.title, reading.tables)

    def words(self, held: Held) -> bytes:
        """A digest of `folded`: equal where two entries say the same, however they are set."""
        return self._words(held.version, held.title)

    def _condense(self, version: int, title: str | None) -> bytes:
        return condense(self._read(version), title)

    def sketch(self, held: Held) -> Sketch:
        return self._sketch(held.version)

    def _draw(self, version: int) -> Sketch:
        return sketch(fold(self._reading(version).text))

    def capture(self, number: int) -> dict[str, Any]:
        """Where the evidence lies: URL, time, digest, WARC file, offset and length in bytes."""
        row = self.db.execute(
            "SELECT c.target, c.timestamp, c.status, c.record_id, c.payload_digest, w.name, c.offset, c.length "
            "FROM capture AS c JOIN warc AS w ON w.id = c.warc_id WHERE c.id = ?",
            (number,),
        ).fetchone()
        names = ("url", "timestamp", "status", "record_id", "payload_digest", "warc", "offset", "length")
        return dict(zip(names, row, strict=True))

    # -- what can be told of what is not there -----------------------------------------------------------------

    def is_new(self, book: BookState, title: str | None, path: tuple[str, ...], rec: int) -> bool:
        """Whether an entry that was not held then was not there either; False if that cannot be told.

        Args:
            book: The book as it was at this moment.
            title: Of the entry, as it is at the other moment.
            path: Titles above it.
            rec: Its number then.
        """
        listing = book.listing
        if listing.gone:
            return True
        if listing.since is not None:
            lacking = [(rec, heading) for rec, heading in self.headings(listing).items() if rec not in book.answers]
            return not any(
                fold(heading.title or "") == fold(title or "") and (one == rec or heading.path == path)
                for one, heading in lacking
            )
        if listing.asked:
            return False
        named = self._named(book.library)
        return self._contents_were_asked(book.library) if named is None else book.number not in named

    def _contents_were_asked(self, library: str) -> bool:
        """Whether contents of every book then known of a library had been asked for: they come before entries."""
        reached, values = self.moment.reached_by("c")
        scopes = self.db.execute(
            "SELECT DISTINCT k.scope FROM crawl AS k WHERE EXISTS (SELECT 1 FROM capture AS c "
            f"WHERE c.crawl = k.number AND c.version IS NOT NULL AND {reached})",
            values,
        )
        return any(not (wanted := json.loads(scope)) or library in wanted for (scope,) in scopes)

    def _names(self, library: str, number: int) -> bool:
        """Whether the page of the library names the book; False where no such page was had."""
        return number in (self._named(library) or ())

    def _find_named(self, library: str) -> frozenset[int] | None:
        reached, values = self.moment.reached_by("c")
        joined, chains = self.moment.joined_by("n")
        row = self.db.execute(
            "SELECT l.names, c.timestamp, c.id FROM url AS u JOIN capture AS c ON c.url_id = u.id "
            "JOIN capture_listing AS n ON n.capture = c.id JOIN listing AS l ON l.id = n.listing "
            f"WHERE u.library = ? AND u.kind = 'library' AND {reached} "
            "UNION ALL SELECT l.names, n.until, 0 FROM chain AS n JOIN listing AS l ON l.id = n.list "
            f"WHERE n.library = ? AND n.book = 0 AND n.whole AND {joined} ORDER BY 2 DESC, 3 DESC LIMIT 1",
            (library, *values, library, *chains),
        ).fetchone()
        return frozenset(json.loads(row[0])) if row else None


def condense(reading: Reading, title: str | None) -> bytes:
    """A digest of what an entry says, its title left out and however it is set."""
    folded = fold_body(reading.text, title, reading.tables)
    return blake2b(folded.encode("utf-8", "surrogatepass"), digest_size=16).digest()


#: Answers "there is no such thing" from which a crawl can be doubted at all.
_FEW = 50


def doubted_crawls(db: sqlite3.Connection) -> frozenset[int]:
    """Crawls whose "there is no such thing" proves nothing of any entry: it was the source that was not there.

    So it is where a crawl got more such answers than texts and contents together, and where it was stopped.
    """
    gone = dict(
        db.execute(
            "SELECT c.crawl, count(*) FROM capture AS c JOIN url AS u ON u.id = c.url_id "
            "WHERE c.verdict = 'gone' AND u.kind IN ('entry', 'list') GROUP BY c.crawl"
        ).fetchall()
    )
    suspects = {crawl for crawl, count in gone.items() if count > _FEW}
    if not suspects:
        return frozenset()
    good = dict(
        db.execute(
            "SELECT crawl, count(*) FROM capture WHERE version IS NOT NULL OR contents IS NOT NULL GROUP BY crawl"
        ).fetchall()
    )
    stopped = {row[0] for row in db.execute("SELECT number FROM crawl WHERE outcome LIKE 'stopped%'")}
    return frozenset(crawl for crawl in suspects if crawl in stopped or gone[crawl] > good.get(crawl, 0))
