"""Entries as Parquet, typed, one file a library, for DuckDB, pandas and the like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mirror.export import destination
from mirror.export.formats import Export
from mirror.store.exported import every_entry

_TIME = pa.timestamp("us", tz="UTC")

#: The fields of an exported entry (CONTRACT), in its order.
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("library", pa.struct([("code", pa.string()), ("title", pa.string())])),
        ("book", pa.struct([("number", pa.int64()), ("title", pa.string())])),
        ("rec", pa.int64()),
        ("code", pa.string()),
        ("path", pa.list_(pa.string())),
        ("title", pa.string()),
        ("raw_text", pa.string()),
        ("text", pa.string()),
        ("items", pa.list_(pa.struct([("heading", pa.string()), ("text", pa.string())]))),
        ("tables", pa.list_(pa.struct([("caption", pa.string()), ("rows", pa.list_(pa.list_(pa.string())))]))),
        ("signatures", pa.list_(pa.string())),
        (
            "charset",
            pa.struct(
                [
                    ("declared", pa.string()),
                    ("used", pa.string()),
                    ("undecodable", pa.int64()),
                    ("private_use", pa.int64()),
                ]
            ),
        ),
        ("text_digest", pa.string()),
        ("first_seen", _TIME),
        ("last_seen", _TIME),
        ("versions", pa.int64()),
        (
            "capture",
            pa.struct(
                [
                    ("url", pa.string()),
                    ("timestamp", _TIME),
                    ("status", pa.int32()),
                    ("record_id", pa.string()),
                    ("payload_digest", pa.string()),
                    ("warc", pa.string()),
                    ("offset", pa.int64()),
                    ("length", pa.int64()),
                ]
            ),
        ),
    ]
)

#: A row group ends when it has this many characters of text or entries.
GROUP_CHARACTERS = 4 << 20
GROUP_ENTRIES = 10_000


def export(asked: Export) -> str:
    """Write a folder with `K.parquet` for each library that has entries.

    Raises:
        UsageError: Something is in the output folder.
        MirrorError: It could not be written.
    """
    count = files = 0
    database = asked.collection.database()
    try:
        with destination.whole_folder(asked.output) as folder:
            entries = every_entry(database.connection, asked.scopes)
            for library, of_library in groupby(entries, key=lambda entry: entry["library"]["code"]):
                with pq.ParquetWriter(folder / f"{library}.parquet", SCHEMA, compression="zstd") as writer:
                    for group in _groups(of_library):
                        writer.write_table(pa.Table.from_pylist(group, SCHEMA))
                        count += len(group)
                files += 1
    finally:
        database.close()
    return f"{count} 条目 entries, {files} 个文件 files"


def _groups(entries: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    group: list[dict[str, Any]] = []
    characters = 0
    for entry in entries:
        group.append(_typed(entry))
        characters += len(entry["raw_text"]) + len(entry["text"])
        if characters >= GROUP_CHARACTERS or len(group) >= GROUP_ENTRIES:
            yield group
            group, characters = [], 0
    if group:
        yield group


def _typed(entry: dict[str, Any]) -> dict[str, Any]:
    capture = entry["capture"]
    return {
        **entry,
        "first_seen": datetime.fromisoformat(entry["first_seen"]),
        "last_seen": datetime.fromisoformat(entry["last_seen"]),
        "capture": {**capture, "timestamp": datetime.fromisoformat(capture["timestamp"])},
    }
