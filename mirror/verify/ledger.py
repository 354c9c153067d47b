"""The ledger against the files: every capture points at its record, and every record of the source is known."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from mirror.store.damage import damage
from mirror.store.database import SCHEMA_VERSION
from mirror.store.lost import shortfall
from warc import reader
from warc.errors import WarcError
from warc.verify.collection import Survey

NAME = "mirror.db"


def connect(path: Path) -> sqlite3.Connection:
    """The ledger for reading only. Raises sqlite3.Error if it cannot be read."""
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        # A write-ahead log cannot be shared on a medium that is read-only; nobody writes there either.
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True, isolation_level=None)
    connection.execute("PRAGMA query_only = ON")
    return connection


def problem_of(path: Path) -> str | None:
    """Why the ledger cannot be judged, in words; None if it can."""
    if not path.exists():
        return "there is no ledger"
    try:
        with closing(connect(path)) as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version != SCHEMA_VERSION:
                return f"it has schema {version}, this program has {SCHEMA_VERSION}"
            rows = db.execute("PRAGMA quick_check(3)").fetchall()
    except sqlite3.Error as error:
        return f"SQLite says: {error}"
    return None if rows == [("ok",)] else "SQLite says: " + "; ".join(str(row[0]) for row in rows)


def judge(survey: Survey, db: sqlite3.Connection, archive: Path, is_of_source: Callable[[str], bool]) -> None:
    """Compare captures with records.

    Args:
        survey: Has the records.
        db: The ledger, in a transaction, so that a crawl that goes on does not blur it.
        archive: Where the files lie.
        is_of_source: Whether a URI is the source's, so that the ledger must know its records.
    """
    files = {one.file.path.name: one for one in survey.files}
    known = {name: bool(whole) for name, whole in db.execute("SELECT name, whole FROM warc")}
    for name, size, count in db.execute(
        "SELECT w.name, w.size, (SELECT count(*) FROM capture WHERE warc_id = w.id) FROM warc AS w"
    ):
        examined = files.get(name)
        if examined is None:
            problem = shortfall(db, archive, name) if count else None
            if problem is not None:
                survey.say("ledger-file", name, None, None, f"{problem}; the ledger names {count} captures in it")
        elif size is not None and known[name] and size != examined.size_bytes:
            text = f"the file has {examined.size_bytes} bytes and had {size} when it was finished"
            survey.say("ledger-file", examined.file.name, None, None, text)
    connection = survey.shelf.connection
    connection.execute(
        "CREATE TEMP TABLE capture (file INTEGER, offset INTEGER, length INTEGER, type TEXT, id TEXT, date TEXT, "
        "target TEXT, digest TEXT)"
    )
    rows = db.execute(
        "SELECT w.name, c.offset, c.length, c.type, c.record_id, c.timestamp, c.target, c.payload_digest "
        "FROM capture AS c JOIN warc AS w ON w.id = c.warc_id"
    )
    connection.executemany(
        "INSERT INTO capture VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        ((files[row[0]].file.number, *row[1:]) for row in rows if row[0] in files),
    )
    survey.shelf.flush()
    connection.execute("CREATE INDEX record_offset ON record (file, offset)")
    connection.execute("CREATE INDEX temp.capture_offset ON capture (file, offset)")
    _judge_captures(survey)
    _judge_records(survey, known, is_of_source, _judge_damage(survey, db))


def _judge_captures(survey: Survey) -> None:
    """Captures that point at no record, or at another (a member may hold several)."""
    rows = survey.query(
        "SELECT c.file, c.offset, c.id, c.type, c.date, c.target, c.digest, c.length, "
        "r.id, r.type, r.date, r.target, r.digest, r.length "
        "FROM capture AS c LEFT JOIN record AS r ON r.file = c.file AND r.offset = c.offset "
        "AND (r.id = c.id OR NOT EXISTS (SELECT 1 FROM record AS s WHERE s.file = c.file AND s.offset = c.offset "
        "AND s.id = c.id)) WHERE r.id IS NOT c.id OR r.type IS NOT c.type OR r.date IS NOT c.date "
        "OR r.target IS NOT c.target OR r.digest IS NOT c.digest OR r.length IS NOT c.length"
    )
    names = ("record id", "type", "date", "URI", "payload digest", "length")
    for file, offset, *values in rows:
        stated, there = values[:6], values[6:]
        if there[1] is None:
            text = f"the ledger has a capture of {stated[3]} here, and no record begins here"
        else:
            text = "; ".join(
                f"the ledger says {name} {one}, the record {other}"
                for name, one, other in zip(names, stated, there, strict=True)
                if one != other
            )
        survey.say("ledger-record", file, offset, stated[0], text)


def _judge_damage(survey: Survey, db: sqlite3.Connection) -> set[tuple[int, int]]:
    """Places that could not be read when the ledger was made, and still are damaged; what is whole now is told."""
    files = {one.file.path.name: one.file for one in survey.files}
    still: set[tuple[int, int]] = set()
    for lost in damage(db):
        file = files.get(lost.file)
        if file is None:
            continue
        ((wrong,),) = survey.query(
            "SELECT EXISTS (SELECT 1 FROM finding WHERE file = ? AND severity = 'error' AND offset BETWEEN ? AND ?)",
            file.name,
            lost.offset,
            lost.offset + max(0, lost.length - 1),
        )
        if wrong:
            still.add((file.number, lost.offset))
        else:
            text = f"the ledger could not read {lost.length} bytes here ({lost.problem}), and they are whole now"
            survey.say("ledger-behind", file.number, lost.offset, None, text, ours=file.ours)
    return still


def _judge_records(
    survey: Survey, known: dict[str, bool], is_of_source: Callable[[str], bool], damaged: set[tuple[int, int]]
) -> None:
    """Records that no capture points at."""
    behind: dict[int, int] = {}
    rows = survey.query(
        "SELECT r.file, r.offset, r.id, r.type, r.target FROM record AS r WHERE r.type IN ('response', 'revisit', "
        "'metadata') AND NOT EXISTS (SELECT 1 FROM capture AS c WHERE c.file = r.file AND c.offset = r.offset)"
    )
    for file, offset, record_id, kind, target in rows:
        examined = survey.files[file].file
        if (file, offset) in damaged:
            continue
        if kind == "revisit" and not examined.ours:
            continue  # it may wait for its original to be imported
        if not target or not is_of_source(target) or (kind == "metadata" and not _is_attempt(examined.path, offset)):
            continue
        if known.get(examined.path.name):
            survey.say(
                "ledger-unknown",
                file,
                offset,
                record_id,
                f"the ledger has no capture of {target} here",
                ours=examined.ours,
            )
        else:
            behind[file] = behind.get(file, 0) + 1
    for file, count in behind.items():
        survey.say("ledger-behind", file, None, None, f"the ledger has not read {count} records of the file yet")


def _is_attempt(path: Path, offset: int) -> bool:
    """A metadata record of an attempt that brought no answer; not a note that belongs to another record."""
    try:
        return "cause" in reader.read_at(path, offset).fields()
    except WarcError:
        return False
