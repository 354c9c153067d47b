"""The entry a witness corresponds to: by the URL its head names, else by where it lies and what it says."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from mirror.diff.fold import fold, fold_body
from mirror.frontier.scope import Scope
from mirror.witness.store import Witness

_NUMBERED = re.compile(r"\A[0-9]{1,4}[._、\- ]+")


@dataclass(frozen=True, slots=True)
class Correspondence:
    """An entry, how it was found, and whether the newest text of it that is held says the same.

    By `url`: the head of the witness names it. By `title`: library, book and title are its own. By `text`: several
    entries of the book have that title, and only this one that text.
    """

    place: Scope
    how: Literal["url", "title", "text"]
    same: bool | None  #: word for word, blanks and widths apart; None if no text of the entry is held


def entry_of(db: sqlite3.Connection, witness: Witness) -> Correspondence | None:
    """The entry a witness corresponds to; None if it cannot be told.

    Nothing is guessed: two entries that would do, with texts that do not decide, are none.
    """
    if witness.place is not None:
        text = _text(db, witness.place)
        return Correspondence(witness.place, "url", None if text is None else says_the_same(witness, text))
    candidates = [place for book in _books(db, witness) for place in _titled(db, *book, witness)]
    if len(candidates) == 1:
        text = _text(db, candidates[0])
        return Correspondence(candidates[0], "title", None if text is None else says_the_same(witness, text))
    same = [place for place in candidates if (text := _text(db, place)) and says_the_same(witness, text)]
    return Correspondence(same[0], "text", True) if len(same) == 1 else None


def says_the_same(witness: Witness, text: str) -> bool:
    """Whether a reading text has the words of the witness; blanks, line ends, widths and its title do not count."""
    title = witness.title
    return fold_body(witness.raw_text, title) == fold_body(text, title)


def same_title(one: str, other: str) -> bool:
    """Whether two titles are one, numbers before them and what a file name cannot hold left aside."""
    return _name(one) == _name(other)


def _books(db: sqlite3.Connection, witness: Witness) -> Iterator[tuple[str, int]]:
    """Books whose title, and whose library's title, are folders the witness lies in."""
    folders = {_name(folder) for folder in witness.path}
    for library, library_title, book, book_title in db.execute(
        "SELECT b.library, l.title, b.number, b.title FROM book AS b JOIN library AS l ON l.code = b.library "
        "WHERE b.title IS NOT NULL ORDER BY b.library, b.number"
    ):
        if _name(book_title) in folders and (library_title is None or _name(library_title) in folders):
            yield library, book


def _titled(db: sqlite3.Connection, library: str, book: int, witness: Witness) -> list[Scope]:
    """Entries of a book with the title of the witness; of several, those under its folders."""
    wanted = _name(witness.title)
    found = [
        (Scope(library, book, rec), json.loads(path))
        for rec, title, path in db.execute(
            "SELECT h.rec, h.title, h.path FROM book AS b JOIN heading AS h ON h.contents = b.contents "
            "WHERE (b.library, b.number) = (?, ?) ORDER BY h.place",
            (library, book),
        )
        if _name(title) == wanted
    ]
    folders = {_name(folder) for folder in witness.path}
    under = [place for place, path in found if path and all(_name(title) in folders for title in path)]
    return under or [place for place, _ in found]


def _name(text: str) -> str:
    """A title as it may stand in a file name: without blanks, widths, numbers put before it, forbidden characters."""
    return re.sub(r'[\\/:*?"<>|_]', "", fold(_NUMBERED.sub("", text)))


def _text(db: sqlite3.Connection, place: Scope) -> str | None:
    row = db.execute(
        "SELECT v.text FROM entry AS e JOIN version AS v ON v.id = e.newest "
        "WHERE (e.library, e.book, e.rec) = (?, ?, ?)",
        (place.library, place.book, place.rec),
    ).fetchone()
    return row[0] if row else None


def counted(db: sqlite3.Connection, found: Iterable[Witness]) -> dict[str, int]:
    """How many witnesses correspond to an entry, by how that is known, and how many say the same as it."""
    counts = {"witnesses": 0, "url": 0, "title": 0, "text": 0, "unknown": 0, "same": 0, "different": 0, "not held": 0}
    for witness in found:
        counts["witnesses"] += 1
        one = entry_of(db, witness)
        if one is None:
            counts["unknown"] += 1
            continue
        counts[one.how] += 1
        counts["not held" if one.same is None else "same" if one.same else "different"] += 1
    return counts
