"""Somebody else's records in our form: one gzip member each, lines ended as they should be, nothing else altered."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from isal import isal_zlib

from mirror.imports.survey import date_of, unfit
from warc import message
from warc import record as records
from warc.reader import Record
from warc.writer import LEVEL

_PROFILE = "http://netpreserve.org/warc/1.0/revisit/"
#: Characters of a URI that stand as they are, also where they should not.
_SAFE = "".join(map(chr, range(0x21, 0x7F)))
#: Set anew for every record.
_OURS = frozenset((b"warc-type", b"warc-record-id", b"warc-date", b"warc-target-uri", b"content-length"))


def rewrite(
    found: Iterable[Record], path: Path, info: Mapping[str, str], moment: datetime, leave_out: set[str]
) -> int:
    """Write records into a new file, on the disk when this returns.

    Block and digests stay as they are, right or wrong; a record without an id gets one that follows from what it
    holds. Records that cannot be dated or told what they are, are left out (`survey.unfit`).

    Args:
        found: The records, in order.
        path: The file to make; it must not be there.
        info: Fields of its warcinfo.
        moment: Date of the warcinfo.
        leave_out: Ids of records not to write, and of those that requests written belong to.

    Returns:
        How many records were written.
    """
    count = 0
    with path.open("xb") as file:
        draft = records.warcinfo(info, path.name.removesuffix(".part"), moment)
        for piece in _packed(draft.pieces()):
            file.write(piece)
        for record in found:
            if unfit(record) or record.record_id in leave_out or record.get("WARC-Concurrent-To") in leave_out:
                continue
            for piece in _packed(_pieces(record)):
                file.write(piece)
            count += 1
        file.flush()
        os.fsync(file.fileno())
    return count


def _packed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    member = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, 31)
    for piece in pieces:
        if packed := member.compress(piece):
            yield packed
    yield member.flush()


def _pieces(record: Record) -> Iterator[bytes]:
    yield header(record)
    yield from record.block.chunks()
    yield b"\r\n\r\n"


def header(record: Record) -> bytes:
    """The record's header as WARC/1.1, through its blank line."""
    lines = [
        b"WARC/1.1",
        b"WARC-Type: " + record.type.lower().encode(),
        b"WARC-Record-ID: " + (record.record_id or identity(record)).encode("utf-8"),
        b"WARC-Date: " + (date_of(record) or "").encode("ascii"),
    ]
    if record.target_uri is not None:
        lines.append(b"WARC-Target-URI: " + quote(record.target_uri, safe=_SAFE).encode("ascii"))
    stated = set()
    for name, value in record.header:
        lower = name.lower()
        if lower in _OURS:
            continue
        stated.add(lower)
        if lower == b"warc-profile" and value.decode("latin-1").startswith(_PROFILE):
            value = value.replace(b"/1.0/", b"/1.1/", 1)
        lines.append(name + b": " + value)
    if b"warc-payload-digest" not in stated and (payload_digest := _payload_digest(record)):
        lines.append(b"WARC-Payload-Digest: " + payload_digest.encode("ascii"))
    if b"warc-block-digest" not in stated:
        lines.append(b"WARC-Block-Digest: " + record.block.digest.encode("ascii"))
    lines += [b"Content-Length: %d" % record.block.size, b"", b""]
    return b"\r\n".join(lines)


def _payload_digest(record: Record) -> str | None:
    """Of a whole answer; not of a chunked one, on whose digest the standard and the tools do not agree."""
    if record.type.lower() != "response":
        return None
    head, payload = record.http()
    chunked = b"chunked" in (message.parse_head(head).get(b"transfer-encoding") or b"").lower()
    return None if chunked else payload.digest


def identity(record: Record) -> str:
    """An id for a record that has none: the same whenever the same record is rewritten."""
    said = b"\n".join(name + b":" + value for name, value in record.header) + record.block.digest.encode()
    return f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, hashlib.sha256(said).hexdigest())}>"
