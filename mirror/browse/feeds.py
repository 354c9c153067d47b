"""For machines that go round: site maps (sitemaps.org)."""

from __future__ import annotations

from xml.sax.saxutils import escape

from mirror.browse.addresses import Addresses
from mirror.browse.holdings import Holdings, NotHeldError

#: Addresses in one site map; 50,000 are allowed, this many make 5 MB.
_PART = 40_000
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


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
