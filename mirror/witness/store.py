"""Witnesses in the store: read in, found by what they say, given one by one."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mirror.frontier.scope import Scope, places_in
from mirror.imports.sources import Sources
from mirror.search.fold import stream
from mirror.search.match import document, expression
from mirror.search.query import parse
from mirror.store.database import Database
from mirror.store.entries import dumps
from mirror.witness import dump, text
from mirror.witness.dump import Skipped

#: Texts stored in one transaction.
BATCH = 500
#: What a file manager or a crawler put behind a name that was there already.
_CLASH = re.compile(r"_[0-9a-f]{10}\Z")


@dataclass(frozen=True, slots=True)
class Witness:
    """A text that somebody copied out of the source. There is no capture of it."""

    id: int
    source: str  #: the dump, as it was given
    file: str  #: path inside the dump
    title: str
    path: tuple[str, ...]  #: names of the folders above, outermost first
    url: str | None  #: where its head says it came from
    said: str | None  #: the time its head names, as it stands
    place: Scope | None  #: the entry its URL asks for
    raw_text: str


@dataclass(slots=True)
class Tally:
    """What a dump brought."""

    texts: int = 0
    with_head: int = 0
    of_source: int = 0  #: whose URL asks for an entry of the source
    undecodable: int = 0  #: texts with characters that had to be replaced


def load(
    database: Database,
    path: Path,
    name: str,
    given: str,
    imported: str,
    sources: Sources,
    skipped: Skipped,
    progress: Callable[[int], None] = lambda texts: None,
) -> Tally:
    """Read a dump into the store. What a broken-off reading left is read anew.

    Args:
        database: The store.
        path: The dump.
        name: Of its manifest.
        given: As the file was called.
        imported: When.
        sources: Which URLs are of the source.
        skipped: Told what is left out.
        progress: Told how many texts were read, now and then.
    """
    tally = Tally()
    with database.transaction() as db:
        forget(db, name)
        (source,) = db.execute(
            "INSERT INTO witness_source (name, given, imported) VALUES (?, ?, ?) RETURNING id",
            (name, given, imported),
        ).fetchone()
    batch: list[tuple[str, text.Read]] = []
    for file, data in dump.texts(path, skipped):
        batch.append((file, text.read(data)))
        if len(batch) >= BATCH:
            _save(database, source, batch, sources, tally)
            batch.clear()
            progress(tally.texts)
    _save(database, source, batch, sources, tally)
    with database.transaction() as db:
        db.execute("UPDATE witness_source SET whole = 1 WHERE id = ?", (source,))
    return tally


def whole_sources(db: sqlite3.Connection) -> set[str]:
    """Names of the manifests whose dumps are wholly in the store."""
    return {row[0] for row in db.execute("SELECT name FROM witness_source WHERE whole")}


def _save(
    database: Database, source: int, batch: Sequence[tuple[str, text.Read]], sources: Sources, tally: Tally
) -> None:
    with database.transaction() as db:
        for file, read in batch:
            *above, base = file.split("/")
            title = read.title or _CLASH.sub("", base.rpartition(".")[0])
            found = sources.identify(read.url) if read.url else None
            link = found[0] if found and found[0].rec is not None else None
            place = (link.library, link.book, link.rec) if link else (None, None, None)
            row = db.execute(
                "INSERT OR IGNORE INTO witness (source, file, title, path, url, said, library, book, rec, charset, "
                "undecodable, raw_text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
                (source, file, title, dumps(above), read.url, read.said, *place, read.charset, read.undecodable,
                 read.raw_text),
            ).fetchone()  # fmt: skip
            if row is None:
                continue  # the same name twice in one ZIP: its table of contents keeps the first
            db.execute(
                "INSERT INTO witness_text (rowid, pairs) VALUES (?, ?)",
                (row[0], document([stream(title), stream(read.raw_text)])),
            )
            tally.texts += 1
            tally.with_head += read.has_head
            tally.of_source += link is not None
            tally.undecodable += read.undecodable > 0


def forget(db: sqlite3.Connection, name: str) -> None:
    """Take a dump out of the store, for it to be read again."""
    row = db.execute("SELECT id FROM witness_source WHERE name = ?", (name,)).fetchone()
    if row is None:
        return
    for number, title, raw_text in db.execute("SELECT id, title, raw_text FROM witness WHERE source = ?", row):
        db.execute(
            "INSERT INTO witness_text (witness_text, rowid, pairs) VALUES ('delete', ?, ?)",
            (number, document([stream(title), stream(raw_text)])),
        )
    db.execute("DELETE FROM witness WHERE source = ?", row)
    db.execute("DELETE FROM witness_source WHERE id = ?", row)


_SELECT = (
    "SELECT w.id, s.given, w.file, w.title, w.path, w.url, w.said, w.library, w.book, w.rec, w.raw_text "
    "FROM witness AS w JOIN witness_source AS s ON s.id = w.source"
)


def witnesses(db: sqlite3.Connection, scopes: Sequence[Scope] = ()) -> Iterator[Witness]:
    """Every witness, in order of its dump and path; memory stays flat.

    Args:
        db: The store.
        scopes: Only those whose URL asks for an entry in these libraries, books or entries; all if empty.
    """
    where, values = places_in(scopes, "w.")
    for row in db.cursor().execute(f"{_SELECT} WHERE {where} ORDER BY s.name, w.file", values):
        yield _witness(row)


def witness_at(db: sqlite3.Connection, number: int) -> Witness | None:
    """One witness by its number."""
    row = db.execute(f"{_SELECT} WHERE w.id = ?", (number,)).fetchone()
    return _witness(row) if row else None


def find(
    db: sqlite3.Connection, query: str, limit: int = 20, offset: int = 0, scopes: Sequence[Scope] = ()
) -> Iterator[Witness]:
    """Witnesses that say so, in order of their dump and path; the language is that of `mirror search`.

    Args:
        db: The store.
        query: What they say.
        limit: So many at most.
        offset: So many are left out before them.
        scopes: Only those whose URL asks for an entry in these libraries, books or entries; all if empty.

    Raises:
        UsageError: There is nothing to look for in the query.
    """
    where, values = _that_say(query, scopes)
    rows = db.cursor().execute(
        f"{_SELECT} {where} ORDER BY s.name, w.file LIMIT ? OFFSET ?", (*values, limit, offset)
    )
    for row in rows:
        yield _witness(row)


def count(db: sqlite3.Connection, query: str, scopes: Sequence[Scope] = ()) -> int:
    """How many witnesses `find` gives without a limit."""
    where, values = _that_say(query, scopes)
    found: int = db.execute(f"SELECT count(*) FROM witness AS w {where}", values).fetchone()[0]
    return found


def _that_say(query: str, scopes: Sequence[Scope]) -> tuple[str, list[object]]:
    where, values = places_in(scopes, "w.")
    said = "WHERE w.id IN (SELECT rowid FROM witness_text WHERE witness_text MATCH ?)"
    return f"{said} AND {where}", [expression(parse(query)), *values]


def _witness(row: tuple[object, ...]) -> Witness:
    number, given, file, title, path, url, said, library, book, rec, raw_text = row
    place = Scope(library, book, rec) if library is not None else None  # type: ignore[arg-type]
    return Witness(number, given, file, title, tuple(json.loads(path)), url, said, place, raw_text)  # type: ignore[arg-type]
