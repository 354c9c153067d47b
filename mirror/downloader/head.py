"""The head of an answer: where it begins and ends, and what of it a strict parser would refuse.

Section numbers are of RFC 9112.
"""

from __future__ import annotations

import re
from typing import Final

#: Line ends before a status line; more than that is a body.
_MAX_LEADING_BYTES: Final = 1 << 12

# Chromium looks for "http" behind up to four bytes of slop; anything else is HTTP/0.9, a body without head.
_START = re.compile(rb"[\r\n]*+[\x00-\xff]{0,4}?(?=(?i:http)[/ ] ?[0-9])")
_START_SPAN: Final = 4 + len(b"HTTP/ 1")
_STATUS = re.compile(rb"(?i)http(?:/[ ]?([0-9]{1,3})(?:\.([0-9]{1,3}))?)?[ \t]+([0-9]{3})")
# 4 and 5: what a strict parser takes. Octets from 0x80 up are obs-text, allowed in values and reason.
_STRICT_STATUS_LINE = re.compile(rb"HTTP/1\.[01] [1-9][0-9][0-9] [\t\x20-\x7e\x80-\xff]*+")
_STRICT_HEAD = re.compile(
    _STRICT_STATUS_LINE.pattern + rb"\r\n(?:[!#$%&'*+.^_`|~0-9A-Za-z-]++:[\t\x20-\x7e\x80-\xff]*+\r\n)*+\r\n"
)
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


def find_start(held: bytes | bytearray) -> int | None:
    """Where the status line begins; -1 if there will be none; None if more bytes must tell."""
    if held.startswith(b"HTTP/1."):
        return 0
    leading = len(held) - len(held.lstrip(b"\r\n"))
    if leading > _MAX_LEADING_BYTES:
        return -1
    found = _START.match(held)
    if found is not None:
        return found.end()
    return -1 if len(held) - leading >= _START_SPAN else None


def find_end(held: bytes | bytearray, scanned: int = 0) -> int | None:
    """Where the first blank line ends, with CRLF or bare LF (2.2); None if it has not come.

    Args:
        scanned: So many bytes were looked through before, in vain.
    """
    start = max(0, scanned - 2)
    crlf = held.find(b"\n\r\n", start)
    bare = held.find(b"\n\n", start) if crlf < 0 else held.find(b"\n\n", start, crlf)
    if bare >= 0:
        return bare + 2
    return crlf + 3 if crlf >= 0 else None


def parse_status(head: bytes) -> tuple[tuple[int, int], int]:
    """HTTP version and status code of a head; (1, 0) and 0 if it has none that can be read."""
    found = _STATUS.match(head)
    if found is None:
        return (1, 0), 0
    major, minor, status = found.groups()
    return (int(major or 1), int(minor or 0)), int(status)


def describe_oddities(head: bytes) -> list[str]:
    """What a strict parser refuses in a head, in words, each once; empty if nothing."""
    if _STRICT_HEAD.fullmatch(head) is not None:
        return []
    lines = head.split(b"\n")
    status_line, *fields = [line.removesuffix(b"\r") for line in lines[:-2]]
    found = {}
    if any(not line.endswith(b"\r") for line in lines[:-1]):
        found["bare LF in the head"] = True
    if _STRICT_STATUS_LINE.fullmatch(status_line) is None:
        found["odd status line"] = True
    for line in fields:
        oddity = _describe_field_line(line)
        if oddity:
            found[oddity] = True
    return list(found)


def _describe_field_line(line: bytes) -> str | None:
    name, colon, value = line.partition(b":")
    if line[:1] in (b" ", b"\t"):
        return "folded field line"
    if not colon:
        return "field line without a colon"
    if name != name.rstrip():
        return "blank before a colon"
    if _TOKEN.fullmatch(name) is None:
        return "odd field name"
    return "control character in a field" if _CONTROL.search(value) else None
