"""What a crawl tells while it runs: small frozen values, for a display and for programs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BookKnown:
    """A book whose contents are known: how many entries it lists, how many are held."""

    library: str
    book: int
    title: str | None
    expected: int
    held: int


@dataclass(frozen=True, slots=True)
class Began:
    """The crawl begins, or goes on."""

    collection: str
    crawl: int
    source: str
    base_url: str
    delay_s: float
    limit: int | None


@dataclass(frozen=True, slots=True)
class Settled:
    """A question came to its end."""

    url: str
    kind: str
    state: str  #: done, failed, gone, found (sent elsewhere), refused
    reason: str | None
    status: int | None
    size_bytes: int  #: on the wire's payload
    library: str | None
    book: int | None
    title: str | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """One attempt failed; there may be further ones."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True)
class Waits:
    """Nothing is asked until an instant, and why."""

    reason: str
    until: str  #: RFC 3339


@dataclass(frozen=True, slots=True)
class Committed:
    """So many records are on the disk and in the ledger."""

    records: int
    archive_bytes: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The crawl ended."""

    crawl: int
    outcome: str


Event = BookKnown | Began | Settled | Trouble | Waits | Committed | Ended
