"""Which URLs of somebody else's archive are of this collection's source, and who reads their pages.

The same database was reached under several roots: with and without `www.`, before and after it moved, and an
entry of the old CGI is the same entry of the public mirror. A URL that begins with another archive's prefix
(`web.archive.org/web/…`) is none of them: what lies there was rewritten by that archive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

from mirror.extraction.page import Link, Page
from mirror.sites import SOURCES, open_site
from mirror.sites.site import Answer, Site
from mirror.sites.urls import Root, askable

#: Kinds of pages that any root has.
_ANY = frozenset(("other", "asset"))
#: Kinds of pages that count although they come from another root: what they say does not depend on where they lay.
_MOVABLE = frozenset(("home", "library", "list", "entry", "asset", "other"))


class _Moved:
    """The collection's own source under another root."""

    def __init__(self, ours: Site, theirs: Site) -> None:
        self.ours, self.theirs = ours, theirs
        self._root = Root.of(theirs.base_url)

    def identify(self, url: str) -> Link | None:
        asked = askable(url)
        place = asked and self._root.locate(asked)
        if not place or place[0].startswith("/"):
            return None
        path, query = place
        link = self.ours.identify(self.ours.base_url + path + (f"?{query}" if query else ""))
        return link if link is not None and link.kind in _MOVABLE else None

    def read(self, answer: Answer) -> Page:
        page = self.theirs.read(answer)
        links = (self.identify(link.url) for link in page.links)
        return replace(page, links=tuple(link for link in links if link is not None))


class _Other:
    """Another source of the same entries. Only entries count: its contents are no measure of ours.

    That its numbers mean the same is inferred; `mirror concordance` puts it to the proof.
    """

    def __init__(self, ours: Site, theirs: Site) -> None:
        self.ours, self.theirs = ours, theirs

    def knows(self, url: str) -> bool:
        """Whether a URL is a page of that source's own grammar."""
        link = self.theirs.identify(url)
        return link is not None and link.kind not in _ANY

    def identify(self, url: str) -> Link | None:
        link = self.theirs.identify(url)
        if link is None or link.library is None or link.book is None or link.rec is None:
            return None
        return self.ours.entry_link(link.library, link.book, link.rec)

    def read(self, answer: Answer) -> Page:
        page = self.theirs.read(answer)
        links = page.links if page.verdict == "redirect" else ()
        same = (self.identify(link.url) for link in links)
        return Page(
            page.kind,
            page.verdict,
            page.reason,
            links=tuple(link for link in same if link is not None),
            entry=page.entry,
            oddities=page.oddities,
        )


#: What tells the question a URL asks, and reads the answer.
Reader = Site | _Moved | _Other


class Sources:
    """Every root under which the collection's entries are known to lie.

    Args:
        site: The collection's own source.
        base_urls: Further roots, of any source, that the user vouches for.
    """

    def __init__(self, site: Site, base_urls: Sequence[str] = ()) -> None:
        self._site = site
        self._readers: list[Reader] = [site, *self._moved(_www(site.base_url))]
        for base in base_urls:
            self._readers += self._moved(base)
            self._readers += self._others(base)
        standard = open_site(site.name).base_url
        if standard != site.base_url:
            self._readers += [*self._moved(standard), *self._moved(_www(standard))]
        for name in SOURCES:
            if name != site.name:
                standard = open_site(name).base_url
                self._readers += [_Other(site, open_site(name, base)) for base in (standard, _www(standard))]

    def _moved(self, base: str) -> list[Reader]:
        return [_Moved(self._site, open_site(self._site.name, base))]

    def _others(self, base: str) -> list[Reader]:
        return [_Other(self._site, open_site(name, base)) for name in SOURCES if name != self._site.name]

    def identify(self, url: str) -> tuple[Link, Reader] | None:
        """The question of this collection that a URL asks, and who reads the answer; None if it is not of the source.

        A page of a known kind goes before one that merely lies at the same root.
        """
        best: tuple[Link, Reader] | None = None
        for reader in self._readers:
            link = reader.identify(url)
            if link is not None:
                if link.kind not in _ANY:
                    return link, reader
                best = best or (link, reader)
        elsewhere = any(isinstance(reader, _Other) and reader.knows(url) for reader in self._readers)
        return None if elsewhere else best


def _www(base: str) -> str:
    """The same root with `www.` before its host, or without it."""
    parts = urlsplit(base)
    host = parts.netloc.removeprefix("www.") if parts.netloc.startswith("www.") else f"www.{parts.netloc}"
    return urlunsplit(parts._replace(netloc=host))
