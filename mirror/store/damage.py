"""What could not be read when WARC files were taken into the ledger: the collection holds it no more."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from warc.reader import WRONG_DIGEST, Record
from warc.salvage import Lost, salvage

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Damage:
    """Octets of a finished WARC file that gave no record, or none to be believed.

    Attributes:
        file: Base name.
        offset: Of the first octet.
        length: Octets up to where reading went on.
        problem: Why, in words.
    """

    file: str
    offset: int
    length: int
    problem: str

    def __str__(self) -> str:
        return f"{self.file}, byte {self.offset}, {self.length} bytes: {self.problem}"


def damage(db: sqlite3.Connection) -> list[Damage]:
    """All of it, by file and place."""
    rows = db.execute(
        "SELECT w.name, d.offset, d.length, d.problem FROM damage AS d JOIN warc AS w ON w.id = d.warc_id "
        "ORDER BY w.name, d.offset"
    )
    return [Damage(*row) for row in rows]


class Salvage:
    """Every record of a WARC file that can be read, behind damage too; use as an iterator, once.

    Attributes:
        damage: What could not be read so far.
        altered: The record given last is not what its block digest says; "" if it is, or says nothing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damage: list[Damage] = []
        self.altered = ""
        self._wrong: dict[int, str] = {}

    def __iter__(self) -> Iterator[Record]:
        for record in salvage(self.path, "warc", self._odd, self._lost):
            self.altered = self._wrong.pop(record.offset, "")
            yield record

    def refuse(self, record: Record, problem: str) -> None:
        """A record that can be read and is not taken."""
        self._note(record.offset, record.length, problem)

    def _odd(self, offset: int, problem: str) -> None:
        if problem.startswith(WRONG_DIGEST):
            self._wrong[offset] = problem
        else:
            log.warning("%s, byte %d: %s", self.path.name, offset, problem)

    def _lost(self, lost: Lost) -> None:
        self._note(lost.offset, lost.length, lost.problem)

    def _note(self, offset: int, length: int, problem: str) -> None:
        self.damage.append(Damage(self.path.name, offset, length, problem))
