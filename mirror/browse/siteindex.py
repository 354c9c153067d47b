"""A search index that needs no server: files a page loads as scripts, of which a question needs a few small ones.

The same pairs of characters as the full text index (mirror/search) has, taken from it. Entries are told by number, in
the order of their books. A pair has a list of the entries it stands in, and one of those with it in their title.
Short lists stand in one of `shards` files, chosen by the pair; a long one is in parts, each a file of its own, of
which the shard tells the first entry, so that the first hits ask for no more than the first parts.

    shard-N.js       mirrorLoaded("shard-N", {"灌溉": [entries, list, entries by title, list], …})
    704c/6e89-0.js   mirrorLoaded("704c/6e89-0", part)          likewise 704c/6e89-t0.js for titles
    titles-N.js      mirrorLoaded("titles-N", [["ch9/1/12", "第三节  灌溉"], …])          BLOCK of them
    fold-N.js        mirrorLoaded("fold-N", {"渠": "渠𣾄", "𣾄": "渠", …})          256 characters, from N * 256

In a fold a character that others are searched as stands with all of these behind it, any other with the one it is
searched as. A list is the base64 of: an octet k; then of each entry how far it is from the one before (the first:
from what stands before the list or part), less one, in Golomb and Rice's code of k bits, the highest first.
"""

from __future__ import annotations

import base64
import json
import sqlite3
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from operator import sub
from pathlib import Path
from typing import Any

from mirror.errors import MirrorError
from mirror.search.fold import fold

#: Titles in a file.
BLOCK = 32
#: What a shard should weigh, and how many there may be.
_SHARD_BYTES = 6 << 10
_MOST_SHARDS = 16_384
#: A longer list is in parts, of about so many octets.
_SHORT_BYTES = 1 << 10
_PART_BYTES = 4 << 10
#: Pieces of shards held in memory before they are spooled.
_HELD_BYTES = 24 << 20
#: Codes of longer distances are made each time: there are too many to keep.
_KEPT_CODES = 4096

Put = Callable[[str, bytes], None]


@dataclass(frozen=True, slots=True)
class SiteIndex:
    """What a page must know of the index before it asks for its first file."""

    shards: int
    entries: int
    block: int
    folds: tuple[int, ...]  #: the folds there are; characters elsewhere are searched as themselves


def check_index(db: sqlite3.Connection) -> None:
    """Raises MirrorError if entries wait to be indexed: a search that misses them would be no search."""
    (waiting,) = db.execute("SELECT count(*) FROM search_waiting").fetchone()
    if waiting:
        raise MirrorError(
            f"{waiting} entries are not in the search index yet. Let the crawl end, or run `mirror rebuild`, "
            f"then export the site again"
        )


def write_index(db: sqlite3.Connection, folder: Path, put: Put) -> SiteIndex:
    """Write the index of a collection, and take away what one of before has left in the folder.

    Args:
        db: Opened for reading.
        folder: Where; spool files stand there while it is made.
        put: Writes a file of the site, by its path in the folder.
    """
    written: set[str] = set()

    def keep(name: str, value: object) -> None:
        written.add(f"{name}.js")
        put(f"search/{name}.js", _script(name, json.dumps(value, ensure_ascii=False, separators=(",", ":"))))

    numbers = dict(_write_titles(db, keep))
    folds = _folds()
    for block, characters in folds.items():
        keep(f"fold-{block}", characters)
    db.execute("PRAGMA query_only = 0")  # for the table of terms, which is in memory; the file is opened read-only
    db.execute("CREATE VIRTUAL TABLE temp.site_text USING fts5vocab (main, search_text, row)")
    db.execute("CREATE VIRTUAL TABLE temp.site_title USING fts5vocab (main, search_title, row)")
    try:
        shards = _shard_count(db)
        with _Spool(folder, shards) as spool:
            _write_lists(db, numbers, spool, keep)
            for number in range(shards):
                written.add(f"shard-{number}.js")
                put(f"search/shard-{number}.js", _script(f"shard-{number}", "{" + spool.read(number) + "}"))
    finally:
        db.execute("DROP TABLE temp.site_text")
        db.execute("DROP TABLE temp.site_title")
        db.execute("PRAGMA query_only = 1")
    _remove_others(folder, written)
    return SiteIndex(shards, len(numbers), BLOCK, tuple(folds))


def shard_of(pair: str, shards: int) -> int:
    """The shard a pair of characters stands in; `search.js` has the same sum."""
    first, second = pair[0], pair[-1]
    return ((ord(first) * 0x9E3779B1 + ord(second) * 0x85EBCA6B) & 0xFFFFFFFF) % shards


