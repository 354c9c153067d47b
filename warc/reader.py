"""The reader: records in turn or by offset, exactly as they lie there. It never alters a file.

Made for our own files and for what a kill leaves of them. What is odd is reported with its place and, as the
caller asks, ignored, logged, or raised.
"""

from __future__ import annotations

import logging
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Literal

from warc import cdxj, framing, message, record, zstd
from warc.capture import Capture, Truncated
from warc.errors import DamagedRecordError
from warc.payload import Payload
from warc.record import Written
from warc.zstd import Decoder

log = logging.getLogger(__name__)

#: What to do about an oddity; a function is told its offset and what is odd.
OnOdd = Literal["fail", "warn", "ignore"] | Callable[[int, str], None]

#: How the oddity begins that a record's block is not what its digest says.
WRONG_DIGEST = "its block digest is"

_PIECE = 1 << 16
#: A WARC header longer than this is none.
_LONGEST_HEADER = 1 << 20
#: An HTTP head longer than this is none.
_LONGEST_HEAD = 4 << 20
_END = b"\r\n\r\n"
#: The blank line after a header, also of writers that end lines in LF alone; not the blank lines before one.
_HEADER_END = re.compile(rb"(?<=[^\r\n])\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it lies in a file.

    `offset` and `length` are of its gzip member (of the record itself in an uncompressed file), in bytes.
    """

    path: Path
    offset: int
    length: int
    version: str
    header: tuple[tuple[bytes, bytes], ...]  #: named fields in order, as they stand
    block: Payload

    def get(self, name: str) -> str | None:
        """The first named field of that name, in any case; None if there is none."""
        wanted = name.lower().encode()
        for field, value in self.header:
            if field.lower() == wanted:
                return value.decode("utf-8", "replace")
        return None

    def all(self, name: str) -> list[str]:
        wanted = name.lower().encode()
        return [value.decode("utf-8", "replace") for field, value in self.header if field.lower() == wanted]

    @property
    def type(self) -> str:
        return self.get("WARC-Type") or ""

    @property
    def record_id(self) -> str:
        return self.get("WARC-Record-ID") or ""

    @property
    def date(self) -> str:
        return self.get("WARC-Date") or ""

    @property
    def target_uri(self) -> str | None:
        uri = self.get("WARC-Target-URI")
        return uri.strip("<>") if uri else None  # wget 1.x puts them into angle brackets

    @property
    def filename(self) -> str:
        """Final base name of the file."""
        return self.path.name.removesuffix(".open")

    def fields(self) -> dict[str, str]:
        """The block of an `application/warc-fields` record; names in lower case."""
        found: dict[str, str] = {}
        for text in self.block.read(16 << 20).decode("utf-8", "replace").splitlines():
            name, colon, value = text.partition(":")
            if colon:
                found[name.strip().lower()] = value.strip()
        return found

    def http(self) -> tuple[bytes, Payload]:
        """Stored HTTP head and payload. A block without a head gives `b""` and all of it."""
        start = self.block.read(_LONGEST_HEAD)
        head, body = message.split(start)
        if not head:
            return b"", self.block
        if len(start) == self.block.size:
            return head, Payload(body)
        payload, skip = Payload(), len(head)
        for chunk in self.block.chunks():
            if skip < len(chunk):
                payload.append(chunk[skip:] if skip else chunk)
            skip = max(0, skip - len(chunk))
        return head, payload

    def capture(self, *, request: bytes = b"", original: Payload | None = None, note: str | None = None) -> Capture:
        """The exchange this response or revisit keeps, as it crossed the wire.

        Args:
            request: Block of the request record beside it.
            original: For a revisit whose source sent the payload again: that payload.
            note: The framing note, where it lies in a metadata record beside it.

        Raises:
            ValueError: The framing note or the date is not one of ours.
        """
        head, payload = self.http()
        edits = framing.loads(note or self.get(framing.FIELD))
        truncated: Truncated | None = None
        if self.type == "revisit":
            payload = original or Payload()
        else:
            truncated = self.get("WARC-Truncated")  # type: ignore[assignment]
        before, head, frame, after = framing.restore(head, payload, edits)
        return Capture(
            target_uri=self.target_uri or "",
            began=datetime.fromisoformat(self.date),
            request=request,
            head=head,
            payload=payload,
            ip=self.get("WARC-IP-Address"),
            before=before,
            framing=frame,
            after=after,
            truncated=truncated,
            protocol=tuple(self.all("WARC-Protocol")) or ("http/1.1",),
            cipher=self.get("WARC-Cipher-Suite"),
        )

    def written(self) -> Written:
        """What an index or the ledger remembers of this record."""
        head = b""
        if self.type in ("response", "revisit"):
            head, _ = message.split(self.block.read(_LONGEST_HEAD))
        return record.written(
            type=self.type,
            record_id=self.record_id,
            date=self.date,
            target_uri=self.target_uri,
            head=head,
            profile=self.get("WARC-Profile"),
            payload_digest=self.get("WARC-Payload-Digest"),
            filename=self.filename,
            offset=self.offset,
            length=self.length,
        )


def cdxj_of(found: Record) -> str | None:
    """The index line of a record, ours or another's, as cdxj-indexer gives it; None for types no index lists.

    Other tools keep pages as `resource` and `metadata`, and leave payload digests out: then it is computed, of the
    payload as it is stored.
    """
    if found.type in ("resource", "metadata"):
        return _line_without_head(found)
    if found.type == "response" and found.get("WARC-Payload-Digest") is None:
        digest = found.http()[1].digest.encode("ascii")
        found = replace(found, header=(*found.header, (b"WARC-Payload-Digest", digest)))
    return found.written().cdxj


def _line_without_head(found: Record) -> str | None:
    media_type = found.get("Content-Type")
    if media_type == "application/warc-fields" or found.target_uri is None:
        return None
    return cdxj.line(
        url=found.target_uri,
        timestamp=found.date,
        mime=cdxj.mime_of(media_type),
        status=None,
        digest=found.get("WARC-Payload-Digest") or found.block.digest,
        length=found.length,
        offset=found.offset,
        filename=found.filename,
    )


def read(path: Path, *, from_offset: int = 0, on_odd: OnOdd = "fail") -> Iterator[Record]:
    """The records of a WARC file, in turn, from a record's offset on.

    Args:
        path: `.warc.gz`, one member a record or not; `.warc.gz.open`; `.warc.zst`; plain `.warc`.
        from_offset: Where a record begins.
        on_odd: What to do about a digest, a length or an end that is not as it should be. After an oddity that
            leaves no next record to find (a torn tail), reading ends.

    Raises:
        DamagedRecordError: With `on_odd="fail"`.
    """

    def odd(offset: int, problem: str) -> None:
        if callable(on_odd):
            on_odd(offset, problem)
        elif on_odd == "fail":
            raise DamagedRecordError(path, offset, problem, "Restore this file from a copy")
        elif on_odd == "warn":
            log.warning("%s, byte %d: %s", path.name, offset, problem)

    try:
        yield from walk(path, from_offset, odd)
    except TornError as torn:
        odd(torn.offset, f"the record breaks off or is no gzip: {torn}")


def walk(
    path: Path, from_offset: int, odd: Callable[[int, str], None], parse: Parse | None = None
) -> Iterator[Record]:
    """The records of a file from an offset on, up to its end or to damage that hides where the next one begins.

    Args:
        path: gzip members, Zstandard frames, or plain records.
        from_offset: Where a record begins.
        odd: Told the offset of an oddity, and what is odd; the record is given all the same.
        parse: Reads one record out of the stream; None for WARC records.

    Raises:
        TornError: What stands there is no record, or none that can be read to its end.
    """
    parse = parse or _read_record
    with path.open("rb") as file:
        try:
            source = open_source(file, from_offset)
        except zstd.ZstdError as error:
            raise TornError(from_offset, f"its Zstandard dictionary cannot be read: {error}") from error
        while source.more():
            offset = source.begin()
            try:
                found = parse(path, offset, source, odd)
            except (_Torn, zlib.error, zstd.ZstdError) as error:
                raise TornError(offset, str(error)) from error
            if found is None:
                return
            yield found


def open_source(file: IO[bytes], offset: int) -> Source:
    """The stream of octets that begins at an offset, its compression told by its first octets."""
    file.seek(offset)
    magic = file.read(4)
    file.seek(offset)
    if magic[:2] == b"\x1f\x8b":
        return _Members(file, offset, lambda: zlib.decompressobj(31), _PIECE)
    if zstd.is_frame(magic):
        return _Members(file, offset, zstd.decoder(file), zstd.PIECE)
    return _Plain(file, offset)


def read_at(path: Path, offset: int) -> Record:
    """The record that begins at an offset. Raises DamagedRecordError if none does, or it is not sound."""
    for found in read(path, from_offset=offset):
        return found
    raise DamagedRecordError(path, offset, "no record begins here", "Index the file again with `mirror rebuild`")


class TornError(Exception):
    """No further record can be told from what stands at `offset`: the file breaks off there, or is damaged."""

    def __init__(self, offset: int, problem: str) -> None:
        self.offset = offset
        super().__init__(problem)


class _Torn(Exception):
    """The file ends in the middle of a record."""


def _read_record(path: Path, offset: int, source: Source, odd: Callable[[int, str], None]) -> Record | None:
    buffer = bytearray()
    while (match := _HEADER_END.search(buffer)) is None:
        piece = source.next()
        if piece is None:
            if not buffer.strip():
                if not source.whole:
                    raise _Torn("its gzip member has no end")
                odd(offset, "an empty gzip member, or blank bytes where a record should begin")
                return None if not source.more() else _read_record(path, source.begin(), source, odd)
            raise _Torn("its header has no end")
        buffer += piece
        if len(buffer) > _LONGEST_HEADER and not _HEADER_END.search(buffer):
            raise _Torn(f"no end of its header in {_LONGEST_HEADER} bytes")
    if match[0] != _END:
        odd(offset, "its header lines do not end in CR LF (WARC 1.1, 4)")
    head = message.parse_head(bytes(buffer[: match.start()]).lstrip(b"\r\n"))
    version = head.start.decode("latin-1")
    if not version.upper().startswith("WARC/"):
        raise _Torn(f"no WARC record begins here but {bytes(buffer[:20])!r}")
    length = head.get(b"content-length")
    if length is None or not length.isdigit():
        raise _Torn(f"its Content-Length is {length!r}")
    block, left = Payload(), int(length)
    rest: bytes | None = bytes(buffer[match.end() :])
    while left:
        if not rest:
            rest = source.next()
            if rest is None:
                raise _Torn(f"{left} of {int(length)} bytes of its block are not there")
        block.append(rest[:left])
        taken = min(left, len(rest))
        left -= taken
        rest = rest[taken:]
    tail = rest or b""
    while len(tail) < 4 and (piece := source.next()) is not None:
        tail += piece
    if tail[:4] != _END:
        behind = tail.lstrip(b"\r\n")[:5]
        if not b"WARC/".startswith(behind.upper()):
            raise _Torn(f"its Content-Length does not fit: after {int(length)} bytes stand {tail[:20]!r}")
        odd(offset, f"after its block stand {tail[:4]!r} and not two line ends (WARC 1.1, 4)")
    size = source.end(tail[4:] if tail[:4] == _END else tail.lstrip(b"\r\n"), offset, odd)
    found = Record(path, offset, size, version, head.fields, block)
    stated = found.get("WARC-Block-Digest")
    if stated and stated.startswith("sha1:") and len(stated) == 37 and stated.upper() != block.digest.upper():
        odd(offset, f"{WRONG_DIGEST} {block.digest}, its header says {stated} (WARC 1.1, 5.8)")
    return found


class _Members:
    """A file of gzip members or Zstandard frames, one record each; tolerates several in one."""

    def __init__(self, file: IO[bytes], offset: int, new_decoder: Callable[[], Decoder], piece: int) -> None:
        self._file = file
        self._new_decoder = new_decoder
        self._piece = piece
        self._input = b""
        self._base = offset  # file position of self._input[0]
        self._left = b""  # decompressed bytes of the next record in the same member
        self._member: Decoder | None = None
        self._begin = offset
        self._done = False

    @property
    def whole(self) -> bool:
        """What was begun has come to its end."""
        return self._done

    def more(self) -> bool:
        if self._left:
            return True
        if not self._input:
            self._input = self._file.read(self._piece)
        return bool(self._input)

    def begin(self) -> int:
        if self._left:
            return self._begin
        self._begin = self._base
        self._member = self._new_decoder()
        self._done = False
        return self._begin

    def next(self) -> bytes | None:
        if self._left:
            piece, self._left = self._left, b""
            return piece
        assert self._member is not None
        while not self._done:
            if not self._input:
                self._input = self._file.read(self._piece)
                if not self._input:
                    return None
            data = self._member.decompress(self._input)
            unused = self._member.unused_data
            self._base += len(self._input) - len(unused)
            self._input = unused
            self._done = self._member.eof
            if data:
                return data
        return None

    def end(self, left: bytes, offset: int, odd: Callable[[int, str], None]) -> int:
        """Finish a record; what is left of its member begins the next. Returns the bytes of the member."""
        while not left and (piece := self.next()) is not None:
            left = piece
        if left:
            odd(offset, "its gzip member holds more than one record (WARC 1.1, Annex D)")
            self._left = left
        elif not self._done:
            raise _Torn("its gzip member has no end")
        return self._base - self._begin


class _Plain:
    """An uncompressed file."""

    def __init__(self, file: IO[bytes], offset: int) -> None:
        self._file = file
        self._rest = b""
        self._base = offset  # file position after what `next` gave
        self._begin = offset
        self.whole = True

    def more(self) -> bool:
        if not self._rest:
            self._rest = self._file.read(_PIECE)
        return bool(self._rest)

    def begin(self) -> int:
        self._begin = self._base
        return self._begin

    def next(self) -> bytes | None:
        piece = self._rest or self._file.read(_PIECE)
        self._rest = b""
        self._base += len(piece)
        return piece or None

    def end(self, left: bytes, offset: int, odd: Callable[[int, str], None]) -> int:
        self._rest = left
        self._base -= len(left)
        return self._base - self._begin


Source = _Members | _Plain
#: Reads one record at an offset of a source; None at the end.
Parse = Callable[[Path, int, Source, Callable[[int, str], None]], Record | None]
