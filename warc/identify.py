"""What a page is by its own octets, where it leaves the reader to guess (WARC 1.1, 5.19; CONFORMANCE W21)."""

from __future__ import annotations

import codecs
import re
import zlib

from warc import message
from warc.payload import Payload

FIELD = "WARC-Identified-Payload-Type"

#: So many octets are looked at.
_LOOK = 1 << 16
#: A browser looks for a declaration in so many.
_PRESCAN = 1024
_DECLARED = re.compile(rb"(?i)<meta\s[^<>]{0,300}?charset\s*=")
_HTML = re.compile(rb"(?i)\s*text/html\s*(?:;|\Z)")
_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def identified_type(head: bytes, payload: Payload) -> str | None:
    """Media type and charset of an HTML page that declares none, neither in its head nor where a browser looks.

    ReplayWeb.page shows a page under this type; without it, such a page is read in the charset of the frame around
    it, and GBK comes out as question marks (measured: tests/replay/test_charset.py). A page that declares its charset
    is left to its word, right or wrong, as a browser leaves it.

    Returns:
        None if the page declares one, is all ASCII, or is neither UTF-8 nor GB18030.
    """
    fields = message.parse_head(head)
    declared = fields.get(b"content-type") or b""
    if not _HTML.match(declared) or b"charset" in declared.lower():
        return None
    start = _start(payload, (fields.get(b"content-encoding") or b"").strip().lower())
    if start is None or start.isascii() or start.startswith(_BOMS) or _DECLARED.search(start[:_PRESCAN]):
        return None
    for charset in ("utf-8", "gb18030"):
        try:
            codecs.getincrementaldecoder(charset)().decode(start)  # the last character may be cut
        except UnicodeDecodeError:
            continue
        return f"text/html; charset={charset}"
    return None


def _start(payload: Payload, coding: bytes) -> bytes | None:
    """The first octets with the content coding off; None if it is one we do not take off here."""
    start = payload.read(_LOOK)
    if coding in (b"", b"identity"):
        return start
    if coding not in (b"gzip", b"x-gzip"):
        return None
    try:
        return zlib.decompressobj(31).decompress(start, _LOOK)
    except zlib.error:
        return None
