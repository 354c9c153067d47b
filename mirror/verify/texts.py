"""Every stored text derived from its record again, in the process that reads the file, and compared byte for byte."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mirror.extraction.entry import assemble
from mirror.extraction.page import Entry, Page
from mirror.frontier.ledger import standing_of
from mirror.imports.foreign import capture_of
from mirror.imports.sources import Sources
from mirror.pipelines.reading import read_page
from mirror.sites import open_site
from mirror.sites.site import PageReader
from mirror.store.entries import as_read, as_said, contents_rows
from mirror.store.widths import widths_of
from mirror.verify.ledger import connect
from warc.verify.examine import File, as_record
from warc.verify.header import Header
from warc.verify.http import Message
from warc.verify.scan import Found

_SAID = ("title", "code", "path", "charset", "raw_text")
_READ = ("text", "text_digest", "items", "tables", "signatures", "width", "flags")
_CAPTURE = "SELECT version, contents FROM capture WHERE warc_id = ? AND offset = ? AND record_id = ?"
_VERSION = (
    f"SELECT {', '.join(f'v.{name}' for name in (*_SAID, *_READ))}, e.library, e.book, e.rec "
    "FROM version AS v JOIN entry AS e ON e.id = v.entry WHERE v.id = ?"
)


@dataclass(frozen=True, slots=True)
class Rederive:
    """Gives each file an observer that reads its pages again. Goes from process to process.

    Attributes:
        database: The collection's `mirror.db`.
        source: Of the collection, as in its settings.
        base_url: Likewise.
        imported: Imported files by name, with the further roots the source had there.
    """

    database: Path
    source: str
    base_url: str
    imported: Mapping[str, tuple[str, ...]]

    def __call__(self, file: File) -> Texts:
        return Texts(self, file)


class Texts:
    """Reads the pages of one file again, and compares them with the store."""

    def __init__(self, rederive: Rederive, file: File) -> None:
        self._db = connect(rederive.database)
        self._site = open_site(rederive.source, rederive.base_url)
        roots = rederive.imported.get(file.path.name)
        self._sources = Sources(self._site, roots) if roots is not None else None
        self._path = file.path
        row = self._db.execute("SELECT id FROM warc WHERE name = ?", (file.path.name,)).fetchone()
        self._warc: int | None = row[0] if row else None

    def see(self, header: Header, found: Found, message: Message) -> Iterable[tuple[str, str]]:
        if header.type not in ("response", "resource") or self._warc is None:
            return []
        row = self._db.execute(_CAPTURE, (self._warc, found.offset, header.get("warc-record-id"))).fetchone()
        if row is None:
            return []  # told by `ledger.judge`
        record = as_record(self._path, header, found)
        if self._sources is None:
            site: PageReader = self._site
            capture = record.capture()
        else:
            identified = self._sources.identify(header.target)
            if identified is None:
                return [("ledger-record", f"the ledger has a capture of {header.target}, which is not of the source")]
            site, capture = identified[1], capture_of(record)
        page = read_page(site, capture)
        return [*self._judge_entry(page, capture.truncated, row[0]), *self._judge_contents(page, row[1])]

    def close(self) -> Iterable[tuple[str, int | None, str | None, str]]:
        self._db.close()
        return []

    def _judge_entry(self, page: Page, truncated: str | None, version: int | None) -> Iterable[tuple[str, str]]:
        whole = standing_of(page, truncated, None)[0] == "done"
        if version is None:
            if page.entry is not None and whole:
                yield "store-lacks", f"the record gives the text of {_id(page.entry)}, and the store has none of it"
            return
        if page.entry is None:
            yield (
                "store-text",
                f"the store has a text of this record, which gives none ({page.reason or page.verdict})",
            )
            return
        said = as_said(page.entry)
        differing = self._differing(version, page.entry, said)
        if differing is None:
            yield "store-lacks", f"the text of {_id(page.entry)} that this record gives is not in the store"
            return
        if differing:  # once more at one instant: a crawl may have settled the book's widths in between
            self._db.execute("BEGIN")
            differing = self._differing(version, page.entry, said)
            self._db.execute("COMMIT")
        if differing == ["text_digest"]:
            yield "store-digest", f"text_digest of {_id(page.entry)} is not that of its text"
        elif differing:
            yield (
                "store-text",
                f"of {_id(page.entry)} the store has another {', '.join(differing)} than the record gives",
            )

    def _differing(self, version: int, entry: Entry, said: tuple[str | None, ...]) -> list[str] | None:
        """Columns of a version that are not what the record gives, by itself or at the widths of its book.

        None if there is no such version.
        """
        row = self._db.execute(_VERSION, (version,)).fetchone()
        if row is None:
            return None
        stored_said, stored_read, place = row[:5], row[5:12], row[12:]
        differing = [name for name, one, other in zip(_SAID, said, stored_said, strict=True) if one != other]
        if place != (entry.library, entry.book, entry.rec):
            differing.append(f"place ({'/'.join(map(str, place))})")
        read = as_read(entry.content)
        if read != stored_read:
            read = as_read(assemble(entry.content.raw_text, widths_of(self._db, entry.library, entry.book)))
        return differing + [name for name, one, other in zip(_READ, read, stored_read, strict=True) if one != other]

    def _judge_contents(self, page: Page, contents: int | None) -> Iterable[tuple[str, str]]:
        if page.contents is None:
            if contents is not None:
                yield "store-text", "the store has a table of contents of this record, which gives none"
            return
        if contents is None:
            return  # of an attempt that was followed by another
        rows, digest = contents_rows(page.contents, page.pages)
        stored = self._db.execute("SELECT digest, complete FROM contents WHERE id = ?", (contents,)).fetchone()
        held = self._db.execute(
            "SELECT place, rec, title, code, indent, path FROM heading WHERE contents = ? ORDER BY place", (contents,)
        ).fetchall()
        first: dict[int, tuple[object, ...]] = {}
        for row in rows:
            first.setdefault(row[1], row)
        if stored != (digest, page.contents.complete) or held != list(first.values()):
            yield "store-text", "the store has another table of contents than the record gives"


def _id(entry: Entry) -> str:
    return f"{entry.library}/{entry.book}/{entry.rec}"


def judge_versions(db: sqlite3.Connection) -> Iterable[tuple[str, str]]:
    """Texts that no capture holds, and revisits that speak of another text than their original: rule and message."""
    for library, book, rec in db.execute(
        "SELECT e.library, e.book, e.rec FROM version AS v JOIN entry AS e ON e.id = v.entry "
        "LEFT JOIN capture AS c ON c.id = v.capture WHERE c.version IS NOT v.id"
    ):
        yield "store-capture", f"a text of {library}/{book}/{rec} names no capture that holds it"
    for library, book, rec in db.execute(
        "SELECT e.library, e.book, e.rec FROM entry AS e LEFT JOIN version AS v ON v.id = e.newest "
        "WHERE v.entry IS NOT e.id"
    ):
        yield "store-capture", f"the newest text of {library}/{book}/{rec} is not in the store"
    for target, timestamp in db.execute(
        "SELECT c.target, c.timestamp FROM capture AS c LEFT JOIN capture AS o ON o.id = c.original "
        "WHERE c.type = 'revisit' AND c.original IS NOT NULL AND (o.id IS NULL OR c.version IS NOT o.version)"
    ):
        yield "ledger-record", f"the revisit of {target} at {timestamp} has another text than its original"
