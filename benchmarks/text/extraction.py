"""The pages of the benchmark, and the contestants that read them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from types import ModuleType

from mirror.extraction.blocks import find_text
from mirror.extraction.charset import decode
from mirror.extraction.markup import layout_text
from mirror.sites import Answer, open_site
from tests.extraction.books import Book, Truth

#: Whom ours is set beside, where they are installed.
PEERS = ("trafilatura", "resiliparse")


@dataclass(frozen=True)
class Page:
    url: str
    body: bytes
    truth: Truth


def old_pages(books: list[Book]) -> list[Page]:
    found = []
    for number, book in enumerate(books, 1):
        for rec, truth in enumerate(book.entries, 1):
            text = escape("\n".join(truth.lines), quote=False)
            markup = (
                "<html>\n<head>\n<title>全文检索</title>\n"
                '<META HTTP-EQUIV="Content-Type" content="text/html; charset=gb2312">\n</head>\n'
                f'<body bgcolor="#edf0f5">\n<a href="/ftr/ftr.htm"><img src="/images/01.gif"></a>\n'
                f"<SCRIPT>\nseachword='';\nK='ch9';\nA='{number}';\nrun='13';\nrec='{rec}';\n</SCRIPT>\n"
                f'<p align=center>临河县情资料库 <b>临河县志</b>\n<hr>\n<div class="txt"><pre>\n{text}\n</pre></div><hr>\n'
                "<!--总用时12 ms-->\n</BODY>\n</HTML>\n"
            )
            url = f"http://lib.sdsqw.cn/bin/mse.exe?seachword=&K=ch9&A={number}&rec={rec}&run=13"
            found.append(Page(url, markup.encode("gb18030"), truth))
    return found


def new_pages(books: list[Book], *, paragraphs: bool) -> list[Page]:
    found = []
    for number, book in enumerate(books, 1):
        for rec, truth in enumerate(book.entries, 1):
            base = f"/database/ch9/section/{number}/"
            lines = [escape(line, quote=False) for line in truth.lines]
            text = "<pre>{}</pre>".format("\n".join(lines))
            if paragraphs:
                text = '<div style="white-space:pre-wrap">{}</div>'.format(
                    "".join(f"<p>{line}</p>" for line in lines)
                )
            markup = (
                '<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>塘工 - 山东地情档案</title>'
                '<link rel="stylesheet" href="/static/site.css"></head>\n<body><header><p>山东地方志资料归档</p>'
                '<h1><a href="/">山东地情档案</a></h1><p>停运省级地情数据库的公开镜像与长期存档。 '
                '<a href="/about/">关于本站</a></p></header><h2>档案浏览器</h2>\n'
                f'<nav aria-label="breadcrumb"><ol><li><a href="/">首页</a></li><li><a href="{base}">临河县志</a></li>'
                f"<li>塘工</li></ol></nav>\n<main><article><h2>塘工</h2>{text}</article>"
                f'<p><a href="{base}article/{rec + 1}/">下一篇</a></p></main>\n'
                '<footer><a href="/about/">关于本站</a></footer></body></html>\n'
            )
            url = f"https://shandong-chorography.org{base}article/{rec}/"
            found.append(Page(url, markup.encode(), truth))
    return found


Extract = Callable[[Page], str]


def ours(source: str) -> Extract:
    site = open_site(source)

    def extract(page: Page) -> str:
        entry = site.read(Answer(page.url, 200, (), page.body)).entry
        return entry.content.text if entry else ""

    return extract


def only_found(page: Page) -> str:
    """What the peers do: decode, find the text, lay it out; nothing joined or read in it."""
    markup = decode(page.body).text
    txt = markup.find('<div class="txt">')
    if txt >= 0:
        return layout_text(markup[txt + 17 : markup.index("</div>", txt)])
    block = find_text(markup)
    return block.raw_text if block else ""


def peers() -> dict[str, Extract]:
    found: dict[str, Extract] = {}
    trafilatura = optional("trafilatura")
    if trafilatura:
        found[f"trafilatura {trafilatura.__version__}"] = lambda page: (
            trafilatura.extract(page.body, include_comments=False, include_tables=True) or ""
        )
        found[f"trafilatura {trafilatura.__version__}, fast"] = lambda page: (
            trafilatura.extract(page.body, include_comments=False, include_tables=True, fast=True) or ""
        )
    html2text, html, encoding = (
        optional(f"resiliparse.{name}") for name in ("extract.html2text", "parse.html", "parse.encoding")
    )
    if html2text and html and encoding:

        def resiliparse(page: Page) -> str:
            charset = encoding.detect_encoding(page.body)
            text: str = html2text.extract_plain_text(
                html.HTMLTree.parse_from_bytes(page.body, charset), main_content=True
            )
            return text

        found["resiliparse"] = resiliparse
    return found


def optional(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
