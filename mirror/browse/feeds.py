"""For machines that go round: site maps (sitemaps.org), and a feed of what changed (Atom)."""

from __future__ import annotations

import re
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from mirror.browse import pages
from mirror.browse.addresses import Addresses
from mirror.browse.holdings import Holdings, NotHeldError

#: Addresses in one site map; 50,000 are allowed, this many make 5 MB.
_PART = 40_000
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def atom(holdings: Holdings, root: str, name: str) -> str:
    """What changed between the last two crawls, as a feed (RFC 4287)."""
    page = pages.changes(holdings, name, None, None)
    to, found = Addresses(), page.facts["comparison"]
    address = root + to.changes(name)
    updated = found["to_time"] if found else (page.facts["crawls"] or [{"began": "1970-01-01T00:00:00Z"}])[0]["began"]
    entries = "".join(_atom_entry(root, name, found, change) for change in found["changes"]) if found else ""
    return (
        f'{_HEAD}<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh-Hans">\n'
        f"<title>{escape(name)} 的变化 changes</title>\n<id>{escape(address)}</id>\n<updated>{updated}</updated>\n"
        f"<author><name>Gazetteer Mirror</name></author>\n<link rel={quoteattr('alternate')} "
        f"href={quoteattr(address)}/>\n<link rel={quoteattr('self')} "
        f"href={quoteattr(f'{root}/feed/{name}.atom')}/>\n{entries}</feed>\n"
    )


def _atom_entry(root: str, name: str, found: dict[str, Any], change: dict[str, Any]) -> str:
    address = root + Addresses().entry(name, change["id"])
    said = "\n".join(f"− {hunk['old']}\n+ {hunk['new']}" for hunk in change["hunks"])
    title = f"{change['kind']}: {change['title'] or change['id']}"
    text = f"{change['kind']} {change['id']}" + (f"\n{said}" if said else "")
    return (
        f"<entry><title>{escape(_xml(title))}</title>"
        f"<id>{escape(address)}#{found['from']}-{found['to']}-{change['kind']}</id>"
        f"<updated>{found['to_time']}</updated><link href={quoteattr(address)}/>"
        f"<content>{escape(_xml(text))}</content></entry>\n"
    )


def _xml(text: str) -> str:
    """Without the characters XML has no way to write (XML 1.0, 2.2)."""
    return _NOT_XML.sub("\ufffd", text)


def sitemap_index(holdings: Holdings, root: str) -> str:
    """The site maps of every collection."""
    parts = []
    for name in holdings.names():
        with holdings.reading(name) as db:
            (newest,) = db.execute("SELECT coalesce(max(id), 0) FROM entry").fetchone()
        parts += [f"{root}/sitemap/{name}/{number}.xml" for number in range(1, newest // _PART + 2)]
    inner = "".join(f"<sitemap><loc>{escape(part)}</loc></sitemap>\n" for part in parts)
    return f"{_HEAD}<sitemapindex {_SPACE}>\n{inner}</sitemapindex>\n"


def sitemap(holdings: Holdings, root: str, name: str, number: int) -> str:
    """One part of a collection's entries, by their number in the store, with the day each text was first seen."""
    to = Addresses()
    with holdings.reading(name) as db:
        rows = db.execute(
            "SELECT e.library, e.book, e.rec, v.first_seen FROM entry AS e JOIN version AS v ON v.id = e.newest "
            "WHERE e.id >= ? AND e.id < ? ORDER BY e.id",
            ((number - 1) * _PART, number * _PART),
        ).fetchall()
    if not rows and number > 1:
        raise NotHeldError("没有这个网站地图 / there is no such site map")
    inner = ""
    for library, book, rec, seen in rows:
        address = escape(root + to.entry(name, f"{library}/{book}/{rec}"))
        inner += f"<url><loc>{address}</loc><lastmod>{seen[:10]}</lastmod></url>\n"
    return f"{_HEAD}<urlset {_SPACE}>\n{inner}</urlset>\n"
