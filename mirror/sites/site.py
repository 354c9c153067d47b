"""What every source must know of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mirror.extraction.page import Link, Page


@dataclass(frozen=True, slots=True)
class Answer:
    """One stored answer, as the reader of a page gets it: bytes, and nothing of how they were fetched."""

    url: str  #: the URL asked for
    status: int  #: HTTP status, 0 if the head had none
    fields: Sequence[tuple[bytes, bytes]]  #: header fields in order, names as sent
    body: bytes  #: the entity, content coding still on
    truncated: bool = False


class PageReader(Protocol):
    """Reads answers; never raises, whatever the bytes."""

    def read(self, answer: Answer) -> Page:
        """What a stored answer says."""


class Site(Protocol):
    """All knowledge of one source. Holds no state but its base URL; every method is a pure function.

    `read` never raises, whatever the bytes.
    """

    name: str  #: "mse" or "chorography"
    base_url: str  #: root of the site, with trailing slash

    def seeds(self) -> list[Link]:
        """Where a crawl starts."""

    def identify(self, url: str) -> Link | None:
        """What a URL of this source asks for; None if it is outside the source (host, port) or no http URL.

        A URL on the source's host that fits no known page is a Link of kind "other" or "asset".
        """

    def entry_link(self, library: str, book: int, rec: int) -> Link:
        """The question for one entry."""

    def list_link(self, library: str, book: int) -> Link:
        """The question for one book's table of contents."""

    def library_link(self, library: str) -> Link:
        """The question for the books of one library."""

    def read(self, answer: Answer) -> Page:
        """What a stored answer says."""
