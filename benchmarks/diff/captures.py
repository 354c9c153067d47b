"""A collection of any size with several crawls in its ledger, made without a network.

The rows go in through the same `Ledger.settle` as a crawl's; only the WARC files they name are not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from zlib import crc32

from mirror.extraction.page import Book, Charset, Contents, Entry, Heading, Library, Link, Page, Text
from mirror.frontier.ledger import Ledger, Reading
from mirror.imitation import prose
from mirror.store.database import Database
from warc.record import Written

BOOK = 640  #: entries of a book


class Source:
    """A database of `size` entries, at one of its states; the words of an entry follow from its number."""

    def __init__(self, size: int, seed: int = 1) -> None:
        self.size = size
        random = Random(seed)
        self._sentences = [prose.sentence(random) for _ in range(20_000)]

    @property
    def renumbered(self) -> tuple[str, int]:
        """The book that gets an entry more at its beginning."""
        return ("b", 7) if self.size > 70 * BOOK else ("a", 1)

    def truth(self) -> dict[str, int]:
        """What changes between the two crawls, by kind."""
        edited = moved = 0
        for library, book, count in self.books():
            here = sum(is_edited(f"{library}/{book}/{place}") for place in range(count))
            edited += here
            moved += count - here if (library, book) == self.renumbered else 0
        return {"added": 1, "removed": 0, "edited": edited, "moved": moved, "retitled": 0, "cosmetic": 0}

    def books(self) -> Iterator[tuple[str, int, int]]:
        """Library, number, and how many entries."""
        for place in range(-(-self.size // BOOK)):
            yield "abcdefgh"[place // 60], place % 60 + 1, min(BOOK, self.size - place * BOOK)

    def uids(self, library: str, book: int, count: int, *, changed: bool, renumbered: tuple[str, int]) -> list[str]:
        """Names of a book's entries in order; in the renumbered book one is inserted at the beginning."""
        names = [f"{library}/{book}/{place}" for place in range(count)]
        return ["new", *names] if changed and (library, book) == renumbered else names

    def text(self, uid: str, *, edited: bool) -> str:
        """900 characters in the middle, as the real entries have; 1 % edited: a number in one sentence."""
        random = Random(uid)
        count = min(600, max(2, round(random.lognormvariate(2.9, 0.9))))
        sentences = random.choices(self._sentences, k=count)
        lines = ["".join(sentences[at : at + 6]) for at in range(0, count, 6)]
        lines[0] = f"{uid}号档案。{lines[0]}"
        if edited:
            lines[-1] += f"又，{random.randint(1000, 9999)}年重修。"
        return "\n".join(lines)


def is_edited(uid: str) -> bool:
    """One entry in a hundred, the same in every process."""
    return crc32(uid.encode()) % 100 == 0


def build(path: Path, source: Source, kind: str) -> None:
    """Two crawls. `same`: nothing changed, each page with other bytes, as the old CGI has them; `edited`: 1 % edited
    and one book renumbered.
    """
    database = Database(path)
    ledger = Ledger(database)
    began = datetime(2026, 1, 1, tzinfo=UTC)
    for crawl in (1, 2):
        ledger.crawls.note(crawl, _date(began), "[]")
        batch: list[Reading] = []
        for number, reading in enumerate(_readings(ledger, source, changed=kind == "edited" and crawl == 2)):
            at = began + timedelta(milliseconds=20 * number)
            mark = f"{crawl}-{number}"
            written = replace(
                reading.written,
                record_id=f"<urn:uuid:{mark}>",
                timestamp=_date(at),
                filename=f"bench-{crawl:05d}.warc.gz",
                offset=number * 4000,
                payload_digest=f"sha1:{mark}",
            )
            batch.append(replace(reading, written=written))
            if len(batch) == 500:
                ledger.settle(crawl, batch)
                batch.clear()
        ledger.settle(crawl, batch)
        began += timedelta(days=30)
    database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def _readings(ledger: Ledger, source: Source, *, changed: bool) -> Iterator[Reading]:
    """Every page of a crawl: contents first, as they are asked."""
    renumbered = source.renumbered
    blank = Written("", "response", "", "", 0, 3900, None, 200, "text/html", None)
    charset = Charset("gb2312", "gb18030", 0, 0)
    books = [
        (library, book, source.uids(library, book, count, changed=changed, renumbered=renumbered))
        for library, book, count in source.books()
    ]
    for library, book, uids in books:
        key = f"list/{library}/{book}"
        headings = tuple(
            Heading(
                place, f"第{uid.rpartition('/')[2]}节  {prose.TRADES[crc32(uid.encode()) % 12]}", None, 1, ("第一编",)
            )
            for place, uid in enumerate(uids, 1)
        )
        page = Page(
            "list",
            libraries=(Library(library, f"{library}库"),),
            books=(Book(library, book, f"{book}志"),),
            contents=Contents(library, book, headings),
        )
        yield Reading(ledger.lease_for(Link(key, key, "list", library, book)), key, blank, page)
    for library, book, uids in books:
        for rec, uid in enumerate(uids, 1):
            key = f"entry/{library}/{book}/{rec}"
            text = source.text(uid, edited=changed and is_edited(uid))
            said = Text(text, text, (), (), (), None, ())
            entry = Entry(library, book, rec, None, None, None, said, charset)
            page = Page("entry", entry=entry, template=7)
            yield Reading(ledger.lease_for(Link(key, key, "entry", library, book, rec)), key, blank, page)


def _date(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
