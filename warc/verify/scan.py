"""Every record of a file, and whatever stands between records, damaged files included: WARC and ARC, packed or not.

Unlike `warc.reader`, which stops where a file breaks off, this goes on behind damage as far as records can be found.
Files are mapped into memory, large records too (from a temporary file), so that memory stays flat.
"""

from __future__ import annotations

import mmap
import os
import re
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from isal import isal_zlib

from warc import salvage, zstd
from warc.reader import Record
from warc.zstd import Decoder, ZstdError

#: Told of damage: rule, offset in the file, what is so, and the octets of the record's header if there are any.
Report = Callable[[str, int, str, bytes], None]
Buffer = bytes | mmap.mmap

_BROKEN: type[Exception] = isal_zlib.IsalError  # type: ignore[assignment]  # the stub makes an instance of the class
_GZIP = b"\x1f\x8b\x08"
_FIRST, _NEXT = 4096, 1 << 16
#: A member longer than this goes to a temporary file.
_SPILL = 16 << 20
#: A WARC header longer than this is none.
LONGEST_HEADER = 1 << 20
_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"(?i)(?:^|\n)content-length[ \t]*:(?:[ \t]|\r?\n[ \t])*([^\r\n]*?)[ \t]*(?=[\r\n]|$)")
_LAST_LENGTH = b"\r\nContent-Length: "
_LF_END = re.compile(rb"(?<=[^\r\n])\r?\n\r?\n")
_ANSWER = re.compile(rb"WARC/1\.[01]\r\nWARC-Type: (?:response|revisit)\r\n")
_BEGIN = re.compile(rb"(?i)WARC/[0-9]")


@dataclass(frozen=True, slots=True)
class _Packing:
    """How records are compressed, one to a unit."""

    unit: str
    is_head: Callable[[bytes], bool]
    magic: bytes
    new: Callable[[], Decoder]
    broken: type[Exception]
    step: int  #: octets fed at once
    peek: Callable[[mmap.mmap, int, int], bytes]  #: so many octets that the unit at an offset begins with


def _peek_gzip(octets: mmap.mmap, position: int, count: int) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(octets[position : position + 1024], count)
    except zlib.error:
        return b""


_GZIP_PACKING = _Packing(
    "gzip member",
    lambda head: head[:3] == _GZIP,
    _GZIP,
    lambda: isal_zlib.decompressobj(31),
    _BROKEN,
    _NEXT,
    _peek_gzip,
)


def _zstd_packing(new: Callable[[], Decoder]) -> _Packing:
    def peek(octets: mmap.mmap, position: int, count: int) -> bytes:
        decoder, data = new(), b""
        try:  # a block gives nothing until it is there: 128 KiB at most (RFC 8878, 3.1.1.2)
            while len(data) < count and not decoder.eof and (piece := octets[position : position + zstd.PIECE]):
                data += decoder.decompress(piece)
                position += len(piece)
        except ZstdError:
            return b""
        return data[:count]

    return _Packing(
        "Zstandard frame", lambda head: zstd.is_frame(head[:4]), zstd.FRAME, new, ZstdError, zstd.PIECE, peek
    )


@dataclass(slots=True)
class Found:
    """One record as it lies there.

    `offset` and `length` are of its gzip member or Zstandard frame (of the record itself in a plain file), in bytes.
    `header` goes from the version to before the blank line; an ARC record has one made up, of version `ARC`. `whole`
    is False if octets of the block are missing.
    """

    offset: int
    length: int
    header: bytes
    block: bytes | memoryview
    whole: bool = True


