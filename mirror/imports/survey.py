"""Looking through somebody else's web archive before anything is done with it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mirror.imports.foreign import is_exact
from mirror.imports.sources import Sources
from warc import arc, salvage
from warc.reader import WRONG_DIGEST, Record
from warc.salvage import Lost

TYPES = frozenset(
    ("warcinfo", "response", "resource", "request", "metadata", "revisit", "conversion", "continuation")
)
#: Types that can show what a page was.
SHOWING = frozenset(("response", "revisit", "resource"))
_PLAIN_URI = re.compile(r"[!-~]+")
_OTHER_ARCHIVE = re.compile(r"(?i)https?://[^/]+/(?:[^/]+/)?[0-9]{4,14}(?:[a-z]{2}_|id_)?/https?:")

#: Places of damage and of oddities that a report names; all are counted.
MOST_NAMED = 50


@dataclass(slots=True)
class Survey:
    """What a web archive holds, by one look through all of it."""

    kind: salvage.Kind | None = None
    records: Counter[str] = field(default_factory=Counter)  #: by type
    of_source: Counter[str] = field(default_factory=Counter)  #: captures of the source, by kind of page
    outside: Counter[str] = field(default_factory=Counter)  #: captures of others, by host
    skipped: Counter[str] = field(default_factory=Counter)  #: records that cannot be taken in, by reason
    damage: list[dict[str, Any]] = field(default_factory=list)
    damaged: int = 0
    oddities: list[dict[str, Any]] = field(default_factory=list)
    odd: int = 0
    first: str | None = None  #: WARC-Date of the oldest capture of the source
    last: str | None = None
    fits: bool = True  #: it can be taken as it is: gzip, one record a member, nothing that tools stumble over

    def _lost(self, lost: Lost) -> None:
        self.fits = False
        self.damaged += 1
        if len(self.damage) < MOST_NAMED:
            self.damage.append(asdict(lost))

    def _odd(self, offset: int, problem: str) -> None:
        # A wrong digest is evidence: a file is not rewritten for it, and it is not set right.
        self.fits &= problem.startswith(WRONG_DIGEST)
        self.odd += 1
        if len(self.oddities) < MOST_NAMED:
            self.oddities.append({"offset": offset, "problem": problem})

    def _count(self, record: Record, sources: Sources, on_capture: Callable[[str], None]) -> None:
        kind = record.type.lower()
        self.records[kind or "without a type"] += 1
        reason = unfit(record)
        if reason:
            self.skipped[reason] += 1
            self.fits = False
            return
        self.fits &= record.type in TYPES and bool(record.record_id) and is_exact(record.date)
        uri = record.target_uri
        if uri is not None:
            self.fits &= _PLAIN_URI.fullmatch(uri) is not None
        if kind not in SHOWING or uri is None:
            return
        found = sources.identify(uri)
        if found is None:
            self._count_outside(uri)
            return
        self.of_source[found[0].kind] += 1
        date = date_of(record) or ""
        self.first = min(self.first or date, date)
        self.last = max(self.last or date, date)
        on_capture(record.record_id)

    def _count_outside(self, uri: str) -> None:
        rewritten = "another archive's copy, rewritten by it: " if _OTHER_ARCHIVE.match(uri) else ""
        host = rewritten + _host(uri)
        if host in self.outside or len(self.outside) < 1000:
            self.outside[host] += 1
        else:
            self.outside["…"] += 1

    def as_dict(self) -> dict[str, Any]:
        """For the report."""
        return {
            "kind": self.kind,
            "records": dict(self.records),
            "of_source": dict(self.of_source),
            "outside": dict(self.outside.most_common(20)),
            "skipped": dict(self.skipped),
            "first": self.first,
            "last": self.last,
            "damaged": self.damaged,
            "damage": self.damage,
            "odd": self.odd,
            "oddities": self.oddities,
        }


def survey(path: Path, sources: Sources, on_capture: Callable[[str], None] = lambda record_id: None) -> Survey:
    """Look through a web archive. Never raises for what stands in it; memory stays flat.

    Args:
        path: WARC or ARC, packed or not, damaged or not.
        sources: Which URLs are of the source.
        on_capture: Told the record id of every capture of the source.
    """
    found = Survey()
    found.kind = salvage.kind_of(path)
    with path.open("rb") as file:
        found.fits = found.kind == "warc" and file.read(2) == b"\x1f\x8b"
    for record in read(path, found.kind, found._odd, found._lost):
        found._count(record, sources, on_capture)
    return found


def read(
    path: Path,
    kind: salvage.Kind | None,
    odd: Callable[[int, str], None] = lambda offset, problem: None,
    lost: Callable[[Lost], None] = lambda lost: None,
) -> Iterator[Record]:
    """Every record that can be read, from the first that can be found."""
    at: int | None = 0
    if kind is None:
        at = salvage.next_record(path, 0)
        if at is None:
            lost(Lost(0, path.stat().st_size, "no record of a web archive can be found in it"))
            return
        lost(Lost(0, at, f"no record begins here; the first that can be read begins at byte {at}"))
        kind = salvage.kind_of(path, at)
    if kind is not None:
        yield from salvage.salvage(path, kind, odd, lost, at)


def unfit(record: Record) -> str | None:
    """Why a record cannot be taken in; None if it can."""
    kind = record.type.lower()
    if not kind:
        return "a record without WARC-Type"
    if kind not in TYPES:
        return f"a record of the unknown type {kind[:40]!r}"
    if date_of(record) is None:
        return "a record without a date that can be read"
    if kind in SHOWING and record.target_uri is None:
        return "a capture without WARC-Target-URI"
    return None


def date_of(record: Record) -> str | None:
    """The WARC-Date of a record in the form every tool reads; None if it has none that can be understood."""
    text = record.date.strip()
    if is_exact(text):
        return text
    if text.isdigit():
        return arc.date_of(text)
    padded = {4: text + "-01-01", 7: text + "-01"}.get(len(text), text)  # 1.1 allows less than a day (5.4)
    try:
        moment = datetime.fromisoformat(padded)
    except ValueError:
        return None
    moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    return moment.isoformat().replace("+00:00", "Z")


def _host(uri: str) -> str:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return uri[:40]
    return parts.hostname or f"{parts.scheme}:"
