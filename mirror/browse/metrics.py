"""Figures for Prometheus: how the browser is asked, and how complete what it shows is."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from mirror.browse.holdings import Holdings
from mirror.errors import MirrorError
from mirror.reports.figures import standing

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Figures of one home; of all its processes, where PROMETHEUS_MULTIPROC_DIR names a folder they share."""

    def __init__(self, holdings: Holdings) -> None:
        self._registry = CollectorRegistry()
        counted: CollectorRegistry | None = self._registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            MultiProcessCollector(self._registry)  # type: ignore[no-untyped-call]
            counted = None
        self.requests = Counter("mirror_browse_requests", "Requests answered", ("page", "status"), registry=counted)
        self.seconds = Histogram(
            "mirror_browse_seconds",
            "Seconds to answer",
            ("page",),
            buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
            registry=counted,
        )
        self._registry.register(_Coverage(holdings))

    def text(self) -> bytes:
        """The figures in the text format of Prometheus."""
        return generate_latest(self._registry)


class _Coverage(Collector):
    """Coverage of each collection, counted not too long ago."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings

    def describe(self) -> Iterable[Metric]:
        return ()  # the registry need not count anything to know the names

    def collect(self) -> Iterable[Metric]:
        found = []
        for name in self._holdings.names():
            with suppress(MirrorError):
                facts = self._holdings.overview(name).facts
                found.append((name, {**facts, "archive_bytes": facts["warc_bytes"]}))
        yield from standing(found)
