"""Do the numbers of two databases mean the same entries? Counted over every entry that both hold.

The guess: book number and entry number of the old database are section and article of its mirror. An entry speaks
for it if both sides say the same under the same number, against it if what one side says stands under another number
on the other, or if both say something else there. Everything is held in a scratch database, so memory stays flat.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from typing import Any, Literal

from mirror.concordance.sides import Said
from mirror.diff.fold import fold, fold_body
from mirror.diff.near import likeness, sketch

#: Verdicts: the data speak for the guess, against it, or not at all.
Verdict = Literal["proved", "refuted", "open"]

#: From this likeness on, two texts under one number are one text that was edited.
EDITED = 0.5
#: Shorter texts (folded) are the same by chance too often to be sought under another number.
TELLING = 24
#: Examples named a book.
MOST_NAMED = 10

_SCHEMA = """
CREATE TABLE said (
    side INTEGER, library TEXT, book INTEGER, rec INTEGER,
    title TEXT, exact BLOB, folded BLOB, size INTEGER, text BLOB,
    PRIMARY KEY (side, library, book, rec)
) WITHOUT ROWID;
"""


@dataclass(slots=True)
class Counts:
    """Entries, counted. Pairs are entries that both sides hold under one number."""

    old: int = 0
    new: int = 0
    pairs: int = 0
    title_same: int = 0
    title_other: int = 0  #: both sides have a title, and it is not the same
    exact: int = 0  #: the same text, character for character
    cosmetic: int = 0  #: the same words; blanks, widths, line ends or table frames differ
    edited: int = 0  #: more than half alike
    other: int = 0  #: something else
    empty: int = 0  #: neither says anything (headings): no evidence by text
    one_empty: int = 0  #: only one of both says something
    elsewhere: int = 0  #: what the old side says stands under another number on the other, and not under its own

    def add(self, more: Counts) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(more, name))

    @property
    def speak_for(self) -> int:
        return self.exact + self.cosmetic + self.edited

    @property
    def verdict(self) -> Verdict:
        """Refuted as soon as one text stands elsewhere, or more pairs say something else than the same."""
        if self.elsewhere or self.other > self.speak_for:
            return "refuted"
        return "proved" if self.speak_for else "open"


@dataclass(slots=True)
class BookConcordance:
    library: str
    book: int
    counts: Counts = field(default_factory=Counts)
    moved: list[tuple[str, str]] = field(default_factory=list)  #: number, and where its text stands; examples
    differing: list[str] = field(default_factory=list)  #: numbers under which the sides say something else

    def as_dict(self) -> dict[str, Any]:
        return {
            "number": self.book,
            "verdict": self.counts.verdict,
            **asdict(self.counts),
            "moved": [{"id": one, "found_at": other} for one, other in self.moved],
            "differing": self.differing,
        }


@dataclass(slots=True)
class Concordance:
    """Two sides, book by book."""

    old: str
    new: str
    books: list[BookConcordance]

    @property
    def total(self) -> Counts:
        total = Counts()
        for book in self.books:
            total.add(book.counts)
        return total

    @property
    def verdict(self) -> Verdict:
        """Refuted if any book is, proved if none is and any is proved."""
        verdicts = {book.counts.verdict for book in self.books}
        return "refuted" if "refuted" in verdicts else "proved" if "proved" in verdicts else "open"

    def as_dict(self) -> dict[str, Any]:
        libraries: dict[str, list[BookConcordance]] = {}
        for book in self.books:
            libraries.setdefault(book.library, []).append(book)
        return {
            "old": self.old,
            "new": self.new,
            "verdict": self.verdict,
            "total": asdict(self.total),
            "libraries": [
                {"code": code, "books": [book.as_dict() for book in books]} for code, books in libraries.items()
            ],
        }


def compare(old_name: str, old: Iterable[Said], new_name: str, new: Iterable[Said]) -> Concordance:
    """Count what two sides say of each entry.

    Args:
        old_name: What the first side is called.
        old: What it says.
        new_name: What the second is called.
        new: What it says.
    """
    with closing(sqlite3.connect("", isolation_level=None)) as scratch:  # "" is a file of its own, gone when closed
        scratch.executescript("PRAGMA cache_size = -32000; PRAGMA temp_store = FILE; BEGIN;" + _SCHEMA)
        for side, entries in enumerate((old, new)):
            scratch.executemany("INSERT OR IGNORE INTO said VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", _rows(side, entries))
        scratch.execute("CREATE INDEX found ON said (folded) WHERE side = 1")
        scratch.execute("COMMIT")
        places = scratch.execute("SELECT DISTINCT library, book FROM said ORDER BY library, book").fetchall()
        return Concordance(old_name, new_name, [_book(scratch, library, book) for library, book in places])


def _rows(side: int, entries: Iterable[Said]) -> Iterator[tuple[Any, ...]]:
    for one in entries:
        folded = fold_body(one.text, one.title, one.tables).strip("\x1c\x1d\x1e\x1f")
        yield (
            side,
            one.library,
            one.book,
            one.rec,
            fold(one.title) if one.title else None,
            _digest(one.text),
            _digest(folded),
            len(folded),
            zlib.compress(folded.encode("utf-8", "surrogatepass"), 1),
        )


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _book(scratch: sqlite3.Connection, library: str, book: int) -> BookConcordance:
    found = BookConcordance(library, book)
    counts = found.counts
    (counts.new,) = scratch.execute(
        "SELECT count(*) FROM said WHERE (side, library, book) = (1, ?, ?)", (library, book)
    ).fetchone()
    rows = scratch.execute(
        "SELECT o.rec, o.title, o.exact, o.folded, o.size, o.text, n.title, n.exact, n.folded, n.size, n.text "
        "FROM said AS o LEFT JOIN said AS n ON (n.side, n.library, n.book, n.rec) = (1, o.library, o.book, o.rec) "
        "WHERE (o.side, o.library, o.book) = (0, ?, ?) ORDER BY o.rec",
        (library, book),
    )
    for rec, title, exact, folded, size, text, new_title, new_exact, new_folded, new_size, new_text in rows:
        place = f"{library}/{book}/{rec}"
        counts.old += 1
        same_words = new_folded == folded
        if new_exact is not None:
            counts.pairs += 1
            if title and new_title:
                counts.title_same += title == new_title
                counts.title_other += title != new_title
            if not size or not new_size:
                counts.empty += not size and not new_size
                counts.one_empty += bool(size) != bool(new_size)
            elif same_words:
                counts.exact += new_exact == exact
                counts.cosmetic += new_exact != exact
            elif likeness(_sketch(text), _sketch(new_text)) >= EDITED:
                counts.edited += 1
                continue  # this very entry, whatever stands elsewhere
            else:
                counts.other += 1
                _name(found.differing, place)
        if not same_words and size >= TELLING:
            elsewhere = scratch.execute(
                # A text that stands there on both sides is a second copy, not this one moved.
                "SELECT n.library, n.book, n.rec FROM said AS n WHERE n.side = 1 AND n.folded = ? AND NOT EXISTS "
                "(SELECT 1 FROM said AS o WHERE (o.side, o.library, o.book, o.rec) = (0, n.library, n.book, n.rec) "
                "AND o.folded = n.folded) ORDER BY n.library <> ?, n.book <> ?, abs(n.rec - ?) LIMIT 1",
                (folded, library, book, rec),
            ).fetchone()
            if elsewhere:
                counts.elsewhere += 1
                _name(found.moved, (place, "/".join(map(str, elsewhere))))
    return found


def _name(examples: list[Any], one: Any) -> None:
    if len(examples) < MOST_NAMED:
        examples.append(one)


def _sketch(text: bytes) -> tuple[int, ...]:
    return sketch(zlib.decompress(text).decode("utf-8", "surrogatepass"))
