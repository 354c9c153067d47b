"""ResourceSync (ANSI/NISO Z39.99-2017), for harvesters that keep a copy of all entries and learn what changed.

    /.well-known/resourcesync                    source description: the capability list of each collection (8)
    /resourcesync/NAME/capabilitylist.xml        what there is to ask for (9)
    /resourcesync/NAME/resourcelist.xml          an index of lists of all entries (10.1, 10.2) …
    /resourcesync/NAME/resourcelist/1.xml        … and the first of them
    /resourcesync/NAME/changelist.xml            an index of lists of what changed between the last two crawls (12) …
    /resourcesync/NAME/changelist/1.xml          … and the first of them

A resource is an entry in all its fields, `/c/NAME/K/A/REC.entry.json`. It counts as changed when its text or title
does, not when it was merely seen again; it is never deleted here, whatever becomes of it at the source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import quoteattr

from mirror.browse.addresses import Addresses
from mirror.browse.holdings import Holdings, NotHeldError

#: Resources in one list; 50,000 are allowed (sitemaps.org).
PART = 40_000
MEDIA_TYPE = "application/xml"

Capability = Literal["description", "capabilitylist", "resourcelist", "changelist"]

_SPACES = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:rs="http://www.openarchives.org/rs/terms/"'
#: When an archive that was never crawled changed.
_NEVER = "1970-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Resource:
    """One line of a list: an address, when it last changed, what else is said of it, and links from it."""

    address: str
    changed: str | None = None
    said: tuple[tuple[str, str], ...] = ()  #: attributes of `rs:md` (7)
    links: tuple[tuple[str, str], ...] = ()  #: relation and address, for `rs:ln` (7)

    def written(self, tag: str) -> str:
        changed = f"<lastmod>{self.changed}</lastmod>" if self.changed else ""
        said = _element("rs:md", self.said) if self.said else ""
        links = "".join(_element("rs:ln", (("rel", relation), ("href", to))) for relation, to in self.links)
        return f"<{tag}><loc>{_text(self.address)}</loc>{changed}{said}{links}</{tag}>\n"


def listed(
    capability: Capability,
    resources: Iterable[Resource],
    *,
    up: str | None = None,
    index: str | None = None,
    is_index: bool = False,
    said: Mapping[str, str] | None = None,
) -> str:
    """A document of the framework (7).

    Args:
        capability: What kind it is of.
        resources: Its lines.
        up: Address of the document above it.
        index: Address of the index it is a part of.
        is_index: Whether its lines are lists.
        said: Further attributes of its own `rs:md`, such as `at`.
    """
    outer, inner = ("sitemapindex", "sitemap") if is_index else ("urlset", "url")
    links = [("up", up), ("index", index)]
    above = "".join(_element("rs:ln", (("rel", name), ("href", to))) for name, to in links if to)
    own = _element("rs:md", (("capability", capability), *(said or {}).items()))
    lines = "".join(resource.written(inner) for resource in resources)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{outer} {_SPACES}>\n{above}{own}\n{lines}</{outer}>\n'


def _element(name: str, attributes: Iterable[tuple[str, str]]) -> str:
    return f"<{name} {' '.join(f'{key}={quoteattr(value)}' for key, value in attributes)}/>"


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def capabilities(found: Iterable[str]) -> str:
    """A source description: the capability lists of a site."""
    return listed("description", [Resource(one, None, (("capability", "capabilitylist"),)) for one in found])


class Lists:
    """The lists of one collection.

    Args:
        holdings: Of the home.
        root: Address of the server.
        name: The collection.
    """

    def __init__(self, holdings: Holdings, root: str, name: str) -> None:
        self._holdings = holdings
        self._root = root
        self._name = name

    def _at(self, document: str) -> str:
        return f"{self._root}/resourcesync/{self._name}/{document}.xml"

    def _entry(self, place: str, changed: str, *said: tuple[str, str]) -> Resource:
        to = Addresses()
        page = self._root + to.entry(self._name, place)
        address = self._root + to.download(self._name, place, "entry.json")
        return Resource(address, changed, (*said, ("type", "application/json")), (("alternate", page),))

    def capability_list(self) -> str:
        self._holdings.collection(self._name)
        kinds: tuple[Capability, ...] = ("resourcelist", "changelist")
        found = [Resource(self._at(kind), None, (("capability", kind),)) for kind in kinds]
        return listed("capabilitylist", found, up=f"{self._root}/.well-known/resourcesync")

    def resource_list_index(self) -> str:
        with self._holdings.reading(self._name) as db:
            (newest,) = db.execute("SELECT coalesce(max(id), 0) FROM entry").fetchone()
        parts = [Resource(self._at(f"resourcelist/{part}")) for part in range(1, newest // PART + 2)]
        return self._index("resourcelist", parts, {"at": self._as_of()})

    def resource_list(self, part: int) -> str:
        """One part of the entries, by their number in the store."""
        at = self._as_of()
        with self._holdings.reading(self._name) as db:
            rows = db.execute(
                "SELECT e.library, e.book, e.rec, v.first_seen FROM entry AS e JOIN version AS v ON v.id = e.newest "
                "WHERE e.id >= ? AND e.id < ? ORDER BY e.id",
                ((part - 1) * PART, part * PART),
            ).fetchall()
        if not rows and part > 1:
            raise NotHeldError("没有这一部分 / there is no such part of the list")
        found = (self._entry(f"{library}/{book}/{rec}", seen) for library, book, rec, seen in rows)
        return self._part("resourcelist", found, {"at": at})

    def change_list_index(self) -> str:
        began, ended, changes = self._changes()
        parts = range(1, max(1, -(-len(changes) // PART)) + 1)
        found = [Resource(self._at(f"changelist/{part}")) for part in parts]
        return self._index("changelist", found, {"from": began, "until": ended})

    def change_list(self, part: int) -> str:
        """One part of what was created or updated between the last two crawls."""
        began, ended, changes = self._changes()
        chosen = list(changes.items())[(part - 1) * PART : part * PART]
        if not chosen and part > 1:
            raise NotHeldError("没有这一部分 / there is no such part of the list")
        found = (self._entry(place, ended, ("change", change), ("datetime", ended)) for place, change in chosen)
        return self._part("changelist", found, {"from": began, "until": ended})

    def _index(self, capability: Capability, parts: list[Resource], said: Mapping[str, str]) -> str:
        return listed(capability, parts, up=self._at("capabilitylist"), is_index=True, said=said)

    def _part(self, capability: Capability, found: Iterable[Resource], said: Mapping[str, str]) -> str:
        return listed(capability, found, up=self._at("capabilitylist"), index=self._at(capability), said=said)

    def _as_of(self) -> str:
        return self._holdings.as_of(self._name)

    def _changes(self) -> tuple[str, str, dict[str, str]]:
        """From when, until when, and the entries with another text, each created or updated.

        A number at the source may be given to another entry: what counts is what stood under it before.
        """
        known = self._holdings.last_crawls(self._name)
        if len(known) < 2:
            return known[0]["began"] if known else _NEVER, self._as_of(), {}
        found = self._holdings.changes(self._name, known[1]["number"], known[0]["number"])
        before = {one.old_id for one in found.changes}
        changed = [one.id for one in found.changes if one.new_version not in (None, one.old_version)]
        kinds = {place: "updated" if place in before else "created" for place in changed}
        return found.old_time, found.new_time, kinds
