"""When is a capture a revisit, and of what (WARC 1.1, 6.7)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from warc import message
from warc.capture import Capture

IDENTICAL_PAYLOAD = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"

_CONDITION = re.compile(rb"(?i)\r\nif-(?:none-match|modified-since):")


@dataclass(frozen=True, slots=True)
class Original:
    """The response a revisit refers to: durable, in the same collection, never itself a revisit."""

    target_uri: str
    date: str  #: its WARC-Date
    record_id: str
    payload_digest: str


def revisit_profile(capture: Capture, original: Original | None) -> str | None:
    """The profile under which a capture may be stored without its payload, or None if it may not.

    Identical payload: same digest, status 200, not empty, not cut. Not modified: only with a 304 that answers a
    conditional request (RFC 9110, 15.4.5); to any other it says nothing of what is held. No revisit of anything
    else: pywb special-cases the digest of nothing, and an error page is evidence of its own moment.
    """
    if original is None or capture.truncated:
        return None
    status = message.parse_head(capture.head).status
    if status == 304:
        return NOT_MODIFIED if _CONDITION.search(capture.request) else None
    if status == 200 and capture.payload.size and capture.payload.digest == original.payload_digest:
        return IDENTICAL_PAYLOAD
    return None
