"""The contestants: each is given titles and texts, and then asked for how many entries have a string, and twenty."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from mirror.search import search
from mirror.search.fold import stream
from mirror.search.index import catch_up
from mirror.search.match import characters, pairs
from mirror.store.database import Database

BOOK = 600  #: entries of a book


class Engine(Protocol):
    name: str
    note: str
    folds: bool  #: whether 縣 is 县 to it

    def build(self, folder: Path, entries: Iterable[tuple[str, str]]) -> None: ...

    def index(self) -> None: ...

    def size(self) -> int:
        """Bytes of the index, without the texts where it can be told."""

    def ask(self, query: str) -> int: ...


class Ours:
    name = "ours"
    note = "count, titles first, BM25, 20 hits with title, path and marked snippet"
    folds = True

    def build(self, folder: Path, entries: Iterable[tuple[str, str]]) -> None:
        path, size = folder / "mirror.db", folder / "mirror.db-without-index"
        if size.exists():
            self.database, self.before = Database(path), int(size.read_text())
            return
        for part in ("mirror.db", "mirror.db-wal", "mirror.db-shm"):
            (folder / part).unlink(missing_ok=True)
        self.database = Database(path)
        with self.database.transaction() as db:
            for number, (title, text) in enumerate(entries, 1):
                book, rec = divmod(number, BOOK)
                place = (f"c{book // 10}", book % 10 + 1, rec + 1)
                if rec == 0 or number == 1:
                    db.execute("INSERT OR IGNORE INTO library VALUES (?, NULL)", place[:1])
                    db.execute("INSERT OR IGNORE INTO book (library, number) VALUES (?, ?)", place[:2])
                db.execute("INSERT INTO entry (id, library, book, rec) VALUES (?, ?, ?, ?)", (number, *place))
                db.execute(
                    "INSERT INTO version (id, entry, digest, text_digest, title, raw_text, text, items, tables, "
                    "signatures, charset, flags, proven_cut, first_seen, last_seen, capture) "
                    "VALUES (?, ?, x'00', '', ?, '', ?, '[]', '[]', '[]', '[]', '[]', 0, '2026', '2026', 1)",
                    (number, number, title, text),
                )
                db.execute("UPDATE entry SET newest = ?1 WHERE id = ?1", (number,))
        self.before = self._pages()
        size.write_text(str(self.before))

    def index(self) -> None:
        catch_up(self.database)

    def _pages(self) -> int:
        db = self.database.connection
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        free = int(db.execute("PRAGMA freelist_count").fetchone()[0])
        return (int(db.execute("PRAGMA page_count").fetchone()[0]) - free) * 4096

    def size(self) -> int:
        return self._pages() - self.before

    def ask(self, query: str) -> int:
        return search(self.database.connection, f'"{query}"').total


class OursWithCounts(Ours):
    name = "ours, with counts by library and book"
    note = "the same, and how many hits each library and book has"

    def __init__(self, built: Ours) -> None:
        self.database, self.before = built.database, built.before

    def ask(self, query: str) -> int:
        return search(self.database.connection, f'"{query}"', facets=True).total


class Trigram:
    name = "SQLite FTS5 trigram"
    note = "count and 20 by BM25; LIKE over the texts under three characters"
    folds = False

    def build(self, folder: Path, entries: Iterable[tuple[str, str]]) -> None:
        self.path = folder / "trigram.db"
        self.db = sqlite3.connect(self.path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = NORMAL")
        self.db.execute("PRAGMA cache_size = -64000")
        self.db.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, text TEXT)")
        self.db.execute("BEGIN")
        self.db.executemany("INSERT INTO entry (text) VALUES (?)", ((f"{title}\n{text}",) for title, text in entries))
        self.db.execute("COMMIT")
        self.before = self._pages()

    def index(self) -> None:
        self.db.execute(
            "CREATE VIRTUAL TABLE fts USING fts5 (text, content = 'entry', content_rowid = 'id', tokenize = 'trigram')"
        )
        # As quick as we know how to make it: in one transaction, with the settings of ours.
        self.db.execute("INSERT INTO fts (fts, rank) VALUES ('hashsize', 524288), ('automerge', 16)")
        self.db.execute("INSERT INTO fts (fts) VALUES ('rebuild')")
        self.db.execute("INSERT INTO fts (fts) VALUES ('optimize')")

    def _pages(self) -> int:
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return self.path.stat().st_size

    def size(self) -> int:
        return self._pages() - self.before

    def ask(self, query: str) -> int:
        if len(query) < 3:
            self.db.execute("SELECT id FROM entry WHERE text LIKE ? LIMIT 20", (f"%{query}%",)).fetchall()
            return int(self.db.execute("SELECT count(*) FROM entry WHERE text LIKE ?", (f"%{query}%",)).fetchone()[0])
        self.db.execute("SELECT rowid FROM fts WHERE fts MATCH ? ORDER BY rank LIMIT 20", (f'"{query}"',)).fetchall()
        return int(self.db.execute("SELECT count(*) FROM fts WHERE fts MATCH ?", (f'"{query}"',)).fetchone()[0])


class DuckDB:
    name = "DuckDB"
    note = "no index: contains() over all texts, both cores; count and 20"
    folds = False

    def build(self, folder: Path, entries: Iterable[tuple[str, str]]) -> None:
        import duckdb
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = folder / "entries.parquet"
        schema = pa.schema([("id", pa.int64()), ("text", pa.string())])
        with pq.ParquetWriter(path, schema) as writer:
            batch: list[str] = []
            first = 1
            for title, text in entries:
                batch.append(f"{title}\n{text}")
                if len(batch) == 5000:
                    writer.write_table(pa.table({"id": range(first, first + len(batch)), "text": batch}, schema))
                    first, batch = first + len(batch), []
            writer.write_table(pa.table({"id": range(first, first + len(batch)), "text": batch}, schema))
        self.db = duckdb.connect(str(folder / "duck.db"))
        self.db.execute(f"CREATE TABLE entry AS SELECT * FROM '{path}'")

    def index(self) -> None:
        pass

    def size(self) -> int:
        return 0

    def ask(self, query: str) -> int:
        self.db.execute("SELECT id FROM entry WHERE contains(text, ?) LIMIT 20", [query]).fetchall()
        row = self.db.execute("SELECT count(*) FROM entry WHERE contains(text, ?)", [query]).fetchone()
        return int(row[0]) if row else 0


class Tantivy:
    name = "tantivy on our pairs"
    note = "count and 20 by BM25; pairs and single characters made by us, texts not stored"
    folds = True

    def build(self, folder: Path, entries: Iterable[tuple[str, str]]) -> None:
        import tantivy

        self.tantivy = tantivy
        self.folder = folder / "tantivy"
        self.folder.mkdir()
        schema = tantivy.SchemaBuilder()
        schema.add_text_field("pairs", tokenizer_name="whitespace", index_option="position")
        schema.add_text_field("single", tokenizer_name="whitespace", index_option="basic")
        self.schema = schema.build()
        self.entries = entries

    def index(self) -> None:
        index = self.tantivy.Index(self.schema, path=str(self.folder))
        writer = index.writer(heap_size=256_000_000, num_threads=1)
        for title, text in self.entries:
            parts = [stream(title), stream(text)]
            writer.add_document(
                self.tantivy.Document(pairs=" ".join(pairs("\u2029".join(parts))), single=" ".join(characters(parts)))
            )
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self.searcher = index.searcher()

    def size(self) -> int:
        return sum(path.stat().st_size for path in self.folder.iterdir())

    def ask(self, query: str) -> int:
        flat = stream(query)
        query_of = self.tantivy.Query
        if len(flat) == 1:
            asked = query_of.term_query(self.schema, "single", flat)
        elif len(flat) == 2:
            asked = query_of.term_query(self.schema, "pairs", pairs(flat)[0])
        else:
            asked = query_of.phrase_query(self.schema, "pairs", pairs(flat))
        found = self.searcher.search(asked, 20, count=True)
        return int(found.count)
