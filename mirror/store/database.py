"""The collection's SQLite file: one connection, one schema, one transaction at a time.

Everything in it can be made again from the WARC files (`mirror rebuild`), but for politeness counters.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mirror.errors import MirrorError

#: Raised by one whenever the tables below change; an older file is rebuilt from the WARCs.
SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE crawl (
    number    INTEGER PRIMARY KEY,
    began     TEXT NOT NULL,
    ended     TEXT,
    outcome   TEXT,                -- finished, limit, interrupted, stopped: …; NULL while it runs
    scope     TEXT NOT NULL DEFAULT '[]'
);
CREATE TABLE warc (
    id        INTEGER PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE,  -- final name, without .open
    whole     INTEGER NOT NULL DEFAULT 0,  -- finished, and every record of it is in the ledger
    size      INTEGER
);
-- The frontier: every question there is to ask, and how it stands.
CREATE TABLE url (
    id        INTEGER PRIMARY KEY,
    key       TEXT NOT NULL UNIQUE,  -- identity (COLLCC off, K in lower case …)
    url       TEXT NOT NULL,         -- as it is asked
    hop       TEXT,                  -- where the source sent us for the same question; asked instead of url
    hops      INTEGER NOT NULL DEFAULT 0,
    kind      TEXT NOT NULL,
    library   TEXT,
    book      INTEGER,
    rec       INTEGER,
    state     TEXT NOT NULL DEFAULT 'found', -- found, leased, done, failed, gone, refused (robots.txt)
    reason    TEXT,
    rank      INTEGER NOT NULL,      -- order of asking: smaller first
    passes    INTEGER NOT NULL DEFAULT 0,    -- how often it failed for good in this crawl
    crawl     INTEGER,               -- crawl that settled it last
    original  INTEGER,               -- newest good response: base of conditional requests and revisits
    newest    INTEGER                -- newest capture of any kind
);
CREATE INDEX url_found ON url (rank, id) WHERE state = 'found';
CREATE INDEX url_place ON url (library, book, rec) WHERE library IS NOT NULL;
CREATE TABLE capture (
    id        INTEGER PRIMARY KEY,
    url_id    INTEGER NOT NULL,
    crawl     INTEGER NOT NULL,
    target    TEXT NOT NULL,         -- the URI asked, as in the record
    timestamp TEXT NOT NULL,         -- WARC-Date
    type      TEXT NOT NULL,         -- response, revisit, metadata (an attempt that failed)
    status    INTEGER,
    mime      TEXT,
    record_id TEXT NOT NULL,
    payload_digest TEXT,
    warc_id   INTEGER NOT NULL,
    offset    INTEGER NOT NULL,
    length    INTEGER NOT NULL,
    original  INTEGER,               -- of a revisit: the response it refers to
    truncated TEXT,
    verdict   TEXT NOT NULL,
    reason    TEXT,
    oddities  TEXT,
    version   INTEGER,               -- the text it holds
    contents  INTEGER,               -- the table of contents it holds
    etag      TEXT,
    modified  TEXT
);
CREATE INDEX capture_url ON capture (url_id);
CREATE INDEX capture_place ON capture (warc_id, offset);
CREATE TABLE cdx (warc_id INTEGER NOT NULL, line TEXT NOT NULL);  -- index lines of WARCs not yet finished
CREATE INDEX cdx_warc ON cdx (warc_id);
-- What is known.
CREATE TABLE library (code TEXT PRIMARY KEY, title TEXT) WITHOUT ROWID;
CREATE TABLE book (
    library   TEXT NOT NULL,
    number    INTEGER NOT NULL,
    title     TEXT,
    contents  INTEGER,               -- newest table of contents
    PRIMARY KEY (library, number)
) WITHOUT ROWID;
CREATE TABLE contents (
    id        INTEGER PRIMARY KEY,
    library   TEXT NOT NULL,
    book      INTEGER NOT NULL,
    digest    TEXT NOT NULL,
    complete  INTEGER NOT NULL,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    UNIQUE (library, book, digest)
);
CREATE TABLE heading (
    contents  INTEGER NOT NULL,
    rec       INTEGER NOT NULL,
    place     INTEGER NOT NULL,      -- order in the page
    title     TEXT NOT NULL,
    code      TEXT,
    indent    INTEGER NOT NULL,
    path      TEXT NOT NULL,
    PRIMARY KEY (contents, rec)
) WITHOUT ROWID;
CREATE TABLE entry (
    id        INTEGER PRIMARY KEY,
    library   TEXT NOT NULL,
    book      INTEGER NOT NULL,
    rec       INTEGER NOT NULL,
    newest    INTEGER,               -- newest version
    UNIQUE (library, book, rec)
);
CREATE TABLE version (
    id        INTEGER PRIMARY KEY,
    entry     INTEGER NOT NULL,
    digest    BLOB NOT NULL,         -- of all that follows
    text_digest TEXT NOT NULL,
    title     TEXT,
    code      TEXT,
    path      TEXT,
    raw_text  TEXT NOT NULL,
    text      TEXT NOT NULL,
    items     TEXT NOT NULL,
    tables    TEXT NOT NULL,
    signatures TEXT NOT NULL,
    charset   TEXT NOT NULL,
    width     INTEGER,
    flags     TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    capture   INTEGER NOT NULL,      -- newest capture with this text
    UNIQUE (entry, digest)
);
-- Politeness that holds across runs.
CREATE TABLE host (host TEXT PRIMARY KEY, not_before TEXT) WITHOUT ROWID;
CREATE TABLE spent (day TEXT PRIMARY KEY, requests INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID;
"""


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
            raise MirrorError(
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
