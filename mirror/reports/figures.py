"""How collections stand, as figures for Prometheus: the same from a run and from the browser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client.core import GaugeMetricFamily

#: How an entry may stand (`mirror status`).
STANDINGS = ("expected", "captured", "missing", "failed", "gone")
_ABOUT = {
    "complete": "1 if everything the source's contents list is held",
    "waiting": "Questions still to be asked",
    "archive_bytes": "Bytes of WARC files",
    "captures": "Captures in the archive",
}


def standing(collections: Iterable[tuple[str, Mapping[str, Any]]]) -> list[GaugeMetricFamily]:
    """A family each for entries by how they stand, and for what else is known.

    Args:
        collections: Name of each, and any of these numbers: entries by how they stand, `complete`, `waiting`,
            `archive_bytes`, `captures`.
    """
    entries = GaugeMetricFamily("mirror_entries", "Entries by how they stand", labels=("collection", "standing"))
    others = {key: GaugeMetricFamily(f"mirror_{key}", text, labels=("collection",)) for key, text in _ABOUT.items()}
    for name, numbers in collections:
        for one in STANDINGS:
            if one in numbers:
                entries.add_metric((name, one), float(numbers[one]))
        for key, family in others.items():
            if key in numbers:
                family.add_metric((name,), float(numbers[key]))
    return [entries, *(family for family in others.values() if family.samples)]
