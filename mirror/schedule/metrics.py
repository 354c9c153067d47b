"""Figures for Prometheus: a text file that node_exporter picks up (its textfile collector), and an endpoint."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from threading import Lock

from prometheus_client import CollectorRegistry, generate_latest, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from mirror.collection import Collection
from mirror.errors import MirrorError, UsageError
from mirror.reports.figures import standing
from mirror.reports.page import write
from mirror.schedule import state
from mirror.store.coverage import Coverage, coverage

#: Coverage of a large collection takes a while to count: asked again sooner, the endpoint gives what it counted last.
_FRESH_S = 15.0


def figures(collections: Iterable[Collection], counted: Coverage | None = None) -> CollectorRegistry:
    """The figures of collections as they are now; `counted` is the coverage of the only one, if it is known."""
    chosen = list(collections)
    registry = CollectorRegistry()
    registry.register(_Counted([*standing((one.name, _numbers(one, counted)) for one in chosen), *_runs(chosen)]))
    return registry


def _numbers(collection: Collection, counted: Coverage | None) -> dict[str, int]:
    if counted is None:
        with closing(collection.database()) as database:
            counted = coverage(database.connection, collection.archive)
    size = sum(path.stat().st_size for path in collection.warcs())
    return {**counted.totals(), "complete": counted.complete, "waiting": counted.waiting, "archive_bytes": size}


def _runs(collections: Sequence[Collection]) -> list[Metric]:
    """How the newest run of each stands."""

    def gauge(name: str, about: str, *labels: str) -> GaugeMetricFamily:
        return GaugeMetricFamily(f"mirror_run_{name}", about, labels=("collection", *labels))

    began = gauge("began_timestamp_seconds", "When the newest run began")
    ended = gauge("ended_timestamp_seconds", "When the newest run ended; 0 while it has not")
    code = gauge("exit_code", "0 well, 1 failed, 3 asks for a look")
    phase = gauge("phase", "1 for the phase the newest run is in, or done", "phase")
    for collection in collections:
        name, run = collection.name, state.load(collection)
        if run is not None:
            began.add_metric((name,), datetime.fromisoformat(run.began).timestamp())
            ended.add_metric((name,), datetime.fromisoformat(run.ended).timestamp() if run.ended else 0)
            phase.add_metric((name, run.phase), 1)
            code.add_metric((name,), run.exit_code)
    return [began, ended, code, phase]


def write_textfile(path: Path, collection: Collection, counted: Coverage) -> None:
    """Put the figures of one collection where node_exporter looks; whole or not at all."""
    write(path, generate_latest(figures([collection], counted)))


class _Counted(Collector):
    """Figures that were counted once."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


class _Live(Collector):
    """The figures whenever they are asked for."""

    def __init__(self, collections: Sequence[Collection]) -> None:
        self._collections = collections
        self._lock = Lock()
        self._counted: tuple[float, list[Metric]] | None = None

    def describe(self) -> Iterable[Metric]:
        return ()  # the registry need not count anything to know the names

    def collect(self) -> Iterable[Metric]:
        with self._lock:
            if self._counted is None or time.monotonic() - self._counted[0] > _FRESH_S:
                try:
                    found = list(figures(self._collections).collect())
                except (MirrorError, OSError, sqlite3.Error):
                    return ()  # a ledger that is just being made again: the figures lack, the run goes on
                self._counted = time.monotonic(), found
            return self._counted[1]


@contextmanager
def served(address: str, collections: Sequence[Collection]) -> Iterator[str]:
    """Answer Prometheus over HTTP as long as the context lasts; gives the URL of the figures.

    Args:
        address: HOST:PORT, or a port alone for the loopback address; port 0 for any free one.
        collections: Whose figures.

    Raises:
        UsageError: It is no address, or cannot be listened on.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not (port.isascii() and port.isdigit() and int(port) < 65_536):
        raise UsageError(f"--metrics {address}: write HOST:PORT, such as 127.0.0.1:9187, or the port alone")
    registry = CollectorRegistry()
    registry.register(_Live(collections))
    try:
        server, thread = start_http_server(int(port), host, registry)
    except OSError as error:
        raise UsageError(f"--metrics {address}: {error.strerror or error}. Choose another port") from None
    try:
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
