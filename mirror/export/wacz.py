"""A collection as WACZ: one file, or a folder of one a library or book with a manifest that opens them together."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import IO, Any

from mirror import __version__
from mirror.errors import MirrorError, UsageError
from mirror.export import destination, finished, pages
from mirror.export.catalogue import COMMON, Catalogue, Held, Shard
from mirror.export.derived import members
from mirror.export.formats import Export
from mirror.signing import SigningKey
from mirror.sites import open_site
from warc.wacz.package import Package, Resource
from warc.wacz.signature import Signer
from warc.wacz.zipnum import ZipNum

#: A package above either is taken apart: one of 48 GB and 325,000 pages ran ReplayWeb.page out of memory.
MOST_BYTES = 4_000_000_000
MOST_CAPTURES = 50_000
#: A browser that opens a manifest reads the text of all its packages at once, to search in it (ReplayWeb.page 2.5).
MOST_TEXT_BYTES = 64 << 20
#: Bytes of one WARC file in a package that is made of parts of others.
_WARC_BYTES = 1_000_000_000
_SOFTWARE = f"gazetteer-mirror/{__version__}"


def export(asked: Export) -> str:
    """Write `NAME.wacz`, or a folder of packages with `datapackage.json` beside them.

    Options: `shard`, one of auto, none, library, book.

    Raises:
        UsageError: A collection so large needs a folder, and a file was named.
        MirrorError: It could not be read or written.
    """
    warcs = finished.warcs(asked)
    config = asked.collection.config()
    site = open_site(config.source, config.base_url)
    database = asked.collection.database()
    try:
        with Catalogue(warcs, site, asked.scopes) as catalogue:
            _divide(asked, catalogue, database.connection)
            shards = _joined(catalogue) if asked.options.get("shard", "auto") == "auto" else catalogue.shards()
            if not shards:
                raise MirrorError(
                    f"collection {asked.collection.name!r}: nothing is archived there that could be packed"
                )
            if dangling := catalogue.dangling():
                asked.notices.append(
                    f"{dangling} 条 revisit 的原始记录不在馆藏中 revisits refer to a response this collection does "
                    f"not hold: they cannot be replayed"
                )
            packing = _Packing(asked, catalogue, warcs, database.connection, _signer(asked), datetime.now(UTC))
            if len(shards) == 1 and not shards[0].label:
                with destination.whole_file(asked.output) as file:
                    packing.write(file, shards[0], None)
                return f"{shards[0].captures} 次存档 captures"
            with destination.whole_folder(asked.output) as folder:
                packing.write_all(folder, shards)
            return f"{len(shards)} 个包 packages, {catalogue.captures()} 次存档 captures"
    finally:
        database.close()


def _divide(asked: Export, catalogue: Catalogue, db: sqlite3.Connection) -> None:
    """Choose the shards, as asked or by size."""
    how = asked.options.get("shard", "auto")
    if how in ("auto", "none"):
        size, captures = sum(one.size_bytes for one in catalogue.shards()), catalogue.captures()
        if how == "none" or not _is_large(size, captures):
            catalogue.unite()  # not before: what every part needs would belong to one alone
            return
        if asked.output.suffix == ".wacz":
            raise UsageError(
                f"-o {asked.output}: {captures} captures are too many for one file that a browser could open; they "
                f"become a folder of packages. Name a folder, or give --shard none for one file all the same"
            )
    with_books = {code for (code,) in db.execute("SELECT library FROM book")}
    libraries = [one for one in catalogue.libraries() if one[0] in with_books]
    by_book = [code for code, size, captures in libraries if how == "book" or _is_large(size, captures)]
    catalogue.divide([code for code, _, _ in libraries], by_book)


def _joined(catalogue: Catalogue) -> list[Shard]:
    """The shards, neighbours put together as long as the package does not become large."""
    groups: list[list[Shard]] = []
    for shard in catalogue.shards():
        group = groups[-1] if groups and groups[-1][0].label != COMMON else []
        size = sum(one.size_bytes for one in group) + shard.size_bytes
        if group and not _is_large(size, sum(one.captures for one in group) + shard.captures):
            group.append(shard)
        else:
            groups.append([shard])
    return [catalogue.join(group) for group in groups]


def _is_large(size_bytes: int, captures: int) -> bool:
    return size_bytes > MOST_BYTES or captures > MOST_CAPTURES


def _signer(asked: Export) -> Signer | None:
    try:
        return Signer(SigningKey.of_home(asked.collection.home).private)
    except OSError as error:
        asked.notices.append(f"未签名 not signed: {error.filename}: {error.strerror or error}")
        return None


@dataclass(frozen=True, slots=True)
class _Packing:
    asked: Export
    catalogue: Catalogue
    warcs: list[Path]
    db: sqlite3.Connection
    signer: Signer | None
    made: datetime

    @property
    def _name(self) -> str:
        return self.asked.collection.name

    @property
    def _created(self) -> str:
        return self.made.strftime("%Y-%m-%dT%H:%M:%SZ")

    def write_all(self, folder: Path, shards: list[Shard]) -> None:
        """A package a shard, then the manifest (multi-WACZ, as ReplayWeb.page and browsertrix have it)."""
        longest = self._longest_text()
        written = []
        for shard in shards:
            path = folder / f"{self._name}-{shard.label}.wacz"
            with destination.whole_file(path) as file:
                self.write(file, shard, longest)
            written.append(
                Resource(path.name, path.name, f"sha256:{destination.sha256_of(path)}", path.stat().st_size)
            )
        manifest = {
            "profile": "multi-wacz-package",
            "title": self._name,
            "created": self._created,
            "software": _SOFTWARE,
            "resources": [
                {"name": one.name, "path": one.path, "hash": one.hash, "bytes": one.bytes} for one in written
            ],
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
        destination.write(folder / "datapackage.json", [text.encode("utf-8")])

    def _longest_text(self) -> int | None:
        count, size = pages.Pages(self.db, [], self.asked.scopes).text_bytes()
        if size <= MOST_TEXT_BYTES:
            return None
        longest = MOST_TEXT_BYTES // count // 3
        self.asked.notices.append(
            f"页面列表中的文字截至 {longest} 字，以免浏览器内存不足；全文仍在 WARC 中 texts in the page lists end "
            f"after {longest} characters, so that a browser can hold them all; the WARC files have them whole"
        )
        return longest

    def write(self, file: IO[bytes], shard: Shard, longest_text: int | None) -> None:
        """One package."""
        listed = pages.Pages(self.db, [path.name for path in self.warcs], self.asked.scopes)
        with Package(file) as package:
            lines = self._archive(package, shard)
            index = ZipNum()
            package.add("indexes/index.cdx.gz", index.compressed(lines))
            package.add("indexes/index.idx", [index.idx()], deflate=True)
            entrances = list(listed.entrances(shard))
            entries = listed.entries(shard, longest_text)
            if not entrances and (first := next(entries, None)):
                entrances = [{**first, "seed": True}]
            title = f"{self._name} {shard.label}".strip()
            package.add(
                "pages/pages.jsonl",
                pages.lines("pages", title, iter(entrances), has_text=False),
                deflate=True,
            )
            package.add(
                "pages/extraPages.jsonl", pages.lines("extra", "条目 entries", entries, has_text=True), deflate=True
            )
            package.finish(self._about(title, entrances), self._created, _SOFTWARE, self.signer)

    def _archive(self, package: Package, shard: Shard) -> Iterator[str]:
        """The WARC files of a package; gives the sorted lines of its index."""
        if not shard.label and not self.asked.scopes:
            for path in self.warcs:
                package.add(f"archive/{path.name}", destination.read(path))
            return self.catalogue.lines()
        lines = _Lines()
        for number, held in groupby(self.catalogue.held(shard), _file_number()):
            name = "-".join(filter(None, (self._name, shard.label, f"{number:05d}"))) + ".warc.gz"
            about = f"part {shard.label or 'of the collection'!r} of collection {self._name!r}, its records copied"
            package.add(f"archive/{name}", members(self.catalogue, held, name, about, self.made, lines.add))
        return lines.sorted()

    def _about(self, title: str, entrances: list[dict[str, Any]]) -> dict[str, Any]:
        config = self.asked.collection.config()
        description = f"{config.base_url} ({config.source})"
        about: dict[str, Any] = {"title": title, "description": description}
        about["metadata"] = {"title": title}  # where ReplayWeb.page looks for it
        if config.operator:
            about["contributors"] = [{"title": config.operator}]
        if entrances:
            about["mainPageUrl"] = entrances[0]["url"]
            about["mainPageDate"] = entrances[0]["ts"]
        return about


def _file_number() -> Any:
    """Tells which WARC file a record goes into: the next after a gigabyte, but a request goes with its response."""
    number, size = 1, 0

    def of(held: Held) -> int:
        nonlocal number, size
        if size >= _WARC_BYTES and held.line is not None:
            number, size = number + 1, 0
        size += held.place.length
        return number

    return of


class _Lines:
    """Lines that are sorted on the disk."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript("PRAGMA journal_mode = OFF; CREATE TABLE cdx (line TEXT NOT NULL); BEGIN;")

    def add(self, line: str) -> None:
        self._db.execute("INSERT INTO cdx VALUES (?)", (line,))

    def sorted(self) -> Iterator[str]:
        return (line for (line,) in self._db.execute("SELECT DISTINCT line FROM cdx ORDER BY line"))
