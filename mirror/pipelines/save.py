"""Save: hand readings to the group commit."""

from __future__ import annotations

from typing import Self

from scrapy.crawler import Crawler

from mirror.crawl import Crawl, crawl_of
from mirror.pipelines.answered import Answered


class SavePipeline:
    """The last pipeline: from here on the answer counts, as soon as it is durable."""

    def __init__(self, crawl: Crawl) -> None:
        self._crawl = crawl

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawl_of(crawler))

    def process_item(self, item: Answered) -> Answered:
        self._crawl.save(item)
        return item