def scan(path: Path, report: Report, part: tuple[int, int] | None = None) -> Iterator[Found]:
    """The records of a file in order. Raises OSError if it cannot be read.

    Args:
        path: The file.
        report: Told of everything that is not a sound record, in order of place.
        part: Where to begin and to end in a gzip file (`parts`); None for all of a file.
    """
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            report("file-empty", 0, "the file is empty", b"")
            return
        octets = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if part is not None:
        yield from _members(octets, report, _GZIP_PACKING, *part)
        return
    start = octets[:16]
    gzipped = start[:2] == b"\x1f\x8b"
    if zstd.is_frame(start[:4]):
        report("file-form", 0, "the file is zstd, which warcio, pywb and cdxj-indexer cannot read", b"")
        with path.open("rb") as file:
            try:
                new = zstd.decoder(file)
            except ZstdError as error:
                report("gzip-broken", 0, f"its Zstandard dictionary cannot be read: {error}", b"")
                return
        yield from _members(octets, report, _zstd_packing(new))
    elif start.startswith(b"filedesc:") or (gzipped and _peek_gzip(octets, 0, 9) == b"filedesc:"):
        yield from _arc(path, report)
    else:
        if gzipped != path.name.removesuffix(".open").endswith(".gz"):
            form = "gzip" if gzipped else "not gzip"
            report("file-form", 0, f"the file is {form} and its name says otherwise", b"")
        elif not gzipped:
            report("file-form", 0, "the file is not compressed", b"")
        yield from _members(octets, report, _GZIP_PACKING) if gzipped else _plain(octets, report)


