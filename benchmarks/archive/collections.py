"""Large collections, written straight into their archive by our own writer; `mirror rebuild` makes the rest."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from random import Random

from mirror.imitation import Corpus, layout, mse, prose
from mirror.imitation.corpus import ImitatedBook, ImitatedHeading
from warc.capture import Capture
from warc.payload import Payload
from warc.writer import Writer

ROOT = "http://lib.example.cn/"
_INFO = {
    "software": "gazetteer-mirror/benchmark",
    "format": "WARC File Format 1.1",
    "robots": "obey",
    "operator": "benchmark",
    "http-header-user-agent": "benchmark",
    "crawl": "1",
    "crawl-began": "2026-03-01T00:00:00Z",
    "crawl-scope": "[]",
    "crawl-plan": "all",
}


class _Quick(Corpus):
    """The imitation with texts put together of paragraphs set once: thousands of pages a second, 3-15 KB most."""

    def lines(self, book: ImitatedBook, heading: ImitatedHeading) -> list[str]:
        chance = Random(f"{book.place}/{heading.rec}")
        paragraphs = _paragraphs(book.width, book.rule, book.indent)
        lines = [f"{book.indent}{heading.title}，{book.title}第{heading.rec}条。"]
        for _ in range(min(40, max(5, round(chance.lognormvariate(2.5, 0.5))))):
            lines += chance.choice(paragraphs)
        return lines


@lru_cache
def _paragraphs(width: int, rule: layout.Rule, indent: str) -> list[list[str]]:
    chance = Random(width)
    return [layout.wrap(prose.paragraph(chance, chance.randint(3, 9)), width, rule, indent) for _ in range(2000)]


def write_entries(archive: Path, pages: int) -> tuple[str, str, str]:
    """The old database with about so many entries, every page of it.

    Returns:
        Of an entry deep inside: URL of the contents of its book, title of its heading there, and its own URL.
    """
    corpus = _Quick(pages)
    writer = _Pages(archive)
    writer.put("ftr/ftr.htm", mse.entrance(corpus))
    deep = ("", "", "")
    for library, _ in corpus.libraries():
        writer.put(_contents(library, None), mse.contents(corpus, library, None, 20) or b"")
        for book in corpus.books(library):
            writer.put(_contents(library, book.number), mse.contents(corpus, library, book.number, 20) or b"")
            for heading in corpus.headings(book):
                url = f"bin/mse.exe?seachword=&K={library}&A={book.number}&rec={heading.rec}&run=13"
                writer.put(url, mse.entry(corpus, book, heading, 20))
                if heading.leaf:
                    deep = ROOT + _contents(library, book.number), heading.code, ROOT + url
    writer.close()
    return deep


def _contents(library: str, number: int | None) -> str:
    return f"bin/mse.exe?seachword=&K={library}&A={number or ''}&run=12"


def write_large(archive: Path, size: int) -> int:
    """Pictures of 6 MB that cannot be compressed, until the files have `size` bytes. Returns how many."""
    writer = _Pages(archive)
    writer.put("ftr/ftr.htm", mse.entrance(Corpus(40)))
    count = 0
    while writer.total_bytes < size:
        count += 1
        writer.put(f"images/{count:05d}.gif", b"GIF89a" + os.urandom(6_000_000), "image/gif")
    writer.close()
    return count


class _Pages:
    def __init__(self, archive: Path) -> None:
        self._writer = Writer(archive, archive.parent.name, _INFO)
        self._moment = datetime(2026, 3, 1, tzinfo=UTC)

    @property
    def total_bytes(self) -> int:
        return self._writer.total_bytes

    def put(self, path: str, body: bytes, kind: str = "text/html") -> None:
        self._moment += timedelta(seconds=0.25)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (kind.encode(), len(body))
        request = f"GET /{path} HTTP/1.1\r\nHost: lib.example.cn\r\n\r\n".encode()
        self._writer.write(Capture(ROOT + path, self._moment, request, head, Payload(body), "127.0.0.1"))

    def close(self) -> None:
        self._writer.close()
