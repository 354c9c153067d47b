"""The collection's SQLite file: one connection, one schema, one transaction at a time.

Everything in it can be made again from the WARC files (`mirror rebuild`), but for politeness counters.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from mirror.errors import MirrorError

#: The tables, in files named by the order in which they are made; each holds one idea.
_SCHEMA = "".join(
    path.read_text("utf-8")
    for path in sorted((resources.files("mirror.store") / "schema").iterdir(), key=lambda path: path.name)
    if path.name.endswith(".sql")
)

#: Changes whenever the tables do; a file with other tables is rebuilt from the WARCs.
SCHEMA_VERSION = zlib.crc32(_SCHEMA.encode("utf-8")) >> 1


class OtherTablesError(MirrorError):
    """The file was written by another version of this program."""


class Database:
    """One connection to `mirror.db`. Writers take `transaction()`; nothing is written outside one.

    Write-ahead log with `synchronous = NORMAL`: a power cut may undo the last transactions but never breaks
    the file, and what is undone stands in the WARCs, which were synced before (see `frontier.reconcile`).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.connection = sqlite3.connect(path, isolation_level=None, cached_statements=256)
            self._prepare()
        except sqlite3.Error as error:
            raise MirrorError(
                f"{path}: cannot be opened as a ledger ({error}). If it is damaged, move it away and run "
                f"`mirror rebuild`: it makes a new one from the WARC files alone"
            ) from error

    def _prepare(self) -> None:
        connection = self.connection
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA busy_timeout = 30000")
        connection.execute("PRAGMA cache_size = -16000")
        connection.execute("PRAGMA temp_store = MEMORY")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            connection.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}PRAGMA user_version = {SCHEMA_VERSION};COMMIT;")
        elif version != SCHEMA_VERSION:
            raise OtherTablesError(
                f"{self.path}: written by another version of this program (schema {version}, "
                f"this one writes {SCHEMA_VERSION}). Run `mirror rebuild` to make it again from the WARC files"
            )

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing: committed at the end, undone if anything is raised."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def close(self) -> None:
        self.connection.close()
