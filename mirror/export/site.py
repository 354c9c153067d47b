"""The archive browser's pages as a static site: any web host takes it, in any folder, and a disk does too.

The same collection gives the same bytes, whatever the machine. Written again into the same folder, only files that
changed are touched, so an upload has little to send. Books are written by several processes; memory goes by the
largest book.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from mirror.browse import downloads, history, pages, render
from mirror.browse.addresses import Language, SiteAddresses, site_file, way_up
from mirror.browse.books import Contents, read_contents
from mirror.browse.holdings import Holdings, NotHeldError
from mirror.browse.overview import Overview
from mirror.browse.page import Page
from mirror.browse.resourcesync import Resource, capabilities, listed
from mirror.browse.siteindex import check_index, write_index
from mirror.errors import UsageError
from mirror.export.formats import Export

#: Says that a folder is a site of ours, and may be written again.
MARK = "site.json"
#: Collections with fewer entries are written by this process alone.
_ALONE = 1_500
#: Comparisons of neighbouring versions that are written, the newest.
_COMPARED = 20
_LANGUAGES: tuple[Language, ...] = ("zh", "en")


def export(asked: Export) -> str:
    """Write the site. Raises UsageError if the folder holds anything else."""
    if asked.scopes:
        raise UsageError("--format site: the whole collection makes one site; leave --scope out")
    out, name = asked.output, asked.collection.name
    holdings = _Fixed(asked.collection.home)
    with holdings.reading(name) as db:
        check_index(db)
    _take_folder(out, name)
    overview = holdings.overview(name)
    site = _Site(holdings, name, out)
    site.write_frame(overview)
    books = [(code, book["number"]) for code, found in sorted(overview.books.items()) for book in found]
    written = _in_turn(site, books) if overview.facts["captured"] < _ALONE else _at_once(site, books)
    if "url" in asked.options:
        _write_lists(site, books, asked.options["url"].rstrip("/"), overview.as_of)
    return f"{written} 条目 entries, {len(books)} 书 books"


def _take_folder(out: Path, name: str) -> None:
    """Make the folder, or take one that a site of this collection is in already."""
    if str(out) == "-":
        raise UsageError("--format site: a site is a folder; name one with -o")
    mark = out / MARK
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: there is a file of that name; name a folder")
    if out.is_dir() and any(out.iterdir()):
        known = json.loads(mark.read_text("utf-8")) if mark.is_file() else {}
        if known.get("collection") != name:
            raise UsageError(f"{out}: there is something in it that is no site of {name!r}; name another folder")
    out.mkdir(parents=True, exist_ok=True)
    mark.write_text(json.dumps({"collection": name, "made_by": "mirror export --format site"}) + "\n", "utf-8")


class _Fixed(Holdings):
    """Holdings whose figures are dated by the archive, not by the clock: the same site comes out tomorrow."""

    def overview(self, name: str) -> Overview:
        found = super().overview(name)
        crawls = found.facts["crawls"]
        as_of = (crawls[0]["ended"] or crawls[0]["began"]) if crawls else "1970-01-01T00:00:00Z"
        return replace(found, as_of=as_of)


class _Site:
    """One site being written."""

    def __init__(self, holdings: Holdings, name: str, out: Path) -> None:
        self.holdings = holdings
        self.name = name
        self.out = out

    def put(self, file: str, body: bytes) -> None:
        """Write a file, unless it is there already just so."""
        path = self.out / file
        try:
            if path.stat().st_size == len(body) and path.read_bytes() == body:
                return
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".part")
        partial.write_bytes(body)
        partial.replace(path)

    def page(self, page: Page) -> str:
        """Write a page in both languages. Returns its file name in the folder of its language."""
        for language in _LANGUAGES:
            file = site_file(page.path, language)
            to = SiteAddresses("", language, way_up(file))
            other: Language = "en" if language == "zh" else "zh"
            citations = downloads.citations(page.facts["entry"], None) if page.template == "entry.html" else ()
            text = render.html(
                page,
                to,
                canonical=None,
                other=to.of(other).path(page.path),
                json=None,
                permanent=None,
                view=None,
                pywb=None,
                citations=citations,
            )
            self.put(file, text.encode("utf-8", "surrogatepass"))
        return site_file(page.path, "zh")

    def write_frame(self, overview: Overview) -> None:
        """Everything but books and entries."""
        for name in render.ASSETS:
            self.put(f"static/{render.versioned(name)}", render.asset(name))
        self.put("search/search.js", render.asset("search.js"))
        self.page(pages.collection(self.holdings, self.name))
        self.page(pages.coverage(self.holdings, self.name))
        self.page(replace(pages.about(), collection=self.name))
        for code in overview.libraries:
            self.page(pages.library(self.holdings, self.name, code))

    def write_search(self) -> None:
        """The index, and the page that searches it."""
        with self.holdings.reading(self.name, longest_s=24 * 3600.0) as db:
            index = write_index(db, self.out / "search", self.put)
        shown = {"about": asdict(index)}
        facts = {"collection": self.name}
        self.page(Page("site-search.html", f"/search/{self.name}", facts, shown, collection=self.name))

    def write_book(self, code: str, number: int) -> int:
        """A book, its entries, and what can be downloaded of it. Returns how many entries it has."""
        folder = f"{code}/{number}"
        kept = {f"{folder}/index.html", f"{folder}/book.jsonl", f"{folder}/book.txt"}
        count = 0
        with self.holdings.reading(self.name, longest_s=24 * 3600.0) as db:
            book = pages.book(db, self.name, code, number)
            contents = read_contents(db, code, number)
            assert contents is not None, "the book was just read"
            self.page(book)
            numbers = {heading.rec for heading in contents.tree} | set(book.facts["unlisted"])
            with _Growing(self, f"{folder}/book.jsonl") as lines, _Growing(self, f"{folder}/book.txt") as texts:
                for rec in sorted(numbers | {one["rec"] for one in book.facts["failed"]}):
                    files, entry = self._write_entry(db, (code, number, rec), contents)
                    kept.update(files)
                    if entry is not None:
                        count += 1
                        lines.add(json.dumps(entry, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
                        texts.add(downloads.reading_text(entry) + b"\n")
        self._clear(folder, kept)
        return count

    def _write_entry(
        self, db: Any, place: tuple[str, int, int], contents: Contents
    ) -> tuple[list[str], dict[str, Any] | None]:
        try:
            page = pages.entry(db, self.name, place, contents=contents)
        except NotHeldError:
            return [], None
        files = [self.page(page)]
        for at, one in enumerate(page.facts["witnesses"], 1):
            path = "/witness/{}/{}/{}/{}/{}".format(self.name, *place, at)
            files.append(self.page(replace(pages.witness(db, self.name, one["number"]), path=path)))
        if page.template != "entry.html":
            return files, None
        entry = page.facts["entry"]
        for number in range(1, len(entry["tables"]) + 1):
            file = f"{entry['id']}.{number}.csv"
            self.put(file, downloads.table(entry, number) or b"")
            files.append(file)
        versions = len(history.versions(db, *place))
        if versions > 1:
            files.append(self.page(pages.entry_history(db, self.name, place)))
            files += [
                self.page(pages.compare(db, self.name, place, newer - 1, newer))
                for newer in range(max(2, versions - _COMPARED + 1), versions + 1)
            ]
        return files, entry

    def _clear(self, folder: str, kept: set[str]) -> None:
        """Take away files of a book that is no longer as it was when the site was written before."""
        for prefix in ("", "en/"):
            for path in list((self.out / prefix / folder).glob("*")):
                if f"{folder}/{path.name}" not in kept:
                    path.unlink()


def _write_lists(site: _Site, books: list[tuple[str, int]], root: str, at: str) -> None:
    """ResourceSync for a site whose address is known: every book as one file, with its digest."""
    found = []
    for code, number in books:
        file = f"{code}/{number}/book.jsonl"
        with (site.out / file).open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
            size = opened.tell()
        said = (("hash", f"sha-256:{digest}"), ("length", str(size)), ("type", "application/x-ndjson"))
        found.append(Resource(f"{root}/{file}", None, said, (("alternate", f"{root}/{code}/{number}/index.html"),)))
    above, lists = f"{root}/resourcesync/capabilitylist.xml", f"{root}/resourcesync/resourcelist.xml"
    documents = {
        "resourcesync/resourcelist.xml": listed("resourcelist", found, up=above, said={"at": at}),
        "resourcesync/capabilitylist.xml": listed(
            "capabilitylist",
            [Resource(lists, None, (("capability", "resourcelist"),))],
            up=f"{root}/.well-known/resourcesync",
        ),
        ".well-known/resourcesync": capabilities([above]),
    }
    for file, text in documents.items():
        site.put(file, text.encode("utf-8"))


class _Growing:
    """A file written piece by piece, and put in its place only if it is not there already just so."""

    def __init__(self, site: _Site, file: str) -> None:
        self._path = site.out / file
        self._partial = self._path.with_name(self._path.name + ".part")

    def __enter__(self) -> _Growing:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._partial.open("wb")
        return self

    def add(self, piece: bytes) -> None:
        self._file.write(piece)

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        self._file.close()
        if failed is not None or (self._path.is_file() and _same(self._path, self._partial)):
            self._partial.unlink()
        else:
            self._partial.replace(self._path)


def _same(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as a, other.open("rb") as b:
        while piece := a.read(1 << 20):
            if piece != b.read(1 << 20):
                return False
    return True


def _in_turn(site: _Site, books: list[tuple[str, int]]) -> int:
    site.write_search()
    return sum(site.write_book(code, number) for code, number in books)


def _at_once(site: _Site, books: list[tuple[str, int]]) -> int:
    workers = max(1, min(8, len(os.sched_getaffinity(0)), len(books)))
    with ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), _begin, (site.holdings.home, site.name, site.out)
    ) as pool:
        try:
            search = pool.submit(_write_search)
            entries = sum(pool.map(_write_book, books, chunksize=4))
            search.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # Ctrl-C or an error: the books not begun are let go
            raise
    return entries


_worker: list[_Site] = []


def _begin(home: Path, name: str, out: Path) -> None:
    _worker[:] = [_Site(_Fixed(home), name, out)]


def _write_search() -> None:
    _worker[0].write_search()


def _write_book(book: tuple[str, int]) -> int:
    return _worker[0].write_book(*book)
