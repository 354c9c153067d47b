"""How well the texts of each book could be read: what was joined, what is doubtful, what asks for a look."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappushpop

from mirror.extraction.reflow import Width
from mirror.frontier.scope import Scope, places_in
from mirror.store.entries import text_digest
from mirror.store.widths import widths_of

#: A text of fewer characters is short: perhaps a heading, perhaps all that was left of an entry.
SHORT_CHARACTERS = 30
#: So many entries are named for each thing that asks for a look.
SAMPLES = 3


@dataclass(slots=True)
class BookQuality:
    """One book. `lines` are those of the source that are not blank; `joined`, how many went on in the next.

    `doubts` counts the entries for each flag of `extraction.reflow`, and for `empty`, `short`, `duplicate` (another
    entry of the collection has the same text), `odd` (its page does not look as expected), `undecodable` and
    `private-use` characters, `marks` (〓 or □, for what could not be set or read). `samples` names some of each.
    """

    library: str
    number: int
    title: str | None
    widths: tuple[Width, ...] = ()
    entries: int = 0
    characters: int = 0
    lines: int = 0
    joined: int = 0
    items: int = 0
    tables: int = 0
    signatures: int = 0
    undecodable: int = 0  #: bytes
    private_use: int = 0  #: characters
    marks: int = 0  #: 〓 and □
    doubts: dict[str, int] = field(default_factory=dict)
    samples: dict[str, list[int]] = field(default_factory=dict)

    @property
    def joined_share(self) -> float:
        return self.joined / self.lines if self.lines else 0.0


_SELECT = """
SELECT e.library, e.book, e.rec, b.title, v.raw_text, v.text, v.text_digest, v.items, v.tables, v.signatures,
       v.charset, v.flags, c.oddities IS NOT NULL OR c.verdict = 'odd'
FROM entry AS e JOIN version AS v ON v.id = e.newest LEFT JOIN capture AS c ON c.id = v.capture
LEFT JOIN book AS b ON b.library = e.library AND b.number = e.book
WHERE {where} ORDER BY e.library, e.book, e.rec
"""


def quality(db: sqlite3.Connection, scopes: Sequence[Scope] = ()) -> Iterator[BookQuality]:
    """The quality of every book, in order; memory stays flat."""
    where, values = places_in(scopes, "e.")
    doubled = _duplicates(db)
    book: BookQuality | None = None
    picks: dict[str, list[tuple[int, int]]] = {}
    cursor = db.cursor()
    cursor.execute(_SELECT.format(where=where), values)
    for library, number, rec, title, *row in cursor:
        if book is None or (book.library, book.number) != (library, number):
            if book is not None:
                yield _with_samples(book, picks)
            book, picks = BookQuality(library, number, title, widths_of(db, library, number)), {}
        for doubt in _count(book, row, doubled):
            book.doubts[doubt] = book.doubts.get(doubt, 0) + 1
            _pick(picks.setdefault(doubt, []), rec)
    if book is not None:
        yield _with_samples(book, picks)


def _duplicates(db: sqlite3.Connection) -> set[str]:
    """Digests that the newest texts of several entries share."""
    rows = db.execute(
        "SELECT v.text_digest FROM entry AS e JOIN version AS v ON v.id = e.newest GROUP BY 1 HAVING count(*) > 1"
    )
    return {row[0] for row in rows} - {text_digest("")}


def _count(book: BookQuality, row: Sequence[str], doubled: set[str]) -> list[str]:
    """Add one entry to its book. Returns what is doubtful in it."""
    raw_text, text, digest, items, tables, signatures, charset, flags, odd = row
    lines, paragraphs = _count_lines(raw_text), _count_lines(text)
    _, _, undecodable, private_use = json.loads(charset)
    marks = text.count("〓") + text.count("□")
    book.entries += 1
    book.characters += len(text)
    book.lines += lines
    book.joined += max(0, lines - paragraphs)
    book.items += len(json.loads(items))
    book.tables += len(json.loads(tables))
    book.signatures += len(json.loads(signatures))
    book.undecodable += undecodable
    book.private_use += private_use
    book.marks += marks
    found: list[str] = json.loads(flags)
    asked = {
        "empty": not text,
        "short": 0 < len(text) < SHORT_CHARACTERS,
        "duplicate": digest in doubled,
        "odd": bool(odd),
        "undecodable": undecodable > 0,
        "private-use": private_use > 0,
        "marks": marks > 0,
    }
    return found + [name for name, true in asked.items() if true]


def _count_lines(text: str) -> int:
    return sum(1 for line in text.split("\n") if line.strip())


def _pick(picked: list[tuple[int, int]], rec: int) -> None:
    """Keep some of many: always the same ones, and not just the first."""
    one = (-zlib.crc32(b"%d" % rec), rec)
    if len(picked) < SAMPLES:
        picked.append(one)
        heapify(picked)
    else:
        heappushpop(picked, one)


def _with_samples(book: BookQuality, picks: dict[str, list[tuple[int, int]]]) -> BookQuality:
    book.samples = {doubt: sorted(rec for _, rec in picked) for doubt, picked in sorted(picks.items())}
    book.doubts = dict(sorted(book.doubts.items(), key=lambda item: (-item[1], item[0])))
    return book
