"""A book as EPUB 3.3, to be read on any reader."""

from __future__ import annotations

import sqlite3
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from mirror.export import destination
from mirror.export.book import Book, Closed, line, of_book, paragraphs, tree, write_each, xml
from mirror.export.formats import Export
from mirror.extraction.structure.tables import DrawnTable
from mirror.extraction.structure.titles import plain

#: A chapter is cut before the next entry when it has this many characters; readers load a chapter at a time.
MOST_CHARACTERS = 200_000
#: Headings deeper than this look alike; HTML has six.
_DEEPEST = 6
#: The same book gives the same bytes: members bear the first instant a ZIP can tell.
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(slots=True)
class _Mark:
    """A line of the table of contents."""

    title: str
    href: str
    below: list[_Mark] = field(default_factory=list)


def export(asked: Export) -> str:
    """Write `K-A.epub` for each book into a folder, or one book into a file whose name ends in .epub.

    Raises:
        UsageError: A file for several books, or something is in the output folder.
        MirrorError: It could not be written.
    """
    base = asked.collection.config().base_url

    def write(db: sqlite3.Connection, book: Book, path: Path) -> None:
        with destination.whole_file(path) as file:
            pack(file, book, base, of_book(db, asked, book))

    return f"{write_each(asked, '.epub', write)} 部书 books"


def pack(file: IO[bytes], book: Book, base: str, entries: Iterator[dict[str, Any]]) -> None:
    """Write one publication (EPUB 3.3, OCF 4): chapters as they come, then what names them all."""
    with zipfile.ZipFile(file, "w") as package:
        # First, and as it is: programs tell an EPUB by these bytes (OCF 4.3).
        _add(package, "mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        _add(package, "META-INF/container.xml", _CONTAINER)
        _add(package, "EPUB/style.css", _STYLE)
        contents, chapters, newest = _chapters(package, book, entries)
        _add(package, "EPUB/nav.xhtml", _page(book.title, _nav(contents)))
        _add(package, "EPUB/package.opf", _package(book, base, chapters, newest))


def _chapters(
    package: zipfile.ZipFile, book: Book, entries: Iterator[dict[str, Any]]
) -> tuple[list[_Mark], list[str], str]:
    """Write the chapters; their table of contents, their names, and when the newest text was last seen."""
    contents: list[_Mark] = []
    standing = [contents]
    names: list[str] = []
    body: list[str] = []
    size, newest = 0, ""

    def finish() -> None:
        names.append(f"c{len(names) + 1:04d}.xhtml")
        _add(package, f"EPUB/{names[-1]}", _page(book.title, "".join(body)))
        body.clear()

    for number, step in enumerate(tree(entries)):
        if isinstance(step, Closed):
            standing.pop()
            continue
        if body and (len(standing) == 1 or size > MOST_CHARACTERS):
            finish()
            size = 0
        place = f"h{number}" if step.entry is None else f"e{step.entry['rec']}"
        mark = _Mark(step.title, f"c{len(names) + 1:04d}.xhtml#{place}")
        standing[-1].append(mark)
        level = min(len(standing), _DEEPEST)
        standing.append(mark.below)
        body.append(f'<h{level} id="{place}">{xml(step.title)}</h{level}>\n')
        if step.entry is not None:
            newest = max(newest, step.entry["last_seen"])
            text = "".join(_entry(step.entry))
            size += len(text)
            body.append(text)
    finish()
    return contents, names, newest


def _entry(entry: dict[str, Any]) -> Iterator[str]:
    for part in paragraphs(entry):
        yield _table(part) if isinstance(part, DrawnTable) else f"<p>{xml(part.strip())}</p>\n"
    capture = entry["capture"]
    yield (
        f'<p class="source">{entry["id"]} · {capture["timestamp"][:10]} · '
        f'<a href="{xml(capture["url"])}">{xml(capture["url"])}</a></p>\n'
    )


def _table(table: DrawnTable) -> str:
    caption = line(plain(table.caption or ""))
    rows = "".join("<tr>" + "".join(f"<td>{xml(cell)}</td>" for cell in row) + "</tr>\n" for row in table.rows)
    return f"<table>\n{f'<caption>{xml(caption)}</caption>' if caption else ''}\n{rows}</table>\n"


def _nav(contents: list[_Mark]) -> str:
    return f'<nav epub:type="toc" id="toc">\n<h1>目录</h1>\n{_list(contents)}</nav>\n'


def _list(marks: list[_Mark]) -> str:
    lines = [
        f'<li><a href="{mark.href}">{xml(mark.title)}</a>{_list(mark.below) if mark.below else ""}</li>\n'
        for mark in marks
    ]
    return f"<ol>\n{''.join(lines)}</ol>\n"


def _page(title: str, body: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" '
        'lang="zh" xml:lang="zh">\n'
        f'<head><title>{xml(title)}</title><link rel="stylesheet" type="text/css" href="style.css"/></head>\n'
        f"<body>\n{body}</body>\n</html>\n"
    )


def _package(book: Book, base: str, chapters: list[str], newest: str) -> str:
    identifier = uuid.uuid5(uuid.NAMESPACE_URL, f"{base}#{book.library}/{book.number}")
    items = "".join(
        f'<item id="{name[:5]}" href="{name}" media-type="application/xhtml+xml"/>\n' for name in chapters
    )
    spine = "".join(f'<itemref idref="{name[:5]}"/>\n' for name in chapters)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="zh">\n'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f'<dc:identifier id="id">urn:uuid:{identifier}</dc:identifier>\n'
        f"<dc:title>{xml(book.title)}</dc:title>\n<dc:language>zh</dc:language>\n"
        f"<dc:source>{xml(base)}</dc:source>\n<dc:description>{xml(book.library_title)}</dc:description>\n"
        f'<meta property="dcterms:modified">{newest[:19]}Z</meta>\n</metadata>\n<manifest>\n'
        '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>\n'
        f'<item id="css" href="style.css" media-type="text/css"/>\n{items}</manifest>\n'
        f'<spine>\n<itemref idref="nav"/>\n{spine}</spine>\n</package>\n'
    )


def _add(package: zipfile.ZipFile, name: str, text: str, method: int = zipfile.ZIP_DEFLATED) -> None:
    member = zipfile.ZipInfo(name, _EPOCH)
    member.create_system = 3
    member.external_attr = 0o644 << 16
    package.writestr(member, text.encode("utf-8"), method)


_CONTAINER = """<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>
"""
_STYLE = """p { text-indent: 2em; margin: 0.3em 0; line-height: 1.7; }
h1, h2, h3, h4, h5, h6 { line-height: 1.4; }
table { border-collapse: collapse; margin: 1em 0; }
td { border: 1px solid #888; padding: 0.2em 0.5em; }
.source { text-indent: 0; font-size: 0.75em; color: #666; word-break: break-all; }
"""
