"""The lines of one table of contents, how they stand to each other, and under which a text was captured.

Insert an entry, and every number behind it means another one from then on. So the contents of today name only what
was captured since they last changed: an earlier text stands under the heading it was captured under.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

#: The table of contents that was in force at an instant, as SQL over `book AS b`; the one of today if none was known.
_IN_FORCE = (
    "coalesce((SELECT id FROM ("  # in an ON clause, SQLite's ORDER BY does not know the columns outside
    "SELECT k.id, k.first_seen AS since, min(k.last_seen, {instant}) AS until FROM contents AS k "
    "WHERE (k.library, k.book) = (b.library, b.number) AND (k.complete OR k.id = b.contents) "
    "AND k.first_seen <= {instant}) ORDER BY until DESC, since DESC LIMIT 1), b.contents)"
)


def heading_then(instant: str = "v.last_seen") -> str:
    """SQL that joins, as `h`, the heading under which `entry AS e` of `book AS b` stood at an instant."""
    return f"LEFT JOIN heading AS h ON h.rec = e.rec AND h.contents = {_IN_FORCE.format(instant=instant)}"


def _words(column: str) -> str:
    """A title without its blanks, which a source sets now so and now so."""
    return f"replace(replace({column}, ' ', ''), '\u3000', '')"


#: Entries whose number has got another heading since their text was last seen: the text is of something else. SQL of
#: a FROM and a WHERE, over `entry AS e`; whether the entry there now was ever had is not known until it is asked for.
OUTDATED = (
    "FROM book AS b JOIN entry AS e ON (e.library, e.book) = (b.library, b.number) "
    "JOIN version AS v ON v.id = e.newest "
    "JOIN heading AS now ON now.contents = b.contents AND now.rec = e.rec "
    f"{heading_then().removeprefix('LEFT ')} AND h.contents <> b.contents "
    f"WHERE ({_words('now.title')}, {_words('now.path')}) <> ({_words('h.title')}, {_words('h.path')})"
)


def outdated(db: sqlite3.Connection, library: str, book: int) -> set[int]:
    """Numbers of a book that are held, and whose text was captured under another heading than they have now."""
    place = (library, book)
    (tables,) = db.execute("SELECT count(*) FROM contents WHERE (library, book) = (?, ?)", place).fetchone()
    if tables < 2:
        return set()
    rows = db.execute(f"SELECT e.rec {OUTDATED} AND (b.library, b.number) = (?, ?)", place)
    return {rec for (rec,) in rows}


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
