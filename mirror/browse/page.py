"""A page before it is written: what it shows, and how."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Page:
    """One page, in no language yet.

    Attributes:
        template: File that sets it.
        path: Where it stands, without language; the canonical one.
        facts: What it shows, as plain values: the JSON of the page.
        shown: What only the template needs beside them.
        query: What was asked besides the path.
        collection: Name of the collection it belongs to, None for those of the whole home.
        status: HTTP status.
        memento: WARC-Date of the capture it shows, if it is an entry as it was.
        original: Address of that entry at the source.
    """

    template: str
    path: str
    facts: dict[str, Any]
    shown: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    collection: str | None = None
    status: int = 200
    memento: str | None = None
    original: str | None = None
