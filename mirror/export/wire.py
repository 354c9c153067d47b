"""Exchanges as they crossed the wire, one JSON object a line (CONTRACT: The wire)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from mirror.collection import Collection
from mirror.export import destination, finished
from mirror.export.formats import Export
from warc import framing, reader
from warc.payload import Payload
from warc.reader import Record
from warc.writer import OPEN


def export(asked: Export) -> str:
    """Write one file. Raises MirrorError if that cannot be done."""
    finished.tell_damage(asked, asked.collection.warcs())
    return f"{destination.write(asked.output, lines(asked.collection, asked.notices.append))} 次交换 exchanges"


def lines(collection: Collection, tell: Callable[[str], None] = lambda notice: None) -> Iterator[bytes]:
    """Every exchange of a collection in the order of its WARC files, rebuilt from the records alone.

    Long lines come in pieces.

    A response or revisit is followed by the records that belong to it (its request; its framing note, if that
    was too long for a header); they are read together. Attempts that failed show what was sent and what came.

    Args:
        collection: Whose.
        tell: Told, in words, what of the collection is not there or not as it was.
    """

    def odd(path: Path, offset: int, problem: str) -> None:
        if path.suffix != OPEN:  # a file being written has no end yet
            tell(f"{path.name}, byte {offset}: {problem}")

    places: dict[tuple[str, str], tuple[str, int]] = {}  # (URI, WARC-Date) of a response: its file and offset
    for path in (*collection.warcs(), *collection.open_warcs()):
        waiting: Record | None = None
        beside: dict[str, Record] = {}
        for record in reader.read(path, on_odd=partial(odd, path)):
            if waiting is not None and record.get("WARC-Concurrent-To") == waiting.record_id:
                beside[record.type] = record
                continue
            if waiting is not None:
                yield from _exchange(collection, waiting, beside, places, tell)
                waiting, beside = None, {}
            if record.type in ("response", "revisit"):
                waiting = record
                if record.type == "response" and record.target_uri:
                    places[record.target_uri, record.date] = (path.name, record.offset)
            elif record.type == "metadata" and "cause" in (fields := record.fields()):
                yield from _line(
                    record,
                    base64.b64decode(fields.get("request-base64", "")),
                    [base64.b64decode(fields.get("received-base64", ""))],
                )
        if waiting is not None:
            yield from _exchange(collection, waiting, beside, places, tell)


def _exchange(
    collection: Collection,
    record: Record,
    beside: dict[str, Record],
    places: dict[tuple[str, str], tuple[str, int]],
    tell: Callable[[str], None],
) -> Iterator[bytes]:
    request = beside["request"].block.read() if "request" in beside else b""
    note = beside["metadata"].fields().get(framing.FIELD.lower()) if "metadata" in beside else None
    original = _original(collection, record, places)
    if original is None and record.type == "revisit" and not _brought_nothing(record):
        tell(f"{record.filename}, byte {record.offset}: the original of a revisit is not here; its body is left out")
    capture = record.capture(request=request, original=original, note=note)
    yield from _line(record, request, capture.wire())


def _original(
    collection: Collection, record: Record, places: dict[tuple[str, str], tuple[str, int]]
) -> Payload | None:
    """The payload that a source sent again, for a revisit of identical payload; a 304 brought none."""
    if record.type != "revisit" or _brought_nothing(record):
        return None
    place = places.get((record.get("WARC-Refers-To-Target-URI") or "", record.get("WARC-Refers-To-Date") or ""))
    if place is None:
        return None
    name, offset = place
    _, payload = reader.read_at(collection.archive / name, offset).http()
    return payload


def _brought_nothing(revisit: Record) -> bool:
    return "server-not-modified" in (revisit.get("WARC-Profile") or "")


def _line(record: Record, request: bytes, response: Iterable[bytes]) -> Iterator[bytes]:
    """One line in pieces, so that an answer of 2 GB needs no memory for it."""
    head = {
        "url": record.target_uri,
        "timestamp": record.date,
        "record_id": record.record_id,
        "request": base64.b64encode(request).decode("ascii"),
    }
    line = json.dumps(head, ensure_ascii=False).removesuffix("}").encode("utf-8") + b', "response": "'
    rest = b""
    for piece in response:
        rest += piece
        if len(rest) > 1 << 20:
            whole = len(rest) - len(rest) % 3
            yield line + base64.b64encode(rest[:whole])
            line, rest = b"", rest[whole:]
    yield line + base64.b64encode(rest) + b'"}\n'
