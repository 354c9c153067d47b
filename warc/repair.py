"""What a kill leaves: a file that ends in the middle of a record. It is cut back to the last whole one."""

from __future__ import annotations

import mmap
import os
import shutil
import zlib
from dataclasses import dataclass
from pathlib import Path

from warc.durable import sync_folder
from warc.errors import DamagedRecordError
from warc.reader import read
from warc.writer import OPEN


@dataclass(frozen=True, slots=True)
class Mended:
    """What was done to a file that a writer had left open.

    Attributes:
        path: The finished file; None if it held no record but its warcinfo, or nothing that a finished file of its
            name does not hold, and is gone.
        kept_bytes: How much of it was whole.
        cut_bytes: Octets of an unfinished record that were cut off.
        records: Whole records, warcinfo included.
        aside: Where the octets after the last readable record were copied to, if further records begin in
            them: then the file is damaged, not merely unfinished, and a person should look.
    """

    path: Path | None
    kept_bytes: int
    cut_bytes: int
    records: int
    aside: Path | None = None


def mend_open(path: Path) -> Mended:
    """Finish a `.warc.gz.open` file: every whole record stays as it is, a torn tail goes, the name becomes final.

    A response whose request was torn off stays: it is a finished capture. What is named finished is on the disk.

    Args:
        path: The file.

    Raises:
        DamagedRecordError: A finished file of its name is there, with other bytes.
    """
    size = path.stat().st_size
    whole = path.with_name(path.name.removesuffix(OPEN))
    if whole.exists():
        # So after a copy that was begun while the file was written, and made complete later.
        if not _begins_with(whole, path):
            raise DamagedRecordError(
                path, 0, f"{whole.name} stands beside it and has other bytes", "Move one of them out of archive/"
            )
        path.unlink()
        return Mended(None, size, 0, 0)
    end, holds_captures, records = 0, False, 0
    for record in read(path, on_odd="ignore"):
        end = record.offset + record.length
        holds_captures |= record.type != "warcinfo"
        records += 1
    aside = _keep_aside(path, end) if end < size else None
    if not holds_captures and aside is None:
        path.unlink()
        return Mended(None, 0, size, records)
    with path.open("r+b") as file:
        if end < size:
            file.truncate(end)
        os.fsync(file.fileno())
    path.rename(whole)
    sync_folder(path.parent)
    return Mended(whole, end, size - end, records, aside)


def _begins_with(whole: Path, part: Path) -> bool:
    with whole.open("rb") as one, part.open("rb") as other:
        while piece := other.read(1 << 20):
            if one.read(len(piece)) != piece:
                return False
    return True


def _keep_aside(path: Path, end: int) -> Path | None:
    """Copy what would be cut off, if a whole record begins anywhere in it."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        start = end
        while (start := content.find(b"\x1f\x8b\x08", start + 1)) >= 0:
            try:
                begins_record = zlib.decompressobj(31).decompress(content[start : start + 4096], 5) == b"WARC/"
            except zlib.error:
                begins_record = False
            if begins_record:
                return _copy_from(path, end)
    return None


def _copy_from(path: Path, end: int) -> Path:
    """A copy of a file's bytes from `end` on, on the disk; that of a start which was killed is made again."""
    aside = path.with_name(f"{path.name.removesuffix(OPEN)}.from-byte-{end}.damaged")
    partial = aside.with_name(aside.name + ".part")
    with path.open("rb") as source, partial.open("wb") as copy:
        source.seek(end)
        shutil.copyfileobj(source, copy)
        copy.flush()
        os.fsync(copy.fileno())
    partial.replace(aside)
    sync_folder(path.parent)
    return aside
