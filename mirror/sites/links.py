"""References on a page that become links: anchors, frames, pictures, style sheets, scripts."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mirror.extraction.page import Link
from mirror.sites.site import Site
from mirror.sites.urls import doubt, resolve

_NEEDED_TAGS = "frame|iframe|link|img|image|script|body|table|td|tr|input|embed|source"
_ATTRIBUTE = r"""\b([^<>]*?)\b(?:href|src|background)\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)'|([^\s"'<>]+))([^<>]*)"""
_BESIDES_ANCHORS = re.compile(rf"(?i)<(?=[fliasbte])({_NEEDED_TAGS}){_ATTRIBUTE}")
_REFERENCE = re.compile(
    rf"""(?i)<(?=[fliasbte])(?!a\s+href\s*=\s*["']?javascript:)(a|area|{_NEEDED_TAGS}){_ATTRIBUTE}"""
)
_BASE = re.compile(r"""(?i)<base\s[^<>]*?href\s*=\s*["']?([^"'<>\s]+)""")
_CSS_URL = re.compile(r"""(?i)\burl\(\s*["']?([^"'()<>\s]{1,500})|@import\s+["']([^"'<>\s]{1,500})""")
_PAGES = frozenset(("a", "area", "frame", "iframe"))
_LINK_ASSET = re.compile(r"(?i)\brel\s*=\s*[\"']?[^\"'<>]*?(?:stylesheet|icon|preload|modulepreload|manifest)")
_SKIPPED = ("javascript:", "mailto:", "data:", "about:", "tel:", "#", "vbscript:", "blob:")

#: No honest page has more references than this.
MAX_REFERENCES = 20_000


def base_of(page_url: str, markup: str) -> str:
    """The URL that references of a page are relative to: its own, or that of its `<base>`."""
    found = _BASE.search(markup, 0, 4000)
    return (resolve(page_url, html.unescape(found[1])) or page_url) if found else page_url


def page_links(
    site: Site,
    base: str,
    markup: str,
    charset: str,
    oddities: list[str],
    *,
    others: bool,
    anchors: Iterable[Link] | None = None,
) -> list[Link]:
    """The links of a page's tags, each once, in order.

    Pages of the grammar and assets always count; others in the source only if wanted and sane, so that a
    calendar or a maze is entered by one step and no further. What is left out for sanity is reported.

    Args:
        site: The source.
        base: What references are relative to.
        markup: The page, or the part of it that matters.
        charset: Codec of the page, for the queries of its references.
        oddities: Where to report.
        others: Whether pages outside the grammar are wanted.
        anchors: What the page's anchors lead to, where it is known; then they are not sought again.
    """
    found: dict[str, Link] = {}
    for link in anchors or ():
        _admit(link, found, oddities, others=others)
    for reference, asset in _references(markup, _REFERENCE if anchors is None else _BESIDES_ANCHORS):
        url = resolve(base, reference, charset)
        link_found = site.identify(url) if url else None
        if link_found is not None:
            if asset and link_found.kind == "other":
                link_found = replace(link_found, kind="asset")
            _admit(link_found, found, oddities, others=others)
    return list(found.values())


def _admit(link: Link, found: dict[str, Link], oddities: list[str], *, others: bool) -> None:
    """Put a link among those found, if it is wanted and sane."""
    kind = link.kind
    if link.key in found or kind == "search" or (kind == "other" and (not others or link.key.startswith("/"))):
        return
    if kind in ("other", "asset", "sitemap"):
        path, _, query = link.url.partition("?")
        why = doubt(path.partition("//")[2].partition("/")[2], query)
        if why:
            oddities.append(f"link left out, {why}: {link.url[:120]}")
            return
    found[link.key] = link


def style_links(site: Site, base: str, css: str) -> list[Link]:
    """What a style sheet asks for."""
    found: dict[str, Link] = {}
    for match, _ in zip(_CSS_URL.finditer(css), range(2000), strict=False):
        reference = match[1] or match[2]
        url = None if reference.lower().startswith(_SKIPPED) else resolve(base, reference)
        link = site.identify(url) if url else None
        if link is not None and link.kind in ("other", "asset"):
            found.setdefault(link.key, replace(link, kind="asset"))
    return list(found.values())


def once(links: Iterable[Link]) -> tuple[Link, ...]:
    """Each question once, as it was first spelled."""
    found: dict[str, Link] = {}
    for link in links:
        found.setdefault(link.key, link)
    return tuple(found.values())


def _references(markup: str, pattern: re.Pattern[str]) -> Iterator[tuple[str, bool]]:
    """Each reference, and whether the page needs it to look right."""
    for match, _ in zip(pattern.finditer(markup), range(MAX_REFERENCES), strict=False):
        tag, before, double, single, bare, after = match.groups()
        reference = double or single or bare or ""
        reference = reference.strip()
        if not reference or reference[:11].lower().startswith(_SKIPPED):
            continue
        if "&" in reference:
            reference = html.unescape(reference)
        name = tag.lower()
        if name == "link":
            if _LINK_ASSET.search(before) or _LINK_ASSET.search(after):
                yield reference, True
        else:
            yield reference, name not in _PAGES
