"""Scrapy's scheduler, leasing from the ledger: one Request per page, never one per link."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from mirror.crawl import Crawl, crawl_of


class LedgerScheduler(BaseScheduler):
    """Hands out leases; a kill at any moment loses none, for they stand in SQLite and not in memory."""

    def __init__(self, crawl: Crawl) -> None:
        self._crawl = crawl
        self._unanswered: Callable[[Failure], Any] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawl_of(crawler))

    def open(self, spider: Spider) -> Deferred[None] | None:
        self._unanswered = getattr(spider, "unanswered", None)
        return None

    def close(self, reason: str) -> Deferred[None] | None:
        return None

    def has_pending_requests(self) -> bool:
        return self._crawl.has_leases()

    def enqueue_request(self, request: Request) -> bool:
        """Requests made by hand (a spider of somebody else's) become questions like all others."""
        return self._crawl.add_url(request.url)

    def next_request(self) -> Request | None:
        lease = self._crawl.next_lease()
        if lease is None:
            return None
        return Request(lease.url, meta={"lease": lease}, errback=self._unanswered, dont_filter=True)
