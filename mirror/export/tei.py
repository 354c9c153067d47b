"""A book as TEI P5 (tei-c.org), for editions and text analysis."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mirror import __version__
from mirror.export import destination
from mirror.export.book import Book, Closed, line, of_book, paragraphs, tree, write_each, xml
from mirror.export.formats import Export
from mirror.extraction.structure.tables import DrawnTable
from mirror.extraction.structure.titles import plain


def export(asked: Export) -> str:
    """Write `K-A.xml` for each book into a folder, or one book into a file whose name ends in .xml, or to `-`.

    Headings nest as the table of contents has them (`div`); each entry has its source URL, the time and the record
    of its capture in a `note`. Valid against TEI All.

    Raises:
        UsageError: A file for several books, or something is in the output folder.
        MirrorError: It could not be written.
    """

    def write(db: sqlite3.Connection, book: Book, path: Path) -> None:
        destination.write(path, (piece.encode("utf-8") for piece in pieces(book, of_book(db, asked, book))))

    return f"{write_each(asked, '.xml', write)} 部书 books"


def pieces(book: Book, entries: Iterator[dict[str, Any]]) -> Iterator[str]:
    """One document, piece by piece."""
    yield _HEADER.format(title=xml(book.title), library=xml(book.library_title), name=book.name, version=__version__)
    for step in tree(entries):
        if isinstance(step, Closed):
            yield "</div>\n"
        elif step.entry is None:
            yield f'<div type="heading">\n<head>{xml(step.title)}</head>\n'
        else:
            yield from _entry(step.title, step.entry)
    yield "</body>\n</text>\n</TEI>\n"


_HEADER = """<?xml version="1.0" encoding="UTF-8"?>
<TEI xmlns="http://www.tei-c.org/ns/1.0" xml:lang="zh">
<teiHeader>
<fileDesc>
<titleStmt><title>{title}</title></titleStmt>
<publicationStmt><p>由网上方志数据库的存档生成 Made from a web archive of an online gazetteer database; \
the texts remain their authors'.</p></publicationStmt>
<sourceDesc>
<bibl><title level="m">{title}</title>, <title level="s">{library}</title>, <idno>{name}</idno></bibl>
</sourceDesc>
</fileDesc>
<encodingDesc>
<appInfo>
<application ident="gazetteer-mirror" version="{version}"><label>gazetteer-mirror</label></application>
</appInfo>
<editorialDecl>
<p>段落由硬换行恢复；字符未改，XML 不能容纳的字符记作 U+FFFD。</p>
<p>Paragraphs are re-joined from lines of fixed width. Characters are as in the source, but for those XML cannot
hold, which became U+FFFD.</p>
</editorialDecl>
</encodingDesc>
</teiHeader>
<text>
<body>
"""


def _entry(title: str, entry: dict[str, Any]) -> Iterator[str]:
    capture = entry["capture"]
    code = f' subtype="{xml(entry["code"])}"' if _is_word(entry["code"]) else ""
    yield (
        f'<div type="entry" n="{entry["rec"]}" xml:id="e-{entry["id"].replace("/", "-")}"{code}>\n'
        f"<head>{xml(title)}</head>\n"
        f'<note type="source"><ref target="{xml(capture["url"])}">{xml(capture["url"])}</ref>, '
        f'<date when="{capture["timestamp"][:10]}">{capture["timestamp"]}</date>, '
        f'<idno type="WARC-Record-ID">{xml(capture["record_id"].strip("<>"))}</idno></note>\n'
    )
    empty = True
    for part in paragraphs(entry):
        empty = False
        yield _table(part) if isinstance(part, DrawnTable) else _paragraph(part)
    if empty:
        yield "<p/>\n"


def _is_word(text: str | None) -> bool:
    return text is not None and text.isascii() and text.isalnum()


def _paragraph(text: str) -> str:
    if text.lstrip().startswith("【") and "】" in text:
        head, _, rest = text.lstrip().partition("】")
        return f"<p><label>{xml(head)}】</label>{xml(rest)}</p>\n"
    return f"<p>{xml(text.strip())}</p>\n"


def _table(table: DrawnTable) -> str:
    caption = line(plain(table.caption or ""))
    head = f"<head>{xml(caption)}</head>\n" if caption else ""
    rows = "".join("<row>" + "".join(f"<cell>{xml(cell)}</cell>" for cell in row) + "</row>\n" for row in table.rows)
    size = f'rows="{len(table.rows)}" cols="{max(map(len, table.rows), default=0)}"'
    return f"<table {size}>\n{head}{rows}</table>\n"
