"""Every record of a collection's finished WARC files: where it lies, whose it is, and what it refers to.

Made from the records alone, for exports that take a collection apart. It lies in a temporary database on the disk,
so that memory stays flat however many records there are.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from mirror.errors import MirrorError
from mirror.extraction.page import Link
from mirror.frontier.scope import Scope
from mirror.sites.site import Site
from warc import reader
from warc.reader import Record

_TABLES = """
CREATE TABLE file (id INTEGER PRIMARY KEY, path TEXT NOT NULL, size INTEGER NOT NULL);
CREATE TABLE record (
    id      INTEGER PRIMARY KEY,
    file    INTEGER NOT NULL,
    offset  INTEGER NOT NULL,
    length  INTEGER NOT NULL,
    type    TEXT NOT NULL,
    url     TEXT,               -- of responses and revisits
    date    TEXT,
    of_url  TEXT,               -- of revisits: the original
    of_date TEXT,
    line    TEXT,               -- CDXJ, as it is where the record lies now
    wanted  INTEGER NOT NULL,   -- inside the scopes asked for
    library TEXT,
    book    INTEGER,
    shard   TEXT                -- NULL: in every one
);
CREATE INDEX record_file ON record (file, offset);
CREATE INDEX record_warcinfo ON record (file, offset) WHERE type = 'warcinfo';
CREATE INDEX record_original ON record (url, date) WHERE type = 'response';
"""

#: Shard of what belongs to no library that is there: the home page, robots.txt, libraries without a book.
COMMON = "common"
#: Kinds that every part needs so that its pages look right.
_FURNITURE = ("asset",)

_PLACE = "f.path, r.offset, r.length"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record lies."""

    path: Path
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Held:
    """A record of one shard.

    Attributes:
        place: Where it lies.
        type: WARC-Type.
        line: Its line in the index; None for types no index lists.
        refers_to: Of a revisit whose original is outside the shard: that original.
    """

    place: Place
    type: str
    line: str | None
    refers_to: Place | None


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a collection.

    Attributes:
        label: `ch9`, `ch9-3`, `ch9-to-d00`, or `common`; "" for the whole.
        library: Its library; None if it is the whole, or what belongs to none or to several.
        book: Its book; None if it is not of one book.
        apart: The books of its library are shards of their own.
        size_bytes: Of its records as they lie there.
        captures: Responses and revisits.
        parts: What it was joined of.
    """

    label: str
    library: str | None
    book: int | None
    apart: bool
    size_bytes: int
    captures: int
    parts: tuple[Shard, ...] = ()


#: A whole collection, where nothing is known of its size.
WHOLE = Shard("", None, None, False, 0, 0)


class Catalogue:
    """Use as a context manager.

    Args:
        warcs: The files, in the order their records are to be taken.
        site: Says whose a URL is.
        scopes: What is wanted; everything if empty. Page furniture and robots.txt always are.

    Raises:
        MirrorError: A file cannot be read to its end.
    """

    def __init__(self, warcs: Sequence[Path], site: Site, scopes: Sequence[Scope]) -> None:
        self._site = site
        self._scopes = scopes
        self._large: frozenset[str] = frozenset()
        self._db = sqlite3.connect("", isolation_level=None)  # on the disk, and gone with the connection
        self._db.executescript("PRAGMA journal_mode = OFF;" + _TABLES)
        self._db.execute("BEGIN")
        for path in warcs:
            self._take(path)
        self._db.execute("COMMIT")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def _take(self, path: Path) -> None:
        size = path.stat().st_size
        (number,) = self._db.execute(
            "INSERT INTO file (path, size) VALUES (?, ?) RETURNING id", (str(path), size)
        ).fetchone()
        end = 0

        def rows() -> Iterator[tuple[object, ...]]:
            nonlocal end
            for record in reader.read(path, on_odd="warn"):
                end = record.offset + record.length
                yield (number, *self._row(record))

        self._db.executemany(
            "INSERT INTO record (file, offset, length, type, url, date, of_url, of_date, line, wanted, library, "
            "book, shard) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows(),
        )
        if end != size:
            raise MirrorError(
                f"{path}: can be read only up to byte {end} of {size}. Nothing was exported: what lies behind would "
                f"be missing. Restore the file from a copy; `mirror verify` lists all damage"
            )

    def _row(self, record: Record) -> tuple[object, ...]:
        link = self._site.identify(record.target_uri or "")
        is_capture = record.type in ("response", "revisit")
        is_revisit = record.type == "revisit"
        return (
            record.offset,
            record.length,
            record.type,
            record.target_uri if is_capture else None,
            record.date if is_capture else None,
            record.get("WARC-Refers-To-Target-URI") if is_revisit else None,
            record.get("WARC-Refers-To-Date") if is_revisit else None,
            reader.cdxj_of(record),
            record.type != "warcinfo" and self._is_wanted(link),
            link.library if link else None,
            link.book if link else None,
            None if link and link.kind in _FURNITURE else "",
        )

    def _is_wanted(self, link: Link | None) -> bool:
        if not self._scopes or (link is not None and link.kind in (*_FURNITURE, "robots")):
            return True
        return link is not None and any(
            link.library == scope.library
            and scope.book in (None, link.book)
            and (scope.rec is None or link.rec in (None, scope.rec))
            for scope in self._scopes
        )

    # -- in parts ------------------------------------------------------------------------------------------

    def unite(self) -> None:
        """Everything belongs to one shard."""
        self._db.execute("UPDATE record SET shard = ''")
        self._by_shard()

    def _by_shard(self) -> None:
        self._db.execute("CREATE INDEX IF NOT EXISTS record_shard ON record (shard, file, offset, id) WHERE wanted")

    def divide(self, by_library: Iterable[str], by_book: Iterable[str] = ()) -> None:
        """Say which shard each record belongs to: of a library, of a book, or what is left.

        Args:
            by_library: Libraries that get one shard each.
            by_book: Those of them that get one shard a book, and one for what belongs to no book.
        """
        self._db.execute(
            "UPDATE record SET shard = CASE WHEN library IN (SELECT value FROM json_each(?)) THEN library ELSE ? END "
            "WHERE shard IS NOT NULL",
            (json.dumps(list(by_library)), COMMON),
        )
        self._large = frozenset(by_book)
        for library in self._large:
            self._db.execute(
                "UPDATE record SET shard = library || '-' || book WHERE shard = ? AND book IS NOT NULL", (library,)
            )
        self._by_shard()

    def libraries(self) -> list[tuple[str, int, int]]:
        """Code, bytes and captures of every library that is wanted."""
        return self._db.execute(
            "SELECT library, sum(length), sum(line IS NOT NULL) FROM record WHERE wanted AND library IS NOT NULL "
            "GROUP BY library ORDER BY library"
        ).fetchall()

    def shards(self) -> list[Shard]:
        """The shards that hold a capture, what belongs to no library first, what is in all counted in each."""
        rows = self._db.execute(
            "SELECT shard, min(library), CASE WHEN min(shard) LIKE '%-%' THEN min(book) END, sum(length), "
            "sum(line IS NOT NULL) FROM record WHERE wanted AND shard IS NOT NULL GROUP BY shard "
            "HAVING sum(line IS NOT NULL) > 0 ORDER BY shard <> ?, min(library), 3, shard",
            (COMMON,),
        ).fetchall()
        shared = self._db.execute(
            "SELECT coalesce(sum(length), 0), count(line) FROM record WHERE wanted AND shard IS NULL"
        ).fetchone()
        return [
            Shard(
                label,
                library if label not in ("", COMMON) else None,
                book,
                apart,
                size + shared[0],
                captures + shared[1],
            )
            for label, library, book, apart, size, captures in (
                (*row[:3], row[1] in self._large, *row[3:]) for row in rows
            )
        ]

    def join(self, parts: Sequence[Shard]) -> Shard:
        """One shard in the place of several, in their order."""
        if len(parts) == 1:
            return parts[0]
        label = f"{parts[0].label}-to-{parts[-1].label}"
        self._db.execute(
            "UPDATE record SET shard = ? WHERE wanted AND shard IN (SELECT value FROM json_each(?))",
            (label, json.dumps([one.label for one in parts])),
        )
        size, captures = sum(one.size_bytes for one in parts), sum(one.captures for one in parts)
        return Shard(label, None, None, False, size, captures, tuple(parts))

    def captures(self) -> int:
        """Responses and revisits that are wanted."""
        (count,) = self._db.execute("SELECT count(line) FROM record WHERE wanted").fetchone()
        return int(count)

    def held(self, shard: Shard) -> Iterator[Held]:
        """The records of a shard in the order of their files; warcinfo records are left out."""
        columns = "r.file, r.offset, r.id, f.path, r.length, r.type, r.line, r.of_url, r.of_date"
        # Two walks along the index side by side: an OR would read all records for each shard.
        cursor = self._db.execute(
            f"SELECT {columns} FROM record AS r JOIN file AS f ON f.id = r.file WHERE r.wanted AND r.shard = ? "
            f"UNION ALL SELECT {columns} FROM record AS r JOIN file AS f ON f.id = r.file "
            "WHERE r.wanted AND r.shard IS NULL ORDER BY 1, 2, 3",
            (shard.label,),
        )
        for _, offset, _, path, length, type_, line, of_url, of_date in cursor:
            outside = None
            if of_url is not None:
                original = self._original(of_url, of_date)
                if original is not None and not original.wanted_in(shard.label):
                    outside = original.place
            yield Held(Place(Path(path), offset, length), type_, line, outside)

    # -- questions -----------------------------------------------------------------------------------------

    def records(self, path: Path) -> Iterator[Held]:
        """The wanted records of one file in their order; every revisit with its original, if that is here."""
        cursor = self._db.execute(
            f"SELECT {_PLACE}, r.type, r.line, r.of_url, r.of_date FROM record AS r JOIN file AS f ON f.id = r.file "
            "WHERE r.wanted AND f.path = ? ORDER BY r.offset, r.id",
            (str(path),),
        )
        for found, offset, length, type_, line, of_url, of_date in cursor:
            original = self._original(of_url, of_date) if of_url is not None else None
            yield Held(Place(Path(found), offset, length), type_, line, original.place if original else None)

    def holds_others(self, path: Path) -> bool:
        """Whether a file holds records outside the scopes."""
        (count,) = self._db.execute(
            "SELECT count(*) FROM record AS r JOIN file AS f ON f.id = r.file "
            "WHERE f.path = ? AND NOT r.wanted AND r.type <> 'warcinfo'",
            (str(path),),
        ).fetchone()
        return bool(count)

    def holds_revisits(self, path: Path) -> bool:
        """Whether a file holds wanted revisits."""
        (count,) = self._db.execute(
            "SELECT count(*) FROM record AS r JOIN file AS f ON f.id = r.file "
            "WHERE f.path = ? AND r.wanted AND r.type = 'revisit'",
            (str(path),),
        ).fetchone()
        return bool(count)

    def warcinfo(self, place: Place) -> Place | None:
        """The warcinfo that describes a record: the last one before it in its file."""
        row = self._db.execute(
            f"SELECT {_PLACE} FROM record AS r JOIN file AS f ON f.id = r.file WHERE r.type = 'warcinfo' "
            "AND f.path = ? AND r.offset <= ? ORDER BY r.offset DESC LIMIT 1",
            (str(place.path), place.offset),
        ).fetchone()
        return Place(Path(row[0]), row[1], row[2]) if row else None

    def lines(self) -> Iterator[str]:
        """All index lines as they are now, sorted bytewise, none twice."""
        for (line,) in self._db.execute("SELECT DISTINCT line FROM record WHERE line IS NOT NULL ORDER BY line"):
            yield line

    def dangling(self) -> int:
        """How many wanted revisits refer to a response that no file holds."""
        (count,) = self._db.execute(
            "SELECT count(*) FROM record AS r WHERE r.wanted AND r.type = 'revisit' AND NOT EXISTS (SELECT 1 FROM "
            "record AS o WHERE o.type = 'response' AND o.url = r.of_url AND o.date = r.of_date)"
        ).fetchone()
        return int(count)

    def _original(self, url: str, date: str) -> _Original | None:
        row = self._db.execute(
            f"SELECT {_PLACE}, r.wanted, r.shard FROM record AS r JOIN file AS f ON f.id = r.file "
            "WHERE r.type = 'response' AND r.url = ? AND r.date = ? ORDER BY r.id LIMIT 1",
            (url, date),
        ).fetchone()
        return _Original(Place(Path(row[0]), row[1], row[2]), bool(row[3]), row[4]) if row else None


@dataclass(frozen=True, slots=True)
class _Original:
    place: Place
    wanted: bool
    shard: str | None

    def wanted_in(self, label: str) -> bool:
        return self.wanted and self.shard in (label, None)
