"""What it takes to get the exact wire bytes back from a stored record, as one line of its header.

The stored HTTP message can differ from the wire in five ways, each noted here and each undone by `Edits`:

* chunk framing is off (`chunks`: sizes in hex, `*n` for n equal ones, if the framing is the canonical one;
  else `framing`: the literal octets between the data);
* field lines that no longer hold got the prefix `X-Archive-Orig-` (`renamed`: their line numbers, from 0),
  and `Content-Length` was appended (`appended`);
* an answer without any head got a status line, so that tools can replay it (`headless`);
* a 304 is stored as a revisit with an empty block, and its head is kept here (`head`);
* interim answers before the head, and surplus octets after the body, are kept beside it (`before`, `after`).
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from warc import message
from warc.capture import Capture, Framing
from warc.payload import Payload

#: Name of the extension field (WARC 1.1, 4: extension fields are allowed).
FIELD = "WARC-Wire-Framing"
#: FastWARC 2.0.1 refuses header lines of 64 KiB (measured); longer notes go to a metadata record.
LONGEST = 16_000

_PREFIX = b"X-Archive-Orig-"
_HEADLESS = b"HTTP/1.0 200 OK\r\n"
_LENGTH = re.compile(rb"content-length[ \t]*:", re.I)
_CODING = re.compile(rb"transfer-encoding[ \t]*:", re.I)


@dataclass(frozen=True, slots=True)
class Edits:
    """What was done to a message so that it can be stored, and how to undo it."""

    renamed: tuple[int, ...] = ()
    appended: bool = False
    headless: bool = False
    head: bytes = b""
    before: bytes = b""
    after: bytes = b""
    framing: Framing | None = None

    def __bool__(self) -> bool:
        return self != _NONE


_NONE = Edits()


def store_head(capture: Capture, *, emptied: bool = False) -> tuple[bytes, Edits]:
    """The HTTP head as it is stored, and what was done to it.

    Args:
        capture: The exchange.
        emptied: Nothing of the message is to be stored (a 304 as a revisit).

    `Transfer-Encoding` of a dechunked body becomes `X-Archive-Orig-Transfer-Encoding` in place and
    `Content-Length` is appended as the last field. A `Content-Length` that stood beside the chunks (against
    RFC 9112, 6.1) is renamed likewise: pywb would cut the body at it.
    """
    head = capture.head
    if emptied:
        return b"", Edits(head=head, before=capture.before, after=capture.after, framing=capture.framing)
    if not head:
        stored = _HEADLESS + b"Content-Length: %d\r\n\r\n" % capture.payload.size
        return stored, Edits(headless=True, before=capture.before, after=capture.after, framing=capture.framing)
    if capture.framing is None:
        if not capture.before and not capture.after:
            return head, _NONE
        return head, Edits(before=capture.before, after=capture.after)
    lines = list(message.field_lines(head))
    renamed = tuple(
        number for number, line in enumerate(lines) if number and (_CODING.match(line) or _LENGTH.match(line))
    )
    for number in renamed:
        lines[number] = _PREFIX + lines[number]
    lines.insert(len(lines) - 1, b"Content-Length: %d\r\n" % capture.payload.size)
    return b"".join(lines), Edits(
        renamed=renamed, appended=True, before=capture.before, after=capture.after, framing=capture.framing
    )


def original_head(stored: bytes, edits: Edits) -> bytes:
    """The head as it crossed the wire."""
    if edits.headless:
        return b""
    if edits.head:
        return edits.head
    if not edits.appended:
        return stored
    lines = list(message.field_lines(stored))
    del lines[-2]
    for number in edits.renamed:
        lines[number] = lines[number].removeprefix(_PREFIX)
    return b"".join(lines)


def dumps(edits: Edits) -> str:
    """One line of ASCII; `""` if nothing was done."""
    if not edits:
        return ""
    note: dict[str, Any] = {}
    if edits.framing is not None:
        chunks = _canonical(edits.framing)
        if chunks is not None:
            note["chunks"] = chunks
        else:
            note["framing"] = [
                [_b64(literal), size]
                for literal, size in zip(edits.framing.literals, (*edits.framing.sizes, 0), strict=True)
            ]
    if edits.renamed:
        note["renamed"] = list(edits.renamed)
    if edits.appended:
        note["appended"] = True
    if edits.headless:
        note["headless"] = True
    for name in ("head", "before", "after"):
        if octets := getattr(edits, name):
            note[name] = _b64(octets)
    line = json.dumps(note, separators=(",", ":"))
    if len(line) > 2_000:
        line = json.dumps({"zlib": base64.b64encode(zlib.compress(line.encode(), 9)).decode()}, separators=(",", ":"))
    return line


def loads(line: str | None) -> Edits:
    """The inverse of `dumps`. Raises ValueError if the line is none of ours."""
    if not line:
        return _NONE
    note = json.loads(line)
    if "zlib" in note:
        note = json.loads(zlib.decompress(base64.b64decode(note["zlib"])))
    framing = None
    if "chunks" in note:
        framing = _from_canonical(note["chunks"])
    elif "framing" in note:
        literals = tuple(base64.b64decode(literal) for literal, _ in note["framing"])
        framing = Framing(literals, tuple(size for _, size in note["framing"][:-1]))
    return Edits(
        renamed=tuple(note.get("renamed", ())),
        appended=note.get("appended", False),
        headless=note.get("headless", False),
        head=base64.b64decode(note.get("head", "")),
        before=base64.b64decode(note.get("before", "")),
        after=base64.b64decode(note.get("after", "")),
        framing=framing,
    )


def _b64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _literals(sizes: tuple[int, ...]) -> tuple[bytes, ...]:
    """Chunk framing as RFC 9112, 7.1 has it when nothing optional is used."""
    if not sizes:
        return (b"0\r\n\r\n",)
    return (b"%x\r\n" % sizes[0], *(b"\r\n%x\r\n" % size for size in sizes[1:]), b"\r\n0\r\n\r\n")


def _canonical(framing: Framing) -> str | None:
    if framing.literals != _literals(framing.sizes):
        return None
    runs = ((size, len(list(run))) for size, run in groupby(framing.sizes))
    return ",".join(f"{size:x}*{count}" if count > 1 else f"{size:x}" for size, count in runs)


def _from_canonical(chunks: str) -> Framing:
    sizes: list[int] = []
    for run in filter(None, chunks.split(",")):
        size, _, count = run.partition("*")
        sizes += [int(size, 16)] * int(count or 1)
    return Framing(_literals(tuple(sizes)), tuple(sizes))


def restore(stored_head: bytes, payload: Payload, edits: Edits) -> tuple[bytes, bytes, Framing | None, bytes]:
    """`before`, `head`, `framing` and `after` of the capture that was stored so."""
    return edits.before, original_head(stored_head, edits), edits.framing, edits.after
