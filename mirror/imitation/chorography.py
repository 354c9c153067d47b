"""Pages of the public mirror. Its markup is not known, so there are four, as different as can be."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Literal, TypeVar

from mirror.imitation.corpus import Corpus, ImitatedBook, ImitatedHeading

#: `fields`: text in a form field, links without anchors; nobody can read it without being told.
Markup = Literal["pre", "br", "lines", "table", "fields"]

_Line = TypeVar("_Line")

_TAGLINE = "停运省级地情数据库的公开镜像与长期存档。"


def _page(title: str, trail: str, body: str, markup: Markup, template: int) -> bytes:
    if markup == "table":
        head = f"<table width=100%><tr><td>山东地方志资料归档</td><td>{_TAGLINE} <a href='/about/'>关于本站</a></td></tr></table>"
        foot = ""
    else:
        banner = "header" if template == 0 else "section"
        head = (
            f'<{banner}><p>山东地方志资料归档</p><h1><a href="/">山东地情档案</a></h1><p>{_TAGLINE} '
            f'<a href="/about/">关于本站</a></p></{banner}><h2>档案浏览器</h2>'
        )
        foot = '<footer><a href="/about/">关于本站</a></footer>'
    return (
        f'<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(title)} - 山东地情档案</title>'
        f'<link rel="stylesheet" href="/static/site.css"></head>\n<body>{head}\n{trail}\n{body}\n{foot}</body></html>\n'
    ).encode()


def _trail(parts: list[tuple[str, str | None]], markup: Markup) -> str:
    links = [f'<a href="{url}">{escape(text)}</a>' if url else escape(text) for text, url in parts]
    if markup == "table":
        return "<p>当前位置：" + " &gt; ".join(links) + "</p>"
    return '<nav aria-label="breadcrumb"><ol>' + "".join(f"<li>{link}</li>" for link in links) + "</ol></nav>"


def home(corpus: Corpus, markup: Markup) -> bytes:
    links = "".join(f'<li><a href="/database/{code}/">{title}</a></li>' for code, title in corpus.libraries())
    return _page("首页", "", f"<main><h3>资料库</h3><ul>{links}</ul></main>", markup, corpus.state // 2)


def library(corpus: Corpus, code: str, markup: Markup, at: int = 1, size: int = 0) -> bytes | None:
    """The books of a library, `size` on a page (0: all on one). None if there is no such library or page."""
    title = dict(corpus.libraries()).get(code)
    books, pager = _part(corpus.books(code), f"/database/{code}/", at, size)
    if title is None or not books:
        return None
    links = "".join(
        f'<li><a href="/database/{code}/section/{book.number}/">{escape(book.title)}</a></li>' for book in books
    )
    trail = _trail([("首页", "/"), (title, None)], markup)
    return _page(_numbered(title, at), trail, f"<main><ul>{links}</ul>{pager}</main>", markup, corpus.state // 2)


def _part(lines: Sequence[_Line], url: str, at: int, size: int) -> tuple[Sequence[_Line], str]:
    """The lines of one page, and the pager below them, which leads to the page before and the one behind."""
    last = -(-len(lines) // size) if size else 1
    steps = [(at - 1, "上一页"), (at, f"第{at}页"), (at + 1, "下一页")]
    links = [f'<a href="{url}?page={to}">{name}</a>' for to, name in steps if 1 <= to <= last and to != at]
    pager = f'<p class="pager">{" ".join(links)}</p>' if last > 1 else ""
    return (lines[(at - 1) * size : at * size] if size else lines if at == 1 else ()), pager


def _numbered(title: str, at: int) -> str:
    return f"{title}（第{at}页）" if at > 1 else title


def section(corpus: Corpus, book: ImitatedBook, markup: Markup, at: int = 1, size: int = 0) -> bytes | None:
    """A book's table of contents, nested by depth, `size` lines on a page (0: all). None if there is no such page."""
    title = dict(corpus.libraries())[book.library]
    trail = _trail([("首页", "/"), (title, f"/database/{book.library}/"), (book.title, None)], markup)
    headings, pager = _part(corpus.headings(book), f"/database/{book.library}/section/{book.number}/", at, size)
    if not headings:
        return None
    depth = headings[0].depth
    body = "<main><ul>" + "<li><ul>" * depth
    for number, heading in enumerate(headings):
        path = f"/database/{book.library}/section/{book.number}/article/{heading.rec}/"
        name = escape(heading.title)
        link = f'<a href="{path}">{name}</a>' if markup != "fields" else f'<b data-path="{path}">{name}</b>'
        if heading.depth > depth:
            body += "<ul>" * (heading.depth - depth)
        elif number:
            body += "</li>" + "</ul></li>" * (depth - heading.depth)
        body += f"<li>{link}"
        depth = heading.depth
    body += "</li>" + "</ul></li>" * depth + f"</ul>{pager}</main>"
    return _page(_numbered(book.title, at), trail, body, markup, corpus.state // 2)


def article(corpus: Corpus, book: ImitatedBook, heading: ImitatedHeading, markup: Markup) -> bytes:
    title = dict(corpus.libraries())[book.library]
    base = f"/database/{book.library}/section/{book.number}/"
    parts: list[tuple[str, str | None]] = [
        ("首页", "/"),
        (title, f"/database/{book.library}/"),
        (book.title, base),
        *((above, None) for above in heading.path),
        (heading.title, None),
    ]
    lines = [escape(line, quote=False) for line in corpus.lines(book, heading)]
    match markup:
        case "pre":
            text = "<article><h2>{}</h2><pre>{}</pre></article>".format(escape(heading.title), "\n".join(lines))
        case "br":
            text = '<div class="article-title">{}</div><div class="article-body">{}</div>'.format(
                escape(heading.title), "<br>\n".join(line.replace(" ", "&nbsp;") for line in lines)
            )
        case "lines":
            text = '<article><h2>{}</h2><div style="white-space:pre-wrap">{}</div></article>'.format(
                escape(heading.title), "".join(f'<p class="line">{line}</p>' for line in lines)
            )
        case "fields":
            text = '<p class="caption">{}</p><textarea readonly>\n{}</textarea>'.format(
                escape(heading.title), "\n".join(lines)
            )
        case "table":
            text = "<table><tr><td><b>{}</b></td></tr><tr><td><pre>\n{}\n</pre></td></tr></table>".format(
                escape(heading.title), "\n".join(lines)
            )
    last = len(corpus.headings(book))
    around = [
        f'<a href="{base}article/{rec}/">{name}</a>'
        for rec, name in ((heading.rec - 1, "上一篇"), (heading.rec + 1, "下一篇"))
        if 1 <= rec <= last
    ]
    body = f"<main>{text}<p>{' '.join(around)}</p></main>"
    return _page(heading.title, _trail(parts, markup), body, markup, corpus.state // 2)


def sitemap(corpus: Corpus, root: str) -> bytes:
    urls = [root]
    for code, _ in corpus.libraries():
        urls.append(f"{root}database/{code}/")
        urls += [f"{root}database/{code}/section/{book.number}/" for book in corpus.books(code)]
    entries = "".join(f"<url><loc>{escape(url)}</loc></url>" for url in urls)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>\n'
    ).encode()


def not_found() -> bytes:
    return _page("未找到", "", "<main><h2>404</h2><p>页面不存在</p></main>", "pre", 0)


def block_page() -> bytes:
    return (
        '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>安全验证</title></head>'
        "<body><h2>访问过于频繁，请完成安全验证</h2><p>请输入验证码后继续访问。</p></body></html>"
    ).encode()
