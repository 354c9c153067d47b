"""The WARC files the ledger knows, and their lines that are not in the index yet."""

from __future__ import annotations

from collections.abc import Iterable

from mirror.store.damage import Damage
from mirror.store.database import Database


class Files:
    """The rows of tables `warc` and `cdx`. One writer at a time (`Collection.locked`)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._db = database.connection
        self._numbers: dict[str, int] = dict(self._db.execute("SELECT name, id FROM warc"))

    def forget(self) -> None:
        """A transaction was undone: numbers given in it are no longer there."""
        self._numbers.clear()

    def number(self, name: str) -> int:
        """The number of a file in the ledger; it gets one, in the transaction that is open, if it has none."""
        number = self._numbers.get(name)
        if number is None:
            self._db.execute("INSERT OR IGNORE INTO warc (name) VALUES (?)", (name,))
            number = self._db.execute("SELECT id FROM warc WHERE name = ?", (name,)).fetchone()[0]
            self._numbers[name] = number
        return number

    def known_records(self, name: str) -> set[int]:
        """Offsets of the records of a WARC file that the ledger knows."""
        return {
            row[0]
            for row in self._db.execute(
                "SELECT offset FROM capture WHERE warc_id = (SELECT id FROM warc WHERE name = ?)", (name,)
            )
        }

    def whole(self) -> dict[str, int]:
        """Finished WARC files of which every record is in the ledger, with their sizes in bytes."""
        return dict(self._db.execute("SELECT name, size FROM warc WHERE whole"))

    def unfinished(self) -> dict[str, int]:
        """WARC files that are not finished, and where the last capture that is known of each ends, in bytes."""
        return dict(
            self._db.execute(
                "SELECT w.name, max(c.offset + c.length) FROM warc AS w JOIN capture AS c ON c.warc_id = w.id "
                "WHERE NOT w.whole GROUP BY w.id"
            )
        )

    def finish(self, name: str, size: int, damage: Iterable[Damage] = ()) -> None:
        """The file is finished, every record of it is in the ledger but for damage, its lines in the index."""
        with self._database.transaction() as db:
            number = self.number(name)
            db.execute("DELETE FROM damage WHERE warc_id = ?", (number,))
            db.executemany(
                "INSERT OR REPLACE INTO damage VALUES (?, ?, ?, ?)",
                ((number, one.offset, one.length, one.problem) for one in damage),
            )
            db.execute("UPDATE warc SET whole = 1, size = ? WHERE id = ?", (size, number))
            db.execute("DELETE FROM cdx WHERE warc_id = ?", (number,))

    def index_lines(self, name: str) -> list[str]:
        """CDXJ lines of a file that are not yet in the index, sorted bytewise."""
        rows = self._db.execute("SELECT line FROM cdx WHERE warc_id = (SELECT id FROM warc WHERE name = ?)", (name,))
        return sorted((row[0] for row in rows), key=str.encode)
