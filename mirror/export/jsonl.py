"""Entries as JSON, one object a line (CONTRACT: One entry, exported)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

from mirror.store.exported import every_entry


def lines(db: sqlite3.Connection) -> Iterator[bytes]:
    """One line an entry, in order of library, book and number: the same store gives the same bytes."""
    for entry in every_entry(db):
        yield json.dumps(entry, ensure_ascii=False, separators=(", ", ": ")).encode("utf-8") + b"\n"
