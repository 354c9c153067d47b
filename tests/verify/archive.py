"""A small sound archive with a record of every sort, and the means to damage one thing in it and nothing else."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from tests.archive.captures import BEGAN, GBK_PAGE, capture
from warc.capture import FailedAttempt, Framing
from warc.record import Original
from warc.verify.collection import survey
from warc.verify.examine import File
from warc.verify.finding import Finding
from warc.writer import Writer

INFO = {
    "software": "gazetteer-mirror/test",
    "format": "WARC File Format 1.1",
    "robots": "obey",
    "operator": "tests",
    "http-header-user-agent": "tests",
}
PAGE, CHUNKED, GZIPPED = (f"http://lib.example.cn/bin/mse.exe?K=ch9&rec={n}" for n in (1, 2, 3))
#: Places of records in the first file.
WARCINFO, RESPONSE, REQUEST, CHUNKED_RESPONSE, CHUNKED_REQUEST = 0, 1, 2, 3, 4
GZIPPED_RESPONSE, FAILURE, REVISIT, REVISIT_REQUEST, NOT_MODIFIED, LAST_RESPONSE, LAST_REQUEST = (
    5,
    7,
    8,
    9,
    10,
    12,
    13,
)


def write_sound(folder: Path) -> Path:
    """One file: plain, chunked, gzip-coded, failed, revisit, 304, and a cut answer."""
    folder.mkdir(parents=True, exist_ok=True)
    writer = Writer(folder, "test", INFO)
    later = BEGAN + timedelta(hours=1)
    first = writer.write(capture(PAGE))
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
    halves = (len(GBK_PAGE) // 2, len(GBK_PAGE) - len(GBK_PAGE) // 2)
    literals = (b"%x\r\n" % halves[0], b"\r\n%x\r\n" % halves[1], b"\r\n0\r\n\r\n")
    writer.write(capture(CHUNKED, head=head, framing=Framing(literals, halves)))
    coded = gzip.compress(GBK_PAGE, mtime=0)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(coded)
    writer.write(capture(GZIPPED, coded, head=head))
    writer.write_failure(FailedAttempt(PAGE, BEGAN, "timeout", "no answer"))
    original = Original(PAGE, first.timestamp, first.record_id, first.payload_digest or "")
    writer.write(capture(PAGE, began=later), original)
    head = b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'
    writer.write(capture(PAGE, b"", head=head, began=later + timedelta(hours=1)), original)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"
    writer.write(capture(f"{PAGE}9", head=head, began=later, truncated="disconnect"))
    writer.close()
    (path,) = writer.take_finished()
    return path


def members(path: Path) -> list[bytes]:
    """The records of a sound file, uncompressed."""
    data, found = path.read_bytes(), []
    while data:
        inflater = zlib.decompressobj(31)
        found.append(inflater.decompress(data))
        data = inflater.unused_data
    return found


def write_members(path: Path, records: Sequence[bytes]) -> None:
    path.write_bytes(b"".join(gzip.compress(record, mtime=0) for record in records))


Edit = Callable[[bytes], bytes]


def edit(place: int, change: Edit) -> Callable[[Path], None]:
    """Damage: one record changed, the others as they were."""

    def damage(path: Path) -> None:
        records = members(path)
        changed = change(records[place])
        assert changed != records[place], "the damage did not take"
        records[place] = changed
        write_members(path, records)

    return damage


def swap(old: bytes | str, new: bytes | str) -> Edit:
    """Replace the first match of a pattern."""
    pattern = old.encode() if isinstance(old, str) else old
    replacement = new.encode() if isinstance(new, str) else new
    return lambda record: re.sub(pattern, lambda _: replacement, record, count=1)


def digest(octets: bytes) -> bytes:
    return b"sha1:" + base64.b32encode(hashlib.sha1(octets).digest())


def reblock(change: Edit, *, payload: bool = True) -> Edit:
    """Change the block of a record and make its lengths and digests right again."""

    def changed(record: bytes) -> bytes:
        header, _, rest = record.partition(b"\r\n\r\n")
        block = change(rest.removesuffix(b"\r\n\r\n"))
        header = re.sub(rb"Content-Length: [0-9]+", b"Content-Length: %d" % len(block), header)
        header = re.sub(rb"(WARC-Block-Digest: )\S+", rb"\1" + digest(block), header)
        if payload:
            body = block.partition(b"\r\n\r\n")[2]
            header = re.sub(rb"(WARC-Payload-Digest: )\S+", rb"\1" + digest(body), header)
        return header + b"\r\n\r\n" + block + b"\r\n\r\n"

    return changed


def verify_files(*paths: Path, ours: bool = True) -> list[Finding]:
    files = [File(number, path, ours, path.name) for number, path in enumerate(paths)]
    with survey(files, workers=1) as found:
        return list(found.findings())


def grave(findings: Sequence[Finding]) -> Counter[str]:
    """Rules broken as errors."""
    return Counter(one.rule for one in findings if one.severity == "error")
