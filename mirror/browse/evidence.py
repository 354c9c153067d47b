"""A capture's evidence: its record as it lies in the WARC file, read again and compared with what is stored of it.

Every look at it is a check: the digests are computed from the bytes on disk at that moment.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from mirror.browse.captures import Capture
from mirror.collection import Collection
from mirror.errors import MirrorError
from mirror.extraction.entry import assemble
from mirror.extraction.reflow import Width
from mirror.sites import Answer, Site
from mirror.store.entries import text_digest
from mirror.store.widths import widths_of
from warc import message, reader
from warc.errors import DamagedRecordError
from warc.payload import Payload
from warc.reader import Record

#: A longer record is checked by `mirror verify`, not while a reader waits.
LONGEST_CHECKED = 24 << 20
#: Heads are shown up to so many bytes.
_SHOWN = 16 << 10

Verdict = Literal["same", "different", "not checked"]


@dataclass(frozen=True, slots=True)
class Stored:
    """The text that a capture brought, as it is stored."""

    raw_text: str | None = None
    digest: str | None = None  #: of the reading text
    widths: Sequence[Width] = ()  #: of the lines of its book, with which it was read


def stored_text(db: sqlite3.Connection, capture: Capture) -> Stored:
    """What is stored of a capture's text; nothing if it holds none."""
    row = db.execute("SELECT raw_text, text_digest FROM version WHERE id = ?", (capture.version,)).fetchone()
    if row is None or capture.library is None or capture.book is None:
        return Stored()
    return Stored(row[0], row[1], widths_of(db, capture.library, capture.book))


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison: what is stored, what was found just now."""

    name: str
    stored: str | None
    found: str | None

    @property
    def verdict(self) -> Verdict:
        if self.stored is None or self.found is None:
            return "not checked"
        return "same" if self.stored == self.found else "different"

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "verdict": self.verdict}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A record as it lies on disk, and how it compares."""

    capture: Capture
    stored: Stored
    header: list[tuple[str, str]] = field(default_factory=list)
    request: str | None = None
    response: str | None = None
    payload_bytes: int | None = None
    checks: list[Check] = field(default_factory=list)
    problem: str | None = None  #: the record could not be read soundly, or is too long to be checked here

    @property
    def sound(self) -> bool | None:
        """Whether all that was compared is the same; None if nothing was."""
        if self.problem is not None and not self.checks:
            return None
        return self.problem is None and all(check.verdict != "different" for check in self.checks)

    def as_dict(self) -> dict[str, Any]:
        return {
            "capture": self.capture.as_dict({}) | {"text_digest": self.stored.digest},
            "sound": self.sound,
            "problem": self.problem,
            "checks": [check.as_dict() for check in self.checks],
            "warc_header": [{"name": name, "value": value} for name, value in self.header],
            "request_head": self.request,
            "response_head": self.response,
            "payload_bytes": self.payload_bytes,
        }


def record_path(collection: Collection, warc: str) -> Path:
    """Where a WARC file lies: finished, or still being written.

    Args:
        collection: Whose.
        warc: Name of the file as the ledger has it, never as a reader wrote it.

    Raises:
        MirrorError: The file is not there.
    """
    if warc != Path(warc).name:
        raise MirrorError(f"{warc!r} is no name of a WARC file; `mirror verify {collection.name}` tells more")
    for path in (collection.archive / warc, collection.archive / (warc + ".open")):
        if path.is_file():
            return path
    raise MirrorError(
        f"{warc}: 文件不在档案中，请从副本恢复 / this file is not in the archive; restore it from a copy"
    )


def member(path: Path, offset: int, length: int) -> Iterator[bytes]:
    """The exact bytes of a record's gzip member, in pieces."""
    with path.open("rb") as file:
        file.seek(offset)
        while length > 0 and (piece := file.read(min(length, 1 << 16))):
            length -= len(piece)
            yield piece


