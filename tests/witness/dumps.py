"""Text dumps in the shape people made them: a TXT an article, in folders, with a head."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from hashlib import sha1

from mirror.imitation import Corpus
from mirror.sites import open_site

RULE = "=" * 40


def text_file(title: str, url: str, body: str, *, next_line: bool = False, time: str = "2026-07-01 12:00:00") -> str:
    separator = "\n" if next_line else ""
    return f"{RULE}\n标题：{separator}{title}\n来源：{url}\n采集时间：{time}\n{RULE}\n\n{body}\n"


def articles(corpus: Corpus, base_url: str) -> Iterator[tuple[str, str]]:
    """Path and content of a dump of a whole corpus: province, city, library, book, headings, title."""
    site = open_site("chorography", base_url)
    titles = dict(corpus.libraries())
    seen: set[str] = set()
    for number, (book, heading) in enumerate(corpus.entries()):
        above = ["山东省", "泰安市", titles[book.library], book.title, *heading.path]
        name = "/".join(part.replace("/", "_") for part in (*above, heading.title)) + ".txt"
        url = site.entry_link(book.library, book.number, heading.rec).url
        if name in seen:
            name = f"{name.removesuffix('.txt')}_{sha1(url.encode(), usedforsecurity=False).hexdigest()[:10]}.txt"
        seen.add(name)
        body = "\n".join(corpus.lines(book, heading))
        yield name, text_file(heading.title, url, body, next_line=number % 3 == 0)


def zipped(files: Iterable[tuple[str, bytes]], *, names: str = "utf-8", flagged: bool = True) -> bytes:
    """A ZIP; names not `flagged` are written as old packers do, in their charset and without saying so."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in files:
            member = zipfile.ZipInfo(name)
            member.compress_type = zipfile.ZIP_DEFLATED
            if not flagged:
                member = _Unflagged(name, names)
            package.writestr(member, data)
    return out.getvalue()


class _Unflagged(zipfile.ZipInfo):
    """A member whose name stands in a charset that the ZIP does not tell."""

    def __init__(self, name: str, charset: str) -> None:
        super().__init__(name)
        self.compress_type = zipfile.ZIP_DEFLATED
        self._octets = name.encode(charset)

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self._octets, self.flag_bits & ~0x800
