"""What Scrapy logs of a page: nothing. What came of each is told by `Crawl.judge`."""

from __future__ import annotations

from typing import Any

import scrapy.logformatter


class LogFormatter(scrapy.logformatter.LogFormatter):
    """Scrapy's, without the two lines that each page would get; they cost more than they are read."""

    def crawled(self, *_: Any) -> None:  # type: ignore[override]
        return None

    def scraped(self, *_: Any) -> None:  # type: ignore[override]
        return None
