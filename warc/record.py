"""Captures as WARC records (WARC 1.1; CONFORMANCE W3-W21, R1-R5). Pure: bytes out, nothing written."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from warc import cdxj, framing, identify
from warc.capture import Capture, FailedAttempt
from warc.payload import Payload
from warc.revisit import NOT_MODIFIED, Original

__all__ = ["Draft", "Original", "Written"]

_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Written:
    """Where a record lies, and what indexes say of it."""

    record_id: str  #: as in the record, `<urn:uuid:…>`
    type: str
    timestamp: str  #: WARC-Date
    filename: str  #: final base name of the file
    offset: int  #: first byte of the record's gzip member
    length: int  #: bytes of the member
    payload_digest: str | None
    status: int | None
    mime: str | None  #: as CDX says it
    cdxj: str | None  #: its line in the index, None for types no index lists


def written(
    *,
    type: str,
    record_id: str,
    date: str,
    target_uri: str | None,
    head: bytes,
    profile: str | None,
    payload_digest: str | None,
    filename: str,
    offset: int,
    length: int,
) -> Written:
    """What is to be remembered of a record that lies at a place.

    Args:
        type: WARC-Type, and so on: fields of its header.
        head: The stored HTTP head, of a response or revisit.
        profile: WARC-Profile, of a revisit.
    """
    status = mime = line = None
    if type in ("response", "revisit"):
        status, mime, line = index_line(
            type=type,
            date=date,
            target_uri=target_uri or "",
            head=head,
            payload_digest=payload_digest,
            filename=filename,
            offset=offset,
            length=length,
        )
        if profile == NOT_MODIFIED:
            status = "304"  # its block is empty, see `exchange`
    return Written(
        record_id=record_id,
        type=type,
        timestamp=date,
        filename=filename,
        offset=offset,
        length=length,
        payload_digest=payload_digest,
        status=int(status) if status and status.isdecimal() else None,
        mime=mime,
        cdxj=line,
    )


def index_line(
    *,
    type: str,
    date: str,
    target_uri: str,
    head: bytes,
    payload_digest: str | None,
    filename: str,
    offset: int,
    length: int,
) -> tuple[str | None, str | None, str]:
    """Status and media type of a response or revisit, and its line in the index; arguments as of `written`."""
    status, mime = cdxj.status_and_mime(head)
    if type == "revisit":
        mime = "warc/revisit"
    line = cdxj.line(
        url=target_uri,
        timestamp=date,
        mime=mime,
        status=status,
        digest=payload_digest,
        length=length,
        offset=offset,
        filename=filename,
    )
    return status, mime, line


@dataclass(slots=True)
class Draft:
    """A record about to be written: its header, and its block as a head in memory and an optional payload."""

    type: str
    record_id: str
    date: str
    target_uri: str | None
    fields: list[tuple[str, str]]
    head: bytes
    payload: Payload | None = None
    payload_digest: str | None = None
    further: list[Draft] = field(default_factory=list)  #: records that belong to it, written right after

    def block_digest(self) -> str:
        sha1 = hashlib.sha1(self.head, usedforsecurity=False)
        if self.payload is not None:
            for chunk in self.payload.chunks():
                sha1.update(chunk)
        return _label(sha1.digest())

    def header(self) -> bytes:
        """The WARC header through its blank line."""
        size = len(self.head) + (self.payload.size if self.payload is not None else 0)
        lines = [
            "WARC/1.1",
            f"WARC-Type: {self.type}",
            f"WARC-Record-ID: {self.record_id}",
            f"WARC-Date: {self.date}",
        ]
        if self.target_uri is not None:
            lines.append(f"WARC-Target-URI: {self.target_uri}")
        lines += [f"{name}: {value}" for name, value in self.fields]
        if self.payload_digest is not None:
            lines.append(f"WARC-Payload-Digest: {self.payload_digest}")
        lines += [f"WARC-Block-Digest: {self.block_digest()}", f"Content-Length: {size}", "", ""]
        return "\r\n".join(lines).encode("utf-8")

    def pieces(self) -> Iterator[bytes]:
        """The whole record, uncompressed, in pieces."""
        yield self.header() + self.head
        if self.payload is not None:
            yield from self.payload.chunks()
        yield _END


def _label(sha1: bytes) -> str:
    return "sha1:" + base64.b32encode(sha1).decode("ascii")


def new_id() -> str:
    """A fresh `<urn:uuid:…>` (RFC 9562, 5.4: version 4)."""
    octets = bytearray(os.urandom(16))
    octets[6] = octets[6] & 0x0F | 0x40
    octets[8] = octets[8] & 0x3F | 0x80
    text = octets.hex()
    return f"<urn:uuid:{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}>"


def warc_date(moment: datetime) -> str:
    """An aware UTC datetime as WARC-Date with microseconds (5.4)."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def warcinfo(info: Mapping[str, str], filename: str, moment: datetime) -> Draft:
    """The record that opens a file (6.2)."""
    return Draft(
        "warcinfo",
        new_id(),
        warc_date(moment),
        None,
        [("WARC-Filename", filename), ("Content-Type", "application/warc-fields")],
        _warc_fields(info),
    )


