"""Entries as JSON, one object a line (CONTRACT: One entry, exported)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence

from mirror.export import destination
from mirror.export.formats import Export
from mirror.frontier.scope import Scope
from mirror.store.exported import every_entry


def export(asked: Export) -> str:
    """Write one file. Raises MirrorError if that cannot be done."""
    database = asked.collection.database()
    try:
        count = destination.write(asked.output, lines(database.connection, asked.scopes))
    finally:
        database.close()
    return f"{count} 条目 entries"


def lines(db: sqlite3.Connection, scopes: Sequence[Scope] = ()) -> Iterator[bytes]:
    """One line an entry, in order of library, book and number: the same store gives the same bytes."""
    for entry in every_entry(db, scopes):
        yield json.dumps(entry, ensure_ascii=False, separators=(", ", ": ")).encode("utf-8") + b"\n"