def parts(path: Path, size_bytes: int) -> list[tuple[int, int]]:
    """Where a gzip file can be cut into parts of about that size: each begins with a response or revisit.

    A record stored inside another may look like one of the file: if the records of a part do not end where it does,
    the file must be read as a whole.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size < 2 * size_bytes:
            return [(0, size)]
        octets = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    ends: list[int] = []
    if octets[:3] == _GZIP and _peek_gzip(octets, 0, 5) == b"WARC/":
        for wanted in range(size_bytes, size - size_bytes // 2, size_bytes):
            at = _next_member(octets, wanted, _GZIP_PACKING)
            while at < size and not _ANSWER.match(_peek_gzip(octets, at, 40)):
                at = _next_member(octets, at + 1, _GZIP_PACKING)
            if at < size and at > (ends[-1] if ends else 0):
                ends.append(at)
    return list(pairwise([0, *ends, size]))


def _arc(path: Path, report: Report) -> Iterator[Found]:
    report(
        "file-form",
        0,
        "the file is ARC, made before WARC: lengths, dates, addresses and HTTP messages were checked; it has no "
        "digests, ids or requests that could be",
        b"",
    )
    for record in salvage.salvage(
        path,
        "arc",
        lambda offset, problem: report("gzip-member", offset, problem, b""),
        lambda lost: report(
            "record-torn", lost.offset, f"{lost.length} octets that give no record: {lost.problem}", b""
        ),
    ):
        yield Found(record.offset, record.length, _arc_header(record), record.block.read())


def _arc_header(record: Record) -> bytes:
    fields = [(name, value) for name, value in record.header if name != b"WARC-Record-ID"]
    fields.append((b"Content-Length", b"%d" % record.block.size))
    return b"\r\n".join([b"ARC", *(name + b": " + value for name, value in fields)])


class _BrokenError(Exception):
    """A member that does not decompress; holds what came out of it."""

    def __init__(self, rule: str, message: str, data: bytes) -> None:
        super().__init__(message)
        self.rule = rule
        self.data = data


def _members(
    octets: mmap.mmap, report: Report, packing: _Packing, position: int = 0, size: int | None = None
) -> Iterator[Found]:
    view, size = memoryview(octets), size or len(octets)
    # No checksum covers the head of a member; our writer puts no time there, and the same into each.
    our_head = _GZIP + bytes(5) + octets[8:10]
    while position < size:
        head = octets[position : position + 10]
        if head != our_head and not packing.is_head(head):
            following = _next_member(octets, position + 1, packing)
            report("trailing-octets", position, f"{following - position} octets that are no {packing.unit}", b"")
            position = following
            continue
        try:
            data, end = _inflate(view, position, packing)
        except _BrokenError as error:
            following = _next_member(octets, position + 1, packing)
            rule = "gzip-torn" if error.rule == "gzip-torn" and following == size else "gzip-broken"
            after = "no record follows" if following == size else f"the next record begins at byte {following}"
            report(rule, position, f"{error}; {after}", error.data)
            position = following
            continue
        if head != our_head and packing is _GZIP_PACKING:
            report("gzip-head", position, f"the head of the gzip member is {head.hex()}, not {our_head.hex()}", b"")
        first, at, whole = True, 0, len(data)
        while at < whole or first:
            if data[at : at + 5] != b"WARC/" and not data[at:].strip():
                rule, what = (
                    ("gzip-empty", f"the {packing.unit} is empty")
                    if first
                    else ("record-end", "blank octets too many")
                )
                report(rule, position, what, b"")
                break
            found, at = _record(data, at, position, end - position, report)
            if found is None:
                break
            if not found.whole:
                if not _begins_record(octets, end, packing):
                    found, data, end = _over_members(view, found, data, end, report, packing)
                    at = whole = len(data)
                if not found.whole:
                    report("record-torn", position, _torn(found), found.header)
            elif first and at < whole and data[at : at + 64].strip():
                report("gzip-member", position, f"the {packing.unit} holds more than one record", found.header)
            first = False
            yield found
        position = end


def _inflate(view: memoryview, position: int, packing: _Packing) -> tuple[Buffer, int]:
    """The octets of the member at a position, and where it ends."""
    inflater = packing.new()
    spool = None
    begin, step = position, _FIRST
    pieces: list[bytes] = []
    held = 0
    try:
        while True:
            chunk = view[position : position + step]
            if not chunk:
                raise _BrokenError("gzip-torn", f"the file ends inside a {packing.unit}", _salvage(view, begin))
            data = inflater.decompress(chunk)
            position += len(chunk)
            if inflater.eof:
                position -= len(inflater.unused_data)
                if not pieces and spool is None:
                    return data, position
            pieces.append(data)
            held += len(data)
            if held > _SPILL or (spool is not None and inflater.eof):
                spool = spool or tempfile.TemporaryFile(prefix="mirror-verify-")  # noqa: SIM115
                spool.writelines(pieces)
                pieces, held = [], 0
            if inflater.eof:
                break
            step = min(2 * step, packing.step)
        if spool is None:
            return b"".join(pieces), position
        spool.flush()
        return mmap.mmap(spool.fileno(), 0, access=mmap.ACCESS_READ), position
    except packing.broken as error:
        raise _BrokenError("gzip-broken", f"the {packing.unit} is broken ({error})", _salvage(view, begin)) from error
    finally:
        if spool is not None:
            spool.close()


def _salvage(view: memoryview, position: int) -> bytes:
    """What the beginning of a broken member still gives, to name the record by."""
    inflater = zlib.decompressobj(31)
    data = b""
    try:
        for start in range(position, min(len(view), position + _NEXT), 64):
            data += inflater.decompress(view[start : start + 64])
            if inflater.eof or len(data) > _NEXT:
                break
    except zlib.error:
        pass
    header, blank, _ = data.partition(_END)
    return header if blank and header.startswith(b"WARC/") else b""


def _begins_record(octets: mmap.mmap, position: int, packing: _Packing) -> bool:
    """A record begins at the member there, or there is none."""
    return position >= len(octets) or packing.peek(octets, position, 5) == b"WARC/"


def _next_member(octets: mmap.mmap, position: int, packing: _Packing) -> int:
    """Where, from a position on, the next member with a record begins; the end of the file if nowhere."""
    while (position := octets.find(packing.magic, position)) >= 0:
        if packing.peek(octets, position, 5) == b"WARC/":
            return position
        position += 1
    return len(octets)


def _over_members(
    view: memoryview, found: Found, data: Buffer, end: int, report: Report, packing: _Packing
) -> tuple[Found, Buffer, int]:
    """A record whose octets go on in the next members."""
    octets = view.obj
    assert isinstance(octets, mmap.mmap)
    joined = bytes(data[:])
    while end < len(view) and not _begins_record(octets, end, packing) and len(joined) < _SPILL:
        try:
            more, end = _inflate(view, end, packing)
        except _BrokenError:
            break
        joined += more[:]
    report("gzip-member", found.offset, f"the record lies in more than one {packing.unit}", found.header)
    again, _ = _record(joined, 0, found.offset, end - found.offset, report)
    return again or found, joined, end


def _plain(octets: mmap.mmap, report: Report) -> Iterator[Found]:
    at, size = 0, len(octets)
    while at < size:
        if not _BEGIN.match(octets, at):
            following = _next_plain(octets, at)
            rest = octets[at : min(following, at + 100)]
            report("trailing-octets", at, f"{following - at} octets that are no record: {rest[:40]!r}", b"")
            at = following
            continue
        begin = at
        found, at = _record(octets, begin, None, 0, report)
        if found is None or not found.whole or (at < size and not _BEGIN.match(octets, at)):
            # The length may be wrong: what follows shows where the next record really begins.
            following = _next_plain(octets, begin + 5)
            if found is not None:
                found.length = following - begin
                if not found.whole:
                    report("record-torn", begin, _torn(found), found.header)
            at = following if found is None or not found.whole or following < at else at
        if found is not None:
            yield found


def _next_plain(octets: mmap.mmap, position: int) -> int:
    """Where the next record begins: `WARC/` at the beginning of a line, with a version."""
    while (position := octets.find(b"WARC/1.", position)) >= 0:
        if position == 0 or octets[position - 1 : position] == b"\n":
            return position
        position += 1
    return len(octets)


def _record(
    data: Buffer, begin: int, member: int | None, member_length: int, report: Report
) -> tuple[Found | None, int]:
    """The record that begins in `data`, and where what follows it begins; None if none does."""
    offset = begin if member is None else member
    end = data.find(_END, begin, begin + LONGEST_HEADER)
    block_at = end + 4
    if end < 0 or data.find(b"\n\n", begin, end) >= 0:
        blank = _LF_END.search(data, begin, begin + LONGEST_HEADER)
        if blank is None:
            start = bytes(data[begin : begin + 30])
            report("no-record", offset, f"the header that begins {start!r} has no end", b"")
            return None, len(data)
        end, block_at = blank.start(), blank.end()
    header = bytes(data[begin:end])
    if not _BEGIN.match(header):
        report("no-record", offset, f"no record begins here but {header[:30]!r}", b"")
        return None, len(data)
    length = _length(header)
    if length is None or not length.isdigit():
        problem = "there is no Content-Length" if length is None else f"Content-Length is {length[:40]!r}"
        report("field-missing" if length is None else "content-length", offset, problem, header)
        return None, len(data)
    block_end = block_at + int(length)
    if block_end > len(data):
        torn = Found(offset, member_length or len(data) - begin, header, _cut(data, block_at, len(data)), False)
        return torn, len(data)
    after = bytes(data[block_end : block_end + 4])
    at = block_end + 4
    if after != _END:
        report("record-end", offset, f"after the {int(length)} octets of its block stand {after!r}", header)
        rest = bytes(data[block_end : block_end + LONGEST_HEADER])
        at = block_end + len(rest) - len(rest.lstrip(b"\r\n"))
        if member is not None and not _BEGIN.match(data, at):
            at = len(data)
    return Found(offset, member_length or at - begin, header, _cut(data, block_at, block_end)), at


def _length(header: bytes) -> bytes | None:
    """What Content-Length says; None if there is none."""
    at = header.rfind(_LAST_LENGTH)
    if at >= 0 and (length := header[at + len(_LAST_LENGTH) :]).isdigit():
        return length  # as most writers put it: the last line
    stated = _LENGTH.search(header)
    return stated[1] if stated else None


def _torn(found: Found) -> str:
    length = (_length(found.header) or b"?").decode("latin-1")
    return f"Content-Length is {length}, {len(found.block)} octets of the block are there"


def _cut(data: Buffer, begin: int, end: int) -> bytes | memoryview:
    """A part of it; a large part of a mapped file is not copied."""
    if isinstance(data, mmap.mmap) and end - begin > 1 << 20:
        return memoryview(data)[begin:end]
    return bytes(data[begin:end])
