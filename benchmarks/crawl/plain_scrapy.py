"""Scrapy with its defaults: follows links, keeps nothing. With `--webarchive FILE` the extension writes a WACZ."""

from __future__ import annotations

import sys

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.http import HtmlResponse, Response
from scrapy.linkextractors import LinkExtractor


class Plain(scrapy.Spider):
    name = "plain"
    links = LinkExtractor()
    start_urls = sys.argv[1:2]

    def parse(self, response: Response):
        if isinstance(response, HtmlResponse):
            for link in self.links.extract_links(response):
                yield scrapy.Request(link.url)


settings = {
    "LOG_LEVEL": "ERROR",
    "CONCURRENT_REQUESTS": 8,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 8,
    "DOWNLOAD_DELAY": 0,
    "ROBOTSTXT_OBEY": True,
}
if len(sys.argv) > 2:
    settings |= {
        "EXTENSIONS": {"scrapy_webarchive.extensions.WaczExporter": 543},
        "SW_EXPORT_URI": sys.argv[2],
    }
process = CrawlerProcess(settings)
process.crawl(Plain)
process.start()
