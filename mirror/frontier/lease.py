"""A lease: one question handed out to be asked, and what is known of its earlier answers."""

from __future__ import annotations

from dataclasses import dataclass

from mirror.extraction.page import PageKind


@dataclass(frozen=True, slots=True)
class Earlier:
    """The newest good response to the same question: base of conditional requests and of revisits."""

    capture: int  #: its number in the ledger
    target: str
    timestamp: str  #: WARC-Date
    record_id: str
    payload_digest: str
    etag: str | None
    modified: str | None


@dataclass(frozen=True, slots=True)
class Lease:
    """One question of the frontier while it is being asked."""

    id: int  #: row of the frontier
    url: str  #: what to ask now (after a redirect to the same question: the new address)
    key: str
    kind: PageKind
    library: str | None
    book: int | None
    rec: int | None
    hops: int
    passes: int
    earlier: Earlier | None = None
