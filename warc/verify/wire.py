"""The framing note of our records: does undoing it give a message that could have been stored so?"""

from __future__ import annotations

import json
import re
from typing import Any

from warc import framing, message
from warc.verify.header import Header, Say

_PREFIX = b"x-archive-orig-"
_LENGTH = re.compile(rb"(?i)content-length: ?([0-9]+)\r?\n")
_CODING = re.compile(rb"(?i)x-archive-orig-transfer-encoding[ \t]*:")
_RENAMED = re.compile(rb"(?i)\nx-archive-orig-transfer-encoding[ \t]*:[^\n]*chunked")


def judge(header: Header, head: bytes, body: bytes | memoryview, say: Say, *, ours: bool) -> int | None:
    """Octets of the payload by the note; None if it names no chunks, or lies in a record beside (`judge_note`)."""
    note = header.get(framing.FIELD.lower())
    if note is None:
        if ours and _RENAMED.search(head) and _LENGTH.fullmatch(_last_line(head)):
            say("wire-note", "the head shows that chunks were taken off, and there is no WARC-Wire-Framing")
        return None
    if beside(note) is not None:
        return None
    return judge_note(note, head, None if header.type == "revisit" else len(body), say)


def beside(note: str) -> str | None:
    """Id of the metadata record that holds a long note."""
    if not note:
        return None
    try:
        held: Any = json.loads(note)
    except ValueError:
        return None
    return held.get("beside") if isinstance(held, dict) else None


def judge_note(note: str, head: bytes, size: int | None, say: Say) -> int | None:
    """Undo a note.

    Args:
        note: As written.
        head: The stored HTTP head.
        size: Octets of the stored payload; None for a revisit, which stores none.
        say: Told of a breach.

    Returns:
        Octets of the payload, by the sizes of its chunks; None if there were none.
    """
    try:
        edits = framing.loads(note)
        wire_size = sum(edits.framing.sizes) if edits.framing else None
        problem = _contradiction(edits, head, size, wire_size)
    except Exception as error:  # the note is one line of JSON and base64; anything can be wrong with it
        say("wire-note", f"the note cannot be read: {error!r:.150}")
        return None
    if problem:
        say("wire-note", problem)
        return None
    return wire_size


def _contradiction(edits: framing.Edits, head: bytes, size: int | None, wire_size: int | None) -> str:
    lines = list(message.field_lines(head))
    stated: int | None = None
    if edits.appended or edits.headless:
        length = _LENGTH.fullmatch(_last_line(head))
        if length is None:
            return "the note says that Content-Length was appended, and it is not the last field"
        stated = int(length[1])
        if size is not None and stated != size:
            return f"the appended Content-Length is {stated}, the payload has {size} octets"
    if edits.head:
        return _contradiction_of_emptied(edits, head, size)
    said = stated if stated is not None else size
    if None not in (wire_size, said) and wire_size != said:
        return f"the chunks in the note add up to {wire_size} octets, the payload has {said}"
    for number in edits.renamed:
        if not 0 < number < len(lines) - 1 or not lines[number].lower().startswith(_PREFIX):
            return f"the note says that line {number} of the head was renamed, and it was not"
    if edits.framing and not edits.headless and not any(_CODING.match(lines[number]) for number in edits.renamed):
        return "the note names chunks, and no Transfer-Encoding was renamed"
    return ""


def _contradiction_of_emptied(edits: framing.Edits, head: bytes, size: int | None) -> str:
    """A 304 stored as a revisit without a block, its head in the note."""
    status = message.parse_head(edits.head).status
    if size is not None or head:
        return "the note keeps a head of its own, and the block is not empty"
    if status != 304:
        return f"the note keeps a head of status {status}; only a 304 is stored so"
    return ""


def _last_line(head: bytes) -> bytes:
    """The last field of a head, with its line end."""
    lines = head[-200:].splitlines(keepends=True)
    return lines[-2] if len(lines) > 1 else b""
