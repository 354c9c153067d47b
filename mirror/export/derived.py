"""WARC files made of records of other WARC files: members copied byte for byte, revisits written out where asked."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from mirror import __version__
from mirror.export.catalogue import Catalogue, Held, Place
from warc import cdxj, expand, reader, record
from warc.writer import compressed

_PIECE = 1 << 20


def members(
    catalogue: Catalogue,
    held: Iterable[Held],
    filename: str,
    about: str,
    made: datetime,
    indexed: Callable[[str], None] = lambda line: None,
) -> Iterator[bytes]:
    """A WARC file in pieces: a warcinfo of its own, the one of each file its records come from, and the records.

    A record with `refers_to` is written as the response it stands for (`warc.expand`), all others are copied.

    Args:
        catalogue: Knows the warcinfo records.
        held: The records, in order of their files.
        filename: Final name of the file.
        about: What it is, for its warcinfo.
        made: Now.
        indexed: Told the index line of each record, as it is in this file.
    """
    info = record.warcinfo(
        {
            "software": f"gazetteer-mirror/{__version__}",
            "format": "WARC File Format 1.1",
            "description": about,
        },
        filename,
        made,
    )
    # The same file made again has the same id, and differs in its date alone.
    info.record_id = f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{filename} {about}')}>"
    offset = 0
    for piece in compressed(info):
        offset += len(piece)
        yield piece
    described: set[Place] = set()
    begin = 0
    with _Sources() as sources:
        last: Place | None = None
        for one in held:
            # A second record in one gzip member comes along with the first.
            if last is None or (last.path, last.offset) != (one.place.path, one.place.offset):
                last = one.place
                description = catalogue.warcinfo(one.place)
                if description is not None and description not in described:
                    described.add(description)
                    for piece in sources.read(description):
                        offset += len(piece)
                        yield piece
                begin = offset
                draft = _response(one.place, one.refers_to) if one.refers_to is not None else None
                for piece in sources.read(one.place) if draft is None else compressed(draft):
                    offset += len(piece)
                    yield piece
            if one.line is not None:
                if draft is None:
                    indexed(cdxj.moved(one.line, filename, begin, offset - begin))
                else:
                    indexed(_line(draft, filename, begin, offset - begin))


def _response(revisit: Place, original: Place) -> record.Draft:
    return expand.response_of(
        reader.read_at(revisit.path, revisit.offset), reader.read_at(original.path, original.offset)
    )


def _line(draft: record.Draft, filename: str, offset: int, length: int) -> str:
    written = record.written(
        type=draft.type,
        record_id=draft.record_id,
        date=draft.date,
        target_uri=draft.target_uri,
        head=draft.head,
        profile=None,
        payload_digest=draft.payload_digest,
        filename=filename,
        offset=offset,
        length=length,
    )
    return written.cdxj or ""


class _Sources:
    """Octets of WARC files; the file last read from stays open."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def read(self, place: Place) -> Iterator[bytes]:
        if self._file is None or self._path != place.path:
            if self._file is not None:
                self._file.close()
            self._path, self._file = place.path, place.path.open("rb")
        self._file.seek(place.offset)
        left = place.length
        while left:
            piece = self._file.read(min(left, _PIECE))
            if not piece:
                raise OSError(None, "it became shorter while it was read", str(place.path))
            left -= len(piece)
            yield piece
