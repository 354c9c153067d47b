"""Running one crawl to its end inside Scrapy, with its report behind it."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

from scrapy.crawler import AsyncCrawlerRunner
from scrapy.settings import Settings

from mirror.collection import Collection
from mirror.crawl import Crawl
from mirror.errors import MirrorError
from mirror.events import Event
from mirror.pipelines.afterwards import index_afterwards
from mirror.reports.crawl_page import write_page
from mirror.store.coverage import coverage
from warc.errors import WarcError

log = logging.getLogger(__name__)


def crawl_once(collection: Collection, show: Callable[[Event], None], **what: Any) -> Crawl:
    """Crawl to the end, inside Scrapy; `what` is as for `Crawl.begin`.

    Raises:
        MirrorError: Something of ours failed; all that was archived before is safe.
        WarcError, OSError, sqlite3.Error: The same.
    """
    crawl = Crawl.begin(collection, on_event=show, **what)
    asyncio.run(_crawl(crawl))
    if crawl.error is not None:
        if isinstance(crawl.error, OSError | MirrorError | WarcError | sqlite3.Error):
            raise crawl.error
        raise MirrorError(str(crawl.error)) from crawl.error
    _write_page(collection, crawl.number)
    if crawl.config.search.index == "after":
        index_afterwards(collection)
    return crawl


def _write_page(collection: Collection, number: int) -> None:
    """The report as a page. What cannot be shown must not make a crawl look failed that did not fail."""
    try:
        with closing(collection.database()) as database:
            found = coverage(database.connection, collection.archive)
        write_page(collection, number, found)
    except (MirrorError, OSError, ValueError, sqlite3.Error) as error:
        log.warning("报告未能写成 the report could not be written: %s", error)


async def _crawl(crawl: Crawl) -> None:
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        if crawl.outcome is not None:
            # Asked twice: leave at once. The next start mends what this leaves (frontier.reconcile).
            os._exit(130)
        crawl.stop("interrupted")

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted)
    settings = Settings()
    settings.setmodule("mirror.settings", priority="project")
    settings.set("CONCURRENT_REQUESTS", crawl.config.politeness.concurrency, priority="cmdline")
    settings.set("CONCURRENT_REQUESTS_PER_DOMAIN", crawl.config.politeness.concurrency, priority="cmdline")
    runner = AsyncCrawlerRunner(settings)
    # What the start has built lives as long as the process: the collector need not look at it again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
    try:
        await runner.crawl(crawl.config.source, crawl=crawl)
    finally:
        await crawl.close()
