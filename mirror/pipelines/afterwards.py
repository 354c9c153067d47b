"""The search index made after a crawl (`search.index = "after"`), by a process that gives way to all others.

What it has not indexed waits, and is found all the same (`mirror.search.find`); the next crawl goes on with it.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import sys

from mirror.collection import Collection
from mirror.errors import MirrorError
from mirror.search import index

log = logging.getLogger(__name__)

#: As kind to others as a process can be (setpriority(2)).
NICEST = 19


def index_afterwards(collection: Collection) -> None:
    """Index what a crawl has left, and wait for it. Ctrl-C leaves the rest to the next crawl."""
    process = multiprocessing.get_context("spawn").Process(target=_index, args=(collection,))
    process.start()
    try:
        process.join()
    except KeyboardInterrupt:  # the terminal has told the process too
        process.join()
    if process.exitcode:
        log.warning("the search index was not made to its end; the next crawl goes on with it")


def _index(collection: Collection) -> None:
    os.nice(NICEST)
    try:
        with collection.locked():
            database = collection.database()
            try:
                index.catch_up(database)
            finally:
                database.close()
    except KeyboardInterrupt:
        sys.exit(130)
    except MirrorError as error:  # another crawl has begun; it indexes at its own end
        sys.exit(str(error))
