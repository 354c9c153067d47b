"""A whole file out of two damaged ones: records proven by their own digests, in the order they lay in."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from isal import isal_zlib

from warc.verify import header as headers
from warc.verify import http
from warc.verify.finding import finding
from warc.verify.scan import scan
from warc.writer import AT_ONCE, LEVEL

_PIECE = 1 << 20
_OUR_HEAD = isal_zlib.compress(b"", LEVEL, 31)[:10]


@dataclass(frozen=True, slots=True)
class Member:
    """One sound record of one file: its gzip member, byte for byte."""

    path: Path
    offset: int
    length: int
    record_id: str
    content: tuple[str, str]  #: WARC-Date and WARC-Block-Digest


def proven(path: Path) -> list[Member]:
    """The records of a gzip file that are whole and proven by their block digest, in order.

    A record that any rule of one record calls damaged is not among them. Raises OSError if the file cannot be read.
    """
    damaged: set[int] = set()
    members: list[Member] = []

    def say(offset: int, rule: str, text: str) -> None:
        found = finding(rule, path.name, offset, text)
        if found is not None and found.severity == "error" and rule != "gzip-head":
            damaged.add(offset)

    for found in scan(path, lambda rule, offset, text, _: say(offset, rule, text)):
        offset = found.offset

        def judge(rule: str, text: str, offset: int = offset) -> None:
            say(offset, rule, text)

        header = headers.parse(found.header, judge)
        headers.judge(header, judge, ours=True)
        if not found.whole:
            continue
        http.judge(header, found, judge, ours=True)
        record_id, digest = header.get("warc-record-id"), header.get("warc-block-digest")
        if record_id and digest:
            content = header.get("warc-date") or "", digest
            members.append(Member(path, offset, found.length, record_id, content))
    return [member for member in members if member.offset not in damaged]


def merge(ours: Iterable[Member], theirs: Iterable[Member]) -> list[Member]:
    """Every record that either file has, each once, ours where both have it, in the order both agree on.

    Records only one of them has stand behind the record they followed there.
    """
    mine = {member.record_id: member for member in ours}
    other = {member.record_id: member for member in theirs}
    merged: list[Member] = []
    done: set[str] = set()
    rest = iter(mine.values())

    def take(member: Member) -> None:
        if member.record_id not in done:
            done.add(member.record_id)
            merged.append(member)

    for record_id, member in other.items():
        if record_id in mine:
            for before in rest:
                take(before)
                if before.record_id == record_id:
                    break
        else:
            take(member)
    for member in rest:
        take(member)
    return merged


def write(members: Iterable[Member], path: Path) -> None:
    """Put members one after the other into a new file, on the disk when this returns.

    A member that another writer compressed is compressed as ours does it: the same record gives the same bytes, so
    that offsets stay what they were.
    """
    opened: dict[Path, int] = {}
    try:
        with path.open("xb") as out:
            for member in members:
                if member.path not in opened:
                    opened[member.path] = os.open(member.path, os.O_RDONLY)
                pieces = _pieces(opened[member.path], member)
                first = next(pieces)
                ours = first.startswith(_OUR_HEAD)
                out.writelines(chain([first], pieces) if ours else _repacked(chain([first], pieces)))
            out.flush()
            os.fsync(out.fileno())
    finally:
        for descriptor in opened.values():
            os.close(descriptor)


def _pieces(descriptor: int, member: Member) -> Iterator[bytes]:
    end = member.offset + member.length
    for at in range(member.offset, end, _PIECE):
        yield os.pread(descriptor, min(_PIECE, end - at), at)


def _repacked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """As the writer does it: at one stroke up to `AT_ONCE`, else in pieces, which gives other bytes."""
    inflated = _inflated(pieces)
    start = b""
    while len(start) <= AT_ONCE and (data := next(inflated, b"")):
        start += data
    if len(start) <= AT_ONCE:
        yield isal_zlib.compress(start, LEVEL, 31)
        return
    deflater = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, 31)
    for data in chain([start], inflated):
        if packed := deflater.compress(data):
            yield packed
    yield deflater.flush()


def _inflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj(31)
    for piece in pieces:
        while piece:
            if data := inflater.decompress(piece, _PIECE):
                yield data
            piece = inflater.unconsumed_tail
    if data := inflater.flush():  # what was left when the last piece gave as much as it might
        yield data
