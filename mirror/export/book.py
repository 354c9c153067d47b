"""A book as a reader has it in hand: its entries in order, each at its place in the tree of headings."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mirror.errors import MirrorError, UsageError
from mirror.export import destination
from mirror.export.formats import Export
from mirror.extraction.lines import has_boxes
from mirror.extraction.structure.tables import DrawnTable, read_drawn
from mirror.extraction.structure.titles import own_title_end, plain
from mirror.frontier.scope import Scope, places_in
from mirror.store.exported import every_entry

#: What XML 1.0 has no place for (2.2), even as a reference.
_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Book:
    library: str
    library_title: str
    number: int
    title: str

    @property
    def name(self) -> str:
        """Of its file, without suffix."""
        return f"{self.library}-{self.number}"


#: Writes one book to a path, which may be `-`.
Writer = Callable[[sqlite3.Connection, Book, Path], None]


@dataclass(frozen=True, slots=True)
class Opened:
    """An entry or a heading without an entry begins; all that follow until it ends stand under it."""

    title: str
    entry: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Closed:
    """The innermost open entry ends."""


def books(db: sqlite3.Connection, asked: Export) -> list[Book]:
    """The books that have entries in what was asked for, in order."""
    where, values = places_in(asked.scopes, "e.")
    rows = db.execute(
        "SELECT DISTINCT e.library, coalesce(l.title, e.library), e.book, b.title FROM entry AS e "
        "LEFT JOIN library AS l ON l.code = e.library "
        "LEFT JOIN book AS b ON b.library = e.library AND b.number = e.book "
        f"WHERE {where} AND e.newest IS NOT NULL ORDER BY e.library, e.book",
        values,
    )
    return [
        Book(library, line(library_title), number, line(title or f"第{number}册"))
        for library, library_title, number, title in rows
    ]


def of_book(db: sqlite3.Connection, asked: Export, book: Book) -> Iterator[dict[str, Any]]:
    """The entries of a book that were asked for."""
    scopes = [one for one in asked.scopes if one.library == book.library and one.book in (None, book.number)]
    if not asked.scopes or any(one.book is None for one in scopes):
        scopes = [Scope(book.library, book.number)]
    return every_entry(db, scopes)


def tree(entries: Iterator[dict[str, Any]]) -> Iterator[Opened | Closed]:
    """Entries nested by their paths. A heading that is no entry of its own here is opened with its title alone."""
    standing: list[str] = []
    for entry in entries:
        path = entry["path"]
        same = 0
        while same < min(len(standing), len(path)) and standing[same] == path[same]:
            same += 1
        for _ in standing[same:]:
            yield Closed()
        standing = standing[:same]
        for title in path[same:]:
            standing.append(title)
            yield Opened(line(plain(title)) or "无题", None)
        standing.append(entry["title"])
        yield Opened(line(plain(entry["title"])) or "无题", entry)
    for _ in standing:
        yield Closed()


def paragraphs(entry: dict[str, Any]) -> Iterator[str | DrawnTable]:
    """The text of an entry after its own title: lines, and tables in the place of theirs."""
    text = entry["text"]
    lines = text[own_title_end(text, entry["title"]) :].split("\n")
    drawn = read_drawn(lines) if has_boxes(text) else []
    at = 0
    for table in drawn:
        before = [one for one in lines[at : table.first] if one.strip()]
        # What names the table is in its caption; a unit beside it stays.
        while before and table.caption and _bare(before[-1]) in _bare(table.caption):
            before.pop()
        yield from before
        yield table
        at = table.end
    yield from (one for one in lines[at:] if one.strip())


def _bare(text: str) -> str:
    return "".join(text.split())


def write_each(asked: Export, suffix: str, write: Writer) -> int:
    """One file a book: into a folder, or, if one book was asked for, into the file named. Returns how many.

    Args:
        asked: Whose output is a folder, or a file if its name ends in the suffix.
        suffix: Such as `.xml`.
        write: Writes one book to a path, which may be `-`.

    Raises:
        UsageError: A file was named for several books.
        MirrorError: Nothing is there to write.
    """
    database = asked.collection.database()
    db = database.connection
    try:
        # All books of one instant, also while a crawl writes.
        db.execute("BEGIN")
        found = books(db, asked)
        if not found:
            raise MirrorError(f"collection {asked.collection.name!r} has no entries of that scope")
        single = str(asked.output) == "-" or asked.output.suffix == suffix
        if single and len(found) > 1:
            raise UsageError(
                f"-o {asked.output}: one file is one book, and {len(found)} were asked for. Name a folder, "
                f"or one book, such as --scope {found[0].library}/{found[0].number}"
            )
        if single:
            write(db, found[0], asked.output)
        else:
            with destination.whole_folder(asked.output) as folder:
                for book in found:
                    write(db, book, folder / f"{book.name}{suffix}")
    finally:
        database.close()
    return len(found)


def line(text: str) -> str:
    """On one line."""
    return " ".join(text.split())


def xml(text: str) -> str:
    """Text between tags or in a double-quoted attribute; what XML cannot hold becomes U+FFFD."""
    text = _NO_XML.sub("\ufffd", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
