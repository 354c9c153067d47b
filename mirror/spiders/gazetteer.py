"""What both spiders share: they read pages, and leave the plan to the frontier."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from mirror.collection import Collection
from mirror.crawl import Crawl
from mirror.downloader.downloader import Unanswered
from mirror.frontier.scope import Scope
from mirror.pipelines.answered import Answered

log = logging.getLogger(__name__)


class GazetteerSpider(Spider):
    """A crawl of one collection.

    Args of `scrapy crawl SPIDER -a …`: `collection` (required), `home`, `limit`, `scope` (several by comma).
    The `mirror crawl` command gives a `crawl` it has begun itself.
    """

    crawl: Crawl

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        given = kwargs.pop("crawl", None)
        crawl = given or _begin(cls.name, **kwargs)
        spider = super().from_crawler(crawler, *args)
        spider.crawl = crawl
        crawler.signals.connect(spider.end if given is None else crawl.close, signals.spider_closed)
        return spider

    async def end(self) -> None:
        """End the crawl; say what made it stop, where no command of ours does."""
        await self.crawl.close()
        if self.crawl.error is not None:
            log.error("the crawl stopped: %s", self.crawl.error)

    async def start(self) -> AsyncIterator[Any]:
        """Nothing to yield: the seeds stand in the frontier."""
        for nothing in list[Any]():
            yield nothing

    def parse(self, response: Response, **_: Any) -> Iterator[Answered]:
        """Read every stored answer to one question."""
        yield self.crawl.read(response.meta["lease"], response.meta["stored"])

    def unanswered(self, failure: Failure) -> Iterator[Answered]:
        """Keep the evidence of a question that got no answer."""
        if isinstance(failure.value, Unanswered):
            yield self.crawl.read(failure.value.lease, failure.value.stored)


def _begin(
    source: str,
    collection: str = "",
    home: str | None = None,
    limit: str | None = None,
    scope: str | None = None,
) -> Crawl:
    folder = Path(home or os.environ.get("MIRROR_HOME") or ".")
    return Crawl.begin(
        Collection.open(folder, collection),
        source=source,
        limit=int(limit) if limit else None,
        scopes=[Scope.parse(part) for part in scope.split(",")] if scope else (),
    )
