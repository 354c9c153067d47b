"""Entries as CSV for spreadsheets (RFC 4180, UTF-8 with a byte order mark so that they show Chinese)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from mirror.export import destination
from mirror.export.flat import COLUMNS, flat
from mirror.export.formats import Export
from mirror.store.exported import every_entry

#: What a spreadsheet takes for a formula when a cell begins with it, in either width, or after a blank it drops.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
#: Names the cells of a row that were given an apostrophe: without it they are what the source has.
GUARDED = "guarded"


def export(asked: Export) -> str:
    """Write one file, a row an entry, in order of library, book and number.

    A cell that a spreadsheet would run as a formula gets an apostrophe before it, and the row's last column names
    it, so that nothing is changed in silence. `raw_text` is left out: no spreadsheet shows it as it is laid out.

    Raises:
        MirrorError: It could not be written.
    """
    database = asked.collection.database()
    try:
        rows = (guarded(flat(entry)) for entry in every_entry(database.connection, asked.scopes))
        count = destination.write(asked.output, lines([*COLUMNS, GUARDED], rows))
    finally:
        database.close()
    return f"{count - 1} 条目 entries"


def lines(names: list[str], rows: Iterator[dict[str, Any]], *, mark: bool = True) -> Iterator[bytes]:
    """A CSV file row by row, the first one the names; `mark` puts the byte order mark before it."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, names, lineterminator="\r\n")
    writer.writeheader()
    yield (b"\xef\xbb\xbf" if mark else b"") + _taken(buffer)
    for row in rows:
        writer.writerow(row)
        yield _taken(buffer)


def guarded(row: dict[str, Any]) -> dict[str, Any]:
    """A row that no spreadsheet runs, with the names of the cells that were changed for it."""
    risky = [name for name, value in row.items() if isinstance(value, str) and value.startswith(FORMULA)]
    return {**row, **{name: f"'{row[name]}" for name in risky}, GUARDED: " ".join(risky)}


def _taken(buffer: io.StringIO) -> bytes:
    line = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return line.encode("utf-8", "replace")