def coded(entries: Sequence[int], before: int) -> bytes:
    """A list of entries, rising, the first above `before`."""
    mean = (entries[-1] - before) // len(entries)
    low = max(0, (mean * 11 >> 4).bit_length() - 1)
    bits = "".join(map(_codes(low).__getitem__, map(sub, entries, chain((before,), entries))))
    bits += "0" * (-len(bits) % 8)
    return bytes((low,)) + int(bits, 2).to_bytes(len(bits) // 8, "big")


class _Codes(dict[int, str]):
    """The code of each distance, made when it is asked for."""

    def __init__(self, low: int) -> None:
        self._low = low

    def __missing__(self, distance: int) -> str:
        high, rest = divmod(distance - 1, 1 << self._low)
        code = "0" * high + "1" + (format(rest, f"0{self._low}b") if self._low else "")
        if distance < _KEPT_CODES:
            self[distance] = code
        return code


@lru_cache
def _codes(low: int) -> _Codes:
    return _Codes(low)


def _script(name: str, value: str) -> bytes:
    # U+2028 and U+2029 end a line of a script before ES2019.
    value = value.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f'mirrorLoaded("{name}",{value});\n'.encode("utf-8", "surrogatepass")


def _write_titles(db: sqlite3.Connection, keep: Callable[[str, object], None]) -> Iterator[tuple[int, int]]:
    """Write the titles, in order of library, book and number; gives the index's number of each and its own."""
    rows = db.execute(
        "SELECT d.id, b.library, b.book, (b.part << 10) | (d.id & 1023) AS rec, d.title FROM search_document AS d "
        "JOIN search_block AS b ON b.id = d.id >> 10 ORDER BY b.library, b.book, rec"
    )
    block: list[list[str]] = []
    number = -1
    for number, (document, library, book, rec, title) in enumerate(rows):
        block.append([f"{library}/{book}/{rec}", title])
        yield document, number
        if len(block) == BLOCK:
            keep(f"titles-{number // BLOCK}", block)
            block = []
    if block:
        keep(f"titles-{number // BLOCK}", block)


def _shard_count(db: sqlite3.Connection) -> int:
    """As many as make each about as heavy as it should be."""
    most = _SHORT_BYTES // 2  # a list of more entries stands elsewhere, mostly
    (size,) = db.execute(
        "SELECT coalesce(sum(CASE WHEN doc > ? THEN 70 ELSE 24 + doc * 2 END), 0) FROM temp.site_text", (most,)
    ).fetchone()
    shards = 1
    while shards < _MOST_SHARDS and size > shards * _SHARD_BYTES:
        shards *= 2
    return shards


def _write_lists(
    db: sqlite3.Connection, numbers: dict[int, int], spool: _Spool, keep: Callable[[str, object], None]
) -> None:
    titled = {term for (term,) in db.execute("SELECT term FROM temp.site_title")}
    for (term,) in db.cursor().execute("SELECT term FROM temp.site_text ORDER BY term"):
        pair = term.replace("\u00a0", " ")
        if "\u2029" in pair:
            continue  # the end of a part: nobody asks for it
        file = f"{ord(pair[0]):x}/{ord(pair[1]):x}-"
        value = _list(_entries(db, "search_text", term, numbers), file, keep)
        if term in titled:
            value += _list(_entries(db, "search_title", term, numbers), f"{file}t", keep)
        said = json.dumps(value, separators=(",", ":"))
        spool.add(shard_of(pair, spool.shards), f"{json.dumps(pair, ensure_ascii=False)}:{said}")


def _entries(db: sqlite3.Connection, table: str, term: str, numbers: dict[int, int]) -> list[int]:
    quoted = '"' + term.replace('"', '""') + '"'
    rows = db.execute(f"SELECT rowid FROM {table} WHERE {table} MATCH ?", (quoted,))
    return sorted([numbers[document] for (document,) in rows])


def _list(entries: list[int], file: str, keep: Callable[[str, object], None]) -> list[Any]:
    """How many entries, and the list of them or the first entry of each of its parts."""
    bits = (entries[-1] // len(entries)).bit_length() + 1  # each, about
    size = len(entries) * bits >> 3
    if size <= _SHORT_BYTES:
        return [len(entries), _text(coded(entries, -1))]
    each = -(-len(entries) // -(-size // _PART_BYTES))
    parts = [entries[at : at + each] for at in range(0, len(entries), each)]
    for number, part in enumerate(parts):
        keep(f"{file}{number}", _text(coded(part, part[0] - 1)))
    return [len(entries), [part[0] for part in parts]]


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


class _Spool:
    """Pieces of shards, on disk once they are too many."""

    def __init__(self, folder: Path, shards: int) -> None:
        self.shards = shards
        self._folder = folder
        self._pieces: list[list[str]] = [[] for _ in range(shards)]
        self._held = 0

    def __enter__(self) -> _Spool:
        self._folder.mkdir(exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        for path in self._folder.glob("spool-*.part"):
            path.unlink()

    def add(self, shard: int, piece: str) -> None:
        self._pieces[shard].append(piece)
        self._held += len(piece) + 80
        if self._held > _HELD_BYTES:
            self._flush()

    def _flush(self) -> None:
        for shard, pieces in enumerate(self._pieces):
            if pieces:
                with self._path(shard).open("a", encoding="utf-8", errors="surrogatepass") as file:
                    file.write(",\n".join([*pieces, ""]))
                pieces.clear()
        self._held = 0

    def read(self, shard: int) -> str:
        path = self._path(shard)
        spooled = path.read_text("utf-8", "surrogatepass") if path.exists() else ""
        return spooled + ",\n".join(self._pieces[shard]) if self._pieces[shard] else spooled[:-2]

    def _path(self, shard: int) -> Path:
        return self._folder / f"spool-{shard}.part"


def _folds() -> dict[int, dict[str, str]]:
    """Characters that are searched as another, with that, and the latter with all of these; by 256 characters."""
    # Code points without a character are searched as themselves, and so are those of private use.
    every = "".join(one for one in map(chr, range(0x110000)) if unicodedata.category(one) not in ("Cn", "Co", "Cs"))
    folds: defaultdict[int, dict[str, str]] = defaultdict(dict)
    for one, other in zip(every, fold(every), strict=True):
        if one != other != " ":  # blanks are known by their class
            folds[ord(one) >> 8][one] = other
            alike = folds[ord(other) >> 8]
            alike[other] = alike.get(other, other) + one
    return {block: folds[block] for block in sorted(folds)}


def _remove_others(folder: Path, written: set[str]) -> None:
    """Take away files of an index that was there before."""
    for path in folder.rglob("*.js"):
        name = path.relative_to(folder).as_posix()
        if name not in written and name != "search.js":
            path.unlink()
    for path in folder.iterdir():
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
