"""From an imported file in `archive/` into the ledger: the same reading as of our own crawls, with other dates."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from mirror.frontier.lease import Lease
from mirror.frontier.ledger import Ledger, Reading
from mirror.imports.awaited import Awaited
from mirror.imports.foreign import capture_of
from mirror.imports.manifest import Import
from mirror.imports.sources import Reader, Sources
from mirror.imports.survey import SHOWING
from mirror.pipelines.reading import read_capture, read_failure
from mirror.sites.site import Site
from mirror.store import widths
from mirror.store.captures import original_of, response_at
from mirror.store.damage import Salvage
from warc import cdxj, reader
from warc.capture import FailedAttempt
from warc.indexing import lines_of
from warc.reader import Record

log = logging.getLogger(__name__)

#: Readings marked in one transaction.
BATCH = 500


def ingest(
    path: Path,
    made: Import,
    index: Path,
    site: Site,
    ledger: Ledger,
    progress: Callable[[int], None] = lambda records: None,
) -> int:
    """Read into the ledger every capture of the source in an imported file that it does not know; index all of it.

    Args:
        path: The file, in `archive/`.
        made: Its import.
        index: The CDXJ file that gets the lines of all its records, of the source or not.
        site: The collection's source.
        ledger: Which is to know them.
        progress: Told how many captures were read, now and then.

    Returns:
        How many captures were new to the ledger.
    """
    sources = Sources(site, made.base_urls)
    known = ledger.files.known_records(path.name)
    ledger.crawls.note_import(made.crawl, made.report.get("first"), made.report.get("last"), made.imported)
    batch: list[Reading] = []
    revisits: list[int] = []
    count = 0
    records = Salvage(path)
    for record in records:  # a digest that is wrong is somebody else's word, and no reason to leave a record out
        if record.type == "revisit":
            revisits.append(record.offset)
        reading = None if record.offset in known or record.type == "revisit" else _read(record, sources, ledger)
        if reading is None:
            continue
        batch.append(reading)
        count += 1
        if len(batch) >= BATCH:
            ledger.settle(made.crawl, batch)
            batch.clear()
            progress(count)
    ledger.settle(made.crawl, batch)
    # A revisit rests on what its original said: all originals of the file must be in the ledger first.
    Awaited(ledger.database, ledger.files).add(
        path.name, made.crawl, [offset for offset in revisits if offset not in known]
    )
    cdxj.merge_into(index, sorted(lines_of(path), key=str.encode))
    ledger.files.finish(path.name, path.stat().st_size, records.damage)
    widths.settle(ledger.database)
    progress(count)
    return count


def settle_revisits(archive: Path, site: Site, ledger: Ledger, imports: dict[str, Import]) -> int:
    """Tie imported revisits to their originals, wherever in the collection those lie.

    Those whose original is not here wait until it is imported too.

    Returns:
        How many found their original.
    """
    count = 0
    awaited = Awaited(ledger.database, ledger.files)
    for name, crawl, offset in awaited.waiting():
        made = imports.get(name)
        if made is None:
            continue
        sources = Sources(site, made.base_urls)
        record = next(reader.read(archive / name, from_offset=offset, on_odd="ignore"), None)
        found = sources.identify(record.target_uri or "") if record else None
        if record is None or found is None:
            awaited.forget(name, offset)
            continue
        original = _original(record, sources, ledger, found[0].key)
        if original is not None:
            reading = _reading(record, found[1], ledger.lease_for(found[0]), original)
            ledger.settle(crawl, [reading])
            awaited.forget(name, offset)
            count += 1
    return count


def _original(record: Record, sources: Sources, ledger: Ledger, key: str) -> int | None:
    db = ledger.database.connection
    uri, date = record.get("WARC-Refers-To-Target-URI"), record.get("WARC-Refers-To-Date")
    if uri and date:
        referred = sources.identify(uri)
        found = response_at(db, referred[0].key, date) if referred else None
        if found is not None:
            return found
        key = referred[0].key if referred else key
    return original_of(db, key, record.get("WARC-Refers-To"), record.get("WARC-Payload-Digest"), record.date)


def _read(record: Record, sources: Sources, ledger: Ledger) -> Reading | None:
    """What a record says; None if it is no capture of the source."""
    if record.target_uri is None or record.type not in SHOWING | {"metadata"}:
        return None
    found = sources.identify(record.target_uri)
    if found is None:
        return None
    link, site = found
    if record.type != "metadata":
        return _reading(record, site, ledger.lease_for(link))
    fields = record.fields()
    if "cause" not in fields:
        return None  # not an attempt that failed, as this program writes them
    moment = datetime.fromisoformat(record.date)
    attempt = FailedAttempt(record.target_uri, moment, fields["cause"], fields.get("message", ""))
    return replace(read_failure(ledger.lease_for(link), attempt, record.written()), imported=True)


def _reading(record: Record, site: Reader, lease: Lease, original: int | None = None) -> Reading:
    written = replace(record.written(), cdxj=None)  # the whole file is indexed at once
    if record.type == "resource":
        written = replace(written, mime=record.get("Content-Type"))
    return replace(read_capture(site, lease, capture_of(record), written, original), imported=True)
