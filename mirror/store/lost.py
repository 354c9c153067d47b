"""Files of the archive that are no longer there, or no longer as long as the ledger knows them."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def lost_files(db: sqlite3.Connection, archive: Path) -> list[str]:
    """Files of which the archive has less than the ledger knows captures in, in words; by names and sizes alone.

    Safe while a crawl writes: files only grow.
    """
    found = []
    for name, size in db.execute("SELECT name, CASE WHEN whole THEN size END FROM warc ORDER BY name").fetchall():
        path = archive / name
        if size is None:
            problem = shortfall(db, archive, name)
        elif not path.exists():
            problem = "the file is gone"
        else:
            there = path.stat().st_size
            problem = None if there == size else f"the file has {there} bytes and had {size} when it was finished"
        if problem is not None:
            found.append(f"{name}: {problem}")
    return found


def shortfall(db: sqlite3.Connection, archive: Path, name: str) -> str | None:
    """What is wrong with a file that is still open, or was left so; None if it reaches to its last known capture."""
    (least,) = db.execute(
        "SELECT max(c.offset + c.length) FROM capture AS c WHERE c.warc_id = (SELECT id FROM warc WHERE name = ?)",
        (name,),
    ).fetchone()
    for path in (archive / f"{name}.open", archive / name):  # in this order: a crawl may just finish it
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            continue
        return None if size >= (least or 0) else f"the file has {size} bytes, its last known capture ends at {least}"
    return "the file is gone" if least else None
