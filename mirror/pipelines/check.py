"""Check: does the source still answer as it should? If not, the crawl slows down or stops."""

from __future__ import annotations

from typing import Self

from scrapy.crawler import Crawler

from mirror.crawl import Crawl, crawl_of
from mirror.pipelines.answered import Answered


class CheckPipeline:
    """Tells the guard how each answer turned out: block pages with status 200 count as refusals."""

    def __init__(self, crawl: Crawl) -> None:
        self._crawl = crawl

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawl_of(crawler))

    def process_item(self, item: Answered) -> Answered:
        self._crawl.judge(item.lease, item.final)
        return item
