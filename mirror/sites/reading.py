"""What is the same for every source when an answer is read: status, coding, charset, notices, robots."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from mirror.extraction.block import judge_notice, sends_on_to
from mirror.extraction.charset import decode
from mirror.extraction.content import decode_content
from mirror.extraction.markup import visible_text
from mirror.extraction.page import Charset, Link, Page
from mirror.extraction.template import template_of
from mirror.sites.links import once, style_links
from mirror.sites.site import Answer, Site
from mirror.sites.status import field, judge_status
from mirror.sites.urls import resolve

_LOC = re.compile(r"(?i)<(?:\w{1,20}:)?loc>\s*(?:<!\[CDATA\[)?\s*([^<>\]]{1,2000}?)\s*(?:\]\]>)?\s*</")
_SITEMAP_END = re.compile(r"(?i)</(?:\w{1,20}:)?(?:urlset|sitemapindex)\s*>")
_SITEMAP_LINE = re.compile(r"(?im)^[ \t]*sitemap[ \t]*:[ \t]*(\S{1,2000})")
_MARKUP = re.compile(r"(?i)\s*<(?:!doctype|html|head|body|meta|script|title)\b")
_TEXT_TYPES = ("text/html", "application/xhtml+xml", "text/plain", "text/xml", "application/xml", "")

#: Fields that say where a body ends; the last is a removed transfer coding in a stored head.
_FRAMED_BY = (b"content-length", b"transfer-encoding", b"x-archive-orig-transfer-encoding")

MAX_SITEMAP_LINKS = 50_000  #: the limit of the sitemap protocol itself


@dataclass(frozen=True, slots=True)
class Opened:
    """A body as characters."""

    markup: str  #: line ends LF
    charset: Charset
    is_whole: bool  #: nothing was lost when content codings were taken off
    media_type: str  #: lower case, "" if none is given
    oddities: tuple[str, ...]


#: Reads a body whose status is in order. Gets the source, the answer, its body, and what was asked.
BodyReader = Callable[[Site, Answer, Opened, Link], Page]


def read_answer(site: Site, answer: Answer, default_charset: str, read_body: BodyReader) -> Page:
    """What a stored answer says. Never raises: a page our reader fails on is odd, and stays archived."""
    asked: Link | None = None
    try:
        asked = site.identify(answer.url)
        if asked is None:
            asked = Link(answer.url, answer.url, "other")
        return _read(site, answer, default_charset, read_body, asked)
    except Exception as error:
        # The bytes are safe and can be read again by a better reader; a crawl must not stop for them.
        return Page(asked.kind if asked else "other", "odd", f"the reader failed: {error!r:.200}")


def _read(site: Site, answer: Answer, default_charset: str, read_body: BodyReader, asked: Link) -> Page:
    settled = judge_status(site, answer, asked.kind)
    if settled is not None:
        return settled
    opened = open_body(answer, default_charset)
    if not opened.is_whole:
        # A checksum that is wrong is no better than a cut: what came out may lack its end, or be altered.
        answer = replace(answer, truncated=True)
    if answer.status >= 400:
        return _judge_failure(answer, opened, asked)
    if asked.kind == "robots":
        return _read_robots(site, answer, opened)
    if asked.kind == "sitemap":
        return _read_sitemap(site, answer, opened)
    if asked.kind == "asset" or (asked.kind == "other" and opened.media_type not in _TEXT_TYPES):
        return _read_asset(site, answer, opened)
    page = read_body(site, answer, opened, asked)
    return page if page.entry is None else replace(page, template=template_of(opened.markup))


def open_body(answer: Answer, default_charset: str) -> Opened:
    """Codings off, characters read."""
    encodings = field(answer, b"content-encoding")
    content = decode_content(answer.body, encodings.decode("latin-1") if encodings else None)
    content_type = field(answer, b"content-type")
    media_type = content_type.partition(b";")[0].strip().lower().decode("latin-1") if content_type else ""
    if media_type and not media_type.startswith("text/") and media_type not in _TEXT_TYPES:
        binary = media_type.startswith(("image/", "font/", "audio/", "video/"))
        data = content.data[:2048] if binary else content.data
    else:
        data = content.data
    decoded = decode(data, content_type, default_charset)
    markup = decoded.text
    if "\r" in markup:
        markup = markup.replace("\r\n", "\n").replace("\r", "\n")
    return Opened(markup, decoded.charset, content.is_whole, media_type, content.oddities + decoded.oddities)


def judge_end(answer: Answer, page: Page, *, ended: bool) -> Page:
    """A page that lists other pages, unless it may be cut: then it is odd, for what it lacks nobody would miss.

    A body that ends with its connection is whole only by the word of the page itself (RFC 9112, 8).

    Args:
        answer: The answer.
        page: What was found in it.
        ended: The mark its kind ends with is there.
    """
    if answer.truncated:
        return replace(page, verdict="odd", reason="the page breaks off before its end")
    if ended or any(field(answer, name) for name in _FRAMED_BY):
        return page
    return replace(page, verdict="odd", reason="the page has no end, and its length was not said: it may be cut")


def judge_shortfall(site: Site, answer: Answer, opened: Opened, page: Page, missing: str) -> Page:
    """A page that lacks what its kind must show: blocked, gone, an error, sent elsewhere, or odd.

    Args:
        site: The source.
        answer: The answer.
        opened: Its body.
        page: What was found all the same.
        missing: What it lacks, in words.
    """
    visible = visible_text(opened.markup)
    notice = judge_notice(visible, opened.markup)
    target = sends_on_to(opened.markup) if len(visible) < 200 else None
    link: Link | None = None
    if target:
        url = resolve(answer.url, html.unescape(target))
        link = site.identify(url) if url else None
    if notice is not None:
        links = once((link, *page.links)) if link else page.links
        return replace(page, verdict=notice[0], reason=notice[1], links=links)
    if target and link:
        asked_again = "COLLCC=" in link.url.upper()
        return replace(
            page,
            verdict="blocked" if asked_again else "redirect",
            reason=f"the page sends its reader on to {link.url[:200]}",
            links=once((link, *page.links)),
        )
    if answer.truncated:
        return replace(page, verdict="odd", reason=f"the answer broke off: {missing}")
    if not opened.markup.strip():
        return replace(page, verdict="odd", reason="the page is empty")
    return replace(page, verdict="odd", reason=missing)


def other_pages(site: Site, asked: Link, place: tuple[str, int | None], links: Iterable[Link]) -> tuple[Link, ...]:
    """The other pages of a list that is shown in parts: those a pager leads to, and the first one always.

    Args:
        site: The source.
        asked: The question that the page answers.
        place: Library and book whose contents the page shows; of a list of books, the library and None.
        links: All that the page leads to.
    """
    library, book = place
    kind = "library" if book is None else "list"
    first = site.library_link(library) if book is None else site.list_link(library, book)
    found = [link for link in links if (link.kind, link.library, link.book) == (kind, *place)]
    return once(link for link in (first, *found) if link.key != asked.key)


def _judge_failure(answer: Answer, opened: Opened, asked: Link) -> Page:
    """404, 410 and 5xx: what they say, unless the body is a block page in disguise."""
    notice = judge_notice(visible_text(opened.markup), opened.markup) if opened.markup else None
    if notice is not None and notice[0] == "blocked":
        return Page(asked.kind, "blocked", f"status {answer.status}, and {notice[1]}")
    if answer.status in (404, 410):
        return Page(asked.kind, "gone", f"the source says it does not exist (status {answer.status})")
    return Page(asked.kind, "error", f"the source failed with status {answer.status}")


def _read_robots(site: Site, answer: Answer, opened: Opened) -> Page:
    oddities = opened.oddities
    if _MARKUP.match(opened.markup):
        oddities = (*oddities, "robots.txt is a page of HTML")
    links = []
    for found, _ in zip(_SITEMAP_LINE.finditer(opened.markup), range(100), strict=False):
        url = resolve(answer.url, found[1])
        link = site.identify(url) if url else None
        if link is not None:
            links.append(replace(link, kind="sitemap"))
    return Page("robots", links=once(links), oddities=oddities)


def _read_sitemap(site: Site, answer: Answer, opened: Opened) -> Page:
    """Pages and further site maps a site map lists (sitemaps.org): those of the source, each once."""
    links: list[Link] = []
    is_index = "<sitemapindex" in opened.markup[:4000]
    seen = 0
    for found in _LOC.finditer(opened.markup):
        seen += 1
        if seen > MAX_SITEMAP_LINKS:
            break
        url = resolve("", html.unescape(found[1]))
        link = site.identify(url) if url else None
        if link is not None:
            links.append(replace(link, kind="sitemap") if is_index and link.kind == "other" else link)
    if not seen:
        notice = judge_notice(visible_text(opened.markup), opened.markup)
        if notice is not None:
            return Page("sitemap", notice[0], notice[1], oddities=opened.oddities)
        return Page("sitemap", "odd", "the site map lists nothing", oddities=opened.oddities)
    page = Page("sitemap", links=once(links), oddities=opened.oddities)
    return judge_end(answer, page, ended=_SITEMAP_END.search(opened.markup) is not None)


def _read_asset(site: Site, answer: Answer, opened: Opened) -> Page:
    if "html" in opened.media_type or _MARKUP.match(opened.markup[:2000]):
        notice = judge_notice(visible_text(opened.markup[:20_000]), opened.markup)
        if notice is not None:
            return Page("asset", notice[0], notice[1])
        return Page("asset", "odd", "a page of HTML came instead of the asset")
    if "css" in opened.media_type or answer.url.partition("?")[0].lower().endswith(".css"):
        return Page("asset", links=tuple(style_links(site, answer.url, opened.markup)))
    return Page("asset")
