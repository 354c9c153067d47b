"""A search index that needs no server: files a page loads as scripts, each small enough for a phone.

The same pairs of characters as the full text index (mirror/search) has, taken from it. A pair's entries stand in one
of `shards` files, chosen by the pair; entries are told by number, and their titles stand in blocks of BLOCK.

    shard-N.js    mirrorShard(N, {"灌溉": [entries, entries with it in the title], …})
    titles-N.js   mirrorTitles(N, [["ch9/1/12", "第三节  灌溉"], …])
    about.js      mirrorAbout({"shards": 64, "entries": 9731, …})
    fold.js       mirrorFold("ＡＢ…", "ab…")

Entries are distances from one to the next, as base-128 numbers, low bits first, in base64.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from mirror.errors import MirrorError
from mirror.search.fold import fold

#: Titles in a file.
BLOCK = 256
#: What a shard should weigh, and how many there may be.
_SHARD_BYTES = 64 << 10
_MOST_SHARDS = 8192
#: Postings held in memory before they are spooled.
_HELD_BYTES = 48 << 20

Put = Callable[[str, bytes], None]


def write_index(db: sqlite3.Connection, folder: Path, put: Put) -> int:
    """Write the index of a collection. Returns how many shards it has.

    Args:
        db: Opened for reading.
        folder: Where; spool files stand there while it is made.
        put: Writes a file of the site.

    Raises:
        MirrorError: Entries wait to be indexed; a search that misses them would be no search.
    """
    (waiting,) = db.execute("SELECT count(*) FROM search_waiting").fetchone()
    if waiting:
        raise MirrorError(
            f"{waiting} entries are not in the search index yet. Let the crawl end, or run `mirror rebuild`, "
            f"then export the site again"
        )
    numbers = dict(_write_titles(db, put))
    db.execute("PRAGMA query_only = 0")  # for the table of terms, which is in memory; the file is opened read-only
    db.execute("CREATE VIRTUAL TABLE temp.site_text USING fts5vocab (main, search_text, row)")
    db.execute("CREATE VIRTUAL TABLE temp.site_title USING fts5vocab (main, search_title, row)")
    try:
        (postings,) = db.execute("SELECT coalesce(sum(doc), 0) FROM temp.site_text").fetchone()
        shards = 1
        while shards < _MOST_SHARDS and postings * 2 > shards * _SHARD_BYTES:
            shards *= 2
        _write_shards(db, folder, put, numbers, shards)
    finally:
        db.execute("DROP TABLE temp.site_text")
        db.execute("DROP TABLE temp.site_title")
        db.execute("PRAGMA query_only = 1")
    put("search/about.js", _call("mirrorAbout", {"shards": shards, "entries": len(numbers), "block": BLOCK}))
    put("search/fold.js", _call("mirrorFold", *_folding()))
    _remove_beyond(folder, "shard", shards)
    _remove_beyond(folder, "titles", -(-len(numbers) // BLOCK))
    return shards


def shard_of(pair: str, shards: int) -> int:
    """The shard a pair of characters stands in; `search.js` has the same sum."""
    first, second = pair[0], pair[-1]
    return ((ord(first) * 0x9E3779B1 + ord(second) * 0x85EBCA6B) & 0xFFFFFFFF) % shards


def _call(function: str, *arguments: object) -> bytes:
    text = ",".join(json.dumps(argument, ensure_ascii=False, separators=(",", ":")) for argument in arguments)
    # U+2028 and U+2029 end a line of a script before ES2019.
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f"{function}({text});\n".encode("utf-8", "surrogatepass")


def _write_titles(db: sqlite3.Connection, put: Put) -> Iterator[tuple[int, int]]:
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
            put(f"search/titles-{number // BLOCK}.js", _call("mirrorTitles", number // BLOCK, block))
            block = []
    if block:
        put(f"search/titles-{number // BLOCK}.js", _call("mirrorTitles", number // BLOCK, block))


def _write_shards(db: sqlite3.Connection, folder: Path, put: Put, numbers: dict[int, int], shards: int) -> None:
    spool = _Spool(folder, shards)
    try:
        for term in db.execute("SELECT term FROM temp.site_text ORDER BY term").fetchall():
            pair = term[0].replace("\u00a0", " ")
            if "\u2029" in pair:
                continue  # the end of a part: nobody asks for it
            texts = _packed(_entries(db, "search_text", term[0], numbers))
            titles = _packed(_entries(db, "search_title", term[0], numbers))
            value = json.dumps([texts, titles] if titles else [texts], separators=(",", ":"))
            spool.add(shard_of(pair, shards), f"{json.dumps(pair, ensure_ascii=False)}:{value}")
        spool.flush()
        for number in range(shards):
            put(f"search/shard-{number}.js", b"mirrorShard(%d,{%s});\n" % (number, spool.read(number)))
    finally:
        spool.remove()


def _entries(db: sqlite3.Connection, table: str, term: str, numbers: dict[int, int]) -> list[int]:
    quoted = '"' + term.replace('"', '""') + '"'
    rows = db.execute(f"SELECT rowid FROM {table} WHERE {table} MATCH ?", (quoted,))
    return sorted(numbers[document] for (document,) in rows)


def _packed(entries: Iterable[int]) -> str:
    octets = bytearray()
    before = -1
    for entry in entries:
        distance, before = entry - before, entry
        while distance > 127:
            octets.append(distance & 127 | 128)
            distance >>= 7
        octets.append(distance)
    return base64.b64encode(octets).decode("ascii")


class _Spool:
    """Pieces of shards, on disk once they are too many."""

    def __init__(self, folder: Path, shards: int) -> None:
        self._folder = folder
        self._pieces: list[list[str]] = [[] for _ in range(shards)]
        self._held = 0

    def add(self, shard: int, piece: str) -> None:
        self._pieces[shard].append(piece)
        self._held += len(piece) + 80
        if self._held > _HELD_BYTES:
            self.flush()

    def flush(self) -> None:
        self._folder.mkdir(exist_ok=True)
        for shard, pieces in enumerate(self._pieces):
            if pieces:
                with self._path(shard).open("ab") as file:
                    file.write((",\n".join(pieces) + ",\n").encode("utf-8", "surrogatepass"))
                pieces.clear()
        self._held = 0

    def read(self, shard: int) -> bytes:
        path = self._path(shard)
        return path.read_bytes()[:-2] if path.exists() else b""

    def remove(self) -> None:
        for path in self._folder.glob("spool-*.part"):
            path.unlink()

    def _path(self, shard: int) -> Path:
        return self._folder / f"spool-{shard}.part"


def _folding() -> tuple[str, str]:
    """Characters that are searched as another, and those others; blanks are known by their class."""
    characters = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF)
    pairs = [(one, other) for one, other in zip(characters, fold(characters), strict=True) if one != other != " "]
    return "".join(one for one, _ in pairs), "".join(other for _, other in pairs)


def _remove_beyond(folder: Path, kind: str, count: int) -> None:
    """Take away files of a larger index that was there before."""
    for path in folder.glob(f"{kind}-*.js"):
        if int(path.stem.partition("-")[2]) >= count:
            path.unlink()
