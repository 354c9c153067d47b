"""The lines of one table of contents, and how they stand to each other."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a table of contents."""

    title: str
    depth: int  #: headings above it
    is_leaf: bool  #: nothing stands below it


def headings_of(db: sqlite3.Connection, contents: int) -> dict[int, Listed]:
    """The lines of a table of contents by number, in the order of the page."""
    depths: dict[str, int] = {}  # headings side by side share their path
    rows = []
    for rec, title, path in db.execute(
        "SELECT rec, title, path FROM heading WHERE contents = ? ORDER BY place", (contents,)
    ):
        if path not in depths:
            depths[path] = len(json.loads(path))
        rows.append((rec, title, depths[path]))
    following = [depth for _, _, depth in rows[1:]] + [0]
    return {
        rec: Listed(title, depth, after <= depth) for (rec, title, depth), after in zip(rows, following, strict=True)
    }
