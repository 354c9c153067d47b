"""Reading a stored capture: the one way from bytes to what they say, live, after a crash, and in a rebuild."""

from __future__ import annotations

from mirror.extraction.page import Page
from mirror.frontier.lease import Lease
from mirror.frontier.ledger import Reading
from mirror.sites.site import Answer, PageReader
from warc import message
from warc.capture import Capture, FailedAttempt
from warc.record import Written

#: Of an answer larger than this only the beginning is read for links and text; all of it is archived.
MOST_READ_BYTES = 32 << 20


def read_capture(
    site: PageReader, lease: Lease, capture: Capture, written: Written, original: int | None = None
) -> Reading:
    """What a capture says. Pure but for reading the payload's spool file.

    Args:
        site: Reads the source's pages.
        lease: The question it answers.
        capture: The exchange.
        written: Its record.
        original: For a revisit, the capture it refers to; then the page says what that one said.
    """
    head = message.parse_head(capture.head)
    page = read_page(site, capture) if original is None else None
    return Reading(
        lease=lease,
        target=capture.target_uri,
        written=written,
        page=page,
        truncated=capture.truncated,
        original=original,
        etag=_text(head.get(b"etag")),
        modified=_text(head.get(b"last-modified")),
        size_bytes=capture.payload.size,
    )


def read_page(site: PageReader, capture: Capture) -> Page:
    """What the payload of a capture says."""
    head = message.parse_head(capture.head)
    body = capture.payload.read(MOST_READ_BYTES)
    cut = capture.truncated is not None or len(body) < capture.payload.size
    return site.read(Answer(capture.target_uri, head.status, head.fields, body, truncated=cut))


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def read_failure(lease: Lease, attempt: FailedAttempt, written: Written) -> Reading:
    """An attempt that brought no answer: evidence of silence."""
    return Reading(
        lease=lease,
        target=attempt.target_uri,
        written=written,
        page=None,
        failure=f"{attempt.cause}: {attempt.message}" if attempt.message else attempt.cause,
    )
