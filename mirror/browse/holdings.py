"""A home as its readers get it: every collection opened for reading only, a connection a thread.

Works while a crawl writes, and notices when `mirror rebuild` has put another file in place. Nothing is ever
written: not a byte, not a lock.
"""

from __future__ import annotations

import fcntl
import os
import pickle
import re
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mirror.browse.books import Reading, Tree
from mirror.browse.changes import Changes, crawls, read_changes
from mirror.browse.overview import Overview, overview
from mirror.collection import Collection
from mirror.errors import MirrorError
from mirror.sites import Site, open_site
from mirror.store.database import SCHEMA_VERSION

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)

#: A page that takes longer than this is given up: one odd question must not starve the other readers.
LONGEST_QUERY_S = 8.0
#: Comparing two crawls may take longer, one at a time; the last few are kept.
LONGEST_COMPARISON_S = 120.0
_MOST_COMPARED = 8
#: Steps of SQLite's machine between two looks at the clock.
_STEPS = 20_000
#: An overview is not counted again before so many times the time it took, lest a crawl keep us counting.
_REST = 20.0


class NotHeldError(MirrorError):
    """What was asked for is not in the home. The message is for the reader."""


class UnreadableError(MirrorError):
    """A collection is there and cannot be read now; the message says why, and how to mend it."""


@dataclass(frozen=True, slots=True)
class _Opened:
    identity: tuple[int, int]
    connection: sqlite3.Connection


@dataclass(frozen=True, slots=True)
class _Counted:
    stamp: str
    until: float  #: monotonic; not counted again before
    overview: Overview


