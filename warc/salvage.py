"""Reading what others wrote, damaged or not: every record that can be read, and where others could not."""

from __future__ import annotations

import mmap
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from warc import arc, reader, zstd
from warc.reader import Record, TornError

Kind = Literal["warc", "arc"]

_GZIP = b"\x1f\x8b\x08"
_FRAME = b"\x28\xb5\x2f\xfd"
_WARC_LINE = re.compile(rb"WARC/[01]\.[0-9]+\r?\n", re.I)
_WARC_START = re.compile(rb"(?<=\n)WARC/[01]\.[0-9]+\r?\n", re.I)
_ARC_START = re.compile(rb"(?<=\n)(?:https?|dns|ftp|filedesc|warcinfo):")


@dataclass(frozen=True, slots=True)
class Lost:
    """Octets of a file that could not be read."""

    offset: int
    length: int  #: up to where the next record begins, or the file ends
    problem: str


def kind_of(path: Path, at: int = 0) -> Kind | None:
    """What begins at an offset of a file, unpacked if need be; None if it is no record, or too damaged."""
    with path.open("rb") as file:
        try:
            source = reader.open_source(file, at)
            source.begin()
            octets = (source.next() or b"").lstrip(b"\r\n")
        except (zlib.error, zstd.ZstdError):
            return None
    if _WARC_LINE.match(octets):
        return "warc"
    return "arc" if arc.LINE.match(octets) else None


def salvage(
    path: Path, kind: Kind, odd: Callable[[int, str], None], lost: Callable[[Lost], None], at: int | None = 0
) -> Iterator[Record]:
    """Every record that can be read, in order; damage is passed over to where the next record begins.

    Args:
        path: The file; it is not changed.
        kind: What it holds.
        odd: Told the offset of a record and what is odd about it; it is given all the same.
        lost: Told what could not be read.
        at: Where to begin; None for the first record to be found.
    """
    parse = arc.parse if kind == "arc" else None
    if at is None:
        at = next_record(path, 0, kind)
    while at is not None:
        try:
            yield from reader.walk(path, at, odd, parse)
            return
        except TornError as torn:
            at = next_record(path, torn.offset + 1, kind)
            end = path.stat().st_size if at is None else at
            lost(Lost(torn.offset, end - torn.offset, str(torn)))


def next_record(path: Path, at: int, kind: Kind | None = None) -> int | None:
    """The first offset from `at` on where a record begins; None if there is none.

    In a compressed file that is where a member or frame begins that unpacks to the beginning of a record.

    Args:
        path: The file.
        at: Where to begin looking.
        kind: Of records sought; None for any.
    """
    if at >= path.stat().st_size:
        return None
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as octets:
        if octets[:3] == _GZIP or zstd.is_frame(octets[:4]):
            return _first(path, at, kind, lambda start: octets.find(_magic(octets), start))
        if (packed := _first(path, at, kind, lambda start: octets.find(_GZIP, start))) is not None:
            return packed  # a damaged ZIP or the like around a packed archive
        pattern = _ARC_START if kind == "arc" else _WARC_START

        def find(start: int) -> int:
            found = pattern.search(octets, max(0, start))
            return found.start() if found else -1

        return _first(path, at, kind, find)


def _magic(octets: mmap.mmap) -> bytes:
    return _GZIP if octets[:3] == _GZIP else _FRAME


def _first(path: Path, at: int, kind: Kind | None, find: Callable[[int], int]) -> int | None:
    while (at := find(at)) >= 0:
        begun = kind_of(path, at)
        if begun is not None and kind in (None, begun):
            return at
        at += 1
    return None
