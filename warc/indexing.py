"""A CDXJ index of many files at once, each file by one core."""

from __future__ import annotations

import heapq
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from fastwarc.warc import ArchiveIterator, WarcRecordType

from warc import cdxj, message, reader, record
from warc.verify.examine import as_record
from warc.verify.header import parse
from warc.verify.scan import scan
from warc.workers import cores, pool

_GZIP = b"\x1f\x8b\x08"
#: Nearly every HTTP head is shorter.
_HEAD = 2048
_LONGEST_HEAD = 4 << 20


def index_files(paths: Sequence[Path], index: Path, *, workers: int | None = None) -> int:
    """Write the index of some files, sorted bytewise; the old one stays until the new is whole.

    Memory is bounded by the lines of the largest file.

    Args:
        paths: WARC files; of damaged ones every record that can be found is listed.
        index: The CDXJ file to make.
        workers: How many processes; as many as there are cores if None. 1 reads in this process.

    Returns:
        How many lines it has.
    """
    folder = Path(tempfile.mkdtemp(prefix="mirror-index-"))
    try:
        parts = [folder / f"{number}.cdxj" for number in range(len(paths))]
        count = cores(workers, len(paths))
        if count <= 1:
            for path, part in zip(paths, parts, strict=True):
                _index(path, part)
        else:
            with pool(count) as processes:
                list(processes.map(_index, paths, parts))
        return _merge(parts, index)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def lines_of(path: Path) -> list[str]:
    """The index lines of one file in the order of its records; of a damaged file those of the records to be found."""
    if path.name.removesuffix(".open").endswith(".warc.gz"):
        try:
            return list(_quickly(path))
        except (OSError, ValueError, _UnusualError):
            pass
    elif not path.name.removesuffix(".open").endswith(".warc"):
        return list(cdxj.index_file(path))
    return list(_thoroughly(path))


class _UnusualError(Exception):
    """Not every record is one gzip member, or FastWARC reads the file otherwise than we do."""


def _quickly(path: Path) -> Iterator[str]:
    """By FastWARC, which tells where records begin: where the next one begins, a sound member ends."""
    begin, fields = 0, None
    size = path.stat().st_size
    with path.open("rb") as file:
        for found in ArchiveIterator(file, parse_http=False):
            at = found.stream_pos
            if (at <= begin and fields is not None) or os.pread(file.fileno(), 3, at) != _GZIP:
                raise _UnusualError
            if fields:
                yield _line(path, begin, at - begin, fields)
            begin, fields = at, _fields(found)
        if fields is None or not _ends_member(file.fileno(), begin, size):
            raise _UnusualError
    if fields:
        yield _line(path, begin, size - begin, fields)


_Fields = tuple[str, str, str, str, str | None, bytes]


def _fields(found: Any) -> _Fields | tuple[()]:
    """What a line is made of; `()` for records no index lists."""
    kind = found.record_type
    if kind == WarcRecordType.response:
        name = "response"
    elif kind == WarcRecordType.revisit:
        name = "revisit"
    elif kind == WarcRecordType.request or kind == WarcRecordType.warcinfo or _holds_fields(found):
        return ()
    else:
        raise _UnusualError
    get = found.headers.get
    target, date, digest = get("WARC-Target-URI"), get("WARC-Date"), get("WARC-Payload-Digest")
    if target is None or date is None or digest is None:
        raise _UnusualError
    start = found.reader.read(_HEAD)
    head, _ = message.split(start)
    if not head and start:
        head, _ = message.split(start + found.reader.read(_LONGEST_HEAD))
    return name, target.strip("<>"), date, digest, get("WARC-Profile"), head


def _holds_fields(found: Any) -> bool:
    """A metadata record of the kind our writer makes; others keep pages in them."""
    return bool(
        found.record_type == WarcRecordType.metadata
        and found.headers.get("Content-Type") == "application/warc-fields"
    )


def _line(path: Path, offset: int, length: int, fields: _Fields) -> str:
    kind, target, date, digest, profile, head = fields
    line = record.written(
        type=kind,
        record_id="",
        date=date,
        target_uri=target,
        head=head,
        profile=profile,
        payload_digest=digest,
        filename=path.name.removesuffix(".open"),
        offset=offset,
        length=length,
    ).cdxj
    assert line is not None
    return line


def _ends_member(descriptor: int, begin: int, size: int) -> bool:
    """The member that begins there is the last thing in the file."""
    inflater = zlib.decompressobj(31)
    at = begin
    while at < size and not inflater.eof:
        piece = os.pread(descriptor, 1 << 16, at)
        inflater.decompress(piece)
        at += len(piece) - len(inflater.unused_data)
    return inflater.eof and at == size


def _thoroughly(path: Path) -> Iterator[str]:
    """By our own scanner, which goes on behind damage."""
    for found in scan(path, lambda *_: None):
        if found.whole:
            line = reader.cdxj_of(as_record(path, parse(found.header, lambda *_: None), found))
            if line is not None:
                yield line


def _index(path: Path, part: Path) -> None:
    lines = sorted(line.encode("utf-8") + b"\n" for line in lines_of(path))
    with part.open("wb") as file:
        file.writelines(lines)


def _merge(parts: Sequence[Path], index: Path) -> int:
    index.parent.mkdir(parents=True, exist_ok=True)
    partial = index.with_name(index.name + ".part")
    count, last = 0, b""
    with ExitStack() as stack:
        sources = [stack.enter_context(part.open("rb")) for part in parts]
        out = stack.enter_context(partial.open("wb"))
        for line in heapq.merge(*sources):
            if line != last:
                out.write(line)
                count += 1
            last = line
        out.flush()
        os.fsync(out.fileno())
    partial.replace(index)
    return count