def read_evidence(collection: Collection, site: Site, held: Capture, stored: Stored) -> Evidence:
    """Read the record again and compare it with all that is stored of it. Never raises for what it finds.

    Args:
        collection: Whose record it is.
        site: Its source.
        held: What the ledger knows.
        stored: What is stored of its text.
    """
    if held.length > LONGEST_CHECKED:
        return Evidence(
            held,
            stored,
            problem=f"记录太长，不在网页上核验 / too long to be checked here ({held.length} bytes); "
            f"use `mirror verify {collection.name}`",
        )
    try:
        path = record_path(collection, held.warc)
        records = reader.read(path, from_offset=held.offset)
        record = next(records, None)
        if record is None:
            return Evidence(held, stored, problem="此处没有记录 / no record begins here")
        request = _request_of(record, records)
        original = _original(collection, held)
    except DamagedRecordError as error:
        return Evidence(held, stored, problem=f"{error.path.name}, byte {error.offset}: {error.problem}")
    except (MirrorError, OSError) as error:
        return Evidence(held, stored, problem=str(error))
    return _compare(site, held, stored, record, request, original)


def _request_of(record: Record, following: Iterator[Record]) -> Record | None:
    """The request record beside a response: it comes right after it, perhaps after a framing note."""
    for other in following:
        if other.get("WARC-Concurrent-To") != record.record_id:
            return None
        if other.type == "request":
            return other
    return None


def _original(collection: Collection, held: Capture) -> Payload | None:
    warc, offset = held.bytes_at
    if (warc, offset) == (held.warc, held.offset):
        return None
    return reader.read_at(record_path(collection, warc), offset).http()[1]


def _reread(
    site: Site, held: Capture, stored: Stored, head: bytes, payload: Payload
) -> tuple[str | None, str | None]:
    """Text as laid out, and digest of the reading text, that the stored bytes give today."""
    fields = message.parse_head(head)
    cut = held.truncated is not None
    entry = site.read(Answer(held.url, fields.status, fields.fields, payload.read(), truncated=cut)).entry
    if entry is None:
        return None, None
    raw_text = entry.content.raw_text
    own = text_digest(entry.content.text)
    # A text that shows a width of its own is read at it; the others at that of their book.
    return raw_text, own if own == stored.digest else text_digest(assemble(raw_text, stored.widths).text)


def _compare(
    site: Site, held: Capture, stored: Stored, record: Record, request: Record | None, original: Payload | None
) -> Evidence:
    head, payload = record.http() if record.type in ("response", "revisit") else (b"", record.block)
    whole = original if record.type == "revisit" and original is not None else payload
    found_digest = whole.digest if held.type in ("response", "revisit") else None
    checks = [
        Check("record-id", held.record_id, record.record_id),
        Check("target", held.url, record.target_uri),
        Check("date", held.timestamp, record.date),
        Check("length", str(held.length), str(record.length)),
        Check("block-digest", record.get("WARC-Block-Digest"), record.block.digest),
    ]
    if held.type in ("response", "revisit") and (record.type == "response" or original is not None):
        checks.append(Check("payload-digest", held.payload_digest, found_digest))
    if stored.digest is not None and record.type == "response":
        raw_text, digest = _reread(site, held, stored, head, payload)
        checks.append(Check("layout", _digest(stored.raw_text), _digest(raw_text)))
        checks.append(Check("text", stored.digest, digest))
    return Evidence(
        held,
        stored,
        header=[(name.decode("utf-8", "replace"), value.decode("utf-8", "replace")) for name, value in record.header],
        request=_show(request.block.read(_SHOWN)) if request is not None else None,
        response=_show(head or _noted_head(record)),
        payload_bytes=whole.size,
        checks=checks,
    )


def _digest(text: str | None) -> str | None:
    return None if text is None else text_digest(text)


def _noted_head(record: Record) -> bytes:
    """The head of an answer whose block is empty: of a 304, it stands in the record's own header."""
    try:
        return record.capture().head
    except ValueError:
        return b""


def _show(head: bytes) -> str | None:
    """A head for the eye: as UTF-8 where it is, else as GB18030, else each byte as a character."""
    if not head:
        return None
    shown = head[:_SHOWN]
    for charset in ("utf-8", "gb18030"):
        try:
            return shown.decode(charset)
        except UnicodeDecodeError:
            continue
    return shown.decode("latin-1")
