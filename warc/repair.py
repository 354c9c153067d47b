"""What a kill leaves: a file that ends in the middle of a record. It is cut back to the last whole one."""

from __future__ import annotations

import os
import shutil
import zlib
from dataclasses import dataclass
from pathlib import Path

from warc.reader import read
from warc.writer import OPEN


@dataclass(frozen=True, slots=True)
class Mended:
    """What was done to a file that a writer had left open.

    Attributes:
        path: The finished file; None if it held no record but its warcinfo, and is gone.
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

    A response whose request was torn off stays: it is a finished capture.

    Args:
        path: The file.
    """
    size = path.stat().st_size
    end, holds_captures, records = 0, False, 0
    for record in read(path, on_odd="ignore"):
        end = record.offset + record.length
        holds_captures |= record.type != "warcinfo"
        records += 1
    aside = _keep_aside(path, end) if end < size else None
    if not holds_captures and aside is None:
        path.unlink()
        return Mended(None, 0, size, records)
    if end < size:
        with path.open("r+b") as file:
            file.truncate(end)
            file.flush()
            os.fsync(file.fileno())
    whole = path.with_name(path.name.removesuffix(OPEN))
    path.rename(whole)
    return Mended(whole, end, size - end, records, aside)


def _keep_aside(path: Path, end: int) -> Path | None:
    """Copy what would be cut off, if a whole record begins anywhere in it."""
    with path.open("rb") as file:
        file.seek(end + 1)
        tail = file.read()
    start = 0
    while (start := tail.find(b"\x1f\x8b\x08", start)) >= 0:
        try:
            begins_record = zlib.decompressobj(31).decompress(tail[start : start + 4096], 5) == b"WARC/"
        except zlib.error:
            begins_record = False
        if begins_record:
            aside = path.with_name(f"{path.name.removesuffix(OPEN)}.from-byte-{end}.damaged")
            with path.open("rb") as source, aside.open("xb") as copy:
                source.seek(end)
                shutil.copyfileobj(source, copy)
                copy.flush()
                os.fsync(copy.fileno())
            return aside
        start += 1
    return None
