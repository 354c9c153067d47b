"""Processes for work on many files."""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor


def pool(count: int) -> ProcessPoolExecutor:
    """So many processes; they inherit what is loaded, if that is safe.

    A fork copies locks that other threads hold: beside threads, processes are started afresh.
    """
    method = "fork" if threading.active_count() == 1 else "forkserver"
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context(method))


def cores(wanted: int | None, most: int) -> int:
    """How many processes to use for so many pieces of work; as many as there are cores if None is wanted."""
    return min(most, wanted or len(os.sched_getaffinity(0)))
