"""HTTP/1.x messages as bytes: start line and fields, read as leniently as old servers need.

Nothing is decoded and nothing is judged: names and values are octets, in order, duplicates kept (RFC 9112
demands far more; servers of 1999 do not).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_STATUS = re.compile(rb"\s*[A-Za-z]+/?[0-9.]*[ \t]+([0-9]{3})(?![0-9])")


@dataclass(frozen=True, slots=True)
class Head:
    """A start line and its fields. Line ends, folds and blanks around values are taken off."""

    start: bytes
    fields: tuple[tuple[bytes, bytes], ...]
    status: int  #: 0 if the start line shows none

    def get(self, name: bytes) -> bytes | None:
        """The first field of that name (lower case), or None."""
        for field, value in self.fields:
            if field.lower() == name:
                return value
        return None

    def all(self, name: bytes) -> list[bytes]:
        """Every field of that name (lower case), in order."""
        return [value for field, value in self.fields if field.lower() == name]


def field_lines(head: bytes) -> Iterator[bytes]:
    """The lines of a head with their line ends: start line, fields, folds, and the blank line."""
    start = 0
    while start < len(head):
        end = head.find(b"\n", start) + 1 or len(head)
        yield head[start:end]
        start = end


@lru_cache(maxsize=32)
def parse_head(head: bytes) -> Head:
    """Split a head. Lines without a colon are skipped; folded lines join with one blank (RFC 9112, 5.2).

    Each stage of a capture's way asks for the same head, so the last ones are kept.
    """
    lines = head.split(b"\n")
    fields: list[tuple[bytes, bytes]] = []
    for line in lines[1:]:
        if line[:1] in (b" ", b"\t") and fields and line.strip():
            name, value = fields[-1]
            fields[-1] = (name, (value + b" " + line.strip(b" \t\r")).lstrip())
            continue
        name, colon, value = line.partition(b":")
        if colon:
            fields.append((name.strip(b" \t"), value.strip(b" \t\r")))
    start = lines[0].rstrip(b"\r")
    status = _STATUS.match(start)
    return Head(start, tuple(fields), int(status[1]) if status else 0)


def split(message: bytes) -> tuple[bytes, bytes]:
    """Head (through its blank line) and body of a stored message; `(b"", message)` if it has no head."""
    match = re.search(rb"\n\r?\n", message)
    if match:
        return message[: match.end()], message[match.end() :]
    return (message, b"") if message.startswith(b"HTTP/") else (b"", message)
