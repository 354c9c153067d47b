"""ARC, the format before WARC (Internet Archive, 1996): its records, given as WARC records would be.

Reading only. A record is one line, `URL IP-address Archive-date Content-type Archive-length` in version 1,
five fields more in version 2, then that many octets and a line end. The first, `filedesc://`, describes the file.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from warc.payload import Payload
from warc.reader import Record, Source, TornError

#: URL, IP, date, type[, result, checksum, location, offset, filename], length. A URL may hold blanks.
LINE = re.compile(
    rb"([a-z][a-z0-9+.-]{1,20}:[^\r\n]{0,65000}?) ([0-9a-fA-F.:]+|-) ([0-9]{8,17}) ([^\r\n]{0,400}?)"
    rb"(?: ([0-9]{3}|-) (\S+) (\S+) ([0-9]+|-) (\S+))? ([0-9]{1,12})\r?\n"
)
_LONGEST_LINE = 1 << 17


def parse(path: Path, offset: int, source: Source, odd: Callable[[int, str], None]) -> Record | None:
    """One ARC record as the WARC record it would be; for `reader.walk`.

    `http` answers become `response`, all else `resource`, the description of the file `warcinfo`. The record id
    follows from the record's content, so that the same ARC record always has the same.

    Raises:
        TornError: No record begins here, or it breaks off.
    """
    buffer = b""
    while b"\n" not in buffer.lstrip(b"\r\n"):
        piece = source.next()
        if piece is None:
            if buffer.strip():
                raise TornError(offset, "its first line has no end")
            return None if not source.more() else parse(path, source.begin(), source, odd)
        buffer += piece
        if len(buffer) > _LONGEST_LINE:
            raise TornError(offset, f"no line end in {_LONGEST_LINE} bytes")
    buffer = buffer.lstrip(b"\r\n")
    line = LINE.match(buffer)
    if line is None:
        raise TornError(offset, f"no ARC record begins here but {buffer[:20]!r}")
    block, left, rest = Payload(), int(line[10]), buffer[line.end() :]
    while left:
        if not rest:
            piece = source.next()
            if piece is None:
                raise TornError(offset, f"{left} of {int(line[10])} bytes of its block are not there")
            rest = piece
        block.append(rest[:left])
        taken = min(left, len(rest))
        left, rest = left - taken, rest[taken:]
    while len(rest) < 2 and (piece := source.next()) is not None:
        rest += piece
    length = source.end(rest.lstrip(b"\r\n"), offset, lambda offset, problem: None)
    return Record(path, offset, length, "ARC", _header(line, block), block)


def _header(line: re.Match[bytes], block: Payload) -> tuple[tuple[bytes, bytes], ...]:
    url, address, digits, media_type = line[1], line[2], line[3].decode("ascii"), line[4].strip()
    kind = b"resource"
    if url.startswith(b"filedesc:"):
        kind = b"warcinfo"
    elif url.startswith((b"http://", b"https://")) and block.read(5) == b"HTTP/":
        kind, media_type = b"response", b"application/http; msgtype=response"
    identity = uuid.uuid5(uuid.NAMESPACE_URL, f"{line[0].decode('latin-1').strip()} {block.digest}")
    header = [
        (b"WARC-Type", kind),
        (b"WARC-Record-ID", f"<urn:uuid:{identity}>".encode()),
        (b"WARC-Date", (date_of(digits) or digits).encode()),
        (b"WARC-Filename", url.removeprefix(b"filedesc://")) if kind == b"warcinfo" else (b"WARC-Target-URI", url),
    ]
    if address not in (b"-", b"0.0.0.0"):
        header.append((b"WARC-IP-Address", address))
    return (*header, (b"Content-Type", media_type))


def date_of(digits: str) -> str | None:
    """An archive date of 8 to 17 digits as a WARC-Date; None if it is no date. Missing parts are zero."""
    padded = digits.ljust(14, "0")
    try:
        moment = datetime.strptime(padded[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    fraction = f".{padded[14:]}" if len(padded) > 14 else ""
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"