def _warc_fields(fields: Mapping[str, str]) -> bytes:
    """`application/warc-fields`: one line a field; line ends inside a value become blanks."""
    return "".join(f"{name}: {' '.join(value.split())}\r\n" for name, value in fields.items()).encode("utf-8")


def exchange(capture: Capture, warcinfo_id: str, profile: str | None, original: Original | None) -> Draft:
    """The response or revisit record of a capture; its request record is in `further`, written after it (W14).

    A 304 becomes a revisit with an empty block (6.7.3 allows it) and keeps its head in the framing note: pywb 2.10
    would answer a reader with the stored 304, an empty page (measured; tests/replay).

    Args:
        capture: One exchange.
        warcinfo_id: Of the file it goes into.
        profile: From `revisit.revisit_profile`; None for a response with its payload.
        original: What the revisit refers to.
    """
    date, record_id = warc_date(capture.began), new_id()
    common = [("WARC-IP-Address", capture.ip)] if capture.ip else []
    common += [("WARC-Protocol", protocol) for protocol in capture.protocol]
    if capture.cipher:
        common.append(("WARC-Cipher-Suite", capture.cipher))
    common.append(("WARC-Warcinfo-ID", warcinfo_id))
    head, edits = framing.store_head(capture, emptied=profile == NOT_MODIFIED)
    fields = list(common)
    request = Draft(
        "request",
        new_id(),
        date,
        capture.target_uri,
        [
            *common,
            ("WARC-Concurrent-To", record_id),
            ("Content-Type", "application/http; msgtype=request"),
        ],
        capture.request,
    )
    further = [request]
    if note := framing.dumps(edits):
        if len(note) > framing.LONGEST:
            beside = Draft(
                "metadata",
                new_id(),
                date,
                capture.target_uri,
                [
                    ("WARC-Warcinfo-ID", warcinfo_id),
                    ("WARC-Concurrent-To", record_id),
                    ("Content-Type", "application/warc-fields"),
                ],
                _warc_fields({framing.FIELD: note}),
            )
            further.append(beside)
            note = f'{{"beside":"{beside.record_id}"}}'
        fields.append((framing.FIELD, note))
    digest = capture.payload.digest
    if profile is not None and original is not None:
        if profile == NOT_MODIFIED:
            digest = original.payload_digest
        fields += [
            ("WARC-Profile", profile),
            ("WARC-Refers-To", original.record_id),
            ("WARC-Refers-To-Target-URI", original.target_uri),
            ("WARC-Refers-To-Date", original.date),
            ("WARC-Truncated", "length"),
        ]
    else:
        if capture.truncated:
            fields.append(("WARC-Truncated", capture.truncated))
        if identified := identify.identified_type(head, capture.payload):
            fields.append((identify.FIELD, identified))
    fields.append(("Content-Type", "application/http; msgtype=response"))
    return Draft(
        "revisit" if profile else "response",
        record_id,
        date,
        capture.target_uri,
        fields,
        head,
        None if profile else capture.payload,
        digest,
        further,
    )


def failure(attempt: FailedAttempt, warcinfo_id: str) -> Draft:
    """The metadata record of a request that got no answer that could be stored as one (6.6)."""
    fields = {"cause": attempt.cause, "message": attempt.message}
    for name, octets in (("request", attempt.request), ("received", attempt.received)):
        if octets:
            fields[f"{name}-base64"] = base64.b64encode(octets).decode("ascii")
    header = [("WARC-IP-Address", attempt.ip)] if attempt.ip else []
    header += [("WARC-Protocol", protocol) for protocol in attempt.protocol]
    header += [("WARC-Warcinfo-ID", warcinfo_id), ("Content-Type", "application/warc-fields")]
    return Draft("metadata", new_id(), warc_date(attempt.began), attempt.target_uri, header, _warc_fields(fields))
