"""What there is to cite of an entry, whatever the style."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mirror.extraction.structure.titles import plain


@dataclass(frozen=True, slots=True)
class Source:
    """One entry as a source. The publication data of the printed book are not known, and none are made up."""

    id: str  #: `K/A/REC`
    title: str
    authors: tuple[str, ...]  #: names signed at the end of the text
    book: str
    library: str
    path: tuple[str, ...]  #: headings above
    link: str
    source_url: str
    captured: datetime  #: WARC-Date of the capture, UTC
    record_id: str
    digest: str  #: of the reading text


def read(entry: dict[str, Any], link: str | None = None) -> Source:
    """What an exported entry says of itself. Letter-spaced titles are closed up."""
    capture = entry["capture"]
    return Source(
        id=entry["id"],
        title=_line(plain(entry["title"])) or "无题",
        authors=tuple(entry["signatures"]),
        # What the source does not name is named in brackets, as GB/T 7714 has what a cataloguer adds (7.2).
        book=_line(entry["book"]["title"] or f"[第{entry['book']['number']}册]"),
        library=_line(entry["library"]["title"] or f"[{entry['library']['code']}]"),
        path=tuple(_line(plain(title)) for title in entry["path"]),
        link=link or capture["url"],
        source_url=capture["url"],
        captured=datetime.fromisoformat(capture["timestamp"]),
        record_id=capture["record_id"].strip("<>"),
        digest=entry["text_digest"],
    )


def memento(entry: dict[str, Any], archive_url: str) -> str:
    """The address of the very capture in a web archive: `archive_url/YYYYMMDDhhmmss/URL`, as pywb serves it."""
    digits = re.sub(r"\D", "", entry["capture"]["timestamp"])[:14]
    return f"{archive_url.rstrip('/')}/{digits}/{entry['capture']['url']}"


def note(source: Source) -> str:
    """What makes the citation provable: the record of the capture, the digest of the text."""
    captured = source.captured.strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{source.id}; 存档 archived {captured}; {source.record_id}; {source.digest}"


def _line(text: str) -> str:
    return " ".join(text.split())
