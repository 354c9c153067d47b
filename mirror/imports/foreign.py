"""A record of somebody else's archive as a capture that our reader understands."""

from __future__ import annotations

import re
from dataclasses import replace

from mirror.downloader.chunks import ChunkedBody
from warc import framing, message
from warc.capture import Capture, Truncated
from warc.message import Head
from warc.payload import Payload
from warc.reader import Record

_EXACT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z")
_CODED = (b"\x1f\x8b", b"\x78", b"\x28\xb5\x2f\xfd")


def is_exact(date: str) -> bool:
    """Whether a WARC-Date is one that every index and tool reads: UTC, to the second or finer."""
    return _EXACT.fullmatch(date) is not None


def capture_of(record: Record) -> Capture:
    """The exchange a `response`, `revisit` or `resource` record keeps, transfer coding off.

    Other tools store a chunked body with its framing, say nothing of a body that broke off, and keep what had
    no HTTP head as a `resource`.

    Raises:
        ValueError: Its date is none.
    """
    if record.get(framing.FIELD):
        return record.capture()  # written by this program, for another collection
    if record.type == "resource":
        media_type = (record.get("Content-Type") or "application/octet-stream").encode("utf-8")
        stands_for = b"HTTP/1.0 200 OK\r\nContent-Type: " + media_type + b"\r\n\r\n"
        return replace(record.capture(), head=stands_for, payload=record.block)
    capture = record.capture()
    head = message.parse_head(capture.head)
    if record.type == "revisit":
        return capture
    if b"chunked" in (head.get(b"transfer-encoding") or b"").lower():
        return _dechunked(capture)
    if capture.truncated is None and _falls_short(head, capture.payload):
        return replace(capture, truncated="unspecified")
    return capture


def _dechunked(capture: Capture) -> Capture:
    """The body without its chunk framing; a body whose framing was taken off already stays as it is."""
    payload = Payload()

    def take(data: bytes) -> int:
        payload.append(data)
        return len(data)

    body = ChunkedBody(take, lambda oddity: None)
    for piece in capture.payload.chunks():
        body.feed(piece)
        if body.ended:
            break
    body.eof()
    truncated: Truncated | None = capture.truncated or body.truncated
    frame = body.framing()
    if not frame.literals[0]:
        return capture  # the tool had taken the chunks off and kept the field
    return replace(capture, payload=payload, framing=frame, truncated=truncated)


def _falls_short(head: Head, payload: Payload) -> bool:
    """Whether a body is shorter than its Content-Length, and not because the tool took a content coding off."""
    stated = head.get(b"content-length")
    if head.status in (204, 304) or stated is None or not stated.isdigit() or int(stated) <= payload.size:
        return False
    coded = head.get(b"content-encoding") is not None
    return not coded or payload.read(4).startswith(_CODED)
