"""Figures for Prometheus: a text file that node_exporter picks up (its textfile collector)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from mirror.collection import Collection
from mirror.reports.page import write
from mirror.schedule import state
from mirror.store.coverage import coverage

_ENTRIES = ("expected", "captured", "missing", "failed", "gone")


def exposition(collections: Iterable[Collection]) -> bytes:
    """The figures of collections in Prometheus' text format."""
    registry = CollectorRegistry()

    def gauge(name: str, about: str, *labels: str) -> Gauge:
        return Gauge(f"mirror_{name}", about, ["collection", *labels], registry=registry)

    entries = gauge("entries", "Entries by how they stand (mirror status)", "standing")
    complete = gauge("complete", "1 if everything the source's contents list is held")
    waiting = gauge("waiting", "Questions still to be asked")
    archive = gauge("archive_bytes", "Bytes of finished WARC files")
    began = gauge("run_began_timestamp_seconds", "When the newest run began")
    ended = gauge("run_ended_timestamp_seconds", "When the newest run ended; 0 while it has not")
    code = gauge("run_exit_code", "0 well, 1 failed, 3 asks for a look")
    for collection in collections:
        name = collection.name
        database = collection.database()
        try:
            found = coverage(database.connection)
        finally:
            database.close()
        totals = found.totals()
        for standing in _ENTRIES:
            entries.labels(name, standing).set(totals[standing])
        complete.labels(name).set(found.complete)
        waiting.labels(name).set(found.waiting)
        archive.labels(name).set(sum(path.stat().st_size for path in collection.warcs()))
        run = state.load(collection)
        if run is not None:
            began.labels(name).set(datetime.fromisoformat(run.began).timestamp())
            ended.labels(name).set(datetime.fromisoformat(run.ended).timestamp() if run.ended else 0)
            code.labels(name).set(run.exit_code)
    return generate_latest(registry)


def write_textfile(path: Path, collection: Collection) -> None:
    """Put the figures of one collection where node_exporter looks; whole or not at all."""
    write(path, exposition([collection]))
