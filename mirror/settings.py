"""Scrapy's settings: only what this crawler needs is switched on.

Retries, politeness, robots.txt, redirects and cookies are ours, because each of them is evidence and must be
archived; Scrapy's own middlewares act on what is left after the bytes are gone.
"""

BOT_NAME = "gazetteer-mirror"
SPIDER_MODULES = ["mirror.spiders"]

# Without the Twisted reactor everything runs in one asyncio loop (measured in docs/design.md).
TWISTED_REACTOR_ENABLED = False

SCHEDULER = "mirror.frontier.scheduler.LedgerScheduler"
DOWNLOADER = "mirror.downloader.downloader.ArchivingDownloader"
ITEM_PIPELINES = {
    "mirror.pipelines.check.CheckPipeline": 100,
    "mirror.pipelines.save.SavePipeline": 200,
}

SPIDER_MIDDLEWARES_BASE: dict[str, int] = {}
EXTENSIONS_BASE: dict[str, int] = {}
CONCURRENT_ITEMS = 1
# Pace and concurrency are the guard's (mirror.politeness); Scrapy only has to keep enough requests waiting.
DOWNLOAD_DELAY = 0
ROBOTSTXT_OBEY = False
TELNETCONSOLE_ENABLED = False
LOG_LEVEL = "INFO"
LOG_FORMATTER = "mirror.spiders.log.LogFormatter"
WARN_ON_GENERATOR_RETURN_VALUE = False
STATS_DUMP = False