class Holdings:
    """The collections of one home, read only.

    Args:
        home: The folder that holds `collections/`.
        shared: A folder of this program's alone, where several processes keep what one of them has counted.
    """

    def __init__(self, home: Path, shared: Path | None = None) -> None:
        self.home = home
        self._shared = shared
        self._local = threading.local()
        self._counted: dict[str, _Counted] = {}
        self._counting: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()
        self._trees: dict[tuple[int, int], OrderedDict[int, Tree]] = {}
        self._compared: dict[tuple[str, int, int], tuple[str, Changes]] = {}
        self._comparing = threading.Lock()

    def names(self) -> list[str]:
        """Collections there are, by name."""
        return [collection.name for collection in Collection.all(self.home)]

    def collection(self, name: str) -> Collection:
        """One collection. Raises NotHeldError if there is none of that name."""
        collection = Collection(self.home, name)
        if not _NAME.fullmatch(name) or not collection.config_path.is_file():
            raise NotHeldError("没有这个档案集 / there is no such collection")
        return collection

    def site(self, name: str) -> Site:
        """The source of a collection, which knows what its URLs ask for."""
        config = self.collection(name).config()
        return open_site(config.source, config.base_url)

    def stamp(self, name: str) -> str:
        """Changes whenever anything in the collection's database may have; the same over restarts."""
        found = _database_files(self.collection(name))
        return "-".join(f"{one.st_mtime_ns:x}-{one.st_size:x}" for one in found if one.st_size)

    @contextmanager
    def reading(self, name: str, longest_s: float = LONGEST_QUERY_S) -> Iterator[sqlite3.Connection]:
        """A connection on which everything is seen as at one instant.

        Raises:
            NotHeldError: There is no such collection.
            UnreadableError: Its database cannot be read, or the question took too long.
        """
        collection = self.collection(name)
        try:
            connection = self._connection(collection)
            deadline = time.monotonic() + longest_s
            connection.set_progress_handler(lambda: int(time.monotonic() > deadline), _STEPS)
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.set_progress_handler(None, 0)
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                raise UnreadableError(
                    "这个问题太费时，已停止；请缩小范围 / that took too long and was stopped; ask for less"
                ) from error
            raise UnreadableError(f"{name}: mirror.db: {error}") from error
        except sqlite3.DatabaseError as error:
            raise UnreadableError(
                f"{name}: mirror.db: {error}. 请运行 / run `mirror verify {name}`, `mirror rebuild {name}`"
            ) from error

    def is_counted(self, name: str) -> bool:
        """Whether `overview` answers without counting first."""
        return name in self._counted

    def overview(self, name: str) -> Overview:
        """What the collection holds and lacks, counted not too long ago (`Overview.as_of` says of which state)."""
        stamp = self.stamp(name)
        with self._guard:
            lock = self._counting.setdefault(name, threading.Lock())
        known = self._counted.get(name)
        if known is not None and (known.stamp == stamp or time.monotonic() < known.until):
            return known.overview
        if known is None:
            with lock:
                known = self._counted.get(name)
                return known.overview if known is not None else self._count(name, stamp)
        # Readers go on with what was counted before; one of them has it counted anew.
        if lock.acquire(blocking=False):
            threading.Thread(target=self._count_and_release, args=(name, stamp, lock), daemon=True).start()
        return known.overview

    def changes(self, name: str, old: int, new: int) -> Changes:
        """What changed between two crawls. Raises UsageError if there is no such crawl."""
        key, stamp = (name, old, new), self.stamp(name)
        known = self._compared.get(key)
        if known is not None and known[0] == stamp:
            return known[1]
        with self._comparing, self.reading(name, LONGEST_COMPARISON_S) as db:
            known = self._compared.get(key)
            if known is None or known[0] != stamp:
                known = self._compared[key] = (stamp, read_changes(db, name, old, new))
                while len(self._compared) > _MOST_COMPARED:
                    del self._compared[next(iter(self._compared))]
        return known[1]

    def last_crawls(self, name: str) -> list[dict[str, Any]]:
        """Crawls that have captures, newest first."""
        with self.reading(name) as db:
            return crawls(db)

    def as_of(self, name: str) -> str:
        """When the collection's database was last written to: the same in every process, unlike the clock."""
        newest = max((one.st_mtime for one in _database_files(self.collection(name))), default=0.0)
        return datetime.fromtimestamp(newest, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    def _count_and_release(self, name: str, stamp: str, lock: threading.Lock) -> None:
        try:
            self._count(name, stamp)
        except MirrorError:
            pass  # the next reader will be told; what was counted before still stands
        finally:
            lock.release()

    def _count(self, name: str, stamp: str) -> Overview:
        if self._shared is None:
            counted = self._count_now(name, stamp)
        else:
            with (self._shared / f"{name}.lock").open("ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                counted = self._counted_elsewhere(name, stamp) or self._count_now(name, stamp)
        self._counted[name] = counted
        return counted.overview

    def _counted_elsewhere(self, name: str, stamp: str) -> _Counted | None:
        """What another process has counted, unless it is out of date."""
        assert self._shared is not None
        try:
            known: _Counted = pickle.loads((self._shared / f"{name}.counted").read_bytes())
        except FileNotFoundError:
            return None
        return known if known.stamp == stamp or time.monotonic() < known.until else None

    def _count_now(self, name: str, stamp: str) -> _Counted:
        began = time.monotonic()
        collection = self.collection(name)
        as_of = self.as_of(name)
        connection = self._open(collection).connection
        try:
            connection.execute("BEGIN")
            found = overview(connection, collection.archive, as_of)
        except sqlite3.Error as error:
            raise UnreadableError(f"{name}: mirror.db: {error}") from error
        finally:
            connection.close()
        now = time.monotonic()
        counted = _Counted(stamp, now + _REST * (now - began), found)
        if self._shared is not None:
            partial = self._shared / f"{name}.part"
            partial.write_bytes(pickle.dumps(counted))
            partial.replace(self._shared / f"{name}.counted")
        return counted

    def _connection(self, collection: Collection) -> sqlite3.Connection:
        opened: dict[str, _Opened] = self._local.__dict__.setdefault("opened", {})
        known = opened.get(collection.name)
        if known is not None:
            if known.identity == _identity(collection.database_path):
                return known.connection
            known.connection.close()
        opened[collection.name] = self._open(collection)
        return opened[collection.name].connection

    def _open(self, collection: Collection) -> _Opened:
        path = collection.database_path
        identity = _identity(path)
        connection = _connect(path)
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version != SCHEMA_VERSION:
            connection.close()
            raise UnreadableError(
                f"{collection.name}: mirror.db 是另一版本写的，请运行 / was written by another version of this "
                f"program; run `mirror rebuild {collection.name}`"
            )
        connection.trees = self._trees.setdefault(identity, connection.trees)
        return _Opened(identity, connection)


def _database_files(collection: Collection) -> list[os.stat_result]:
    """The database and the log beside it, as far as they are there."""
    path = collection.database_path
    found = []
    for file in (path, path.with_name(path.name + "-wal")):
        with suppress(FileNotFoundError):
            found.append(file.stat())
    return found


def _identity(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        raise UnreadableError(
            f"{path.parent.name}: 没有 mirror.db，请运行 / there is no mirror.db; "
            f"run `mirror rebuild {path.parent.name}`"
        ) from None
    return found.st_dev, found.st_ino


def _connect(path: Path) -> Reading:
    """Open for reading only. On a read-only disk, where no log can be beside it, the file is taken as final."""
    uri = "file:" + quote(str(path.resolve())) + "?mode=ro"
    wal = path.with_name(path.name + "-wal")
    if not os.access(path.parent, os.W_OK) and not (wal.exists() and wal.stat().st_size):
        uri += "&immutable=1"
    connection = sqlite3.connect(
        uri, uri=True, isolation_level=None, cached_statements=256, check_same_thread=False, factory=Reading
    )
    connection.execute("PRAGMA query_only = 1")
    connection.execute("PRAGMA busy_timeout = 5000")
    connection.execute("PRAGMA cache_size = -8000")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection
