"""山东地情档案, the public mirror `shandong-chorography.org`: its URL grammar and what to ask of it."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from mirror.extraction.page import Link, Page, PageKind
from mirror.sites import chorography_pages
from mirror.sites.mse import KNOWN_LIBRARIES, MAX_PAGER
from mirror.sites.site import Answer
from mirror.sites.urls import Root, arguments, askable, canonical, is_asset

DEFAULT_BASE_URL = "https://shandong-chorography.org/"

#: `database/<K>/section/<n>/article/<m>/` and its beginnings; a section is a book, an article an entry.
_GRAMMAR = re.compile(r"(?i)/?database/([a-z][a-z0-9]{0,15})(?:/section/([0-9]{1,9})(?:/article/([0-9]{1,9}))?)?/?\Z")
_HOME = frozenset(("", "/", "index.html", "/index.html"))
_SITEMAP = re.compile(r"(?i)(?:.*/)?sitemap[^/]*\.xml(?:\.gz)?\Z")
_PAGER = re.compile(r"\?page=([0-9]+)\Z")
_PAGER_ARGUMENTS = frozenset(("page", "p", "pageno", "pagenum"))


class Chorography:
    """The source of `…/database/c87/section/1/article/562/`."""

    name = "chorography"

    def __init__(self, base_url: str | None = None) -> None:
        self._root = Root.of(base_url or DEFAULT_BASE_URL)
        self.base_url = self._root.base_url
        # Every page of a book leads to the same few others.
        self._known = lru_cache(maxsize=4096)(self._identify)

    def seeds(self) -> list[Link]:
        """Home page, site map, and the known libraries, for the home page may be drawn by script."""
        home = Link(self.base_url, "", "home")
        sitemap = Link(self.base_url + "sitemap.xml", "sitemap.xml", "sitemap")
        return [home, sitemap, *(self.library_link(code) for code in KNOWN_LIBRARIES)]

    def entry_link(self, library: str, book: int, rec: int) -> Link:
        code = library.lower()
        key = f"database/{code}/section/{book}/article/{rec}/"
        return Link(self.base_url + key, key, "entry", code, book, rec)

    def list_link(self, library: str, book: int) -> Link:
        code = library.lower()
        key = f"database/{code}/section/{book}/"
        return Link(self.base_url + key, key, "list", code, book)

    def library_link(self, library: str) -> Link:
        code = library.lower()
        key = f"database/{code}/"
        return Link(self.base_url + key, key, "library", code)

    def identify(self, url: str) -> Link | None:
        return self._known(url)

    def _identify(self, url: str) -> Link | None:
        asked = askable(url)
        place = asked and self._root.locate(asked)
        if not asked or not place:
            return None
        path, query = place
        url = asked
        found = _GRAMMAR.match(path)
        if found and path.startswith("/") and self._root.path != "/":
            found = None  # beside the root: another site on the same host
        if found:
            return _identify_page(url, found, query)
        if path in _HOME:
            return Link(url, "", "home")
        if path.lstrip("/") == "robots.txt":
            return Link(url, "robots.txt", "robots")
        if _SITEMAP.match(path):
            return Link(url, canonical(path, query), "sitemap")
        kind: PageKind = "asset" if is_asset(path) else "other"
        return Link(url, canonical(path, query), kind)

    def read(self, answer: Answer) -> Page:
        page = chorography_pages.read(self, answer)
        near = tuple([link for link in page.links if not _is_too_far(link)])
        # A page too far to be believed is not asked for; it stays in `pages`, so that the list is never whole.
        return page if len(near) == len(page.links) else replace(page, links=near)


def _is_too_far(link: Link) -> bool:
    """Whether it is a page behind the last that is believed of a pager: one without end is no trap."""
    found = _PAGER.search(link.key) if link.kind in ("library", "list", "entry") else None
    return found is not None and int(found[1]) > MAX_PAGER


def _identify_page(url: str, found: re.Match[str], query: str) -> Link:
    """A page of the grammar. Of a query only a pager counts; the rest is who asks or whence."""
    code, section, article = found[1].lower(), found[2], found[3]
    pager = ""
    for name, value in arguments(query):
        if name.lower() in _PAGER_ARGUMENTS and value.isascii() and value.isdigit() and int(value[:9]) > 1:
            pager = f"?page={int(value[:9])}"
    if article is not None and int(article) and int(section):
        book, rec = int(section), int(article)
        return Link(url, f"database/{code}/section/{book}/article/{rec}/{pager}", "entry", code, book, rec)
    if section is not None and article is None and int(section):
        return Link(url, f"database/{code}/section/{int(section)}/{pager}", "list", code, int(section))
    if section is None:
        return Link(url, f"database/{code}/{pager}", "library", code)
    return Link(url, canonical(found[0].lower(), query), "other")
