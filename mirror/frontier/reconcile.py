"""Ledger and WARC files brought to agree: after a kill, and from nothing (`mirror rebuild`).

The WARCs are the truth. What stands in them and not in the ledger is read now, by the same code as in a live
crawl; what the ledger names and no file holds is an error that only a person can settle.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path

from mirror.collection import Collection
from mirror.errors import MirrorError
from mirror.frontier.ledger import Ledger, Reading
from mirror.imports import manifest
from mirror.imports.ingest import ingest as ingest_import
from mirror.imports.ingest import settle_revisits
from mirror.pipelines.reading import read_capture, read_failure
from mirror.search import index as search_index
from mirror.sites.site import Site
from mirror.store import widths
from mirror.store.captures import response_at
from mirror.store.damage import Damage, Salvage, damage
from mirror.store.database import Database
from mirror.verify import fixity
from mirror.witness import take as witnesses
from warc import cdxj, reader, repair
from warc.capture import FailedAttempt
from warc.reader import Record

log = logging.getLogger(__name__)

#: Readings marked in one transaction.
BATCH = 500


def catch_up(collection: Collection, site: Site, ledger: Ledger) -> None:
    """Mend what a kill left: torn tails, unfinished files, records the ledger does not know yet.

    Raises:
        MirrorError: A WARC the ledger names is gone, or is not as long as it was.
        WarcError: A file that was left open cannot be finished.
    """
    for path in collection.open_warcs():
        _mend(path)
    whole = ledger.files.whole()
    present = {path.name: path for path in collection.warcs()}
    for name, size in whole.items():
        held = present.get(name)
        if held is None:
            raise MirrorError(
                f"archive/{name} stands in the ledger and is not on the disk. Restore it from a copy; "
                f"if there is none, `mirror rebuild {collection.name}` makes the ledger say what is left"
            )
        if held.stat().st_size != size:
            raise MirrorError(
                f"archive/{name} has {held.stat().st_size} bytes and had {size} when it was finished. Restore it "
                f"from a copy; if there is none, `mirror rebuild {collection.name}` reads what is left of it"
            )
    for name, least in ledger.files.unfinished().items():
        held = present.get(name)
        if held is None or held.stat().st_size < least:
            raise MirrorError(
                f"archive/{name} {'is not on the disk' if held is None else f'has {held.stat().st_size} bytes'}, and "
                f"the ledger knows captures in it up to byte {least}. Restore it from a copy; if there is none, "
                f"`mirror rebuild {collection.name}` makes the ledger say what is left"
            )
    imports = manifest.by_archive(collection)
    for name, path in present.items():
        if name in whole:
            continue
        fixity.take_up_file(collection.path, path)  # before the ledger says that nothing is left to do
        if name in imports:
            ingest_import(path, imports[name], collection.index, site, ledger)
        else:
            ingest(path, collection.index, site, ledger)
    for lost in damage(ledger.database.connection):
        if lost.file not in whole:
            log.warning("not read: %s", lost)
    settle_revisits(collection.archive, site, ledger, imports)
    widths.settle(ledger.database)
    witnesses.catch_up(collection, site, ledger.database)


def _mend(path: Path) -> None:
    mended = repair.mend_open(path)
    if mended.aside is not None:
        log.error(
            "%s: damaged at byte %d. What stands from there on is kept in %s; `mirror import` reads what can be read "
            "of it, or restore the file from a copy",
            path.name,
            mended.kept_bytes,
            mended.aside.name,
        )
    elif mended.cut_bytes:
        log.warning("%s: %d bytes of an unfinished record were cut off", path.name, mended.cut_bytes)


def ingest(
    path: Path,
    index: Path,
    site: Site,
    ledger: Ledger,
    progress: Callable[[int], None] = lambda records: None,
) -> int:
    """Read into the ledger every record of a finished WARC that it does not know, behind damage too.

    Args:
        path: The WARC file.
        index: The CDXJ file that gets the file's lines.
        site: The source, to read the pages.
        ledger: Which is to know them.
        progress: Told how many records were read, now and then.

    Returns:
        How many records were new to the ledger.
    """
    known = ledger.files.known_records(path.name)
    crawl, count = 0, 0
    batch: list[Reading] = []
    refused: list[str] = []  # index lines of records that are there and not taken: other tools list them too
    records = Salvage(path)
    for record in records:
        if record.offset in known:
            continue
        try:
            if records.altered:
                raise _RefusedError(records.altered)
            if record.type == "warcinfo":
                crawl = _note_crawl(record, ledger)
            if record.type in ("warcinfo", "request") or record.target_uri is None:
                continue
            if record.type == "revisit" and batch:
                # It rests on what its original said, which may stand right before it: that must be in the ledger.
                ledger.settle(crawl, batch)
                batch.clear()
            reading = _read(record, site, ledger)
        except (_RefusedError, ValueError) as error:
            records.refuse(record, str(error))
            if (line := reader.cdxj_of(record)) is not None:
                refused.append(line)
            continue
        if reading is None:
            continue
        if reading.page is None and reading.failure is None:
            ledger.settle(crawl, [reading])
        else:
            batch.append(reading)
        count += 1
        if len(batch) >= BATCH:
            ledger.settle(crawl, batch)
            batch.clear()
            progress(count)
    ledger.settle(crawl, batch)
    cdxj.merge_into(index, sorted([*ledger.files.index_lines(path.name), *refused], key=str.encode))
    ledger.files.finish(path.name, path.stat().st_size, records.damage)
    widths.settle(ledger.database)
    progress(count)
    return count


class _RefusedError(Exception):
    """A record that is there and that the ledger does not take; says why."""


def _note_crawl(record: Record, ledger: Ledger) -> int:
    fields = record.fields()
    stated = fields.get("crawl", "")
    number = int(stated) if stated.isdecimal() else 0  # 0: of somebody who did not say
    ledger.crawls.note(
        number,
        fields.get("crawl-began", record.date),
        fields.get("crawl-scope", "[]"),
        fields.get("crawl-plan", "all"),
    )
    # What was not believed then is not believed now: the same records make the same ledger.
    most = fields.get("crawl-most-shrinkage", "")
    ledger.most_shrinkage = float(most) if most else None
    return number


def _read(record: Record, site: Site, ledger: Ledger) -> Reading | None:
    """What a stored record says; None if it is of no URL of this source, or no answer at all.

    Raises:
        _RefusedError: It rests on a record that is not here.
        ValueError: Its date or framing note is none.
    """
    link = site.identify(record.target_uri or "")
    if link is None:
        return None
    lease = ledger.lease_for(link)
    written = record.written()
    if record.type == "metadata":
        fields = record.fields()
        if "cause" not in fields:
            return None
        attempt = FailedAttempt(
            record.target_uri or "",
            datetime.fromisoformat(record.date),
            fields["cause"],
            fields.get("message", ""),
        )
        return read_failure(lease, attempt, written)
    original = None
    if record.type == "revisit":
        referred = site.identify(record.get("WARC-Refers-To-Target-URI") or "")
        date = record.get("WARC-Refers-To-Date") or ""
        original = response_at(ledger.database.connection, referred.key, date) if referred else None
        if original is None:
            raise _RefusedError(f"the capture this revisit refers to is not here: {record.target_uri} of {date}")
    return read_capture(site, lease, record.capture(), written, original)


def rebuild(
    collection: Collection, site: Site, progress: Callable[[str, int], None] = lambda name, records: None
) -> list[Damage]:
    """Make `mirror.db` and the index again from the WARC files alone. The old ones stay until the new are whole.

    Only politeness counters (requests spent today, Retry-After) are taken over from the old ledger: no WARC
    holds them.

    Args:
        collection: Whose lock the caller holds.
        site: The source, to read the pages.
        progress: Told file name and records read, now and then.

    Returns:
        What could not be read.

    Raises:
        MirrorError: The old ledger knows captures and no file holds one of the source: its base URL was changed.
    """
    for path in collection.open_warcs():
        _mend(path)
    fresh = collection.database_path.with_name("mirror.db.rebuild")
    index = collection.index.with_name("index.cdxj.rebuild")
    for leftover in (fresh, _beside(fresh, "-wal"), _beside(fresh, "-shm"), index):
        leftover.unlink(missing_ok=True)
    database = Database(fresh)
    try:
        ledger = Ledger(database)
        ledger.add(site.seeds())
        imports = manifest.by_archive(collection)
        for path in _in_turn(collection, imports):
            told = partial(progress, path.name)
            if path.name in imports:
                ingest_import(path, imports[path.name], index, site, ledger, told)
            else:
                ingest(path, index, site, ledger, told)
        settle_revisits(collection.archive, site, ledger, imports)
        if not _captures(database.connection) and (before := _captures_before(collection)):
            raise MirrorError(
                f"no WARC file of {collection.name} holds an exchange of {site.base_url}, and mirror.db knows "
                f"{before} captures. Was base_url or source changed? Put it right in {collection.config_path}, and "
                "run this again; mirror.db is as it was"
            )
        witnesses.catch_up(collection, site, database)
        search_index.catch_up(database)
        _take_over_politeness(collection, database)
        lost = damage(database.connection)
        database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        database.close()
    # The write-ahead log of the old ledger must not meet the new one.
    for suffix in ("-wal", "-shm"):
        _beside(collection.database_path, suffix).unlink(missing_ok=True)
    fresh.replace(collection.database_path)
    if index.exists():
        index.replace(collection.index)
    return lost


def _in_turn(collection: Collection, imports: Mapping[str, manifest.Import]) -> list[Path]:
    """Files in order of the crawls and imports they are of, which no clock that was set back can mix."""
    turns, last = [], 0
    for path in collection.warcs():
        first = None if path.name in imports else next(reader.read(path, on_odd="ignore"), None)
        stated = first.fields().get("crawl", "") if first is not None and first.type == "warcinfo" else ""
        if path.name in imports:
            last = imports[path.name].crawl
        elif stated.isdecimal():
            last = int(stated)
        turns.append((last, path.name, path))  # what does not say goes with the one named before
    return [path for *_, path in sorted(turns)]


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _captures(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM capture").fetchone()[0])


def _captures_before(collection: Collection) -> int:
    """How many captures the ledger in use knows; 0 if it cannot be read."""
    if not collection.database_path.exists():
        return 0
    try:
        with closing(sqlite3.connect(collection.database_path)) as old:
            return _captures(old)
    except sqlite3.Error:
        return 0


def _take_over_politeness(collection: Collection, database: Database) -> None:
    if not collection.database_path.exists():
        return
    try:
        old = sqlite3.connect(collection.database_path)
        with closing(old), database.transaction() as db:
            for table in ("host", "spent"):
                for row in old.execute(f"SELECT * FROM {table}"):
                    marks = ", ".join("?" * len(row))
                    db.execute(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", row)
    except sqlite3.Error as error:
        log.warning("the old mirror.db could not be read (%s): today's budget begins anew", error)
