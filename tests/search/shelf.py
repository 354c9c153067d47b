"""A real store with texts put straight into it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from mirror.extraction.page import Charset, Contents, Entry, Heading, Item, Table, Text
from mirror.search import Filters, Found, search
from mirror.search.index import catch_up
from mirror.store.database import Database
from mirror.store.entries import save_contents, save_entry


@dataclass(frozen=True)
class Shelved:
    """What of an entry can be found."""

    title: str
    text: str
    cells: tuple[str, ...] = ()
    item: str = ""

    def parts(self) -> list[str]:
        return [self.title, self.text, *self.cells, self.item]


class Shelf:
    """A database; entries are known by (library, book, rec)."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        self._seen = 0

    def put(self, rec: int, one: Shelved, library: str = "ch9", book: int = 1) -> str:
        """Store the newest text of an entry, as a crawl does. Returns its id."""
        self._seen += 1
        content = Text(
            raw_text=one.text,
            text=one.text,
            items=(Item("概况", one.item),) if one.item else (),
            tables=(Table(None, (one.cells,)),) if one.cells else (),
            signatures=(),
            width=None,
        )
        entry = Entry(library, book, rec, one.title, None, (), content, Charset(None, "gb18030", 0, 0))
        with self.database.transaction() as db:
            db.execute("INSERT OR IGNORE INTO library VALUES (?, NULL)", (library,))
            db.execute("INSERT OR IGNORE INTO book (library, number) VALUES (?, ?)", (library, book))
            save_entry(db, entry, self._seen, f"2026-01-01T00:00:00.{self._seen:06d}Z")
        return f"{library}/{book}/{rec}"

    def list_titles(self, titles: Sequence[str], library: str = "ch9", book: int = 1) -> None:
        """A new table of contents, which gives the entries 1, 2 … other titles."""
        self._seen += 1
        headings = tuple(Heading(rec, title, None, 0, ()) for rec, title in enumerate(titles, 1))
        with self.database.transaction() as db:
            save_contents(db, Contents(library, book, headings), f"2026-01-01T00:00:00.{self._seen:06d}Z")

    def index(self) -> int:
        return catch_up(self.database)

    def find(self, query: str, filters: Filters | None = None, limit: int = 1000, **options: bool | int) -> Found:
        return search(self.database.connection, query, filters, limit=limit, **options)  # type: ignore[arg-type]

    def ids(self, query: str, filters: Filters | None = None) -> set[str]:
        found = self.find(query, filters)
        assert found.total == len(found.hits) == len({hit.id for hit in found.hits})
        return {hit.id for hit in found.hits}


@contextmanager
def shelf() -> Iterator[Shelf]:
    with tempfile.TemporaryDirectory() as folder:
        opened = Shelf(Path(folder) / "mirror.db")
        try:
            yield opened
        finally:
            opened.database.close()


def shelved(title: str = "", text: str = "", **more: object) -> Shelved:
    return replace(Shelved(title, text), **more)  # type: ignore[arg-type]
